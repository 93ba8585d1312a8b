package events

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Feature is events: it gives the core its commands and keeps its promises.
type Feature struct{}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Rows are the commands of events.
func (f *Feature) Rows() []bot.Row {
	return slices.Concat(f.planRows(), f.readRows(), f.answerRows(), f.hostRows(), f.changeRows(), f.feedRows(), f.visitRows(), f.feedbackRows())
}

// Alarms are the promises of events. Each handler decides from what the event is
// by now, so that none of them can come too late to be right.
func (f *Feature) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{
		draftAlarm:    {Ring: f.dropDraft},      // late: no harm
		announceAlarm: {Ring: f.announceOnTime}, // late: while it has not begun, else hosts are told
		seriesAlarm:   {Ring: f.continueSeries}, // late: the next dates are those that are still to come
		seatsAlarm:    {Ring: f.settleOnTime},   // late: the offer was kept for its person longer
		remindAlarm:   {Ring: f.remind},         // late: left out when half of its distance is gone; hosts are told of one after the start
		listAlarm:     {Ring: f.list},           // late: while it is not over
		releaseAlarm:  {Ring: f.settleOnTime},   // late: at once, while it has not begun
		forgetAlarm:   {Ring: f.forget},         // late: at once
		overAlarm:     {Ring: f.end},            // late: at once
	}
}

// farthest is how far ahead of its end an event may have begun.
const farthest = longest

// upcoming reads up to max events of the diary, or of one room's, that are not over
// at a moment, in the order of their dates.
func upcoming(ctx context.Context, r bot.Reader, room bot.RoomID, from time.Time, max int) ([]Event, error) {
	index := dates
	if room != "" {
		index += ":" + string(room)
	}
	var all []Event
	after := dateKey(from.Add(-farthest), "")
	for len(all) < max {
		page, err := r.Records(ctx, index, after, max)
		if err != nil {
			return nil, err
		}
		for _, rec := range page {
			var e Event
			if there, err := r.Get(ctx, eventKey(eventOf(rec.Key)), &e); err != nil {
				return nil, err
			} else if there && e.State == Scheduled && e.End().After(from) {
				all = append(all, e)
			}
		}
		if len(page) < max {
			break
		}
		after = page[len(page)-1].Key
	}
	return all[:min(max, len(all))], nil
}

// mostAgenda is how many events an agenda has at most.
const mostAgenda = 200

// Agenda tells which events there are between two moments.
func (f *Feature) Agenda(ctx context.Context, r bot.Reader, from, to time.Time) ([]bot.AgendaItem, error) {
	events, err := upcoming(ctx, r, "", from, mostAgenda)
	if err != nil {
		return nil, err
	}
	var items []bot.AgendaItem
	for _, e := range events {
		if !e.Start.Before(to) {
			continue
		}
		item := bot.AgendaItem{Kind: string(e.What), ID: e.ID, Title: e.Title, Start: e.Start, End: e.End(), Rooms: e.Rooms, Live: !e.Start.After(r.Now())}
		if e.Public && e.Announced {
			item.URL = e.Path()
		}
		items = append(items, item)
	}
	return items, nil
}

// Mine tells a person where they go and what they host.
func (f *Feature) Mine(ctx context.Context, r bot.Reader, who bot.UserID) ([]string, error) {
	var lines []string
	hosted, err := bot.Find[Event](ctx, r, "event.hosted:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, e := range hosted {
		if e.State == Scheduled {
			lines = append(lines, "You host "+e.inFull()+" (`"+e.ID+"`).")
		}
	}
	guests, err := bot.Find[Guest](ctx, r, "event.guest:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, g := range guests {
		var e Event
		if there, err := r.Get(ctx, eventKey(g.Event), &e); err != nil {
			return nil, err
		} else if !there || e.State != Scheduled {
			continue
		}
		s, err := seatsOf(ctx, r, e.ID)
		if err != nil {
			return nil, err
		}
		if seat, ok := s.Of(who); ok {
			lines = append(lines, f.standing(&e, &s, e.capacity(r.Now()), seat)+" (`"+e.ID+"`)")
		}
	}
	return lines, nil
}

// eventByID reads an event that a person named.
func eventByID(ctx context.Context, tx *bot.Tx, id string) (Event, error) {
	var e Event
	id = strings.ToLower(strings.TrimSpace(id))
	err := tx.Need(ctx, eventKey(id), &e, "I know no event `%s`. %s shows those that are coming.", bot.Plain(bot.ClipTo(id, 12)), tx.Command("event list"))
	return e, err
}

// eventMeant finds the event that a command is about: the one that it names, else
// the next in the room.
func (f *Feature) eventMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (Event, error) {
	if id := c.Args.Get("event"); id != "" {
		return eventByID(ctx, tx, id)
	}
	next, err := upcoming(ctx, tx, c.Room, tx.Now(), 1)
	if err != nil {
		return Event{}, err
	}
	if len(next) == 0 {
		return Event{}, bot.Sayf(bot.Missing, "No event is announced here. Say which one you mean: %s shows them with their ids.", tx.Command("event list"))
	}
	return eventByID(ctx, tx, next[0].ID)
}

// mayRun tells whether the caller is a host of the event, or an organiser of a
// platform that holds one of its rooms.
func (e *Event) mayRun(c bot.Call) bool {
	return e.IsHost(c.From) || c.Organiser && slices.Contains(e.platforms(), c.From.Platform())
}

// hostsOnly is the refusal of anybody else. verb is what they wanted: "change".
func (e *Event) hostsOnly(c bot.Call, verb string) error {
	if e.mayRun(c) {
		return nil
	}
	return bot.Sayf(bot.Forbidden, "Only its hosts and organisers of %s can %s this event. Ask %s.", bot.Listed(e.platforms()), verb, e.whoToAsk())
}

// saidOfTime puts words about a time or a length into an answer about an argument.
func saidOfTime(field string, err error) error {
	var bad *when.Error
	if errors.As(err, &bad) {
		return bot.Wrong(field, "%s", bad.Error())
	}
	return err
}
