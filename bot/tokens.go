package bot

import (
	"iter"
	"slices"
	"strings"
)

// word is one word of a typed line: the text without its quotes, and where in
// the line it began.
type word struct {
	text   string
	name   string // "when" in when="Wed 8pm", else ""
	quoted bool
	start  int // where in the line it begins, and ends
	end    int
}

// splitWords cuts a line as people type it into words. Double quotes, straight
// or curly, keep words together; an apostrophe is a letter (don't); a quote that
// is never closed is an ordinary letter. name="two words" is one named word, and
// so are mentions such as <!user:north:ada>, which hold no spaces.
func splitWords(line string) []word { return slices.Collect(eachWord(line)) }

// eachWord is splitWords one by one, for those who need only the first few.
func eachWord(line string) iter.Seq[word] {
	return func(yield func(word) bool) {
		for i := 0; i < len(line); {
			if n := isSpace(line[i:]); n > 0 {
				i += n
				continue
			}
			w := readWord(line, i)
			if !yield(w) {
				return
			}
			i = w.end
		}
	}
}

func readWord(line string, start int) word {
	end := start
	for end < len(line) && isSpace(line[end:]) == 0 {
		if line[end] == '=' || opensQuote(line[end:]) > 0 {
			return readMarked(line, start)
		}
		end++
	}
	return word{text: line[start:end], start: start, end: end}
}

// readMarked reads a word that has a name, a quote, or what looks like one.
func readMarked(line string, start int) word {
	w := word{start: start}
	var text strings.Builder
	i := start
	for i < len(line) && isSpace(line[i:]) == 0 {
		if i == start || line[i-1] == '=' { // only there does a quote open
			if n := opensQuote(line[i:]); n > 0 {
				if inside, after, ok := closeQuote(line, i+n); ok {
					text.WriteString(inside)
					w.quoted = true
					i = after
					continue
				}
			}
		}
		if line[i] == '=' && w.name == "" && isName(text.String()) && !w.quoted {
			w.name = strings.ToLower(text.String())
			text.Reset()
			i++
			continue
		}
		text.WriteByte(line[i])
		i++
	}
	w.text, w.end = text.String(), i
	return w
}

func isSpace(s string) int {
	switch {
	case s[0] == ' ', s[0] == '\t', s[0] == '\r', s[0] == '\n':
		return 1
	case strings.HasPrefix(s, "\u00a0"): // no-break space, pasted from documents
		return len("\u00a0")
	}
	return 0
}

func opensQuote(s string) int {
	for _, q := range [...]string{`"`, "“", "„", "”"} {
		if strings.HasPrefix(s, q) {
			return len(q)
		}
	}
	return 0
}

// closeQuote finds the quote that ends what began before from: one that is
// followed by a space or the end of the line.
func closeQuote(line string, from int) (inside string, after int, ok bool) {
	for i := from; i < len(line); i++ {
		if n := opensQuote(line[i:]); n > 0 {
			end := i + n
			if end == len(line) || isSpace(line[end:]) > 0 {
				return line[from:i], end, true
			}
		}
	}
	return "", 0, false
}

func isName(s string) bool {
	if s == "" || len(s) > 20 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// unquote takes off one pair of quotes around the whole of s.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if n := opensQuote(s); n > 0 {
		if inside, after, ok := closeQuote(s, n); ok && after == len(s) {
			return inside
		}
	}
	return s
}
