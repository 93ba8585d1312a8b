package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	ringAtOnce = 256  // alarms about different things are rung side by side
	ringBatch  = 1024 // so many are leased at once
)

// ringer is the alarm loop: it waits for the next due moment and rings what is
// due, none early.
type ringer struct {
	b    *Bot
	wake chan struct{}

	passing sync.Mutex // one pass at a time: the loop's, or that of a moved clock

	mu      sync.Mutex
	next    time.Time   // what the loop waits for; zero: whatever comes
	retries []time.Time // real times at which the leases of failed ones run out
}

func newRinger(b *Bot) *ringer { return &ringer{b: b, wake: make(chan struct{}, 1)} }

func (r *ringer) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// changed wakes the loop when an alarm was set for a moment before the one that
// it waits for, or while it looks what to wait for.
func (r *ringer) changed(alarms map[string]*Alarm) {
	r.mu.Lock()
	next := r.next
	r.mu.Unlock()
	for _, a := range alarms {
		if a != nil && (next.IsZero() || a.Due.Before(next)) {
			r.wakeUp()
			return
		}
	}
}

func (r *ringer) run(ctx context.Context) error {
	backoff := time.Duration(0)
	for ctx.Err() == nil {
		n, next, err := r.pass(ctx)
		switch {
		case errors.Is(err, ErrStandby):
			return err
		case err != nil && ctx.Err() == nil:
			backoff = min(5*time.Second, max(50*time.Millisecond, 2*backoff))
			r.b.log.Error("alarms cannot be read", "err", err)
			r.b.clock.pause(ctx, backoff)
			continue
		case n > 0:
			continue
		}
		backoff = 0
		r.b.clock.wait(ctx, r.waitFor(next), r.wake)
	}
	return nil
}

// waitFor settles what the loop waits for: the next alarm, or the end of a
// lease. A lease is one of ours that failed, or, on a shared store, perhaps one
// that another process took just before it found out that it is no longer active.
func (r *ringer) waitFor(next time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	retries := r.retries
	if !r.b.active.solo {
		retries = append(retries, r.b.clock.Wall().Add(r.b.pace.Lease))
	}
	for _, at := range retries {
		if at = at.Add(r.b.clock.Offset()); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	r.next = next
	return next
}

// again notes that an alarm failed and can be taken anew at the end of its lease.
func (r *ringer) again(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retries = append(r.retries, at)
}

// looks notes that the loop is looking: whatever is set from now on wakes it
// again, and leases that are over need no more waiting for.
func (r *ringer) looks(wall time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = time.Time{}
	r.retries = slices.DeleteFunc(r.retries, func(at time.Time) bool { return !wall.Before(at) })
}

// pass rings everything that is due now and tells how many that were, and when
// to look again.
func (r *ringer) pass(ctx context.Context) (n int, next time.Time, err error) {
	r.passing.Lock()
	defer r.passing.Unlock()
	if r.b.paused.Load() {
		return r.forget(ctx)
	}
	m := r.b.clock.Moment()
	r.looks(m.Wall)
	if err := r.b.active.sure(ctx); err != nil {
		return 0, time.Time{}, err
	}
	due, next, err := r.b.store.Due(ctx, m, r.b.pace.Lease, ringBatch)
	if err != nil {
		return 0, next, err
	}
	if len(due) == 0 {
		return 0, next, nil
	}
	// Alarms about the same thing ring one after the other, in their order;
	// about different things side by side.
	var order []string
	about := map[string][]Alarm{}
	for _, a := range due {
		if about[a.About()] == nil {
			order = append(order, a.About())
		}
		about[a.About()] = append(about[a.About()], a)
	}
	group, ringing := errgroup.WithContext(ctx)
	group.SetLimit(ringAtOnce)
	idle := &idleAlarms{r: r}
	for _, key := range order {
		group.Go(func() error {
			for _, a := range about[key] {
				if err := r.ring(ringing, a, idle); errors.Is(err, ErrStandby) {
					return err
				} else if err != nil {
					r.failed(ringing, a, err)
					return nil // those behind it wait for their lease too
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return len(due), next, err
	}
	return len(due), next, idle.finish(ctx)
}

// failed notes an alarm that did not ring. When all of it is being stopped,
// nothing has failed: whoever is active next rings it.
// forget goes on with forgetting people while a pause holds all alarms back: their
// right does not wait. The alarms that drive it find it done afterwards.
func (r *ringer) forget(ctx context.Context) (n int, next time.Time, err error) {
	m := r.b.clock.Moment()
	r.looks(m.Wall)
	due, next := r.b.erased.underWay(m.Now)
	for _, code := range due {
		a := Alarm{Key: eraseAlarm + "/" + code, Due: m.Now}
		if err := r.b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error { return r.b.eraseOn(ctx, tx, a) }}); err != nil {
			return 0, next, fmt.Errorf("forgetting somebody in a pause: %w", err)
		}
	}
	if more, later := r.b.erased.underWay(m.Now); len(due) > 0 && len(more) == 0 && later.IsZero() {
		r.b.scrub(ctx) // its alarm is held back too
	}
	return len(due), next, nil
}

func (r *ringer) failed(ctx context.Context, a Alarm, err error) {
	r.again(a.Until)
	if ctx.Err() != nil {
		return
	}
	r.b.Stats.Failures.Add(1)
	r.b.log.Error("alarm failed; it will ring again", "alarm", a.Key, "err", err)
}

// ring does what was promised, or what is to be done when it is too late for it.
// When that is nothing, and there is an idle, finishing it is left to that.
func (r *ringer) ring(ctx context.Context, a Alarm, idle *idleAlarms) error {
	name, _ := alarmKind(a.Key)
	kind, known := r.b.alarmKinds[name]
	do := kind.Ring
	if kind.Late > 0 && r.b.clock.Now().Sub(a.Due) > kind.Late {
		do = kind.Missed
		r.b.Stats.AlarmsMissed.Add(1)
		r.b.log.Warn("alarm came too late", "alarm", a.Key, "due", a.Due)
	}
	if !known {
		r.b.log.Error("nobody rings this alarm any more", "alarm", a.Key)
	}
	left := false
	err := r.b.do(ctx, decision{
		decide: func(ctx context.Context, tx *Tx) error {
			if do == nil {
				return nil
			}
			return do(ctx, tx, a)
		},
		// Set anew by its own handler, it has no lease any more. Set by somebody
		// else meanwhile, it conflicts.
		also: func(batch *Batch) { batch.Done = append(batch.Done, a) },
		idle: func(batch Batch) (taken bool) {
			left = idle != nil
			if left {
				idle.add(batch)
			}
			return left
		},
	})
	if errors.Is(err, ErrConflict) {
		// Moved or cancelled while it rang: it has a new time, or none.
		return r.giveBack(ctx, a)
	}
	if _, said := KindOf(err); said {
		return fmt.Errorf("a rule refused it: %w", err)
	}
	if err == nil && !left {
		r.b.Stats.AlarmsRung.Add(1)
	}
	return err
}

// idleAlarms are those of one pass for which there was nothing to do: what they
// are about is cancelled or over, as for most after a long outage. They are
// finished together, in one commit, which holds only while all that they read is
// as it was read.
type idleAlarms struct {
	r *ringer

	mu    sync.Mutex
	batch Batch
}

func (i *idleAlarms) add(b Batch) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.batch.Done = append(i.batch.Done, b.Done...)
	i.batch.Check = append(i.batch.Check, b.Check...)
}

// finish finishes them. Where something has changed meanwhile, each rings again
// and is finished by itself.
func (i *idleAlarms) finish(ctx context.Context) error {
	if len(i.batch.Done) == 0 {
		return nil
	}
	_, err := i.r.b.commit(ctx, i.r.b.clock.Moment(), i.batch)
	if errors.Is(err, ErrConflict) { // perhaps only because the record of who is active was renewed
		if err := i.r.b.active.check(ctx); err != nil {
			return err
		}
		_, err = i.r.b.commit(ctx, i.r.b.clock.Moment(), i.batch)
	}
	if err == nil {
		i.r.b.Stats.AlarmsRung.Add(int64(len(i.batch.Done)))
		return nil
	}
	for _, a := range i.batch.Done {
		again := err
		if errors.Is(err, ErrConflict) {
			again = i.r.ring(ctx, a, nil)
		}
		if errors.Is(again, ErrStandby) {
			return again
		} else if again != nil {
			i.r.failed(ctx, a, again)
		}
	}
	return nil
}

// giveBack ends the lease of an alarm that is not to be rung now, so that it is
// free at its new time.
func (r *ringer) giveBack(ctx context.Context, a Alarm) error {
	m := r.b.clock.Moment()
	a.Until = m.Wall.Add(-time.Second)
	_, err := r.b.commit(ctx, m, Batch{Hold: []Alarm{a}})
	if errors.Is(err, ErrConflict) {
		return r.b.active.check(ctx) // it was cancelled, or the lease is somebody else's
	}
	return err
}

// LateBecause says why an alarm rings late, for the note to organisers.
func (tx *Tx) LateBecause(a Alarm, clock func(time.Time) string) string {
	if resumed := tx.b.resumed.Load(); resumed > a.Due.UnixMicro() {
		return "I was paused until " + clock(time.UnixMicro(resumed))
	}
	if tx.b.started.After(a.Due) {
		return "I was off until " + clock(tx.b.started)
	}
	return "I was held up until " + clock(tx.Now())
}
