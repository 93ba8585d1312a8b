package events

import (
	"context"
	"time"

	"datahour/bot"
)

const (
	usualWindow  = 24 * time.Hour      // for taking a seat that is offered
	usualRelease = 48 * time.Hour      // of seats that are kept for visitors, before the start
	keptFor      = 14 * 24 * time.Hour // after the event, what people without an account said of themselves
	leastWindow  = 10 * time.Minute    // however near the start is
	firstCome    = time.Hour           // before the start, from when free seats are not offered any more
)

// lastHour is when free seats begin to go to whoever comes first: there is no
// time left for asking one after the other.
func (e *Event) lastHour() time.Time { return e.Start.Add(-firstCome) }

// releaseAt is when seats that are kept for visitors are kept no longer, nor the
// others for members.
func (e *Event) releaseAt() time.Time { return e.Start.Add(-e.Release) }

// deadline is until when answers are taken.
func (e *Event) deadline() time.Time { return e.Start.Add(-e.Deadline) }

// offerUntil is how long a seat that is offered now is held.
//
// The rule: the event's window, a day as a rule; near the start half of the time
// that is left until the last hour, so that a second person can still be asked;
// ten minutes at least; and never into the last hour.
func (e *Event) offerUntil(now time.Time) time.Time {
	last := e.lastHour()
	window := max(leastWindow, min(e.Window, last.Sub(now)/2))
	until := now.Add(window).Truncate(time.Minute)
	if until.After(last) {
		return last
	}
	return until
}

// The promises of an event: kinds of alarms, each about its id.
const (
	announceAlarm = "event.announce"
	seatsAlarm    = "event.seats"
	remindAlarm   = "event.remind"
	listAlarm     = "event.list"
	overAlarm     = "event.over"
	releaseAlarm  = "event.release"
	forgetAlarm   = "event.forget"
)

var eventAlarms = [...]string{announceAlarm, seatsAlarm, remindAlarm, listAlarm, overAlarm, releaseAlarm, forgetAlarm}

// promises are all that is to happen to the event from now on by itself. Whoever
// changes an event or its seats sets its alarms from this and cancels all others,
// so that no change can forget one.
func (e *Event) promises(s *Seats, now time.Time) map[string]time.Time {
	due := map[string]time.Time{}
	if e.State != Scheduled {
		if e.forgetAt().After(now) {
			due[forgetAlarm] = e.forgetAt()
		}
		return due
	}
	due[overAlarm] = e.End()
	if e.Visitors > 0 && e.releaseAt().After(now) {
		due[releaseAlarm] = e.releaseAt()
	}
	if at, ok := s.nextExpiry(); ok {
		due[seatsAlarm] = at
	}
	if !e.Announced { // what there is to remind of follows from when that is
		due[announceAlarm] = e.AnnounceAt
		return due
	}
	if at, ok := e.nextReminder(); ok {
		due[remindAlarm] = at
	}
	switch {
	case !e.Listed:
		due[listAlarm] = e.Start.Add(-listBefore)
	case len(e.Lists) > 0 && now.Before(e.Start):
		due[listAlarm] = now // it is written anew, once for all that press meanwhile
	}
	return due
}

// promise sets the event's alarms to what its state and its seats ask for.
func (f *Feature) promise(tx *bot.Tx, e *Event, s *Seats) {
	due := e.promises(s, tx.Now())
	for _, kind := range eventAlarms {
		if at, ok := due[kind]; ok {
			tx.Promise(kind, e.ID, at)
		} else {
			tx.Cancel(kind, e.ID)
		}
	}
}

// keep stores a changed event with all that follows from it: its alarms, its place
// in the diary, and the announcement.
func (f *Feature) keep(tx *bot.Tx, e *Event, s *Seats) {
	f.promise(tx, e, s)
	d := date{Start: e.Start, Event: e.ID, Rooms: e.Rooms}
	dated := d.Key()
	if e.State != Scheduled {
		dated = ""
	}
	if e.Dated != dated && e.Dated != "" {
		tx.Delete(e.Dated)
	}
	if e.Dated = dated; dated != "" {
		tx.Put(&d)
	}
	f.announce(tx, e, s)
	tx.Put(e)
}

// loaded reads the event that an alarm is about, with its seats; nil when there
// is nothing to do any more.
func (f *Feature) loaded(ctx context.Context, tx *bot.Tx, a bot.Alarm) (*Event, *Seats, error) {
	var e Event
	if there, err := tx.Get(ctx, eventKey(a.About()), &e); err != nil || !there || e.State != Scheduled {
		return nil, nil, err
	}
	s, err := seatsOf(ctx, tx, e.ID)
	return &e, &s, err
}

// settleOnTime ends the offers whose time is over, and offers the seats that are
// released. However late it comes, nobody else could have had them meanwhile.
func (f *Feature) settleOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, s, err := f.loaded(ctx, tx, a)
	if err != nil || e == nil {
		return err
	}
	gone := s.Expire(tx.Now())
	f.settle(tx, e, s, gone)
	return nil
}

// forget deletes what is kept of people without an account.
func (f *Feature) forget(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	guests, err := bot.Find[Guest](ctx, tx, "event.guests:"+a.About())
	for _, g := range guests {
		if g.outside() {
			tx.Delete(g.Key())
		}
	}
	return err
}

// outside tells that somebody has no account here.
func (g *Guest) outside() bool { return g.Who.Platform() == Added || g.Who.Platform() == bot.Web }

// end closes an event at its end. What stands in rooms says that it is over.
func (f *Feature) end(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, s, err := f.loaded(ctx, tx, a)
	if err != nil || e == nil || e.End().After(tx.Now()) {
		return err
	}
	e.State = Over
	if e.Series != "" {
		tx.Promise(seriesAlarm, e.Series, tx.Now())
	}
	f.keep(tx, e, s)
	return nil
}
