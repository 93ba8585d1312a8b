package when

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Error is a refusal with words for the person who typed. Its examples are always
// accepted at the moment for which it was made.
type Error struct {
	Problem  string   // what was wrong, in whole sentences
	Examples []string // what works instead, best first; at least one
	Guess    bool     // the examples are what the person may have meant, not just any that work
}

// Error gives the sentences to show. Parts of what the person typed are repeated
// with letters, digits and the punctuation of times only.
func (e *Error) Error() string {
	quoted := make([]string, len(e.Examples))
	for i, example := range e.Examples {
		quoted[i] = "`" + example + "`"
	}
	list := strings.Join(quoted, ", ")
	if last := len(quoted) - 1; last > 0 {
		list = strings.Join(quoted[:last], ", ") + " or " + quoted[last]
	}
	if e.Guess {
		return e.Problem + " Did you mean " + list + "?"
	}
	return e.Problem + " Try " + list + "."
}

// fault is a refusal while it is being found: its guesses are not yet tried.
type fault struct {
	problem string
	guesses []string
	offered bool // the guesses are answers to a question, not what may have been meant
}

// refusal keeps those of the guesses that work now, or else gives examples of
// each way to write a time.
func (f *fault) refusal(now time.Time, zone *time.Location) *Error {
	works := func(candidates []string) []string {
		var good []string
		for _, candidate := range candidates {
			candidate = strings.Trim(candidate, " ,")
			if len(good) == 3 || slices.Contains(good, candidate) {
				continue
			}
			if _, bad := read(candidate, now, zone); bad == nil {
				good = append(good, candidate)
			}
		}
		return good
	}
	if good := works(f.guesses); len(good) > 0 {
		return &Error{Problem: f.problem, Examples: good, Guess: !f.offered}
	}
	today := now.In(zone)
	return &Error{Problem: f.problem, Examples: works([]string{
		today.AddDate(0, 0, 5).Format("Mon") + " 8pm",
		today.AddDate(0, 0, 12).Format("2 Jan") + " 20:00",
		"in 2 hours",
	})}
}

// echo makes something that a person typed safe to repeat in a sentence: no
// markup, no mention and no control character survives, and it stays short.
func echo(text string) string {
	const most = 60
	var b strings.Builder
	n := 0
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,:/+-'", r) {
			continue
		}
		if n++; n > most {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// allowedSlips is how many slips of the keyboard a word may have and still be
// taken for another: short words are too like one another.
func allowedSlips(word string) int {
	switch n := len([]rune(word)); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

// slips counts the letters that must be added, dropped, replaced or swapped with
// their neighbour to turn one word into the other.
func slips(from, to string) int {
	a, b := []rune(from), []rune(to)
	before := make([]int, len(b)+1)
	last, this := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		this[0] = i + 1
		for j := range b {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			this[j+1] = min(replace, last[j+1]+1, this[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				this[j+1] = min(this[j+1], before[j-1]+1)
			}
		}
		before, last, this = last, this, before
	}
	return last[len(b)]
}
