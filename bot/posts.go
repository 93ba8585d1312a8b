package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// poster makes declared posts stand: one worker for each room that has
// something to say, as long as it has.
type poster struct {
	b *Bot

	mu      sync.Mutex
	rooms   map[RoomID]*roomWorker
	follows map[string]map[RoomID]bool // by log: the rooms that are told of it
	ctx     context.Context            // of the active run; nil before
	workers sync.WaitGroup
	failed  chan error // ErrStandby from a worker
	busy    int        // workers that are doing something rather than waiting
	calm    *sync.Cond
}

func newPoster(b *Bot) *poster {
	p := &poster{b: b}
	p.calm = sync.NewCond(&p.mu)
	p.reset()
	return p
}

func (p *poster) reset() {
	p.rooms = map[RoomID]*roomWorker{}
	p.follows = map[string]map[RoomID]bool{}
	p.failed = make(chan error, 1)
	p.ctx = nil
}

// load reads what an earlier run left to do.
func (p *poster) load(ctx context.Context) error {
	p.mu.Lock()
	p.reset()
	p.mu.Unlock()
	for index, take := range map[string]func(Record){"todo": p.wanted, "carry": p.follow} {
		after := ""
		for {
			page, err := p.b.store.List(ctx, index, after, 1000)
			if err != nil {
				return err
			}
			for _, rec := range page {
				take(rec)
			}
			if len(page) < 1000 {
				break
			}
			after = page[len(page)-1].Key
		}
	}
	return nil
}

// run lets the workers work until ctx is done.
func (p *poster) run(ctx context.Context) error {
	p.mu.Lock()
	p.ctx = ctx
	for _, w := range p.rooms {
		p.start(w)
	}
	p.mu.Unlock()
	defer p.workers.Wait()
	select {
	case <-ctx.Done():
		return nil
	case err := <-p.failed:
		return err
	}
}

// wanted takes a todo that was committed.
func (p *poster) wanted(rec Record) {
	t := &todo{rev: rec.Rev, born: rec.Born}
	if err := decode(rec, t); err != nil {
		p.b.log.Error("a notice cannot be read", "err", err)
		return
	}
	if t.born == 0 {
		t.born = t.rev
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.room(t.Notice.Room)
	key := t.Notice.Key
	if was := w.waiting[key]; was != nil {
		if was.rev >= t.rev {
			return
		}
		t.born = was.born
	}
	w.waiting[key] = t
	p.start(w)
}

// follow takes a carry that was committed: the room is told of the log from now on.
func (p *poster) follow(rec Record) {
	var c carry
	if err := decode(rec, &c); err != nil {
		p.b.log.Error("a carry cannot be read", "err", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follows[c.Log] == nil {
		p.follows[c.Log] = map[RoomID]bool{}
	}
	if p.follows[c.Log][c.Room] {
		return
	}
	p.follows[c.Log][c.Room] = true
	w := p.room(c.Room)
	w.logs[c.Log] = true
	p.start(w)
}

func (p *poster) unfollow(key string) {
	rest, ok := strings.CutPrefix(key, "carry/")
	if !ok {
		return
	}
	room, log, _ := strings.Cut(rest, "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.follows[log], RoomID(room))
	if len(p.follows[log]) == 0 {
		delete(p.follows, log)
	}
}

// grew tells the rooms that follow a log that it has more.
func (p *poster) grew(log string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for room := range p.follows[log] {
		w := p.room(room)
		w.logs[log] = true
		p.start(w)
	}
}

func (p *poster) wakeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.rooms {
		p.start(w)
	}
}

// room finds the worker of a room, or makes one. The caller holds the lock.
func (p *poster) room(id RoomID) *roomWorker {
	w := p.rooms[id]
	if w == nil {
		w = newRoomWorker(p, id)
		p.rooms[id] = w
	}
	return w
}

// start makes a worker look. The caller holds the lock.
func (p *poster) start(w *roomWorker) {
	if p.ctx == nil || p.ctx.Err() != nil {
		return
	}
	if w.running {
		select {
		case w.wake <- struct{}{}:
		default:
		}
		return
	}
	w.running = true
	p.busy++
	p.workers.Add(1)
	go func() {
		defer p.workers.Done()
		if err := w.work(p.ctx); err != nil && p.ctx.Err() == nil {
			select {
			case p.failed <- err:
			default:
			}
		}
	}()
}

func (p *poster) setBusy(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy += n
	if p.busy == 0 {
		p.calm.Broadcast()
	}
}

// settle waits until every worker is waiting or has nothing to do.
func (p *poster) settle(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calm.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy > 0 && ctx.Err() == nil {
		p.calm.Wait()
	}
}

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
	notBefore map[Key]time.Time // real time: back-off, throttled edits, doubts
	tries     map[Key]int
	edited    map[Key]time.Time
	hold      time.Time // real time: the whole room waits
	unsaved   outcome   // what the last send came to, stored with the next intent
}

// outcome is what the engine has to store about sends.
type outcome struct {
	put   []shown
	del   []string
	clear []*todo
}

func (o *outcome) empty() bool { return len(o.put) == 0 && len(o.del) == 0 && len(o.clear) == 0 }

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

// rest ends the worker, unless something came in meanwhile.
func (w *roomWorker) rest() bool {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if len(w.waiting) > 0 || len(w.logs) > 0 {
		if w.chat != nil {
			return false
		}
	}
	w.running = false
	if len(w.waiting) == 0 && len(w.logs) == 0 {
		delete(w.p.rooms, w.room)
	}
	w.p.busy--
	if w.p.busy == 0 {
		w.p.calm.Broadcast()
	}
	return true
}

// turn does the next thing.
func (w *roomWorker) turn(ctx context.Context) error {
	now := w.b.clock.Wall()
	if w.chat == nil { // a platform that is not configured any more
		w.b.log.Warn("posts wait for a platform that is not connected", "room", w.room)
		return errIdle
	}
	if w.b.paused.Load() {
		return w.await(ctx, time.Time{})
	}
	if now.Before(w.hold) {
		return w.await(ctx, w.hold)
	}
	t, next := w.pick(now)
	if t != nil {
		return w.step(ctx, t)
	}
	if w.hasLog() {
		if wait := w.rateWait(); wait > 0 {
			return w.await(ctx, now.Add(wait))
		}
		return w.carryOn(ctx, w.takeLog())
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
func (w *roomWorker) pick(now time.Time) (best *todo, next time.Time) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	for key, t := range w.waiting {
		if at := w.notBefore[key]; now.Before(at) {
			if next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		}
		if t.Under != "" && w.waiting[t.Under] != nil && w.waiting[t.Under] != t {
			continue // after the one that it stands under
		}
		if best == nil || t.First && !best.First || t.First == best.First && before(t, best) {
			best = t
		}
	}
	return best, next
}

func before(a, b *todo) bool {
	if a.born != b.born {
		return a.born < b.born
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
	var wait time.Duration
	for _, l := range [...]*rate.Limiter{w.rate, w.chat.rate} {
		r := l.Reserve()
		wait = max(wait, r.Delay())
		r.Cancel()
	}
	return wait
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
