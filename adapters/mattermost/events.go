package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// reaction is what somebody put under a post. As model.Reaction.
type reaction struct {
	UserID    string `json:"user_id"`
	PostID    string `json:"post_id"`
	EmojiName string `json:"emoji_name"`
	CreateAt  int64  `json:"create_at"`
	UpdateAt  int64  `json:"update_at"`
}

// eventData is what the events that matter carry. Posts and reactions are JSON
// written as strings inside the JSON.
type eventData struct {
	Post        string          `json:"post"`
	Reaction    string          `json:"reaction"`
	ChannelType string          `json:"channel_type"`
	ChannelName string          `json:"channel_name"`
	TeamID      string          `json:"team_id"`
	UserID      string          `json:"user_id"`
	ChannelID   string          `json:"channel_id"`
	User        json.RawMessage `json:"user"`
}

var errNoEvent = errors.New("an event of unknown shape")

// notice keeps what is known of people and rooms up to date. entered is the room
// that the bot is in from now on, where it heard nothing until then.
func (c *Chat) notice(f frame) (entered string) {
	var data eventData
	if json.Unmarshal(f.Data, &data) != nil {
		return ""
	}
	me := c.who().id
	switch f.Event {
	case "user_updated":
		var u struct{ ID string }
		if json.Unmarshal(data.User, &u) == nil {
			c.people.forget(u.ID)
		}
	case "channel_updated", "channel_created", "channel_deleted", "channel_restored", "channel_converted":
		c.rooms.forget(cmp.Or(data.ChannelID, f.Broadcast.ChannelID))
	case "user_added":
		if data.UserID == me {
			c.rooms.joined(f.Broadcast.ChannelID)
			return f.Broadcast.ChannelID
		}
	case "user_removed":
		// The one who was removed is told with the channel's id in data, the others with it in broadcast.
		if f.Broadcast.UserID == me || data.UserID == me {
			c.rooms.removed(cmp.Or(data.ChannelID, f.Broadcast.ChannelID))
		}
	}
	return ""
}

// inbound says an event in the core's words; with no Kind when there is nothing
// to say. An error means that the server could not be asked about it just now.
func (c *Chat) inbound(ctx context.Context, f frame) (in bot.Inbound, channel string, err error) {
	channel = f.room()
	var data eventData
	if err := json.Unmarshal(f.Data, &data); err != nil {
		c.leftOut(f, errNoEvent)
		return bot.Inbound{}, "", nil
	}
	switch f.Event {
	case "posted", "post_edited", "post_deleted":
		var p posted
		if json.Unmarshal([]byte(data.Post), &p) != nil || p.ID == "" {
			c.leftOut(f, errNoEvent)
			return in, "", nil
		}
		if data.ChannelType != "" {
			c.rooms.keep(channelFrom(p.ChannelID, data))
		}
		in, err = c.message(ctx, p, f.Event)
	case "reaction_added", "reaction_removed":
		var r reaction
		if json.Unmarshal([]byte(data.Reaction), &r) != nil || r.PostID == "" {
			c.leftOut(f, errNoEvent)
			return in, "", nil
		}
		kind := bot.Reacted
		if f.Event == "reaction_removed" {
			kind = bot.Unreacted
		}
		in, err = c.reacted(ctx, channel, r, kind)
	case "user_added":
		in, err = c.joined(ctx, channel, data.UserID)
	}
	if status := statusOf(err); status == http.StatusForbidden || status == http.StatusNotFound {
		c.leftOut(f, err) // it is about something that is not there for us any more
		return bot.Inbound{}, "", nil
	}
	return in, channel, err
}

func channelFrom(id string, data eventData) channel {
	return channel{ID: id, Team: data.TeamID, Type: data.ChannelType, Name: data.ChannelName}
}

func (c *Chat) leftOut(f frame, err error) {
	c.o.Log.Warn("an event was left out", "platform", c.o.Name, "event", f.Event, "err", err)
}

// message says what became of a person's message; with no Kind for those of bots
// and of the system.
func (c *Chat) message(ctx context.Context, p posted, event string) (bot.Inbound, error) {
	me := c.who()
	if p.UserID == me.id || !bySomebody(p) {
		return bot.Inbound{}, nil
	}
	by, err := c.user(ctx, p.UserID)
	if err != nil || by.IsBot {
		return bot.Inbound{}, err
	}
	ch, err := c.channel(ctx, p.ChannelID)
	if err != nil || !c.ours(ch) {
		return bot.Inbound{}, err
	}
	in := bot.Inbound{ID: c.id("msg/" + p.ID), Kind: bot.Message, Room: c.roomOf(ch), From: bot.UserID(c.id(p.UserID)),
		At: time.UnixMilli(p.CreateAt), Message: bot.MessageID(c.id(p.ID)), Thread: bot.MessageID(c.id(p.RootID)), Rev: revision(p.EditAt)}
	if by.ID != "" {
		in.People = []bot.Profile{c.profile(by)}
	}
	_, in.Direct = c.with(ch)
	switch {
	case event == "post_deleted" || p.DeleteAt != 0:
		in.Kind, in.ID, in.Rev = bot.Deleted, c.id("del/"+p.ID), ""
		if p.DeleteAt != 0 {
			in.At = time.UnixMilli(p.DeleteAt)
		} else {
			in.At = time.Now()
		}
		return in, nil
	case event == "post_edited" && p.EditAt == 0:
		return bot.Inbound{}, nil // pinned, or a preview came: not its words
	case event == "post_edited":
		in.Kind, in.ID, in.At = bot.Edited, c.id(fmt.Sprintf("edit/%s/%d", p.ID, p.EditAt)), time.UnixMilli(p.EditAt)
	}
	var named []bot.Profile
	in.Text, named = c.incoming(ctx, p.Message)
	in.People = append(in.People, named...)
	if mention := bot.Mention(bot.UserID(c.id(me.id))); strings.Contains(in.Text, mention) {
		in.Addressed = true
		if in.Kind == bot.Message {
			in.Text = strings.TrimSpace(strings.ReplaceAll(in.Text, mention, ""))
		}
	}
	return in, nil
}

// bySomebody tells a message that a person wrote from those of the system, of
// webhooks, of commands' public answers, and of programs.
func bySomebody(p posted) bool {
	// What burns when it is read is not for a transcript either.
	if p.OriginalID != "" || p.Type != "" && p.Type != model.PostTypeMe && p.Type != model.PostTypeMessageAttachment {
		return false
	}
	for _, made := range [...]string{"from_webhook", "from_bot", "from_plugin"} {
		if p.Props[made] == "true" || p.Props[made] == true {
			return false
		}
	}
	return true
}

// revision writes the moment of an edit so that it grows bytewise; a message as
// it was first said has none.
func revision(editAt int64) string {
	if editAt == 0 {
		return ""
	}
	return fmt.Sprintf("%015d", editAt)
}

func (c *Chat) reacted(ctx context.Context, channel string, r reaction, kind bot.InboundKind) (bot.Inbound, error) {
	if r.UserID == c.who().id {
		return bot.Inbound{}, nil
	}
	by, err := c.user(ctx, r.UserID)
	if err != nil || by.IsBot {
		return bot.Inbound{}, err
	}
	ch, err := c.channel(ctx, channel)
	if err != nil || !c.ours(ch) {
		return bot.Inbound{}, err
	}
	at := max(r.CreateAt, r.UpdateAt)
	in := bot.Inbound{ID: c.id(fmt.Sprintf("%s/%s/%s/%s/%d", kind, r.PostID, r.UserID, r.EmojiName, at)), Kind: kind, Room: c.roomOf(ch),
		From: bot.UserID(c.id(r.UserID)), At: time.UnixMilli(at), Message: bot.MessageID(c.id(r.PostID)), Reaction: r.EmojiName}
	if at == 0 {
		in.At = time.Now()
	}
	if by.ID != "" {
		in.People = []bot.Profile{c.profile(by)}
	}
	return in, nil
}

func (c *Chat) joined(ctx context.Context, channel, user string) (bot.Inbound, error) {
	if user == "" || user == c.who().id {
		return bot.Inbound{}, nil
	}
	by, err := c.user(ctx, user)
	if err != nil || by.IsBot || by.ID == "" {
		return bot.Inbound{}, err
	}
	ch, err := c.channel(ctx, channel)
	if err != nil || !c.ours(ch) {
		return bot.Inbound{}, err
	}
	return bot.Inbound{ID: c.id("join/" + channel + "/" + user), Kind: bot.Joined, Room: c.roomOf(ch),
		From: bot.UserID(c.id(user)), At: time.Now(), People: []bot.Profile{c.profile(by)}}, nil
}
