package bot

import (
	"context"
	"strings"
	"sync"
)

// poster makes declared posts stand: one worker for each room that has
// something to say, as long as it has.
type poster struct {
	b *Bot

	mu      sync.Mutex
	rooms   map[RoomID]*roomWorker
	follows map[string]map[RoomID]Rev // by log: the rooms that are told of it, and since which commit
	ctx     context.Context           // of the active run; nil before
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
	p.follows = map[string]map[RoomID]Rev{}
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
		t.born, t.Place = was.born, was.Place
		t.Forgets = t.Forgets || was.Forgets
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
		p.follows[c.Log] = map[RoomID]Rev{}
	}
	follows := p.follows[c.Log][c.Room]
	p.follows[c.Log][c.Room] = max(follows, rec.Rev)
	if follows != 0 && !c.Last {
		return
	}
	w := p.room(c.Room)
	w.logs[c.Log] = true
	p.start(w)
}

// unfollow takes the deletion of a carry in the commit rev. One that was declared
// anew after it stays, whichever of the two is heard of first.
func (p *poster) unfollow(key string, rev Rev) {
	rest, ok := strings.CutPrefix(key, "carry/")
	if !ok {
		return
	}
	room, log, _ := strings.Cut(rest, "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.follows[log][RoomID(room)] > rev {
		return
	}
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
