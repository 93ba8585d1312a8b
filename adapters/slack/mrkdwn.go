package slack

import (
	"fmt"
	"strings"

	"datahour/bot"
)

// tokenWords is what a token says where Slack cannot draw it.
func tokenWords(t bot.Token) string {
	if t.Kind == "time" {
		return fallbackTime(t)
	}
	_, rest, _ := strings.Cut(t.ID, ":")
	return rest
}

// fallbackTime is a moment for clients that cannot show it in local time.
func fallbackTime(t bot.Token) string {
	return t.Time().UTC().Format("Monday 2 January 2006, 15:04 UTC")
}

// dateFormat is Slack's: the day by name when it is near, and the clock.
const dateFormat = "{date_long_pretty} {time}"

// mrkdwn writes parts in Slack's older markup, for notifications and quiet lines.
// Signs that mean something there are kept from it by a character of no width.
func (c *Chat) mrkdwn(parts []part) string {
	var out strings.Builder
	for i, x := range parts {
		if i > 0 {
			out.WriteByte('\n')
		}
		switch x.kind {
		case item:
			out.WriteString(strings.Repeat("    ", x.level))
			if x.ordered {
				fmt.Fprintf(&out, "%d. ", x.number)
			} else {
				out.WriteString("• ")
			}
		case quote:
			out.WriteString("> ")
		}
		for _, s := range x.spans {
			out.WriteString(c.mrkdwnSpan(s))
		}
	}
	return out.String()
}

func (c *Chat) mrkdwnSpan(s span) string {
	switch {
	case s.token != nil:
		return c.mrkdwnToken(*s.token)
	case s.url != "" && s.url == s.text:
		return "<" + angle.Replace(s.url) + ">"
	case s.url != "":
		return "<" + angle.Replace(s.url) + "|" + strings.ReplaceAll(inert(s.text), "|", "¦") + ">"
	}
	words := inert(s.text)
	if strings.TrimSpace(words) == "" || strings.TrimSpace(words) != words {
		return words // Slack would show the signs around a space
	}
	for _, sign := range [...]struct {
		on   bool
		mark string
	}{{s.style.code, "`"}, {s.style.strike, "~"}, {s.style.italic, "_"}, {s.style.bold, "*"}} {
		if sign.on {
			words = sign.mark + words + sign.mark
		}
	}
	return words
}

var (
	angle  = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C")
	escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;",
		"*", "*\u200b", "_", "_\u200b", "~", "~\u200b", "`", "`\u200b")
)

// inert makes words safe in mrkdwn: no markup, no mention, no emoji by name.
func inert(s string) string { return escape.Replace(s) }

func (c *Chat) mrkdwnToken(t bot.Token) string {
	platform, rest, _ := strings.Cut(t.ID, ":")
	switch {
	case t.Kind == "time":
		return fmt.Sprintf("<!date^%d^%s|%s>", t.Time().Unix(), dateFormat, fallbackTime(t))
	case platform != c.platform || !isID(rest):
		return inert(rest)
	case t.Kind == "user":
		return "<@" + rest + ">"
	}
	return "<#" + rest + ">"
}

// isID tells whether s looks like an id of Slack's, so that nothing else gets
// into a mention.
func isID(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
