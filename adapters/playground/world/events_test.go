package world

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestUnacknowledgedEventsComeAgain(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	for i := range 4 {
		s.say("tim", "data", fmt.Sprint(i))
	}
	var cursors []uint64
	for range 4 {
		cursors = append(cursors, bot.next().Cursor)
	}
	bot.ack("ack", cursors[0])
	bot.ack("ack", cursors[2])
	bot.leave()

	bot = s.listen("/bot/north/events")
	for _, want := range []uint64{cursors[1], cursors[3]} {
		if e := bot.next(); e.Cursor != want {
			t.Errorf("again came %+v, want cursor %d", e, want)
		}
	}
	s.say("tim", "data", "new")
	last := bot.next()
	if last.Text != "new" {
		t.Errorf("then came %+v", last)
	}
	bot.ack("upto", last.Cursor)
	bot.leave()

	s.say("tim", "data", "newest")
	if e := s.listen("/bot/north/events").next(); e.Text != "newest" {
		t.Errorf("after acknowledging all came %+v", e)
	}
	after := s.listen("/bot/north/events?after=" + fmt.Sprint(cursors[2]))
	if e := after.next(); e.Cursor != cursors[3] {
		t.Errorf("after a cursor came %+v, though acknowledged it should", e)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := stage(t, Options{File: filepath.Join(t.TempDir(), "world.jsonl")})
	bot := s.listen("/bot/north/events")
	page := s.follow("tim")
	var all sync.WaitGroup
	const each = 20
	for _, who := range []string{"ada", "grace", "tim", "mary"} {
		all.Go(func() {
			for i := range each {
				s.say(who, "data", fmt.Sprint(who, i))
			}
		})
		all.Go(func() {
			for i := range each {
				s.post(who, fmt.Sprint(who, i))
				s.posts("/api/rooms/data?max=5&as=" + who)
			}
		})
	}
	next := map[string]int{} // everybody's messages come in the order in which they were said
	var last uint64
	for range 4 * each {
		e := bot.next()
		if e.Cursor <= last || e.Text != fmt.Sprint(e.User.ID, next[e.User.ID]) {
			t.Fatalf("after cursor %d came %+v", last, e)
		}
		last = e.Cursor
		next[e.User.ID]++
		bot.ack("ack", e.Cursor)
	}
	all.Wait()
	if got := s.posts("/api/rooms/data?max=5000"); len(got) != 8*each {
		t.Errorf("%d posts stand, want %d", len(got), 8*each)
	}
	page.wait("state")
	for range 8 * each {
		page.wait("post")
	}
}

func TestAGap(t *testing.T) {
	s := stage(t, Options{Events: 3})
	var ids []string
	for range 5 {
		ids = append(ids, s.say("tim", "data", "x"))
	}
	bot := s.listen("/bot/north/events")
	gap := bot.next()
	if gap.Kind != "gap" {
		t.Fatalf("came %+v, want a gap", gap)
	}
	for _, want := range ids[2:] {
		e := bot.next()
		if e.Message != want {
			t.Errorf("came %+v, want %s", e, want)
		}
		bot.ack("ack", e.Cursor)
	}
	bot.leave()
	again := s.listen("/bot/north/events")
	if e := again.next(); e.Kind != "gap" || e.Cursor != gap.Cursor {
		t.Errorf("an unacknowledged gap: came %+v", e)
	}
	again.ack("ack", gap.Cursor)
	again.leave()
	s.say("tim", "data", "new")
	if e := s.listen("/bot/north/events").next(); e.Text != "new" {
		t.Errorf("after the gap was acknowledged came %+v", e)
	}
	for _, after := range []string{"0", fmt.Sprint(gap.Cursor)} {
		if e := s.listen("/bot/north/events?after=" + after).next(); e.Kind != "gap" {
			t.Errorf("after %s came %+v, want a gap", after, e)
		}
	}
	if e := s.listen("/bot/north/events?after=" + fmt.Sprint(gap.Cursor+1)).next(); e.Kind != "message" {
		t.Errorf("right behind the gap came %+v", e)
	}
}

func TestARepeatedEvent(t *testing.T) {
	s := stage(t, Options{})
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "event", Do: "repeat"}}})
	bot := s.listen("/bot/north/events")
	s.say("tim", "data", "x")
	one, two := bot.next(), bot.next()
	if one.ID != two.ID || two.Cursor != one.Cursor+1 {
		t.Errorf("came %+v and %+v", one, two)
	}
	s.say("tim", "data", "y")
	if e := bot.next(); e.Text != "y" || e.Cursor != two.Cursor+1 {
		t.Errorf("then came %+v", e)
	}
}

func TestAnUnknownEvent(t *testing.T) {
	s := stage(t, Options{})
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "event", Do: "unknown"}}})
	bot := s.listen("/bot/north/events")
	id := s.say("tim", "data", "x")
	strange := bot.next()
	if e := bot.next(); strange.Kind != "weather" || e.Message != id || e.Cursor != strange.Cursor+1 {
		t.Errorf("came %+v and %+v", strange, e)
	}
}

func TestEventsOutOfOrder(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now, After: clock.after})
	s.misbehave(Misbehaviour{Platform: "north", Next: []Deed{{Op: "socket", Do: "reorder"}, {Op: "socket", Do: "well"}, {Op: "socket", Do: "reorder"}}})
	bot := s.listen("/bot/north/events")
	for _, text := range []string{"one", "two", "three"} {
		s.say("tim", "data", text)
	}
	for _, want := range []string{"two", "one"} {
		if e := bot.next(); e.Text != want {
			t.Errorf("came %+v, want %s", e, want)
		}
	}
	<-clock.set // for one
	<-clock.set // for three, which nothing follows
	clock.add(holdBack)
	if e := bot.next(); e.Text != "three" {
		t.Errorf("came %+v", e)
	}
}

func TestTheNewestSocketWins(t *testing.T) {
	s := stage(t, Options{})
	old := s.listen("/bot/north/events")
	bot := s.listen("/bot/north/events")
	if e, err := old.read(); err == nil {
		t.Errorf("the old socket goes on with %+v", e)
	}
	s.say("tim", "data", "x")
	bot.next()
}

func TestADroppedSocket(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "socket", Do: "drop"}}}) // idle: at once
	if e, err := bot.read(); err == nil {
		t.Fatalf("came %+v", e)
	}
	bot = s.listen("/bot/north/events")
	s.misbehave(Misbehaviour{Drop: 1})
	s.say("tim", "data", "x")
	first := bot.next()
	if e, err := bot.read(); err == nil {
		t.Fatalf("after the event came %+v", e)
	}
	s.ok("DELETE", "/api/misbehave", nil)
	if e := s.listen("/bot/north/events").next(); e.Cursor != first.Cursor {
		t.Errorf("again came %+v", e)
	}
}

func TestASilentSocket(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	id := s.say("tim", "data", "x")
	heard := bot.next()
	s.misbehave(Misbehaviour{Platform: "north", Next: []Deed{{Op: "socket", Do: "silent"}}})
	s.waitSilent()
	bot.ack("ack", heard.Cursor) // falls on deaf ears
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	pinging := bot.conn.CloseRead(context.Background())
	if err := bot.conn.Ping(ctx); err == nil {
		t.Error("a silent socket answered a ping")
	}
	if pinging.Err() != nil {
		t.Error("a silent socket was closed")
	}
	bot.conn.CloseNow()
	if e := s.listen("/bot/north/events").next(); e.Message != id {
		t.Errorf("again came %+v", e)
	}
}

// waitSilent returns when the platform's socket has fallen silent: each turn of
// the loop is a whole request, so that it is not a busy wait.
func (s *scene) waitSilent() {
	for {
		s.ok("GET", "/api/clock", nil)
		s.world.mu.Lock()
		socket := s.world.platforms[0].stream.socket
		s.world.mu.Unlock()
		if socket.silent.Load() {
			return
		}
	}
}
