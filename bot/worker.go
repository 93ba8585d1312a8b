package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// roomWorker says what a room has to be told, in order.
type roomWorker struct {
	p    *poster
	b    *Bot
	room RoomID
	chat *connection
	rate *rate.Limiter
	wake chan struct{}

	// Guarded by the poster's lock.
	waiting map[Key]*todo
	logs    map[string]bool // logs that may have more for this room
	running bool

	// The worker's own.
	notBefore map[Key]time.Time // real time: back-off, grace, throttled edits
	tries     map[Key]int
	edited    map[Key]time.Time
	hold      time.Time // real time: the whole room waits
	carryFrom time.Time // real time: no carrying before, after a failure
	unsaved   outcome   // what the last send came to, stored with the next intent
}

// outcome is what the engine has to store about sends.
type outcome struct {
	put   []shown
	del   []string
	clear []*todo
}

func (o *outcome) empty() bool { return len(o.put) == 0 && len(o.del) == 0 && len(o.clear) == 0 }

// about tells whether it says something of a notice.
func (o *outcome) about(room RoomID, key Key) bool {
	return slices.ContainsFunc(o.put, func(s shown) bool { return s.Name == key }) || slices.Contains(o.del, shownKey(room, key))
}

func newRoomWorker(p *poster, id RoomID) *roomWorker {
	w := &roomWorker{p: p, b: p.b, room: id, wake: make(chan struct{}, 1), waiting: map[Key]*todo{}, logs: map[string]bool{},
		notBefore: map[Key]time.Time{}, tries: map[Key]int{}, edited: map[Key]time.Time{}, rate: rate.NewLimiter(rate.Inf, 1)}
	if w.chat = p.b.chat(id.Platform()); w.chat != nil {
		w.rate = limiter(w.chat.limits.RoomEvery, w.chat.limits.RoomBurst)
	}
	return w
}

func limiter(every time.Duration, burst int) *rate.Limiter {
	if every <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Every(every), max(1, burst))
}

// work goes on until the room has nothing left to do.
func (w *roomWorker) work(ctx context.Context) error {
	for {
		err := w.turn(ctx)
		switch {
		case ctx.Err() != nil:
			w.p.setBusy(-1)
			return nil
		case errors.Is(err, ErrStandby):
			w.p.setBusy(-1)
			return err
		case errors.Is(err, errIdle):
			if w.rest() {
				return nil
			}
		case err != nil:
			w.b.log.Error("posting failed; trying again", "room", w.room, "err", err)
			w.sleep(ctx, time.Second)
		}
	}
}

var errIdle = errors.New("nothing to do")

// rest ends the work, unless something came in meanwhile. The worker itself
// stays, since it knows how much of the room's rate is used up.
func (w *roomWorker) rest() bool {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	select {
	case <-w.wake:
		return false
	default:
	}
	now := w.b.clock.Wall()
	maps.DeleteFunc(w.edited, func(_ Key, at time.Time) bool { return now.Sub(at) > w.editEvery() })
	w.running = false
	w.p.busy--
	if w.p.busy == 0 {
		w.p.calm.Broadcast()
	}
	return true
}

// editEvery is how often the same post is edited at most.
func (w *roomWorker) editEvery() time.Duration {
	if w.chat == nil {
		return w.b.pace.EditEvery
	}
	return max(w.b.pace.EditEvery, w.chat.limits.EditEvery)
}

// turn does the next thing.
func (w *roomWorker) turn(ctx context.Context) error {
	now := w.b.clock.Wall()
	if w.chat == nil { // a platform that is not configured any more
		w.b.log.Warn("posts wait for a platform that is not connected", "room", w.room)
		return errIdle
	}
	if now.Before(w.hold) {
		return w.await(ctx, w.hold)
	}
	paused := w.b.paused.Load()
	t, next := w.pick(now, paused)
	if t != nil {
		return w.step(ctx, t, paused)
	}
	if paused {
		return w.await(ctx, next)
	}
	if w.hasLog() {
		ready := now.Add(w.rateWait())
		if w.carryFrom.After(ready) {
			ready = w.carryFrom
		}
		if !ready.After(now) {
			return w.carryOn(ctx, w.takeLog())
		}
		if next.IsZero() || ready.Before(next) {
			next = ready
		}
	}
	if !w.unsaved.empty() {
		return w.save(ctx, Batch{})
	}
	if next.IsZero() {
		return errIdle
	}
	return w.await(ctx, next)
}

// await stores what is known, then waits until at (zero: until woken).
func (w *roomWorker) await(ctx context.Context, at time.Time) error {
	if !w.unsaved.empty() {
		return w.save(ctx, Batch{})
	}
	if at.IsZero() {
		w.sleep(ctx, time.Hour)
	} else {
		w.sleep(ctx, at.Sub(w.b.clock.Wall()))
	}
	return nil
}

func (w *roomWorker) sleep(ctx context.Context, d time.Duration) {
	w.p.setBusy(-1)
	defer w.p.setBusy(1)
	ctx, stop := context.WithTimeout(ctx, max(d, time.Millisecond))
	defer stop()
	select {
	case <-w.wake:
	case <-ctx.Done():
	}
}

// pick chooses what to do next: First ones first, then in the order in which
// they were declared. It tells when to look again when all have to wait.
// A pause lets through only what leaves somebody out who is forgotten.
func (w *roomWorker) pick(now time.Time, paused bool) (best *todo, next time.Time) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	var behind *todo
	for key, t := range w.waiting {
		if t.stopped || paused && !t.Forgets {
			continue
		}
		at := w.notBefore[key]
		if t.doubted.After(at) {
			at = t.doubted
		}
		if now.Before(at) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		if top := w.waiting[t.Under]; t.Under != "" && top != nil && top != t && !top.stopped && !paused {
			if behind == nil || before(t, behind) {
				behind = t
			}
			continue // after the one that it stands under
		}
		if best == nil || before(t, best) {
			best = t
		}
	}
	if best == nil && next.IsZero() {
		best = behind // each stands under another: a feature's mistake, but nothing is lost by it
	}
	return best, next
}

// before is the order of a room: First ones, then as they were declared.
func before(a, b *todo) bool {
	if a.First != b.First {
		return a.First
	}
	if a.born != b.born {
		return a.born < b.born
	}
	if a.Place != b.Place {
		return a.Place < b.Place
	}
	return a.Notice.Key < b.Notice.Key
}

func (w *roomWorker) hasLog() bool {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	return len(w.logs) > 0
}

// takeLog takes one log off the list of those that may have more; what is
// appended from now on puts it there again.
func (w *roomWorker) takeLog() string {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	for log := range w.logs {
		delete(w.logs, log)
		return log
	}
	return ""
}

// rateWait tells how long the room's and the platform's rates ask to wait
// before the next call, without using anything up.
func (w *roomWorker) rateWait() time.Duration {
	wait, giveBack := w.reserve()
	giveBack()
	return wait
}

// takeRate uses up one call of both rates, or tells how long to wait and uses nothing.
func (w *roomWorker) takeRate() time.Duration {
	wait, giveBack := w.reserve()
	if wait > 0 {
		giveBack()
	}
	return wait
}

// reserve takes one call of both rates, and tells how long it would have to
// wait. One moment is used for all of it: a limiter gives nothing back for a
// reservation whose moment has passed, even by a nanosecond.
func (w *roomWorker) reserve() (wait time.Duration, giveBack func()) {
	now := w.b.clock.Wall()
	room, platform := w.rate.ReserveN(now, 1), w.chat.rate.ReserveN(now, 1)
	return max(room.DelayFrom(now), platform.DelayFrom(now)), func() {
		room.CancelAt(now)
		platform.CancelAt(now)
	}
}

// later puts a notice off with growing distances.
func (w *roomWorker) later(key Key, atLeast time.Duration) {
	w.tries[key]++
	d := min(30*time.Second, 100*time.Millisecond<<min(w.tries[key], 9))
	w.notBefore[key] = w.b.clock.Wall().Add(max(d, atLeast))
}

// done forgets a notice that stands, unless it was declared anew meanwhile.
func (w *roomWorker) done(t *todo) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	key := t.Notice.Key
	if now := w.waiting[key]; now != nil && now.rev == t.rev {
		delete(w.waiting, key)
	}
	delete(w.notBefore, key)
	delete(w.tries, key)
	w.unsaved.clear = append(w.unsaved.clear, t)
}

// save commits what is known about sends, with b.
func (w *roomWorker) save(ctx context.Context, b Batch) error {
	for i := range w.unsaved.put {
		rec, err := encode(&w.unsaved.put[i])
		if err != nil {
			return err
		}
		b.Put = append(b.Put, rec.at(Any))
	}
	for _, key := range w.unsaved.del {
		b.Delete = append(b.Delete, Record{Key: key, Rev: Any})
	}
	for _, t := range w.unsaved.clear {
		b.Clear = append(b.Clear, Record{Key: t.Key(), Rev: t.rev})
	}
	for {
		_, err := w.b.commit(ctx, w.b.clock.Moment(), b)
		if errors.Is(err, ErrConflict) { // only the guard can conflict
			if err := w.b.active.check(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("storing what was posted: %w", err)
		}
		w.unsaved = outcome{}
		return nil
	}
}
