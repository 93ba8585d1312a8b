package web

import (
	"fmt"
	"html"
	"html/template"
	"slices"
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
	hours.Section
	Open  bool
	Shown int // lines
	Zone  *time.Location
}

// Hidden tells whether there is nothing to see: no question, no line, no gap.
func (p part) Hidden() bool { return p.Question.Number == 0 && !p.Open && p.Shown == 0 && p.Gap == 0 }

// line is a line with the replies in its thread.
type line struct {
	hours.Thread
	Zone *time.Location
}

func newHourPage(p hours.Page, now time.Time) hourPage {
	h := hourPage{Page: p, Now: now, Left: min(max(0, p.End.Sub(now)), p.End.Sub(p.Start)).Round(time.Minute)}
	sections := p.Sections()
	if p.State == hours.Open && (len(sections) == 0 || sections[0].Question.Number != 0) {
		sections = append([]hours.Section{{}}, sections...) // what is said before the first question may still come, or come back
	}
	for _, s := range sections {
		x := part{Section: s, Open: s.Question.Number == p.Now && p.State == hours.Open, Zone: p.Zone}
		for _, t := range s.Threads {
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
	"words": words,
	"when":  when.Format,
	"day":   when.FormatDay,
	"span":  when.FormatRange,
	"clock": func(t time.Time, zone *time.Location) string {
		full := when.FormatClock(t, zone)
		return full[:strings.LastIndexByte(full, ' ')] // the zone stands at the top of the page
	},
	"until":  when.FormatClock,
	"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"millis": func(t time.Time) int64 { return t.UnixMilli() },
	"join":   join,
	"hosts":  hosts,
	"count":  count,
	"thread": func(t hours.Thread, zone *time.Location) line { return line{Thread: t, Zone: zone} },
	"single": func(l hours.Line, zone *time.Location) line { return line{Thread: hours.Thread{Line: l}, Zone: zone} },
	"gap":    gapWords,
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
