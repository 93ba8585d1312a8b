package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/diary"

	"pgregory.net/rapid"
)

// For any history of a series: the next few dates exist, each once, none on a day
// that is left out or after the end, and calendars can read it.
func TestAnyHistoryOfASeries(t *testing.T) {
	lines := []string{"skip %s", "skip %s 26 March 2027", "cancel %s", "move %s Tue 9:15am", "move %s in 20 days", "move %s in 6 hours", "edit %s length=30m", "edit %s title=Jam",
		"edit %s without=\"19 March 2027\"", "edit %s until=\"30 April 2027\"", "edit %s times=6", "edit %s ahead=\"2 days\"", "rsvp %s all", "rsvp %s none", "rsvp %s no"}
	buttons := []string{"Post for this date", "This and following", "All dates", "Cancel this date", "Skip this date"}
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.SampledFrom([]Pattern{Weekly, Fortnightly, ByDate, ByWeekday}).Draw(rt, "pattern")
		type step struct {
			Line, Button string
			Which, Hours int
			Down         bool
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{rapid.SampledFrom(lines).Draw(rt, "line"), rapid.SampledFrom(buttons).Draw(rt, "button"), rapid.IntRange(0, 2).Draw(rt, "which"),
				rapid.SampledFrom([]int{0, 0, 5, 30, 200, 900}).Draw(rt, "hours"), rapid.Bool().Draw(rt, "down")}
		}), 3, 20).Draw(rt, "steps")
		var wrong error
		synctest.Test(t, func(t *testing.T) {
			h := bottest.Start(t, bottest.Config{Features: []bot.Feature{New()}, Start: time.Date(2027, 2, 26, 12, 0, 0, 0, time.UTC)})
			h.Command("north:olga", "north:data", `event new Coffee "5 March 2027 08:30" venue=Here repeat=`+string(pattern))
			h.Press("north:olga", "north:data", "Post")
			for i, s := range steps {
				if wrong = wrongSeries(h); wrong != nil {
					wrong = fmt.Errorf("before step %d (%+v): %w", i, s, wrong)
					return
				}
				all, err := bot.Find[Series](context.Background(), h.Bot.View(), "event.series")
				if err != nil || len(all) != 1 {
					wrong = fmt.Errorf("%d series, %v", len(all), err)
					return
				}
				if len(all[0].Live) == 0 {
					return
				}
				reply := h.Command("north:olga", "north:data", "event "+fmt.Sprintf(s.Line, all[0].Live[s.Which%len(all[0].Live)]))
				if reply.Post != nil {
					for _, b := range reply.Post.Buttons {
						if b.Label == s.Button {
							h.Press("north:olga", "north:data", s.Button)
						}
					}
				}
				if s.Down {
					h.Down(time.Duration(s.Hours) * time.Hour)
				} else {
					h.Advance(time.Duration(s.Hours) * time.Hour)
				}
				h.Advance(time.Second)
			}
			wrong = wrongSeries(h)
		})
		if wrong != nil {
			rt.Fatal(wrong)
		}
	})
}

// wrongSeries tells what is not as it has to be with the one series there is.
func wrongSeries(h *bottest.Harness) error {
	ctx, r := context.Background(), h.Bot.View()
	all, err := bot.Find[Series](ctx, r, "event.series")
	if err != nil || len(all) != 1 {
		return fmt.Errorf("%d series, %w", len(all), err)
	}
	s := &all[0]
	if !s.Ended && len(s.Live) < fewDates && s.Rule.goesOn(s.Next) {
		return fmt.Errorf("%d dates exist, and there is a date %d", len(s.Live), s.Next)
	}
	if len(s.Live) > fewDates {
		return fmt.Errorf("%d dates exist", len(s.Live))
	}
	numbers := map[int]bool{}
	for _, id := range s.Live {
		var e Event
		if there, err := r.Get(ctx, eventKey(id), &e); err != nil || !there {
			return fmt.Errorf("date %s: %v, %w", id, there, err)
		}
		switch day := s.Rule.day(e.Date); {
		case e.State != Scheduled || !e.End().After(h.Now()):
			return fmt.Errorf("date %d is %s, until %v", e.Date, e.State, e.End())
		case numbers[e.Date]:
			return fmt.Errorf("date %d is there twice", e.Date)
		case e.Date >= s.Rule.From && slices.Contains(s.Without, day):
			return fmt.Errorf("date %d is on %s, which is left out", e.Date, day)
		case !s.Rule.goesOn(e.Date):
			return fmt.Errorf("date %d is after the end", e.Date)
		case !e.Announced && !e.AnnounceAt.After(h.Now()) && e.Start.After(h.Now()):
			return fmt.Errorf("date %d was to be announced at %v", e.Date, e.AnnounceAt)
		}
		numbers[e.Date] = true
	}
	coming, err := upcoming(ctx, r, "", h.Now(), 100)
	if err != nil {
		return err
	}
	var ids []string
	for _, e := range coming {
		ids = append(ids, e.ID)
	}
	if a, b := slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(s.Live)); !slices.Equal(a, b) {
		return fmt.Errorf("the diary has %v and the series %v", a, b)
	}
	entries, err := New().Diary(ctx, r, h.Now(), h.Now().AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	file, err := diary.Calendar{Entries: entries}.Encode()
	if err == nil && strings.Contains(string(file), "COUNT=0") {
		err = errors.New("a rule that never is")
	}
	return err
}
