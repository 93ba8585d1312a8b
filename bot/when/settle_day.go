package when

import (
	"strconv"
	"time"
)

// passed is for how long a date without a year counts as one that has just gone
// by, and is refused, rather than as one in the next year.
const passed = 31

// at finds the instants at which clocks in the zone show a time on a date.
func at(date time.Time, hour, minute int, zone *time.Location) found {
	return occurrences(date.Add(time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute), zone)
}

// settleDay decides which date is meant, given the time of day. Dates here are
// midnights in UTC (see civil).
func (r *reader) settleDay(hour, minute int, zone *time.Location) time.Time {
	d := r.day
	today := civil(r.now.In(zone))
	if !d.hasDate && !today.Equal(civil(r.now)) {
		r.refuse(nil, "It is %s there now, and %s here: name the date.", today.Weekday(), r.now.Weekday())
		return today
	}
	var date time.Time
	switch {
	case d.hasDate && (d.later > 0 || d.which == inNextWeek):
		r.refuse([]string{r.guess(r.settleDate(today, hour, minute, zone), hour, minute)}, "A date needs no week beside it.")
	case d.hasDate:
		date = r.settleDate(today, hour, minute, zone)
	case d.hasOffset && d.which != "" && d.which != weekAfter:
		r.refuse(nil, "There are two days in that.")
	case d.hasOffset:
		date = today.AddDate(0, 0, d.offset+d.later)
	case d.dom > 0:
		date = r.settleOrdinal(today, hour, minute, zone)
	default:
		return r.settleWeekday(today, hour, minute, zone)
	}
	if r.fault == nil && d.hasWeekday && date.Weekday() != d.weekday {
		r.refuseWeekday(date, hour, minute)
	}
	return date
}

// settleDate finds the year of a date and checks that the date exists.
func (r *reader) settleDate(today time.Time, hour, minute int, zone *time.Location) time.Time {
	d := r.day
	inYear := func(year int) (time.Time, bool) {
		date := time.Date(year, d.month, d.dom, 0, 0, 0, 0, time.UTC)
		return date, date.Month() == d.month && date.Day() == d.dom
	}
	if _, ever := inYear(2024); !ever { // a leap year
		last := time.Date(max(d.year, today.Year()), d.month+1, 0, 0, 0, 0, 0, time.UTC)
		days := strconv.Itoa(last.Day())
		if d.month == time.February {
			days = "28 or 29"
		}
		r.refuse([]string{r.guess(last, hour, minute), r.guess(last.AddDate(1, 0, 0), hour, minute)},
			"There is no %d %s: it has %s days.", d.dom, d.month, days)
		return today
	}
	if d.year > 0 {
		date, ok := inYear(d.year)
		if !ok {
			r.refuse([]string{r.guess(date.AddDate(0, 0, -1), hour, minute), r.guess(date, hour, minute)},
				"There is no 29 February in %d: it is not a leap year.", d.year)
		}
		return date
	}
	if date, ok := inYear(today.Year()); ok {
		t := at(date, hour, minute, zone).at[0]
		if t.After(r.now) {
			return date
		}
		if today.Sub(date) <= passed*24*time.Hour {
			r.refusePast(t)
			return date
		}
	}
	date, ok := inYear(today.Year() + 1)
	if !ok {
		next := today.Year() + 1
		for date, ok = inYear(next); !ok; date, ok = inYear(next) {
			next++
		}
		r.refuse([]string{r.guess(date, hour, minute)}, "The next 29 February is in %d.", next)
	}
	return date
}

// settleOrdinal finds "Wed 2nd": the next such day of a month, of which the
// weekday must agree. Without a weekday nothing would tell a slip.
func (r *reader) settleOrdinal(today time.Time, hour, minute int, zone *time.Location) time.Time {
	var date time.Time
	for n := 0; ; n++ {
		date = time.Date(today.Year(), today.Month()+time.Month(n), r.day.dom, 0, 0, 0, 0, time.UTC)
		if date.Day() == r.day.dom && at(date, hour, minute, zone).at[0].After(r.now) {
			break
		}
	}
	if !r.day.hasWeekday {
		r.refuse([]string{r.guess(date, hour, minute)}, "I need the month as well as the day.")
	}
	return date
}

// settleWeekday finds the weekday that is meant, counted from today.
func (r *reader) settleWeekday(today time.Time, hour, minute int, zone *time.Location) time.Time {
	d := r.day
	if !d.hasWeekday {
		r.refuse(nil, "I need the day as well as the week.")
		return today
	}
	ahead := int(d.weekday-today.Weekday()+7) % 7
	// Some people's week begins on Monday and some people's on Sunday: only what
	// both agree on is beyond doubt.
	fromMonday, fromSunday := int(today.Weekday()+6)%7, int(today.Weekday())
	doubt := func(first, second int) time.Time {
		one, two := today.AddDate(0, 0, first), today.AddDate(0, 0, second)
		r.refuse([]string{r.guess(one, hour, minute), r.guess(two, hour, minute)},
			"%q can mean %s or %s.", echo(d.typed), one.Format("2 January"), two.Format("2 January"))
		return one
	}
	switch d.which {
	case theNext:
		if ahead == 0 {
			return today.AddDate(0, 0, 7)
		}
		if fromMonday+ahead < 7 || fromSunday+ahead < 7 {
			return doubt(ahead, ahead+7)
		}
	case inNextWeek:
		monday := 7 - fromMonday + int(d.weekday+6)%7
		sunday := 7 - fromSunday + int(d.weekday)
		if monday != sunday {
			return doubt(min(monday, sunday), max(monday, sunday))
		}
		ahead = monday
	case weekAfter:
		if ahead == 0 {
			return doubt(d.later, d.later+7)
		}
		ahead += d.later
	default:
		if ahead == 0 && at(today, hour, minute, zone).at[0].After(r.now) {
			return doubt(0, 7)
		}
		if ahead == 0 {
			ahead = 7
		}
	}
	return today.AddDate(0, 0, ahead)
}

// refuseWeekday is for a date that falls on another weekday than was typed.
func (r *reader) refuseWeekday(date time.Time, hour, minute int) {
	guesses := []string{r.guess(date, hour, minute), r.guess(nearest(date, r.day.weekday), hour, minute)}
	if turned := time.Date(date.Year(), time.Month(date.Day()), int(date.Month()), 0, 0, 0, 0, time.UTC); r.day.swapped && turned.Weekday() == r.day.weekday {
		guesses = append([]string{r.guess(turned, hour, minute)}, guesses...)
	}
	r.refuse(guesses, "%s is a %s, not a %s.", date.Format("2 January 2006"), date.Weekday(), r.day.weekday)
}

// guess writes a date and a time as Parse reads them, in the zone that was typed.
func (r *reader) guess(date time.Time, hour, minute int) string {
	return shortDay(date, r.now) + " " + shortClock(hour, minute) + r.place.suffix()
}

// shortDay is a date as briefly as Parse reads it: the year only where it is not
// the next such date.
func shortDay(date, now time.Time) string {
	if days := date.Sub(civil(now)) / (24 * time.Hour); days >= 0 && days < 300 {
		return date.Format("Mon 2 Jan")
	}
	return date.Format("Mon 2 Jan 2006")
}
