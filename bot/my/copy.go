package my

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

// copyPart is how many characters of a copy stand in one answer: every platform
// takes so many, with room for the marks that keep words from being markup.
const copyPart = 2400

func copyRow() bot.Row {
	return bot.Row{Name: "my copy", Summary: "Everything that I hold about you, to read and as JSON", Examples: []string{"my copy", "my copy 2", "my copy form=json"},
		Args: []bot.Arg{
			{Name: "part", Kind: bot.Number, Hint: "A long copy comes in parts"},
			{Name: "form", Kind: bot.Choice, Named: true, Options: []bot.Option{{Label: "To read", Value: "text"}, {Label: "As JSON", Value: "json"}}},
		}, Run: copyOut}
}

// copyOut answers with one part of the copy, and buttons that lead to the others.
// It is put together anew for each part and stored nowhere, so no further copy of
// what people said lies about, and nothing of it is sent unasked.
func copyOut(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := tx.Copy(ctx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	form, other := "text", bot.Button{Label: "As JSON", Command: "my copy form=json"}
	parts := inParts(asText(all, func(i bot.Copied) string { return when.Format(i.At, c.Person.Location(community.Location())) }), copyPart)
	if c.Args.Get("form") == "json" {
		form, other = "json", bot.Button{Label: "To read", Command: "my copy"}
		text, err := asJSON(all)
		if err != nil {
			return bot.Reply{}, err
		}
		parts = inParts(strings.Split(text, "\n"), copyPart)
	}
	part := 1
	if typed := c.Args.Get("part"); typed != "" {
		if part, err = strconv.Atoi(typed); err != nil || part < 1 || part > len(parts) {
			return bot.Reply{}, bot.Wrong("part", "Your copy has %d parts.", len(parts))
		}
	}
	post := bot.Post{Title: "Everything that I hold about you"}
	if len(parts) > 1 {
		post.Title += fmt.Sprintf(", part %d of %d", part, len(parts))
	}
	if post.Text = strings.Join(parts[part-1], "\n\n"); form == "json" {
		post.Text = "```\n" + strings.Join(parts[part-1], "\n") + "\n```"
	}
	if part < len(parts) {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Next part", Command: fmt.Sprintf("my copy %d form=%s", part+1, form), Style: bot.Primary})
	}
	if part == 1 {
		post.Buttons = append(post.Buttons, other)
	}
	post.Small = "Only you see this."
	return bot.Reply{Post: &post}, nil
}

// asText is the copy in CommonMark, a paragraph for each thing and each heading.
func asText(all []bot.Copied, moment func(bot.Copied) string) []string {
	var lines []string
	what := ""
	for _, i := range all {
		if i.What != what {
			what = i.What
			lines = append(lines, "**"+bot.Plain(what)+"**")
		}
		var about []string
		if !i.At.IsZero() {
			about = append(about, moment(i))
		}
		if i.Where != "" {
			about = append(about, bot.Plain(i.Where))
		}
		words := i.Words
		for first := true; first || words != ""; first = false {
			var piece string
			piece, words = cut(words, copyPart/2)
			line := bot.Quote(piece)
			if first && len(about) > 0 {
				line = "*" + strings.Join(about, ", ") + "*  \n" + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// asJSON is the copy as it is kept. What could be taken for markup or a mention
// inside the code block is written by its number, which JSON reads back the same.
func asJSON(all []bot.Copied) (string, error) {
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing a copy: %w", err)
	}
	return strings.NewReplacer("`", `\u0060`, "@", `\u0040`).Replace(string(text)), nil
}

// inParts puts lines together into parts of at most size characters. A line that
// is longer is cut.
func inParts(lines []string, size int) [][]string {
	var parts [][]string
	var part []string
	have := 0
	for _, line := range lines {
		for rest := line; ; {
			var piece string
			piece, rest = cut(rest, size)
			n := utf8.RuneCountInString(piece) + 2
			if have+n > size && len(part) > 0 {
				parts, part, have = append(parts, part), nil, 0
			}
			part, have = append(part, piece), have+n
			if rest == "" {
				break
			}
		}
	}
	return append(parts, part)
}

// cut takes at most n characters from the front of s, whole words where it can.
func cut(s string, n int) (front, rest string) {
	if utf8.RuneCountInString(s) <= n {
		return s, ""
	}
	runes := []rune(s)
	for at := n; at > n/2; at-- {
		if runes[at] == ' ' {
			return string(runes[:at]), string(runes[at:])
		}
	}
	return string(runes[:n]), string(runes[n:])
}
