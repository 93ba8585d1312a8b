package world

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits on what one message may hold, in characters. They are generous: the
// bot's adapter has stricter ones of its own to keep to.
const (
	mostText    = 16_000
	mostButtons = 25
	mostOptions = 100
)

// check says what is wrong with a post of the bot.
func (c *Content) check() error {
	switch {
	case c == nil:
		return wrong("post is missing")
	case c.Title == "" && c.Text == "" && c.Small == "" && c.Image == nil && len(c.Fields)+len(c.Buttons)+len(c.Meta) == 0 && c.Select == nil:
		return wrong("the post is empty")
	case utf8.RuneCountInString(c.words()) > mostText:
		return wrong("the post is longer than %d characters", mostText)
	case len(c.Buttons) > mostButtons:
		return wrong("the post has more than %d buttons", mostButtons)
	case c.Select != nil && len(c.Select.Options) > mostOptions:
		return wrong("the menu has more than %d options", mostOptions)
	}
	for _, b := range c.Buttons {
		if b.Label == "" || (b.Command == "") == (b.URL == "") {
			return wrong("the button %q needs a label, and either a command or an address", b.Label)
		}
	}
	return nil
}

// words is all that the post says.
func (c *Content) words() string {
	var b strings.Builder
	for _, s := range []string{c.Title, c.Text, c.Small} {
		b.WriteString(s + "\n")
	}
	for _, f := range c.Fields {
		b.WriteString(f.Name + "\n" + f.Value + "\n")
	}
	for _, m := range c.Meta {
		b.WriteString(m + "\n")
	}
	return b.String()
}

// everyone finds a call to the whole room. A backslash before the @, or
// anything else that keeps it from standing as a word, makes it plain text.
var everyone = regexp.MustCompile(`(?i)(^|[^\\\w@<:/.-])@(channel|here|all|everyone)\b`)

func (c *Content) callsEveryone() bool { return everyone.MatchString(c.words()) }

var (
	atSomebody = regexp.MustCompile(`(^|[\s(])@([a-z][a-z0-9-]*[a-z0-9])`)
	atRoom     = regexp.MustCompile(`(^|[\s(])([#~])([a-z][a-z0-9-]*[a-z0-9])`)
)

// mentions turns "@grace" and "#help" into tokens, where the platform has such a
// person or room, as chat programs do when a message is sent. The caller holds
// w.mu.
func (w *World) mentions(p *platform, text string) string {
	text = atSomebody.ReplaceAllStringFunc(text, func(s string) string {
		m := atSomebody.FindStringSubmatch(s)
		if who := w.people[m[2]]; m[2] == BotID || who != nil && who.Platform == p.ID {
			return m[1] + "<!user:" + m[2] + ">"
		}
		return s
	})
	return atRoom.ReplaceAllStringFunc(text, func(s string) string {
		m := atRoom.FindStringSubmatch(s)
		if r := w.rooms[m[3]]; r != nil && r.Platform == p.ID && m[2] == p.Sigil {
			return m[1] + "<!room:" + m[3] + ">"
		}
		return s
	})
}

func addressed(text string) bool { return strings.Contains(text, "<!user:"+BotID+">") }
