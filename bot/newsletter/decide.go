package newsletter

import (
	"context"

	"datahour/bot"
)

// undecided reads an item about which editors can still decide.
func (f *Feature) undecided(ctx context.Context, tx *bot.Tx, c bot.Call) (Item, error) {
	i, err := itemByID(ctx, tx, c.Args.Get("item"))
	if err == nil && i.State == Published {
		return i, bot.Sayf(bot.Late, "%s is in edition %d already.", i.emphasised(), i.Edition)
	}
	return i, err
}

func (f *Feature) runAccept(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := f.undecided(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.Args.Has("section") {
		if i.Section, err = s.section(c.Args.Get("section")); err != nil {
			return bot.Reply{}, err
		}
	}
	i.accept(c.From, tx.Now())
	tx.Put(&i)
	return f.desk(ctx, tx, c, "Accepted: "+i.emphasised()+" will be in edition "+number(s.Coming)+", under *"+bot.Plain(i.Section)+"*.", nil, &i)
}

func (f *Feature) runLater(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := f.undecided(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	i.putOff(c.From, s.Coming)
	tx.Put(&i)
	return f.desk(ctx, tx, c, "Kept: "+i.emphasised()+" comes back into the queue when edition "+number(s.Coming)+" is out.", nil, &i)
}

// runDecline leaves an item out. Without a reason it opens the form for one.
func (f *Feature) runDecline(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	i, err := f.undecided(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	reason := paragraphs(c.Args.Get("reason"))
	if reason == "" && c.Form == nil {
		reply := tx.FormFor("newsletter decline", nil)
		reply.Form.Command, reply.Form.Title, reply.Form.Submit = "newsletter decline "+i.ID, "Decline an item", "Decline"
		reply.Form.Fields = reply.Form.Fields[1:] // without the item, which is in the line
		reply.Form.Fields[0].Optional = false
		return reply, nil
	}
	if reason == "" {
		return bot.Reply{}, bot.Wrong("reason", "Say in a kind word why, such as `We had this one in edition 11.` It goes to the member.")
	}
	i.decline(c.From, reason)
	crowd := newCrowd(tx)
	kindly, err := crowd.words(ctx, reason)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.tell(ctx, tx, &i, "declined", bot.Post{
		Text: "Thank you for sharing " + i.emphasised() + ". The editors decided not to put it into the newsletter this time:\n\n" + quoted(bot.Quote(kindly)) +
			"\n\nYou can change it and offer it again.",
		Buttons: []bot.Button{{Label: "Edit", Command: "share edit " + i.ID}}}); err != nil {
		return bot.Reply{}, err
	}
	tx.Put(&i)
	return f.desk(ctx, tx, c, "Declined: "+i.emphasised()+"."+f.toldWords(&i), nil, &i)
}

// toldWords say to an editor whether the member knows.
func (f *Feature) toldWords(i *Item) string {
	if i.Told == "" {
		return " I cannot write to whoever shared it."
	}
	return " Whoever shared it has your words."
}

// runChange opens the form of an item for an editor, or takes changes and shows
// them to the member.
func (f *Feature) runChange(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := f.undecided(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	args := changes(c)
	if len(args) == 0 && c.Form == nil {
		reply := shareForm(tx, s, "newsletter edit "+i.ID, "Edit an item", "Save", argsOf(&i))
		reply.Form.Intro = "The member is shown what you change."
		for n, field := range reply.Form.Fields {
			if field.Name == "credit" { // that is the member's own to say
				reply.Form.Fields = append(reply.Form.Fields[:n], reply.Form.Fields[n+1:]...)
				break
			}
		}
		return reply, nil
	}
	if c.Form == nil {
		args = over(argsOf(&i), args)
	}
	w, section, err := s.readWording(args)
	if err != nil {
		return bot.Reply{}, err
	}
	was := i.Wording
	if !i.edit(w, section, c.From) {
		return f.desk(ctx, tx, c, "Nothing changed.", &i, nil)
	}
	done := "Saved."
	if w != was {
		if err := f.tellEdited(ctx, tx, &i); err != nil {
			return bot.Reply{}, err
		}
		done += f.toldWords(&i)
	}
	tx.Put(&i)
	return f.desk(ctx, tx, c, done, &i, &i)
}

// tellEdited shows a member what an editor made of their words, beside their own.
func (f *Feature) tellEdited(ctx context.Context, tx *bot.Tx, i *Item) error {
	crowd := newCrowd(tx)
	now, err := crowd.wording(ctx, i.Wording)
	if err != nil {
		return err
	}
	text := "An editor changed what you shared. It reads now:\n\n" + quoted(now)
	if i.Own != nil {
		own, err := crowd.wording(ctx, *i.Own)
		if err != nil {
			return err
		}
		text += "\n\nYou wrote:\n\n" + quoted(own)
	}
	if !i.Open() {
		return f.tell(ctx, tx, i, "corrected", bot.Say(text+"\n\nIt is corrected in edition "+number(i.Edition)+". Not what you mean? Tell an editor."))
	}
	return f.tell(ctx, tx, i, "edited", bot.Post{Text: text + "\n\nNot what you mean? Edit it, or take it back.",
		Buttons: []bot.Button{{Label: "Edit", Command: "share edit " + i.ID}, {Label: "Withdraw", Command: "share withdraw " + i.ID, Confirm: "Take it back? It will be gone."}}})
}
