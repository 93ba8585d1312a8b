package newsletter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/newsletter"
)

// cutStore stops taking commits after a number of them, as when the process is
// killed between two.
type cutStore struct {
	*bottest.Memory
	mu   sync.Mutex
	left int // -1: no end
}

func (s *cutStore) Exclusive() {}

func (s *cutStore) cutAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

func (s *cutStore) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	s.mu.Lock()
	if s.left == 0 {
		s.mu.Unlock()
		return 0, errors.New("cut off")
	}
	if s.left > 0 {
		s.left--
	}
	s.mu.Unlock()
	return s.Memory.Commit(ctx, m, b)
}

// Whatever was confirmed is there, and comes out once, however early the bot was
// killed: after sharing, editing, accepting, publishing or telling.
func TestPublishingGoesOnAfterBeingKilledAnywhere(t *testing.T) {
	for cut := range 40 {
		synctest.Test(t, func(t *testing.T) {
			store := &cutStore{Memory: bottest.NewStore(), left: -1}
			s := stage{bottest.Start(t, bottest.Config{Features: []bot.Feature{newsletter.New(), choosing{}}, Store: store, Errors: true})}
			s.tell(olga, "newsletter rooms #data")
			s.tell(oskar, "newsletter rooms #data")
			store.cutAfter(cut)
			said := map[string]bool{} // what was confirmed
			confirmed := func(u bot.UserID, line, sure string) {
				if words := s.tell(u, line); strings.Contains(words, sure) {
					said[line] = true
				}
			}
			confirmed(ada, "share credit=name Ponds", "Saved")
			confirmed(bob, "share credit=name Mud", "Saved")
			items, err := bot.Find[newsletter.Item](t.Context(), s.Bot.View(), "items:waiting")
			if err != nil {
				t.Fatal(err)
			}
			if len(items) < len(said) {
				t.Fatalf("cut %d: %d items, and %d were confirmed", cut, len(items), len(said))
			}
			for _, i := range items {
				confirmed(i.By, "share edit "+i.ID+" words=More", "Saved")
				confirmed(olga, "newsletter accept "+i.ID, "Accepted")
			}
			confirmed(olga, "newsletter publish 1 sure=yes", "Published")
			s.StopBot()
			store.cutAfter(-1)
			s.StartBot()
			for _, i := range items { // as people do who had no answer
				if !said["newsletter accept "+i.ID] {
					s.tell(olga, "newsletter accept "+i.ID)
				}
				if said["share edit "+i.ID+" words=More"] && s.item(i.ID).Words != "More" {
					t.Errorf("cut %d: an edit that was confirmed is lost", cut)
				}
			}
			if !said["newsletter publish 1 sure=yes"] && len(items) > 0 {
				s.tell(olga, "newsletter publish 1 sure=yes")
			}
			s.Advance(3 * time.Minute)
			if len(items) == 0 {
				return
			}
			for _, room := range []bot.RoomID{data, south} {
				got := s.edition(room, 1)
				if n := strings.Count(got, "Data People, edition 1"); n != 1 {
					t.Errorf("cut %d: the edition stands %d times in %s", cut, n, room)
				}
				for _, i := range items {
					if n := strings.Count(got, "**"+i.Title+"**"); n != 1 {
						t.Errorf("cut %d: %s stands %d times in %s", cut, i.Title, n, room)
					}
				}
			}
			for _, i := range items {
				if n := strings.Count(s.direct(i.By), "You are in edition 1"); n != 1 {
					t.Errorf("cut %d: %s was told %d times", cut, i.By, n)
				}
			}
			if again := s.tell(oskar, "newsletter publish 1 sure=yes"); !strings.Contains(again, "is out already") {
				t.Errorf("cut %d: publishing again says %s", cut, again)
			}
		})
	}
}

// An edition takes 200 items, and leaves the rest for the next one.
func TestABigEdition(t *testing.T) {
	pressed(t, func(s stage) {
		const shared = 205
		for n := range shared {
			s.accept(bot.UserID(fmt.Sprintf("north:p%03d", n)), fmt.Sprintf("credit=name Item %03d", n))
		}
		s.says("publishing", s.tell(olga, "newsletter publish 1 sure=yes"), "Published")
		s.Advance(time.Minute)
		all := s.edition(data, 1)
		s.says("the first", all, "**Item 000** — P000")
		s.says("the last", all, "**Item 199** — P199")
		s.lacks("the rest", all, "Item 200")
		told := 0
		for n := range shared {
			if strings.Contains(s.direct(bot.UserID(fmt.Sprintf("north:p%03d", n))), "You are in edition 1") {
				told++
			}
		}
		if told != 200 {
			t.Errorf("%d members were told", told)
		}
		s.says("the next one", s.tell(olga, "newsletter preview"), "edition 2 as it would come out now, with 5 items")
	})
}
