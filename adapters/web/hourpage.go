package web

import (
	"fmt"
	"html"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
	"datahour/bot/when"
)

// hourPage is a page of an hour in the order in which it is shown.
type hourPage struct {
	hours.Page
	Parts []part // the open question first while it is live, else in order
	Left  time.Duration
	Now   time.Time
}

// part is one question with what was said about it.
type part struct {
	Question hours.PageQuestion
	Open     bool
	Lines    []line
	Shown    int // lines, those in threads too
	Gap      int // people who are not shown
}

// Hidden tells whether there is nothing to see: no question, no line, no gap.
func (p part) Hidden() bool { return p.Question.Number == 0 && !p.Open && p.Shown == 0 && p.Gap == 0 }

// HTML are the lines of a part.
func (p part) HTML() template.HTML {
	var b strings.Builder
	b.Grow(p.Shown * 400) // bytes; most are about so long
	for i := range p.Lines {
		p.Lines[i].write(&b)
	}
	return template.HTML(b.String())
}

// line is one message, with those in its thread.
type line struct {
	ID, Name, Home string
	Words          template.HTML
	ISO, Clock     string
	Millis         int64
	Edited         bool
	Agree          string // "3 agree", or ""
	Replies        []line
}

func newLine(l hours.Line, zone *time.Location) line {
	x := line{ID: l.ID, Name: l.Name, Home: l.Home, Words: words(l.Text), ISO: iso(l.At), Clock: clock(l.At, zone), Millis: l.At.UnixMilli(), Edited: l.Edited}
	if l.Agrees > 0 {
		x.Agree = count(l.Agrees, "agrees", "agree")
	}
	return x
}

// write writes a line as HTML. It does so by hand, and escapes every word: of
// thousands, a template takes several times as long.
func (l *line) write(b *strings.Builder) {
	put := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
	}
	safe := template.HTMLEscapeString
	put(`<li class="say" id="m-`, safe(l.ID), `" data-at="`, strconv.FormatInt(l.Millis, 10), `"><div class="said"><div class="who"><b>`, safe(l.Name),
		`</b><span class="home">`, safe(l.Home), `</span><span class="at"><time datetime="`, safe(l.ISO), `">`, safe(l.Clock), `</time>`)
	if l.Edited {
		put(` (edited)`)
	}
	put(`</span></div><p>`, string(l.Words), `</p>`)
	if l.Agree != "" {
		put(`<span class="count">`, safe(l.Agree), `</span>`)
	}
	put(`</div>`)
	if len(l.Replies) > 0 {
		put(`<ol>`)
		for i := range l.Replies {
			l.Replies[i].write(b)
		}
		put(`</ol>`)
	}
	put(`</li>`)
}

func newHourPage(p hours.Page, now time.Time) hourPage {
	h := hourPage{Page: p, Now: now, Left: min(max(0, p.End.Sub(now)), p.End.Sub(p.Start)).Round(time.Minute)}
	sections := p.Sections()
	if p.State == hours.Open && (len(sections) == 0 || sections[0].Question.Number != 0) {
		sections = append([]hours.Section{{}}, sections...) // what is said before the first question may still come, or come back
	}
	for _, s := range sections {
		x := part{Question: s.Question, Open: s.Question.Number == p.Now && p.State == hours.Open, Gap: s.Gap, Lines: make([]line, 0, len(s.Threads))}
		for _, t := range s.Threads {
			l := newLine(t.Line, p.Zone)
			for _, reply := range t.Replies {
				l.Replies = append(l.Replies, newLine(reply, p.Zone))
			}
			x.Lines = append(x.Lines, l)
			x.Shown += 1 + len(t.Replies)
		}
		h.Parts = append(h.Parts, x)
	}
	if p.State == hours.Open {
		slices.Reverse(h.Parts)
	}
	return h
}

// Live tells whether the hour is open.
func (h hourPage) Live() bool { return h.State == hours.Open }

// Coming tells whether it is still to come.
func (h hourPage) Coming() bool { return h.State == hours.Scheduled }

// Cancelled tells whether it does not take place.
func (h hourPage) Cancelled() bool { return h.State == hours.Cancelled }

// Over tells whether there is a transcript.
func (h hourPage) Over() bool { return h.State == hours.Closed }

// Dash is how much of the ring is gone, of 60.
func (h hourPage) Dash() int {
	whole := h.End.Sub(h.Start)
	if whole <= 0 {
		return 60
	}
	return int(60 * (1 - float64(h.Left)/float64(whole)))
}

// Minutes are those left.
func (h hourPage) Minutes() int { return int(h.Left.Minutes()) }

var functions = template.FuncMap{
	"words":     words,
	"when":      when.Format,
	"day":       when.FormatDay,
	"span":      when.FormatRange,
	"until":     when.FormatClock,
	"iso":       iso,
	"millis":    func(t time.Time) int64 { return t.UnixMilli() },
	"join":      join,
	"hosts":     hosts,
	"count":     count,
	"dated":     datedHours,
	"visitform": newVisitForm,
	"gap":       gapWords,
}

func iso(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// clock is a time of day without its zone, which stands at the top of the page.
func clock(t time.Time, zone *time.Location) string {
	full := when.FormatClock(t, zone)
	return full[:strings.LastIndexByte(full, ' ')]
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// words shows a person's words: text, with its web addresses as links.
func words(text string) template.HTML {
	text = lineEnds.Replace(text)
	var b strings.Builder
	for _, link := range bot.Links(text) {
		before, after, _ := strings.Cut(text, link)
		b.WriteString(html.EscapeString(before))
		escaped := html.EscapeString(link)
		fmt.Fprintf(&b, `<a href="%s" rel="nofollow ugc noopener noreferrer">%s</a>`, escaped, escaped)
		text = after
	}
	b.WriteString(html.EscapeString(text))
	return template.HTML(strings.ReplaceAll(b.String(), "\n", "<br>"))
}

func join(s []string) string {
	switch len(s) {
	case 0:
		return ""
	case 1:
		return s[0]
	}
	return strings.Join(s[:len(s)-1], ", ") + " and " + s[len(s)-1]
}

// hosts names those who agreed to be named, and the others beside them; "" when
// nobody is named.
func hosts(all []string) string {
	if !slices.ContainsFunc(all, func(name string) bool { return name != hours.UnnamedHost }) {
		return ""
	}
	return join(all)
}

// count says how many: "1 message", "3 messages", "2 people".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// gapWords says how many people who spoke are not shown; "" for nobody.
func gapWords(people int) string {
	switch people {
	case 0:
		return ""
	case 1:
		return "1 person prefers not to be shown."
	}
	return fmt.Sprintf("%d people prefer not to be shown.", people)
}
