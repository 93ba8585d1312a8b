package slack

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
	"strconv"
	"sync/atomic"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// callTimeout is the longest that one call may take, headers to body. slack-go's
// own client would wait for ever.
const callTimeout = 20 * time.Second

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

// windowed sets every connection's window to the deadline of the request that it carries.
type windowed struct{ base http.RoundTripper }

func (w windowed) RoundTrip(r *http.Request) (*http.Response, error) {
	until := int64(0)
	if deadline, ok := r.Context().Deadline(); ok {
		until = deadline.UnixNano()
	}
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		conn := info.Conn
		if t, ok := conn.(*tls.Conn); ok {
			conn = t.NetConn()
		}
		if wc, ok := conn.(*windowConn); ok {
			wc.until.Store(until)
		}
	}})
	return w.base.RoundTrip(r.WithContext(ctx))
}

// newClient speaks HTTP/1.1 alone, so that a connection carries one request at a
// time and has one window.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &http.Client{Timeout: callTimeout, Transport: windowed{&http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &windowConn{Conn: conn}, nil
		},
	}}}
}

// send makes a call that has an effect. Its error tells whether it may have had it.
func send(ctx context.Context, call func(context.Context) error) error {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	err := call(ctx)
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: outcomeOf(err), Err: withoutAddress(err)}
	if !connected.Load() {
		out.Outcome = bot.NotSent
	}
	var limited *slackapi.RateLimitedError
	if errors.As(err, &limited) {
		out.RetryAfter = limited.RetryAfter
	}
	return out
}

// deadTokens are the errors after which a token is good for nothing any more.
var deadTokens = map[string]bool{"invalid_auth": true, "not_authed": true, "account_inactive": true, "token_revoked": true, "token_expired": true}

// unclear are errors of Slack's own that do not tell whether the call had its effect.
var unclear = map[string]bool{"internal_error": true, "fatal_error": true, "service_unavailable": true, "request_timeout": true}

func outcomeOf(err error) bot.Outcome {
	var limited *slackapi.RateLimitedError
	var status slackapi.StatusCodeError
	code := codeOf(err)
	switch {
	case errors.As(err, &limited), code == "ratelimited", code == "rate_limited":
		return bot.NotSent
	case errors.As(err, &status):
		switch {
		case status.Code == http.StatusTooManyRequests: // without Retry-After slack-go has no error of its own for it
			return bot.NotSent
		case status.Code >= 500:
			return bot.Unsure
		}
		return bot.Refused
	case code == "message_not_found":
		return bot.Gone
	case deadTokens[code]: // a new token may come, and then it is still to be said
		return bot.NotSent
	case code == "" || unclear[code]:
		return bot.Unsure
	}
	return bot.Refused
}

// codeOf is the word that Slack gives for an error, or "".
func codeOf(err error) string {
	var said slackapi.SlackErrorResponse
	if errors.As(err, &said) {
		return said.Err
	}
	return ""
}

// withoutAddress leaves out the address from an error of package http: that of a
// socket or of a response_url is a secret.
func withoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return fmt.Errorf("calling Slack: %w", at.Err)
	}
	return err
}

// read makes a call that has no effect, and waits as long as Slack asks to.
func read(ctx context.Context, call func() error) error {
	for {
		err := call()
		var limited *slackapi.RateLimitedError
		if !errors.As(err, &limited) {
			return err
		}
		select {
		case <-time.After(max(limited.RetryAfter, time.Second)):
		case <-ctx.Done():
			return fmt.Errorf("waiting for Slack's rate limit: %w", ctx.Err())
		}
	}
}

// maxAnswer bounds what is read of an answer to a response_url, in bytes.
const maxAnswer = 1 << 20

// postTo posts to a response_url.
func (c *Chat) postTo(ctx context.Context, address string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return errors.New("the response_url is no address")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := c.http.Do(req)
	if err != nil {
		return withoutAddress(err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode == http.StatusTooManyRequests {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &slackapi.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second}
	}
	if resp.StatusCode != http.StatusOK {
		return slackapi.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	var answer struct {
		OK    *bool
		Error string
	}
	if json.Unmarshal(said, &answer) == nil && answer.OK != nil && !*answer.OK {
		return slackapi.SlackErrorResponse{Err: answer.Error}
	}
	return nil
}
