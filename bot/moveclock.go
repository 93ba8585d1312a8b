package bot

import (
	"context"
	"fmt"
	"time"
)

// clockRecord keeps how far a playground's clock is ahead of real time.
type clockRecord struct {
	Offset time.Duration `json:"offset"`
}

func (c *clockRecord) Key() string         { return "clock" }
func (c *clockRecord) Kind() (string, int) { return "clock", 1 }
func (c *clockRecord) Index() []string     { return nil }

// ClockOffset reads how far a playground's clock was moved before.
func ClockOffset(ctx context.Context, s Store) (time.Duration, error) {
	recs, err := s.Get(ctx, "clock")
	if err != nil || recs[0].Rev == 0 {
		return 0, err
	}
	var c clockRecord
	err = decode(recs[0], &c)
	return c.Offset, err
}

// readClock makes this process's clock what the last active one made of it: it
// may have been moved while this one stood by.
func (b *Bot) readClock(ctx context.Context) error {
	offset, err := ClockOffset(ctx, b.store)
	if err != nil {
		return fmt.Errorf("reading how far the clock was moved: %w", err)
	}
	if offset != 0 {
		b.clock.set(offset)
	}
	return nil
}

const (
	// furthestMove keeps a slip of the finger from taking a playground years ahead.
	furthestMove = 60 * 24 * time.Hour
	// settleFor is how long a moved clock waits for posts before it goes on.
	settleFor = 3 * time.Second
)

// MoveClock moves a playground's clock forward, stopping at every moment at
// which something is due until that is done. to is "start" (of the next data
// hour or event), a distance such as "+10m" or "+24h", or a time in RFC 3339.
func (b *Bot) MoveClock(ctx context.Context, to string) (time.Time, error) {
	for _, l := range b.chats {
		if l.clocked == nil {
			return b.clock.Now(), Sayf(Forbidden, "The clock can be moved only in a playground.")
		}
	}
	select { // one at a time: of two, the shorter move could be stored last
	case b.clock.moving <- struct{}{}:
		defer func() { <-b.clock.moving }()
	case <-ctx.Done():
		return b.clock.Now(), ctx.Err()
	}
	goal, err := b.clockGoal(ctx, to)
	if err != nil {
		return b.clock.Now(), err
	}
	for {
		next, err := b.ringAll(ctx)
		if err != nil {
			return b.clock.Now(), fmt.Errorf("ringing what is due: %w", err)
		}
		if next.IsZero() || next.After(goal) {
			break
		}
		if err := b.setClock(ctx, next); err != nil {
			return b.clock.Now(), err
		}
	}
	if err := b.setClock(ctx, goal); err != nil {
		return b.clock.Now(), err
	}
	_, err = b.ringAll(ctx)
	return b.clock.Now(), err
}

func (b *Bot) clockGoal(ctx context.Context, to string) (time.Time, error) {
	now := b.clock.Now()
	goal := now
	if to == "start" {
		items, err := b.Agenda(ctx, now, now.Add(furthestMove))
		if err != nil {
			return now, err
		}
		for _, item := range items {
			if item.Start.After(now) {
				return item.Start, nil
			}
		}
		return now, Sayf(Missing, "Nothing is coming up. Schedule a data hour first: `/%sdatahour new`.", b.table.prefix)
	}
	if d, err := time.ParseDuration(to); err == nil {
		goal = now.Add(d)
	} else if goal, err = time.Parse(time.RFC3339Nano, to); err != nil {
		return now, Sayf(Invalid, "I can't move the clock to “%s”. Try `start`, `+10m` or `+24h`.", Plain(ClipTo(to, 30)))
	}
	switch {
	case goal.Before(now):
		return now, Sayf(Invalid, "The clock moves forward only.")
	case goal.Sub(now) > furthestMove:
		return now, Sayf(Invalid, "That is too far: the clock moves up to 60 days at once.")
	}
	return goal, nil
}

// ringAll rings what is due, lets the posts follow, and tells what is due next.
func (b *Bot) ringAll(ctx context.Context) (time.Time, error) {
	for {
		n, next, err := b.alarms.pass(ctx)
		if err != nil {
			return next, err
		}
		if n > 0 {
			continue
		}
		settle, stop := context.WithTimeout(ctx, settleFor)
		b.posts.settle(settle)
		stop()
		return next, nil
	}
}

// setClock stores how far the clock is moved, and then moves it: whatever rings
// at the new time, a new start does not go back behind it. A clock never goes back.
func (b *Bot) setClock(ctx context.Context, t time.Time) error {
	offset := max(t.Sub(b.clock.Wall()), b.clock.Offset())
	err := b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
		tx.Put(&clockRecord{Offset: offset})
		return nil
	}})
	if err != nil {
		return fmt.Errorf("storing the clock: %w", err)
	}
	b.clock.set(offset)
	for _, l := range b.chats {
		if err := l.clocked.ShowClock(ctx, b.clock.Now()); err != nil {
			b.log.Warn("clock not shown", "platform", l.Platform(), "err", err)
		}
	}
	return nil
}
