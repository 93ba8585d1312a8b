package when

import (
	"cmp"
	"slices"
	"time"
)

// Resolve gives the instant at which clocks in the zone show the given local date
// and time. It is the one rule of the project for local times that a change of
// the clocks makes difficult:
//
//   - A time that is skipped moves forward by as much as the clocks do. Where they
//     go from 1:00 to 2:00, what was planned for 1:30 happens at 2:30.
//   - A time that is repeated means its first occurrence.
//
// The answer is computed from the offsets that are in force around the moment, as
// the tz database has them: time.Date promises neither choice. Fields out of their
// range carry over, as they do in time.Date (32 January is 1 February), so a
// series can count on in days.
//
// Parse does not guess like this. A person who types such a time is asked which
// they mean; the rule is for times that follow from others, such as the next date
// of a series.
func Resolve(year int, month time.Month, day, hour, minute int, zone *time.Location) time.Time {
	local := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	found := occurrences(local, zone)
	return found.at[0]
}

// found is what there is of one local time in a zone.
type found struct {
	at      []time.Time // the instants, first one first; never empty
	skipped bool        // clocks never show it: at holds the moved time
}

// Offsets in force within reach of a local time can matter to it, as no clock is
// further than that from UTC; clock changes are more than a step apart.
const (
	reach = 30 * time.Hour
	step  = 6 * time.Hour
)

// occurrences finds every instant at which clocks in the zone show local, which
// is written as if it were UTC. It tries each offset that is in force around it and
// keeps the instants at which that offset holds. (Time.ZoneBounds would give the
// stretches at once, but with Go 1.26 it ends them on 31 December of leap years.)
func occurrences(local time.Time, zone *time.Location) found {
	var offsets []time.Duration
	for at := local.Add(-reach); !at.After(local.Add(reach)); at = at.Add(step) {
		if offset := offsetIn(zone, at); !slices.Contains(offsets, offset) {
			offsets = append(offsets, offset)
		}
	}
	// The furthest ahead of UTC shows a local time first.
	slices.SortFunc(offsets, func(a, b time.Duration) int { return cmp.Compare(b, a) })
	var all []time.Time
	for _, offset := range offsets {
		if instant := local.Add(-offset); offsetIn(zone, instant) == offset {
			all = append(all, instant.In(zone))
		}
	}
	if len(all) > 0 {
		return found{at: all}
	}
	// Skipped: what holds just before the gap, applied to a time within it, leads as
	// far behind the gap as the time is into it.
	before := offsetIn(zone, local.Add(-offsets[0]))
	return found{at: []time.Time{local.Add(-before).In(zone)}, skipped: true}
}

// offsetIn is how far ahead of UTC clocks in the zone are at an instant.
func offsetIn(zone *time.Location, instant time.Time) time.Duration {
	_, seconds := instant.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
