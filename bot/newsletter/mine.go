package newsletter

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

// itemByID reads an item that somebody named.
func itemByID(ctx context.Context, tx *bot.Tx, id string) (Item, error) {
	var i Item
	id = strings.ToLower(strings.TrimSpace(id))
	err := tx.Need(ctx, itemKey(id), &i, "I know no item `%s`: it may have been withdrawn.", bot.Plain(bot.ClipTo(id, 12)))
	return i, err
}

// own reads an item of the caller's.
func (f *Feature) own(ctx context.Context, tx *bot.Tx, c bot.Call) (Item, error) {
	i, err := itemByID(ctx, tx, c.Args.Get("item"))
	if err == nil && i.By != c.From {
		return i, bot.Sayf(bot.Forbidden, "Somebody else shared that. %s shows what you shared.", tx.Command("share mine"))
	}
	return i, err
}

// ownOpen is own for an item that can still be changed.
func (f *Feature) ownOpen(ctx context.Context, tx *bot.Tx, c bot.Call) (Item, error) {
	i, err := f.own(ctx, tx, c)
	if err == nil && !i.Open() {
		return i, bot.Sayf(bot.Late, "%s is in edition %d, which is published. Its credit can still be changed: %s. For anything else, ask an editor for a correction.",
			i.emphasised(), i.Edition, tx.Command("share credit "+i.ID))
	}
	return i, err
}

// card is an item as its member sees it, with what can be done. Its text goes on
// after "Saved …, ".
func (f *Feature) card(ctx context.Context, tx *bot.Tx, p bot.Person, s Settings, i *Item) (bot.Post, error) {
	words, err := newCrowd(tx).wording(ctx, i.Wording)
	if err != nil {
		return bot.Post{}, err
	}
	post := bot.Post{Text: "under *" + bot.Plain(i.Section) + "*, " + i.creditWords(p) + ":\n\n" + quoted(words)}
	if i.Open() {
		post.Buttons = []bot.Button{
			{Label: "Edit", Command: "share edit " + i.ID},
			{Label: "Withdraw", Command: "share withdraw " + i.ID, Confirm: "Take it back? It will be gone."},
		}
	}
	for _, o := range creditOptions {
		if o.Value != creditValue(i.Credit) {
			post.Buttons = append(post.Buttons, bot.Button{Label: o.Label, Command: "share credit " + i.ID + " " + o.Value})
		}
	}
	return post, nil
}

// standing tells a member where their item is.
func (i *Item) standing(s Settings) string {
	switch {
	case i.State == Published:
		return "it is in edition " + number(i.Edition)
	case i.State == Declined:
		return "it was declined"
	case i.State == Accepted:
		return "it will be in edition " + number(s.Coming)
	case i.State == Later && !i.Waits(s.Coming):
		return "an editor kept it for a later edition"
	case i.Changed:
		return "an editor looks at it again, since you changed it"
	}
	return "it waits for an editor"
}

// mostMine is how many items a list shows.
const mostMine = 20

// runMine lists what the caller shared, the latest first.
func (f *Feature) runMine(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	mine, err := bot.Find[Item](ctx, tx, itemsBy(c.From))
	if err != nil {
		return bot.Reply{}, err
	}
	if len(mine) == 0 {
		return bot.Answer("You have shared nothing yet. %s offers something for the newsletter.", tx.Command("share")), nil
	}
	slices.SortFunc(mine, func(a, b Item) int { return inTurn(b, a) })
	if len(mine) == 1 {
		return f.show(ctx, tx, c, s, &mine[0])
	}
	lines := []string{"What you shared:", ""}
	menu := bot.Select{Label: "Look at one", Command: "share show"}
	for n := range mine {
		i := &mine[n]
		if n == mostMine {
			lines = append(lines, "", "And "+counted(len(mine)-mostMine, "older one", "older ones")+".")
			break
		}
		lines = append(lines, "- "+i.emphasised()+": "+i.standing(s)+" (`"+i.ID+"`)")
		menu.Options = append(menu.Options, bot.Option{Label: bot.ClipTo(i.Title, 60), Value: i.ID})
	}
	return bot.Reply{Post: &bot.Post{Text: strings.Join(lines, "\n"), Select: &menu}}, nil
}

func (f *Feature) runShow(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := f.own(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	return f.show(ctx, tx, c, s, &i)
}

// show is one item of the caller's, with where it stands.
func (f *Feature) show(ctx context.Context, tx *bot.Tx, c bot.Call, s Settings, i *Item) (bot.Reply, error) {
	post, err := f.card(ctx, tx, c.Person, s, i)
	if err != nil {
		return bot.Reply{}, err
	}
	post.Text = "You shared this, " + i.standing(s) + ", " + post.Text
	post.Small = "Its id is `" + i.ID + "`."
	if i.State == Declined && i.Reason != "" {
		reason, err := newCrowd(tx).words(ctx, i.Reason)
		if err != nil {
			return bot.Reply{}, err
		}
		post.Text += "\n\nThe editor wrote: " + bot.Quote(reason)
	}
	return bot.Reply{Post: &post, Replace: c.Pressed}, nil
}

// runEdit opens the form of an item, or takes changes.
func (f *Feature) runEdit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	i, err := f.ownOpen(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	c.Args = typed(c)
	args := changes(c)
	if len(args) == 0 && c.Form == nil {
		return shareForm(tx, s, "share edit "+i.ID, "Change what you shared", "Save", argsOf(&i)), nil
	}
	if c.Form == nil {
		args = over(argsOf(&i), args)
	}
	w, section, err := s.readWording(args)
	if err != nil {
		return bot.Reply{}, err
	}
	was := i.State
	i.reword(w, section)
	if args.Has("credit") {
		i.Credit = creditOf(c.Person, args.Get("credit"))
	}
	tx.Put(&i)
	reply, err := f.show(ctx, tx, c, s, &i)
	if err != nil {
		return reply, err
	}
	reply.Post.Text = strings.Replace(reply.Post.Text, "You shared this", "Saved", 1)
	if was == Declined && i.State == Waiting {
		reply.Post.Small = "It had been declined; an editor looks at it again."
	}
	return reply, nil
}

// changes are the arguments of an edit without the item that it is about.
func changes(c bot.Call) bot.Args {
	args := over(c.Args, nil)
	delete(args, "item")
	return args
}

// over lays args over others.
func over(under, args bot.Args) bot.Args {
	all := bot.Args{}
	for _, from := range [...]bot.Args{under, args} {
		for name, values := range from {
			all[name] = values
		}
	}
	return all
}

// runWithdraw deletes an item that is not published yet.
func (f *Feature) runWithdraw(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	i, err := f.ownOpen(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	f.drop(tx, &i)
	reply := bot.Answer("Withdrawn: %s is gone, and nobody will read it.", i.emphasised())
	reply.Replace = c.Pressed
	return reply, nil
}

// drop deletes an item, with what its member was told about it.
func (f *Feature) drop(tx *bot.Tx, i *Item) {
	if i.Told != "" {
		tx.Retract(i.By.Direct(), i.noticeKey(i.Told))
	}
	tx.Delete(i.Key())
}

// runCredit changes how the member is named for an item, before and after it is
// published.
func (f *Feature) runCredit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	i, err := f.own(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	i.Credit = creditOf(c.Person, c.Args.Get("credit"))
	tx.Put(&i)
	if i.State == Published {
		f.creditItem(tx, &i)
		tx.Promise(renderAlarm, number(i.Edition), tx.Now())
	}
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	reply, err := f.show(ctx, tx, c, s, &i)
	if err == nil {
		reply.Post.Text = strings.Replace(reply.Post.Text, "You shared this", "Saved", 1)
		reply.Post.Small = roleHint(tx, c.Person, i.Credit) + reply.Post.Small
	}
	return reply, err
}

// roleHint asks for a role where that is to be shown and nobody has told one.
func roleHint(tx *bot.Tx, p bot.Person, c bot.Credit) string {
	if c.As != bot.ByRole || p.Role != "" || p.Organisation != "" {
		return ""
	}
	return "Say what you do and where, so that there is something to show: " + tx.Command("my role") + ". "
}

// Mine tells a person what of theirs is on its way.
func (f *Feature) Mine(ctx context.Context, r bot.Reader, who bot.UserID) ([]string, error) {
	s, err := settingsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	mine, err := bot.Find[Item](ctx, r, itemsBy(who))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(mine, inTurn)
	var lines []string
	for n := range mine {
		if i := &mine[n]; i.Open() {
			lines = append(lines, "You shared "+i.emphasised()+" for the newsletter: "+i.standing(s)+" (`"+i.ID+"`).")
		}
	}
	return lines, nil
}
