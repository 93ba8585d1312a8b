package newsletter

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

// The forms in which an edition can be taken away. All are made from a [Page].

//go:embed edition.html
var files embed.FS

// pasted is an edition as HTML. Its types know where each word goes, so whatever
// people wrote stays words.
var pasted = template.Must(template.New("edition.html").Funcs(template.FuncMap{
	"day":   when.FormatDay,
	"when":  when.Format,
	"lines": func(s string) []string { return strings.Split(s, "\n") },
	"cap":   sentence,
}).ParseFS(files, "edition.html"))

// HTML is an edition to paste into another page, a blog or an e-mail: headings
// begin at the second level, and there are no styles, scripts or pictures.
func HTML(p Page) []byte {
	var b bytes.Buffer
	if err := pasted.Execute(&b, p); err != nil { // into memory, of a page that the template fits
		panic(err)
	}
	return b.Bytes()
}

// same is text as it is, for outputs without any markup.
func same(s string) string { return s }

// ThanksText is the sentence of thanks in plain text, "" for nobody.
func (p Page) ThanksText() string { return p.thanks(same) }

// WelcomeText is the sentence about those who contributed for the first time.
func (p Page) WelcomeText() string { return p.welcome(same) }

// Address is the whole address of a path on the public pages, "" when it has none.
func (p Page) Address(path string) string { return p.address(path) }

// Markdown is an edition as CommonMark.
func Markdown(p Page) []byte {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n\n", args...) }
	say("# %s", bot.Plain(p.Title()))
	if !p.Out.IsZero() {
		say("%s", when.FormatDay(p.Out, p.Zone))
	}
	for _, c := range p.Corrections {
		say("*Corrected on %s:* %s", when.FormatDay(c.At, p.Zone), bot.Plain(c.Note))
	}
	if p.Intro != "" {
		say("%s", bot.Quote(p.Intro))
	}
	for _, s := range p.Sections {
		say("## %s", bot.Plain(s.Name))
		for _, i := range s.Items {
			say("### %s", bot.Plain(i.Title))
			if i.Words != "" {
				say("%s", bot.Quote(i.Words))
			}
			if i.Link != "" {
				say("<%s>", i.Link)
			}
			if last := i.signature(bot.Plain); last != "" {
				say("%s", last)
			}
		}
	}
	if len(p.Agenda) > 0 {
		say("## Coming up")
		for _, a := range p.Agenda {
			fmt.Fprintf(&b, "- %s\n", p.upcoming(a, bot.Plain, "<", ">"))
		}
		b.WriteString("\n")
	}
	if len(p.Held) > 0 {
		say("## What was talked about")
		for _, h := range p.Held {
			say("### %s", bot.Plain(h.Title))
			say("%s", p.heldFacts(h, bot.Plain))
			if h.Words != "" {
				say("%s", bot.Quote(h.Words))
			}
			for _, line := range h.Lines {
				fmt.Fprintf(&b, "- %s\n", bot.Plain(line))
			}
			if len(h.Lines) > 0 {
				b.WriteString("\n")
			}
			if url := p.address(h.URL); url != "" {
				say("Read it again: <%s>", url)
			}
		}
	}
	if thanks := strings.TrimSpace(p.thanks(bot.Plain) + " " + p.welcome(bot.Plain)); thanks != "" {
		say("## Thank you")
		say("%s", thanks)
	}
	if p.Licence != "" {
		say("Words by the people who wrote them, under %s.", bot.Plain(p.Licence))
	}
	if url := p.URL(); url != "" && !p.Out.IsZero() {
		say("On the web: <%s>", url)
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

// signature is who shared an item, with what else is to be said of it.
func (i PageItem) signature(plain func(string) string) string {
	var all []string
	if i.Credit != "" {
		all = append(all, "Shared by "+plain(i.Credit)+".")
	}
	if i.Licence != "" {
		all = append(all, "Licence: "+plain(i.Licence)+".")
	}
	if i.Corrected {
		all = append(all, "Corrected.")
	}
	return strings.Join(all, " ")
}

func (p Page) upcoming(a Upcoming, plain func(string) string, before, after string) string {
	text := sentence(plain(a.Kind)) + ": " + plain(a.Title) + ", " + when.Format(a.Start, p.Zone)
	if url := p.address(a.Path); url != "" {
		text += " " + before + url + after
	}
	return text
}

func (p Page) heldFacts(h bot.DigestItem, plain func(string) string) string {
	return sentence(plain(h.Kind)) + ", " + when.FormatDay(h.At, p.Zone) + ", " + plain(h.Count) + "."
}

// textWidth is how many characters a line of plain text has: what mail programs
// show without breaking it again.
const textWidth = 72

// Text is an edition as plain text, written to be read as such.
func Text(p Page) []byte {
	var b strings.Builder
	say := func(indent, words string) { b.WriteString(wrapped(indent, words) + "\n") }
	heading := func(words, line string) {
		fmt.Fprintf(&b, "%s\n%s\n\n", words, strings.Repeat(line, min(textWidth, utf8.RuneCountInString(words))))
	}
	heading(strings.ToUpper(p.Title()), "=")
	if !p.Out.IsZero() {
		say("", when.FormatDay(p.Out, p.Zone)+"\n")
	}
	for _, c := range p.Corrections {
		say("", "Corrected on "+when.FormatDay(c.At, p.Zone)+": "+c.Note+"\n")
	}
	if p.Intro != "" {
		say("", p.Intro+"\n")
	}
	for _, s := range p.Sections {
		heading(s.Name, "-")
		for _, i := range s.Items {
			say("", "* "+i.Title)
			for _, words := range []string{i.Words, i.Link, i.signature(same)} {
				if words != "" {
					say("  ", words)
				}
			}
			b.WriteString("\n")
		}
	}
	if len(p.Agenda) > 0 {
		heading("Coming up", "-")
		for _, a := range p.Agenda {
			say("", "* "+sentence(a.Kind)+": "+a.Title)
			say("  ", when.Format(a.Start, p.Zone))
			if url := p.address(a.Path); url != "" {
				say("  ", url)
			}
		}
		b.WriteString("\n")
	}
	if len(p.Held) > 0 {
		heading("What was talked about", "-")
		for _, h := range p.Held {
			say("", "* "+h.Title)
			for _, words := range append([]string{p.heldFacts(h, same), h.Words}, append(h.Lines, p.address(h.URL))...) {
				if words != "" {
					say("  ", words)
				}
			}
			b.WriteString("\n")
		}
	}
	if thanks := strings.TrimSpace(p.thanks(same) + " " + p.welcome(same)); thanks != "" {
		heading("Thank you", "-")
		say("", thanks+"\n")
	}
	if p.Licence != "" {
		say("", "Words by the people who wrote them, under "+p.Licence+".")
	}
	if url := p.URL(); url != "" && !p.Out.IsZero() {
		say("", "On the web: "+url)
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

// wrapped breaks the lines of words between words. One that is longer than a line,
// as an address can be, stays whole.
func wrapped(indent, words string) string {
	var out strings.Builder
	for n, line := range strings.Split(words, "\n") {
		if n > 0 {
			out.WriteString("\n")
		}
		used := 0
		for _, word := range strings.Fields(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case used == 0:
				out.WriteString(indent)
				used = len(indent)
			case used+1+size > textWidth:
				out.WriteString("\n" + indent)
				used = len(indent)
			default:
				out.WriteString(" ")
				used++
			}
			out.WriteString(word)
			used += size
		}
	}
	return out.String()
}
