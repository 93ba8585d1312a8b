package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

// metadataType is the event type of what is kept with each of our posts.
const metadataType = "datahour_post"

// metadata is how a post is found again. Members can read it, so the key is kept
// as a fingerprint.
func metadata(key bot.Key, mark string) slackapi.SlackMetadata {
	return slackapi.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{"key": fingerprint(key), "mark": mark}}
}

func fingerprint(key bot.Key) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:12])
}

// content is a post as the Web API takes it.
func (c *Chat) content(p bot.Post) ([]slackapi.MsgOption, error) {
	blocks, text, err := c.render(p)
	if err != nil {
		return nil, &bot.SendError{Outcome: bot.Refused, Err: err}
	}
	// The text is made by our own writer, which escapes: slack-go's escaping
	// would spoil the date tokens, and without ours <!channel> would live.
	return []slackapi.MsgOption{slackapi.MsgOptionText(text, false), slackapi.MsgOptionBlocks(blocks...),
		slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl()}, nil
}

// uncalled is a post in which people are named and not mentioned: Slack notifies
// whoever is mentioned in a room, and bot.Mention promises that nobody is.
func (c *Chat) uncalled(ctx context.Context, room bot.RoomID, p bot.Post) bot.Post {
	if _, direct := room.Person(); direct {
		return p
	}
	words := func(text string) string {
		return bot.ReplaceTokens(text, func(t bot.Token) string {
			who := bot.UserID(t.ID)
			if t.Kind != "user" || who.Platform() != c.platform {
				return t.String()
			}
			if known, ok := c.profile(ctx, who.Rest()); ok {
				return bot.Plain(known.Name)
			}
			return "somebody"
		})
	}
	p.Text, p.Small, p.Fields = words(p.Text), words(p.Small), slices.Clone(p.Fields)
	for i := range p.Fields {
		p.Fields[i].Value = words(p.Fields[i].Value)
	}
	return p
}

// Post shows a post, once.
func (c *Chat) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	options, err := c.content(c.uncalled(ctx, room, p))
	if err != nil {
		return "", err
	}
	options = append(options, slackapi.MsgOptionMetadata(metadata(key, mark)))
	if _, ts := readMessage(thread); ts != "" {
		options = append(options, slackapi.MsgOptionTS(ts))
	}
	channel, err := c.target(ctx, room)
	if err != nil {
		return "", err
	}
	var ts string
	post := func(ctx context.Context) (err error) {
		channel, ts, err = c.api.PostMessageContext(ctx, channel, options...)
		return err
	}
	asked := channel
	if err = send(ctx, post); codeOf(err) == "not_in_channel" && c.join(ctx, asked) {
		channel = asked
		err = send(ctx, post) // the first had no effect
	}
	if err != nil {
		return "", err
	}
	if ts == "" {
		return "", &bot.SendError{Outcome: bot.Unsure, Err: errors.New("slack did not say which message it became")}
	}
	return c.messageID(channel, ts), nil
}

// target is the channel to post in. That it cannot be learnt means that nothing was sent.
func (c *Chat) target(ctx context.Context, room bot.RoomID) (string, error) {
	channel, err := c.channelOf(ctx, room)
	if err == nil {
		return channel, nil
	}
	out := &bot.SendError{Outcome: outcomeOf(err), Err: fmt.Errorf("opening direct messages: %w", wire.WithoutAddress(err))}
	if out.Outcome == bot.Unsure {
		out.Outcome = bot.NotSent
	}
	var limited *slackapi.RateLimitedError
	if errors.As(err, &limited) {
		out.RetryAfter = limited.RetryAfter
	}
	return "", out
}

// join enters a public channel, where the bot may do that by itself.
func (c *Chat) join(ctx context.Context, channel string) bool {
	_, _, _, err := c.api.JoinConversationContext(ctx, channel)
	if s := c.running.Load(); err == nil && s != nil {
		s.back(c.roomID(channel, ""))
	}
	return err == nil
}

// Edit changes a post of ours.
func (c *Chat) Edit(ctx context.Context, room bot.RoomID, id bot.MessageID, key bot.Key, mark string, p bot.Post) error {
	options, err := c.content(c.uncalled(ctx, room, p))
	if err != nil {
		return err
	}
	options = append(options, slackapi.MsgOptionMetadata(metadata(key, mark)))
	channel, ts := readMessage(id)
	return send(ctx, func(ctx context.Context) error {
		_, _, _, err := c.api.UpdateMessageContext(ctx, channel, ts, options...)
		return err
	})
}

// Delete removes a post of ours.
func (c *Chat) Delete(ctx context.Context, _ bot.RoomID, id bot.MessageID) error {
	channel, ts := readMessage(id)
	return send(ctx, func(ctx context.Context) error {
		_, _, err := c.api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
}

// Whisper shows a post to one person in a room; in their direct messages it is
// an ordinary message, since nobody else is there.
func (c *Chat) Whisper(ctx context.Context, room bot.RoomID, to bot.UserID, p bot.Post) error {
	return c.whisper(ctx, room, "", to, p)
}

func (c *Chat) whisper(ctx context.Context, room bot.RoomID, thread bot.MessageID, to bot.UserID, p bot.Post) error {
	options, err := c.content(p)
	if err != nil {
		return err
	}
	if _, ts := readMessage(thread); ts != "" {
		options = append(options, slackapi.MsgOptionTS(ts))
	}
	channel, err := c.target(ctx, room)
	if err != nil {
		return err
	}
	return send(ctx, func(ctx context.Context) error {
		if isDirect(channel) {
			_, _, err := c.api.PostMessageContext(ctx, channel, options...)
			return err
		}
		_, err := c.api.PostEphemeralContext(ctx, channel, to.Rest(), options...)
		return err
	})
}

const (
	findBack  = 7 * 24 * time.Hour // a post of which it is not known whether it stands is not older
	findPages = 20                 // of pageSize messages each
	pageSize  = 200                // Slack advises no more
)

// Find gives the posts of ours with this key, oldest first. It looks back a week.
// When there is too much to look through it is an error rather than an answer.
func (c *Chat) Find(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key) ([]bot.Found, error) {
	channel, err := c.channelOf(ctx, room)
	if err != nil {
		return nil, c.explain("opening direct messages", err)
	}
	if c.me() == (identity{}) {
		if err := c.identify(ctx); err != nil {
			return nil, err
		}
	}
	mine, wanted := c.me(), fingerprint(key)
	var found []bot.Found
	pages := 0
	err = c.eachPage(ctx, channel, thread, time.Now().Add(-findBack), func(page []slackapi.Message) error {
		for _, m := range page {
			ours := m.BotID != "" && m.BotID == mine.bot || m.User == mine.user
			if !ours || m.Metadata.EventType != metadataType || m.Metadata.EventPayload["key"] != wanted {
				continue
			}
			mark, _ := m.Metadata.EventPayload["mark"].(string)
			found = append(found, bot.Found{ID: c.messageID(channel, m.Timestamp), Mark: mark})
		}
		if pages++; pages >= findPages {
			return errors.New("there are too many messages to look through")
		}
		return nil
	})
	if err != nil {
		return nil, c.explain("looking for a post", err)
	}
	sortFound(found)
	return found, nil
}
