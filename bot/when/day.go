package when

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// dayRead is the day that the text names.
type dayRead struct {
	hasOffset  bool
	offset     int // days from today
	hasDate    bool
	year       int // 0: not said
	month      time.Month
	dom        int // of the month; alone it is "the 7th"
	swapped    bool
	hasWeekday bool
	weekday    time.Weekday
	which      which
	later      int // days added by "a week on"
	iso        bool
	typed      string
}

// which of the weekdays ahead.
type which string

const (
	theNext    which = "next"      // next Friday
	inNextWeek which = "next week" // Friday next week
	weekAfter  which = "week"      // Friday week
)

func (d dayRead) found() bool { return d.hasOffset || d.hasDate || d.hasWeekday || d.dom > 0 }

func (d *dayRead) setOffset(days int) { d.hasOffset, d.offset = true, days }

// readDay reads one part of what names the day: a weekday, a date, today.
func (r *reader) readDay() bool {
	start := r.at
	before := r.day
	ways := []func() bool{r.readNear, r.readWeekday, r.readISO, r.readDigits, r.readNamedMonth, r.readOrdinal}
	if !slices.ContainsFunc(ways, func(way func() bool) bool {
		r.at = start
		return way()
	}) {
		r.at = start
		return false
	}
	count := func(d dayRead) int {
		n := 0
		if d.hasOffset {
			n++
		}
		if d.hasDate || d.dom > 0 {
			n++
		}
		return n
	}
	switch {
	case r.fault != nil:
		return true
	case count(before) == 1 && (count(r.day) == 2 || r.day.hasWeekday == before.hasWeekday && r.day.which == before.which && r.day.later == before.later),
		before.hasWeekday && r.day.hasWeekday && count(before) == count(r.day) && r.day.which == before.which:
		return r.refuse(nil, "There are two days in that: %s and %s.", echo(before.typed), echo(r.typed(start)))
	}
	r.day.typed = strings.TrimSpace(before.typed + " " + r.typed(start))
	return true
}

// readNear reads today, tonight, tomorrow, this evening, the day after tomorrow,
// tomorrow week.
func (r *reader) readNear() bool {
	switch {
	case r.take("day", "after", "tomorrow"):
		r.day.setOffset(2)
	case r.takeOne("today"):
		r.day.setOffset(0)
	case r.takeOne("tomorrow"):
		r.day.setOffset(1)
	case r.takeOne("tonight"):
		r.day.setOffset(0)
		return r.setPart("night")
	case r.is(0, "this") && r.is(1, "morning", "afternoon", "evening"):
		r.at++
		r.day.setOffset(0)
		return r.readPart()
	default:
		return false
	}
	if r.takeOne("week") {
		r.day.later += 7
	}
	return true
}

// readWeekday reads Friday, this Friday, next Friday, Friday week, next week.
func (r *reader) readWeekday() bool {
	var which which
	start := r.at
	switch {
	case r.take("next", "week"):
		r.day.which = inNextWeek
		return true
	case r.takeOne("next"):
		which = theNext
	default:
		r.takeOne("this")
		r.takeOne("coming")
	}
	t := r.peek(0)
	weekday, ok := weekdays[t.text]
	if !ok || t.kind != word {
		r.at = start
		return false
	}
	r.at++
	switch {
	case r.takeOne("week"):
		r.day.later += 7
		which = weekAfter
	case r.is(0, "next") && !r.is(1, "week"):
		r.at++
		which = theNext
	}
	if r.day.hasWeekday && r.day.weekday != weekday {
		return r.refuse(nil, "There are two days in that: %s and %s.", r.day.weekday, weekday)
	}
	r.day.hasWeekday, r.day.weekday = true, weekday
	if which != "" {
		r.day.which = which
	}
	return true
}

// readISO reads 2026-12-02, 2026/12/02 and 20261202T, with the T of a time.
func (r *reader) readISO() bool {
	t := r.peek(0)
	switch {
	case t.digits == 8 && r.is(1, "t") && r.peek(1).glued && r.peek(2).kind == number:
		r.setDate(t.value/10000, t.value/100%100, t.value%100)
		r.at++
	case t.digits == 4 && r.dateSign(1) && r.peek(1).text == r.peek(3).text && r.dateSign(3) && !r.is(1, "."):
		r.setDate(t.value, r.peek(2).value, r.peek(4).value)
		r.at += 5
	default:
		return false
	}
	if r.is(0, "t") && r.peek(0).glued && r.peek(1).kind == number {
		r.at++
		r.day.iso = true
	}
	if r.day.month < 1 || r.day.month > 12 {
		return r.refuse(nil, "There is no month %d.", int(r.day.month))
	}
	return true
}

// dateSign reports whether a sign between two numbers is ahead: the slash in 7/2.
func (r *reader) dateSign(ahead int) bool {
	n := r.peek(ahead + 1)
	return r.is(ahead, "/", "-", ".") && r.peek(ahead).glued && n.kind == number && n.glued
}

// readDigits reads 7/2, 7/2/27, 07-02-2027, 7.2.2027: the day always comes first.
// Without a year only the slash makes a date: 7.30 is a time, and 7-8 a range.
func (r *reader) readDigits() bool {
	day, month := r.peek(0), r.peek(2)
	if day.kind != number || day.digits > 2 || !r.dateSign(1) || month.digits > 2 {
		return false
	}
	year := 0
	if y := r.peek(4); r.dateSign(3) && r.is(3, r.peek(1).text) {
		if y.digits != 2 && y.digits != 4 {
			return false
		}
		year = y.value
		if y.digits == 2 {
			year += 2000
		}
		r.setDate(year, month.value, day.value)
		r.at += 5
	} else if r.is(1, "/") && !r.dateSign(3) {
		r.setDate(0, month.value, day.value)
		r.at += 3
	} else {
		return false
	}
	r.day.swapped = day.value <= 12 && month.value <= 12
	if month.value < 1 || month.value > 12 {
		turned := []string{month.text, day.text}
		if year > 0 {
			turned = append(turned, r.peek(-1).text)
		}
		start := r.at - 2*len(turned) + 1
		return r.refuse([]string{r.replaced(start, strings.Join(turned, "/")), r.replaced(start, strings.Join(turned, "/")) + " 8pm"},
			"There is no month %d: the day comes first.", month.value)
	}
	return true
}

// readNamedMonth reads 7 February, the 7th of Feb 2027, 7-Feb-27, Feb 7.
func (r *reader) readNamedMonth() bool {
	if month, ok := months[r.peek(0).text]; ok {
		day := r.peek(1)
		r.at++
		if day.kind != number || day.digits > 2 || r.startsClock(0) {
			r.at++
			return r.refuse(nil, "I need the day as well as the month.")
		}
		r.at++
		r.takeOrdinal()
		r.setDate(r.takeYear(), int(month), day.value)
		return true
	}
	day := r.peek(0)
	if day.kind != number || day.digits > 2 {
		return false
	}
	r.at++
	r.takeOrdinal()
	if !r.takeOne("of") {
		r.takeOne("-")
	}
	month, ok := months[r.peek(0).text]
	if !ok {
		return false
	}
	r.at++
	r.setDate(r.takeYear(), int(month), day.value)
	return true
}

func (r *reader) takeOrdinal() bool {
	if ordinals[r.peek(0).text] && r.peek(0).glued {
		r.at++
		return true
	}
	return false
}

// startsClock reports whether the number ahead begins a time of day: 8pm, 8:30.
func (r *reader) startsClock(ahead int) bool {
	next := r.peek(ahead + 1)
	return r.is(ahead+1, "am", "pm", "oclock", "hrs", "hr", "hours", "h") ||
		r.is(ahead+1, "a", "p") && r.is(ahead+2, "m") ||
		r.is(ahead+1, ":", ".") && next.glued && r.peek(ahead+2).kind == number
}

// takeYear takes a year of four digits after a day and month, or of two behind a
// dash; 0 is none. Four digits that no year could be are left as a time: 0800.
func (r *reader) takeYear() int {
	start := r.at
	dash := r.peek(0).glued && r.takeOne("-")
	if !dash {
		r.takeOne(",")
	}
	t := r.peek(0)
	if t.kind == number && !r.startsClock(0) {
		switch {
		case t.digits == 4 && t.value >= 1900 && t.value < 2200:
			r.at++
			return t.value
		case t.digits == 2 && dash:
			r.at++
			return 2000 + t.value
		}
	}
	r.at = start
	return 0
}

// readOrdinal reads "the 7th" of no month in particular.
func (r *reader) readOrdinal() bool {
	day := r.peek(0)
	r.at++
	if day.kind != number || day.digits > 2 || !r.takeOrdinal() {
		return false
	}
	if day.value < 1 || day.value > 31 {
		return r.refuse(nil, "No month has a day %d.", day.value)
	}
	r.day.dom = day.value
	return true
}

func (r *reader) setDate(year, month, day int) {
	r.day.hasDate = true
	r.day.year, r.day.month, r.day.dom = year, time.Month(month), day
}

// readAmount reads "in 2 hours", "2 hours from now", and the "a week" of "a week
// on Friday".
func (r *reader) readAmount() bool {
	start := r.at
	in := r.takeOne("in")
	if t := r.peek(0); !in && t.kind == number && t.digits > 2 {
		return false // 2000 hours is a time of day
	}
	a, ok := r.takeAmount()
	if !ok {
		r.at = start
		return false
	}
	switch {
	case in && r.takeOne("time"), in, r.take("from", "now"):
		if r.hasAfter {
			return r.refuse(nil, "There are two lengths of time in that.")
		}
		if a.days == 0 && a.minutes == 0 {
			return r.refuse(nil, "I need a time that is still to come.")
		}
		r.after, r.hasAfter = a, true
	case r.is(0, "ago"):
		return r.refuse(nil, "That is in the past.")
	case r.is(0, "past", "to"): // ten minutes to eight
		r.at = start
		return false
	case a.minutes == 0 && a.days%7 == 0 && r.takeDayAhead():
		r.day.later += a.days
		if r.day.which == "" {
			r.day.which = weekAfter
		}
		r.day.typed = strings.TrimSpace(r.day.typed + " " + r.typed(start))
	default:
		guesses := []string{"in " + r.typed(start)}
		if r.clock.found || r.day.found() {
			guesses = []string{r.text[:r.tokens[start].from]}
		}
		if !r.clock.found && a.minutes%60 == 0 { // 20h may be an hour of the day
			guesses = append(guesses, r.replaced(start, fmt.Sprintf("%02d:00", a.minutes/60)))
		}
		return r.refuse(guesses, "Give only the start here: how long it takes is asked for separately.")
	}
	return true
}

// takeDayAhead takes the word between "a week" and the day it is counted from, and
// reports whether there is such a day.
func (r *reader) takeDayAhead() bool {
	start := r.at
	r.takeOne("on", "from")
	t := r.peek(0)
	if _, ok := weekdays[t.text]; ok || r.is(0, "today", "tomorrow") {
		return true
	}
	r.at = start
	return false
}

// nearest is the day within half a week of a date that is the weekday.
func nearest(date time.Time, weekday time.Weekday) time.Time {
	offsets := []int{0, 1, -1, 2, -2, 3, -3}
	i := slices.IndexFunc(offsets, func(n int) bool { return date.AddDate(0, 0, n).Weekday() == weekday })
	return date.AddDate(0, 0, offsets[i])
}
