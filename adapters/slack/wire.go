package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

// callTimeout is the longest that one call may take, headers to body. slack-go's
// own client would wait for ever.
const callTimeout = 20 * time.Second

// send makes a call that has an effect. Its error tells whether it may have had it.
func send(ctx context.Context, call func(context.Context) error) error {
	sent, err := wire.Send(ctx, call)
	if err == nil {
		return nil
	}
	out := &bot.SendError{Outcome: outcomeOf(err), Err: wire.WithoutAddress(err)}
	if !sent {
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
		switch status.Code { // what Slack itself refuses, it refuses with 200
		case http.StatusTooManyRequests, // without Retry-After slack-go has no error of its own for it
			http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound: // something on the way there, which will let it through again
			return bot.NotSent
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			return bot.Refused
		}
		return bot.Unsure
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

// postTo posts to a response_url, which answers "ok", or with JSON.
func (c *Chat) postTo(ctx context.Context, address string, body any) error {
	var said []byte
	if err := c.http.Call(ctx, http.MethodPost, address, body, &said); err != nil {
		return err
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
