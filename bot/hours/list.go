package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// readRows are the commands that show hours, and the reminder.
func (f *Feature) readRows() []bot.Row {
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Hint: "Its id; not needed in its room"}
	return []bot.Row{
		{Name: "datahour list", Summary: "The data hours that are open or coming", Run: f.runList, Examples: []string{"datahour list"}},
		{Name: "datahour transcript", Args: []bot.Arg{hour}, Summary: "Where to read an hour again", Run: f.runTranscript, Examples: []string{"datahour transcript", "datahour transcript 7k2f"}},
		{Name: "datahour remind", Args: []bot.Arg{hour}, Summary: "A direct message ten minutes before", Run: f.runRemind, Examples: []string{"datahour remind 7k2f"}},
	}
}

// mostListed is how many hours a list shows.
const mostListed = 15

func (f *Feature) runList(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	items, err := f.Agenda(ctx, tx, tx.Now(), tx.Now().AddDate(10, 0, 0))
	if err != nil {
		return bot.Reply{}, err
	}
	if items, err = known(ctx, tx, c, items); err != nil {
		return bot.Reply{}, err
	}
	if len(items) == 0 {
		return bot.Answer("No data hour is planned. Organisers schedule one with %s.", tx.Command("datahour new")), nil
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	lines := []string{"Data hours:", ""}
	for i, item := range items {
		if i == mostListed {
			lines = append(lines, "", "And "+counted(len(items)-mostListed, "more", "more")+".")
			break
		}
		times := when.Format(item.Start, community.Location())
		if item.Live {
			times = "open now, until " + when.FormatClock(item.End, community.Location())
		}
		line := "- *" + bot.Plain(item.Title) + "*, " + times + ", in " + namedFrom(c.From.Platform(), item.Rooms) + " (`" + item.ID + "`)"
		if item.URL != "" && strings.HasPrefix(tx.URL(""), "http") {
			line += " <" + tx.URL(item.URL) + ">"
		}
		lines = append(lines, line)
	}
	return bot.Answer("%s", strings.Join(lines, "\n")), nil
}

// known leaves out hours that are nobody's business here: those without a public
// page, in other platforms' rooms or in private ones.
func known(ctx context.Context, tx *bot.Tx, c bot.Call, items []bot.AgendaItem) ([]bot.AgendaItem, error) {
	var all []bot.AgendaItem
	for _, item := range items {
		listed := item.URL != ""
		for _, room := range item.Rooms {
			info, err := bot.RoomOf(ctx, tx, room)
			if err != nil {
				return nil, err
			}
			listed = listed || room == c.Room || room.Platform() == c.From.Platform() && !info.Private
		}
		if listed {
			all = append(all, item)
		}
	}
	return all, nil
}

// runTranscript gives the addresses of an hour: the one named, the live one, or
// the last that was held here.
func (f *Feature) runTranscript(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	var l live
	there, err := tx.Get(ctx, liveKey(c.Room), &l)
	if err != nil {
		return bot.Reply{}, err
	}
	var h Hour
	if c.Args.Has("hour") || there {
		h, err = f.hourMeant(ctx, tx, c)
	} else {
		h, err = f.lastIn(ctx, tx, c.Room)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	switch {
	case !h.hasPage(tx):
		return bot.Answer("%s has no public page. Its hosts can make one: %s.", h.emphasised(), tx.Command("datahour privacy "+h.ID)), nil
	case h.Forgotten:
		return bot.Answer("The transcript of %s was kept for %s, and is deleted. What remains is at <%s>.", h.emphasised(), counted(h.KeepDays, "day", "days"), tx.URL(h.Path())), nil
	}
	page := tx.URL(h.Path())
	return bot.Answer("%s, as far as people agreed to be shown:\n\n- to read: <%s>\n- as Markdown: <%s>\n- as JSON: <%s>\n- as a table: <%s>",
		h.emphasised(), page, page+".md", page+".json", page+".csv"), nil
}

func (f *Feature) lastIn(ctx context.Context, tx *bot.Tx, room bot.RoomID) (Hour, error) {
	all, err := bot.Find[Hour](ctx, tx, "hours:"+string(room))
	if err != nil {
		return Hour{}, err
	}
	var last Hour
	for _, h := range all {
		if h.State == Closed && h.Ended.After(last.Ended) {
			last = h
		}
	}
	if last.ID == "" {
		return last, bot.Sayf(bot.Missing, "No data hour was held here yet. With an id I can find one of another room: %s.", tx.Command("datahour transcript 7k2f"))
	}
	return last, nil
}

// runRemind notes who wants a direct message ten minutes before; pressing again
// takes it back.
func (f *Feature) runRemind(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.From.Platform() == bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "I can send reminders only to people on a connected platform. The page has a calendar to subscribe to.")
	}
	lead := reminders[len(reminders)-1]
	switch {
	case h.State == Open:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is open now, until %s.", h.emphasised(), h.clock(h.End()))
	case h.State != Scheduled || h.Missed:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is not coming up.", h.emphasised())
	case !h.Start.Add(-lead).After(tx.Now()):
		return bot.Reply{}, bot.Sayf(bot.Late, "It begins in %s, so there is no time for a reminder.", when.Length(h.Start.Sub(tx.Now())))
	}
	want := reminding{Hour: h.ID}
	if _, err := tx.Get(ctx, want.Key(), &want); err != nil {
		return bot.Reply{}, err
	}
	if slices.Contains(want.Who, c.From) {
		want.Who = slices.DeleteFunc(want.Who, func(u bot.UserID) bool { return u == c.From })
		tx.Put(&want)
		return bot.Answer("I will not remind you of %s.", h.emphasised()), nil
	}
	want.Who = append(want.Who, c.From)
	tx.Put(&want)
	at := h.Start.Add(-lead)
	return bot.Answer("Saved: I will send you a direct message on %s, ten minutes before %s. Press again to take it back.",
		when.Format(at, c.Person.Location(h.Location())), h.emphasised()), nil
}
