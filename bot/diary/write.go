package diary

import (
	"bytes"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// longestLine is in octets, without its end: RFC 5545, 3.1.
const longestLine = 75

// writer writes content lines.
type writer struct{ bytes.Buffer }

// line writes a property whose value needs no escaping. A long one is folded, never
// within a character.
func (w *writer) line(name, value string) {
	rest, room := name+":"+value, longestLine
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		w.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], longestLine-1 // the space counts
	}
	w.WriteString(rest + "\r\n")
}

// text writes a property with people's words.
func (w *writer) text(name, words string) { w.line(name, escape(words)) }

// moment writes a local time with its zone, or one in UTC.
func (w *writer) moment(name string, t time.Time) {
	zone, ok := zoneName(t.Location())
	if !ok || again(t) {
		w.line(name, utc(t))
		return
	}
	w.line(name+";TZID="+zone, t.Format(local))
}

const local = "20060102T150405"

func utc(t time.Time) string { return t.UTC().Format(local + "Z") }

// again tells whether t is in an hour that the clocks have shown before, as in the
// night when they go back. A local time means the first, so t is written in UTC.
func again(t time.Time) bool {
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return false
	}
	_, before := start.Add(-time.Second).Zone()
	_, now := t.Zone()
	return t.Sub(start) < time.Duration(before-now)*time.Second
}

var ends = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// escape writes words as a TEXT value. What some readers take for the end of a
// line becomes an escaped one; other control characters are left out.
func escape(words string) string {
	var b strings.Builder
	for _, r := range ends.Replace(strings.ToValidUTF8(words, "\uFFFD")) {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsControl(r) && r != '\t':
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
