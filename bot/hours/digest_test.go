package hours

import (
	"slices"
	"testing"
	"time"

	"datahour/bot"
)

// A digest tells of an hour that is over, to those who sum up what happened then,
// and of nobody who has not agreed.
func TestDigest(t *testing.T) {
	onScene(t, func(s *scene) {
		from := s.Now()
		digest := func(from, to time.Time) []bot.DigestItem {
			s.Helper()
			items, err := s.Bot.Digest(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			return items
		}
		s.ask()
		s.Say("north:tim", northData, "A1 Gauges.")
		if open := digest(from, s.Now().Add(time.Hour)); len(open) != 0 {
			t.Fatalf("an hour that is open: %+v", open)
		}
		s.Advance(time.Minute)
		s.close()
		over := s.Now()
		items := digest(from, over.Add(1))
		if len(items) != 1 {
			t.Fatalf("got %+v", items)
		}
		got := items[0]
		if got.Title != "Flood data" || got.URL != "/hour/7k2f" || got.Count != "1 person, 1 message" || !slices.Equal(got.Lines, []string{"Q1 Which data?"}) || !got.At.Equal(over) {
			t.Errorf("got %+v", got)
		}
		if before := digest(from, over); len(before) != 0 {
			t.Errorf("before it was over: %+v", before)
		}
		if after := digest(over.Add(1), over.Add(time.Hour)); len(after) != 0 {
			t.Errorf("after it was over: %+v", after)
		}
	})
	onScene(t, func(s *scene) {
		from := s.Now()
		s.close()
		if items, err := s.Bot.Digest(t.Context(), from, s.Now().Add(1)); err != nil || len(items) != 0 {
			t.Errorf("of an hour without a page: %+v, %v", items, err)
		}
	}, func(h *Hour) { h.Public = false })
}
