package slack

import (
	"cmp"
	"context"
	"slices"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// threadsBack is how far before a gap the first message of a thread may lie that
// has replies from within the gap. A data hour is shorter.
const threadsBack = 24 * time.Hour

// eachPage hands in the messages of a channel, or of a thread, since an instant:
// newest page first in a channel, oldest first in a thread, which is how Slack
// gives them.
func (c *Chat) eachPage(ctx context.Context, channel string, thread bot.MessageID, since time.Time, page func([]slackapi.Message) error) error {
	_, under := readMessage(thread)
	for cursor := ""; ; {
		var messages []slackapi.Message
		var next string
		err := read(ctx, func() (err error) {
			if under != "" {
				messages, _, next, err = c.api.GetConversationRepliesContext(ctx, &slackapi.GetConversationRepliesParameters{
					ChannelID: channel, Timestamp: under, Oldest: stamp(since), Inclusive: true, Limit: pageSize, Cursor: cursor, IncludeAllMetadata: true})
				if codeOf(err) == "thread_not_found" { // it went with its first message
					err = nil
				}
				return err
			}
			answer, err := c.api.GetConversationHistoryContext(ctx, &slackapi.GetConversationHistoryParameters{
				ChannelID: channel, Oldest: stamp(since), Inclusive: true, Limit: pageSize, Cursor: cursor, IncludeAllMetadata: true})
			if err == nil {
				messages, next = answer.Messages, answer.ResponseMetaData.NextCursor
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := page(messages); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// History hands in what people said since an instant, oldest first, each message
// as it is now. What was deleted is known only of messages that this process
// handed in before, and of those that left a thread behind.
func (c *Chat) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	channel, err := c.channelOf(ctx, room)
	if err != nil {
		return c.explain("opening direct messages", err)
	}
	asked := time.Now()
	all, err := c.standing(ctx, channel, since)
	if codeOf(err) == "not_in_channel" && c.join(ctx, channel) {
		all, err = c.standing(ctx, channel, since)
	}
	if err != nil {
		return c.explain("reading the history of "+string(room), err)
	}
	there := map[string]bool{}
	for _, m := range all {
		there[m.Timestamp] = true
		for _, in := range c.remembered(ctx, channel, m, since) {
			if err := hear(in); err != nil {
				return err
			}
		}
	}
	for _, s := range c.missing(channel, since, asked, there) {
		in := bot.Inbound{ID: c.deed("deleted", channel, s.ts), Kind: bot.Deleted, Room: room, From: s.from, At: asked,
			Message: c.messageID(channel, s.ts), Thread: s.thread}
		if err := hear(in); err != nil {
			return err
		}
	}
	return nil
}

// standing are the messages of a channel that matter since an instant, threads
// included, in the order in which they were said.
func (c *Chat) standing(ctx context.Context, channel string, since time.Time) ([]slackapi.Message, error) {
	from := stamp(since)
	var all []slackapi.Message
	var threads []string
	err := c.eachPage(ctx, channel, "", since.Add(-threadsBack), func(page []slackapi.Message) error {
		for _, m := range page {
			if m.Timestamp >= from || m.Edited != nil && m.Edited.Timestamp >= from {
				all = append(all, m)
			}
			if m.ReplyCount > 0 && (m.LatestReply == "" || m.LatestReply >= from) {
				threads = append(threads, m.Timestamp)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, first := range threads {
		err := c.eachPage(ctx, channel, c.messageID(channel, first), since, func(page []slackapi.Message) error {
			for _, m := range page {
				if m.Timestamp != first { // Slack gives the first message with every page
					all = append(all, m)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b slackapi.Message) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	return slices.CompactFunc(all, func(a, b slackapi.Message) bool { return a.Timestamp == b.Timestamp }), nil // a reply may be shown in the channel too
}

// remembered says a message of the history in the core's words.
func (c *Chat) remembered(ctx context.Context, channel string, m slackapi.Message, since time.Time) []bot.Inbound {
	e := messageEvent{Channel: channel, User: m.User, BotID: m.BotID, Subtype: m.SubType, Text: m.Text, TS: m.Timestamp, ThreadTS: m.ThreadTimestamp, Blocks: m.Blocks.BlockSet}
	if m.Edited != nil {
		e.Edited = &editedBy{User: m.Edited.User, TS: m.Edited.Timestamp}
	}
	if e.Subtype == "tombstone" {
		return []bot.Inbound{c.deletion(e)}
	}
	said, ok := c.saying(e)
	if !ok {
		return nil
	}
	said.People = c.profiles(ctx, said)
	all := []bot.Inbound{said}
	if said.Rev != "" {
		edit := said
		edit.Kind, edit.ID = bot.Edited, c.deed("edit", channel, e.TS, said.Rev)
		if said.At.Before(since) {
			all = all[:0] // heard before; only its edit is new
		}
		all = append(all, edit)
	}
	for _, r := range m.Reactions {
		for _, who := range r.Users {
			if who == c.me().user {
				continue
			}
			all = append(all, bot.Inbound{ID: c.deed("reacted", channel, e.TS, who, r.Name), Kind: bot.Reacted, Room: said.Room,
				From: c.userID(who), At: said.At, Message: said.Message, Thread: said.Thread, Reaction: reactionName(r.Name)})
		}
	}
	return all
}

// spoken is a message that was handed in.
type spoken struct {
	ts     string
	from   bot.UserID
	thread bot.MessageID
}

// spokenKept is how many messages of a channel are remembered.
const spokenKept = 2000

// remember keeps that a message was handed in, or forgets one that was deleted.
func (c *Chat) remember(in bot.Inbound) {
	channel, ts := readMessage(in.Message)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch in.Kind {
	case bot.Message:
		all := append(c.said[channel], spoken{ts: ts, from: in.From, thread: in.Thread})
		c.said[channel] = all[max(0, len(all)-spokenKept):]
	case bot.Deleted:
		c.said[channel] = slices.DeleteFunc(c.said[channel], func(s spoken) bool { return s.ts == ts })
	}
}

// missing are the messages that were handed in and stood between two instants,
// and are there no more.
func (c *Chat) missing(channel string, since, until time.Time, there map[string]bool) []spoken {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, to := stamp(since), stamp(until)
	var gone []spoken
	for _, s := range c.said[channel] {
		if s.ts >= from && s.ts < to && !there[s.ts] {
			gone = append(gone, s)
		}
	}
	return gone
}

func sortFound(found []bot.Found) {
	slices.SortFunc(found, func(a, b bot.Found) int { return cmp.Compare(a.ID, b.ID) })
}
