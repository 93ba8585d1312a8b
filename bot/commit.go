package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"
)

// conflictTries is how often a handler is run again. From the second time on it
// queues up with others that touch the same keys, so more than a few mean that
// something outside this process keeps changing what it reads.
const conflictTries = 12

// decision is one handler's run, from reading to the commit.
type decision struct {
	who      UserID
	seen     []string
	deadline time.Time                // real time; zero: none
	also     func(*Batch)             // added to the batch by the core
	idle     func(Batch) (taken bool) // offered the batch when nothing was decided; nil: nobody takes it
	decide   func(context.Context, *Tx) error
}

// do runs a decision until its commit holds. A decision that says nothing
// commits nothing. Errors of the commit itself are wrapped in a commitError.
func (b *Bot) do(ctx context.Context, d decision) error {
	var again []string // keys to queue for
	for try := 0; ; try++ {
		tx := b.newTx(d.who)
		if len(again) > 0 {
			if err := b.locks.lock(ctx, again); err != nil {
				return fmt.Errorf("waiting for others: %w", err)
			}
			tx.locked = again
		}
		err := b.tryOnce(ctx, d, tx)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		b.Stats.Conflicts.Add(1)
		b.active.remembered.forget(slices.Collect(maps.Keys(tx.read))...)
		if err := b.active.check(ctx); err != nil {
			return err
		}
		if try == conflictTries {
			return fmt.Errorf("after %d tries: %w", try, err)
		}
		again = tx.contested()
	}
}

func (b *Bot) tryOnce(ctx context.Context, d decision, tx *Tx) error {
	defer func() { b.locks.unlock(tx.locked) }()
	if err := contain(func() error { return d.decide(ctx, tx) }); err != nil {
		return err
	}
	if tx.empty() && d.also == nil {
		return nil
	}
	batch := tx.batch()
	batch.Seen, batch.Deadline = d.seen, d.deadline
	if d.also != nil {
		d.also(&batch)
	}
	if tx.empty() && d.idle != nil && d.idle(batch) {
		return nil
	}
	rev, err := b.commit(ctx, tx.moment, batch)
	if err != nil {
		return err
	}
	b.committed(tx, rev)
	return nil
}

// contain makes an error of a handler's panic: a mistake in one feature stops
// nothing else.
func contain(handler func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handler()
}

// commit is the one way into the store: it holds only while this process is the
// active one.
func (b *Bot) commit(ctx context.Context, m Moment, batch Batch) (Rev, error) {
	if err := b.active.guard(&batch); err != nil {
		return 0, err
	}
	rev, err := b.store.Commit(ctx, m, batch)
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrSeen) {
		b.active.remembered.forget() // it may have been stored all the same
		return 0, &commitError{err}
	}
	if err == nil {
		b.Stats.Commits.Add(1)
	}
	return rev, err
}

// commitError tells a failure of the commit from one of the reading before it:
// only after the former can it be unknown whether something was stored.
type commitError struct{ err error }

func (e *commitError) Error() string { return "committing: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// committed tells the engine's parts what has changed.
func (b *Bot) committed(tx *Tx, rev Rev) {
	b.active.remembered.wrote(tx)
	for _, key := range tx.order {
		rec := *tx.puts[key]
		rec.Rev = rev
		switch rec.Kind {
		case "todo":
			b.posts.wanted(rec)
		case "carry":
			b.posts.follow(rec)
		case "community":
			b.settingsChanged(rec)
		case "erased":
			b.erasedChanged(rec)
		}
	}
	for key := range tx.deletes {
		b.posts.unfollow(key, rev)
	}
	for _, e := range tx.entries {
		b.posts.grew(e.Log)
	}
	if len(tx.alarms) > 0 {
		b.alarms.changed(tx.alarms)
	}
}

func (b *Bot) settingsChanged(rec Record) {
	var c Community
	if err := decode(rec, &c); err != nil {
		b.log.Error("settings cannot be read", "err", err)
		return
	}
	if was := b.paused.Swap(c.Paused()); was && !c.Paused() {
		b.resumed.Store(b.clock.Now().UnixMicro())
		b.alarms.wakeUp()
		b.posts.wakeAll()
	}
}
