package slack

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"datahour/bot"
)

// What people write comes as rich text (blocks) or as mrkdwn. Both become plain
// text, with the core's tokens for people, rooms and moments.

// literal makes sure that what a person typed is not taken for one of our tokens.
func literal(s string) string { return strings.ReplaceAll(s, "<!", "<\u200b!") }

// richText is any part of a rich_text block.
type richText struct {
	Type      string
	Elements  []richText
	Text      string
	URL       string
	UserID    string          `json:"user_id"`
	ChannelID string          `json:"channel_id"`
	Name      string          // of an emoji
	Unicode   string          // of an emoji: "1f1e6-1f1f6"
	Range     string          // of a broadcast
	Timestamp json.Number     // of a date
	Fallback  string          // of a date
	Style     json.RawMessage // of a list its kind; of words how they look
	Indent    int
	Offset    int
}

// fromRichText gives the words of the first rich_text block; false when there is none.
func (c *Chat) fromRichText(blocks json.RawMessage) (string, bool) {
	if len(blocks) == 0 {
		return "", false
	}
	var all []richText
	if json.Unmarshal(blocks, &all) != nil {
		return "", false
	}
	for _, b := range all {
		if b.Type != "rich_text" {
			continue
		}
		var out strings.Builder
		for _, part := range b.Elements {
			c.readPart(&out, part)
		}
		return strings.Trim(out.String(), "\n"), true
	}
	return "", false
}

func (c *Chat) readPart(out *strings.Builder, part richText) {
	startLine := func() {
		if s := out.String(); s != "" && !strings.HasSuffix(s, "\n") {
			out.WriteByte('\n')
		}
	}
	switch part.Type {
	case "rich_text_list":
		style := word(part.Style)
		for i, item := range part.Elements {
			startLine()
			out.WriteString(strings.Repeat("  ", min(max(part.Indent, 0), 8)))
			if style == "ordered" {
				fmt.Fprintf(out, "%d. ", part.Offset+i+1)
			} else {
				out.WriteString("• ")
			}
			c.readInline(out, item.Elements)
		}
		out.WriteByte('\n')
	case "rich_text_quote":
		startLine()
		var quoted strings.Builder
		c.readInline(&quoted, part.Elements)
		out.WriteString("> " + strings.ReplaceAll(strings.Trim(quoted.String(), "\n"), "\n", "\n> ") + "\n")
	case "rich_text_preformatted":
		startLine()
		c.readInline(out, part.Elements)
		out.WriteByte('\n')
	default: // rich_text_section, and what Slack may add
		c.readInline(out, part.Elements)
	}
}

func (c *Chat) readInline(out *strings.Builder, parts []richText) {
	for _, p := range parts {
		switch p.Type {
		case "user":
			out.WriteString(bot.Mention(c.userID(p.UserID)))
		case "channel":
			out.WriteString(bot.InRoom(bot.RoomID(c.platform + ":" + p.ChannelID)))
		case "link":
			out.WriteString(literal(linkWords(p.URL, p.Text)))
		case "emoji":
			out.WriteString(emoji(p))
		case "broadcast":
			out.WriteString("@" + literal(p.Range))
		case "date":
			if seconds, err := p.Timestamp.Int64(); err == nil {
				fmt.Fprintf(out, "<!time:%d>", seconds)
			} else {
				out.WriteString(literal(p.Fallback))
			}
		case "usergroup":
			out.WriteString("@group")
		default: // text, and what Slack may add
			out.WriteString(literal(p.Text))
			c.readInline(out, p.Elements)
		}
	}
}

// linkWords is a link in plain text: its words and its address, or one of them
// when they say the same.
func linkWords(url, text string) string {
	same := func(s string) string {
		_, after, found := strings.Cut(s, "://")
		if !found {
			after = s
		}
		return strings.TrimSuffix(after, "/")
	}
	switch {
	case text == "" || same(text) == same(url):
		return url
	case strings.HasPrefix(url, "mailto:"):
		return text
	}
	return text + " (" + url + ")"
}

// emoji is the sign itself where Slack tells it, and its name where it is the workspace's own.
func emoji(p richText) string {
	var out strings.Builder
	for hex := range strings.SplitSeq(p.Unicode, "-") {
		n, err := strconv.ParseInt(hex, 16, 32)
		if err != nil {
			return ":" + literal(p.Name) + ":"
		}
		out.WriteRune(rune(n))
	}
	return out.String()
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// fromMrkdwn reads Slack's older markup. Signs for bold and the like stay, since
// they cannot be told from ordinary ones; what stands in angle brackets is read.
func (c *Chat) fromMrkdwn(s string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		out.WriteString(literal(entities.Replace(before)))
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed {
			out.WriteString(literal("<" + entities.Replace(rest)))
			return out.String()
		}
		out.WriteString(c.readAngle(inside))
		s = after
	}
}

// readAngle reads what stands between < and >.
func (c *Chat) readAngle(inside string) string {
	target, label, labelled := strings.Cut(inside, "|")
	label = literal(entities.Replace(label))
	switch {
	case strings.HasPrefix(target, "@"):
		return bot.Mention(c.userID(target[1:]))
	case strings.HasPrefix(target, "#"):
		return bot.InRoom(bot.RoomID(c.platform + ":" + target[1:]))
	case strings.HasPrefix(target, "!date^"):
		seconds, _, _ := strings.Cut(strings.TrimPrefix(target, "!date^"), "^")
		if n, err := strconv.ParseInt(seconds, 10, 64); err == nil {
			return fmt.Sprintf("<!time:%d>", n)
		}
		return label
	case strings.HasPrefix(target, "!subteam^"):
		if labelled {
			return label
		}
		return "@group"
	case strings.HasPrefix(target, "!"):
		return "@" + literal(strings.TrimPrefix(target, "!"))
	}
	return linkWords(literal(entities.Replace(target)), label)
}
