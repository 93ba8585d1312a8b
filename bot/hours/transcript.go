package hours

import (
	"fmt"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// The transcript in the forms in which it can be taken away. All are made from a
// [Page], and so hold nobody who has not agreed.

// Markdown is a page as CommonMark. People's words stand in it as they wrote
// them, without any markup coming through.
func Markdown(p Page) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", bot.Plain(p.Title))
	for _, line := range p.summary(bot.Plain) {
		fmt.Fprintf(&b, "%s\n\n", line)
	}
	if p.About != "" {
		fmt.Fprintf(&b, "%s\n\n", bot.Quote(p.About))
	}
	if p.Summary != "" {
		fmt.Fprintf(&b, "## Summary\n\n%s\n\n", bot.Quote(p.Summary))
	}
	for _, section := range p.Sections() {
		fmt.Fprintf(&b, "## %s\n\n", section.heading(bot.Plain))
		for _, thread := range section.Threads {
			p.markdownLine(&b, "", thread.Line)
			for _, reply := range thread.Replies {
				p.markdownLine(&b, "  ", reply)
			}
		}
		if len(section.Threads) > 0 {
			b.WriteString("\n")
		}
		if section.Gap > 0 {
			fmt.Fprintf(&b, "*%s*\n\n", gapWords(section.Gap))
		}
	}
	if len(p.Links) > 0 {
		b.WriteString("## Links\n\n")
		for _, link := range p.Links {
			fmt.Fprintf(&b, "- %s\n", bot.Plain(link))
		}
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

func (p Page) markdownLine(b *strings.Builder, indent string, l Line) {
	words := strings.ReplaceAll(bot.Quote(l.Text), "\n", "\n"+indent+"  ")
	fmt.Fprintf(b, "%s- **%s** (%s, %s): %s%s\n", indent, bot.Plain(l.Name), bot.Plain(l.Home), p.clock(l), words, l.remarks())
}

// Text is a page as plain text.
func Text(p Page) []byte {
	same := func(s string) string { return s }
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", p.Title, strings.Repeat("=", length(p.Title)))
	for _, line := range p.summary(same) {
		fmt.Fprintf(&b, "%s\n", line)
	}
	for _, words := range []string{p.About, p.Summary} {
		if words != "" {
			fmt.Fprintf(&b, "\n  | %s\n", further(words, ""))
		}
	}
	for _, section := range p.Sections() {
		heading := section.heading(same)
		fmt.Fprintf(&b, "\n%s\n%s\n", heading, strings.Repeat("-", length(heading)))
		for _, thread := range section.Threads {
			p.textLine(&b, "", thread.Line)
			for _, reply := range thread.Replies {
				p.textLine(&b, "    ", reply)
			}
		}
		if section.Gap > 0 {
			fmt.Fprintf(&b, "(%s)\n", gapWords(section.Gap))
		}
	}
	if len(p.Links) > 0 {
		b.WriteString("\nLinks\n-----\n")
		for _, link := range p.Links {
			fmt.Fprintf(&b, "%s\n", link)
		}
	}
	return []byte(b.String())
}

func (p Page) textLine(b *strings.Builder, indent string, l Line) {
	words := further(l.Text, indent)
	fmt.Fprintf(b, "%s%s  %s (%s): %s%s\n", indent, p.clock(l), l.Name, l.Home, words, l.remarks())
}

// further marks the lines of words after the first, so that none can be taken for
// somebody else's.
func further(words, indent string) string {
	return strings.ReplaceAll(words, "\n", "\n"+indent+"  | ")
}

// summary are the facts of the hour in a few sentences.
func (p Page) summary(plain func(string) string) []string {
	var rooms, hosts []string
	for _, room := range p.Rooms {
		rooms = append(rooms, plain(room))
	}
	for _, host := range p.Hosts {
		hosts = append(hosts, plain(host))
	}
	where := "In " + bot.Listed(rooms) + "."
	if len(hosts) > 0 {
		where += " Hosted by " + bot.Listed(hosts) + "."
	}
	return []string{when.FormatRange(p.Start, p.End, p.zone()), where,
		sentence(counted(p.People, "person", "people")) + ", " + counted(p.Messages, "message", "messages") + ", " + counted(len(p.Questions), "question", "questions") + "."}
}

func (s Section) heading(plain func(string) string) string {
	if s.Question.Number == 0 {
		return "Hello and anything else"
	}
	return fmt.Sprintf("Q%d %s", s.Question.Number, plain(s.Question.Text))
}

// remarks are what else is known of a line, in brackets, or "".
func (l Line) remarks() string {
	var all []string
	if l.Edited {
		all = append(all, "edited")
	}
	if l.Agrees > 0 {
		all = append(all, counted(l.Agrees, "person reacted", "people reacted"))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// gapWords say that people who spoke are not shown.
func gapWords(people int) string {
	if people == 1 {
		return "1 person prefers not to be shown."
	}
	return fmt.Sprintf("%d people prefer not to be shown.", people)
}
