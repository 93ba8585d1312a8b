package playground

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// event is what comes through the socket; see world/API.md.
type event struct {
	Cursor    int64
	ID        string
	Kind      string
	Room      string
	User      struct{ ID, Name string }
	Text      string
	Value     string // of a menu
	Message   string
	Private   bool // the message pressed on is seen by User alone
	Thread    string
	Rev       int
	Reaction  string
	At        time.Time
	Trigger   string
	Values    map[string]string
	To        string
	Direct    bool
	Addressed bool
}

var kinds = map[string]bot.InboundKind{
	"message": bot.Message, "edited": bot.Edited, "deleted": bot.Deleted, "reacted": bot.Reacted, "unreacted": bot.Unreacted,
	"joined": bot.Joined, "command": bot.Command, "press": bot.Command, "submit": bot.Command,
}

// inbound says an event in the core's words; false for one that it has none for.
func (c *Chat) inbound(e event) (bot.Inbound, bool) {
	kind, ok := kinds[e.Kind]
	if !ok {
		c.o.Log.Warn("an event of unknown kind was left out", "platform", c.platform, "kind", e.Kind)
		return bot.Inbound{}, false
	}
	in := bot.Inbound{
		ID: c.id(e.ID), Kind: kind, Room: bot.RoomID(c.id(e.Room)), From: bot.UserID(c.id(e.User.ID)), At: e.At,
		Text: c.incoming(e.Text), Message: bot.MessageID(c.id(e.Message)), Thread: bot.MessageID(c.id(e.Thread)),
		Reaction: e.Reaction, Rev: revision(e.Rev), Direct: e.Direct,
		Pressed: e.Kind == "press", Answer: e.Trigger,
	}
	if e.User.Name != "" {
		c.people.meet(in.From, e.User.Name)
		in.People = []bot.Profile{{User: in.From, Name: e.User.Name}}
	}
	in.People = append(in.People, c.people.mentioned(in.Text)...)
	switch {
	case kind == bot.Command:
		in.Text = withChoice(strings.TrimPrefix(in.Text, "/"), e.Value)
	case kind == bot.Message && (e.Addressed || e.Direct):
		in.Text, in.Addressed = c.toBot(in.Text)
	}
	if e.Kind == "submit" {
		in.Form = map[string]string{}
		for name, value := range e.Values {
			in.Form[name] = c.incoming(value)
		}
	}
	return in, true
}

// toBot takes off the bot's name where a message begins with it, which is what
// makes the rest words for the bot. A message that names it elsewhere speaks of
// it to others.
func (c *Chat) toBot(text string) (string, bool) {
	rest, addressed := strings.CutPrefix(strings.TrimSpace(text), bot.Mention(bot.UserID(c.id(botID))))
	if !addressed {
		return text, false
	}
	return strings.TrimSpace(strings.TrimLeft(rest, ",:")), true
}

// botID is the bot's own name on each platform.
const botID = "datahour"

// withChoice adds what was chosen in a menu to its command, as one word. The
// core's quotes know no escape: a quote that would end the word early is left out.
func withChoice(line, value string) string {
	if value == "" {
		return line
	}
	return line + ` "` + endsWord.ReplaceAllString(value, "$1") + `"`
}

var endsWord = regexp.MustCompile(`["“„”]+([ \t\r\n\x{a0}])`)

// revision writes the number of an edit so that it grows bytewise; a message as
// it was first said has none.
func revision(n int) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf("%010d", n)
}

// theirToken is a token as the world writes it, without a platform. What only
// looks like one, and a token of ours that comes back in a form, stay as they are.
var theirToken = regexp.MustCompile(`<!(user|room):(@?[a-z0-9-]{1,100})>`)

// incoming puts the platform before the ids of tokens.
func (c *Chat) incoming(text string) string {
	if !strings.Contains(text, "<!") {
		return text
	}
	return theirToken.ReplaceAllString(text, "<!$1:"+c.platform+":$2>")
}

// outgoing takes the platforms from the ids of tokens: ids are unique over the
// whole playground, and its page knows everybody.
func (c *Chat) outgoing(text string) string {
	return bot.ReplaceTokens(text, func(t bot.Token) string {
		for _, p := range Platforms {
			if rest, ours := strings.CutPrefix(t.ID, p+":"); ours && t.Kind != "time" {
				return "<!" + t.Kind + ":" + rest + ">"
			}
		}
		return "<!" + t.Kind + ":" + t.ID + ">"
	})
}

// render is a post in the world's words, which are nearly the core's.
func (c *Chat) render(p bot.Post) bot.Post {
	p.Text, p.Small = c.outgoing(p.Text), c.outgoing(p.Small)
	p.Fields = slices.Clone(p.Fields)
	for i := range p.Fields {
		p.Fields[i].Value = c.outgoing(p.Fields[i].Value)
	}
	return p
}
