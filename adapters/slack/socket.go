package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

const (
	dialTimeout  = 10 * time.Second
	maxFrame     = 4 << 20          // bytes
	connectTries = 5                // before Run gives up, so that the state is told; the core runs it again
	goodbyeTime  = 30 * time.Second // how long a socket that said goodbye is still read
	answerWithin = 10 * time.Second // for what follows an acknowledgement
)

// envelope is a frame of Socket Mode. Its id is read before anything else, so
// that what is in it can be acknowledged whether it is understood or not.
type envelope struct {
	ID      string `json:"envelope_id"`
	Type    string
	Reason  string
	Payload json.RawMessage
	Accepts bool `json:"accepts_response_payload"`
}

// holdSockets keeps a socket open until ctx is done. When one says that it will
// close, the next is opened beside it, so that nothing is sent in between; what a
// broken one lost is caught up from the history.
func (c *Chat) holdSockets(ctx context.Context, s *session) error {
	wait := retryAfter
	for ctx.Err() == nil {
		conn, alive, err := c.connect(ctx)
		if err != nil {
			return err
		}
		s.missed()
		leaving := make(chan bool, 1)
		if !s.goes(func() { c.listen(ctx, s, conn, alive, leaving) }) {
			_ = conn.CloseNow()
			break
		}
		select {
		case useful := <-leaving:
			if useful {
				wait = retryAfter
			}
		case <-ctx.Done():
		}
		pause(ctx, wait)
		wait = min(maxRetry, 2*wait) // while sockets end without having brought anything
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// connect opens a socket. It tries a few times, and not at all when Slack will
// never agree.
func (c *Chat) connect(ctx context.Context) (conn *websocket.Conn, alive chan struct{}, err error) {
	wait := retryAfter
	for range connectTries {
		alive = make(chan struct{}, 1)
		if conn, err = c.dial(ctx, alive); err == nil || ctx.Err() != nil {
			return conn, alive, err
		}
		var status slackapi.StatusCodeError
		if deadTokens[codeOf(err)] || errors.As(err, &status) && status.Code == http.StatusNotFound {
			break
		}
		c.log.Warn("no connection; trying again", "err", wire.WithoutAddress(err))
		var limited *slackapi.RateLimitedError
		if errors.As(err, &limited) {
			wait = max(wait, limited.RetryAfter)
		}
		pause(ctx, wait)
		wait = min(maxRetry, 3*wait)
	}
	return nil, nil, c.explain("opening a connection for Socket Mode", err)
}

func (c *Chat) dial(ctx context.Context, alive chan<- struct{}) (*websocket.Conn, error) {
	ctx, stop := context.WithTimeout(ctx, dialTimeout)
	defer stop()
	_, address, err := c.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, err
	}
	beat := func() {
		select {
		case alive <- struct{}{}:
		default:
		}
	}
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient:     c.http.Client,
		OnPingReceived: func(context.Context, []byte) bool { beat(); return true },
		OnPongReceived: func(context.Context, []byte) { beat() },
	})
	if err != nil {
		// Its own words hold the address, which lets anybody in who has it.
		if resp != nil {
			return nil, fmt.Errorf("the socket was answered with %s", resp.Status)
		}
		return nil, errors.New("the socket could not be reached")
	}
	conn.SetReadLimit(maxFrame)
	return conn, nil
}

// listen reads one socket until it ends. It tells leaving when the next one
// should be opened, which is earlier when Slack says goodbye, and whether this one
// brought anything.
func (c *Chat) listen(ctx context.Context, s *session, conn *websocket.Conn, alive chan struct{}, leaving chan<- bool) {
	defer func() { _ = conn.CloseNow() }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if !s.goes(func() { c.watch(ctx, conn, alive, stop) }) {
		return
	}
	left, useful := false, false
	leave := func() {
		if !left {
			left = true
			leaving <- useful
		}
	}
	defer leave()
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			if !left && ctx.Err() == nil {
				c.log.Info("socket lost; connecting again")
			} else if !left {
				c.log.Info("socket silent or closed")
			}
			return
		}
		select {
		case alive <- struct{}{}:
		default:
		}
		var e envelope
		if json.Unmarshal(frame, &e) != nil {
			c.log.Warn("a frame that cannot be read was left out")
			continue
		}
		if e.Type == "disconnect" {
			c.log.Info("Slack closes the socket", "reason", e.Reason)
			leave()
			time.AfterFunc(goodbyeTime, stop)
			continue
		}
		useful = useful || e.ID != ""
		c.open(s, conn, e)
	}
}

// watch ends a socket on which nothing came for a ping interval: no frame, no
// ping of Slack's, and no answer to ours, so that a server that never pings is
// not taken for a dead one.
func (c *Chat) watch(ctx context.Context, conn *websocket.Conn, alive <-chan struct{}, stop context.CancelFunc) {
	dead := time.NewTimer(c.o.PingInterval)
	defer dead.Stop()
	tick := time.NewTicker(max(c.o.PingInterval/3, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-alive:
			dead.Reset(c.o.PingInterval)
		case <-tick.C:
			go func() {
				ctx, cancel := context.WithTimeout(ctx, c.o.PingInterval)
				defer cancel()
				_ = conn.Ping(ctx) // its answer is seen by OnPongReceived
			}()
		case <-dead.C:
			stop()
			return
		case <-ctx.Done():
			return
		}
	}
}

// open hands on what is in an envelope, and has it acknowledged when it is stored.
func (c *Chat) open(s *session, conn *websocket.Conn, e envelope) {
	ack := func(payload any) { c.acknowledge(s.ctx, conn, e, payload) }
	switch e.Type {
	case "hello", "":
	case "events_api":
		var outer callback
		_ = json.Unmarshal(e.Payload, &outer) // unreadable, it is acknowledged and left out
		c.event(s, outer.Event, 0, func(err error) {
			if err == nil {
				ack(nil)
			}
		})
	case "slash_commands", "interactive":
		select {
		case s.slots <- struct{}{}:
		default:
			c.log.Warn("too many commands at once; one was left out")
			return
		}
		began := s.goes(func() {
			defer func() { <-s.slots }()
			defer c.contain("answering "+e.Type, nil)
			if e.Type == "slash_commands" {
				ack(c.slash(s, readSlash(e.Payload)))
			} else {
				c.interact(s, e.Payload, func(payload any, _ error) { ack(payload) })
			}
		})
		if !began {
			<-s.slots
		}
	default:
		c.log.Info("an envelope of unknown kind was acknowledged and left out", "kind", bot.ClipTo(e.Type, 40))
		ack(nil)
	}
}

// acknowledge answers an envelope on the socket that it came through. When that
// is gone the envelope comes again on another.
func (c *Chat) acknowledge(ctx context.Context, conn *websocket.Conn, e envelope, payload any) {
	if e.ID == "" {
		return
	}
	body := map[string]any{"envelope_id": e.ID}
	if payload != nil {
		body["payload"] = payload
	}
	frame, err := json.Marshal(body)
	if err != nil {
		c.log.Error("an acknowledgement could not be written", "err", err)
		return
	}
	ctx, stop := context.WithTimeout(ctx, answerWithin)
	defer stop()
	if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
		c.log.Debug("not acknowledged; it comes again")
	}
}

// event hands in one event of either transport. tries is how often storing is
// tried; 0 means until it is stored.
func (c *Chat) event(s *session, raw json.RawMessage, tries int, done func(error)) {
	if user, ok := homeOpened(raw); ok {
		c.showHome(s, user)
		done(nil)
		return
	}
	if room, ok := c.invited(raw); ok {
		s.back(room)
		done(nil)
		return
	}
	in, ok := c.inbound(raw)
	if !ok {
		done(nil)
		return
	}
	s.take(in, tries, done)
}
