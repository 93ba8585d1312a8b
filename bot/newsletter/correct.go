package newsletter

import (
	"context"
	"slices"

	"datahour/bot"
)

// correctRows are the commands about editions that people have read.
func (f *Feature) correctRows() []bot.Row {
	item := bot.Arg{Name: "item", Kind: bot.ID, Required: true, Hint: "Its id"}
	note := bot.Arg{Name: "note", Label: "What was wrong", Hint: "It stands beside the edition", Named: true, Max: reasonMax}
	args := byName(slices.DeleteFunc(shareArgs(), func(a bot.Arg) bool { return a.Name == "credit" || a.Name == "section" }))
	return []bot.Row{
		{Name: "newsletter correct", Args: append(append([]bot.Arg{item}, args...), note), Who: bot.Organisers, Summary: "Correct an item of a published edition, everywhere",
			Run: f.runCorrect, Examples: []string{"newsletter correct 7k2f", `newsletter correct 7k2f title="We mapped 312 ponds" note="There are 312 ponds, not 300."`}},
		{Name: "newsletter remove", Args: []bot.Arg{item, note}, Who: bot.Organisers, Form: "Take an item out", Submit: "Take it out",
			Summary: "Take an item out of a published edition, everywhere", Run: f.runRemove, Examples: []string{`newsletter remove 7k2f note="Shared by mistake."`}},
	}
}

// readBy finds a published item with its edition.
func (f *Feature) readBy(ctx context.Context, tx *bot.Tx, c bot.Call) (i Item, e Edition, err error) {
	if i, err = itemByID(ctx, tx, c.Args.Get("item")); err != nil {
		return i, e, err
	}
	if i.State != Published {
		return i, e, bot.Sayf(bot.Invalid, "%s is not published yet: %s changes it.", i.emphasised(), tx.Command("newsletter edit "+i.ID))
	}
	err = tx.Need(ctx, editionKey(i.Edition), &e, "I know no edition %d.", i.Edition)
	return i, e, err
}

// corrected notes a correction and makes the edition stand anew, everywhere.
func (f *Feature) corrected(tx *bot.Tx, c bot.Call, e *Edition, item string) {
	e.Corrections = append(e.Corrections, Correction{At: tx.Now(), By: c.From, Item: item, Note: paragraphs(c.Args.Get("note"))})
	f.keep(tx, e)
	tx.Promise(renderAlarm, number(e.Number), tx.Now())
}

// runCorrect changes an item that people have read, and says so beside it.
func (f *Feature) runCorrect(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	i, e, err := f.readBy(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	args := changes(c)
	if len(args) == 0 && c.Form == nil {
		reply := tx.FormFor("newsletter correct", argsOf(&i))
		reply.Form.Command, reply.Form.Title = "newsletter correct "+i.ID, "Correct an item"
		reply.Form.Fields = reply.Form.Fields[1:] // without the item, which is in the line
		reply.Form.Fields[len(reply.Form.Fields)-1].Optional = false
		return reply, nil
	}
	if line(args.Get("note")) == "" {
		return bot.Reply{}, bot.Wrong("note", "Say what was wrong, such as `There are 312 ponds, not 300.` Readers see it beside the edition.")
	}
	if c.Form == nil {
		args = over(argsOf(&i), args)
	}
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	args = over(args, nil)
	delete(args, "section") // it stays where it stood
	w, _, err := s.readWording(args)
	if err != nil {
		return bot.Reply{}, err
	}
	if i.edit(w, i.Section, c.From) {
		if err := f.tellEdited(ctx, tx, &i); err != nil {
			return bot.Reply{}, err
		}
		f.creditItem(tx, &i)
	}
	tx.Put(&i)
	f.corrected(tx, c, &e, i.ID)
	return bot.Answer("Corrected in edition %d: its posts and pages are made again, with your note. E-mail that has gone out stays as it was.", e.Number), nil
}

// runRemove takes an item out of an edition that people have read.
func (f *Feature) runRemove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	i, e, err := f.readBy(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if line(c.Args.Get("note")) == "" {
		if c.Form != nil || c.Args.Has("note") {
			return bot.Reply{}, bot.Wrong("note", "Say why, such as `Shared by mistake.` Readers see it beside the edition.")
		}
		reply := tx.FormFor("newsletter remove", nil)
		reply.Form.Command = "newsletter remove " + i.ID
		reply.Form.Fields = reply.Form.Fields[1:]
		reply.Form.Fields[0].Optional = false
		return reply, nil
	}
	i.decline(c.From, paragraphs(c.Args.Get("note")))
	i.Edition = 0
	if err := f.tell(ctx, tx, &i, "removed", bot.Say("The editors took "+i.emphasised()+" out of edition "+number(e.Number)+":\n\n"+quoted(bot.Quote(i.Reason)))); err != nil {
		return bot.Reply{}, err
	}
	tx.Put(&i)
	tx.Uncredit(i.By, bot.Sharing, i.Key())
	e.drop(i.ID)
	f.corrected(tx, c, &e, i.ID)
	return bot.Answer("Taken out of edition %d: its posts and pages are made again, with your note.", e.Number), nil
}
