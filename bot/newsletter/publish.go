package newsletter

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"datahour/bot"
)

// mostItems is how many items one edition takes; the rest is for the next one.
const mostItems = 200

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
		text += " " + sentence(bot.Listed(without)) + " has no room for it."
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
		if err := f.tell(ctx, tx, &i, "published", bot.Say("You are in edition "+number(e.Number)+" with "+bot.Listed(titles)+page+" Thank you for sharing.")); err != nil {
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
