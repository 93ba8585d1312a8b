package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

// slashCommand is a command as Slack sends it, through either transport.
type slashCommand struct {
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	Command     string
	Text        string
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

func readSlash(payload json.RawMessage) slashCommand {
	var cmd slashCommand
	_ = json.Unmarshal(payload, &cmd) // unreadable, it is an empty command, and answered as one
	return cmd
}

// notTaken is said when the core could not take a command at all.
const notTaken = "I could not take that just now; nothing was changed. Please try again in a few seconds."

// slash runs a command and gives what the acknowledgement carries: the private answer.
func (c *Chat) slash(s *session, cmd slashCommand) any {
	in := bot.Inbound{ID: c.deed("command", cmd.TriggerID), Kind: bot.Command, Room: c.roomID(cmd.ChannelID, cmd.UserID), From: c.userID(cmd.UserID),
		At: time.Now(), Text: strings.TrimSpace(strings.TrimPrefix(cmd.Command, "/") + " " + c.fromMrkdwn(cmd.Text)),
		Direct: isDirect(cmd.ChannelID), People: c.known(cmd.UserID, cmd.UserName)}
	way := wayBack{c: c, s: s, in: in, trigger: cmd.TriggerID, address: cmd.ResponseURL, began: time.Now()}
	reply, err := s.hand(in)
	if err != nil {
		c.log.Warn("command not taken", "err", err)
		return private(notTaken)
	}
	if reply.Form != nil {
		err := way.openForm(*reply.Form)
		if err == nil {
			return nil
		}
		c.log.Warn("a form could not be opened", "err", wire.WithoutAddress(err))
		p := formOffer(*reply.Form, in.Text)
		reply = bot.Reply{Post: &p}
	}
	if reply.Post == nil {
		return nil
	}
	body, err := c.body(*reply.Post)
	if err != nil {
		c.log.Error("an answer could not be rendered", "err", err)
		return private("That is done, but the answer is too long to be shown here.")
	}
	raw, err := json.Marshal(body)
	if err != nil || len(raw) > maxAck-200 { // room for the envelope
		way.later(*reply.Post, false)
		return nil
	}
	return json.RawMessage(raw)
}

// privateAnswer is what a response_url or an acknowledgement takes.
type privateAnswer struct {
	Type        string           `json:"response_type"`
	Text        string           `json:"text"`
	Blocks      []slackapi.Block `json:"blocks,omitempty"`
	UnfurlLinks bool             `json:"unfurl_links"`
	UnfurlMedia bool             `json:"unfurl_media"`
	Replace     *bool            `json:"replace_original,omitempty"` // the message that was pressed on
}

func private(words string) privateAnswer { return privateAnswer{Type: "ephemeral", Text: words} }

func (c *Chat) body(p bot.Post) (privateAnswer, error) {
	blocks, text, err := c.render(p)
	answer := private(text)
	answer.Blocks = blocks
	return answer, err
}

// known is a profile at hand, for what has no time to be asked for.
func (c *Chat) known(user, name string) []bot.Profile {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.people[user]; ok {
		return []bot.Profile{p}
	}
	if name == "" {
		return nil
	}
	return []bot.Profile{{User: c.userID(user), Name: name}}
}

// triggerFor is how long a trigger opens a form and an answer is awaited: Slack
// says three seconds, and the way here took some of that.
const triggerFor = 2800 * time.Millisecond

// wayBack is how a person is answered who pressed, typed or filled something in.
type wayBack struct {
	c       *Chat
	s       *session
	in      bot.Inbound
	trigger string // opens a form, once, for three seconds
	address string // response_url: five answers in half an hour; "" when there is none
	began   time.Time
	mine    bool // the message pressed on is private to the person, and can be replaced
}

// later answers when the acknowledgement is out.
func (w wayBack) later(p bot.Post, replace bool) {
	w.s.goes(func() {
		defer w.c.contain("answering", nil)
		ctx, stop := context.WithTimeout(w.s.ctx, answerWithin)
		defer stop()
		w.answer(ctx, p, replace)
	})
}

// answer shows a private answer. It is never the only copy of anything, so it is
// tried by one way after another but by none twice.
func (w wayBack) answer(ctx context.Context, p bot.Post, replace bool) {
	if w.address != "" {
		body, err := w.c.body(p)
		if err == nil {
			replace = replace && w.mine
			body.Replace = &replace
			err = w.c.postTo(ctx, w.address, body)
		}
		if err == nil {
			return
		}
		w.c.log.Info("no answer through the response_url; trying another way", "err", err)
	}
	err := w.c.whisper(ctx, w.in.Room, w.in.Thread, w.in.From, p)
	var send *bot.SendError
	if errors.As(err, &send) && send.Outcome == bot.Refused && w.in.Room != w.in.From.Direct() {
		err = w.c.whisper(ctx, w.in.From.Direct(), "", w.in.From, p) // the bot is not in that room
	}
	if err != nil {
		w.c.log.Warn("answer not delivered", "err", err)
	}
}

func (w wayBack) openForm(f bot.Form) error {
	view, err := w.c.view(f, w.hidden(f))
	if err != nil {
		return err
	}
	ctx, stop := context.WithDeadline(w.s.ctx, w.began.Add(triggerFor))
	defer stop()
	_, err = w.c.api.OpenViewContext(ctx, w.trigger, view)
	return err
}

func (w wayBack) hidden(f bot.Form) hidden {
	return hidden{Command: f.Command, Room: w.in.Room, Thread: w.in.Thread, Message: w.in.Message, Address: w.address}
}

// formOffer is a button that opens a form: Slack opens one only from a press or a
// slash command. It carries the line as typed, so that the form is filled with that.
func formOffer(f bot.Form, line string) bot.Post {
	if len(line) > maxButtonValue {
		line = f.Command
	}
	p := bot.Say("That needs a few answers.")
	p.Buttons = []bot.Button{{Label: bot.ClipTo(f.Title, 30), Command: line, Style: bot.Primary}}
	return p
}

// answerMessage answers words that were addressed to the bot: privately, in their thread.
func (c *Chat) answerMessage(ctx context.Context, in bot.Inbound, r bot.Reply) {
	post := r.Post
	if r.Form != nil {
		p := formOffer(*r.Form, in.Text)
		post = &p
	}
	if post == nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, answerWithin)
	defer stop()
	if err := c.whisper(ctx, in.Room, in.Thread, in.From, *post); err != nil {
		c.log.Warn("answer not delivered", "err", err)
	}
}

// interact handles a press, a menu, a shortcut or a submitted form. ack is called
// once, with what the acknowledgement carries, or with an error when it was not taken.
func (c *Chat) interact(s *session, payload json.RawMessage, ack func(any, error)) {
	var i slackapi.InteractionCallback
	if err := json.Unmarshal(payload, &i); err != nil {
		c.log.Warn("an interaction that cannot be read was left out")
		ack(nil, nil)
		return
	}
	switch i.Type {
	case slackapi.InteractionTypeViewSubmission:
		c.submitted(s, i, ack)
	case slackapi.InteractionTypeBlockActions:
		in, ok := c.pressed(i)
		if !ok { // a link, or a field of a form
			ack(nil, nil)
			return
		}
		c.act(s, i, in, ack)
	case slackapi.InteractionTypeMessageAction:
		c.act(s, i, c.shortcut(i), ack)
	default:
		ack(nil, nil)
	}
}

// pressed is a press on a button or in a menu, as a typed command.
func (c *Chat) pressed(i slackapi.InteractionCallback) (bot.Inbound, bool) {
	if len(i.ActionCallback.BlockActions) == 0 {
		return bot.Inbound{}, false
	}
	a := i.ActionCallback.BlockActions[0]
	line := a.Value
	if command, menu := strings.CutPrefix(a.ActionID, menuPrefix); menu && a.SelectedOption.Value != "" {
		line = command + ` "` + strings.ReplaceAll(a.SelectedOption.Value, `"`, "") + `"`
	}
	if line == "" || i.Container.Type == "view" && i.View.Type == slackapi.VTModal {
		return bot.Inbound{}, false
	}
	channel := i.Channel.ID
	if channel == "" {
		channel = i.Container.ChannelID
	}
	room := c.roomID(channel, i.User.ID)
	if channel == "" { // in the App Home
		room = c.userID(i.User.ID).Direct()
	}
	on := cmp.Or(i.Container.MessageTs, i.Message.Timestamp)
	in := bot.Inbound{ID: c.deed("press", i.TriggerID), Kind: bot.Command, Room: room, From: c.userID(i.User.ID), At: c.when(a.ActionTs),
		Text: line, Pressed: true, Message: c.messageID(channel, on), Direct: isDirect(channel), People: c.known(i.User.ID, i.User.Name)}
	if t := cmp.Or(i.Container.ThreadTs, i.Message.ThreadTimestamp); t != "" && t != on {
		in.Thread = c.messageID(channel, t)
	}
	return in, true
}

// shortcut is what was chosen on a message: the command line is the shortcut's
// callback id, and the message's words follow it.
func (c *Chat) shortcut(i slackapi.InteractionCallback) bot.Inbound {
	m := i.Message.Msg
	blocks, _ := json.Marshal(m.Blocks)
	words := c.words(messageEvent{Text: m.Text, RawBlocks: blocks})
	in := bot.Inbound{ID: c.deed("press", i.TriggerID), Kind: bot.Command, Room: c.roomID(i.Channel.ID, i.User.ID), From: c.userID(i.User.ID), At: c.when(i.ActionTs),
		Text: strings.TrimSpace(i.CallbackID + " " + words), Message: c.messageID(i.Channel.ID, m.Timestamp), Direct: isDirect(i.Channel.ID),
		People: c.known(i.User.ID, i.User.Name)}
	if m.ThreadTimestamp != m.Timestamp {
		in.Thread = c.messageID(i.Channel.ID, m.ThreadTimestamp)
	}
	return in
}

// act runs a press and answers it: the form while the trigger is good, words
// after the acknowledgement.
func (c *Chat) act(s *session, i slackapi.InteractionCallback, in bot.Inbound, ack func(any, error)) {
	way := wayBack{c: c, s: s, in: in, trigger: i.TriggerID, address: i.ResponseURL, began: time.Now(), mine: i.Container.IsEphemeral}
	reply, err := s.hand(in)
	if err != nil {
		c.log.Warn("press not taken", "err", err)
		ack(nil, err)
		way.later(bot.Say(notTaken), false)
		return
	}
	if reply.Form != nil {
		err := way.openForm(*reply.Form)
		ack(nil, nil)
		if err != nil {
			c.log.Warn("a form could not be opened", "err", wire.WithoutAddress(err))
			way.later(formOffer(*reply.Form, in.Text), false)
		}
		return
	}
	ack(nil, nil)
	if reply.Post != nil {
		way.later(*reply.Post, reply.Replace)
	}
	if i.Container.Type == "view" && i.View.Type == slackapi.VTHomeTab {
		c.showHome(s, i.User.ID)
	}
}
