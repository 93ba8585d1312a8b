package newsletter

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datahour/bot"
)

const shareTitle = "Share something"

// shareArgs are what a member says of something they share, in the order of the form.
func shareArgs() []bot.Arg {
	return []bot.Arg{
		{Name: "title", Label: "Title", Named: true, Max: titleMax, Hint: "We mapped 300 ponds"},
		{Name: "words", Kind: bot.Rest, Label: "What it is about", Max: wordsMax, Hint: "A few sentences"},
		{Name: "link", Label: "Link", Named: true, Max: linkMax, Hint: "https://example.org/lidar"},
		{Name: "section", Label: "Section", Named: true, Max: sectionMax},
		{Name: "credit", Kind: bot.Choice, Label: "Credit me", Named: true, Options: creditOptions, Hint: "Editors see who shared it in any case"},
		{Name: "licence", Label: "Licence note", Named: true, Max: licenceMax, Hint: "Left out: as the whole newsletter"},
	}
}

// shareRows are the commands of those who share.
func (f *Feature) shareRows() []bot.Row {
	item := bot.Arg{Name: "item", Kind: bot.ID, Required: true, Hint: "Its id"}
	return []bot.Row{
		{Name: "share", Args: shareArgs(), Summary: "Offer something for the newsletter", Submit: "Share", Run: f.runShare,
			Examples: []string{"share https://example.org/lidar We mapped 300 ponds", `share title="We mapped 300 ponds" section=Tools credit=name From LiDAR tiles, in two days.`}},
		{Name: "share hour", Args: []bot.Arg{{Name: "hour", Kind: bot.ID, Required: true}}, Hidden: true, Summary: "Offer what came out of a data hour", Run: f.runShareHour},
		{Name: "share mine", Summary: "What you shared, to change it or take it back", Run: f.runMine, Examples: []string{"share mine"}},
		{Name: "share show", Args: []bot.Arg{item}, Hidden: true, Summary: "One thing that you shared", Run: f.runShow},
		{Name: "share edit", Args: append([]bot.Arg{item}, byName(shareArgs())...), Summary: "Change what you shared, until it is published", Run: f.runEdit,
			Examples: []string{"share edit 7k2f", `share edit 7k2f title="We mapped 312 ponds"`}},
		{Name: "share withdraw", Args: []bot.Arg{item}, Summary: "Take back what you shared, until it is published", Run: f.runWithdraw, Examples: []string{"share withdraw 7k2f"}},
		{Name: "share credit", Args: []bot.Arg{item, {Name: "credit", Kind: bot.Choice, Options: creditOptions, Label: "Credit me", Required: true}}, Form: "How I am credited",
			Summary: "How you are credited for what you shared", Run: f.runCredit, Examples: []string{"share credit 7k2f role"}},
	}
}

func byName(args []bot.Arg) []bot.Arg {
	for i := range args {
		args[i].Named = true
	}
	return args
}

// shareForm is the form of an item, filled with args, whose submission runs line.
func shareForm(tx *bot.Tx, s Settings, line, title, submit string, args bot.Args) bot.Reply {
	reply := tx.FormFor("share", args)
	reply.Form.Command, reply.Form.Title, reply.Form.Submit = line, title, submit
	for i := range reply.Form.Fields {
		switch field := &reply.Form.Fields[i]; field.Name {
		case "title":
			field.Optional = false
		case "section": // they are the editors' to choose, so the table does not know them
			field.Kind, field.Optional = bot.Choice, false
			for _, name := range s.Sections {
				field.Options = append(field.Options, bot.Option{Label: name, Value: name})
			}
			if !slices.Contains(s.Sections, field.Value) {
				field.Value = s.Sections[0]
			}
		case "credit":
			field.Optional = false
		}
	}
	return reply
}

// argsOf writes an item down as the arguments that would make it.
func argsOf(i *Item) bot.Args {
	args := bot.Args{"title": {i.Title}, "section": {i.Section}, "credit": {creditValue(i.Credit)}}
	for name, value := range map[string]string{"words": i.Words, "link": i.Link, "licence": i.Licence} {
		if value != "" {
			args[name] = []string{value}
		}
	}
	return args
}

// runShare stores what a member shares, from a form or from one line. Without
// anything it opens the form.
func (f *Feature) runShare(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	args := c.Args
	if c.Form == nil {
		args = unfolded(args)
		if !args.Has("title") {
			args = bot.Args{"section": args["section"], "credit": args["credit"], "link": args["link"], "licence": args["licence"]}
			if title := f.titleOf(ctx, tx, args.Get("link")); title != "" {
				args["title"] = []string{title}
			}
			if !args.Has("credit") {
				args["credit"] = []string{creditValue(usualCredit(c.Person))}
			}
			return shareForm(tx, s, "share", shareTitle, "Share", args), nil
		}
	}
	item := Item{ID: bot.ShortID(), By: c.From, At: tx.Now(), State: Waiting, Credit: usualCredit(c.Person)}
	if item.Wording, item.Section, err = s.readWording(args); err != nil {
		return bot.Reply{}, err
	}
	if args.Has("credit") {
		item.Credit = creditOf(c.Person, args.Get("credit"))
	}
	if err := f.roomFor(ctx, tx, c.From); err != nil {
		return bot.Reply{}, err
	}
	twice, err := withLink(ctx, tx, &item)
	if err != nil {
		return bot.Reply{}, err
	}
	tx.Create(&item)
	post, err := f.card(ctx, tx, c.Person, s, &item)
	if err != nil {
		return bot.Reply{}, err
	}
	edition, err := forEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	post.Text = "Saved " + edition + ", " + post.Text
	post.Small = "An editor looks at it, and I tell you when it is in an edition. " + tx.Command("share mine") + " shows it again."
	post.Small = roleHint(tx, c.Person, item.Credit) + post.Small
	if len(twice) > 0 {
		post.Small = "Somebody shared that link already; the editors see both side by side. " + post.Small
	}
	return bot.Reply{Post: &post}, nil
}

// titleOf is what the page behind a link calls itself, for the form: a convenience
// that nothing waits for. It is read before anything is decided, so that whoever
// shares at the same time waits for nobody's page.
func (f *Feature) titleOf(ctx context.Context, tx *bot.Tx, typed string) string {
	link, err := readLink(typed)
	if f.Titles == nil || err != nil || link == "" {
		return ""
	}
	title, err := f.Titles.Title(ctx, link)
	if err != nil {
		tx.Log().Debug("a link has no title", "err", err)
	}
	return bot.ClipTo(line(title), titleMax)
}

// hourAge is how long after it a data hour can be offered from its card.
const hourAge = 90 * 24 * time.Hour

// runShareHour opens the form filled with what a data hour came to: the button of
// its host's card.
func (f *Feature) runShareHour(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	held, err := tx.Digest(ctx, tx.Now().Add(-hourAge), tx.Now())
	if err != nil {
		return bot.Reply{}, err
	}
	args := bot.Args{"credit": {creditValue(usualCredit(c.Person))}}
	for _, h := range held {
		if h.ID == c.Args.Get("hour") {
			args["title"], args["words"] = []string{bot.ClipTo(h.Title, titleMax)}, []string{bot.ClipTo(h.Words, wordsMax)}
			if link, err := readLink(tx.URL(h.URL)); err == nil && h.URL != "" {
				args["link"] = []string{link}
			}
		}
	}
	return shareForm(tx, s, "share", shareTitle, "Share", args), nil
}

// roomFor refuses more from somebody who has too much waiting.
func (f *Feature) roomFor(ctx context.Context, tx *bot.Tx, who bot.UserID) error {
	mine, err := bot.Find[Item](ctx, tx, itemsBy(who))
	if err != nil {
		return err
	}
	waiting := 0
	for _, i := range mine {
		if i.State == Waiting {
			waiting++
		}
	}
	if waiting >= mostWaiting {
		return bot.Sayf(bot.Taken, "You have %d items waiting for an editor, which is as many as I take from one person. %s shows them.", waiting, tx.Command("share mine"))
	}
	return nil
}

// withLink are the other items with the same link that are not declined.
func withLink(ctx context.Context, r bot.Reader, i *Item) ([]Item, error) {
	key := linkKey(i.Link)
	if key == "" {
		return nil, nil
	}
	found, err := bot.Find[Item](ctx, r, "items:link:"+key)
	if err != nil {
		return nil, err
	}
	var all []Item
	for _, x := range found {
		if there, err := r.Get(ctx, x.Key(), &x); err != nil { // as this Tx has decided about it
			return nil, err
		} else if there && x.ID != i.ID && x.State != Declined {
			all = append(all, x)
		}
	}
	return all, nil
}

// titleFrom is how long a first sentence can be to make a title by itself.
const titleFrom = 90

// unfolded reads one line, "https://… some words", as the fields of the form: the
// first address in it is the link, and what it says first is the title.
func unfolded(args bot.Args) bot.Args {
	all := bot.Args{}
	for name, values := range args {
		all[name] = values
	}
	words := args.Get("words")
	if !all.Has("link") {
		if links := bot.Links(words); len(links) > 0 {
			all["link"] = links[:1]
			bare := strings.Replace(words, "<"+links[0]+">", " ", 1)
			if bare == words {
				bare = strings.Replace(words, links[0], " ", 1)
			}
			words = strings.Trim(strings.TrimSpace(bare), "–—-: ")
		}
	}
	if !all.Has("title") && words != "" {
		var title string
		title, words = firstSentence(words)
		all["title"] = []string{title}
	}
	delete(all, "words")
	if words != "" {
		all["words"] = []string{words}
	}
	return all
}

// firstSentence cuts words into what can stand as a title, and the rest. When the
// first sentence is too long, the words stay whole below the beginning of it.
func firstSentence(words string) (title, rest string) {
	end := len(words)
	for _, mark := range [...]string{"\n", ". ", "! ", "? ", ": ", " – ", " — "} {
		if i := strings.Index(words, mark); i > 0 && i < end {
			end = i
			if mark == "! " || mark == "? " {
				end++
			}
		}
	}
	title, rest = strings.TrimSuffix(strings.TrimSpace(words[:end]), "."), strings.TrimSpace(strings.TrimLeft(words[end:], ".:–— \n"))
	if utf8.RuneCountInString(title) > titleFrom {
		return bot.ClipTo(line(title), titleFrom), words
	}
	return title, rest
}

// readWording takes the fields of the form.
func (s Settings) readWording(args bot.Args) (w Wording, section string, err error) {
	w = Wording{Title: line(args.Get("title")), Words: paragraphs(args.Get("words")), Licence: line(args.Get("licence"))}
	if w.Title == "" {
		return w, "", bot.Wrong("title", "Give it a title, such as `We mapped 300 ponds`.")
	}
	if w.Link, err = readLink(args.Get("link")); err != nil {
		return w, "", err
	}
	section, err = s.section(args.Get("section"))
	return w, section, err
}
