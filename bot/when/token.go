package when

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how much text is looked at, in characters: several times the longest
// way to write a time, and little enough that hostile input costs nothing.
const longest = 100

type kind int

const (
	word kind = iota
	number
	symbol
)

// token is one word, number or sign of what was typed.
type token struct {
	kind     kind
	text     string // in lower case, apostrophes left out: "oclock"
	value    int    // of a number
	digits   int    // of a number: 0800 has four
	glued    bool   // no space before it
	from, to int    // where it stands in the tidied text, in bytes
}

// tidy makes what phones and word processors type into plain text: spaces of one
// kind, straight quotes, hyphens for dashes, nothing invisible. It reports false
// for text that is too long to be a time.
func tidy(text string) (string, bool) {
	if len(text) > longest*utf8.UTFMax {
		return "", false
	}
	var b strings.Builder
	space := false
	n := 0
	for _, r := range text {
		if r >= '！' && r <= '～' { // full-width forms of ASCII, from East Asian keyboards
			r -= '！' - '!'
		}
		switch {
		case unicode.IsSpace(r) || strings.ContainsRune("()\"“”„`", r):
			space = true
			continue
		case unicode.Is(unicode.Cf, r): // zero-width spaces and direction marks
			continue
		case strings.ContainsRune("‘’ʼ´", r):
			r = '\''
		case unicode.Is(unicode.Pd, r) || r == '−':
			r = '-'
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
		n++
	}
	return strings.TrimRight(b.String(), ".,;!? "), n <= longest
}

// tokens splits tidied text. Dots after words mark abbreviations and are left out.
func tokens(text string) []token {
	var all []token
	glued := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		t := token{glued: glued, from: i, to: i + size}
		glued = true
		switch {
		case r == ' ' || r == '\'':
			i, glued = i+size, false
			continue
		case r >= '0' && r <= '9':
			t.kind = number
			for t.to = i; t.to < len(text) && text[t.to] >= '0' && text[t.to] <= '9'; t.to++ {
				t.digits++
				t.value = min(t.value*10+int(text[t.to]-'0'), 1e9)
			}
		case inWord(r):
			t.kind = word
			for t.to < len(text) {
				r, size := utf8.DecodeRuneInString(text[t.to:])
				if !inWord(r) && r != '\'' {
					break
				}
				t.to += size
			}
		case r == '.' && i > 0 && len(all) > 0 && all[len(all)-1].kind == word && all[len(all)-1].to == i:
			i += size
			continue
		default:
			t.kind = symbol
		}
		t.text = strings.ReplaceAll(strings.ToLower(text[i:t.to]), "'", "")
		all = append(all, t)
		i = t.to
	}
	return all
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Mn, r)
}

// cursor walks over the tokens. Its methods that take something report whether it
// was there, and leave the cursor where it was when not.
type cursor struct {
	text   string // tidied
	tokens []token
	at     int
}

// peek gives the token so many places ahead; past the end it is a symbol that
// nothing takes.
func (c *cursor) peek(ahead int) token {
	if i := c.at + ahead; i >= 0 && i < len(c.tokens) {
		return c.tokens[i]
	}
	return token{kind: symbol}
}

func (c *cursor) more() bool { return c.at < len(c.tokens) }

// is reports whether the token ahead is one of these words or signs.
func (c *cursor) is(ahead int, texts ...string) bool {
	t := c.peek(ahead)
	return t.kind != number && t.text != "" && slices.Contains(texts, t.text)
}

// take takes the texts in a row.
func (c *cursor) take(texts ...string) bool {
	for i, text := range texts {
		if !c.is(i, text) {
			return false
		}
	}
	c.at += len(texts)
	return true
}

// takeOne takes one of the texts.
func (c *cursor) takeOne(texts ...string) bool {
	if c.is(0, texts...) {
		c.at++
		return true
	}
	return false
}

// typed is what was typed from one token up to the cursor.
func (c *cursor) typed(start int) string {
	if start >= c.at || c.at > len(c.tokens) {
		return ""
	}
	return c.text[c.tokens[start].from:c.tokens[c.at-1].to]
}

// takeNumber takes a number below 100 in digits or in words ("twenty-five").
func (c *cursor) takeNumber() (int, bool) {
	t := c.peek(0)
	if t.kind == number {
		if t.digits > 2 {
			return 0, false
		}
		c.at++
		return t.value, true
	}
	return c.takeNumberWord()
}

var tens = map[string]int{"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}

var teens = map[string]int{"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
	"seventeen": 17, "eighteen": 18, "nineteen": 19}

func (c *cursor) takeNumberWord() (int, bool) {
	t := c.peek(0)
	if t.kind != word {
		return 0, false
	}
	if n := slices.Index(numberWords[:], t.text); n > 0 {
		c.at++
		return n, true
	}
	if n, ok := teens[t.text]; ok {
		c.at++
		return n, true
	}
	n, ok := tens[t.text]
	if !ok {
		return 0, false
	}
	c.at++
	ahead := 0
	if c.is(0, "-") {
		ahead = 1
	}
	if unit := slices.Index(numberWords[:], c.peek(ahead).text); unit > 0 && unit < 10 {
		c.at += ahead + 1
		n += unit
	}
	return n, true
}
