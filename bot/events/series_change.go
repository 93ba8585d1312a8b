package events

import (
	"context"
	"fmt"
	"slices"

	"datahour/bot"
	"datahour/bot/when"
)

// What a change to one date of a series is for.
const (
	thisDate  = "this"
	following = "following" // this date and those after it
	allDates  = "all"
)

func whichArg() bot.Arg {
	return bot.Arg{Name: "which", Kind: bot.Choice, Label: "For which dates", Options: []bot.Option{{Label: "This date", Value: thisDate}, {Label: "This date and all that follow", Value: following}, {Label: "All dates", Value: allDates}}}
}

// forWhich makes the buttons that do something for one date or for several.
func forWhich(e *Event, line string, style bot.Style, one, many, all string) []bot.Button {
	if e.Series == "" {
		return []bot.Button{{Label: one, Command: line, Style: style}}
	}
	return []bot.Button{{Label: many, Command: line + " which=" + thisDate, Style: style}, {Label: "This and following", Command: line + " which=" + following}, {Label: all, Command: line + " which=" + allDates}}
}

// datesMeant are the dates that exist and that a change of one of them is for, that
// one among them, in their order.
func (f *Feature) datesMeant(ctx context.Context, tx *bot.Tx, r *Series, e *Event, which string) ([]Event, error) {
	var dates []Event
	for _, id := range r.Live {
		d, err := eventByID(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if d.State == Scheduled && d.End().After(tx.Now()) && (which == allDates || d.Date >= e.Date) {
			dates = append(dates, d)
		}
	}
	slices.SortFunc(dates, func(a, b Event) int { return a.Date - b.Date })
	return dates, nil
}

// carried lays what a plan changes of an event over another date of its series:
// what that date has of its own besides stays.
func carried(was, plan, onto Event) Event {
	if plan.What != was.What {
		onto.What = plan.What
	}
	for _, x := range [...]struct{ was, plan, onto *string }{{&was.Title, &plan.Title, &onto.Title}, {&was.About, &plan.About, &onto.About},
		{&was.Venue, &plan.Venue, &onto.Venue}, {&was.Access, &plan.Access, &onto.Access}, {&was.Link, &plan.Link, &onto.Link}} {
		carry(x.was, x.plan, x.onto)
	}
	for _, x := range [...]struct{ was, plan, onto *int }{{&was.Seats, &plan.Seats, &onto.Seats}, {&was.Visitors, &plan.Visitors, &onto.Visitors},
		{&was.OnlineSeats, &plan.OnlineSeats, &onto.OnlineSeats}, {&was.Plus, &plan.Plus, &onto.Plus}} {
		carry(x.was, x.plan, x.onto)
	}
	carry(&was.NoFeedback, &plan.NoFeedback, &onto.NoFeedback)
	carry(&was.Public, &plan.Public, &onto.Public)
	carry(&was.Length, &plan.Length, &onto.Length)
	carry(&was.Deadline, &plan.Deadline, &onto.Deadline)
	carry(&was.Release, &plan.Release, &onto.Release)
	carry(&was.Window, &plan.Window, &onto.Window)
	if !slices.Equal(was.Reminders, plan.Reminders) {
		onto.Reminders = plan.Reminders
	}
	if !slices.Equal(was.Hosts, plan.Hosts) {
		onto.Hosts = plan.Hosts
	}
	if !slices.Equal(was.Rooms, plan.Rooms) {
		onto.Rooms = plan.Rooms
	}
	return onto
}

func carry[T comparable](was, plan, onto *T) {
	if *plan != *was {
		*onto = *plan
	}
}

// postSeriesChange makes a drafted change true for several dates, those that do not
// exist yet among them. Dates that were moved by themselves keep their time.
func (f *Feature) postSeriesChange(ctx context.Context, tx *bot.Tx, c bot.Call, d *Draft, was Event, which string) (string, error) {
	r, err := seriesOf(ctx, tx, &was)
	if err != nil || r == nil {
		return "", err
	}
	zone := was.Location()
	old := r.Repeat
	if d.Repeat != nil { // the rule itself may have changed since the draft was made
		r.Rule.Until, r.Rule.Times, r.Without, r.Ahead = d.Repeat.Rule.Until, d.Repeat.Rule.Times, d.Repeat.Without, d.Repeat.Ahead
	}
	if !d.Plan.Start.Equal(was.Start) {
		ends := r.Rule
		if r.Rule, err = newRule(r.Rule.Pattern, d.Plan.Start, was.Date, zone); err != nil {
			return "", bot.Wrong("when", "%s.", sentence(err.Error()))
		}
		r.Rule.Until, r.Rule.Times = ends.Until, ends.Times
		for _, day := range slices.Clone(r.Without) { // what was skipped stays skipped on its new day
			if n, ok := ends.number(day); ok {
				r.leaveOut(r.Rule.day(n))
			}
		}
	}
	r.Like = carried(was, d.Plan, r.Like)
	r.touch(tx.Now())
	dates, err := f.datesMeant(ctx, tx, r, &was, allDates)
	if err != nil {
		return "", err
	}
	for _, date := range dates {
		if !r.Rule.goesOn(date.Date) || slices.Contains(r.Without, r.Rule.day(date.Date)) {
			if err := f.cancel(ctx, tx, &date, ""); err != nil {
				return "", err
			}
			continue
		}
		if which == following && date.Date < was.Date {
			continue
		}
		plan := carried(was, d.Plan, date)
		if date.ID == was.ID {
			plan.Start = d.Plan.Start
		} else if at := r.Rule.start(date.Date, zone).UTC(); date.Start.Equal(old.Rule.start(date.Date, zone)) && at.After(tx.Now()) {
			plan.Start = at
		}
		if !plan.Announced {
			plan.AnnounceAt = plan.Start.Add(-r.Ahead)
		}
		if _, err := f.change(ctx, tx, c, &date, plan); err != nil {
			return "", err
		}
	}
	f.leaveSeriesRooms(tx, r, was.Rooms)
	if err := f.topUp(ctx, tx, r); err != nil {
		return "", err
	}
	return fmt.Sprintf("Changed: %s, %s. What was announced says so, and everybody who answered to a date that moved is told.", was.emphasised(), r.inWords()), nil
}

// ends is all that an edit can change of how an event repeats, to be compared.
func (r *Repeat) ends() string {
	return fmt.Sprint(r.Rule.Until, r.Rule.Times, r.Without, r.Ahead)
}

// seriesLeaves takes the series of a date out of a room, so that no later date is
// announced there.
func (f *Feature) seriesLeaves(ctx context.Context, tx *bot.Tx, e *Event, room bot.RoomID) error {
	r, err := seriesOf(ctx, tx, e)
	if err != nil || r == nil || !slices.Contains(r.Like.Rooms, room) {
		return err
	}
	had := r.Like.Rooms
	r.Like.Rooms = slices.DeleteFunc(slices.Clone(had), func(x bot.RoomID) bool { return x == room })
	f.leaveSeriesRooms(tx, r, had)
	tx.Put(r)
	return nil
}

// leaveSeriesRooms takes the post about the series out of rooms that it left.
func (f *Feature) leaveSeriesRooms(tx *bot.Tx, r *Series, had []bot.RoomID) {
	for _, room := range had {
		if !slices.Contains(r.Like.Rooms, room) {
			tx.Retract(room, bot.Key("event/"+r.ID+"/series"))
		}
	}
}

// cancelSeries calls off a date and those that follow, or all.
func (f *Feature) cancelSeries(ctx context.Context, tx *bot.Tx, e *Event, which, reason string) error {
	r, err := seriesOf(ctx, tx, e)
	if err != nil || r == nil {
		return err
	}
	dates, err := f.datesMeant(ctx, tx, r, e, which)
	if err != nil {
		return err
	}
	for _, date := range dates {
		if err := f.cancel(ctx, tx, &date, reason); err != nil {
			return err
		}
	}
	r.touch(tx.Now())
	r.Rule.Times, r.Rule.Until = 0, ""
	if e.Date > 0 && which == following {
		r.Rule.Times = e.Date
	}
	if r.Ended = which == allDates || r.Rule.Times == 0; r.Ended {
		r.Live = nil
	}
	return f.topUp(ctx, tx, r)
}

// skipped notes that a date of a series does not take place, and makes the next one.
func (f *Feature) skipped(ctx context.Context, tx *bot.Tx, e *Event) error {
	r, err := seriesOf(ctx, tx, e)
	if err != nil || r == nil {
		return err
	}
	r.leaveOut(r.Rule.day(e.Date))
	r.touch(tx.Now())
	return f.topUp(ctx, tx, r)
}

func (r *Repeat) leaveOut(d Day) {
	r.Without = append(slices.Clone(r.Without), d)
	slices.Sort(r.Without)
	r.Without = slices.Compact(r.Without)
}

// runSkip leaves one date of a series out: the one that is named, or one that does
// not exist yet, by its day.
func (f *Feature) runSkip(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.changeable(ctx, tx, c, c.Args.Get("event"))
	if err != nil {
		return bot.Reply{}, err
	}
	r, err := seriesOf(ctx, tx, &e)
	if err != nil {
		return bot.Reply{}, err
	}
	if r == nil {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "%s does not repeat. To call it off: %s.", e.inFull(), tx.Command("event cancel "+e.ID))
	}
	day := r.Rule.day(e.Date)
	if typed := c.Args.Get("day"); typed != "" {
		if day, err = readDay("day", typed, &r.Repeat, tx.Now(), e.Location()); err != nil {
			return bot.Reply{}, err
		}
	}
	n, ok := r.Rule.number(day)
	if !ok {
		return bot.Reply{}, bot.Wrong("day", "%s is %s, and %s is no such day. The next: %s.", e.emphasised(), r.Rule.words(), day.words(), r.Rule.day(r.Next).words())
	}
	dates, err := f.datesMeant(ctx, tx, r, &e, allDates)
	if err != nil {
		return bot.Reply{}, err
	}
	for _, date := range dates {
		if date.Date != n {
			continue
		}
		if !c.Args.Yes("sure", false) {
			s, err := seatsOf(ctx, tx, date.ID)
			if err != nil {
				return bot.Reply{}, err
			}
			return bot.Reply{Post: &bot.Post{Text: "Nothing is skipped yet. " + sentence(counted(len(s.people()), "person", "people")) + " would be told that " + date.inFull() + ", does not take place.",
				Buttons: []bot.Button{{Label: "Skip this date", Command: "event skip " + date.ID + " sure=yes", Style: bot.Danger}}}}, nil
		}
		if err := f.cancel(ctx, tx, &date, ""); err != nil {
			return bot.Reply{}, err
		}
	}
	r.leaveOut(day)
	r.touch(tx.Now())
	if err := f.topUp(ctx, tx, r); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("Skipped: there is no %s on %s. The others stay as they are.", e.emphasised(), when.FormatDay(day.date(), e.Location()))
	reply.Replace = c.Pressed
	return reply, nil
}
