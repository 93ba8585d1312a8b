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
	"strconv"
	"time"

	"datahour/bot"
)

const (
	maxAnswer  = 8 << 20          // bytes that are read of an answer
	callWithin = 10 * time.Second // of a call whose caller sets no deadline
)

// statusError is an answer other than 200.
type statusError struct {
	code  int
	retry time.Duration
	words string
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %s", e.code, e.words) }

func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &http.Client{
		// One call is one request: what is sent shall not be sent on elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     time.Minute,
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

// send is call for what has an effect: its error tells whether it may have had it.
func (c *Chat) send(ctx context.Context, method, path string, body, answer any) error {
	w, err := c.exchange(ctx, method, path, body, answer)
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: bot.Unsure, Err: err}
	var status *statusError
	switch {
	case w.unused():
		out.Outcome = bot.NotSent
	case errors.As(err, &status):
		out.Outcome, out.RetryAfter = outcome(status.code), status.retry
	}
	return out
}

// outcome is what an answer says of the effect. With another token the call may
// go well, so a wrong one is no refusal for good.
func outcome(code int) bot.Outcome {
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusUnauthorized:
		return bot.NotSent
	case code == http.StatusGone:
		return bot.Gone
	case code < 500:
		return bot.Refused
	}
	return bot.Unsure
}

// unknownIsGone: what the world does not know cannot be changed, or replied to,
// any more.
func unknownIsGone(err error) error {
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		return &bot.SendError{Outcome: bot.Gone, Err: err}
	}
	return err
}

// call asks the world something and reads its answer into answer, if not nil.
func (c *Chat) call(ctx context.Context, method, path string, body, answer any) error {
	_, err := c.exchange(ctx, method, path, body, answer)
	return err
}

// exchange is one request and its answer, within the window that is returned.
func (c *Chat) exchange(ctx context.Context, method, path string, body, answer any) (*window, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, callWithin)
		defer stop()
	}
	ctx, w := opens(ctx)
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return w, err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return w, err
	}
	req.Header.Set("Authorization", "Bearer "+c.o.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return w, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode != http.StatusOK {
		return w, refusal(resp, b)
	}
	if err != nil {
		return w, fmt.Errorf("reading the answer: %w", err)
	}
	if answer == nil {
		return w, nil
	}
	return w, json.Unmarshal(b, answer)
}

func refusal(resp *http.Response, body []byte) *statusError {
	e := &statusError{code: resp.StatusCode}
	var said struct{ Error string }
	if json.Unmarshal(body, &said) == nil {
		e.words = said.Error
	}
	if s, err := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64); err == nil && s > 0 {
		e.retry = time.Duration(min(s, 3600) * float64(time.Second))
	}
	return e
}
