package when

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// everyZone calls do with each name of the tz database, offsets and countries
// included.
func everyZone(t *testing.T, do func(name string, zone *time.Location)) {
	t.Helper()
	n := 0
	for name := range strings.Lines(zoneNames) {
		name = strings.TrimSpace(name)
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		do(name, zone)
		n++
	}
	if n < 590 {
		t.Errorf("only %d zones", n)
	}
}

var decadeFrom, decadeTo = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC)

// changes finds the clock changes of the decade by looking at the offset every
// few hours and closing in to the second: on purpose not the way Resolve does it.
func changes(zone *time.Location) []time.Time {
	const step = 6 * time.Hour
	var all []time.Time
	for at := decadeFrom; at.Before(decadeTo); at = at.Add(step) {
		before, after := at, at.Add(step)
		if offsetIn(zone, before) == offsetIn(zone, after) {
			continue
		}
		for after.Sub(before) > time.Second {
			middle := before.Add(after.Sub(before) / 2)
			if offsetIn(zone, middle) == offsetIn(zone, before) {
				before = middle
			} else {
				after = middle
			}
		}
		all = append(all, after.Truncate(time.Second))
	}
	return all
}

// everyHistory calls do once for each set of zones that agree about the decade in
// all their offsets and abbreviations, which are all that this package sees of a
// zone, with its clock changes.
func everyHistory(t *testing.T, do func(name string, zone *time.Location, changes []time.Time)) {
	t.Helper()
	seen := map[string]bool{}
	everyZone(t, func(name string, zone *time.Location) {
		all := changes(zone)
		history := decadeFrom.In(zone).Format("-0700 MST")
		for _, change := range all {
			history += change.In(zone).Format(" 2006-01-02T15:04:05 -0700 MST")
		}
		if !seen[history] {
			seen[history] = true
			do(name, zone, all)
		}
	})
}

// The rule, checked against every minute around every clock change of ten years
// and more in every zone: which instants show a local time is found by going
// through the instants, not by calculating.
func TestResolveEveryChangeOfEveryZone(t *testing.T) {
	const around = 130 * time.Minute // the biggest change of the decade is two hours
	total, skipped, repeated := 0, 0, 0
	everyHistory(t, func(name string, zone *time.Location, all []time.Time) {
		for _, change := range all {
			total++
			before, after := offsetIn(zone, change.Add(-time.Second)), offsetIn(zone, change)
			first := map[time.Time]time.Time{} // local time, written as UTC: its first instant
			times := map[time.Time]int{}
			for at := change.Add(-2 * around); at.Before(change.Add(2 * around)); at = at.Add(time.Minute) {
				local := at.Add(offsetIn(zone, at))
				if times[local]++; times[local] == 1 {
					first[local] = at
				}
			}
			middle := change.Add(before)
			for local := middle.Add(-around); local.Before(middle.Add(around)); local = local.Add(time.Minute) {
				want, ok := first[local]
				if !ok { // skipped: as much later as the clocks jump
					want = local.Add(after - before).Add(-after)
					skipped++
				}
				if times[local] > 1 {
					repeated++
				}
				got := Resolve(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), zone)
				if !got.Equal(want) {
					t.Fatalf("%s: %s is %s, want %s", name, local.Format("2006-01-02 15:04"), got.UTC(), want.UTC())
				}
			}
		}
	})
	if total < 500 || skipped < 10_000 || repeated < 10_000 {
		t.Errorf("looked at %d changes, %d skipped and %d repeated minutes: too few to mean anything", total, skipped, repeated)
	}
}

// What Format writes around a clock change, Parse reads back to the same minute,
// also in an hour that comes twice.
func TestFormatParsesBackAroundEveryChange(t *testing.T) {
	everyHistory(t, func(name string, zone *time.Location, all []time.Time) {
		for _, change := range all {
			for _, shift := range []time.Duration{-61, -60, -31, -1, 0, 1, 29, 59, 60, 121} {
				want := change.Add(shift * time.Minute).Truncate(time.Minute)
				for _, text := range []string{Format(want, zone), FormatShort(want, zone)} {
					got, err := Parse(text, want.Add(-3*time.Hour), zone)
					if err != nil || !got.Equal(want) {
						t.Fatalf("%s: %s reads as %s, %v", name, text, got, err)
					}
				}
			}
		}
	})
}

func TestResolve(t *testing.T) {
	for _, c := range []struct{ zone, local, want string }{
		{"Europe/London", "2026-12-02 20:00", "2026-12-02T20:00:00Z"},
		{"Europe/London", "2027-03-28 00:59", "2027-03-28T00:59:00Z"},
		{"Europe/London", "2027-03-28 01:00", "2027-03-28T02:00:00+01:00"}, // skipped
		{"Europe/London", "2027-03-28 01:30", "2027-03-28T02:30:00+01:00"},
		{"Europe/London", "2027-03-28 02:00", "2027-03-28T02:00:00+01:00"},
		{"Europe/London", "2026-10-25 01:30", "2026-10-25T01:30:00+01:00"}, // repeated
		{"Europe/London", "2026-10-25 02:00", "2026-10-25T02:00:00Z"},
		{"America/Havana", "2027-03-14 00:30", "2027-03-14T01:30:00-04:00"}, // midnight is skipped
		{"America/Santiago", "2027-09-05 00:00", "2027-09-05T01:00:00-03:00"},
		{"Australia/Lord_Howe", "2026-10-04 02:10", "2026-10-04T02:40:00+11:00"}, // half an hour
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-31T12:00:00+14:00"},        // a day that never was
		{"UTC", "2027-03-28 01:30", "2027-03-28T01:30:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		local, err := time.Parse("2006-01-02 15:04", c.local)
		if err != nil {
			t.Fatal(err)
		}
		got := Resolve(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), zone)
		if got.Format(time.RFC3339) != c.want {
			t.Errorf("%s in %s is %s, want %s", c.local, c.zone, got.Format(time.RFC3339), c.want)
		}
	}
}

// Any moment comes back from its own date and time, or is the second of two.
func TestResolveFindsAnyMoment(t *testing.T) {
	names := strings.Fields(zoneNames)
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		minutes := rapid.Int64Range(0, int64(decadeTo.Sub(decadeFrom)/time.Minute)).Draw(t, "minutes")
		want := decadeFrom.Add(time.Duration(minutes) * time.Minute).In(zone)
		got := Resolve(want.Year(), want.Month(), want.Day(), want.Hour(), want.Minute(), zone)
		const face = "2006-01-02 15:04"
		if got.Format(face) != want.Format(face) || got.After(want) {
			t.Fatalf("%s comes back as %s", want, got)
		}
		if !got.Equal(want) && offsetIn(zone, got) == offsetIn(zone, want) {
			t.Fatalf("%s comes back as %s without a clock change", want, got)
		}
		if carried := Resolve(want.Year(), want.Month(), want.Day()+31, 12, 0, zone); carried.Format(face) !=
			fmt.Sprint(civil(want).AddDate(0, 0, 31).Format("2006-01-02"), " 12:00") {
			t.Fatalf("31 days after %s is %s", want, carried)
		}
	})
}
