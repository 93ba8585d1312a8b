package when

import (
	"fmt"
	"strings"
	"time"
)

// placeRead is the zone that the text names, if any.
type placeRead struct {
	zone         *time.Location // nil: the reader's own
	abbreviation string         // which of two times the clocks of the zone must show
	typed        string
}

func (p placeRead) found() bool { return p.typed != "" }

// suffix is the zone as typed, to end a guess with.
func (p placeRead) suffix() string {
	if p.typed == "" {
		return ""
	}
	return " " + p.typed
}

// readPlace reads GMT, BST, UTC, Z, UTC+3, +01:00, Europe/London, or an
// abbreviation that the reader's own zone uses.
func (r *reader) readPlace() bool {
	start := r.at
	p, ok := r.takePlace()
	if r.fault != nil {
		return true
	}
	if !ok {
		r.at = start
		return false
	}
	if r.place.found() {
		return r.refuse(nil, "There are two time zones in that.")
	}
	p.typed = r.typed(start)
	r.place = p
	return true
}

func (r *reader) takePlace() (placeRead, bool) {
	t := r.peek(0)
	switch {
	case t.text == "+" && r.clock.found && r.peek(1).digits > 1, t.text == "-" && r.day.iso && r.clock.found && t.glued:
		zone, ok := r.takeOffset()
		return placeRead{zone: zone}, ok
	case t.kind != word:
		return placeRead{}, false
	case r.is(1, "/"):
		return r.takeZoneName()
	case (t.text == "utc" || t.text == "gmt") && r.is(1, "+", "-") && r.peek(1).glued:
		r.at++
		zone, ok := r.takeOffset()
		return placeRead{zone: zone}, ok
	}
	_, known := vocabulary()[t.text]
	zoneWord := t.text == "gmt" || t.text == "bst" || t.text == "utc" || t.text == "z"
	switch {
	case known && !zoneWord:
		return placeRead{}, false
	case t.text != "z" && t.text != "utc" && usesAbbreviation(r.zone, t.text, r.now):
		r.at++
		return placeRead{abbreviation: t.text}, true
	case t.text == "bst":
		r.at++
		zone, err := time.LoadLocation("Europe/London")
		return placeRead{zone: zone, abbreviation: "BST"}, err == nil
	case zoneWord:
		r.at++
		return placeRead{zone: time.UTC}, true
	}
	return placeRead{}, false
}

// takeOffset takes +1 (behind UTC or GMT only), +01, +0100, +01:00 or the same with a minus.
func (r *reader) takeOffset() (*time.Location, bool) {
	sign := 1
	if r.takeOne("-") {
		sign = -1
	} else {
		r.takeOne("+")
	}
	t := r.peek(0)
	if t.kind != number || t.digits > 4 || t.digits == 3 {
		return nil, false
	}
	r.at++
	hours, minutes := t.value, 0
	if t.digits == 4 {
		hours, minutes = t.value/100, t.value%100
	} else if m := r.peek(1); r.is(0, ":") && m.kind == number && m.digits == 2 {
		minutes = m.value
		r.at += 2
	}
	if hours > 14 || minutes > 59 {
		r.refuse(nil, "No place on earth is more than 14 hours from UTC.")
		return nil, false
	}
	return time.FixedZone("", sign*(hours*3600+minutes*60)), true
}

// takeZoneName takes a name in the tz database, in any case: it goes on until the
// next space.
func (r *reader) takeZoneName() (placeRead, bool) {
	start := r.at
	for r.at++; r.more() && r.peek(0).glued && !r.is(0, ","); {
		r.at++
	}
	name := r.typed(start)
	zone, err := Zone(name)
	if err != nil {
		var guesses []string
		if e := err.(*Error); e.Guess {
			for _, near := range e.Examples {
				guesses = append(guesses, r.text[:r.tokens[start].from]+near)
			}
		}
		r.refuse(guesses, "I don't know the time zone %q.", echo(name))
		return placeRead{}, false
	}
	return placeRead{zone: zone}, true
}

// usesAbbreviation reports whether clocks in the zone go by the abbreviation at
// any time from a year ago to the horizon.
func usesAbbreviation(zone *time.Location, name string, now time.Time) bool {
	const step = 14 * 24 * time.Hour // the shortest use of an abbreviation is a month
	for at := now.AddDate(-1, 0, 0).In(zone); at.Before(now.AddDate(horizon, 0, 0)); at = at.Add(step) {
		if strings.EqualFold(abbreviation(at), name) {
			return true
		}
	}
	return false
}

// shortClock writes a time of day as briefly as Parse reads it: "8pm", "8:30pm".
func shortClock(hour, minute int) string {
	switch {
	case hour == 12 && minute == 0:
		return "midday"
	case hour == 0 && minute == 0:
		return "00:00"
	}
	letter := "am"
	if hour >= 12 {
		letter = "pm"
	}
	h := (hour+11)%12 + 1
	if minute == 0 {
		return fmt.Sprintf("%d%s", h, letter)
	}
	return fmt.Sprintf("%d:%02d%s", h, minute, letter)
}
