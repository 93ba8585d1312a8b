package newsletter

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"datahour/bot"
)

// emphasised is the item's title inside a sentence.
func (i *Item) emphasised() string { return "*" + bot.Plain(i.Title) + "*" }

// wording shows an item as it will read, in CommonMark: title, words and link.
func (c *crowd) wording(ctx context.Context, w Wording) (string, error) {
	text := "**" + bot.Plain(w.Title) + "**"
	if w.Words != "" {
		words, err := c.words(ctx, w.Words)
		if err != nil {
			return "", err
		}
		text += "  \n" + bot.Quote(words)
	}
	if w.Link != "" {
		text += "  \n<" + w.Link + ">"
	}
	if w.Licence != "" {
		text += "  \nLicence: " + bot.Plain(w.Licence)
	}
	return text, nil
}

// quoted puts CommonMark into a block quote.
func quoted(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }

// line makes one line of what somebody typed. It mentions nobody: who is named in
// a title could not be taken out of it again.
func line(typed string) string {
	typed = bot.ReplaceTokens(typed, func(t bot.Token) string {
		if t.Kind == "user" {
			return "somebody"
		}
		return ""
	})
	return strings.Join(strings.Fields(bot.Visible(typed)), " ")
}

// paragraphs keeps the lines of what somebody typed, without empty ones at its ends.
func paragraphs(typed string) string { return strings.TrimSpace(bot.Visible(typed)) }

func plains(words []string) []string {
	var all []string
	for _, w := range words {
		all = append(all, bot.Plain(w))
	}
	return all
}

// counted is a number with its word: "1 item", "4 items", "no items".
func counted(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// sentence makes the first letter a capital.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
