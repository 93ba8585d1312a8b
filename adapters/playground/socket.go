package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"datahour/bot"
)

const (
	roomBuffer  = 256 // messages of one room that wait to be stored; then the socket waits
	atOnce      = 64  // commands and presses answered side by side
	retryAfter  = 100 * time.Millisecond
	maxRetry    = 5 * time.Second
	clockWithin = 2 * time.Minute // the world waits so long for its clock to be moved
)

// Run listens until ctx is done. It reconnects by itself; what was not
// acknowledged comes again.
func (c *Chat) Run(ctx context.Context, receive bot.Receive, gap func(bot.RoomID)) error {
	wait := retryAfter
	for ctx.Err() == nil {
		began := time.Now()
		err := c.listen(ctx, receive, gap)
		var status *statusError
		if errors.As(err, &status) && status.code == http.StatusUnauthorized {
			return fmt.Errorf("the playground does not accept the token: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
		c.o.Log.Warn("socket lost; connecting again", "platform", c.platform, "err", err)
		if time.Since(began) > maxRetry {
			wait = retryAfter
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(maxRetry, 2*wait)
	}
	return ctx.Err()
}

// listen holds one socket until it breaks.
func (c *Chat) listen(ctx context.Context, receive bot.Receive, gap func(bot.RoomID)) error {
	header := http.Header{"Authorization": {"Bearer " + c.o.Token}}
	dial, stopDial := context.WithTimeout(ctx, 5*time.Second)
	conn, resp, err := websocket.Dial(dial, c.base+"/events", &websocket.DialOptions{HTTPHeader: header, HTTPClient: c.sockets})
	stopDial()
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return &statusError{code: resp.StatusCode, words: err.Error()}
		}
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxAnswer)

	ctx, stop := context.WithCancelCause(ctx)
	l := &listener{c: c, conn: conn, receive: receive, rooms: map[string]chan event{}, slots: make(chan struct{}, atOnce)}
	defer l.work.Wait()
	defer stop(nil)
	l.work.Go(func() { l.ping(ctx, stop) })
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
		var e event
		if err := json.Unmarshal(frame, &e); err != nil {
			return fmt.Errorf("an event that cannot be read: %w", err)
		}
		switch e.Kind {
		case "hello":
		case "gap":
			gap("")
			l.acknowledge(ctx, e)
		default:
			l.take(ctx, e)
		}
	}
}

// listener is one socket and the work that came through it.
type listener struct {
	c       *Chat
	conn    *websocket.Conn
	receive bot.Receive
	rooms   map[string]chan event // used by the reading goroutine only
	slots   chan struct{}
	work    sync.WaitGroup
}

// ping finds out when a socket is dead without a word.
func (l *listener) ping(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(l.c.o.Ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			answered, cancel := context.WithTimeout(ctx, l.c.o.Ping/2)
			err := l.conn.Ping(answered)
			cancel()
			if err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("no answer to a ping: %w", err))
				return
			}
		}
	}
}

// take hands an event on: what waits for an answer at once, the rest in the
// order of its room.
func (l *listener) take(ctx context.Context, e event) {
	if e.Trigger != "" {
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		l.work.Go(func() {
			defer func() { <-l.slots }()
			l.answer(ctx, e)
		})
		return
	}
	queue := l.rooms[e.Room]
	if queue == nil {
		queue = make(chan event, roomBuffer)
		l.rooms[e.Room] = queue
		l.work.Go(func() {
			for {
				select {
				case e := <-queue:
					l.store(ctx, e)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	select {
	case queue <- e:
	case <-ctx.Done():
	}
}

// store has a message stored, however long the store is away, and acknowledges
// it only then.
func (l *listener) store(ctx context.Context, e event) {
	in, ok := l.c.inbound(e)
	for wait := retryAfter; ok; wait = min(maxRetry, 2*wait) {
		reply, err := l.receive(ctx, in)
		if err == nil {
			l.c.replyTo(ctx, in, reply)
			break
		}
		if ctx.Err() != nil {
			return
		}
		l.c.o.Log.Warn("not stored; trying again", "platform", l.c.platform, "kind", e.Kind, "err", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
	l.acknowledge(ctx, e)
}

// answer runs a command, a press, a form or a move of the clock.
func (l *listener) answer(ctx context.Context, e event) {
	if e.Kind == "clock" {
		ctx, stop := context.WithTimeout(ctx, clockWithin)
		defer stop()
		l.acknowledge(ctx, e) // moved once, whatever happens to the socket
		l.c.moveClock(ctx, e)
		return
	}
	in, ok := l.c.inbound(e)
	if ok {
		reply, err := l.receive(ctx, in)
		if err != nil {
			l.c.o.Log.Warn("not answered", "platform", l.c.platform, "kind", e.Kind, "err", err)
			return // it comes again
		}
		l.c.answerTrigger(ctx, e, reply)
	}
	l.acknowledge(ctx, e)
}

func (l *listener) acknowledge(ctx context.Context, e event) {
	b, err := json.Marshal(map[string]int64{"ack": e.Cursor})
	if err != nil {
		return
	}
	if err := l.conn.Write(ctx, websocket.MessageText, b); err != nil && ctx.Err() == nil {
		l.c.o.Log.Debug("not acknowledged; it comes again", "platform", l.c.platform, "err", err)
	}
}
