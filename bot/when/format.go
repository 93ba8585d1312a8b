package when

import (
	"fmt"
	"strings"
	"time"
)

// Format writes a moment in full, as a person in the zone sees it:
// "Wednesday 2 December 2026, 8:00pm GMT". Parse reads it back to the same minute.
func Format(t time.Time, zone *time.Location) string {
	return FormatDay(t, zone) + ", " + FormatClock(t, zone)
}

// FormatShort is Format with short names for day and month, for lists:
// "Wed 2 Dec 2026, 8:00pm GMT".
func FormatShort(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 2 Jan 2006") + ", " + FormatClock(t, zone)
}

// FormatDay writes the date alone: "Wednesday 2 December 2026".
func FormatDay(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Monday 2 January 2006")
}

// FormatClock writes the time of day with its zone: "8:00pm GMT". The two times
// that 12am and 12pm leave in doubt are "00:00 GMT" and "midday GMT".
func FormatClock(t time.Time, zone *time.Location) string {
	return clockWords(t.In(zone)) + " " + abbreviation(t.In(zone))
}

// FormatRange writes a beginning and an end, and the day and the zone only once
// where they are the same: "Wednesday 2 December 2026, 8:00pm to 9:00pm GMT".
func FormatRange(from, to time.Time, zone *time.Location) string {
	from, to = from.In(zone), to.In(zone)
	switch {
	case FormatDay(from, zone) != FormatDay(to, zone):
		return Format(from, zone) + " to " + Format(to, zone)
	case abbreviation(from) != abbreviation(to):
		return Format(from, zone) + " to " + FormatClock(to, zone)
	}
	return FormatDay(from, zone) + ", " + clockWords(from) + " to " + FormatClock(to, zone)
}

func clockWords(t time.Time) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return "midday"
	case t.Hour() == 0 && t.Minute() == 0:
		return "00:00"
	}
	return t.Format("3:04pm")
}

// abbreviation is the zone's own, such as GMT, or the offset where the tz database
// knows no letters for it: "UTC+3", "UTC-3:30".
func abbreviation(t time.Time) string {
	name, _ := t.Zone()
	if name != "" && strings.IndexFunc(name, func(r rune) bool { return r < 'A' || r > 'z' }) < 0 {
		return name
	}
	return offsetWords(t)
}

// offsetWords is the offset of t's zone from UTC: "UTC", "UTC+3", "UTC-3:30".
func offsetWords(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return "UTC"
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	hours, minutes := offset/3600, offset/60%60
	if minutes == 0 {
		return fmt.Sprintf("UTC%c%d", sign, hours)
	}
	return fmt.Sprintf("UTC%c%d:%02d", sign, hours, minutes)
}

// FromNow says how far away a moment is, roughly, in words that follow "was" or
// "starts": "in ten minutes", "two days ago", "now". From half a day on it counts
// dates in the zone, as people do: at noon on Friday, Wednesday evening was two
// days ago.
func FromNow(t, now time.Time, zone *time.Location) string {
	ahead := t.After(now)
	gap := t.Sub(now).Abs()
	days := int(civil(t.In(zone)).Sub(civil(now.In(zone))).Abs() / (24 * time.Hour))
	var amount string
	switch {
	case gap < time.Minute:
		return "now"
	case gap < time.Hour:
		amount = count(int(gap/time.Minute), "minute")
	case gap < 12*time.Hour || days == 0:
		amount = count(int(gap/time.Hour), "hour")
	case days < 14:
		amount = count(days, "day")
	case days < 9*7:
		amount = count(days/7, "week")
	case days < 2*365:
		amount = count(days/30, "month")
	default:
		amount = count(days/365, "year")
	}
	if ahead {
		return "in " + amount
	}
	return amount + " ago"
}

// Length writes how long something takes, to the minute: "one hour", "45 minutes",
// "1 hour 30 minutes". A day in it is 24 hours.
func Length(d time.Duration) string {
	minutes := int(d.Abs().Round(time.Minute) / time.Minute)
	if minutes == 0 {
		return "less than a minute"
	}
	type part struct {
		n    int
		unit string
	}
	var parts []part
	for _, p := range []part{{minutes / (24 * 60), "day"}, {minutes / 60 % 24, "hour"}, {minutes % 60, "minute"}} {
		if p.n > 0 {
			parts = append(parts, p)
		}
	}
	if len(parts) == 1 {
		return count(parts[0].n, parts[0].unit)
	}
	words := make([]string, len(parts))
	for i, p := range parts {
		words[i] = fmt.Sprintf("%d %s", p.n, plural(p.n, p.unit))
	}
	return strings.Join(words, " ")
}

// count writes a number of things, in words up to twelve.
func count(n int, unit string) string {
	if n > 0 && n < len(numberWords) {
		return numberWords[n] + " " + plural(n, unit)
	}
	return fmt.Sprintf("%d %s", n, plural(n, unit))
}

func plural(n int, unit string) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}

// numberWords are the numbers that people write and read as words.
var numberWords = [...]string{"zero", "one", "two", "three", "four", "five", "six",
	"seven", "eight", "nine", "ten", "eleven", "twelve"}

// civil is the date that t shows, as midnight UTC, so that dates can be counted
// without any zone getting in the way.
func civil(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
