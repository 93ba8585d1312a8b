package playground

import (
	"context"
	"errors"
	"net/http"
	"time"

	"datahour/bot"
)

const (
	answerTries  = 3
	answerWithin = 5 * time.Second // of one try
)

// answer brings a reply to the person: where something waits for it, or else,
// when words of theirs addressed the bot, in a private post.
func (c *Chat) answer(ctx context.Context, e event, in bot.Inbound, r bot.Reply) {
	if e.Trigger == "" {
		c.replyTo(ctx, e, in, r)
		return
	}
	body := map[string]any{"trigger": e.Trigger}
	switch {
	case r.Form != nil:
		body["form"] = c.renderForm(r.Form)
	case len(r.Errors) > 0:
		words := map[string]string{}
		for field, text := range r.Errors {
			words[field] = c.outgoing(text)
		}
		body["errors"] = words
	case r.Post != nil && r.Replace && e.Private:
		body["update"] = c.render(*r.Post)
		if c.deliver(ctx, "/answer", body) {
			return
		}
		// What was pressed on is gone, or so is the line: say it anew.
		delete(body, "update")
		body["post"] = c.render(*r.Post)
	case r.Post != nil:
		body["post"] = c.render(*r.Post)
	}
	c.deliver(ctx, "/answer", body)
}

// replyTo answers words in a message privately, in the thread where they were said.
func (c *Chat) replyTo(ctx context.Context, e event, in bot.Inbound, r bot.Reply) {
	post := r.Post
	if r.Form != nil { // it opens on something pressed: the same words again
		p := bot.Say("That needs a form.")
		p.Buttons = []bot.Button{{Label: "Open the form", Command: in.Text, Style: bot.Primary}}
		post = &p
	}
	if post == nil {
		return
	}
	c.deliver(ctx, "/whisper", map[string]any{"room": e.Room, "user": e.User.ID, "thread": e.Thread, "post": c.render(*post)})
}

// deliver sends an answer and tells whether it may have arrived. It tries again
// when there certainly was no effect: a private post that comes twice is worse
// than none, since an answer is never the only copy of anything.
func (c *Chat) deliver(ctx context.Context, path string, body any) bool {
	var err error
	for range answerTries {
		within, stop := context.WithTimeout(ctx, answerWithin)
		err = c.send(within, http.MethodPost, path, body, nil)
		stop()
		if err == nil {
			return true
		}
		var send *bot.SendError
		if !errors.As(err, &send) || send.Outcome != bot.NotSent || !pause(ctx, min(max(send.RetryAfter, retryAfter), maxRetry)) {
			break
		}
	}
	c.o.Log.Warn("answer not delivered", "platform", c.platform, "err", err)
	var send *bot.SendError
	return errors.As(err, &send) && send.Outcome == bot.Unsure
}

// moveClock does what somebody wished who pressed on the clock.
func (c *Chat) moveClock(ctx context.Context, e event) {
	body := map[string]any{"trigger": e.Trigger}
	c.mu.Lock()
	move := c.move
	c.mu.Unlock()
	if move == nil {
		body["post"] = bot.Say("This bot's clock cannot be moved.")
		c.deliver(ctx, "/answer", body)
		return
	}
	moving, stop := context.WithTimeout(ctx, clockWithin)
	now, err := move(moving, e.To)
	stop()
	if !now.IsZero() {
		body["now"], body["sent"] = now, time.Now()
	}
	var problem *bot.Problem
	switch {
	case errors.As(err, &problem):
		body["post"] = bot.Say(c.outgoing(problem.Words))
	case err != nil:
		c.o.Log.Error("the clock could not be moved", "err", err)
		body["post"] = bot.Say("The clock could not be moved. The log says why.")
	}
	c.deliver(ctx, "/answer", body)
}
