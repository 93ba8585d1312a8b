package newsletter

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// mostItems is how many items one edition takes; the rest is for the next one.
const mostItems = 200

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

// final is the coming edition with its items as they are at this moment: a list may
// have grown by the commit, and what was withdrawn meanwhile is not to come out.
func final(ctx context.Context, tx *bot.Tx, s Settings, e *Edition) (Page, []Item, error) {
	_, accepted, err := queue(ctx, tx, s)
	if err != nil {
		return Page{}, nil, err
	}
	var items []Item
	for _, i := range accepted[:min(len(accepted), mostItems)] {
		now := Item{}
		if there, err := tx.Get(ctx, i.Key(), &now); err != nil {
			return Page{}, nil, err
		} else if there && now.State == Accepted {
			items = append(items, now)
		}
	}
	p, err := compose(ctx, tx, e, inSections(s, items))
	return p, items, err
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
		where += ". " + listed(without) + " has no room for it yet: its organisers choose one with " + tx.Command("newsletter rooms")
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

// runPublish publishes the coming edition, when it is the one that was meant: two
// editors who press at once publish one.
func (f *Feature) runPublish(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	if meant := c.Args.Get("edition"); meant != number(s.Coming) {
		if n, err := strconv.Atoi(meant); err == nil && n > 0 && n < s.Coming {
			return bot.Reply{}, bot.Sayf(bot.Late, "Edition %d is out already. The coming one is %d.", n, s.Coming)
		}
		return bot.Reply{}, bot.Wrong("edition", "The coming edition is `%d`.", s.Coming)
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if !c.Args.Yes("sure", false) {
		return f.preview(ctx, tx, c, s, &e, "Nothing is published yet.")
	}
	rooms, without, err := f.rooms(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(rooms) == 0 && !strings.HasPrefix(tx.URL(""), "http") {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "There is no room to post it in. Choose one with %s.", tx.Command("newsletter rooms"))
	}
	published, err := f.publish(ctx, tx, s, &e, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if !published {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "Edition %d has nothing in it: no item is accepted, and no data hour was held. %s shows what waits.", e.Number, tx.Command("newsletter queue"))
	}
	text := "Published: edition " + number(e.Number) + " goes to " + named(rooms) + " now."
	if len(without) > 0 {
		text += " " + sentence(listed(without)) + " has no room for it."
	}
	if strings.HasPrefix(tx.URL(""), "http") {
		text += " On the web: <" + tx.URL(e.Path()) + ">."
	}
	reply := bot.Answer("%s", text)
	reply.Replace = c.Pressed
	return reply, nil
}

// publish brings the coming edition out, in one commit with what its items become
// and with the number of the next one. It tells false when there is nothing in it.
// The posts and the messages to members follow by alarms, which go on after a crash.
func (f *Feature) publish(ctx context.Context, tx *bot.Tx, s Settings, e *Edition, by bot.UserID) (bool, error) {
	p, items, err := final(ctx, tx, s, e)
	if err != nil || p.Empty() {
		return false, err
	}
	if e.Rooms, _, err = f.rooms(ctx, tx, s); err != nil {
		return false, err
	}
	e.Out, e.By, e.Agenda, e.Secret = tx.Now(), by, p.Agenda, ""
	for n := range items {
		i := &items[n]
		i.State, i.Edition = Published, e.Number
		e.Items = append(e.Items, i.ID)
		f.creditItem(tx, i)
		tx.Put(i)
	}
	if by != "" {
		tx.Credit(bot.Contribution{Who: by, What: bot.Organising, About: e.Key(), Title: p.Title(), Path: e.Path()})
	}
	s.Coming, s.Since = e.Number+1, e.Out
	tx.Put(&s)
	f.keep(tx, e)
	if !s.Rule.none() {
		next := Edition{Number: s.Coming, Since: e.Out}
		if err := f.move(ctx, tx, s, &next, s.Rule.after(later(e.Comes, tx.Now()))); err != nil {
			return false, err
		}
	}
	if e.Drafted { // the editors were asked, and that is answered
		if err := f.tellEditors(ctx, tx, e, bot.Say("Edition "+number(e.Number)+" is published, by "+bot.Mention(by)+".")); err != nil {
			return false, err
		}
	}
	tx.Promise(renderAlarm, number(e.Number), tx.Now())
	tx.Promise(tellAlarm, number(e.Number), tx.Now())
	return true, nil
}

// creditItem records who shared a published item.
func (f *Feature) creditItem(tx *bot.Tx, i *Item) {
	tx.Credit(bot.Contribution{Who: i.By, What: bot.Sharing, About: i.Key(), At: i.At, Credit: i.Credit, Title: i.Title, Path: editionPath(i.Edition)})
}

// publishedBy reads the edition that an alarm is about, when it is out.
func publishedBy(ctx context.Context, tx *bot.Tx, a bot.Alarm) (e Edition, there bool, err error) {
	n, err := strconv.Atoi(a.About())
	if err != nil {
		return e, false, err
	}
	there, err = tx.Get(ctx, editionKey(n), &e)
	return e, there && e.Published(), err
}

// itemsOf are the items of a published edition that are still there, in their order.
func itemsOf(ctx context.Context, r bot.Reader, e *Edition) ([]Item, error) {
	all, err := bot.Find[Item](ctx, r, itemsIn(e.Number))
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for n, id := range e.Items {
		place[id] = n
	}
	all = slices.DeleteFunc(all, func(i Item) bool { _, there := place[i.ID]; return !there })
	slices.SortFunc(all, func(a, b Item) int { return place[a.ID] - place[b.ID] })
	return all, nil
}

// render makes an edition stand in its rooms as it is now. Whatever changes it,
// a correction, an erasure, another choice of credit, asks for this; showing the
// same again costs nothing.
func (f *Feature) render(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, there, err := publishedBy(ctx, tx, a)
	if err != nil || !there {
		return err
	}
	p, err := published(ctx, tx, &e)
	if err != nil {
		return err
	}
	first, below := p.posts()
	for _, room := range e.Rooms {
		tx.Show(bot.Notice{Room: room, Key: e.noticeKey("post"), Post: first})
		for n := range max(len(below), e.Parts) {
			key := e.noticeKey("part/" + number(n+1))
			if n < len(below) {
				tx.Show(bot.Notice{Room: room, Key: key, Under: e.noticeKey("post"), Post: below[n]})
			} else {
				tx.Retract(room, key)
			}
		}
	}
	if len(below) > e.Parts {
		e.Parts = len(below)
		tx.Put(&e)
	}
	return nil
}

// toldAtOnce is how many items' members are told in one commit.
const toldAtOnce = 50

// tellMembers tells those whose items are in an edition, each once for all of them.
func (f *Feature) tellMembers(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, there, err := publishedBy(ctx, tx, a)
	if err != nil || !there || e.Told >= len(e.Items) {
		return err
	}
	page := "."
	if strings.HasPrefix(tx.URL(""), "http") {
		page = ": <" + tx.URL(e.Path()) + ">"
	}
	all, err := itemsOf(ctx, tx, &e)
	if err != nil {
		return err
	}
	next := min(len(e.Items), e.Told+toldAtOnce)
	for _, id := range e.Items[e.Told:next] {
		var i Item
		if there, err := tx.Get(ctx, itemKey(id), &i); err != nil {
			return err
		} else if !there {
			continue
		}
		var titles []string
		first := ""
		for n := range all {
			if all[n].By == i.By {
				titles = append(titles, all[n].emphasised())
				if first == "" {
					first = all[n].ID
				}
			}
		}
		if first != i.ID { // told with the first of theirs
			continue
		}
		if err := f.tell(ctx, tx, &i, "published", bot.Say("You are in edition "+number(e.Number)+" with "+listed(titles)+page+" Thank you for sharing.")); err != nil {
			return err
		}
		tx.Put(&i)
	}
	e.Told = next
	tx.Put(&e)
	if e.Told < len(e.Items) {
		tx.Promise(tellAlarm, a.About(), tx.Now())
	}
	return nil
}
