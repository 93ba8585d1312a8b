package playground

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"datahour/bot"
)

// message is a person's message in the history.
type message struct {
	ID, By, Name, Text, Thread string
	DeletedBy                  string
	At, Changed                time.Time
	Rev                        int
	Edited, Deleted            bool
	Reactions                  []struct {
		Name   string
		People []string
	}
}

// History hands in what people wrote, edited, deleted and reacted with since an
// instant: each message as it is now.
func (c *Chat) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	since = since.UTC().Truncate(time.Millisecond) // as the world counts
	for {
		var answer struct {
			Posts []message
			More  bool
		}
		query := url.Values{"room": {room.Rest()}, "since": {since.Format(time.RFC3339Nano)}}
		if err := c.call(ctx, http.MethodGet, "/history?"+query.Encode(), nil, &answer); err != nil {
			return fmt.Errorf("reading the history of %s: %w", room, err)
		}
		for _, m := range answer.Posts {
			for _, in := range c.remembered(room, m) {
				if err := hear(in); err != nil {
					return err
				}
			}
		}
		if !answer.More || len(answer.Posts) == 0 {
			return nil
		}
		// The last moment is asked for again, since it need not have been over. A
		// page that holds nothing else is that moment whole.
		last := answer.Posts[len(answer.Posts)-1].Changed
		if !last.After(since) {
			last = since.Add(time.Millisecond)
		}
		since = last
	}
}

// remembered says a message of the history in the core's words. One that
// addressed the bot was a command and is none of what people said; it comes
// again through the socket as long as it was not run.
func (c *Chat) remembered(room bot.RoomID, m message) []bot.Inbound {
	in := bot.Inbound{ID: c.id("message/" + m.ID), Kind: bot.Message, Room: room, From: bot.UserID(c.id(m.By)), At: m.At,
		Text: c.incoming(m.Text), Message: bot.MessageID(c.id(m.ID)), Thread: bot.MessageID(c.id(m.Thread)), Rev: revision(m.Rev)}
	if m.Name != "" {
		in.People = []bot.Profile{{User: in.From, Name: m.Name}}
	}
	in.People = append(in.People, c.people.mentioned(in.Text)...)
	if m.Deleted {
		in.Kind, in.ID, in.At, in.People = bot.Deleted, c.id("deleted/"+m.ID), m.Changed, nil
		in.From = bot.UserID(c.id(cmp.Or(m.DeletedBy, m.By)))
		return []bot.Inbound{in}
	}
	var all []bot.Inbound
	if _, addressed := c.toBot(in.Text); !addressed {
		all = append(all, in)
	}
	if m.Edited {
		edited := in
		edited.Kind, edited.ID, edited.At = bot.Edited, c.id(fmt.Sprintf("edited/%s/%d", m.ID, m.Rev)), m.Changed
		all = append(all, edited)
	}
	for _, r := range m.Reactions {
		for _, who := range r.People {
			all = append(all, bot.Inbound{ID: c.id("reacted/" + m.ID + "/" + who + "/" + r.Name), Kind: bot.Reacted, Room: room,
				From: bot.UserID(c.id(who)), At: m.Changed, Message: in.Message, Thread: in.Thread, Reaction: r.Name})
		}
	}
	return all
}
