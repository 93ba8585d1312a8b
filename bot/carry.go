package bot

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// carryPage is how many entries of a log a feature is handed at once.
const carryPage = 100

// carryOn hands what is new in a log to the feature whose log it is, which
// declares what that means for this room.
func (w *roomWorker) carryOn(ctx context.Context, log string) error {
	var more bool
	posts := w.postsAtOnce()
	err := w.b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
		more = false
		c := carry{Log: log, Room: w.room}
		there, err := tx.Get(ctx, c.Key(), &c)
		if err != nil || !there {
			return err
		}
		entries, err := tx.Entries(ctx, log, c.Upto, carryPage, 0)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			if c.Last {
				tx.Delete(c.Key())
			}
			return nil
		}
		carrier := w.b.carrier(log)
		if carrier == nil {
			return fmt.Errorf("no feature carries %s", log)
		}
		n, err := carrier.CarryOn(ctx, tx, log, w.room, entries, posts)
		if err != nil {
			return err
		}
		if n < 1 || n > len(entries) {
			return fmt.Errorf("carrying %s dealt with %d of %d entries", log, n, len(entries))
		}
		more = n < len(entries) || len(entries) == carryPage || c.Last
		c.Upto = entries[n-1].Seq
		tx.Put(&c)
		return nil
	}})
	if err != nil {
		w.p.mu.Lock()
		w.logs[log] = true // it is still to be carried
		w.p.mu.Unlock()
		w.carryFrom = w.b.clock.Wall().Add(time.Second)
		return fmt.Errorf("carrying %s on: %w", log, err)
	}
	if more {
		w.p.grew(log)
	}
	return nil
}

// postsAtOnce is how many posts the room's rate allows now, at least 1.
func (w *roomWorker) postsAtOnce() int {
	if w.rate.Limit() == rate.Inf {
		return carryPage
	}
	return int(max(1, min(w.rate.Tokens(), carryPage)))
}

func (b *Bot) carrier(log string) Carrier {
	for _, c := range b.carriers {
		if c.Carries(log) {
			return c
		}
	}
	return nil
}
