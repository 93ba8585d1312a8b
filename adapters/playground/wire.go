package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"datahour/bot"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// statusError is an answer other than 200.
type statusError struct {
	code  int
	retry time.Duration
	words string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.words) }

// windowConn writes nothing after its window. A context alone is not enough: a
// process that was stopped and wakes up would write before its timers fire.
type windowConn struct {
	net.Conn
	until atomic.Int64 // nanoseconds since 1970; 0: no end
}

var errWindow = errors.New("the window for sending is over")

func (c *windowConn) Write(b []byte) (int, error) {
	if until := c.until.Load(); until != 0 && time.Now().UnixNano() > until {
		return 0, errWindow
	}
	return c.Conn.Write(b)
}

func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     time.Minute,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &windowConn{Conn: conn}, nil
		},
	}}
}

// send is call for what has an effect: its error tells whether it may have had it.
func (c *Chat) send(ctx context.Context, method, path string, body, answer any) error {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		connected.Store(true)
		if conn, ok := info.Conn.(*windowConn); ok {
			until := int64(0)
			if deadline, ok := ctx.Deadline(); ok {
				until = deadline.UnixNano()
			}
			conn.until.Store(until)
		}
	}})
	err := c.call(ctx, method, path, body, answer)
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: bot.Unsure, Err: err}
	var status *statusError
	switch {
	case !connected.Load():
		out.Outcome = bot.NotSent
	case errors.As(err, &status):
		out.RetryAfter = status.retry
		switch {
		case status.code == http.StatusTooManyRequests:
			out.Outcome = bot.NotSent
		case status.code == http.StatusGone:
			out.Outcome = bot.Gone
		case status.code < 500:
			out.Outcome = bot.Refused
		}
	}
	return out
}

// unknownIsGone: what the world does not know cannot be changed any more.
func unknownIsGone(err error) error {
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		return &bot.SendError{Outcome: bot.Gone, Err: err}
	}
	return err
}

// call asks the world something and reads its answer into answer, if not nil.
func (c *Chat) call(ctx context.Context, method, path string, body, answer any) error {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.o.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode != http.StatusOK {
		e := &statusError{code: resp.StatusCode}
		var said struct{ Error string }
		if json.Unmarshal(b, &said) == nil {
			e.words = said.Error
		}
		if s, err := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64); err == nil {
			e.retry = time.Duration(s * float64(time.Second))
		}
		return e
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(b, answer)
}
