package bottest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datahour/bot"
)

// Command is a person typing a slash command, without its slash. A user of the
// platform "web" is a visitor. It gives the private answer.
func (h *Harness) Command(u bot.UserID, room bot.RoomID, line string) bot.Reply {
	h.Helper()
	return h.answer(bot.Inbound{Kind: bot.Command, From: u, Room: room, Text: line})
}

// Mention is a person saying something to the bot by mention, in a room or,
// when thread is not empty, in a thread.
func (h *Harness) Mention(u bot.UserID, room bot.RoomID, thread bot.MessageID, line string) bot.Reply {
	h.Helper()
	return h.answer(bot.Inbound{Kind: bot.Message, From: u, Room: room, Text: line, Thread: thread, Message: h.newMessage(u), Addressed: true})
}

// Press is a person pressing the button, or choosing the option, with a label:
// in the last private answer, in what was whispered to them in the room, or in a
// post there, the newest first. The test fails when there is none.
func (h *Harness) Press(u bot.UserID, room bot.RoomID, label string) bot.Reply {
	h.Helper()
	if p := h.private[u].Post; p != nil {
		if line, ok := command(*p, label); ok {
			return h.press(u, room, line, "")
		}
	}
	if h.chats[u.Platform()] != nil {
		whispers := h.Whispers(u)
		for i := len(whispers) - 1; i >= 0; i-- {
			if line, ok := command(whispers[i].Post, label); ok && whispers[i].Room == room {
				return h.press(u, room, line, whispers[i].ID)
			}
		}
	}
	posts := h.Posts(room)
	for i := len(posts) - 1; i >= 0; i-- {
		if line, ok := command(posts[i].Post, label); ok {
			return h.press(u, room, line, posts[i].ID)
		}
	}
	h.Fatalf("%s sees no button %q in %s", u, label, room)
	return bot.Reply{}
}

func (h *Harness) press(u bot.UserID, room bot.RoomID, line string, on bot.MessageID) bot.Reply {
	h.Helper()
	return h.answer(bot.Inbound{Kind: bot.Command, From: u, Room: room, Text: line, Message: on, Pressed: true})
}

// command finds the line behind a button or an option.
func command(p bot.Post, label string) (string, bool) {
	for _, b := range p.Buttons {
		if b.Label == label && b.Command != "" {
			return b.Command, true
		}
	}
	if p.Select != nil {
		for _, o := range p.Select.Options {
			if o.Label == label {
				return p.Select.Command + " " + o.Value, true
			}
		}
	}
	return "", false
}

// Submit is a person submitting the form that the last answer opened, with
// values in place of those that it was filled with.
func (h *Harness) Submit(u bot.UserID, room bot.RoomID, values map[string]string) bot.Reply {
	h.Helper()
	form := h.private[u].Form
	if form == nil {
		h.Fatalf("no form is open for %s", u)
	}
	filled := map[string]string{}
	for _, f := range form.Fields {
		filled[f.Name] = f.Value
	}
	for name := range values {
		if _, there := filled[name]; !there {
			h.Fatalf("the form %q has no field %q", form.Title, name)
		}
	}
	maps.Copy(filled, values)
	reply := h.answer(bot.Inbound{Kind: bot.Command, From: u, Room: room, Text: form.Command, Form: filled})
	if reply.Errors != nil { // it stays open
		h.private[u] = bot.Reply{Form: form}
	}
	return reply
}

// Say is a person saying something in a room. It gives the message's id.
func (h *Harness) Say(u bot.UserID, room bot.RoomID, text string) bot.MessageID {
	h.Helper()
	return h.Reply(u, room, "", text)
}

// Reply is a person saying something in the thread of a message.
func (h *Harness) Reply(u bot.UserID, room bot.RoomID, thread bot.MessageID, text string) bot.MessageID {
	h.Helper()
	id := h.newMessage(u)
	h.said(bot.Inbound{Kind: bot.Message, From: u, Room: room, Thread: thread, Message: id, Text: text})
	return id
}

// Edit is a person changing a message of theirs.
func (h *Harness) Edit(u bot.UserID, room bot.RoomID, id bot.MessageID, text string) {
	h.Helper()
	h.said(bot.Inbound{Kind: bot.Edited, From: u, Room: room, Message: id, Text: text, Rev: fmt.Sprintf("%08d", h.inbound+1)})
}

// Delete is a person removing a message.
func (h *Harness) Delete(u bot.UserID, room bot.RoomID, id bot.MessageID) {
	h.Helper()
	h.said(bot.Inbound{Kind: bot.Deleted, From: u, Room: room, Message: id})
}

// React is a person adding a reaction ("thumbsup") to a message.
func (h *Harness) React(u bot.UserID, room bot.RoomID, id bot.MessageID, reaction string) {
	h.Helper()
	h.said(bot.Inbound{Kind: bot.Reacted, From: u, Room: room, Message: id, Reaction: reaction})
}

// Unreact is a person taking a reaction back.
func (h *Harness) Unreact(u bot.UserID, room bot.RoomID, id bot.MessageID, reaction string) {
	h.Helper()
	h.said(bot.Inbound{Kind: bot.Unreacted, From: u, Room: room, Message: id, Reaction: reaction})
}

// Join is a person joining a room.
func (h *Harness) Join(u bot.UserID, room bot.RoomID) {
	h.Helper()
	h.said(bot.Inbound{Kind: bot.Joined, From: u, Room: room})
}

// said keeps what a person did in the platform's history and hands it in. While
// the bot is stopped it is only in the history.
func (h *Harness) said(in bot.Inbound) {
	h.Helper()
	in = h.fill(in)
	c := h.Chat(in.Room.Platform())
	c.mu.Lock()
	c.past = append(c.past, in)
	c.mu.Unlock()
	if h.stop == nil {
		return
	}
	if _, err := c.Hand(context.Background(), in); err != nil {
		h.Errorf("%s of %s was not taken: %v", in.Kind, in.From, err)
	}
	h.settle()
}

// answer hands in a command and keeps its private answer.
func (h *Harness) answer(in bot.Inbound) bot.Reply {
	h.Helper()
	in = h.fill(in)
	hand := h.Bot.Receive
	if c := h.chats[in.From.Platform()]; c != nil {
		hand = c.Hand
	}
	reply, err := hand(context.Background(), in)
	if err != nil {
		h.Fatalf("%q of %s was not taken: %v", in.Text, in.From, err)
	}
	if reply.Post != nil || reply.Form != nil {
		h.private[in.From] = reply
	}
	h.settle()
	return reply
}

// fill adds what every platform tells with an Inbound.
func (h *Harness) fill(in bot.Inbound) bot.Inbound {
	h.inbound++
	in.ID = fmt.Sprintf("%s:%s:%d", in.Kind, in.Room, h.inbound)
	if in.Kind == bot.Command && !in.Pressed { // platforms number what is typed, and do not say where
		in.ID = fmt.Sprintf("%s:%d", in.Kind, h.inbound)
	}
	in.At = h.Now()
	_, in.Direct = in.Room.Person()
	c := h.chats[in.From.Platform()]
	if c == nil {
		return in
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in.People = append(in.People, c.profile(in.From))
	bot.ReplaceTokens(in.Text, func(t bot.Token) string {
		if u := bot.UserID(t.ID); t.Kind == "user" && u.Platform() == c.platform {
			in.People = append(in.People, c.profile(u))
		}
		return ""
	})
	return in
}

func (h *Harness) newMessage(u bot.UserID) bot.MessageID {
	h.Helper()
	c := h.Chat(u.Platform())
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newID()
}

// Words are the words of an answer, for a test to look for some: its post's
// title, text, fields, labels and small print, its form's, or its errors.
func Words(r bot.Reply) string {
	var all []string
	if p := r.Post; p != nil {
		all = append(all, PostWords(*p))
	}
	if f := r.Form; f != nil {
		all = append(all, f.Title, f.Intro)
		for _, field := range f.Fields {
			all = append(all, field.Label+": "+field.Value)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(r.Errors)) {
		all = append(all, field+": "+r.Errors[field])
	}
	return strings.Join(all, "\n")
}

// PostWords are the words of a post: title, text, fields, labels in brackets, small print.
func PostWords(p bot.Post) string {
	all := []string{p.Title, p.Text}
	for _, f := range p.Fields {
		all = append(all, f.Name+": "+f.Value)
	}
	var labels []string
	for _, b := range p.Buttons {
		labels = append(labels, "["+b.Label+"]")
	}
	if p.Select != nil {
		for _, o := range p.Select.Options {
			labels = append(labels, "("+o.Label+")")
		}
	}
	all = append(all, strings.Join(labels, " "), p.Small)
	var lines []string
	for _, line := range all {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
