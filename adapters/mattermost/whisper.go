package mattermost

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// Private answers go where an ordinary bot can give them: in the answer to the
// command or press itself (routes.go), else as an ephemeral message when the bot
// was granted that, else through the answer address of a command that the person
// typed there in the last half hour, else in direct messages.

const (
	repliesFor  = 25 * time.Minute // the server takes 30
	repliesEach = 5                // uses of one answer address
	askAgain    = 10 * time.Minute // whether ephemeral messages are permitted now
)

// replies are the answer addresses of commands, by person and channel.
type replies struct {
	mu   sync.Mutex
	open map[string]replyAddress
}

type replyAddress struct {
	hook  string // the address after "/hooks/commands/": it is a secret
	left  int
	until time.Time
}

func (r *replies) keep(user, channel, address string) {
	_, hook, ok := strings.Cut(address, "/hooks/commands/")
	if !ok || hook == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.open == nil {
		r.open = map[string]replyAddress{}
	}
	for of, a := range r.open {
		if now.After(a.until) {
			delete(r.open, of)
		}
	}
	r.open[user+channel] = replyAddress{hook: hook, left: repliesEach, until: now.Add(repliesFor)}
}

// take uses an answer address once.
func (r *replies) take(user, channel string) (hook string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.open[user+channel]
	if !ok || a.left == 0 || time.Now().After(a.until) {
		delete(r.open, user+channel)
		return "", false
	}
	a.left--
	r.open[user+channel] = a
	return a.hook, true
}

// Whisper shows a post to one person, who has done something there.
func (c *Chat) Whisper(ctx context.Context, room bot.RoomID, to bot.UserID, p bot.Post) error {
	channel, err := c.channelID(ctx, room)
	if err != nil {
		return beforeSending(err)
	}
	return c.privately(ctx, channel, "", to.Rest(), p)
}

// privately shows a post to one person in the first way that works.
func (c *Chat) privately(ctx context.Context, channel, root, user string, p bot.Post) error {
	if ch, err := c.channel(ctx, channel); err == nil {
		if _, ours := c.with(ch); ours {
			return c.directly(ctx, channel, root, user, p)
		}
	}
	at := c.toPerson(ctx, channel, user)
	at.once = true
	r := c.render(ctx, p, at)
	if c.mayWhisper() {
		post := outgoingPost{Channel: channel, Root: root, Message: r.Message, Props: r.props("", "")}
		err := c.send(ctx, http.MethodPost, "/posts/ephemeral", map[string]any{"user_id": user, "post": post}, nil)
		if statusOf(err) != http.StatusForbidden {
			return err
		}
		c.mayNotWhisper()
	}
	if hook, ok := c.replies.take(user, channel); ok {
		err := c.sendTo(ctx, http.MethodPost, c.o.URL+"/hooks/commands/"+url.PathEscape(hook), commandAnswer(r), nil)
		var send *bot.SendError
		if err == nil || errors.As(err, &send) && send.Outcome == bot.Unsure {
			return err
		}
	}
	dm, err := c.channelID(ctx, bot.UserID(c.id(user)).Direct())
	if err != nil {
		return beforeSending(err)
	}
	return c.directly(ctx, dm, "", user, p)
}

// directly posts in a person's direct messages, where everything is private.
func (c *Chat) directly(ctx context.Context, channel, root, user string, p bot.Post) error {
	r := c.render(ctx, p, c.toPerson(ctx, channel, user))
	return c.send(ctx, http.MethodPost, "/posts", outgoingPost{Channel: channel, Root: root, Message: r.Message, Props: r.props("", "")}, nil)
}

func (c *Chat) mayWhisper() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().After(c.noEphemeral)
}

func (c *Chat) mayNotWhisper() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noEphemeral = time.Now().Add(askAgain)
}

// commandAnswer is a private answer to a command. It is never in_channel: that
// would be said in the person's name, and show what its buttons carry.
func commandAnswer(r rendered) model.CommandResponse {
	return model.CommandResponse{ResponseType: model.CommandResponseTypeEphemeral, Text: r.Message, Attachments: r.Attachments, SkipSlackParsing: true}
}

// replyTo answers words that were addressed to the bot in a message.
func (c *Chat) replyTo(ctx context.Context, in bot.Inbound, channel string, r bot.Reply) {
	post := r.Post
	if r.Form != nil { // a form needs something pressed
		post = &bot.Post{Text: "That needs a few answers from you.", Buttons: []bot.Button{{Label: bot.ClipTo(r.Form.Title, 30), Command: r.Form.Command, Style: bot.Primary}}}
	}
	if post == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, callWithin)
	defer stop()
	if err := c.privately(ctx, channel, in.Thread.Rest(), in.From.Rest(), *post); err != nil {
		c.o.Log.Warn("answer not delivered", "platform", c.o.Name, "err", err)
	}
}
