package when

import (
	"fmt"
	"time"
)

// longestLength is the longest that ParseLength accepts: a year.
const longestLength = 366 * 24 * time.Hour

// ParseLength reads how long something takes: "60 minutes", "1h30", "90m", "an
// hour and a half", "1 hour 30 minutes", "2.5 hours", "three quarters of an hour".
// A bare number is minutes. A day is 24 hours and a week seven of them. The length
// is a whole number of minutes from one minute to 366 days; anything else is
// refused with an *Error.
func ParseLength(input string) (time.Duration, error) {
	text, fits := tidy(input)
	refuse := func(problem string, examples ...string) (time.Duration, error) {
		guess := len(examples) > 0
		if !guess {
			examples = []string{"60 minutes", "1h30", "half an hour"}
		}
		return 0, &Error{Problem: problem, Examples: examples, Guess: guess}
	}
	unreadable := fmt.Sprintf("I can't read %q as a length of time.", echo(text))
	switch {
	case !fits:
		return refuse("That is too long to be a length of time.")
	case text == "":
		return refuse("Say how long.")
	}
	c := cursor{text: text, tokens: tokens(text)}
	c.takeOne("for")
	first := c.peek(0)
	var a amount
	if first.kind == number && c.at == len(c.tokens)-1 && first.digits <= 6 {
		a = amount{minutes: first.value}
		c.at++
	} else {
		var ok bool
		if a, ok = c.takeAmount(); !ok || c.more() {
			switch {
			case first.kind == number && c.is(1, ":") && c.peek(2).kind == number:
				return refuse(fmt.Sprintf("%q could be hours and minutes or minutes and seconds.", echo(text)),
					fmt.Sprintf("%dh%02d", max(1, min(first.value, 99)), min(c.peek(2).value, 59)))
			case c.badUnit() != "":
				return refuse(fmt.Sprintf("I count in minutes, hours, days and weeks, not in %s.", c.badUnit()))
			}
			if corrected, ok := spell(text, c.tokens); ok {
				if _, err := ParseLength(corrected); err == nil {
					return refuse(unreadable, corrected)
				}
			}
			return refuse(unreadable)
		}
	}
	length := time.Duration(a.days)*24*time.Hour + time.Duration(a.minutes)*time.Minute
	switch {
	case length == 0:
		return refuse("A length of time must be at least one minute.")
	case length > longestLength:
		return refuse("That is longer than a year.")
	}
	return length, nil
}

// amount is a stretch of time as people say it: days are dates on a calendar
// there, and minutes go by on the clock.
type amount struct{ days, minutes int }

// units in minutes; those of a day and more are counted in days.
var units = map[string]int{
	"m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1,
	"h": 60, "hr": 60, "hrs": 60, "hour": 60, "hours": 60,
	"d": aDay, "day": aDay, "days": aDay,
	"w": 7 * aDay, "wk": 7 * aDay, "wks": 7 * aDay, "week": 7 * aDay, "weeks": 7 * aDay,
	"fortnight": 14 * aDay, "fortnights": 14 * aDay,
}

// aDay in minutes.
const aDay = 24 * 60

// badUnits are real units that lengths are not counted in: seconds are too short
// for anything that is planned here, months and years are not all alike.
var badUnits = map[string]string{
	"s": "seconds", "sec": "seconds", "secs": "seconds", "second": "seconds", "seconds": "seconds",
	"month": "months", "months": "months", "mth": "months", "mths": "months",
	"quarter": "quarters", "quarters": "quarters",
	"year": "years", "years": "years", "yr": "years", "yrs": "years",
}

// badUnit names a unit anywhere in the text that cannot be used.
func (c *cursor) badUnit() string {
	for _, t := range c.tokens {
		if name, ok := badUnits[t.text]; ok && t.kind == word {
			return name
		}
	}
	return ""
}

// takeAmount takes one or more parts, biggest unit first: "an hour and a half",
// "1 hour and 30 minutes", "1h30".
func (c *cursor) takeAmount() (amount, bool) {
	var sum amount
	start, smallest := c.at, 1<<30
	for {
		before := c.at
		if smallest < 1<<30 {
			c.takeOne("and", ",")
		}
		hundredths, unit, ok := c.takePart()
		if !ok || unit >= smallest || (hundredths*unit)%100 != 0 {
			c.at = before
			break
		}
		smallest = unit
		minutes := hundredths * unit / 100
		if unit >= aDay {
			sum.days += minutes / aDay
			minutes %= aDay
		}
		sum.minutes += minutes
		// "1h30" and "1 hour 30": after hours the minutes need no name.
		if t := c.peek(0); unit == 60 && t.kind == number && t.digits == 2 && t.value < 60 && !c.startsMore(1) {
			sum.minutes += t.value
			c.at++
			break
		}
	}
	if smallest == 1<<30 {
		c.at = start
		return amount{}, false
	}
	return sum, true
}

// startsMore reports whether the token ahead belongs to the number before it, so
// that the number does not end an amount.
func (c *cursor) startsMore(ahead int) bool {
	t := c.peek(ahead)
	if t.kind == word {
		_, month := months[t.text]
		return units[t.text] > 0 || month || ordinals[t.text] || t.glued
	}
	return t.glued && t.text != ""
}

// takePart takes one number with its unit, in hundredths of the unit.
func (c *cursor) takePart() (hundredths, unit int, ok bool) {
	start := c.at
	fail := func() (int, int, bool) {
		c.at = start
		return 0, 0, false
	}
	fraction := 0
	switch {
	case c.take("half", "a") || c.take("half", "an"):
		hundredths = 50
	case c.take("a", "quarter", "of", "an") || c.take("quarter", "of", "an"):
		hundredths = 25
	case c.take("three", "quarters", "of", "an"):
		hundredths = 75
	case c.takeOne("a", "an"):
		hundredths = 100
	case c.takeOne("½"):
		hundredths = 50
	default:
		n, ok := 0, false
		if t := c.peek(0); t.kind == number && t.digits <= 4 {
			n, ok = t.value, true
			c.at++
		} else {
			n, ok = c.takeNumberWord()
		}
		if !ok {
			return fail()
		}
		hundredths = 100 * n
		if t := c.peek(1); c.is(0, ".") && c.peek(0).glued && t.kind == number && t.glued && t.digits <= 2 {
			fraction = t.value
			if t.digits == 1 {
				fraction *= 10
			}
			c.at += 2
		} else if c.takeOne("½") || c.take("and", "a", "half") {
			fraction = 50
		} else if c.takeOne("¼") || c.take("and", "a", "quarter") {
			fraction = 25
		} else if c.takeOne("¾") || c.take("and", "three", "quarters") {
			fraction = 75
		}
	}
	unit = units[c.peek(0).text]
	if unit == 0 {
		return fail()
	}
	c.at++
	if fraction == 0 && hundredths >= 100 && unit >= 60 {
		switch {
		case c.take("and", "a", "half"):
			fraction = 50
		case c.take("and", "a", "quarter"):
			fraction = 25
		}
	}
	return hundredths + fraction, unit, true
}
