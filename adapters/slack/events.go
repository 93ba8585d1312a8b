package slack

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// callback is an event of the Events API, as it comes through socket or HTTP. Its
// event_id is not read: the same deed may come again under another one.
type callback struct {
	Type      string
	Challenge string
	Event     json.RawMessage
}

// event is what of all events is read to tell them apart.
type event struct {
	Type     string
	Channel  json.RawMessage // an id or an object, by type
	User     json.RawMessage
	Tab      string
	Reaction string
	EventTS  string `json:"event_ts"`
	Item     struct{ Type, Channel, TS string }
	ItemUser string `json:"item_user"`
}

type editedBy struct {
	User string
	TS   string
}

// messageEvent is a message of a person or an app, or a change of one.
type messageEvent struct {
	Subtype     string
	Channel     string
	ChannelType string `json:"channel_type"`
	User        string
	BotID       string `json:"bot_id"`
	Text        string
	TS          string
	ThreadTS    string `json:"thread_ts"`
	EventTS     string `json:"event_ts"`
	DeletedTS   string `json:"deleted_ts"`
	Hidden      bool
	Edited      *editedBy
	RawBlocks   json.RawMessage  `json:"blocks"`
	Blocks      []slackapi.Block `json:"-"` // of the history, where slack-go has read them
	Message     *messageEvent
	Previous    *messageEvent `json:"previous_message"`
}

// inbound says an event in the core's words; false for one that says nothing to
// the core, unknown ones among them.
func (c *Chat) inbound(raw json.RawMessage) (bot.Inbound, bool) {
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return bot.Inbound{}, false
	}
	switch e.Type {
	case "message":
		var m messageEvent
		if json.Unmarshal(raw, &m) != nil {
			return bot.Inbound{}, false
		}
		return c.message(m)
	case "reaction_added", "reaction_removed":
		return c.reaction(e)
	case "member_joined_channel":
		who, channel := word(e.User), word(e.Channel)
		if who == "" || channel == "" {
			return bot.Inbound{}, false
		}
		return bot.Inbound{ID: c.deed("joined", channel, who, e.EventTS), Kind: bot.Joined, Room: c.roomID(channel, who),
			From: c.userID(who), At: c.when(e.EventTS)}, true
	}
	return bot.Inbound{}, false
}

// invited is the room that the bot itself came into.
func (c *Chat) invited(raw json.RawMessage) (bot.RoomID, bool) {
	var e event
	if json.Unmarshal(raw, &e) != nil || e.Type != "member_joined_channel" || word(e.User) == "" || word(e.User) != c.me().user {
		return "", false
	}
	return c.roomID(word(e.Channel), ""), true
}

func word(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // an object instead is of no use here
	return s
}

// deed names the thing done.
func (c *Chat) deed(kind string, parts ...string) string {
	return c.platform + ":" + kind + ":" + strings.Join(parts, ":")
}

// when is the moment of a ts, and now for an event that has none.
func (c *Chat) when(ts string) time.Time {
	if at := moment(ts); !at.IsZero() {
		return at
	}
	return time.Now()
}

func (c *Chat) message(m messageEvent) (bot.Inbound, bool) {
	switch m.Subtype {
	case "message_changed":
		return c.change(m)
	case "message_deleted":
		old := m.Previous
		if old == nil {
			old = &messageEvent{}
		}
		if old.TS == "" {
			old.TS = m.DeletedTS
		}
		if old.TS == "" || c.byApp(*old) {
			return bot.Inbound{}, false
		}
		old.Channel, old.EventTS = m.Channel, m.EventTS
		return c.deletion(*old), true
	}
	return c.saying(m)
}

// said are the subtypes with which people say something; other ones tell of
// joins, topics and the like.
var said = map[string]bool{"": true, "thread_broadcast": true, "file_share": true, "me_message": true}

// saying is a message that a person wrote.
func (c *Chat) saying(m messageEvent) (bot.Inbound, bool) {
	if !said[m.Subtype] || m.TS == "" || m.User == "" || c.byApp(m) {
		return bot.Inbound{}, false
	}
	c.meetIn(m.Channel, m.User)
	text := c.words(m)
	in := bot.Inbound{ID: c.deed("msg", m.Channel, m.TS), Kind: bot.Message, Room: c.roomID(m.Channel, m.User), From: c.userID(m.User),
		At: moment(m.TS), Text: text, Message: c.messageID(m.Channel, m.TS), Direct: isDirect(m.Channel) || m.ChannelType == "im"}
	if m.ThreadTS != m.TS {
		in.Thread = c.messageID(m.Channel, m.ThreadTS)
	}
	if m.Edited != nil {
		in.Rev = m.Edited.TS
	}
	// Only at the beginning: "thanks @Data Hour" is said to the room.
	mention := bot.Mention(c.userID(c.me().user))
	if rest, ok := strings.CutPrefix(strings.TrimSpace(text), mention); ok {
		in.Text, in.Addressed = strings.TrimSpace(strings.TrimLeft(rest, ":, ")), true
	}
	return in, true
}

// byApp tells whether a message is an app's, our own among them, or Slack's.
func (c *Chat) byApp(m messageEvent) bool {
	me := c.me()
	return m.BotID != "" || m.User != "" && m.User == me.user || m.Subtype == "bot_message" || m.User == "USLACKBOT" && m.Subtype != "tombstone"
}

// change is an edit; or the deletion of a message with replies, which leaves a
// tombstone; or nothing that a person did, as when Slack unfolds a link.
func (c *Chat) change(m messageEvent) (bot.Inbound, bool) {
	now, before := m.Message, m.Previous
	if now == nil || now.TS == "" {
		return bot.Inbound{}, false
	}
	now.Channel, now.ChannelType = m.Channel, m.ChannelType
	if now.Subtype == "tombstone" {
		if before == nil || c.byApp(*before) {
			return bot.Inbound{}, false
		}
		now.User, now.EventTS = before.User, m.EventTS
		return c.deletion(*now), true
	}
	if now.Edited == nil || before != nil && before.Edited != nil && before.Edited.TS == now.Edited.TS {
		return bot.Inbound{}, false
	}
	in, ok := c.saying(*now)
	if !ok {
		return bot.Inbound{}, false
	}
	in.Kind, in.ID, in.At = bot.Edited, c.deed("edit", m.Channel, now.TS, now.Edited.TS), moment(now.Edited.TS)
	return in, true
}

// deletion says that a message is gone. Whose it was is not always told.
func (c *Chat) deletion(m messageEvent) bot.Inbound {
	if m.User == "USLACKBOT" { // who stands for the author of what is gone
		m.User = ""
	}
	in := bot.Inbound{ID: c.deed("deleted", m.Channel, m.TS), Kind: bot.Deleted, Room: c.roomID(m.Channel, m.User), At: c.when(m.EventTS),
		Message: c.messageID(m.Channel, m.TS)}
	if m.User != "" {
		in.From = c.userID(m.User)
	}
	if m.ThreadTS != m.TS {
		in.Thread = c.messageID(m.Channel, m.ThreadTS)
	}
	return in
}

func (c *Chat) reaction(e event) (bot.Inbound, bool) {
	who := word(e.User)
	if e.Item.Type != "message" || who == "" || who == c.me().user {
		return bot.Inbound{}, false
	}
	kind := bot.Reacted
	if e.Type == "reaction_removed" {
		kind = bot.Unreacted
	}
	return bot.Inbound{ID: c.deed(string(kind), e.Item.Channel, e.Item.TS, who, e.Reaction, e.EventTS), Kind: kind, Room: c.roomID(e.Item.Channel, who),
		From: c.userID(who), At: c.when(e.EventTS), Message: c.messageID(e.Item.Channel, e.Item.TS), Reaction: reactionName(e.Reaction)}, true
}

// reactionName leaves out the skin tone: a thumb is a thumb.
func reactionName(name string) string {
	name, _, _ = strings.Cut(strings.Trim(name, ":"), "::")
	return name
}

// words are a message's words in plain text with the core's tokens: from its
// rich text where it has one, which is exact, else from its mrkdwn.
func (c *Chat) words(m messageEvent) string {
	raw := m.RawBlocks
	if raw == nil && m.Blocks != nil {
		raw, _ = json.Marshal(m.Blocks)
	}
	if text, ok := c.fromRichText(raw); ok {
		return text
	}
	return c.fromMrkdwn(m.Text)
}

// profiles are those of a deed's author and of everybody mentioned.
func (c *Chat) profiles(ctx context.Context, in bot.Inbound) []bot.Profile {
	var all []bot.Profile
	add := func(u bot.UserID) {
		if u == "" || u.Platform() != c.platform {
			return
		}
		if p, ok := c.profile(ctx, u.Rest()); ok {
			all = append(all, p)
		}
	}
	add(in.From)
	bot.ReplaceTokens(in.Text, func(t bot.Token) string {
		if t.Kind == "user" && bot.UserID(t.ID) != in.From && len(all) < 10 {
			add(bot.UserID(t.ID))
		}
		return ""
	})
	return all
}
