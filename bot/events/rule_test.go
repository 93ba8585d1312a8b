package events

import (
	"archive/zip"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func london(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestRules(t *testing.T) {
	zone := london(t)
	for name, c := range map[string]struct {
		pattern Pattern
		first   string
		days    string
		words   string
		rrule   string
	}{
		"weekly":             {Weekly, "2027-02-05", "2027-02-05 2027-02-12 2027-02-19 2027-02-26", "every Friday", "FREQ=WEEKLY;INTERVAL=1;BYDAY=FR"},
		"fortnightly":        {Fortnightly, "2027-02-05", "2027-02-05 2027-02-19 2027-03-05 2027-03-19", "every second Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"},
		"monthly by date":    {ByDate, "2026-12-28", "2026-12-28 2027-01-28 2027-02-28 2027-03-28", "on the 28th of every month", "FREQ=MONTHLY;BYMONTHDAY=28"},
		"monthly by weekday": {ByWeekday, "2027-02-04", "2027-02-04 2027-03-04 2027-04-01 2027-05-06", "on the first Thursday of every month", "FREQ=MONTHLY;BYDAY=1TH"},
		"fourth of a month":  {ByWeekday, "2027-02-26", "2027-02-26 2027-03-26 2027-04-23 2027-05-28", "on the fourth Friday of every month", "FREQ=MONTHLY;BYDAY=4FR"},
		"last of a month":    {ByLast, "2027-01-29", "2027-01-29 2027-02-26 2027-03-26 2027-04-30", "on the last Friday of every month", "FREQ=MONTHLY;BYDAY=-1FR"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := newRule(c.pattern, Day(c.first).date().Add(9*time.Hour), 0, zone)
			if err != nil {
				t.Fatal(err)
			}
			var days []string
			for n := range 4 {
				days = append(days, string(r.day(n)))
				later := r // rebased on any of its dates it has the same ones
				later.First, later.From = r.day(n), n
				if later.day(0) != r.First || later.day(9) != r.day(9) {
					t.Errorf("rebased on date %d it begins on %s and has %s", n, later.day(0), later.day(9))
				}
			}
			if got := strings.Join(days, " "); got != c.days {
				t.Errorf("days %s, want %s", got, c.days)
			}
			if r.words() != c.words || r.RRULE(zone) != c.rrule {
				t.Errorf("%s, %s", r.words(), r.RRULE(zone))
			}
		})
	}
}

func TestRulesThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		pattern     Pattern
		first, want string
	}{
		"the 31st":       {ByDate, "2027-01-31", "some months have no 31st, so choose `monthly-last` (the last Sunday)"},
		"a fifth Friday": {ByWeekday, "2027-01-29", "some months have no fifth Friday"},
		"not the last":   {ByLast, "2027-01-22", "is not the last Friday of its month"},
	} {
		if _, err := newRule(c.pattern, Day(c.first).date(), 0, time.UTC); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEndOfASeries(t *testing.T) {
	r := Rule{Pattern: Fortnightly, First: "2027-02-05", Hour: 8, Minute: 30, Until: "2027-03-05"}
	if !r.goesOn(2) || r.goesOn(3) {
		t.Error("until 5 March there are three")
	}
	if got := r.RRULE(london(t)); got != "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20270305T235900Z" {
		t.Error(got)
	}
	r.Until, r.Times = "", 3
	if !r.goesOn(2) || r.goesOn(3) {
		t.Error("three times are three")
	}
	if r.From = 1; r.RRULE(london(t)) != "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;COUNT=2" {
		t.Error(r.RRULE(london(t)))
	}
}

// allZones are the names of all places in the tz database that Go carries.
func allZones(t *testing.T) []*time.Location {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var all []*time.Location
	for _, file := range archive.File {
		if zone, err := time.LoadLocation(file.Name); err == nil && !strings.HasSuffix(file.Name, "/") {
			all = append(all, zone)
		}
	}
	if len(all) < 500 {
		t.Fatalf("only %d zones", len(all))
	}
	return all
}

// In every zone of the tz database, for ten years: the clock shows the rule's time on
// the rule's weekday; where that time does not exist, as much later as the clocks
// went forward. What the clock shows is worked out here from the instants alone.
func TestSeriesInEveryZone(t *testing.T) {
	for _, r := range []Rule{ // clocks change on Sundays, in some places on other days at midnight
		{Pattern: Fortnightly, First: "2026-01-02", Hour: 8, Minute: 30},
		{Pattern: Weekly, First: "2026-01-04", Hour: 2, Minute: 30},
		{Pattern: Weekly, First: "2026-01-04"},
	} {
		t.Run(fmt.Sprintf("%s %02d:%02d", r.Pattern, r.Hour, r.Minute), func(t *testing.T) {
			t.Parallel()
			for _, zone := range allZones(t) {
				for n := range 10 * 52 / r.weeks() {
					checkStart(t, r, n, zone)
				}
			}
		})
	}
}

func checkStart(t *testing.T, r Rule, n int, zone *time.Location) {
	t.Helper()
	wanted := r.First.date().AddDate(0, 0, 7*r.weeks()*n).Add(time.Duration(r.Hour)*time.Hour + time.Duration(r.Minute)*time.Minute)
	got := r.start(n, zone)
	shown := shownBy(got)
	if shown.Equal(wanted) {
		if before := got.Add(-time.Minute); shownBy(before).Equal(wanted) {
			t.Fatalf("%s: %v is not the first time that the clock shows it", zone, got)
		}
		// Clocks that go back show a time twice: the first is meant.
		for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour} {
			if shownBy(got.Add(-back)).Equal(wanted) {
				t.Fatalf("%s: %v is the second time that the clock shows it", zone, got)
			}
		}
		return
	}
	// The clock never shows it: then there is a jump over it, and it is as far behind it
	// as it was to be from the side before.
	var jump time.Duration
	for at := got.Add(-25 * time.Hour); at.Before(got.Add(time.Minute)); at = at.Add(15 * time.Minute) {
		_, a := at.Zone()
		_, b := at.Add(15 * time.Minute).Zone()
		if b > a {
			jump = time.Duration(b-a) * time.Second
		}
	}
	if jump == 0 || !shown.Equal(wanted.Add(jump)) {
		t.Fatalf("%s: for %v the clock shows %v, and it jumped by %v", zone, wanted, shown, jump)
	}
}

// shownBy is what the clock shows, written as if it were UTC.
func shownBy(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
