package hours

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Feature is data hours: it gives the core its commands and keeps its promises.
type Feature struct{}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Rows are the commands of data hours.
func (f *Feature) Rows() []bot.Row {
	return slices.Concat(f.planRows(), f.runRows(), f.changeRows(), f.readRows(), f.afterRows(), f.talkRows(), f.visitRows(), f.lookRows())
}

// Alarms are the promises of data hours, each with its rule for being late. Most
// rules depend on the hour, so the handlers decide from what it is by now.
func (f *Feature) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{
		reminderAlarm: {Ring: f.remind},           // late: skipped silently when half of its distance is gone
		openAlarm:     {Ring: f.openOnTime},       // late: opened while it lasts, else organisers are told
		questionAlarm: {Ring: f.askOnTime},        // late: the next one now, the others share the time that is left
		warningAlarm:  {Ring: f.warn},             // late: says the time that is really left
		closeAlarm:    {Ring: f.closeOnTime},      // late: closed at once
		sheetAlarm:    {Ring: f.showSheetsOnTime}, // late: it shows what is true now
		settleAlarm:   {Ring: f.settle},           // late: no harm
		forgetAlarm:   {Ring: f.forget},           // late: at once
		draftAlarm:    {Ring: f.dropDraft},        // late: no harm
		countsAlarm:   {Ring: f.showCounts},       // late: counts what is true by then
		creditAlarm:   {Ring: f.credit},           // late: no harm
		wrapUpAlarm:   {Ring: f.wrapUpAgain},      // late: shows what is true by then
	}
}

// Agenda tells which hours are open or scheduled between two moments.
func (f *Feature) Agenda(ctx context.Context, r bot.Reader, from, to time.Time) ([]bot.AgendaItem, error) {
	var items []bot.AgendaItem
	for _, state := range [...]State{Open, Scheduled} {
		hours, err := bot.Find[Hour](ctx, r, "hours:"+string(state))
		if err != nil {
			return nil, err
		}
		for _, h := range hours {
			if h.Missed || !h.End().After(from) || !h.Start.Before(to) {
				continue
			}
			item := bot.AgendaItem{Kind: "data hour", ID: h.ID, Title: h.Name(), Start: h.Start, End: h.End(), Rooms: h.Rooms, Live: state == Open}
			if h.Public {
				item.URL = h.Path()
			}
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b bot.AgendaItem) int { return a.Start.Compare(b.Start) })
	return items, nil
}

// Mine tells a person which hours they host and of which they are reminded.
func (f *Feature) Mine(ctx context.Context, r bot.Reader, who bot.UserID) ([]string, error) {
	var lines []string
	hosted, err := bot.Find[Hour](ctx, r, "hosted:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, h := range hosted {
		switch {
		case h.State == Open:
			lines = append(lines, "You are hosting "+h.emphasised()+" now, until "+when.FormatClock(h.End(), h.Location())+".")
		case h.State == Scheduled && h.End().After(r.Now()):
			lines = append(lines, "You host "+h.emphasised()+" on "+when.Format(h.Start, h.Location())+" (`"+h.ID+"`).")
		}
	}
	reminded, err := bot.Find[reminding](ctx, r, "reminded:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, want := range reminded {
		var h Hour
		if there, err := r.Get(ctx, hourKey(want.Hour), &h); err != nil {
			return nil, err
		} else if there && h.State == Scheduled {
			lines = append(lines, "I will remind you ten minutes before "+h.emphasised()+", "+when.Format(h.Start, h.Location())+".")
		}
	}
	return lines, nil
}

// IsHosting tells whether somebody hosts a data hour, or did: it can be looked
// after later too.
func (f *Feature) IsHosting(ctx context.Context, r bot.Reader, who bot.UserID) (bool, error) {
	hosted, err := r.Records(ctx, "hosted:"+string(who), "", 1)
	return len(hosted) > 0, err
}

// keep stores a changed hour with all that follows from it by itself: its
// alarms, and the line in its log that tells followers to look again.
func (f *Feature) keep(tx *bot.Tx, h *Hour) {
	due := h.promises(tx.Now())
	for _, kind := range hourAlarms {
		if at, ok := due[kind]; ok {
			tx.Promise(kind, h.ID, at)
		} else {
			tx.Cancel(kind, h.ID)
		}
	}
	h.Changed = tx.Now()
	h.Changes++
	tx.Put(h)
	f.note(tx, h, entry{What: stateIs})
}

// hourByID reads an hour that a person named.
func hourByID(ctx context.Context, tx *bot.Tx, id string) (Hour, error) {
	var h Hour
	id = strings.ToLower(strings.TrimSpace(id))
	err := tx.Need(ctx, hourKey(id), &h, "I know no data hour `%s`. %s shows those that are coming.", bot.Plain(bot.ClipTo(id, 12)), tx.Command("datahour list"))
	return h, err
}

// hourMeant finds the hour that a command is about: the one that it names, else
// the one that is live in the room, else one that the caller hosts and is open,
// else the next in the room.
func (f *Feature) hourMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (Hour, error) {
	if id := c.Args.Get("hour"); id != "" {
		return hourByID(ctx, tx, id)
	}
	var l live
	if there, err := tx.Get(ctx, liveKey(c.Room), &l); err != nil {
		return Hour{}, err
	} else if there {
		return hourByID(ctx, tx, l.Hour)
	}
	hosted, err := bot.Find[Hour](ctx, tx, "hosted:"+string(c.From))
	if err != nil {
		return Hour{}, err
	}
	for _, h := range hosted {
		if h.State == Open {
			return hourByID(ctx, tx, h.ID)
		}
	}
	diary, err := diaryOf(ctx, tx, c.Room)
	if err != nil {
		return Hour{}, err
	}
	if next, ok := diary.next(tx.Now()); ok {
		return hourByID(ctx, tx, next.Hour)
	}
	return Hour{}, bot.Sayf(bot.Missing, "No data hour is open or planned here. Say which one you mean: %s shows them with their ids.", tx.Command("datahour list"))
}

// mayRun checks that the caller is a host of the hour, or an organiser of a
// platform that holds one of its rooms. verb is for the refusal: "close".
func (f *Feature) mayRun(ctx context.Context, tx *bot.Tx, c bot.Call, h *Hour, verb string) error {
	if h.IsHost(c.From) || c.Organiser && slices.Contains(h.platforms(), c.From.Platform()) {
		return nil
	}
	hosts := ""
	switch len(h.Hosts) {
	case 0:
	case 1:
		hosts = " " + bot.Mention(h.Hosts[0]) + " is hosting."
	default:
		hosts = " " + bot.Listed(bot.Mentions(h.Hosts)) + " are hosting."
	}
	return bot.Sayf(bot.Forbidden, "Only its hosts and organisers of %s can %s this hour.%s", bot.Listed(h.platforms()), verb, hosts)
}

// platforms are those that hold rooms of the hour.
func (h *Hour) platforms() []string {
	var all []string
	for _, r := range h.Rooms {
		if !slices.Contains(all, r.Platform()) {
			all = append(all, r.Platform())
		}
	}
	return all
}

// saidOfTime puts words about a time or a length into an answer about an argument.
func saidOfTime(field string, err error) error {
	var bad *when.Error
	if errors.As(err, &bad) {
		return bot.Wrong(field, "%s", bad.Error())
	}
	return err
}
