package diary_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datahour/bot/diary"
)

// understand reads an entry's start as a calendar does that knows nothing of time
// zones but what the file tells.
func understand(t *rapid.T, file string) time.Time {
	var zone, start string
	var onset, to string
	var best time.Time
	var offset int
	lines := unfolded(file)
	for _, line := range lines {
		if name, value, _ := strings.Cut(line, ":"); strings.HasPrefix(name, "DTSTART;TZID=") || name == "DTSTART" && strings.HasSuffix(value, "Z") {
			zone, start = strings.TrimPrefix(name, "DTSTART"), value
		}
	}
	if zone == "" {
		at, err := time.Parse("20060102T150405Z", start)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	at, err := time.Parse("20060102T150405", start)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case name == "DTSTART" && onset == "":
			onset = value
		case name == "TZOFFSETTO":
			to = value
		case name == "END" && (value == "STANDARD" || value == "DAYLIGHT"):
			began, err := time.Parse("20060102T150405", onset)
			if err != nil {
				t.Fatal(err)
			}
			if !began.After(at) && !began.Before(best) {
				best = began
				var h, m, s int
				fmt.Sscanf(to[1:]+"00", "%2d%2d%2d", &h, &m, &s)
				if offset = h*3600 + m*60 + s; to[0] == '-' {
					offset = -offset
				}
			}
			onset = ""
		}
	}
	if best.IsZero() {
		t.Fatalf("no offset holds at %s:\n%s", start, file)
	}
	return at.Add(-time.Duration(offset) * time.Second)
}

// Every moment in every zone is read back as it is, also around clock changes and
// in the dates of a series.
func TestEveryMomentInEveryZone(t *testing.T) {
	raw, err := os.ReadFile("../when/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	zones := strings.Fields(string(raw))
	rapid.Check(t, func(t *rapid.T) {
		zone := place(rapid.SampledFrom(zones).Draw(t, "zone"))
		at := time.Unix(rapid.Int64Range(40_000_000, 2_500_000_000).Draw(t, "at"), 0).In(zone)
		if _, change := at.ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
			at = change.Add(time.Duration(rapid.IntRange(-7500, 7500).Draw(t, "seconds")) * time.Second)
		}
		e := diary.Entry{UID: "x", Changed: said, Start: at, End: at.Add(time.Hour)}
		out, err := diary.Calendar{Entries: []diary.Entry{e}}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got := understand(t, string(out)); !got.Equal(at) {
			t.Fatalf("%s is read as %s:\n%s", at, got.In(zone), out)
		}
	})
}

func TestASeriesTellsItsZoneAhead(t *testing.T) {
	e := breakfast()
	e.Rule = "FREQ=WEEKLY"
	file := encode(t, diary.Calendar{Entries: []diary.Entry{e}})
	for _, change := range []string{"20270328T010000", "20271031T020000", "20361026T020000"} {
		if !strings.Contains(strings.Join(unfolded(file), "\n"), change) {
			t.Errorf("the change of the clocks at %s is not told:\n%s", change, file)
		}
	}
}

func TestTheHourThatComesTwice(t *testing.T) {
	e := breakfast()
	e.Start = time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC).In(london) // the second 1:30
	e.End = e.Start.Add(time.Hour)
	if file := encode(t, diary.Calendar{Entries: []diary.Entry{e}}); !strings.Contains(file, "\r\nDTSTART:20261025T013000Z\r\n") || !strings.Contains(file, "\r\nDTEND;TZID=Europe/London:20261025T023000\r\n") {
		t.Errorf("written as\n%s", file)
	}
}
