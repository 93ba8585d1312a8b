package web

import (
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

func drained(c chan *message) (n int, open bool) {
	for {
		select {
		case _, open := <-c:
			if !open {
				return n, false
			}
			n++
		default:
			return n, true
		}
	}
}

func TestASlowReaderIsDroppedAndNobodyElse(t *testing.T) {
	slow, quick := make(chan *message, followerBuffer), make(chan *message, followerBuffer)
	x := &hub{followers: map[chan *message]bool{slow: true, quick: true}}
	for i := range followerBuffer + 1 {
		x.feed([]message{{upto: bot.Seq(i)}}, bot.Seq(i))
		if n, open := drained(quick); n != 1 || !open {
			t.Fatalf("the quick one got %d messages of the %dth, open %v", n, i, open)
		}
	}
	if n, open := drained(slow); n != followerBuffer || open {
		t.Errorf("the slow one got %d messages and is connected: %v; want %d and to be dropped", n, open, followerBuffer)
	}
	if len(x.followers) != 1 {
		t.Errorf("%d followers, want the quick one", len(x.followers))
	}
}

// A hub that has ended is not joined: nobody would hear anything there.
func TestAHubThatEndedIsNotJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New()}})
		id := openHour(h)
		s, err := New(Options{Bot: h.Bot})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		first, _, leaveFirst := s.hubs.join(id, time.UTC, 0)
		ended := s.hubs.all[id]
		s.hubs.end(ended)
		if _, open := drained(first); open {
			t.Error("a follower of a hub that ended is not dropped")
		}
		second, _, leaveSecond := s.hubs.join(id, time.UTC, 0)
		if s.hubs.all[id] == ended {
			t.Fatal("the hub that ended is joined")
		}
		leaveFirst() // late, and nothing to the new one
		synctest.Wait()
		if n, open := drained(second); n == 0 || !open {
			t.Errorf("the new one was told %d messages, open %v; want the log so far", n, open)
		}
		leaveSecond()
		if len(s.hubs.all) != 0 {
			t.Error("a hub that nobody follows is kept")
		}
	})
}

func TestNobodyJoinsAClosedSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New()}})
		s, err := New(Options{Bot: h.Bot})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		mine, _, leave := s.hubs.join("7k2f", time.UTC, 0)
		defer leave()
		if _, open := drained(mine); open {
			t.Error("somebody follows a closed site")
		}
	})
}
