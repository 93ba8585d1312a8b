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
// as it is now, and what else the history tells: edits and reactions of messages
// up to a day older. What is there no more, message or reaction, is known of
// what was handed in before.
func (c *Chat) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	channel, err := c.channelOf(ctx, room)
	if err != nil {
		return c.explain("opening direct messages", err)
	}
	asked := time.Now()
	before, young := c.recall(channel) // what is handed in meanwhile is not looked for
	p, err := c.readPast(ctx, channel, since, before)
	if codeOf(err) == "not_in_channel" && c.join(ctx, channel) {
		p, err = c.readPast(ctx, channel, since, before)
	}
	if err != nil {
		return c.explain("reading the history of "+string(room), err)
	}
	var all []bot.Inbound
	for _, m := range p.messages {
		all = append(all, c.told(ctx, channel, m, stamp(since), before)...)
	}
	for _, r := range p.takenBack(before) {
		all = append(all, bot.Inbound{ID: c.deed("unreacted", channel, r.ts, r.who, r.name, stamp(asked)), Kind: bot.Unreacted, Room: room,
			From: c.userID(r.who), At: asked, Message: c.messageID(channel, r.ts), Reaction: r.name})
	}
	for _, s := range p.gone(before) {
		all = append(all, bot.Inbound{ID: c.deed("deleted", channel, s.ts), Kind: bot.Deleted, Room: room, From: s.from, At: asked,
			Message: c.messageID(channel, s.ts), Thread: c.messageID(channel, s.thread)})
	}
	for _, in := range all {
		if err := hear(in); err != nil {
			return err
		}
		c.remember(in)
	}
	if s := c.running.Load(); s != nil && len(p.gone(young))+len(p.takenBack(young)) > 0 {
		s.goes(func() {
			pause(s.ctx, c.lag)
			s.catchUp(room)
		})
	}
	return nil
}

// past is what was read of a channel.
type past struct {
	back     string             // since then it is whole, but for threads that are unread
	messages []slackapi.Message // in the order in which they were said, replies among them
	unread   map[string]bool    // threads, by the ts of their first message
}

// readPast reads a channel back to a day before an instant, and the threads in
// which something was said since or is gone: one call for each, so that a room
// with many old threads does not hold up what is said now.
func (c *Chat) readPast(ctx context.Context, channel string, since time.Time, before recalled) (*past, error) {
	back, from := since.Add(-threadsBack), stamp(since)
	p := &past{back: stamp(back), unread: map[string]bool{}}
	var threads []string
	err := c.eachPage(ctx, channel, "", back, func(page []slackapi.Message) error {
		p.messages = append(p.messages, page...)
		for _, m := range page {
			switch {
			case m.ReplyCount == 0:
			case m.LatestReply == "" || m.LatestReply >= from || m.ReplyCount < before.replies(m.Timestamp):
				threads = append(threads, m.Timestamp)
			default:
				p.unread[m.Timestamp] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, first := range threads {
		err := c.eachPage(ctx, channel, c.messageID(channel, first), back, func(page []slackapi.Message) error {
			for _, m := range page {
				if m.Timestamp != first { // Slack gives the first message with every page
					p.messages = append(p.messages, m)
				}
			}
			return nil
		})
		if noThreads[codeOf(err)] { // the channel was read with the same token
			c.log.Warn("Slack lets the bot read no threads; what was said in them meanwhile is not caught up", "err", err)
			p.unread[first] = true
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(p.messages, func(a, b slackapi.Message) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	p.messages = slices.CompactFunc(p.messages, func(a, b slackapi.Message) bool { return a.Timestamp == b.Timestamp }) // a reply may be shown in the channel too
	return p, nil
}

// noThreads are the refusals that Slack's page on conversations.replies lets
// expect of a bot's token. In practice it reads the threads of channels that the
// bot is in.
var noThreads = map[string]bool{"not_allowed_token_type": true, "missing_scope": true, "no_permission": true}

// told says a message of the history in the core's words. Of one from before the
// gap only what is new is told.
func (c *Chat) told(ctx context.Context, channel string, m slackapi.Message, from string, before recalled) []bot.Inbound {
	e := messageEvent{Channel: channel, User: m.User, BotID: m.BotID, Subtype: m.SubType, Text: m.Text, TS: m.Timestamp, ThreadTS: m.ThreadTimestamp, Blocks: m.Blocks.BlockSet}
	if m.Edited != nil {
		e.Edited = &editedBy{User: m.Edited.User, TS: m.Edited.Timestamp}
	}
	old := e.TS < from
	if e.Subtype == "tombstone" {
		if old && !before.knows(e.TS) {
			return nil
		}
		return []bot.Inbound{c.deletion(e)}
	}
	var all []bot.Inbound
	said, ok := c.saying(e)
	if ok && old {
		c.remember(said) // perhaps another process handed it in
	}
	if ok && (!old || said.Rev >= from) {
		said.People = c.profiles(ctx, said)
		edit := said
		edit.Kind, edit.ID = bot.Edited, c.deed("edit", channel, e.TS, said.Rev)
		if !old {
			all = append(all, said)
		}
		if said.Rev != "" {
			all = append(all, edit)
		}
	}
	for _, r := range m.Reactions {
		for _, who := range r.Users {
			in := bot.Inbound{ID: c.deed("reacted", channel, e.TS, who, r.Name), Kind: bot.Reacted, Room: c.roomID(channel, who), From: c.userID(who),
				At: moment(e.TS), Message: c.messageID(channel, e.TS), Reaction: reactionName(r.Name)}
			if who != c.me().user && !(old && before.has(reactionOf(in))) {
				all = append(all, in)
			}
		}
	}
	return all
}

// takenBack are the reactions that were handed in and are there no more.
func (p *past) takenBack(before recalled) []seen {
	there, read := map[reaction]bool{}, map[string]bool{}
	for _, m := range p.messages {
		read[m.Timestamp] = true
		for _, r := range m.Reactions {
			for _, who := range r.Users {
				there[reaction{m.Timestamp, who, reactionName(r.Name)}] = true
			}
		}
	}
	return slices.DeleteFunc(before.reacted, func(r seen) bool { return !read[r.ts] || there[r.reaction] })
}

// gone are the messages that were handed in and are there no more.
func (p *past) gone(before recalled) []spoken {
	there := map[string]bool{}
	for _, m := range p.messages {
		there[m.Timestamp] = true
	}
	return slices.DeleteFunc(before.said, func(s spoken) bool {
		return there[s.ts] || s.ts < p.back || s.thread != "" && (s.thread < p.back || p.unread[s.thread])
	})
}

func sortFound(found []bot.Found) {
	slices.SortFunc(found, func(a, b bot.Found) int { return cmp.Compare(a.ID, b.ID) })
}
