package newsletter

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"datahour/bot/when"
)

func TestRule(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for typed, want := range map[string][]string{
		"fortnightly Thu 16:00":  {"Thursday 5 March 2026, 4:00pm GMT", "Thursday 19 March 2026, 4:00pm GMT", "Thursday 2 April 2026, 4:00pm BST"},
		"weekly 27 Mar 9am":      {"Friday 27 March 2026, 9:00am GMT", "Friday 3 April 2026, 9:00am BST"},
		"monthly 31 Mar 16:00":   {"Tuesday 31 March 2026, 4:00pm BST", "Tuesday 28 April 2026, 4:00pm BST", "Tuesday 26 May 2026, 4:00pm BST", "Tuesday 30 June 2026, 4:00pm BST"},
		"Monthly 14 March 10:00": {"Saturday 14 March 2026, 10:00am GMT", "Saturday 11 April 2026, 10:00am BST"},
	} {
		r, err := readRule(typed, now, london)
		if err != nil {
			t.Errorf("%s: %v", typed, err)
			continue
		}
		at := now
		for _, w := range want {
			if at = r.after(at); when.Format(at, london) != w {
				t.Errorf("%s: %s, want %s", typed, when.Format(at, london), w)
			}
		}
	}
}

// However long a rule has held, the next time is later than any moment, no more than
// its step away, on the same weekday and at the same time of day.
func TestRuleHolds(t *testing.T) {
	zones := []string{"Europe/London", "America/Havana", "Asia/Tehran", "Pacific/Apia", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		first := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "first"), 0).In(zone).Truncate(time.Minute)
		r := Rule{Every: rapid.SampledFrom([]string{"weekly", "fortnightly", "monthly"}).Draw(t, "every"), First: first, Zone: zone.String()}
		after := time.Unix(rapid.Int64Range(1.6e9, 2.4e9).Draw(t, "after"), 0)
		next := r.after(after).In(zone)
		most := map[string]time.Duration{"weekly": 7, "fortnightly": 14, "monthly": 36}[r.Every] * 24 * time.Hour
		if !next.After(after) || after.After(first) && next.Sub(after) > most+2*time.Hour {
			t.Fatalf("after %v comes %v", after, next)
		}
		if again := r.after(next.Add(-time.Nanosecond)); !again.Equal(next) {
			t.Fatalf("just before %v the next is %v", next, again)
		}
		if diff := next.Hour()*60 + next.Minute() - first.Hour()*60 - first.Minute(); diff != 0 && (diff < -120 || diff > 120) && diff%1440 != 0 {
			t.Fatalf("%v and %v are at other times of day", first, next)
		}
	})
}
