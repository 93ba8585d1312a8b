package diary

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// zone is a time zone with the span for which a file needs it.
type zone struct {
	name     string
	at       *time.Location
	from, to time.Time
}

// zoneName is the zone's name in the tz database; false for UTC, and for what is
// no zone of it.
func zoneName(l *time.Location) (string, bool) {
	name := l.String()
	if name == "UTC" || name == "Local" || name == "" {
		return "", false
	}
	_, err := time.LoadLocation(name)
	return name, err == nil
}

// zonesOf are the zones in which entries have their times, in order of their names.
func zonesOf(entries []Entry) []zone {
	byName := map[string]zone{}
	cover := func(t time.Time) {
		name, ok := zoneName(t.Location())
		if !ok || t.IsZero() {
			return
		}
		z, known := byName[name]
		if !known {
			z = zone{name: name, at: t.Location(), from: t, to: t}
		}
		if t.Before(z.from) {
			z.from = t
		}
		if t.After(z.to) {
			z.to = t
		}
		byName[name] = z
	}
	for _, e := range entries {
		for _, t := range append([]time.Time{e.Start, e.End, e.Instead}, e.Except...) {
			cover(t)
		}
		if e.Rule != "" {
			cover(e.Start.AddDate(ruleYears, 0, 0))
		}
	}
	var all []zone
	for _, z := range byName {
		all = append(all, z)
	}
	slices.SortFunc(all, func(a, b zone) int { return strings.Compare(a.name, b.name) })
	return all
}

// observance is one offset of a zone, from a local time on as the clocks showed
// it before.
type observance struct {
	kind, name, onset string
	from, to          int // seconds east of UTC, before and from then on
}

// observances are the offsets that hold somewhere in the span of z, each with its
// own onset. They come from the tz database itself: no rule is guessed from them.
func (z zone) observances() (all []observance) {
	for t := z.from; ; {
		start, end := t.In(z.at).ZoneBounds()
		name, offset := t.In(z.at).Zone()
		o := observance{kind: "STANDARD", name: name, onset: "19700101T000000", from: offset, to: offset}
		if t.In(z.at).IsDST() {
			o.kind = "DAYLIGHT"
		}
		if start.Year() >= 1970 { // else it may always have been so
			_, o.from = start.Add(-time.Second).Zone()
			o.onset = start.UTC().Add(time.Duration(o.from) * time.Second).Format(local)
		}
		all = append(all, o)
		if end.IsZero() || end.After(z.to) {
			return all
		}
		t = end
	}
}

// write tells each onset apart. Several could stand together as RDATE, of which
// ical.js, and so Thunderbird, reads the first alone.
func (z zone) write(w *writer) {
	w.line("BEGIN", "VTIMEZONE")
	w.line("TZID", z.name)
	for _, o := range z.observances() {
		w.line("BEGIN", o.kind)
		w.line("DTSTART", o.onset)
		w.line("TZOFFSETFROM", offset(o.from))
		w.line("TZOFFSETTO", offset(o.to))
		w.text("TZNAME", o.name)
		w.line("END", o.kind)
	}
	w.line("END", "VTIMEZONE")
}

func offset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	written := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if s := seconds % 60; s != 0 {
		written += fmt.Sprintf("%02d", s)
	}
	return written
}
