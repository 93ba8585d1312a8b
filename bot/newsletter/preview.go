package newsletter

import (
	"context"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// editionRows are the commands about the edition that is coming.
func (f *Feature) editionRows() []bot.Row {
	edition := bot.Arg{Name: "edition", Kind: bot.ID, Required: true, Hint: "Its number"}
	return []bot.Row{
		{Name: "newsletter preview", Who: bot.Organisers, Summary: "The coming edition as it would come out now, and what can be done about it", Run: f.runPreview, Examples: []string{"newsletter preview"}},
		{Name: "newsletter intro", Args: []bot.Arg{{Name: "words", Kind: bot.Rest, Label: "Introduction", Hint: "Left empty: none", Max: wordsMax}}, Who: bot.Organisers,
			Summary: "The words before everything else in the coming edition", Run: f.runIntro, Examples: []string{"newsletter intro Ponds, rivers and a request."}},
		{Name: "newsletter part", Args: []bot.Arg{{Name: "part", Kind: bot.Choice, Options: partOptions(), Required: true}}, Who: bot.Organisers, Form: "Parts of the edition",
			Summary: "Take a part out of the coming edition, or put it back", Run: f.runPart, Examples: []string{"newsletter part thanks"}},
		{Name: "newsletter publish", Args: []bot.Arg{edition, {Name: "sure", Kind: bot.Yes, Named: true}}, Who: bot.Organisers, Summary: "Publish the coming edition now; you see it first", Run: f.runPublish, Examples: []string{"newsletter publish 12"}},
	}
}

func partOptions() []bot.Option {
	var all []bot.Option
	for _, p := range parts {
		all = append(all, bot.Option{Label: p.label, Value: p.name})
	}
	return all
}

// draft is the coming edition as it would come out now.
func draft(ctx context.Context, src source, s Settings, e *Edition) (Page, error) {
	_, accepted, err := queue(ctx, src, s)
	if err != nil {
		return Page{}, err
	}
	return compose(ctx, src, e, accepted[:min(len(accepted), mostItems)])
}

// runPreview shows an editor the coming edition.
func (f *Feature) runPreview(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if e.Secret == "" { // there is something to look at from now on
		for range 5 {
			e.Secret += bot.ShortID()
		}
		f.keep(tx, &e)
	}
	return f.preview(ctx, tx, c, s, &e, "")
}

// preview is the coming edition for an editor, after what was just done.
func (f *Feature) preview(ctx context.Context, tx *bot.Tx, c bot.Call, s Settings, e *Edition, done string) (bot.Reply, error) {
	p, err := draft(ctx, tx, s, e)
	if err != nil {
		return bot.Reply{}, err
	}
	waiting, _, err := queue(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	first, below := p.posts()
	text := strings.TrimSpace(done + " This is edition " + number(e.Number) + " as it would come out now, with " + counted(p.Count(), "item", "items") + ":")
	if p.Empty() {
		text = strings.TrimSpace(done + " Edition " + number(e.Number) + " has nothing in it yet, so it cannot be published.")
	} else {
		text += "\n\n" + quoted(first.Text)
	}
	post := bot.Post{Text: text}
	if len(below) > 0 {
		post.Fields = append(post.Fields, bot.Field{Name: "In its thread", Value: counted(len(below), "post", "posts") + " with all of it"})
	}
	rooms, without, err := f.rooms(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	where := named(rooms)
	if len(without) > 0 {
		where += ". " + bot.Listed(without) + " has no room for it yet: its organisers choose one with " + tx.Command("newsletter rooms")
	}
	post.Fields = append(post.Fields, bot.Field{Name: "Goes to", Value: where})
	if !e.Comes.IsZero() {
		post.Fields = append(post.Fields, bot.Field{Name: "Comes", Value: when.Format(e.Comes, p.Zone)})
	}
	if p.Site != "" && e.Secret != "" {
		post.Fields = append(post.Fields, bot.Field{Name: "On the web", Value: "<" + tx.URL(previewPath(e)) + ">, for editors alone, with its other forms"})
	}
	if len(waiting) > 0 {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Decide: " + counted(len(waiting), "waits", "wait"), Command: "newsletter queue"})
	}
	if !p.Empty() {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Publish now", Command: "newsletter publish " + number(e.Number) + " sure=yes", Style: bot.Primary,
			Confirm: "Publish edition " + number(e.Number) + " now, with " + counted(p.Count(), "item", "items") + "?"})
		if e.Comes.After(tx.Now()) && e.Approved == "" {
			post.Buttons = append(post.Buttons, bot.Button{Label: "Publish at its time", Command: "newsletter approve " + number(e.Number)})
		}
	}
	post.Buttons = append(post.Buttons, bot.Button{Label: "Introduction", Command: "newsletter intro"})
	if p.Count() > 0 {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Order", Command: "newsletter order"})
	}
	menu := bot.Select{Label: "Take out or put back", Command: "newsletter part"}
	for _, part := range parts {
		label := "Take out: " + part.label
		if !e.has(part.name) {
			label = "Put back: " + part.label
		}
		menu.Options = append(menu.Options, bot.Option{Label: label, Value: part.name})
	}
	post.Select = &menu
	return bot.Reply{Post: &post, Replace: c.Pressed || c.Form != nil}, nil
}

// previewPath is where editors read the draft: whoever has the address is one.
func previewPath(e *Edition) string { return "/edition/draft?key=" + e.Secret }

// changeComing changes the coming edition and shows it again.
func (f *Feature) changeComing(ctx context.Context, tx *bot.Tx, c bot.Call, change func(e *Edition) string) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	done := change(&e)
	f.keep(tx, &e)
	return f.preview(ctx, tx, c, s, &e, done)
}

// runIntro sets the introduction; without words it opens the form with the one
// there is.
func (f *Feature) runIntro(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if len(c.Args) == 0 && c.Form == nil {
		s, err := settingsOf(ctx, tx)
		if err != nil {
			return bot.Reply{}, err
		}
		e, err := comingEdition(ctx, tx, s)
		if err != nil {
			return bot.Reply{}, err
		}
		reply := tx.FormFor("newsletter intro", bot.Args{"words": {e.Intro}})
		reply.Form.Title = "Introduction"
		return reply, nil
	}
	return f.changeComing(ctx, tx, c, func(e *Edition) string {
		e.Intro, e.IntroBy = paragraphs(c.Args.Get("words")), c.From
		if e.Intro == "" {
			e.IntroBy = ""
			return "The introduction is gone."
		}
		return "Saved."
	})
}

func (f *Feature) runPart(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return f.changeComing(ctx, tx, c, func(e *Edition) string {
		part := c.Args.Get("part")
		e.turn(part)
		if e.has(part) {
			return "It is back in."
		}
		return "It is taken out."
	})
}
