package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	ringAtOnce = 64   // alarms about different things are rung side by side
	ringBatch  = 1024 // so many are leased at once
)

// ringer is the alarm loop: it waits for the next due moment and rings what is
// due, none early.
type ringer struct {
	b    *Bot
	wake chan struct{}

	passing sync.Mutex // one pass at a time: the loop's, or that of a moved clock

	mu    sync.Mutex
	next  time.Time // what the loop waits for; zero: nothing
	retry time.Time // real time at which the lease of a failed one runs out
}

func newRinger(b *Bot) *ringer { return &ringer{b: b, wake: make(chan struct{}, 1)} }

func (r *ringer) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// changed wakes the loop when an alarm was set for a moment before the one that
// it waits for.
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
		r.b.clock.wait(ctx, next, r.wake)
	}
	return nil
}

// pass rings everything that is due now and tells how many that were, and when
// to look again.
func (r *ringer) pass(ctx context.Context) (n int, next time.Time, err error) {
	r.passing.Lock()
	defer r.passing.Unlock()
	if r.b.paused.Load() {
		r.waitsFor(time.Time{})
		return 0, time.Time{}, nil
	}
	m := r.b.clock.Moment()
	r.waitsFor(m.Now) // what is set for earlier than the answer wakes the loop again
	due, next, err := r.b.store.Due(ctx, m, r.b.pace.Lease, ringBatch)
	if err != nil {
		return 0, next, err
	}
	if len(due) == 0 {
		return 0, r.waitsFor(next), nil
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
	for _, key := range order {
		group.Go(func() error {
			for _, a := range about[key] {
				if err := r.ring(ringing, a); errors.Is(err, ErrStandby) {
					return err
				} else if err != nil {
					r.b.Stats.Failures.Add(1)
					r.b.log.Error("alarm failed; it will ring again", "alarm", a.Key, "err", err)
					r.again(a.Until)
					return nil // those behind it wait for their lease too
				}
			}
			return nil
		})
	}
	return len(due), next, group.Wait()
}

// waitsFor sets what the loop waits for: next, or the end of a failed one's lease.
func (r *ringer) waitsFor(next time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.retry.IsZero() {
		retry := r.retry.Add(r.b.clock.Offset())
		if next.IsZero() || retry.Before(next) {
			next = retry
		}
		if !r.b.clock.Wall().Before(r.retry) {
			r.retry = time.Time{}
		}
	}
	r.next = next
	return next
}

func (r *ringer) again(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.retry.IsZero() || at.Before(r.retry) {
		r.retry = at
	}
}

// ring does what was promised, or what is to be done when it is too late for it.
func (r *ringer) ring(ctx context.Context, a Alarm) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
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
	var set bool
	err = r.b.do(ctx, decision{
		decide: func(ctx context.Context, tx *Tx) error {
			if do != nil {
				if err := do(ctx, tx, a); err != nil {
					return err
				}
			}
			again, touched := tx.alarms[a.Key]
			if set = again != nil; touched && !set {
				delete(tx.alarms, a.Key) // Done removes it already
			}
			return nil
		},
		also: func(batch *Batch) {
			if set { // set again by its own handler: give the lease back instead
				batch.Hold = append(batch.Hold, Alarm{Key: a.Key, Lease: a.Lease, Until: time.Unix(1, 0)})
				return
			}
			batch.Done = append(batch.Done, a)
		},
	})
	if errors.Is(err, ErrConflict) {
		// Moved or cancelled while it rang: it has a new time, or none.
		return nil
	}
	if _, said := KindOf(err); said {
		return fmt.Errorf("a rule refused it: %w", err)
	}
	if err == nil {
		r.b.Stats.AlarmsRung.Add(1)
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
