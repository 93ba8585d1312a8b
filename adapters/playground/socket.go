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
	"datahour/bot/wire"
)

const (
	dialWithin    = 5 * time.Second
	retryAfter    = 100 * time.Millisecond
	maxRetry      = 5 * time.Second
	goodbyeWithin = time.Second
	clockWithin   = 2 * time.Minute // the world waits so long for its clock to be moved
)

// Run listens until ctx is done or the token is refused. It reconnects by itself;
// what was not acknowledged comes again. Each connection begins with a gap: the
// core may have lost what was acknowledged, by going back to a backup.
func (c *Chat) Run(ctx context.Context, receive bot.Receive, gap func(bot.RoomID)) error {
	ctx, stop := context.WithCancel(ctx)
	box := c.newInbox(receive, gap)
	defer c.http.CloseIdleConnections()
	defer box.close()
	defer stop() // before box.close, which waits for what stops then

	wait := retryAfter
	for ctx.Err() == nil {
		began := time.Now()
		err := c.listen(ctx, box)
		var status *wire.StatusError
		if errors.As(err, &status) && status.Code == http.StatusUnauthorized {
			return fmt.Errorf("the playground does not accept the token: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
		if box.leftOut() {
			c.o.Log.Info("connecting anew for what did not fit", "platform", c.platform)
			pause(ctx, retryAfter)
			continue
		}
		c.o.Log.Warn("socket lost; connecting again", "platform", c.platform, "err", err)
		c.reports(err)
		if time.Since(began) > maxRetry {
			wait = retryAfter
		}
		pause(ctx, wait)
		wait = min(maxRetry, 2*wait)
	}
	return ctx.Err()
}

// listen holds one socket until it breaks. When ctx is done it is held on to
// until what is under way has been acknowledged.
func (c *Chat) listen(ctx context.Context, box *inbox) error {
	header := http.Header{"Authorization": {"Bearer " + c.o.Token}}
	dialling, stopDial := context.WithTimeout(ctx, dialWithin)
	conn, resp, err := websocket.Dial(dialling, c.base+"/events", &websocket.DialOptions{HTTPHeader: header, HTTPClient: c.http.Client})
	stopDial()
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return fmt.Errorf("%w: %w", &wire.StatusError{Code: resp.StatusCode}, err)
		}
		return err
	}
	defer conn.CloseNow()
	c.reports(nil)
	conn.SetReadLimit(wire.MaxAnswer)
	box.use(conn)
	defer box.use(nil)

	held, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	var pinging sync.WaitGroup
	defer pinging.Wait()
	defer stop(nil)
	pinging.Go(func() { c.ping(held, conn, stop) })
	unhook := context.AfterFunc(ctx, func() {
		box.close()
		goodbye(conn)
		stop(ctx.Err())
	})
	defer unhook()
	for {
		_, frame, err := conn.Read(held)
		if err != nil {
			if cause := context.Cause(held); cause != nil {
				return cause
			}
			return err
		}
		var e event
		if err := json.Unmarshal(frame, &e); err != nil {
			c.o.Log.Error("an event that cannot be read was left out", "platform", c.platform, "err", err)
			continue
		}
		switch e.Kind {
		case "hello", "gap":
			box.missed(ctx, e)
		default:
			box.take(ctx, e, len(frame))
		}
	}
}

// goodbye closes a socket in words, so that the world has read what was
// acknowledged, and sends none of it again.
func goodbye(conn *websocket.Conn) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		_ = conn.Close(websocket.StatusNormalClosure, "") // without it some comes again, and is recognised
	}()
	select {
	case <-said:
	case <-time.After(goodbyeWithin):
	}
}

// ping finds out when a socket is dead without a word.
func (c *Chat) ping(ctx context.Context, conn *websocket.Conn, stop context.CancelCauseFunc) {
	tick := time.NewTicker(c.o.Ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			answered, cancel := context.WithTimeout(ctx, c.o.Ping/2)
			err := conn.Ping(answered)
			cancel()
			if err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("no answer to a ping: %w", err))
				return
			}
		}
	}
}
