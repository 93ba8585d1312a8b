package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"datahour/bot"
	"datahour/bot/wire"
)

const (
	retryAfter  = 100 * time.Millisecond
	maxRetry    = 5 * time.Second // between connections that were good for nothing
	dialWithin  = 5 * time.Second
	pongWithin  = 4 * time.Second
	eventBuffer = 4096 // events that wait to be sorted by room
)

// frame is what comes through the socket: an event, or an answer to something
// that was asked there.
type frame struct {
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Broadcast struct {
		ChannelID string `json:"channel_id"`
		UserID    string `json:"user_id"`
	} `json:"broadcast"`
	Seq int64 `json:"seq"`
}

// stream is where the bot is in the events that the server keeps for it.
type stream struct {
	connection string
	next       int64
	events     chan frame  // Event "" is a gap
	alive      atomic.Bool // this connection was good for something
}

// Run listens until ctx is done or the token is revoked. It reconnects by
// itself, resumes where the connection broke off, and says gap when the server
// kept too little for that.
func (c *Chat) Run(ctx context.Context, receive bot.Receive, gap func(bot.RoomID)) error {
	if _, err := c.identify(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	d := newDelivery(c, receive)
	defer d.work.Wait()
	defer stop()
	c.open(receive)
	defer c.open(nil)

	s := &stream{events: make(chan frame, eventBuffer)}
	d.work.Go(func() { d.sort(ctx, s.events, gap) })
	d.work.Go(func() { c.keepRegistering(ctx) })
	for wait := retryAfter; ctx.Err() == nil; wait = min(maxRetry, 2*wait) {
		s.alive.Store(false)
		err := c.listen(ctx, s)
		if errors.Is(err, errRevoked) {
			return err
		}
		if ctx.Err() != nil {
			break
		}
		c.o.Log.Warn("socket lost; connecting again", "platform", c.o.Name, "err", err)
		c.reports(err)
		c.http.CloseIdleConnections() // whatever killed it may have killed them too, without a word
		if s.alive.Load() {
			wait = retryAfter
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// Report takes whom to tell how the connection is.
func (c *Chat) Report(report func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report = report
}

func (c *Chat) reports(trouble error) {
	c.mu.Lock()
	report := c.report
	c.mu.Unlock()
	if report != nil {
		report(trouble)
	}
}

// open lets callbacks in, and nil keeps them out.
func (c *Chat) open(receive bot.Receive) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receive = receive
}

// listen holds one connection until it breaks.
func (c *Chat) listen(ctx context.Context, s *stream) error {
	conn, err := c.dial(ctx, s)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	c.reports(nil)
	conn.SetReadLimit(wire.MaxAnswer)

	ctx, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(ctx, conn, s, stop)
	}()
	defer func() {
		stop(nil)
		<-watched
	}()
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return wire.WithoutAddress(err)
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			return errors.New("an event that cannot be read") // the cause would repeat it
		}
		if f.Event == "" {
			continue // an answer
		}
		if err := s.take(ctx, f); err != nil {
			return err
		}
	}
}

func (c *Chat) dial(ctx context.Context, s *stream) (*websocket.Conn, error) {
	ctx, stop := context.WithTimeout(ctx, dialWithin)
	defer stop()
	query := url.Values{"connection_id": {s.connection}, "sequence_number": {strconv.FormatInt(s.next, 10)}}
	conn, resp, err := websocket.Dial(ctx, c.base+"/websocket?"+query.Encode(), &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + c.o.Token}}, HTTPClient: c.http.Client})
	if err == nil {
		return conn, nil
	}
	if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("connecting: %w", &statusError{code: resp.StatusCode})
	}
	return nil, fmt.Errorf("connecting: %w", wire.WithoutAddress(err))
}

// take follows the numbers of the events. A hello under a new name means that the
// server does not know where we were; a number that is left out means that
// something is lost. Both are a gap, which comes before what is said next.
func (s *stream) take(ctx context.Context, f frame) error {
	if f.Event == "hello" {
		var data struct {
			ConnectionID string `json:"connection_id"`
		}
		_ = json.Unmarshal(f.Data, &data) // then it is a new one
		lost := data.ConnectionID == "" || data.ConnectionID != s.connection
		s.connection, s.next = data.ConnectionID, f.Seq+1
		if !lost {
			return nil
		}
		return s.hand(ctx, frame{})
	}
	if f.Seq > s.next {
		if err := s.hand(ctx, frame{}); err != nil {
			return err
		}
	}
	if err := s.hand(ctx, f); err != nil {
		return err
	}
	s.next = max(s.next, f.Seq+1)
	s.alive.Store(true)
	return nil
}

func (s *stream) hand(ctx context.Context, f frame) error {
	select {
	case s.events <- f:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watch finds out when a connection is dead without a word, and when the token
// was revoked: the server goes on answering pings then, and says nothing else.
func (c *Chat) watch(ctx context.Context, conn *websocket.Conn, s *stream, stop context.CancelCauseFunc) {
	tick := time.NewTicker(c.o.Ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(ctx, min(pongWithin, c.o.Ping))
		err := conn.Ping(within)
		if err == nil {
			s.alive.Store(true)
			if err = c.call(within, http.MethodGet, "/users/me", nil, nil); !errors.Is(err, errRevoked) {
				err = nil // the socket is well, whatever ails the rest
			}
		} else {
			err = fmt.Errorf("no answer to a ping: %w", err)
		}
		cancel()
		if err != nil && ctx.Err() == nil {
			stop(err)
			return
		}
	}
}
