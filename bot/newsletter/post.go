package newsletter

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

// An edition in a room is one post with the headlines and, where it says more than
// that, replies in its thread with the whole, so that a room is not filled.
const (
	postMost = 3500 // characters of CommonMark in one post, which every platform takes
	headMost = 2500
	leadMost = 140 // characters of an item's words beside its headline
)

// posts are the edition as it stands in a room: the first, and those below it.
func (p Page) posts() (first bot.Post, below []bot.Post) {
	whole := p.blocks()
	head := []string{p.lead()}
	if p.Intro != "" {
		head = append(head, bot.Quote(p.Intro))
	}
	tail := p.tail()
	if all := strings.Join(append(append(append([]string{}, head...), whole...), tail), "\n\n"); utf8.RuneCountInString(all) <= headMost {
		return bot.Post{Text: strings.TrimSpace(all)}, nil
	}
	text := strings.Join(append(head, p.headlines(headMost-utf8.RuneCountInString(strings.Join(head, ""))-len(tail)), tail), "\n\n")
	for _, part := range split(whole, postMost) {
		below = append(below, bot.Say(part))
	}
	return bot.Post{Text: strings.TrimSpace(text)}, below
}

// lead is the heading of the first post.
func (p Page) lead() string {
	text := "**" + bot.Plain(p.Title()) + "**"
	switch {
	case !p.Out.IsZero():
		text += " — " + when.FormatDay(p.Out, p.Zone)
	case !p.Comes.IsZero():
		text += " — " + when.FormatDay(p.Comes, p.Zone)
	}
	for _, c := range p.Corrections {
		text += "  \n*Corrected on " + when.FormatDay(c.At, p.Zone) + ":* " + bot.Plain(c.Note)
	}
	return text
}

// tail ends the first post: where else to read it, and how to be in the next one.
func (p Page) tail() string {
	var lines []string
	if url := p.URL(); url != "" && !p.Out.IsZero() {
		lines = append(lines, "On the web: <"+url+">")
	}
	if p.Licence != "" {
		lines = append(lines, "Words under "+bot.Plain(p.Licence)+".")
	}
	if p.Hashtag != "" {
		lines = append(lines, `\#`+bot.Plain(p.Hashtag))
	}
	return strings.Join(lines, "  \n")
}

// headlines are the items by section, a line each, in about so many characters.
func (p Page) headlines(most int) string {
	var lines []string
	used, left := 0, p.Count()
	for _, s := range p.Sections {
		heading := "*" + bot.Plain(s.Name) + "*"
		for n, item := range s.Items {
			line := "- " + bot.Plain(bot.ClipTo(item.Title, leadMost))
			if item.Credit != "" {
				line += " (" + bot.Plain(item.Credit) + ")"
			}
			size := utf8.RuneCountInString(line) + 1
			if n == 0 {
				size += utf8.RuneCountInString(heading) + 2
			}
			if used += size; used > most {
				return strings.Join(append(lines, fmt.Sprintf("- and %s in the thread", counted(left, "more", "more"))), "\n")
			}
			if n == 0 {
				if len(lines) > 0 {
					lines = append(lines, "")
				}
				lines = append(lines, heading, "")
			}
			lines = append(lines, line)
			left--
		}
	}
	return strings.Join(append(lines, "", "All of it is in the thread."), "\n")
}

// blocks are the parts of the edition that stay together when it is split.
func (p Page) blocks() []string {
	var all []string
	for _, s := range p.Sections {
		for n, item := range s.Items {
			block := item.block()
			if n == 0 {
				block = "*" + bot.Plain(s.Name) + "*\n\n" + block
			}
			all = append(all, block)
		}
	}
	if len(p.Agenda) > 0 {
		lines := []string{"*Coming up*", ""}
		for _, a := range p.Agenda {
			line := "- " + sentence(bot.Plain(a.Kind)) + ": " + bot.Plain(a.Title) + ", " + when.Format(a.Start, p.Zone) + bot.YourTime(a.Start)
			if url := p.address(a.Path); url != "" {
				line += " <" + url + ">"
			}
			lines = append(lines, line)
		}
		all = append(all, strings.Join(lines, "\n"))
	}
	for n, h := range p.Held {
		block := "**" + bot.Plain(h.Title) + "** — " + sentence(bot.Plain(h.Kind)) + ", " + when.FormatDay(h.At, p.Zone) + ", " + bot.Plain(h.Count)
		for _, line := range append([]string{h.Words}, h.Lines...) {
			if line != "" {
				block += "  \n" + bot.Quote(line)
			}
		}
		if url := p.address(h.URL); url != "" {
			block += "  \nRead it again: <" + url + ">"
		}
		if n == 0 {
			block = "*What was talked about*\n\n" + block
		}
		all = append(all, block)
	}
	if thanks := strings.TrimSpace(p.thanks(bot.Plain) + " " + p.welcome(bot.Plain)); thanks != "" {
		all = append(all, thanks)
	}
	return all
}

// block is an item in a post.
func (i PageItem) block() string {
	text := "**" + bot.Plain(i.Title) + "**"
	if i.Credit != "" {
		text += " — " + bot.Plain(i.Credit)
	}
	if i.Corrected {
		text += " (corrected)"
	}
	if i.Words != "" {
		text += "  \n" + bot.Quote(i.Words)
	}
	if i.Link != "" {
		text += "  \n<" + i.Link + ">"
	}
	if i.Licence != "" {
		text += "  \nLicence: " + bot.Plain(i.Licence)
	}
	return text
}

// split puts blocks into as few texts as hold them, none longer than most
// characters unless one block is.
func split(blocks []string, most int) []string {
	var all []string
	room := 0
	for _, block := range blocks {
		size := utf8.RuneCountInString(block)
		if len(all) > 0 && size+2 <= room {
			all[len(all)-1] += "\n\n" + block
			room -= size + 2
			continue
		}
		all = append(all, block)
		room = most - size
	}
	return all
}
