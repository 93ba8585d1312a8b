package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"datahour/bot"
	"datahour/bot/wire"
)

const callWithin = 10 * time.Second // a call that was given no deadline

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

// send is call for what has an effect: its error tells whether it may have had it.
func (c *Chat) send(ctx context.Context, method, path string, body, answer any) error {
	return c.sendTo(ctx, method, c.base+path, body, answer)
}

func (c *Chat) sendTo(ctx context.Context, method, address string, body, answer any) error {
	sent, err := wire.Send(ctx, func(ctx context.Context) error { return c.callTo(ctx, method, address, body, answer) })
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: bot.Unsure, Err: err}
	var status *statusError
	switch {
	case !sent:
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

// call asks the server something and reads its answer into answer, if not nil.
func (c *Chat) call(ctx context.Context, method, path string, body, answer any) error {
	return c.callTo(ctx, method, c.base+path, body, answer)
}

func (c *Chat) callTo(ctx context.Context, method, address string, body, answer any) error {
	err := c.http.Call(ctx, method, address, body, answer)
	var status *wire.StatusError
	if errors.As(err, &status) {
		return answeredBadly(status)
	}
	return err
}

// errorName is how the server names errors: "api.command.duplicate_trigger.app_error".
var errorName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+){1,9}$`)

// answeredBadly reads what there is to know of an error. A 429 has no JSON.
func answeredBadly(status *wire.StatusError) error {
	e := &statusError{code: status.Code, retry: status.RetryAfter}
	var said struct{ ID string }
	if json.Unmarshal(status.Body, &said) == nil && errorName.MatchString(said.ID) {
		e.name = said.ID
	}
	return e
}
