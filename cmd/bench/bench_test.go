package main

import (
	"strings"
	"testing"
)

func TestFiguresAreJudgedByTheRatioOfTheirRounds(t *testing.T) {
	// The machine was busy in the second round, on both sides, and in the third on ours alone.
	rounds := []round{{100, 80}, {50, 41}, {100, 20}}
	for name, c := range map[string]struct {
		target target
		met    bool
	}{
		"the median ratio is enough":           {ratioAtLeast(0.8), true},
		"the median ratio is not enough":       {ratioAtLeast(0.81), false},
		"the median ratio is low enough":       {ratioAtMost(0.8), true},
		"the median ratio is too high":         {ratioAtMost(0.79), false},
		"our own median is low enough":         {oursAtMost(41), true},
		"our own median is too high":           {oursAtMost(40), false},
		"without a target there is no verdict": {target{}, true},
	} {
		r := resultOf(line{target: c.target}, rounds)
		if r.met != c.met || r.ratio != 0.8 || r.floor != 100 || r.ours != 41 || r.lowest != 0.2 || r.most != 0.82 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestTableSaysWhatIsMissed(t *testing.T) {
	var b table
	b.note(line{"fast things", "SQLite", "/s", ratioAtLeast(0.5)}, 1000, 400)
	b.note(line{"slow things", "", "ms", oursAtMost(60)}, 0, 59)
	var out strings.Builder
	if missed := b.print(&out); missed != 1 {
		t.Errorf("%d were missed, want 1", missed)
	}
	for _, want := range []string{"ratio ≥ 0.5: NOT MET", "0.40", "≤ 60: met"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, out.String())
		}
	}
}

func TestMedianOfEvenMany(t *testing.T) {
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("got %v", got)
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	if _, err := choose("commits,comits"); err == nil || !strings.Contains(err.Error(), "comits") {
		t.Errorf("got %v", err)
	}
	if _, _, err := openPlaces(t.TempDir(), []string{"postgres"}); err == nil || !strings.Contains(err.Error(), "postgres") {
		t.Errorf("got %v", err)
	}
}

// TestEachSubjectMeasures runs both sides of everything in the process, with
// next to nothing to do: that it measures what it says it checks itself.
func TestEachSubjectMeasures(t *testing.T) {
	dir := t.TempDir()
	places, stop, err := openPlaces(dir, []string{"sqlite", "redis"})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, s := range subjects {
		if s.name == "program" { // builds the whole program: make bench does it
			continue
		}
		for _, at := range places {
			b := &bench{dir: dir, number: 2, held: map[string]held{},
				amounts: amounts{commands: 40, commits: 128, single: 5, alarms: 20, drained: 60, messages: 40, paced: 4}}
			if err := s.round(t.Context(), b, at); err != nil {
				t.Errorf("%s on %s: %v", s.name, at.name(), err)
			}
			if len(b.table.order) == 0 {
				t.Errorf("%s on %s measured nothing", s.name, at.name())
			}
			for _, l := range b.table.order {
				if r := resultOf(l, b.table.rounds[l]); r.ours <= 0 && l.unit != "" && l.unit != "MiB" {
					t.Errorf("%s on %s: %s is %v", s.name, at.name(), l.what, r.ours)
				}
			}
		}
	}
}
