package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// active makes one process of several the one that connects, rings and posts.
// On a shared store the active one holds a record that it keeps renewing, and
// every commit of its checks that record: one that was stopped and wakes up can
// change nothing. A store that only one process can open needs none of it.
type active struct {
	b    *Bot
	solo bool
	self string

	remembered remembered // as long as nobody else may have written

	mu    sync.Mutex
	rev   Rev       // of our record; 0: we are not active
	since time.Time // real time at which the record was last known to be ours
}

type activeRecord struct {
	Process string `json:"process"` // "" when it was given back
}

func (a *activeRecord) Key() string         { return "active" }
func (a *activeRecord) Kind() (string, int) { return "active", 1 }
func (a *activeRecord) Index() []string     { return nil }

func newActive(b *Bot) *active {
	_, solo := b.store.(Exclusive)
	return &active{b: b, solo: solo, self: randomLetters(12)}
}

// acquire returns when this process is the active one. A record that did not
// change for the whole lease, by our own clock, belongs to a dead process.
func (a *active) acquire(ctx context.Context) error {
	lease := a.b.pace.Active
	var seen Rev
	var since time.Time
	for ctx.Err() == nil {
		recs, err := a.b.store.Get(ctx, "active")
		if err != nil {
			a.b.log.Warn("standing by: the store does not answer", "err", err)
			a.b.clock.pause(ctx, lease/6)
			continue
		}
		var now activeRecord
		if recs[0].Rev != 0 {
			if err := decode(recs[0], &now); err != nil {
				return err
			}
		}
		if recs[0].Rev != seen || since.IsZero() {
			seen, since = recs[0].Rev, a.b.clock.Wall()
		}
		if !a.solo && now.Process != "" && a.b.clock.Wall().Sub(since) < lease {
			a.b.clock.pause(ctx, lease/6)
			continue
		}
		began := a.b.clock.Wall()
		rev, err := a.put(ctx, recs[0].Rev, a.self, true)
		switch {
		case errors.Is(err, ErrConflict):
			continue
		case err != nil:
			a.b.log.Warn("cannot become active", "err", err)
			a.b.clock.pause(ctx, lease/6)
			continue
		}
		a.remembered.forget() // another process may have been active meanwhile
		a.set(rev, began)
		return nil
	}
	return ctx.Err()
}

func (a *active) put(ctx context.Context, at Rev, process string, void bool) (Rev, error) {
	rec, err := encode(&activeRecord{Process: process})
	if err != nil {
		return 0, err
	}
	m := a.b.clock.Moment()
	return a.b.store.Commit(ctx, m, Batch{Put: []Record{rec.at(at)}, Void: void, Deadline: m.Wall.Add(a.b.pace.Active / 2)})
}

func (a *active) set(rev Rev, since time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rev, a.since = rev, since
}

// known notes that the record was ours, at rev, at an instant.
func (a *active) known(rev Rev, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rev = max(a.rev, rev)
	if at.After(a.since) {
		a.since = at
	}
}

// sure looks again whether we are active when that was last known long ago, as
// after the process was stopped: before anything that no commit guards.
func (a *active) sure(ctx context.Context) error {
	a.mu.Lock()
	since := a.since
	a.mu.Unlock()
	if a.solo || a.b.clock.Wall().Sub(since) < a.b.pace.Active/2 {
		return nil
	}
	return a.check(ctx)
}

func (a *active) held() Rev {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rev
}

// guard makes a batch hold only while we are active.
func (a *active) guard(b *Batch) error {
	if a.solo {
		return nil
	}
	rev := a.held()
	if rev == 0 {
		return ErrStandby
	}
	b.Check = append(b.Check, Record{Key: "active", Rev: rev})
	return nil
}

// check tells, after a conflict, whether we are still active.
func (a *active) check(ctx context.Context) error {
	if a.solo {
		return nil
	}
	began := a.b.clock.Wall()
	recs, err := a.b.store.Get(ctx, "active")
	if err != nil {
		return fmt.Errorf("looking who is active: %w", err)
	}
	var now activeRecord
	if recs[0].Rev != 0 {
		if err := decode(recs[0], &now); err != nil {
			return err
		}
	}
	if now.Process != a.self {
		a.set(0, time.Time{})
		return ErrStandby
	}
	a.known(recs[0].Rev, began)
	return nil
}

// keep renews the record until ctx is done, and fails when somebody else took over.
func (a *active) keep(ctx context.Context) error {
	if a.solo {
		return nil
	}
	for a.b.clock.pause(ctx, a.b.pace.Active/4) {
		began := a.b.clock.Wall()
		rev, err := a.put(ctx, a.held(), a.self, false)
		switch {
		case err == nil:
			a.known(rev, began)
		case errors.Is(err, ErrConflict):
			if err := a.check(ctx); errors.Is(err, ErrStandby) {
				return err
			}
		default:
			a.b.log.Warn("cannot renew being active", "err", err)
		}
	}
	return nil
}

// release gives the record back, so that another process need not wait.
func (a *active) release() {
	if a.held() == 0 {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if _, err := a.put(ctx, a.held(), "", false); err != nil {
		a.b.log.Warn("being active could not be given back", "err", err)
	}
	a.set(0, time.Time{})
}
