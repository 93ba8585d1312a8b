package newsletter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// queueRows are the commands by which editors decide. Editors are the organisers
// of any platform: an edition is everybody's.
func (f *Feature) queueRows() []bot.Row {
	item := bot.Arg{Name: "item", Kind: bot.ID, Required: true, Hint: "Its id"}
	section := bot.Arg{Name: "section", Named: true, Max: sectionMax}
	return []bot.Row{
		{Name: "newsletter queue", Args: []bot.Arg{{Name: "item", Kind: bot.ID, Hint: "Its id; left out: the one that waits longest"}}, Who: bot.Organisers,
			Summary: "What was shared and waits for an editor, one after the other", Run: f.runQueue, Examples: []string{"newsletter queue", "newsletter queue 7k2f"}},
		{Name: "newsletter accept", Args: []bot.Arg{item, section}, Who: bot.Organisers, Summary: "Take an item into the coming edition", Run: f.runAccept,
			Examples: []string{"newsletter accept 7k2f", "newsletter accept 7k2f section=Tools"}},
		{Name: "newsletter edit", Args: append([]bot.Arg{item}, byName(slices.DeleteFunc(shareArgs(), func(a bot.Arg) bool { return a.Name == "credit" }))...), Who: bot.Organisers,
			Summary: "Change an item's words; its member is shown what changed", Run: f.runChange, Examples: []string{"newsletter edit 7k2f", `newsletter edit 7k2f title="300 ponds, mapped"`}},
		{Name: "newsletter later", Args: []bot.Arg{item}, Who: bot.Organisers, Summary: "Keep an item for the edition after the coming one", Run: f.runLater, Examples: []string{"newsletter later 7k2f"}},
		{Name: "newsletter decline", Args: []bot.Arg{item, {Name: "reason", Kind: bot.Rest, Label: "A kind word why", Hint: "It goes to the member, from the editors", Max: reasonMax}}, Who: bot.Organisers,
			Summary: "Leave an item out, and tell its member why", Run: f.runDecline, Examples: []string{"newsletter decline 7k2f We had this one in edition 11; do send us what came of it."}},
	}
}

// queue is what waits for an editor, in turn, and what is accepted.
func queue(ctx context.Context, r bot.Reader, s Settings) (waiting, accepted []Item, err error) {
	for _, state := range [...]State{Waiting, Later, Accepted} {
		found, err := bot.Find[Item](ctx, r, "items:"+string(state))
		if err != nil {
			return nil, nil, err
		}
		for _, i := range found {
			switch {
			case i.Waits(s.Coming):
				waiting = append(waiting, i)
			case i.State == Accepted:
				accepted = append(accepted, i)
			}
		}
	}
	slices.SortFunc(waiting, inTurn)
	return waiting, inSections(s, accepted), nil
}

// inSections sorts items as they stand in an edition.
func inSections(s Settings, items []Item) []Item {
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(s.order(a.Section)-s.order(b.Section), strings.Compare(a.Section, b.Section), inOrder(a, b))
	})
	return items
}

// runQueue shows an item to decide about: the one named, else the one that waits
// longest.
func (f *Feature) runQueue(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if id := c.Args.Get("item"); id != "" {
		i, err := itemByID(ctx, tx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		return f.desk(ctx, tx, c, "", &i, nil)
	}
	return f.desk(ctx, tx, c, "", nil, nil)
}

// desk is what an editor works at: what was just done, and one item with what can
// be done about it. Without an item it is the next that waits. changed is the one
// that was just decided about, which lists do not know yet.
func (f *Feature) desk(ctx context.Context, tx *bot.Tx, c bot.Call, done string, i, changed *Item) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	waiting, accepted, err := queue(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	waiting, accepted = with(s, waiting, accepted, changed)
	count := "Edition " + number(s.Coming) + ": " + counted(len(waiting), "item waits", "items wait") + ", " + acceptedWords(len(accepted)) + "."
	if i == nil && len(waiting) > 0 {
		i = &waiting[0]
	}
	post := bot.Post{Text: strings.TrimSpace(done + " " + count)}
	if i != nil {
		if err := f.toDecide(ctx, tx, c, s, i, &post); err != nil {
			return bot.Reply{}, err
		}
	}
	menu := bot.Select{Label: "Look at another", Command: "newsletter queue"}
	for _, from := range [...]struct {
		items []Item
		mark  string
	}{{waiting, ""}, {accepted, "accepted: "}} {
		for _, other := range from.items {
			if (i == nil || other.ID != i.ID) && len(menu.Options) < mostMenu {
				menu.Options = append(menu.Options, bot.Option{Label: bot.ClipTo(from.mark+other.Title, 60), Value: other.ID})
			}
		}
	}
	if len(menu.Options) > 0 {
		post.Select = &menu
	}
	return bot.Reply{Post: &post, Replace: c.Pressed || c.Form != nil}, nil
}

func acceptedWords(n int) string {
	if n == 0 {
		return "none is accepted"
	}
	return counted(n, "is accepted", "are accepted")
}

// mostMenu is how many items a menu offers: Slack takes 100.
const mostMenu = 90

// with puts an item that was just decided about where it belongs now.
func with(s Settings, waiting, accepted []Item, changed *Item) (w, a []Item) {
	if changed == nil {
		return waiting, accepted
	}
	other := func(i Item) bool { return i.ID == changed.ID }
	waiting, accepted = slices.DeleteFunc(waiting, other), slices.DeleteFunc(accepted, other)
	switch {
	case changed.Waits(s.Coming):
		waiting = append(waiting, *changed)
		slices.SortFunc(waiting, inTurn)
	case changed.State == Accepted:
		accepted = inSections(s, append(accepted, *changed))
	}
	return waiting, accepted
}

// toDecide adds an item to an editor's desk: who shared it, its words, others with
// the same link, and the buttons.
func (f *Feature) toDecide(ctx context.Context, tx *bot.Tx, c bot.Call, s Settings, i *Item, post *bot.Post) error {
	crowd := newCrowd(tx)
	p, err := crowd.person(ctx, i.By)
	if err != nil {
		return err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	words, err := crowd.wording(ctx, i.Wording)
	if err != nil {
		return err
	}
	post.Text += "\n\n" + quoted(words)
	if i.Own != nil {
		own, err := crowd.wording(ctx, *i.Own)
		if err != nil {
			return err
		}
		post.Text += "\n\nThe member wrote:\n\n" + quoted(own)
	}
	credit := "without a name"
	if name := i.credited(p); name != "" {
		credit = "as " + bot.Plain(name)
	}
	post.Fields = append(post.Fields,
		bot.Field{Name: "Shared by", Value: i.sharer() + ", " + when.Format(i.At, c.Person.Location(community.Location())) + ", to be credited " + credit},
		bot.Field{Name: "Section", Value: bot.Plain(i.Section) + " (" + i.decided(s) + ")"})
	twice, err := withLink(ctx, tx, i)
	if err != nil {
		return err
	}
	if len(twice) > 0 {
		var lines []string
		for n := range twice {
			other := &twice[n]
			lines = append(lines, "- "+other.emphasised()+" by "+other.sharer()+", "+other.decided(s)+" (`"+other.ID+"`)")
		}
		post.Fields = append(post.Fields, bot.Field{Name: "The same link", Value: strings.Join(lines, "\n")})
	}
	post.Buttons = append(post.Buttons, i.buttons(s)...)
	return nil
}

func (i *Item) sharer() string {
	switch {
	case i.Visitor != "":
		return bot.Plain(i.Visitor) + " (web)"
	case i.By == "":
		return "somebody"
	}
	return bot.Mention(i.By) + " (" + i.By.Platform() + ")"
}

// decided is what an editor reads of an item's state.
func (i *Item) decided(s Settings) string {
	switch {
	case i.State == Published:
		return fmt.Sprintf("in edition %d", i.Edition)
	case i.State == Later && !i.Waits(s.Coming):
		return fmt.Sprintf("kept for after edition %d", i.Wait)
	case i.State == Waiting && i.Changed:
		return "waiting: its member changed it after it was accepted"
	}
	return string(i.State)
}

// buttons are what an editor can do about an item.
func (i *Item) buttons(s Settings) []bot.Button {
	if i.State == Published {
		return nil
	}
	var all []bot.Button
	if i.State != Accepted {
		all = append(all, bot.Button{Label: "Accept", Command: "newsletter accept " + i.ID, Style: bot.Primary})
	}
	all = append(all, bot.Button{Label: "Edit", Command: "newsletter edit " + i.ID})
	if i.State == Accepted || i.Waits(s.Coming) {
		all = append(all, bot.Button{Label: "Later", Command: "newsletter later " + i.ID})
	}
	if i.State != Declined {
		all = append(all, bot.Button{Label: "Decline", Command: "newsletter decline " + i.ID})
	}
	return all
}
