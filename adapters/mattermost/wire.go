package mattermost

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"datahour/bot"
)

const (
	maxAnswer  = 16 << 20         // bytes that are read of an answer
	callWithin = 10 * time.Second // a call that was given no deadline
)

// statusError is an answer that is no success. It holds the server's name of the
// error, never its words: those can repeat what somebody wrote.
type statusError struct {
	code  int
	name  string
	retry time.Duration
}

func (e *statusError) Error() string {
	if e.code == http.StatusUnauthorized {
		return errRevoked.Error()
	}
	if e.name == "" {
		return fmt.Sprintf("status %d", e.code)
	}
	return fmt.Sprintf("status %d (%s)", e.code, e.name)
}

// Unwrap makes a 401 known for what it is.
func (e *statusError) Unwrap() error {
	if e.code == http.StatusUnauthorized {
		return errRevoked
	}
	return nil
}

// statusOf is the status that a call ended with; 0 when it had no answer.
func statusOf(err error) int {
	var status *statusError
	if errors.As(err, &status) {
		return status.code
	}
	return 0
}

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

// newClient speaks HTTP/1.1 alone, where one connection carries one call at a
// time, so that it can have that call's window.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a POST that follows one becomes a GET
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     time.Minute,
			TLSHandshakeTimeout: 5 * time.Second,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &windowConn{Conn: conn}, nil
			},
		},
	}
}

func (c *windowConn) set(ctx context.Context) {
	until := int64(0)
	if deadline, ok := ctx.Deadline(); ok {
		until = deadline.UnixNano()
	}
	c.until.Store(until)
}

// send is call for what has an effect: its error tells whether it may have had it.
func (c *Chat) send(ctx context.Context, method, path string, body, answer any) error {
	return c.sendTo(ctx, method, c.base+path, body, answer)
}

func (c *Chat) sendTo(ctx context.Context, method, address string, body, answer any) error {
	var connected atomic.Bool
	ctx, stop := withDeadline(ctx)
	defer stop()
	window := ctx
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		connected.Store(true)
		conn := info.Conn
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if conn, ok := conn.(*windowConn); ok {
			conn.set(window)
		}
	}})
	err := c.callTo(ctx, method, address, body, answer)
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
		case status.code == http.StatusUnauthorized: // kept until there is a token again
			out.Outcome = bot.NotSent
			out.RetryAfter = c.o.Ping
		case status.code < 500 && status.code != http.StatusRequestTimeout:
			out.Outcome = bot.Refused
		}
	}
	return out
}

func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, callWithin)
}

// call asks the server something and reads its answer into answer, if not nil.
// Its errors hold no address, since some addresses are secrets.
func (c *Chat) call(ctx context.Context, method, path string, body, answer any) error {
	return c.callTo(ctx, method, c.base+path, body, answer)
}

func (c *Chat) callTo(ctx context.Context, method, address string, body, answer any) error {
	ctx, stop := withDeadline(ctx)
	defer stop()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return errors.New("an address that cannot be asked")
	}
	req.Header.Set("Authorization", "Bearer "+c.o.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return answeredBadly(resp, b)
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return errors.New("an answer that cannot be read") // the cause would repeat it
	}
	return nil
}

func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errorName is how the server names errors: "api.command.duplicate_trigger.app_error".
var errorName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+){1,9}$`)

// answeredBadly reads what there is to know of an error. A 429 has no JSON.
func answeredBadly(resp *http.Response, body []byte) error {
	e := &statusError{code: resp.StatusCode}
	var said struct{ ID string }
	if json.Unmarshal(body, &said) == nil && errorName.MatchString(said.ID) {
		e.name = said.ID
	}
	wish := resp.Header.Get("Retry-After")
	if s, err := strconv.ParseFloat(wish, 64); err == nil && s >= 0 && s < 3600 {
		e.retry = time.Duration(s * float64(time.Second))
	} else if at, err := http.ParseTime(wish); err == nil {
		e.retry = max(0, time.Until(at))
	}
	return e
}
