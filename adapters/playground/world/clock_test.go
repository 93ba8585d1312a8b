package world

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

// handClock is a clock that stands still until it is moved, and whose timers
// ring when it comes past them.
type handClock struct {
	mu     sync.Mutex
	at     time.Time
	timers []timer
	set    chan time.Duration // told of each timer, so that a test can wait for one
}

type timer struct {
	due  time.Time
	ring chan time.Time
}

func newHandClock() *handClock {
	return &handClock{at: time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC), set: make(chan time.Duration, 1000)}
}

func (c *handClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *handClock) after(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ring := make(chan time.Time, 1)
	c.timers = append(c.timers, timer{c.at.Add(d), ring})
	c.set <- d
	return ring
}

func (c *handClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	for i, t := range c.timers {
		if t.ring != nil && !t.due.After(c.at) {
			t.ring <- c.at
			c.timers[i].ring = nil
		}
	}
}

func TestTheClockIsTheBots(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now, After: clock.after})
	s.fails(http.StatusServiceUnavailable, "POST", "/api/clock", object{"to": "+24h"})
	bot := s.listen("/bot/south/events")
	done := make(chan object, 1)
	go func() { done <- s.ok("POST", "/api/clock", object{"to": "+24h"}) }()
	e := bot.next()
	if e.Kind != "clock" || e.To != "+24h" || e.Room != "" || e.Trigger == "" {
		t.Fatalf("told the bot %+v", e)
	}
	half := clock.now().Add(12 * time.Hour)
	s.ok("PUT", "/bot/south/clock", object{"now": half})
	if at := s.ok("POST", "/api/say", object{"as": "tim", "room": "data", "text": "half way"})["at"]; at != half.Format(time.RFC3339) {
		t.Errorf("half way it is %v, want %v", at, half)
	}
	there := clock.now().Add(24 * time.Hour)
	s.ok("POST", "/bot/south/answer", object{"trigger": e.Trigger, "now": there})
	if out := <-done; out["answered"] != true || out["now"] != there.Format(time.RFC3339) {
		t.Errorf("the wish came out as %v", out)
	}
	if got := s.ok("GET", "/api/clock", nil); got["offset"] != 86400.0 || got["now"] != there.Format(time.RFC3339) {
		t.Errorf("the clock is at %v", got)
	}
	for _, to := range []string{"", "tomorrow", "+", "-10m", "10m", "+0s"} {
		s.fails(http.StatusBadRequest, "POST", "/api/clock", object{"to": to})
	}
	s.fails(http.StatusBadRequest, "PUT", "/bot/south/clock", object{})
	sent := clock.now()
	s.ok("PUT", "/bot/south/clock", object{"now": there.Add(time.Hour), "sent": sent})
	s.ok("PUT", "/bot/south/clock", object{"now": half, "sent": sent.Add(-time.Second)}) // it took a second on its way
	if got := s.ok("GET", "/api/clock", nil); got["now"] != there.Add(time.Hour).Format(time.RFC3339) {
		t.Errorf("something late moved the clock to %v", got)
	}
}
