package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// line names one figure: what was measured, on which store, and what it has to
// reach.
type line struct {
	what   string
	store  string // "" when it does not depend on one
	unit   string
	target target
}

// target is what a figure has to reach; the zero value is for figures that are
// only told.
type target struct {
	of    string // "ratio" of ours to the floor, or "ours"
	least bool   // whether limit is the least or the most
	limit float64
}

func ratioAtLeast(limit float64) target { return target{of: "ratio", least: true, limit: limit} }
func ratioAtMost(limit float64) target  { return target{of: "ratio", limit: limit} }
func oursAtMost(limit float64) target   { return target{of: "ours", limit: limit} }

// table gathers the rounds of all figures, in the order in which they first came.
type table struct {
	order  []line
	rounds map[line][]round
}

// round is what one round gave; floor is 0 where there is none.
type round struct{ floor, ours float64 }

func (t *table) note(l line, floor, ours float64) {
	if t.rounds == nil {
		t.rounds = map[line][]round{}
	}
	if t.rounds[l] == nil {
		t.order = append(t.order, l)
	}
	t.rounds[l] = append(t.rounds[l], round{floor, ours})
}

// result is a figure over all its rounds.
type result struct {
	floor, ours         float64 // medians
	ratio, lowest, most float64 // the median of the rounds' own ratios, and the others' ends
	met                 bool
}

// resultOf takes the median of each side, and the median of the rounds' own
// ratios: what disturbs a round disturbs both its sides.
func resultOf(l line, rounds []round) result {
	var floors, ours, ratios []float64
	for _, r := range rounds {
		floors, ours = append(floors, r.floor), append(ours, r.ours)
		if r.floor != 0 {
			ratios = append(ratios, r.ours/r.floor)
		}
	}
	r := result{floor: median(floors), ours: median(ours), ratio: median(ratios)}
	if len(ratios) > 0 {
		r.lowest, r.most = slices.Min(ratios), slices.Max(ratios)
	}
	value := r.ours
	if l.target.of == "ratio" {
		value = r.ratio
	}
	r.met = l.target == target{} || l.target.least && value >= l.target.limit || !l.target.least && value <= l.target.limit
	return r
}

// median of none is 0.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// print writes the table and tells how many targets were missed.
func (t *table) print(to io.Writer) (missed int) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tstore\tfloor\tours\tunit\tratio\tfrom–to\ttarget\t")
	for _, l := range t.order {
		r := resultOf(l, t.rounds[l])
		floor, ratio, ends, verdict := "–", "–", "–", ""
		if r.floor != 0 {
			floor, ratio, ends = short(r.floor), fmt.Sprintf("%.2f", r.ratio), fmt.Sprintf("%.2f–%.2f", r.lowest, r.most)
		}
		if l.target != (target{}) {
			verdict = l.target.String() + ": met"
			if !r.met {
				verdict = l.target.String() + ": NOT MET"
				missed++
			}
		}
		fmt.Fprintln(w, strings.Join([]string{l.what, l.store, floor, short(r.ours), l.unit, ratio, ends, verdict, ""}, "\t"))
	}
	w.Flush()
	return missed
}

func (t target) String() string {
	sign := "≤"
	if t.least {
		sign = "≥"
	}
	if t.of == "ratio" {
		return fmt.Sprintf("ratio %s %g", sign, t.limit)
	}
	return fmt.Sprintf("%s %g", sign, t.limit)
}

// short writes a number with as many places as say something.
func short(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
