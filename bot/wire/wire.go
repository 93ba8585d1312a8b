// Package wire is the HTTP that the adapters of chat platforms share: calls that
// tell afterwards whether they may have had an effect. It knows nothing of posts
// or people.
//
// A call ends in one of four ways:
//
//   - well: its error is nil;
//   - never sent: [Send] says so, and it can be made again;
//   - answered badly: its error is a [*StatusError], and the platform's adapter
//     knows which of them mean that there was no effect;
//   - anything else: perhaps it had its effect, perhaps not.
//
// Nothing here tries twice. Errors hold neither addresses, since some are
// secrets, nor what was answered, since it can repeat what somebody wrote.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// MaxAnswer is how many bytes are read of an answer.
const MaxAnswer = 16 << 20

// maxWish is the longest that a platform may make us wait.
const maxWish = time.Hour

// Client makes calls to one platform. Its http.Client is for libraries that make
// their calls themselves, and for sockets, which have no window.
type Client struct {
	*http.Client
	token string
}

// New makes a client that sends token with each Call, unless it is "". Every call
// ends after within, headers to body, or at its context's deadline if that is
// sooner. It follows no redirects: what is sent shall not be sent on elsewhere.
func New(token string, within time.Duration) *Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return &Client{token: token, Client: &http.Client{Timeout: within, Transport: newTransport(dialer.DialContext),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// DialBy makes the client reach its platform over another network, such as one in
// memory for a test. It is called before the first call.
func (c *Client) DialBy(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	c.Transport = newTransport(dial)
}

// StatusError is an answer that is no success.
type StatusError struct {
	Code       int
	RetryAfter time.Duration // the platform's wish, or 0
	Body       []byte        // what it said; not in Error
}

func (e *StatusError) Error() string { return fmt.Sprintf("status %d", e.Code) }

// Call sends body as JSON, unless it is nil, and reads the JSON of the answer
// into answer, unless that is nil. A *[]byte takes an answer that may be no JSON.
func (c *Client) Call(ctx context.Context, method, address string, body, answer any) error {
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
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := c.Do(req)
	if err != nil {
		return WithoutAddress(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &StatusError{Code: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After")), Body: b}
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if raw, ok := answer.(*[]byte); ok {
		*raw = b
	} else if answer != nil && json.Unmarshal(b, answer) != nil {
		return errors.New("an answer that cannot be read") // the cause would repeat it
	}
	return nil
}

// WithoutAddress leaves the address out of an error of package http.
func WithoutAddress(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// retryAfter reads seconds, also parts of them, or a date.
func retryAfter(wish string) time.Duration {
	var wait time.Duration
	if s, err := strconv.ParseFloat(wish, 64); err == nil {
		wait = time.Duration(min(s, maxWish.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(wish); err == nil {
		wait = time.Until(at)
	}
	return min(max(0, wait), maxWish)
}
