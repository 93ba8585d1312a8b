package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"datahour/bot"
)

type commandsCommand struct{}

// Run prints the reference, which is kept in docs/commands.md.
func (commandsCommand) Run(t terminal) error {
	b, err := bot.New(bot.Config{Features: features()})
	if err != nil {
		return fmt.Errorf("making the table of commands: %w", err)
	}
	return writeReference(t.out, b.Table().Rows())
}

// writeReference writes the rows as Markdown, a section for each slash command.
func writeReference(w io.Writer, rows []bot.RowInfo) error {
	var s strings.Builder
	s.WriteString(`# Commands

Made from the table of commands by ` + "`datahour commands > docs/commands.md`" + `; do not edit it by hand.

Arguments come in this order, or by name in any order: ` + "`when=\"Wed 8pm\"`" + `. Those in square brackets can be left out.
Words with spaces in them go in quotes, unless they come last. Where slash commands do not work, in a thread for
example, mention the bot and use the same words. A command that is used without what it needs opens a form.
`)
	section := ""
	for _, r := range rows {
		first, _, _ := strings.Cut(r.Name, " ")
		if first != section {
			section = first
			fmt.Fprintf(&s, "\n## /%s\n", section)
		}
		fmt.Fprintf(&s, "\n### `/%s`\n\n%s. For %s.\n", r.Usage, r.Summary, r.Who)
		if len(r.Examples) > 0 {
			s.WriteString("\n")
		}
		for _, example := range r.Examples {
			fmt.Fprintf(&s, "    /%s\n", tokens.ReplaceAllStringFunc(example, readableToken))
		}
	}
	_, err := io.WriteString(w, s.String())
	return err
}

// tokens stand for people and rooms in examples, as they do in what a platform hands in.
var tokens = regexp.MustCompile(`<!(user|room):[^:>]+:([^>]+)>`)

// readableToken is what people type for it.
func readableToken(token string) string {
	parts := tokens.FindStringSubmatch(token)
	if parts[1] == "room" {
		return "#" + parts[2]
	}
	return "@" + parts[2]
}
