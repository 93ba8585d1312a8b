package when

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// horizon is how many years ahead Parse looks. Beyond it a date is more likely a
// slip than a plan, and nobody knows the clock changes.
const horizon = 10

// Parse reads a moment that a person typed, as seen at now in their zone. The
// result is after now, on a whole minute, and in the zone; an error is an *Error
// with words for the person. See the package documentation for what it accepts.
func Parse(input string, now time.Time, zone *time.Location) (time.Time, error) {
	t, bad := read(input, now, zone)
	if bad != nil {
		return time.Time{}, bad.refusal(now, zone)
	}
	return t, nil
}

// reader collects what the text says, in whatever order, and settles what it
// means when all of it is read.
type reader struct {
	cursor
	now   time.Time
	zone  *time.Location
	fault *fault

	after    amount // "in 2 hours"
	hasAfter bool
	day      dayRead
	clock    clockRead
	place    placeRead
}

func read(input string, now time.Time, zone *time.Location) (time.Time, *fault) {
	text, fits := tidy(input)
	if !fits {
		return time.Time{}, &fault{problem: "That is too long to be a time."}
	}
	r := &reader{cursor: cursor{text: text, tokens: tokens(text)}, now: now.In(zone), zone: zone}
	if len(r.tokens) == 0 {
		return time.Time{}, &fault{problem: "Say when: a day and a time."}
	}
	for r.fault == nil && r.more() {
		switch {
		case r.takeOne(",", "@", "at", "on", "the"), r.takeDash():
		case r.readAmount(), r.readDay(), r.readClock(), r.readPlace():
		default:
			r.refuseToken()
		}
	}
	var t time.Time
	if r.fault == nil {
		t = r.settle()
	}
	return t, r.fault
}

// takeDash takes the dash of "Wed 2 Dec - 8pm". Behind a time of day it would be
// a range.
func (r *reader) takeDash() bool {
	return !r.clock.found && r.at > 0 && !r.peek(0).glued && !r.peek(1).glued && r.takeOne("-")
}

// refuse notes what is wrong, with what may have been meant; the first fault
// found stays. It reports true: the text at the cursor has been dealt with.
func (r *reader) refuse(guesses []string, problem string, about ...any) bool {
	if r.fault == nil {
		r.fault = &fault{problem: fmt.Sprintf(problem, about...), guesses: guesses}
	}
	return true
}

// settle makes one moment of what was read.
func (r *reader) settle() time.Time {
	t := r.settleAfter()
	if !r.hasAfter {
		t = r.settleMoment()
	}
	switch {
	case r.fault != nil:
	case !t.After(r.now):
		r.refusePast(t)
	case t.After(r.now.AddDate(horizon, 0, 0)):
		r.refuse(nil, "That is more than ten years ahead.")
	}
	return t.In(r.zone)
}

// settleAfter adds "in 2 hours" or "in 3 days" to now: days as dates at the same
// time of day, hours and minutes as they go by. Seconds are dropped, so that what
// is kept is what people are shown.
func (r *reader) settleAfter() time.Time {
	if !r.hasAfter {
		return time.Time{}
	}
	if r.after.minutes == 0 && !r.day.found() && r.clock.found {
		r.day.setOffset(r.after.days)
		r.hasAfter = false
		return time.Time{}
	}
	if r.day.found() || r.clock.found || r.place.found() {
		r.refuse(nil, "Either say how long from now, or name a day and a time, not both.")
		return time.Time{}
	}
	t := r.now
	if r.after.days > 0 {
		year, month, day := t.Date()
		t = Resolve(year, month, day+r.after.days, t.Hour(), t.Minute(), r.zone)
	}
	return t.Add(time.Duration(r.after.minutes) * time.Minute).Truncate(time.Minute)
}

// settleMoment finds the instant of a day and a time of day.
func (r *reader) settleMoment() time.Time {
	hour, minute := r.settleClock()
	if r.fault != nil {
		return time.Time{}
	}
	zone := r.zone
	if r.place.zone != nil {
		zone = r.place.zone
	}
	date := r.settleDay(hour, minute, zone)
	if r.fault != nil {
		return time.Time{}
	}
	found := at(date, hour, minute, zone)
	if found.skipped {
		moved := found.at[0]
		r.refuse([]string{shortDay(date, r.now) + " " + shortClock(moved.Hour(), moved.Minute()) + r.place.suffix()},
			"There is no %s on %s: the clocks go forward then.", shortClock(hour, minute), date.Format("Monday 2 January 2006"))
		return time.Time{}
	}
	return r.choose(found.at, date, hour, minute)
}

// choose picks the instant that the typed zone means, and refuses a time that
// comes twice when no zone was typed.
func (r *reader) choose(all []time.Time, date time.Time, hour, minute int) time.Time {
	var fit []time.Time
	var names, guesses []string
	for _, t := range all {
		name := abbreviation(t)
		if r.place.abbreviation == "" || strings.EqualFold(name, r.place.abbreviation) {
			fit = append(fit, t)
		}
		names = append(names, name)
		if r.place.zone != nil { // its abbreviations are not known to the reader's zone
			name = offsetWords(t)
		}
		guesses = append(guesses, shortDay(date, r.now)+" "+shortClock(hour, minute)+" "+name)
	}
	day := date.Format("Monday 2 January 2006")
	switch len(fit) {
	case 1:
		return fit[0]
	case 0:
		r.refuse(guesses, "The clocks are not on %s on %s: they are on %s.",
			strings.ToUpper(r.place.abbreviation), day, strings.Join(slices.Compact(names), " and "))
	default:
		r.refuse(guesses, "%s comes twice on %s, when the clocks go back.", shortClock(hour, minute), day)
	}
	return time.Time{}
}

// refusePast says how long ago it was and offers the same time on a day to come.
func (r *reader) refusePast(t time.Time) {
	local := t.In(r.zone)
	clock := shortClock(local.Hour(), local.Minute())
	ago := FromNow(t, r.now, r.zone)
	if ago == "now" {
		ago = "just now"
	}
	today := civil(r.now)
	date := civil(local)
	var guesses []string
	switch days := int(today.Sub(date) / (24 * time.Hour)); {
	case r.hasAfter:
	case days == 0:
		guesses = []string{"tomorrow " + clock}
	case days < 14:
		next := date.AddDate(0, 0, (days/7+1)*7)
		guesses = []string{shortDay(next, r.now) + " " + clock}
		if days%7 == 0 {
			guesses = append([]string{"today " + clock}, guesses...)
		}
	case days < 366*20:
		for year := r.now.Year(); year <= r.now.Year()+1; year++ {
			guesses = append(guesses, fmt.Sprintf("%s %d %s", date.Format("2 Jan"), year, clock))
		}
	}
	r.refuse(guesses, "That is in the past: %s was %s.", Format(t, r.zone), ago)
}

// refuseToken says why the token at the cursor has no place here.
func (r *reader) refuseToken() {
	t := r.peek(0)
	before := strings.TrimRight(r.text[:t.from], " ")
	switch {
	case r.clock.found && r.is(0, "-", "to", "until", "till", "for", "+"):
		suffix := ""
		if last := r.tokens[len(r.tokens)-1]; last.text == "am" || last.text == "pm" {
			suffix = last.text
		}
		r.refuse([]string{before, before + suffix}, "Give only the start here: how long it takes is asked for separately.")
	case r.is(0, "every", "each", "daily", "weekly", "fortnightly", "monthly", "weekdays"):
		r.refuse(nil, "Give one time here, the first one: repeating is asked for separately.")
	case r.is(0, "ago", "last", "yesterday"):
		r.refuse(nil, "That is in the past.")
	case r.is(0, "now", "asap"):
		r.refuse([]string{"in 5 minutes"}, "I need a time that is still to come.")
	case r.is(0, "weekend", "week"), r.is(0, "next", "this") && r.is(1, "week", "weekend", "month", "year"):
		r.refuse(nil, "I need the day as well as the week.")
	case r.is(0, "in") && r.badUnit() != "":
		r.refuse(nil, "I count in minutes, hours, days and weeks, not in %s. Name the date instead.", r.badUnit())
	default:
		r.refuseUnknown()
	}
}

// refuseUnknown offers the text with misspelt words put right, or what the text
// would be told with them put right.
func (r *reader) refuseUnknown() {
	var guesses []string
	if corrected, ok := spell(r.text, r.tokens); ok {
		guesses = []string{corrected}
		if _, bad := read(corrected, r.now, r.zone); bad != nil {
			guesses = bad.guesses
		}
	}
	names := zones().byCity[r.peek(0).text]
	if name, ok := commonly[r.peek(0).text]; ok {
		names = []string{name}
	}
	if len(names) > 0 && r.clock.found {
		r.refuse([]string{r.text[:r.peek(0).from] + names[0]}, "I know a time zone by its full name only, not %q.", echo(r.typedToken()))
	}
	r.refuse(guesses, "I can't read %q as a time.", echo(r.text))
}

func (r *reader) typedToken() string {
	t := r.peek(0)
	return r.text[t.from:t.to]
}

// spell replaces words that are not in the vocabulary by the nearest that is, and
// reports whether it could do so for all of them.
func spell(text string, tokens []token) (string, bool) {
	var b strings.Builder
	done, changed := 0, false
	for _, t := range tokens {
		if t.kind != word || vocabulary()[t.text] != "" {
			continue
		}
		best, near, ties := allowedSlips(t.text)+1, "", 0
		if len(t.text) > 20 {
			return "", false
		}
		for known, proper := range vocabulary() {
			if len(known) < 3 {
				continue
			}
			switch n := slips(t.text, known); {
			case n < best:
				best, near, ties = n, proper, 0
			case n == best && proper != near:
				ties++
			}
		}
		if near == "" || ties > 0 {
			return "", false
		}
		b.WriteString(text[done:t.from] + near)
		done, changed = t.to, true
	}
	b.WriteString(text[done:])
	return b.String(), changed
}
