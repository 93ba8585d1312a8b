package playground

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
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

// message is a person's message in the history.
type message struct {
	ID, By, Name, Text, Thread string
	At, Changed                time.Time
	Rev                        int
	Edited, Deleted            bool
	Reactions                  []struct {
		Name   string
		People []string
	}
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
		Reaction: e.Reaction, Rev: revision(e.Rev), Direct: e.Direct, Addressed: e.Addressed,
		Pressed: e.Kind == "press", Answer: e.Trigger,
	}
	if e.User.Name != "" {
		in.People = []bot.Profile{{User: in.From, Name: e.User.Name}}
		c.mu.Lock()
		c.people[e.User.ID] = e.User.Name
		c.mu.Unlock()
	}
	if e.Addressed {
		in.Text = withoutBot(in.Text, c.platform)
	}
	if e.Value != "" {
		in.Text += ` "` + strings.ReplaceAll(e.Value, `"`, "") + `"`
	}
	if e.Kind == "submit" {
		in.Form = map[string]string{}
		for name, value := range e.Values {
			in.Form[name] = c.incoming(value)
		}
	}
	return in, true
}

// remembered says a message of the history in the core's words.
func (c *Chat) remembered(room bot.RoomID, m message) []bot.Inbound {
	in := bot.Inbound{ID: c.id("message/" + m.ID), Kind: bot.Message, Room: room, From: bot.UserID(c.id(m.By)), At: m.At,
		Text: c.incoming(m.Text), Message: bot.MessageID(c.id(m.ID)), Thread: bot.MessageID(c.id(m.Thread)), Rev: revision(m.Rev)}
	if m.Name != "" {
		in.People = []bot.Profile{{User: in.From, Name: m.Name}}
	}
	if m.Deleted {
		in.Kind, in.ID = bot.Deleted, c.id("deleted/"+m.ID)
		return []bot.Inbound{in}
	}
	all := []bot.Inbound{in}
	if m.Edited {
		edited := in
		edited.Kind, edited.ID = bot.Edited, c.id(fmt.Sprintf("edited/%s/%d", m.ID, m.Rev))
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

// revision writes the number of an edit so that it grows bytewise; a message as
// it was first said has none.
func revision(n int) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf("%010d", n)
}

// incoming puts the platform before the ids of tokens.
func (c *Chat) incoming(text string) string {
	for _, kind := range [...]string{"<!user:", "<!room:"} {
		if !strings.Contains(text, kind) {
			continue
		}
		parts := strings.Split(text, kind)
		for i := 1; i < len(parts); i++ {
			if id, _, ok := strings.Cut(parts[i], ">"); ok && !strings.Contains(id, ":") {
				parts[i] = c.platform + ":" + parts[i]
			}
		}
		text = strings.Join(parts, kind)
	}
	return text
}

// outgoing takes the platform from the ids of tokens.
func (c *Chat) outgoing(text string) string {
	return bot.ReplaceTokens(text, func(t bot.Token) string {
		return "<!" + t.Kind + ":" + strings.TrimPrefix(t.ID, c.platform+":") + ">"
	})
}

func withoutBot(text, platform string) string {
	text = strings.ReplaceAll(text, "<!user:"+platform+":datahour>", "")
	return strings.TrimSpace(strings.ReplaceAll(text, "@datahour", ""))
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

// formKinds are the core's kinds of fields in the world's words.
var formKinds = map[bot.ArgKind]string{bot.Text: "text", bot.Rest: "area", bot.Area: "area", bot.Number: "number", bot.Choice: "select",
	bot.Yes: "bool", bot.When: "when", bot.Length: "text", bot.People: "people", bot.Rooms: "rooms", bot.ID: "text"}

type formField struct {
	Name     string       `json:"name"`
	Label    string       `json:"label"`
	Hint     string       `json:"hint,omitempty"`
	Kind     string       `json:"kind"`
	Value    string       `json:"value,omitempty"`
	Options  []bot.Option `json:"options,omitempty"`
	Optional bool         `json:"optional,omitempty"`
	Max      int          `json:"max,omitempty"`
}

func (c *Chat) renderForm(f *bot.Form) map[string]any {
	var fields []formField
	for _, x := range f.Fields {
		out := formField{Name: x.Name, Label: x.Label, Hint: x.Hint, Kind: formKinds[x.Kind], Value: x.Value, Options: x.Options, Optional: x.Optional, Max: x.Max}
		switch x.Kind {
		case bot.Yes: // the world says true or nothing; the core reads both
			if x.Value == "yes" {
				out.Value = "true"
			} else {
				out.Value = ""
			}
		case bot.People:
			out.Options = c.peopleOptions()
		}
		fields = append(fields, out)
	}
	return map[string]any{"title": f.Title, "intro": c.outgoing(f.Intro), "command": f.Command, "submit": cmp.Or(f.Submit, "Save"), "fields": fields}
}

// peopleOptions offers everybody, each as the token that the core understands.
func (c *Chat) peopleOptions() []bot.Option {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []bot.Option
	for id, name := range c.people {
		out = append(out, bot.Option{Label: name, Value: bot.Mention(bot.UserID(c.id(id)))})
	}
	slices.SortFunc(out, func(a, b bot.Option) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// answerTrigger answers what waits for an answer. It is tried once more when
// that certainly had no effect; an answer is never the only copy of anything.
func (c *Chat) answerTrigger(ctx context.Context, e event, r bot.Reply) {
	body := map[string]any{"trigger": e.Trigger}
	switch {
	case r.Form != nil:
		body["form"] = c.renderForm(r.Form)
	case len(r.Errors) > 0:
		body["errors"] = r.Errors
	case r.Post != nil && r.Replace && e.Kind == "press":
		body["update"] = c.render(*r.Post)
	case r.Post != nil:
		body["post"] = c.render(*r.Post)
	}
	for try := 0; try < 3; try++ {
		err := c.send(ctx, http.MethodPost, "/answer", body, nil)
		var send *bot.SendError
		if err == nil || !errors.As(err, &send) || send.Outcome != bot.NotSent {
			if err != nil {
				c.o.Log.Warn("answer not delivered", "platform", c.platform, "err", err)
			}
			return
		}
		select {
		case <-time.After(max(send.RetryAfter, retryAfter)):
		case <-ctx.Done():
			return
		}
	}
}

// replyTo answers words that were addressed to the bot in a message: privately.
func (c *Chat) replyTo(ctx context.Context, in bot.Inbound, r bot.Reply) {
	post := r.Post
	if r.Form != nil { // a form needs something pressed or typed with a slash
		p := bot.Say("That needs a form, and I can open one only from the slash command: `/" + r.Form.Command + "`.")
		post = &p
	}
	if post == nil {
		return
	}
	if err := c.Whisper(ctx, in.Room, in.From, *post); err != nil {
		c.o.Log.Warn("answer not delivered", "platform", c.platform, "err", err)
	}
}

func (c *Chat) moveClock(ctx context.Context, e event) {
	body := map[string]any{"trigger": e.Trigger}
	now, err := c.move(ctx, e.To)
	body["now"] = now
	var problem *bot.Problem
	switch {
	case errors.As(err, &problem):
		body["post"] = bot.Say(problem.Words)
	case err != nil:
		c.o.Log.Error("the clock could not be moved", "err", err)
		body["post"] = bot.Say("The clock could not be moved. The log says why.")
	}
	if err := c.send(ctx, http.MethodPost, "/answer", body, nil); err != nil {
		c.o.Log.Warn("answer not delivered", "platform", c.platform, "err", err)
	}
}
