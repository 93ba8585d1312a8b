package newsletter

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

var moves = []bot.Option{{Label: "Up", Value: "up"}, {Label: "Down", Value: "down"}, {Label: "Pin", Value: "pin"}, {Label: "Unpin", Value: "unpin"}}

// orderRows are the commands by which editors put the accepted items in order.
func (f *Feature) orderRows() []bot.Row {
	return []bot.Row{
		{Name: "newsletter order", Args: []bot.Arg{{Name: "item", Kind: bot.ID}, {Name: "move", Kind: bot.Choice, Options: moves}, {Name: "section", Named: true, Max: sectionMax}}, Who: bot.Organisers,
			Summary: "The accepted items by section, and how to move one", Run: f.runOrder, Examples: []string{"newsletter order", "newsletter order 7k2f up", "newsletter order 7k2f section=Tools"}},
	}
}

// runOrder shows the accepted items in their order, and moves one.
func (f *Feature) runOrder(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	_, accepted, err := queue(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	var chosen *Item
	if id := c.Args.Get("item"); id != "" {
		i, err := f.undecided(ctx, tx, c)
		if err != nil {
			return bot.Reply{}, err
		}
		if i.State != Accepted {
			return bot.Reply{}, bot.Sayf(bot.Invalid, "%s is not accepted, so it has no place yet: %s.", i.emphasised(), tx.Command("newsletter queue "+i.ID))
		}
		if c.Args.Has("section") {
			if i.Section, err = s.section(c.Args.Get("section")); err != nil {
				return bot.Reply{}, err
			}
			i.Place = 0
			tx.Put(&i)
		}
		_, accepted = with(s, nil, accepted, &i)
		accepted = inPlace(tx, s, accepted, i, c.Args.Get("move"))
		chosen = &i
	}
	post := bot.Post{Text: "Edition " + number(s.Coming) + " has " + counted(len(accepted), "item", "items") + ":\n\n" + contents(accepted)}
	menu := bot.Select{Label: "Move one", Command: "newsletter order"}
	for n := range accepted {
		if len(menu.Options) < mostMenu {
			menu.Options = append(menu.Options, bot.Option{Label: bot.ClipTo(accepted[n].Title, 60), Value: accepted[n].ID})
		}
	}
	if chosen != nil {
		at := slices.IndexFunc(accepted, func(i Item) bool { return i.ID == chosen.ID })
		pin := moves[2]
		if accepted[at].Pinned {
			pin = moves[3]
		}
		post.Text += "\n\nMove " + chosen.emphasised() + ":"
		for _, move := range []bot.Option{moves[0], moves[1], pin} {
			post.Buttons = append(post.Buttons, bot.Button{Label: move.Label, Command: "newsletter order " + chosen.ID + " " + move.Value})
		}
		post.Buttons = append(post.Buttons, bot.Button{Label: "Look at it", Command: "newsletter queue " + chosen.ID})
	}
	post.Buttons = append(post.Buttons, bot.Button{Label: "Preview", Command: "newsletter preview"})
	if len(menu.Options) > 0 {
		post.Select = &menu
	}
	return bot.Reply{Post: &post, Replace: c.Pressed}, nil
}

// contents lists items by section.
func contents(items []Item) string {
	var lines []string
	section := ""
	for n := range items {
		i := &items[n]
		if i.Section != section {
			section = i.Section
			lines = append(lines, "", "*"+bot.Plain(section)+"*", "")
		}
		line := "- " + bot.Plain(i.Title)
		if i.Pinned {
			line += " (pinned)"
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// inPlace moves one accepted item within its section, and gives all in their order.
// The places in that section are numbered anew, so that no two are the same.
func inPlace(tx *bot.Tx, s Settings, accepted []Item, moved Item, move string) []Item {
	var section []Item
	for _, i := range accepted {
		if i.Section == moved.Section {
			section = append(section, i)
		}
	}
	slices.SortFunc(section, inOrder)
	at := slices.IndexFunc(section, func(i Item) bool { return i.ID == moved.ID })
	switch to := at; move {
	case "up", "down":
		if to--; move == "down" {
			to = at + 1
		}
		if to >= 0 && to < len(section) && section[to].Pinned == section[at].Pinned {
			section[at], section[to] = section[to], section[at]
		}
	case "pin", "unpin":
		section[at].Pinned = move == "pin"
	default:
		return inSections(s, accepted)
	}
	for n := range section {
		section[n].Place = n + 1
		tx.Put(&section[n])
		for k := range accepted {
			if accepted[k].ID == section[n].ID {
				accepted[k] = section[n]
			}
		}
	}
	return inSections(s, accepted)
}
