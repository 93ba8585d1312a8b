package newsletter

import (
	"errors"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Rule is when editions come: every so often, on the weekday and at the time of
// day of the first. Its zero value is no rule.
type Rule struct {
	Every string    `json:"every,omitempty"` // "weekly", "fortnightly" or "monthly"
	First time.Time `json:"first,omitzero"`
	Zone  string    `json:"zone,omitempty"` // in which the time of day stays the same
}

// readRule reads "fortnightly Thursday 16:00", or "monthly 10 Dec 16:00". What
// stands behind the first word is when the first edition comes.
func readRule(typed string, now time.Time, zone *time.Location) (Rule, error) {
	every, first, _ := strings.Cut(strings.TrimSpace(typed), " ")
	switch every = strings.ToLower(every); every {
	case "weekly", "fortnightly", "monthly":
	default:
		return Rule{}, bot.Wrong("rule", "I know `weekly`, `fortnightly` and `monthly`, followed by when the first one comes: `fortnightly Thursday 16:00`. To publish without a calendar: `by hand`.")
	}
	at, err := when.Parse(first, now, zone)
	if err != nil {
		return Rule{}, saidOfTime("rule", err)
	}
	return Rule{Every: every, First: at.UTC(), Zone: zone.String()}, nil
}

// saidOfTime puts words about a time into an answer about an argument.
func saidOfTime(field string, err error) error {
	var bad *when.Error
	if errors.As(err, &bad) {
		return bot.Wrong(field, "%s", bad.Error())
	}
	return err
}

// none tells that editions come when an editor publishes them.
func (r Rule) none() bool { return r.Every == "" }

func (r Rule) location() *time.Location {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil { // checked when it was set
		return time.UTC
	}
	return zone
}

// after is the first time by the rule that is later than t. The time of day is the
// same across clock changes; monthly is the same weekday of the month, the last one
// where the first edition came in a fifth week.
func (r Rule) after(t time.Time) time.Time {
	zone := r.location()
	first := r.First.In(zone)
	year, month, day := first.Date()
	at := func(n int) time.Time {
		switch r.Every {
		case "weekly":
			return when.Resolve(year, month, day+7*n, first.Hour(), first.Minute(), zone)
		case "fortnightly":
			return when.Resolve(year, month, day+14*n, first.Hour(), first.Minute(), zone)
		}
		return when.Resolve(year, month+time.Month(n), sameWeekday(year, month+time.Month(n), first.Weekday(), (day-1)/7), first.Hour(), first.Minute(), zone)
	}
	n := 0
	if gap := t.Sub(first); gap > 0 { // near it at once, however long the rule has held
		n = max(0, int(gap/(31*24*time.Hour))-1)
	}
	for ; ; n++ {
		if next := at(n); next.After(t) {
			return next.UTC()
		}
	}
}

// sameWeekday is the day of a month that is its weekday number nth, from 0; the
// last one when there are not so many.
func sameWeekday(year int, month time.Month, weekday time.Weekday, nth int) int {
	start := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	day := 1 + (int(weekday-start.Weekday())+7)%7 + 7*nth
	for day > start.AddDate(0, 1, -1).Day() {
		day -= 7
	}
	return day
}

// words say the rule: "fortnightly, Thursday 4:00pm".
func (r Rule) words() string {
	if r.none() {
		return "by hand, whenever an editor publishes one"
	}
	first := r.First.In(r.location())
	return r.Every + ", " + first.Format("Monday ") + when.FormatClock(first, r.location())
}
