package slack

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"datahour/bot"
)

const (
	roomBuffer = 512 // deeds in one room that wait to be stored; more are left unacknowledged, and caught up
	atOnce     = 64  // commands and presses answered side by side
	retryAfter = 100 * time.Millisecond
	maxRetry   = 5 * time.Second
)

// session is one Run: the core's side of it, and the deeds under way. Socket and
// HTTP both hand in through it.
type session struct {
	ctx     context.Context
	c       *Chat
	receive bot.Receive
	gap     func(bot.RoomID)
	work    sync.WaitGroup
	slots   chan struct{}

	mu       sync.Mutex
	rooms    map[bot.RoomID]*room
	caughtUp chan struct{} // closed when the last gap that was reported is heard
	closed   bool
}

// room is what waits in one room.
type room struct {
	queue chan job
	lost  atomic.Bool // something did not fit any more, and is to be caught up
}

// job is a deed that waits its turn in its room.
type job struct {
	in    bot.Inbound
	after chan struct{} // what was missed before it is heard first
	tries int           // 0: until it is stored
	done  func(error)
}

var (
	errPanicked = errors.New("handling it panicked")
	errFull     = errors.New("too much waits to be stored")
	errClosed   = errors.New("not running any more")
)

func newSession(ctx context.Context, c *Chat, r bot.Receive, gap func(bot.RoomID)) *session {
	none := make(chan struct{})
	close(none)
	return &session{ctx: ctx, c: c, receive: r, gap: gap, rooms: map[bot.RoomID]*room{}, slots: make(chan struct{}, atOnce), caughtUp: none}
}

// end lets nothing more begin, and waits for what has begun. Its context is done by then.
func (s *session) end() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.work.Wait()
}

// goes starts work that Run waits for, unless it is over.
func (s *session) goes(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}

// missed reports that something may have been missed. What people say next waits
// until that is heard; commands do not.
func (s *session) missed() {
	s.mu.Lock()
	before, now := s.caughtUp, make(chan struct{})
	s.caughtUp = now
	s.mu.Unlock()
	s.goes(func() {
		defer close(now)
		select {
		case <-before:
		case <-s.ctx.Done():
			return
		}
		s.catchUp("")
	})
}

// back reports that the bot is in a room again, where it heard nothing meanwhile.
func (s *session) back(room bot.RoomID) {
	s.goes(func() { s.catchUp(room) })
}

func (s *session) catchUp(room bot.RoomID) {
	defer s.c.contain("catching up", nil)
	s.gap(room)
}

// take puts a deed in its room's queue. done is told what became of it.
func (s *session) take(in bot.Inbound, tries int, done func(error)) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		done(errClosed)
		return
	}
	at := s.rooms[in.Room]
	if at == nil {
		at = &room{queue: make(chan job, roomBuffer)}
		s.rooms[in.Room] = at
		s.work.Go(func() { s.serve(in.Room, at) })
	}
	full := false
	select {
	case at.queue <- job{in: in, after: s.caughtUp, tries: tries, done: done}:
	default:
		full = true
		at.lost.Store(true)
	}
	s.mu.Unlock()
	if full {
		done(errFull)
	}
}

func (s *session) serve(id bot.RoomID, at *room) {
	for {
		select {
		case j := <-at.queue:
			select {
			case <-j.after:
				j.done(s.store(j))
			case <-s.ctx.Done():
				j.done(errClosed)
				return
			}
			if len(at.queue) == 0 && at.lost.CompareAndSwap(true, false) {
				s.catchUp(id)
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// store hands a deed in until it is stored, or as often as the job allows.
func (s *session) store(j job) error {
	if s.c.handled.has(j.in.ID) || s.c.outdated(j.in) {
		return nil
	}
	j.in.People = s.c.profiles(s.ctx, j.in)
	for wait, try := retryAfter, 1; ; wait, try = min(maxRetry, 2*wait), try+1 {
		reply, err := s.hand(j.in)
		if err == nil {
			s.c.handled.add(j.in.ID)
			s.c.remember(j.in)
			s.c.answerMessage(s.ctx, j.in, reply)
			return nil
		}
		if try == j.tries || errors.Is(err, errPanicked) || s.ctx.Err() != nil {
			return err
		}
		s.c.log.Warn("not stored; trying again", "kind", j.in.Kind, "err", err)
		select {
		case <-time.After(wait):
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// hand gives one deed to the core. A panic there ends nothing but this deed.
func (s *session) hand(in bot.Inbound) (reply bot.Reply, err error) {
	defer s.c.contain("handling "+string(in.Kind), &err)
	return s.receive(s.ctx, in)
}

// contain, deferred, keeps a panic from ending the process. What it carried is
// not logged, since it may hold what a person wrote.
func (c *Chat) contain(doing string, err *error) {
	if p := recover(); p != nil {
		c.log.Error("panic", "doing", doing, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		if err != nil {
			*err = errPanicked
		}
	}
}

// recent remembers the last so many names.
type recent struct {
	mu    sync.Mutex
	names map[string]bool
	order []string
}

const recentKept = 8192

func (r *recent) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names[name]
}

func (r *recent) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names = map[string]bool{}
	}
	if r.names[name] {
		return
	}
	r.names[name] = true
	r.order = append(r.order, name)
	if len(r.order) > recentKept {
		delete(r.names, r.order[0])
		r.order = r.order[1:]
	}
}
