package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

const (
	// maxMessage is the runes of a message: model.PostMessageMaxRunesV2.
	maxMessage = model.PostMessageMaxRunesV2
	// maxBody is the bytes of a request with a post. The server takes 300,000.
	maxBody = 290_000
	// maxOption is the runes of a menu's label, so that it stays on a line.
	maxOption = 100
)

// rendered is a post in the server's words.
type rendered struct {
	Message     string
	Attachments []*model.MessageAttachment
}

// place is where a post will stand.
type place struct {
	channel string
	key     bot.Key
	to      string         // the only reader; "" in rooms
	once    bool           // it cannot be changed afterwards, as ephemeral ones
	zone    *time.Location // of the reader
}

// toRoom is the place of a post in a room.
func (c *Chat) toRoom(channel string, key bot.Key) place {
	return place{channel: channel, key: key, zone: c.o.Zone}
}

// toPerson is the place of a post for one person, in their own time zone.
func (c *Chat) toPerson(ctx context.Context, channel, user string) place {
	at := place{channel: channel, to: user, zone: c.o.Zone}
	if u, err := c.user(ctx, user); err == nil && u.zone() != "" {
		if zone, err := time.LoadLocation(u.zone()); err == nil {
			at.zone = zone
		}
	}
	return at
}

// render makes one post of p, however long it is: what a message cannot hold
// goes on in attachments, which have no limit of their own.
func (c *Chat) render(ctx context.Context, p bot.Post, at place) rendered {
	texts := []string{p.Text, p.Small}
	for _, f := range p.Fields {
		texts = append(texts, f.Value)
	}
	c.learn(ctx, texts...)

	var parts []string
	if p.Title != "" {
		parts = append(parts, "**"+dialect(bot.Plain(p.Title))+"**")
	}
	for _, text := range [...]string{p.Text, links(p.Buttons), p.Small} {
		if text != "" {
			parts = append(parts, c.outgoing(text, at))
		}
	}
	var out rendered
	message, rest := splitAt(strings.Join(parts, "\n\n"), maxMessage)
	out.Message = message
	for rest != "" {
		var part string
		part, rest = splitAt(rest, maxMessage)
		out.Attachments = append(out.Attachments, &model.MessageAttachment{Text: part, Fallback: "(continued)"})
	}
	if a := c.attachment(p, at); a != nil {
		out.Attachments = append(out.Attachments, a)
	}
	return out.clipped()
}

// attachment holds what a message cannot: fields, a picture, and what is pressed.
func (c *Chat) attachment(p bot.Post, at place) *model.MessageAttachment {
	a := &model.MessageAttachment{Fallback: p.Title} // of the whole post, where there is no message
	for _, f := range p.Fields {
		a.Fields = append(a.Fields, &model.MessageAttachmentField{Title: dialect(bot.Plain(f.Name)), Value: c.outgoing(f.Value, at), Short: true})
	}
	if p.Image != nil {
		a.ImageURL, a.Text, a.Fallback = p.Image.URL, dialect(bot.Plain(p.Image.Alt)), p.Image.Alt
	}
	for i, b := range p.Buttons {
		if b.Command != "" {
			a.Actions = append(a.Actions, c.button(b, i, at))
		}
	}
	if p.Select != nil && len(p.Select.Options) > 0 {
		a.Actions = append(a.Actions, c.menu(p.Select, at))
	}
	if len(a.Fields) == 0 && len(a.Actions) == 0 && p.Image == nil {
		return nil
	}
	return a
}

// Ids of actions must be letters and digits: with any other the server takes the
// post and answers 404 to whoever presses.

func (c *Chat) button(b bot.Button, n int, at place) *model.PostAction {
	style := map[bot.Style]string{bot.Primary: "primary", bot.Danger: "danger"}[b.Style]
	p := at.press(b.Command)
	if b.Confirm != "" {
		p.Label, p.Confirm = b.Label, b.Confirm
	}
	return &model.PostAction{Id: fmt.Sprint("button", n), Type: model.PostActionTypeButton, Name: b.Label, Style: cmp.Or(style, "default"), Integration: c.callback(p)}
}

func (c *Chat) menu(s *bot.Select, at place) *model.PostAction {
	p := at.press(s.Command)
	a := &model.PostAction{Id: "menu", Type: model.PostActionTypeSelect, Name: cmp.Or(s.Label, "Choose")}
	for _, o := range s.Options {
		p.Options = append(p.Options, o.Value)
		a.Options = append(a.Options, &model.PostActionOptions{Text: bot.ClipTo(o.Label, maxOption), Value: o.Value})
	}
	a.Integration = c.callback(p)
	return a
}

func (at place) press(command string) press {
	p := press{Command: command, Room: at.channel, Key: string(at.key), To: at.to}
	if at.once {
		p.Shown = "once"
	}
	return p
}

func (c *Chat) callback(p press) *model.PostActionIntegration {
	return &model.PostActionIntegration{URL: c.o.CallbackURL + actionPath, Context: map[string]any{"press": c.seal("press", p)}}
}

// links are buttons that lead somewhere, which Mattermost has none of.
func links(buttons []bot.Button) string {
	var all []string
	for _, b := range buttons {
		if b.Command == "" && b.URL != "" {
			all = append(all, "["+bot.Plain(b.Label)+"](<"+strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "").Replace(b.URL)+">)")
		}
	}
	return strings.Join(all, " · ")
}

// splitAt cuts text after at most n runes: at the end of a paragraph, a line or
// a word, unless that would leave less than half.
func splitAt(text string, n int) (head, rest string) {
	if utf8.RuneCountInString(text) <= n {
		return text, ""
	}
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	for _, between := range [...]string{"\n\n", "\n", " "} {
		if at := strings.LastIndex(text[:end], between); at > end/2 {
			return text[:at], text[at+len(between):]
		}
	}
	return text[:end], text[end:]
}

// clipped shortens what is continued until the request fits.
func (r rendered) clipped() rendered {
	for {
		over := r.size() - maxBody
		if over <= 0 {
			return r
		}
		last := -1
		for i, a := range r.Attachments {
			if len(a.Actions) == 0 && len(a.Fields) == 0 && a.ImageURL == "" {
				last = i
			}
		}
		if last < 0 { // nothing but what is pressed: the server says what it thinks of it
			return r
		}
		text := r.Attachments[last].Text
		if keep := utf8.RuneCountInString(text) - over - 10; keep > 0 {
			r.Attachments[last].Text = bot.ClipTo(text, keep)
		} else {
			r.Attachments = append(r.Attachments[:last], r.Attachments[last+1:]...)
		}
	}
}

func (r rendered) size() int {
	b, err := json.Marshal(r)
	if err != nil { // strings: cannot happen
		panic(err)
	}
	return len(b)
}

// props are the post's properties: the attachments, and by what Find finds it.
// A change replaces all of them, so they are always given whole.
func (r rendered) props(key bot.Key, mark string) map[string]any {
	props := map[string]any{}
	if len(r.Attachments) > 0 {
		props[model.PostPropsAttachments] = r.Attachments
	}
	if key != "" {
		props[propKey], props[propMark] = string(key), mark
	}
	return props
}
