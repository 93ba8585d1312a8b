package when

import (
	"fmt"
	"time"
)

// clockRead is the time of day that the text names.
type clockRead struct {
	found        bool
	hour, minute int
	sure         certainty
	bare         bool // a number and nothing else, which could be a date as well
	typed        string
	part         dayPart
}

// certainty is how well a time of day says which half of the day it means.
type certainty int

const (
	exact certainty = iota // 8pm, 20:00, 08:00, midday
	loose                  // 10:30: by itself on the 24-hour clock, but "tonight 10:30" is 22:30
	vague                  // 8, 8:30, half past eight: needs am, pm or a part of the day
)

type dayPart string

// parts of the day, with the hours that people call by them. An hour on the
// 12-hour clock that fits only once within the part is no longer vague.
var parts = map[dayPart]struct{ from, to int }{
	"morning":   {1, 11},
	"afternoon": {12, 18},
	"evening":   {17, 23},
	"night":     {18, 23},
}

// readClock reads a time of day, or a part of the day.
func (r *reader) readClock() bool {
	start := r.at
	if r.take("in", "the") && r.readPart() || r.readPart() {
		return true
	}
	r.at = start
	c, ok := r.takeClock()
	if r.fault != nil {
		return true
	}
	if !ok {
		r.at = start
		return false
	}
	if r.clock.found {
		return r.refuse(nil, "There are two times of day in that: %s and %s.", echo(r.clock.typed), echo(r.typed(start)))
	}
	c.found, c.typed, c.part = true, r.typed(start), r.clock.part
	r.clock = c
	return true
}

func (r *reader) readPart() bool {
	part := dayPart(r.peek(0).text)
	if _, ok := parts[part]; !ok {
		return false
	}
	r.at++
	return r.setPart(part)
}

func (r *reader) setPart(part dayPart) bool {
	if r.clock.part != "" && r.clock.part != part && (r.clock.part != "night" || part != "evening") {
		return r.refuse(nil, "That is in the %s and in the %s at once.", r.clock.part, part)
	}
	r.clock.part = part
	return true
}

// replaced is the text with what was taken since start written another way.
func (r *reader) replaced(start int, with string) string {
	return r.text[:r.tokens[start].from] + with + r.text[r.tokens[r.at-1].to:]
}

func (r *reader) takeClock() (clockRead, bool) {
	start := r.at
	if c, ok := r.takePastOrTo(); ok || r.fault != nil {
		return c, ok
	}
	if r.is(1, "noon", "midday", "midnight") && (r.peek(0).value == 12 || r.is(0, "twelve")) {
		r.at++
	} else if m := r.peek(2); r.peek(0).value == 12 && r.is(1, ":", ".") && m.digits == 2 && m.value == 0 && r.is(3, "noon", "midday", "midnight") {
		r.at += 3
	}
	switch {
	case r.takeOne("midnight"):
		return r.refuseMidnight(start)
	case r.takeOne("noon", "midday"):
		return clockRead{hour: 12}, true
	}
	var c clockRead
	t, sign, m := r.peek(0), r.peek(1), r.peek(2)
	military := false // four digits without a sign between: 0800
	switch {
	case t.kind == number && t.digits <= 2 && r.is(1, ":", ".") && sign.glued && m.kind == number && m.glued && m.digits == 2:
		c.hour, c.minute = t.value, m.value
		r.at += 3
		if !r.takeZeroSeconds() {
			return r.refuseClock(start, c.hour, c.minute, "I keep time to the minute, without seconds.")
		}
	case t.kind == number && (t.digits == 3 || t.digits == 4):
		military = t.digits == 4
		c.hour, c.minute = t.value/100, t.value%100
		r.at++
	case t.kind == number && t.digits <= 2:
		c.hour, c.bare = t.value, true
		r.at++
	default:
		var ok bool
		if c.hour, ok = r.takeNumberWord(); !ok || c.hour > 12 {
			return c, false
		}
		before := r.at
		if minute, ok := r.takeNumberWord(); ok && minute >= 10 {
			c.minute = minute
		} else {
			r.at = before
		}
	}
	oclock := c.minute == 0 && (r.takeOne("oclock") || r.take("o", "clock"))
	if half := r.takeMeridiem(); half != "" {
		return r.onTwelveHours(start, c, half)
	}
	named := r.peek(-1).text
	switch hours := !c.bare && r.takeOne("hrs", "hr", "hours", "h"); {
	case c.hour == 24 && c.minute == 0 && !c.bare:
		return r.refuseMidnight(start)
	case c.bare && c.hour > 23:
		r.refuse(nil, "%s on its own is neither an hour nor a year: years have four digits.", echo(r.typed(start)))
		return c, false
	case c.hour > 23 || c.minute > 59:
		r.refuse(nil, "There is no %s on a clock: it goes from 00:00 to 23:59.", echo(r.typed(start)))
		return c, false
	case t.digits == 3:
		return r.refuseClock(start, c.hour, c.minute, "%s could be morning or evening.", echo(r.typed(start)))
	case c.bare && (c.hour > 12 || c.hour == 0 || t.digits == 2 && t.text[0] == '0'):
		return r.refuseClock(start, c.hour, 0, "%s on its own could be a day or an hour.", echo(r.typed(start)))
	case military || hours || c.hour > 12 || c.hour == 0 || t.kind == number && t.text[0] == '0':
		c.sure = exact
	case !c.bare && t.digits == 2:
		c.sure = loose
	default:
		c.sure = vague
		c.bare = c.bare && !oclock && named != "oclock"
	}
	return c, true
}

// takeMeridiem takes am or pm in its many spellings.
func (r *reader) takeMeridiem() string {
	for _, half := range []string{"am", "pm"} {
		if r.takeOne(half) || r.take(half[:1], "m") {
			return half
		}
	}
	return ""
}

// takeZeroSeconds takes ":00" and ".000" as programs write them; it reports false
// for seconds that are not zero.
func (r *reader) takeZeroSeconds() bool {
	zero := true
	for _, sign := range []string{":", "."} {
		if n := r.peek(1); r.is(0, sign) && r.peek(0).glued && n.kind == number && n.glued {
			zero = zero && n.value == 0
			r.at += 2
		}
	}
	return zero
}

// onTwelveHours completes a time that was followed by am or pm.
func (r *reader) onTwelveHours(start int, c clockRead, half string) (clockRead, bool) {
	switch {
	case c.minute > 59 || c.hour > 24:
		r.refuse(nil, "There is no %s on a clock: it goes from 1:00 to 12:59, am and pm.", echo(r.typed(start)))
		return c, false
	case c.hour == 0 || c.hour > 12:
		return r.refuseClock(start, c.hour, c.minute, "%s mixes the 24-hour clock with %s.", echo(r.typed(start)), half)
	case c.hour == 12 && c.minute == 0 && half == "am":
		return r.refuseMidnight(start)
	}
	c.hour = fromTwelve(c.hour, half)
	c.bare = false
	return c, true
}

func fromTwelve(hour int, half string) int {
	if half == "pm" {
		return hour%12 + 12
	}
	return hour % 12
}

// takePastOrTo takes half past seven, quarter to 8pm, twenty-five past ten, and
// the British half seven.
func (r *reader) takePastOrTo() (clockRead, bool) {
	start := r.at
	minutes, past := 0, true
	r.takeOne("a")
	switch {
	case r.takeOne("half"):
		minutes = 30
		r.takeOne("past")
	case r.takeOne("quarter"):
		minutes = 15
	default:
		var ok bool
		if minutes, ok = r.takeNumber(); ok && minutes > 0 && minutes < 60 {
			r.takeOne("minutes", "minute", "mins", "min")
		}
	}
	if minutes != 30 || !r.is(-1, "half", "past") {
		if past = r.takeOne("past"); !past && !r.takeOne("to") || minutes == 0 || minutes > 59 {
			r.at = start
			return clockRead{}, false
		}
	}
	hour, ok := r.takeNumber()
	if !ok || hour < 1 || hour > 12 {
		r.at = start
		return clockRead{}, false
	}
	_ = r.takeOne("oclock") || r.take("o", "clock")
	half := r.takeMeridiem()
	sure := exact
	if half == "" {
		sure = vague
	} else if hour == 12 && !past {
		// People do not agree whether this is before midday or before midnight.
		r.refuse([]string{
			r.replaced(start, fmt.Sprintf("11:%02dam", 60-minutes)),
			r.replaced(start, fmt.Sprintf("11:%02dpm", 60-minutes)),
		}, "I can't tell which half of the day %s is in.", echo(r.typed(start)))
		return clockRead{}, false
	} else {
		hour = fromTwelve(hour, half)
	}
	if !past {
		hour, minutes = hour-1, 60-minutes
		if hour == 0 && half == "" {
			hour = 12
		} else if hour < 0 {
			hour = 23
		}
	}
	return clockRead{hour: hour, minute: minutes, sure: sure}, true
}

// refuseClock refuses a time of day and offers both of its readings.
func (r *reader) refuseClock(start, hour, minute int, problem string, about ...any) (clockRead, bool) {
	guesses := []string{r.replaced(start, fmt.Sprintf("%02d:%02d", hour, minute))}
	if hour > 0 && hour <= 12 {
		guesses = []string{r.replaced(start, shortClock(fromTwelve(hour, "pm"), minute)), guesses[0]}
	}
	r.refuse(guesses, problem, about...)
	return clockRead{}, false
}

func (r *reader) refuseMidnight(start int) (clockRead, bool) {
	r.refuse([]string{r.replaced(start, "00:00"), r.replaced(start, "11:59pm")},
		"Midnight belongs to two days: write 00:00 for the start of a day and 11:59pm for its end.")
	return clockRead{}, false
}

// settleClock decides which half of the day is meant.
func (r *reader) settleClock() (hour, minute int) {
	c := r.clock
	switch {
	case !c.found && !r.day.found():
		r.refuse(nil, "I can't read %q as a time: say the day and the time.", echo(r.text))
		return 0, 0
	case !c.found:
		r.refuseNoClock()
		return 0, 0
	case !r.day.found() && c.bare:
		r.refuse(nil, "%s on its own could be a day or an hour.", echo(c.typed))
		return 0, 0
	}
	hours, named := parts[c.part]
	if named && c.sure != exact {
		fits := func(hour int) bool { return hour >= hours.from && hour <= hours.to }
		switch am, pm := c.hour%12, c.hour%12+12; {
		case fits(pm) && !fits(am):
			c.hour, c.sure = pm, exact
		case fits(am) && !fits(pm):
			c.hour, c.sure = am, exact
		}
	}
	switch {
	case named && (c.sure != exact || c.hour < hours.from && !(c.part == "morning" && c.hour == 0) || c.hour > hours.to):
		r.refuse([]string{r.day.typed + " " + c.typed + r.place.suffix()}, "%s does not go with %q.", echo(c.typed), c.part)
	case c.sure == vague:
		day := r.day.typed
		if day == "" {
			day = "today"
		}
		r.offer([]string{
			day + " " + shortClock(fromTwelve(c.hour, "pm"), c.minute) + r.place.suffix(),
			day + " " + fmt.Sprintf("%02d:%02d", c.hour, c.minute) + r.place.suffix(),
		}, "%s could be morning or evening.", echo(c.typed))
	case !r.day.found():
		clock := shortClock(c.hour, c.minute) + r.place.suffix()
		r.offer([]string{"today " + clock, "tomorrow " + clock}, "I need a day as well as a time.")
	}
	return c.hour, c.minute
}

// refuseNoClock asks for the time of day, also when what was read as a year could
// have been one: 2 Dec 2030.
func (r *reader) refuseNoClock() {
	day := r.day.typed
	thisYear := r.now.Year()
	if y := r.day.year; (y < thisYear || y > thisYear+1) && y >= 1900 && y < 2200 && y%100 < 60 {
		r.offer([]string{day + " 8pm", fmt.Sprintf("%s %02d:%02d", time.Date(2000, r.day.month, r.day.dom, 0, 0, 0, 0, time.UTC).Format("2 Jan"), y/100, y%100)},
			"I need a time of day as well, and read %d as the year.", y)
		return
	}
	r.offer([]string{day + " 8pm", day + " 20:00"}, "I need a time of day as well.")
}

// offer is refuse with examples that answer a question, where guesses would claim
// to know what was meant.
func (r *reader) offer(examples []string, problem string, about ...any) {
	if r.fault == nil {
		r.refuse(examples, problem, about...)
		r.fault.offered = true
	}
}
