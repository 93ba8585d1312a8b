// Package diary writes calendar files (.ics, RFC 5545) that people's calendars
// can open, or subscribe to: what is coming up, at which local time, and whether
// it was moved or called off.
//
// It knows nothing of what it writes about. Whatever stands in an [Entry] may
// come from people: no field can add a line, a property or an entry. Start with
// [Calendar.Encode].
package diary

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Kind is the media type of a calendar file, without a charset: it is always UTF-8.
const Kind = "text/calendar"

// Method says what a file is for: see RFC 5546.
type Method string

const (
	Publish Method = "PUBLISH" // a feed, or something to add to one's diary
	Request Method = "REQUEST" // an invitation
	Cancel  Method = "CANCEL"  // its withdrawal: the entries in it are Cancelled
)

// Calendar is one file.
type Calendar struct {
	Name    string        // as calendars show it
	Method  Method        // "" is Publish
	Refresh time.Duration // how often whoever subscribes should look again; 0 says nothing
	Entries []Entry
}

// Entry is something with a time. UID, Changed and Start are required.
type Entry struct {
	UID      string // of the thing, for ever: "hour-7k2f@data.example.org". The dates of a series share one
	Sequence int    // grows with every change of its time, its place or its being cancelled
	Changed  time.Time

	// Times are written as local times of their location, so that 8:30 stays 8:30
	// when the clocks change; a location that is no zone of the tz database gives UTC.
	Start, End time.Time
	Rule       string      // RRULE of a series: "FREQ=WEEKLY;INTERVAL=2"; "" for a single date
	Except     []time.Time // dates of the series that do not take place
	Instead    time.Time   // this entry is the date of the series that the rule puts here

	Title     string // plain text, as everything here
	Text      string
	Place     string
	URL       string // http(s); anything else is left out
	Cancelled bool
}

// ruleYears is how far the zone of a series is told: whoever subscribes reads it anew before.
const ruleYears = 10

// Encode writes the file. It fails when an entry lacks what is required, or ends
// before it starts, or has a Rule that is none.
func (c Calendar) Encode() ([]byte, error) {
	var w writer
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Data Hour//Data Hour//EN")
	w.line("CALSCALE", "GREGORIAN")
	method := c.Method
	if method == "" {
		method = Publish
	}
	w.line("METHOD", string(method))
	if c.Name != "" {
		w.text("NAME", c.Name)
		w.text("X-WR-CALNAME", c.Name) // what came before NAME, and is more widely read
	}
	if c.Refresh > 0 {
		every := fmt.Sprintf("PT%dM", int(c.Refresh.Minutes()))
		w.line("REFRESH-INTERVAL;VALUE=DURATION", every)
		w.line("X-PUBLISHED-TTL", every)
	}
	for _, z := range zonesOf(c.Entries) {
		z.write(&w)
	}
	for _, e := range c.Entries {
		if err := e.write(&w); err != nil {
			return nil, fmt.Errorf("writing %q into a calendar: %w", e.UID, err)
		}
	}
	w.line("END", "VCALENDAR")
	return w.Bytes(), nil
}

// rule is the shape of an RRULE; what it means is for whoever made it.
var rule = regexp.MustCompile(`^[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*$`)

func (e Entry) write(w *writer) error {
	switch {
	case e.UID == "" || e.Start.IsZero() || e.Changed.IsZero():
		return errors.New("it has no UID, no start, or no time of its last change")
	case !e.End.IsZero() && e.End.Before(e.Start):
		return errors.New("it ends before it starts")
	case e.Rule != "" && !rule.MatchString(e.Rule):
		return fmt.Errorf("%q is no rule", e.Rule)
	}
	w.line("BEGIN", "VEVENT")
	w.text("UID", e.UID)
	w.line("DTSTAMP", utc(e.Changed))
	w.line("LAST-MODIFIED", utc(e.Changed))
	w.line("SEQUENCE", fmt.Sprint(e.Sequence))
	if !e.Instead.IsZero() {
		w.moment("RECURRENCE-ID", e.Instead)
	}
	w.moment("DTSTART", e.Start)
	if !e.End.IsZero() {
		w.moment("DTEND", e.End)
	}
	if e.Rule != "" {
		w.line("RRULE", e.Rule)
	}
	for _, t := range e.Except {
		w.moment("EXDATE", t)
	}
	w.text("SUMMARY", e.Title)
	if e.Text != "" {
		w.text("DESCRIPTION", e.Text)
	}
	if e.Place != "" {
		w.text("LOCATION", e.Place)
	}
	if address, ok := webAddress(e.URL); ok {
		w.line("URL", address)
	}
	if e.Cancelled {
		w.line("STATUS", "CANCELLED")
		w.line("TRANSP", "TRANSPARENT") // nobody is busy then
	} else {
		w.line("STATUS", "CONFIRMED")
	}
	w.line("END", "VEVENT")
	return nil
}

// webAddress writes an address so that nothing in it can end a line.
func webAddress(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", false
	}
	written := u.String()
	return written, !strings.ContainsFunc(written, func(r rune) bool { return r <= ' ' || r > '~' })
}
