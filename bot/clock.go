package bot

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time. It is real time plus an offset, which only a playground
// ever moves, and only forward. It is the one place in the core that reads the time.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	moved  chan struct{} // closed and replaced at every move
	moving chan struct{} // held by the one who moves it
}

// NewClock makes a clock that is offset ahead of real time.
func NewClock(offset time.Duration) *Clock {
	return &Clock{offset: offset, moved: make(chan struct{}), moving: make(chan struct{}, 1)}
}

// Now is the time as the community sees it.
func (c *Clock) Now() time.Time { return c.Moment().Now }

// Wall is the real time, for deadlines, leases and back-off.
func (c *Clock) Wall() time.Time { return time.Now() }

// Moment is this instant on both clocks.
func (c *Clock) Moment() Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := time.Now()
	return Moment{Now: wall.Add(c.offset).Round(0), Wall: wall}
}

// Offset is how far the clock is ahead of real time.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// set makes the clock so far ahead as it was stored.
func (c *Clock) set(offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if offset != c.offset {
		c.offset = offset
		close(c.moved)
		c.moved = make(chan struct{})
	}
}

// wait returns at t (zero: never) by this clock, when the clock was moved, when
// wake was signalled, or when ctx is done.
func (c *Clock) wait(ctx context.Context, t time.Time, wake <-chan struct{}) {
	c.mu.Lock()
	moved, offset := c.moved, c.offset
	c.mu.Unlock()
	var ring <-chan time.Time
	if !t.IsZero() {
		timer := time.NewTimer(time.Until(t.Add(-offset)))
		defer timer.Stop()
		ring = timer.C
	}
	select {
	case <-ring:
	case <-moved:
	case <-wake:
	case <-ctx.Done():
	}
}

// pause waits for d of real time: back-off and grace, never a promise. It tells
// false when ctx was done first.
func (c *Clock) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
