package playground

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"datahour/bot"
)

const (
	mostWaiting  = 16 << 20 // bytes of messages that wait to be stored
	eventCosts   = 1 << 10  // bytes that each of them takes besides its words
	mostAsking   = 1024     // commands and presses that wait for an answer
	atOnce       = 64       // of these, are dealt with side by side
	finishWithin = 3 * time.Second
)

// inbox is what came from the world and is not dealt with yet. It lasts as long
// as Run and outlives sockets, so that nothing under way is broken off, done
// twice or said twice when one is lost: what comes again is recognised.
//
// Messages are stored in the order of their room; commands, presses and forms
// side by side. What does not fit is left out and not acknowledged: once there
// is room, a new socket brings it again. So the socket is always read, and
// somebody's command need not wait behind a crowd's messages.
type inbox struct {
	c       *Chat
	receive bot.Receive
	gap     func(bot.RoomID)
	slots   chan struct{}
	holds   int // bytes of messages
	work    sync.WaitGroup

	mu       sync.Mutex
	conn     *websocket.Conn // for acknowledgements; nil between two sockets
	closed   bool
	rooms    map[string]*room
	known    map[string]*pending // by event id
	done     recent
	waiting  int  // bytes
	asking   int  // commands
	catching int  // gaps that are being reported: messages wait for that
	left     bool // something was left out
}

// room is the messages of one room that wait, in order.
type room struct {
	events []event
	busy   bool // somebody works on it
}

// pending is an event that is not dealt with yet.
type pending struct {
	cursors []int64 // under which it came
	bytes   int
	asks    bool
}

func (c *Chat) newInbox(receive bot.Receive, gap func(bot.RoomID)) *inbox {
	return &inbox{c: c, receive: receive, gap: gap, slots: make(chan struct{}, atOnce), holds: c.holds,
		rooms: map[string]*room{}, known: map[string]*pending{}}
}

// use makes conn the one on which is acknowledged; nil: none for now.
func (i *inbox) use(conn *websocket.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.conn = conn
	if conn != nil {
		i.left = false // it all comes again on this one
	}
}

// leftOut tells whether the socket has to be renewed.
func (i *inbox) leftOut() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.left
}

// close takes in nothing more, and waits until what is under way has ended.
func (i *inbox) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.work.Wait()
}

// take takes in an event that is so many bytes long. It never waits.
func (i *inbox) take(ctx context.Context, e event, size int) {
	e.ID = cmp.Or(e.ID, "cursor/"+strconv.FormatInt(e.Cursor, 10))
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return
	}
	if p := i.known[e.ID]; p != nil {
		p.cursors = append(p.cursors, e.Cursor)
		return
	}
	if i.done.has(e.ID) {
		i.work.Go(func() { i.acknowledge(ctx, e.Cursor) })
		return
	}
	p := &pending{cursors: []int64{e.Cursor}, bytes: size + eventCosts, asks: e.Trigger != ""}
	if p.asks {
		if i.asking >= mostAsking {
			i.left = true
			return
		}
		i.asking++
		i.known[e.ID] = p
		i.work.Go(func() { i.ask(ctx, e) })
		return
	}
	if i.left || i.waiting+p.bytes > i.holds { // what follows what was left out is left out too
		i.left = true
		return
	}
	i.waiting += p.bytes
	i.known[e.ID] = p
	r := i.rooms[e.Room]
	if r == nil {
		r = &room{}
		i.rooms[e.Room] = r
	}
	r.events = append(r.events, e)
	i.attend(ctx, e.Room, r)
}

// attend sees to it that somebody works on a room. The caller holds i.mu.
func (i *inbox) attend(ctx context.Context, name string, r *room) {
	if r.busy || i.catching > 0 || i.closed {
		return
	}
	r.busy = true
	i.work.Go(func() {
		for {
			e, more := i.next(ctx, name, r)
			if !more {
				return
			}
			i.finished(ctx, e, i.deal(ctx, e))
		}
	})
}

// next takes the first message of a room, or ends the work on it.
func (i *inbox) next(ctx context.Context, name string, r *room) (event, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(r.events) == 0 {
		delete(i.rooms, name)
		return event{}, false
	}
	if i.catching > 0 || i.closed || ctx.Err() != nil { // behind what was not stored, nothing shall be
		r.busy = false
		return event{}, false
	}
	e := r.events[0]
	r.events[0] = event{} // its words need not be kept while the others wait
	r.events = r.events[1:]
	return e, true
}

// ask deals with what waits for an answer.
func (i *inbox) ask(ctx context.Context, e event) {
	select {
	case i.slots <- struct{}{}:
		defer func() { <-i.slots }()
	case <-ctx.Done():
		return
	}
	if e.Kind == "clock" {
		i.acknowledge(ctx, e.Cursor) // moved once, whatever happens then
		i.c.moveClock(ctx, e)
		i.finished(ctx, e, true)
		return
	}
	i.finished(ctx, e, i.deal(ctx, e))
}

// deal has an event stored, however long the store is away, and answers it. It
// tells whether the event may be acknowledged.
func (i *inbox) deal(ctx context.Context, e event) bool {
	in, ok := i.c.inbound(e)
	if !ok {
		return true
	}
	for wait := retryAfter; ; wait = min(maxRetry, 2*wait) {
		err := i.try(ctx, e, in)
		if err == nil {
			return true
		}
		var broke *panicked
		if errors.As(err, &broke) { // another try now would end the same way, and hold up the room
			i.c.o.Log.Error("left for the next connection", "platform", i.c.platform, "kind", e.Kind, "err", err)
			return false
		}
		i.c.o.Log.Warn("not stored; trying again", "platform", i.c.platform, "kind", e.Kind, "err", err)
		if !pause(ctx, wait) {
			return false
		}
	}
}

// try hands an event in once and brings the reply. What has begun is not broken
// off when Run ends: a command that was run is answered, too.
func (i *inbox) try(ctx context.Context, e event, in bot.Inbound) error {
	longer, stop := finishing(ctx)
	defer stop()
	reply, err := i.hand(longer, in)
	if err == nil {
		i.c.answer(longer, e, in, reply)
	}
	return err
}

// panicked is what became of a call to the core that should not have been.
type panicked struct {
	with  any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.with, p.stack) }

func (i *inbox) hand(ctx context.Context, in bot.Inbound) (reply bot.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return i.receive(ctx, in)
}

// finished forgets an event that was dealt with, and acknowledges it when stored.
func (i *inbox) finished(ctx context.Context, e event, stored bool) {
	i.mu.Lock()
	p := i.known[e.ID]
	delete(i.known, e.ID)
	if p.asks {
		i.asking--
	} else {
		i.waiting -= p.bytes
	}
	if stored {
		i.done.add(e.ID)
	}
	renew := i.left && i.waiting <= i.holds/2 && i.asking <= mostAsking/2
	conn := i.conn
	i.mu.Unlock()
	if stored {
		i.acknowledge(ctx, p.cursors...)
	}
	if renew && conn != nil {
		conn.CloseNow()
	}
}

// missed tells the core that something may have been missed. Messages wait until
// it has begun to catch up, so that what is said now comes after that.
func (i *inbox) missed(ctx context.Context, e event) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return
	}
	i.catching++
	i.work.Go(func() {
		i.gap("")
		if e.Kind == "gap" {
			i.acknowledge(ctx, e.Cursor)
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		i.catching--
		for name, r := range i.rooms {
			i.attend(ctx, name, r)
		}
	})
}

// acknowledge tells the world what is stored. What does not get through comes
// again, and is acknowledged then.
func (i *inbox) acknowledge(ctx context.Context, cursors ...int64) {
	ctx, stop := finishing(ctx)
	defer stop()
	i.mu.Lock()
	conn := i.conn
	i.mu.Unlock()
	for _, cursor := range cursors {
		b, err := json.Marshal(map[string]int64{"ack": cursor})
		if err != nil || conn == nil {
			return
		}
		if err := conn.Write(ctx, websocket.MessageText, b); err != nil {
			i.c.o.Log.Debug("not acknowledged; it comes again", "platform", i.c.platform, "err", err)
			return
		}
	}
}

// finishing gives a context that ends finishWithin after ctx.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(finishWithin, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { unhook(); cancel() }
}

// pause waits for d, and tells false when ctx was done first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mostRecent is how many ids of events dealt with are remembered. One that comes
// again after more than that is told apart by the core.
const mostRecent = 4096

// recent are the ids of the last events that were dealt with.
type recent struct {
	ids   map[string]bool
	order [mostRecent]string
	next  int
}

func (r *recent) has(id string) bool { return r.ids[id] }

func (r *recent) add(id string) {
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	delete(r.ids, r.order[r.next])
	r.ids[id], r.order[r.next] = true, id
	r.next = (r.next + 1) % mostRecent
}
