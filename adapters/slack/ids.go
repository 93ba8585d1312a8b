package slack

import (
	"context"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// A room is "defra:C012" or, for direct messages, "defra:@U012". A message is
// "defra:C012-1700000000.000100": Slack's ts is unique only within a channel.

// roomID is the room of a channel. who is the person in it when it is a direct
// one, or "" when the event does not tell.
func (c *Chat) roomID(channel, who string) bot.RoomID {
	if !isDirect(channel) {
		return bot.RoomID(c.platform + ":" + channel)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if who == "" {
		for user, direct := range c.directs {
			if direct == channel {
				who = user
			}
		}
	}
	if who == "" {
		return bot.RoomID(c.platform + ":" + channel)
	}
	return c.userID(who).Direct()
}

// meetIn notes whose direct messages a channel holds, from what that person says there.
func (c *Chat) meetIn(channel, who string) {
	if !isDirect(channel) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.directs[who] = channel
}

func (c *Chat) userID(user string) bot.UserID { return bot.UserID(c.platform + ":" + user) }

func (c *Chat) messageID(channel, ts string) bot.MessageID {
	if ts == "" {
		return ""
	}
	return bot.MessageID(c.platform + ":" + channel + "-" + ts)
}

// readMessage is the channel and the ts of a message; "" for what is none.
func readMessage(id bot.MessageID) (channel, ts string) {
	channel, ts, _ = strings.Cut(id.Rest(), "-")
	return channel, ts
}

func isDirect(channel string) bool { return strings.HasPrefix(channel, "D") }

// channelOf is where a room's messages are. A direct channel is asked for once.
func (c *Chat) channelOf(ctx context.Context, room bot.RoomID) (string, error) {
	who, direct := room.Person()
	if !direct {
		return room.Rest(), nil
	}
	user := who.Rest()
	c.mu.Lock()
	channel := c.directs[user]
	c.mu.Unlock()
	if channel != "" {
		return channel, nil
	}
	opened, _, _, err := c.api.OpenConversationContext(ctx, &slackapi.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.directs[user] = opened.ID
	return opened.ID, nil
}

// moment reads a ts: seconds since 1970, a dot, and six digits.
func moment(ts string) time.Time {
	whole, part, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	micros, _ := strconv.ParseInt((part + "000000")[:6], 10, 64)
	return time.Unix(seconds, micros*1000)
}

// stamp writes a moment as a ts, for asking what came after it.
func stamp(t time.Time) string {
	micros := max(0, t.UnixMicro())
	s := strconv.FormatInt(micros%1_000_000+1_000_000, 10)
	return strconv.FormatInt(micros/1_000_000, 10) + "." + s[1:]
}
