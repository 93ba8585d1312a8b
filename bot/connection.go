package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// connection is a Chat with its powers found once, its rate, and how it is doing.
type connection struct {
	Chat
	editor    Editor
	deleter   Deleter
	finder    Finder
	whisperer Whisperer
	directory Directory
	historian Historian
	registrar Registrar
	clocked   Clocked
	limits    Limits
	rate      *rate.Limiter

	mu      sync.Mutex
	state   string
	since   time.Time
	refused map[RoomID]string // rooms that would not take a post, and why
	behind  map[RoomID]int    // rooms where what was missed is not heard yet: gaps since
	hearing sync.WaitGroup    // those that catch up there
}

func newConnection(c Chat) *connection {
	l := &connection{Chat: c, state: "not connected yet", refused: map[RoomID]string{}, behind: map[RoomID]int{}}
	l.editor, _ = c.(Editor)
	l.deleter, _ = c.(Deleter)
	l.finder, _ = c.(Finder)
	l.whisperer, _ = c.(Whisperer)
	l.directory, _ = c.(Directory)
	l.historian, _ = c.(Historian)
	l.registrar, _ = c.(Registrar)
	l.clocked, _ = c.(Clocked)
	if x, ok := c.(Limiter); ok {
		l.limits = x.Limits()
	}
	l.rate = limiter(l.limits.PlatformEvery, l.limits.PlatformBurst)
	return l
}

func (b *Bot) chat(platform string) *connection {
	for _, l := range b.chats {
		if l.Platform() == platform {
			return l
		}
	}
	return nil
}

func (l *connection) edit(ctx context.Context, room RoomID, id MessageID, key Key, mark string, p Post) error {
	if l.editor == nil {
		return &SendError{Outcome: Refused, Err: errors.New("this platform cannot edit posts")}
	}
	return l.editor.Edit(ctx, room, id, key, mark, p)
}

// delete removes a post; that it is gone already is as good.
func (l *connection) delete(ctx context.Context, room RoomID, id MessageID) error {
	if l.deleter == nil {
		return &SendError{Outcome: Refused, Err: errors.New("this platform cannot delete posts")}
	}
	err := l.deleter.Delete(ctx, room, id)
	var send *SendError
	if errors.As(err, &send) && send.Outcome == Gone {
		return nil
	}
	return err
}

func (l *connection) failed(room RoomID, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refused) < 100 {
		l.refused[room] = err.Error()
	}
}

func (l *connection) is(state string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state, l.since = state, at
}

// Connection tells how a platform is doing, for status and readiness.
type Connection struct {
	Platform string
	State    string    // "connected", or why not
	Since    time.Time // of the state
	Refused  map[RoomID]string
}

// Connections tells how each platform is doing.
func (b *Bot) Connections() []Connection {
	var out []Connection
	for _, l := range b.chats {
		l.mu.Lock()
		c := Connection{Platform: l.Platform(), State: l.state, Since: l.since, Refused: map[RoomID]string{}}
		for k, v := range l.refused {
			c.Refused[k] = v
		}
		l.mu.Unlock()
		out = append(out, c)
	}
	return out
}

// Connections tells how each platform is doing.
func (tx *Tx) Connections() []Connection { return tx.b.Connections() }

// attend keeps one platform connected. One that fails never stops the others.
func (b *Bot) attend(ctx context.Context, l *connection) error {
	if l.clocked != nil {
		l.clocked.MoveClockBy(b.MoveClock)
	}
	defer l.hearing.Wait()
	l.mu.Lock()
	clear(l.behind) // of an earlier run, which may have ended in the middle
	l.mu.Unlock()
	for wait := time.Duration(0); ctx.Err() == nil; {
		if !b.clock.pause(ctx, wait) {
			return nil
		}
		began := b.clock.Wall()
		if err := b.introduce(ctx, l); err == nil {
			l.is("connected", b.clock.Now())
			err = l.Run(ctx, b.Receive, func(room RoomID) { b.catchUp(ctx, l, room) })
			if ctx.Err() != nil {
				return nil
			}
			l.is(fmt.Sprintf("disconnected: %v", err), b.clock.Now())
			b.log.Error("platform disconnected; trying again", "platform", l.Platform(), "err", err)
		} else if ctx.Err() == nil {
			l.is(fmt.Sprintf("not reachable: %v", err), b.clock.Now())
			b.log.Warn("platform not reachable; trying again", "platform", l.Platform(), "err", err)
		}
		wait = min(time.Minute, max(200*time.Millisecond, 2*wait))
		if b.clock.Wall().Sub(began) > time.Minute {
			wait = 200 * time.Millisecond
		}
	}
	return nil
}

// introduce makes the platform know the commands and the bot know its rooms and people.
func (b *Bot) introduce(ctx context.Context, l *connection) error {
	if l.registrar != nil {
		if err := l.registrar.Register(ctx, b.table.Rows()); err != nil {
			return fmt.Errorf("registering commands: %w", err)
		}
	}
	if l.clocked != nil {
		if err := l.clocked.ShowClock(ctx, b.clock.Now()); err != nil {
			return fmt.Errorf("showing the clock: %w", err)
		}
	}
	if l.directory == nil {
		return nil
	}
	rooms, err := l.directory.Rooms(ctx)
	if err != nil {
		return fmt.Errorf("listing rooms: %w", err)
	}
	people, err := l.directory.People(ctx)
	if err != nil {
		return fmt.Errorf("listing people: %w", err)
	}
	return b.do(ctx, decision{decide: func(ctx context.Context, tx *Tx) error {
		for _, info := range rooms {
			var room Room
			if there, err := tx.Get(ctx, roomKey(info.Room), &room); err != nil {
				return err
			} else if there && room.Name == info.Name && room.Private == info.Private {
				continue
			}
			room.Room, room.Name, room.Private = info.Room, info.Name, info.Private
			tx.Put(&room)
		}
		return tx.meet(ctx, people)
	}})
}

// heard is the time of the last thing heard in a room, where catching up begins.
type heard struct {
	Room RoomID    `json:"room"`
	At   time.Time `json:"at"`
}

func (h *heard) Key() string         { return "heard/" + string(h.Room) }
func (h *heard) Kind() (string, int) { return "heard", 1 }
func (h *heard) Index() []string     { return nil }

// listening is a room in which features listen, and since when.
type listening struct {
	Room  RoomID    `json:"room"`
	Since time.Time `json:"since"`
}

func (l *listening) Key() string         { return "listening/" + string(l.Room) }
func (l *listening) Kind() (string, int) { return "listening", 1 }
func (l *listening) Index() []string     { return []string{"listening", "listening:" + l.Room.Platform()} }

// Listen says that what is said in room from now on matters, so that the core
// catches up there after an interruption. Messages are handed to listeners in
// any case.
func (tx *Tx) Listen(room RoomID) { tx.Put(&listening{Room: room, Since: tx.Now()}) }

// StopListening says that it does not matter any more.
func (tx *Tx) StopListening(room RoomID) { tx.Delete("listening/" + string(room)) }

// catchUpMargin is how far before the last thing heard catching up begins:
// events are not quite in order, and hearing twice is harmless.
const catchUpMargin = 2 * time.Minute

// catchUp hears what was said in a room, or in all of a platform's, while
// nobody was listening. It tries at once, so that what is said next comes after
// it, and goes on trying beside what is said next.
func (b *Bot) catchUp(ctx context.Context, l *connection, room RoomID) {
	if l.historian == nil {
		return
	}
	rooms, err := Find[listening](ctx, b.View(), "listening:"+l.Platform())
	if ctx.Err() != nil {
		return // whoever is active next catches up
	}
	if err != nil {
		b.log.Error("cannot catch up", "platform", l.Platform(), "err", err)
		l.hearing.Go(func() {
			if b.clock.pause(ctx, time.Second) {
				b.catchUp(ctx, l, room)
			}
		})
		return
	}
	for _, at := range rooms {
		if room != "" && at.Room != room || !l.fallBehind(at.Room) {
			continue
		}
		if b.catchUpIn(ctx, l, at) {
			continue
		}
		l.hearing.Go(func() {
			for wait := time.Second; b.clock.pause(ctx, wait) && !b.catchUpIn(ctx, l, at); {
				wait = min(time.Minute, 2*wait)
			}
		})
	}
}

// fallBehind notes that something may have been missed in a room, unless that
// is being heard already.
func (l *connection) fallBehind(room RoomID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behind[room]++
	return l.behind[room] == 1
}

// isBehind tells whether a room has things to be heard that are older than what
// is said there now.
func (b *Bot) isBehind(room RoomID) bool {
	l := b.chat(room.Platform())
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.behind[room] > 0
}

// catchUpIn hears what was missed in one room, and tells whether that was all.
func (b *Bot) catchUpIn(ctx context.Context, l *connection, at listening) bool {
	l.mu.Lock()
	gaps := l.behind[at.Room]
	l.mu.Unlock()
	since := at.Since
	var h heard
	there, err := b.View().Get(ctx, (&heard{Room: at.Room}).Key(), &h)
	if err == nil {
		if from := h.At.Add(-catchUpMargin); there && from.After(since) {
			since = from
		}
		err = l.historian.History(ctx, at.Room, since, func(in Inbound) error { return b.hear(ctx, in, true) })
	}
	if err != nil && ctx.Err() != nil {
		return false
	}
	if err != nil {
		b.log.Error("cannot catch up; trying again", "room", at.Room, "err", err)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.behind[at.Room] > gaps {
		return false // there was another one meanwhile
	}
	delete(l.behind, at.Room)
	return true
}
