package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"datahour/bot"
	"datahour/bot/wire"
)

const callWithin = 10 * time.Second // of a call whose caller sets no deadline

// send is call for what has an effect: its error tells whether it may have had it.
func (c *Chat) send(ctx context.Context, method, path string, body, answer any) error {
	sent, err := wire.Send(ctx, func(ctx context.Context) error { return c.call(ctx, method, path, body, answer) })
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: bot.Unsure, Err: err}
	var status *wire.StatusError
	switch {
	case !sent:
		out.Outcome = bot.NotSent
	case errors.As(err, &status):
		out.Outcome, out.RetryAfter = outcome(status.Code), status.RetryAfter
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
	var status *wire.StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return &bot.SendError{Outcome: bot.Gone, Err: err}
	}
	return err
}

// call asks the world something and reads its answer into answer, if not nil.
func (c *Chat) call(ctx context.Context, method, path string, body, answer any) error {
	err := c.http.Call(ctx, method, c.base+path, body, answer)
	var status *wire.StatusError
	var said struct{ Error string }
	if errors.As(err, &status) && json.Unmarshal(status.Body, &said) == nil && said.Error != "" {
		return fmt.Errorf("%w: %s", err, said.Error)
	}
	return err
}
