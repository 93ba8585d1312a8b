package mattermost

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// momentLayout writes a moment in full. Mattermost has no markup for a time in
// the reader's own zone.
const momentLayout = "Monday 2 January 2006, 3:04pm MST"

// outgoing makes Mattermost's own Markdown of CommonMark with tokens, for those
// who read it there.
func (c *Chat) outgoing(text string, at place) string {
	const mark = "\x00" // nothing that is shown holds it
	var drawn []string
	if at.zone.String() == c.o.Zone.String() {
		text = bot.WithoutYourTime(text)
	}
	text = bot.ReplaceTokens(strings.ReplaceAll(text, mark, ""), func(t bot.Token) string {
		drawn = append(drawn, c.draw(t, at))
		return mark
	})
	text = dialect(text)
	for _, token := range drawn {
		text = strings.Replace(text, mark, token, 1)
	}
	return text
}

// draw shows a token of this platform's, or a moment. The core has written out
// those of other platforms by name. In a room a person is called by name alone:
// the server notifies everybody whose @username stands in a post.
func (c *Chat) draw(t bot.Token, at place) string {
	rest := strings.TrimPrefix(t.ID, c.o.Name+":")
	switch t.Kind {
	case "time":
		return t.Time().In(at.zone).Format(momentLayout)
	case "user":
		c.people.mu.Lock()
		defer c.people.mu.Unlock()
		switch m := c.people.byID[rest]; {
		case m.Username == "":
			return "somebody"
		case at.to == "":
			return dialect(bot.Plain(m.called()))
		default:
			return "@" + m.Username
		}
	default:
		c.rooms.mu.Lock()
		defer c.rooms.mu.Unlock()
		if ch := c.rooms.byID[rest]; ch.Name != "" && ch.Type != direct {
			return "~" + ch.Name
		}
		return "a room"
	}
}

// learn asks for the people and rooms that a text names and that were not met
// yet. Who cannot be asked for is drawn without a name.
func (c *Chat) learn(ctx context.Context, texts ...string) {
	for _, text := range texts {
		bot.ReplaceTokens(text, func(t bot.Token) string {
			rest, ours := strings.CutPrefix(t.ID, c.o.Name+":")
			var err error
			switch {
			case t.Kind == "user" && ours:
				_, err = c.user(ctx, rest)
			case t.Kind == "room" && ours:
				_, err = c.channel(ctx, rest)
			}
			if err != nil {
				c.o.Log.Debug("a name could not be looked up", "platform", c.o.Name, "err", err)
			}
			return ""
		})
	}
}

// escapes are those of CommonMark that Mattermost's web client shows with their
// backslash. As entities both of its clients show them for what they are. A
// bar is among them because the server makes links of <a|b> in attachments.
// See the escape rule of github.com/mattermost/marked, lib/marked.js.
var escapes = map[byte]string{'<': "&lt;", '&': "&amp;", ':': "&#58;", '@': "&#64;", '=': "&#61;", '\\': "&#92;", '"': "&quot;",
	'$': "&#36;", '%': "&#37;", '\'': "&#39;", ',': "&#44;", '/': "&#47;", ';': "&#59;", '?': "&#63;", '^': "&#94;", '|': "&#124;"}

// dialect turns CommonMark into what Mattermost makes the same of, and lets no
// one be called who was not meant to be: only tokens are mentions. What stands
// in code is left as it is; nobody is called from there.
func dialect(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch ch := text[i]; {
		case ch == '`':
			n := codeAt(text[i:])
			b.WriteString(text[i : i+n])
			i += n
		case ch == '<' && isLink(text[i+1:]):
			n := strings.IndexByte(text[i:], '>') + 1
			b.WriteString(text[i : i+n])
			i += n
		case ch == '\\' && i+1 < len(text) && escapes[text[i+1]] != "":
			b.WriteString(escapes[text[i+1]])
			i += 2
		case ch == '\\' && i+1 < len(text):
			b.WriteString(text[i : i+2])
			i += 2
		case ch == '@' && calls(text, i):
			b.WriteString("@\u200b")
			i++
		default:
			b.WriteByte(ch)
			i++
		}
	}
	return b.String()
}

// codeAt is the length of the code that begins with backticks at the start of s,
// or of the backticks alone when nothing ends it.
func codeAt(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "`"))
	for i := n; i < len(s); {
		at := strings.IndexByte(s[i:], '`')
		if at < 0 {
			break
		}
		i += at
		run := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		i += run
		if run == n {
			return i
		}
	}
	return n
}

func isLink(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "mailto:")
}

var everyone = regexp.MustCompile(`(?i)^(all|channel|here|everyone|group)`)

// calls tells whether an @ would call somebody: at the beginning of a word, or
// anywhere before a word for everyone. Inside an address it calls nobody.
func calls(text string, at int) bool {
	after, _ := utf8.DecodeRuneInString(text[at+1:])
	if !unicode.IsLetter(after) && !unicode.IsDigit(after) && after != '_' {
		return false
	}
	if word := text[strings.LastIndexAny(text[:at], " \n\t")+1 : at]; strings.Contains(word, "://") {
		return false
	}
	if everyone.MatchString(text[at+1:]) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before) && before != '/'
}

var (
	nameOrRoom = regexp.MustCompile("(^|[^A-Za-z0-9_/@~`])([@~])([A-Za-z0-9][A-Za-z0-9._-]*)")
	emojiName  = regexp.MustCompile(`:([a-z0-9_+-]{2,}):`)
	callsAll   = map[string]bool{"all": true, "channel": true, "here": true}
)

// incoming makes the core's plain text with tokens of what somebody typed, and
// gives the profiles of those it names.
func (c *Chat) incoming(ctx context.Context, text string) (string, []bot.Profile) {
	var names, rooms []string
	outsideCode(text, func(s string) string {
		for _, m := range nameOrRoom.FindAllStringSubmatch(s, -1) {
			for name := strings.ToLower(m[3]); name != ""; name = shorter(name) {
				if m[2] == "~" {
					rooms = append(rooms, name)
				} else if !callsAll[name] {
					names = append(names, name)
				}
			}
		}
		return s
	})
	if len(names) == 0 && len(rooms) == 0 {
		return outsideCode(text, withEmoji), nil
	}
	found, ids := c.called(ctx, names), c.named(ctx, rooms)
	var profiles []bot.Profile
	met := map[string]bool{}
	out := outsideCode(text, func(s string) string {
		return withEmoji(nameOrRoom.ReplaceAllStringFunc(s, func(match string) string {
			m := nameOrRoom.FindStringSubmatch(match)
			typed := m[3]
			for name := strings.ToLower(typed); name != ""; name = shorter(name) {
				after := typed[len(name):]
				if m[2] == "~" && ids[name] != "" {
					return m[1] + bot.InRoom(bot.RoomID(c.id(ids[name]))) + after
				}
				if u := found[name]; m[2] == "@" && u.ID != "" {
					if !met[u.ID] && !u.IsBot {
						met[u.ID] = true
						profiles = append(profiles, c.profile(u))
					}
					return m[1] + bot.Mention(bot.UserID(c.id(u.ID))) + after
				}
			}
			return match
		}))
	})
	return out, profiles
}

// shorter is a name without the full stop or dash that ended a sentence; "" when
// it ends in none.
func shorter(name string) string {
	if short := strings.TrimRight(name, ".-_"); short != name {
		return short
	}
	return ""
}

// outsideCode puts what is not in code through change.
func outsideCode(text string, change func(string) string) string {
	var b strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '`')
		if at < 0 {
			b.WriteString(change(text))
			break
		}
		b.WriteString(change(text[:at]))
		n := codeAt(text[at:])
		b.WriteString(text[at : at+n])
		text = text[at+n:]
	}
	return b.String()
}

// withEmoji shows emoji that are written by name, which other platforms name
// differently.
func withEmoji(text string) string {
	return emojiName.ReplaceAllStringFunc(text, func(name string) string {
		code, known := model.SystemEmojis[strings.Trim(name, ":")]
		if !known {
			return name
		}
		var b strings.Builder
		for part := range strings.SplitSeq(code, "-") {
			r, err := strconv.ParseInt(part, 16, 32)
			if err != nil {
				return name
			}
			b.WriteRune(rune(r))
		}
		return b.String()
	})
}
