package events

import (
	"fmt"
	"strings"
	"time"

	"datahour/bot/when"
)

// Pattern is how a series repeats. Everything else about it follows from its first
// date: the day of the week, the date, or which weekday of the month.
type Pattern string

const (
	Weekly      Pattern = "weekly"
	Fortnightly Pattern = "fortnightly"
	ByDate      Pattern = "monthly-date"    // the 5th of every month
	ByWeekday   Pattern = "monthly-weekday" // the first Thursday
	ByLast      Pattern = "monthly-last"    // the last Thursday
)

// Day is a date without a time or a zone: "2027-02-05". Days sort as text.
type Day string

const dayLayout = time.DateOnly

func dayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(dayLayout)) }

// date is the day as a time in UTC, for counting in days.
func (d Day) date() time.Time {
	t, _ := time.Parse(dayLayout, string(d)) // made by dayOf
	return t
}

// Rule is when a series takes place: on which days, and at which time by the local
// clock. Its dates are numbered from 0, and the numbers stay when the rule changes.
type Rule struct {
	Pattern Pattern `json:"pattern"`
	First   Day     `json:"first"`          // the date with the number From
	From    int     `json:"from,omitempty"` // 0 until all following dates are moved
	Hour    int     `json:"hour"`
	Minute  int     `json:"minute"`
	Until   Day     `json:"until,omitempty"` // the last day on which there may be one
	Times   int     `json:"times,omitempty"` // how many there are; 0: no end
}

// newRule is the rule of a series whose date number from is at an instant. It fails
// when the pattern does not fit that date.
func newRule(p Pattern, start time.Time, from int, zone *time.Location) (Rule, error) {
	at := start.In(zone)
	r := Rule{Pattern: p, First: dayOf(start, zone), From: from, Hour: at.Hour(), Minute: at.Minute()}
	switch {
	case p == ByDate && at.Day() > 28:
		return r, fmt.Errorf("some months have no %s, so choose `monthly-last` (%s), or a date up to the 28th", ordinal(at.Day()), lastWeekday(at))
	case p == ByWeekday && at.Day() > 28:
		return r, fmt.Errorf("some months have no fifth %s, so choose `monthly-last` (%s)", at.Weekday(), lastWeekday(at))
	case p == ByLast && at.AddDate(0, 0, 7).Month() == at.Month():
		return r, fmt.Errorf("%s is not the last %s of its month, so choose that for the first date", when.FormatDay(at, zone), at.Weekday())
	}
	return r, nil
}

func lastWeekday(t time.Time) string { return "the last " + t.Weekday().String() }

// day is the date with a number, whether or not the series goes on so long.
func (r Rule) day(n int) Day {
	first := r.First.date()
	n -= r.From
	if weeks := r.weeks(); weeks > 0 {
		return Day(first.AddDate(0, 0, 7*weeks*n).Format(dayLayout))
	}
	year, month, day := first.Date()
	begin := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	switch r.Pattern {
	case ByWeekday:
		ahead := int(first.Weekday()-begin.Weekday()+7) % 7
		return Day(begin.AddDate(0, 0, ahead+(day-1)/7*7).Format(dayLayout))
	case ByLast:
		end := begin.AddDate(0, 1, -1)
		back := int(end.Weekday()-first.Weekday()+7) % 7
		return Day(end.AddDate(0, 0, -back).Format(dayLayout))
	}
	return Day(begin.AddDate(0, 0, day-1).Format(dayLayout))
}

// weeks is how many lie between two dates; 0 when the pattern goes by months.
func (r Rule) weeks() int {
	switch r.Pattern {
	case Weekly:
		return 1
	case Fortnightly:
		return 2
	}
	return 0
}

// start is when the date with a number begins: the rule's clock time on that day, by
// the one rule for times that the clocks skip or repeat (see when.Resolve).
func (r Rule) start(n int, zone *time.Location) time.Time {
	year, month, day := r.day(n).date().Date()
	return when.Resolve(year, month, day, r.Hour, r.Minute, zone)
}

// goesOn tells whether the series has a date with this number.
func (r Rule) goesOn(n int) bool {
	return (r.Times == 0 || n < r.Times) && (r.Until == "" || r.day(n) <= r.Until)
}

// number is that of the date on a day, if the series has one then.
func (r Rule) number(d Day) (n int, ok bool) {
	for r.day(n) < d {
		n++
	}
	return n, r.day(n) == d && r.goesOn(n)
}

// words tell the rule: "every second Friday".
func (r Rule) words() string {
	first := r.First.date()
	weekday := first.Weekday().String()
	switch r.Pattern {
	case Weekly:
		return "every " + weekday
	case Fortnightly:
		return "every second " + weekday
	case ByDate:
		return "on the " + ordinal(first.Day()) + " of every month"
	case ByLast:
		return "on the last " + weekday + " of every month"
	}
	which := [...]string{"first", "second", "third", "fourth"}[(first.Day()-1)/7]
	return "on the " + which + " " + weekday + " of every month"
}

// ending tells how long the series goes on: " until 25 June 2027", or nothing.
func (r Rule) ending() string {
	switch {
	case r.Until != "":
		return " until " + r.Until.date().Format("2 January 2006")
	case r.Times > 0:
		return ", " + counted(r.Times, "time", "times")
	}
	return ""
}

// RRULE is the rule as calendars read it (RFC 5545), for an entry that starts with
// the date numbered From.
func (r Rule) RRULE(zone *time.Location) string {
	first := r.First.date()
	day := strings.ToUpper(first.Weekday().String()[:2])
	var rule string
	switch r.Pattern {
	case ByDate:
		rule = fmt.Sprintf("FREQ=MONTHLY;BYMONTHDAY=%d", first.Day())
	case ByWeekday:
		rule = fmt.Sprintf("FREQ=MONTHLY;BYDAY=%d%s", (first.Day()-1)/7+1, day)
	case ByLast:
		rule = "FREQ=MONTHLY;BYDAY=-1" + day
	default:
		rule = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", r.weeks(), day)
	}
	switch {
	case r.Times > 0:
		rule += fmt.Sprintf(";COUNT=%d", r.Times-r.From)
	case r.Until != "":
		year, month, day := r.Until.date().Date()
		rule += ";UNTIL=" + when.Resolve(year, month, day, 23, 59, zone).UTC().Format("20060102T150405Z")
	}
	return rule
}
