package playground

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func TestWhatTheHistoryHolds(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	if _, err := s.north.People(t.Context()); err != nil {
		t.Fatal(err)
	}
	plain := s.says("tim", "data", "ask @grace")
	s.does("POST", "/api/react", object{"as": "mary", "message": plain, "name": "👍"})
	s.says("tim", "data", "@datahour datahour next")
	changed := s.says("tim", "data", "tpyo")
	s.does("POST", "/api/edit", object{"as": "tim", "message": changed, "text": "typo"})
	removed := s.says("tim", "data", "rude")
	s.does("POST", "/api/delete", object{"as": "ada", "message": removed})

	var got []string
	err := s.north.History(t.Context(), "north:data", time.Now().Add(-time.Hour), func(in bot.Inbound) error {
		got = append(got, fmt.Sprint(in.Kind, " ", in.From.Rest(), " ", in.Text, in.Reaction, " ", in.Rev))
		if in.Text == "ask <!user:north:grace>" && !slices.Contains(in.People, bot.Profile{User: "north:grace", Name: "Grace Hopper"}) {
			t.Errorf("people: %v", in.People)
		}
		return nil
	})
	want := []string{"message tim ask <!user:north:grace> ", "reacted mary 👍 ", "message tim typo 0000000002", "edited tim typo 0000000002", "deleted ada  0000000002"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got  %q (%v)\nwant %q", got, err, want)
	}

	stop := errors.New("the store is away")
	if err := s.north.History(t.Context(), "north:data", time.Time{}, func(bot.Inbound) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("not stored, it ended with %v", err)
	}
}

// A page of the world's ends between two moments. When so much was said in one
// moment that it fills a page, reading on must get past it.
func TestAHistoryOfManyPages(t *testing.T) {
	var at atomic.Int64
	at.Store(time.Now().UnixMilli())
	s := open(t, world.Options{Now: func() time.Time { return time.UnixMilli(at.Load()) }}, Options{})
	const moment, all = 520, 530
	for i := range all {
		if i >= moment {
			at.Add(1)
		}
		s.says("tim", "data", fmt.Sprint(i))
	}
	heard := map[bot.MessageID]bool{}
	deliveries := 0
	enough := errors.New("it goes round in circles")
	err := s.north.History(t.Context(), "north:data", time.UnixMilli(at.Load()).Add(-time.Hour), func(in bot.Inbound) error {
		heard[in.Message] = true
		if deliveries++; deliveries > 3*all {
			return enough
		}
		return nil
	})
	if err != nil || len(heard) != all {
		t.Errorf("%d of %d messages were heard in %d deliveries: %v", len(heard), all, deliveries, err)
	}
}
