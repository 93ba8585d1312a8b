package events

import (
	"context"
	"maps"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// changeRows are the commands that change an event that was announced.
func (f *Feature) changeRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Hint: "Its id", Required: true}
	return []bot.Row{
		{Name: "event edit", Args: append([]bot.Arg{event}, byName(planArgs())...), Who: bot.Hosts, Summary: "Change an event, or its announcement", Run: f.runEdit,
			Examples: []string{"event edit 7k2f", "event edit 7k2f seats=30"}},
		{Name: "event move", Args: []bot.Arg{event, {Name: "when", Kind: bot.Rest, Label: "New time", Hint: "5 Feb 08:30, Wed 6pm", Required: true}}, Who: bot.Hosts, Summary: "Move an event to another time", Form: "Move the event", Submit: "Preview", Run: f.runMove,
			Examples: []string{"event move 7k2f Thu 6pm"}},
		{Name: "event cancel", Args: []bot.Arg{event, {Name: "reason", Named: true, Max: reasonMax, Hint: "Shown in the announcement"}, {Name: "sure", Kind: bot.Yes, Named: true}, byName([]bot.Arg{whichArg()})[0]}, Who: bot.Hosts, Summary: "Call an event off: one date, it and those that follow, or all", Run: f.runCancel,
			Examples: []string{"event cancel 7k2f", `event cancel 7k2f reason="The building is closed."`}},
		{Name: "event skip", Args: []bot.Arg{event, {Name: "day", Kind: bot.Rest, Hint: "Another date of the series: 25 Dec"}, {Name: "sure", Kind: bot.Yes, Named: true}}, Who: bot.Hosts, Summary: "Leave one date of a series out", Run: f.runSkip,
			Examples: []string{"event skip 7k2f", "event skip 7k2f 2 April"}},
	}
}

// changeable reads an event that the caller may change and that is still to come.
func (f *Feature) changeable(ctx context.Context, tx *bot.Tx, c bot.Call, id string) (Event, error) {
	e, err := eventByID(ctx, tx, id)
	if err != nil {
		return e, err
	}
	if err := e.hostsOnly(c, "change"); err != nil {
		return e, err
	}
	switch {
	case e.State == Over || !e.End().After(tx.Now()):
		return e, bot.Sayf(bot.Late, "%s is over.", e.inFull())
	case e.State == Cancelled:
		return e, bot.Sayf(bot.Late, "%s was cancelled. Announce it anew: %s.", e.inFull(), tx.Command("event new"))
	}
	return e, nil
}

// runEdit opens the form of an event, or takes changes, and shows them as a draft.
func (f *Feature) runEdit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.changeable(ctx, tx, c, c.Args.Get("event"))
	if err != nil {
		return bot.Reply{}, err
	}
	args, err := f.argsOf(ctx, tx, &e)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(c.Args) == 1 && c.Form == nil {
		return planForm(tx, "event edit "+e.ID, "Change the event", args), nil
	}
	return f.draftChange(ctx, tx, c, e, withForm(args, c))
}

func (f *Feature) draftChange(ctx context.Context, tx *bot.Tx, c bot.Call, e Event, args bot.Args) (bot.Reply, error) {
	plan, err := f.readPlan(ctx, tx, c, args, e)
	if err != nil {
		return bot.Reply{}, err
	}
	d := Draft{Of: e.ID, Args: args, Plan: plan}
	if d.Repeat, err = f.repeatOf(ctx, tx, &plan, args); err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, tx, c, d)
}

// argsOf writes an event down as the arguments that would make it, with how it repeats.
func (f *Feature) argsOf(ctx context.Context, tx *bot.Tx, e *Event) (bot.Args, error) {
	args := planArgsOf(e)
	r, err := seriesOf(ctx, tx, e)
	if err == nil && r != nil {
		repeatArgsOf(&r.Repeat, args)
	}
	return args, err
}

// repeatOf reads how an event that is being changed repeats by now.
func (f *Feature) repeatOf(ctx context.Context, tx *bot.Tx, e *Event, args bot.Args) (*Repeat, error) {
	r, err := seriesOf(ctx, tx, e)
	switch {
	case err != nil:
		return nil, err
	case r != nil:
		return readRepeat(args, e, &r.Repeat, tx.Now())
	}
	if p := args.Get("repeat"); p != "" && p != "no" {
		return nil, bot.Wrong("repeat", "%s was announced for once. For a series, announce one: %s.", e.emphasised(), tx.Command("event new"))
	}
	return nil, nil
}

// runMove makes a draft of the event at another time.
func (f *Feature) runMove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.changeable(ctx, tx, c, c.Args.Get("event"))
	if err != nil {
		return bot.Reply{}, err
	}
	args, err := f.argsOf(ctx, tx, &e)
	if err != nil {
		return bot.Reply{}, err
	}
	args["when"] = c.Args["when"]
	return f.draftChange(ctx, tx, c, e, args)
}

// postChange makes a drafted change true, for this date or for several of its series.
func (f *Feature) postChange(ctx context.Context, tx *bot.Tx, c bot.Call, d *Draft) (string, error) {
	was, err := f.changeable(ctx, tx, c, d.Of)
	if err != nil {
		return "", err
	}
	which := c.Args.Get("which")
	if which == "" {
		which = thisDate
	}
	if was.Series != "" && which != thisDate {
		return f.postSeriesChange(ctx, tx, c, d, was, which)
	}
	if r, err := seriesOf(ctx, tx, &was); err != nil {
		return "", err
	} else if r != nil && d.Repeat != nil && d.Repeat.ends() != r.ends() {
		return "", bot.Sayf(bot.Invalid, "You changed how it repeats, and that is not for one date. Press *This and following* or *All dates*.")
	}
	moved, err := f.change(ctx, tx, c, &was, d.Plan)
	switch {
	case err != nil:
		return "", err
	case moved:
		return "Moved: " + d.Plan.inFull() + ". The announcement says so, and everybody who answered is told.", nil
	}
	return "Changed: the announcement of " + d.Plan.emphasised() + " says so now.", nil
}

// change makes one event what a plan says. Seats are not part of a plan: they are
// as they are now, and only how many there are changes.
func (f *Feature) change(ctx context.Context, tx *bot.Tx, c bot.Call, was *Event, e Event) (moved bool, err error) {
	e.State, e.Dated, e.WasStart, e.By, e.Announced = was.State, was.Dated, was.WasStart, was.By, was.Announced
	e.Changes, e.Changed = was.Changes+1, tx.Now()
	if moved = !e.Start.Equal(was.Start); moved {
		if err := stillToCome(tx, &e); err != nil {
			return false, err
		}
		e.WasStart = was.Start
	}
	if !slices.Equal(e.Rooms, was.Rooms) && !c.Organiser {
		return false, bot.Wrong("rooms", "Only organisers can change the rooms of an event.")
	}
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return false, err
	}
	if err := e.hasRoomFor(&s); err != nil {
		return false, err
	}
	for i := range s.All { // no offer lasts into the last hour, wherever that is now
		if x := &s.All[i]; x.State == Offered && x.Until.After(e.lastHour()) {
			x.Until = e.lastHour()
		}
	}
	e.Lists = slices.DeleteFunc(slices.Clone(was.Lists), func(u bot.UserID) bool { return !e.IsHost(u) })
	e.Listed = was.Listed
	if e.Reminded = was.Reminded; moved || !slices.Equal(e.Reminders, was.Reminders) {
		e.passed(tx.Now())
	}
	f.leaveRooms(tx, &e, was.Rooms)
	f.settle(tx, &e, &s, s.Expire(tx.Now()))
	f.keep(tx, &e, &s)
	if moved {
		f.remark(tx, &e, e.emphasised()+" is moved to "+e.times()+".")
		f.tellGuests(tx, &e, &s, "moved", e.emphasised()+" is moved from "+when.Format(was.Start, e.Location())+" to "+when.Format(e.Start, e.Location())+". You keep what you had there.", true)
	}
	return moved, nil
}

// hasRoomFor refuses to take a way of taking part away from those who chose it.
func (e *Event) hasRoomFor(s *Seats) error {
	in := s.count(func(x Seat) bool { return !x.Online })
	switch {
	case in > 0 && !e.InPerson():
		return bot.Sayf(bot.Taken, "%s answered that they come in person, so it needs a venue. Cancel it and announce another one online, or keep the venue.", counted(in, "person", "people"))
	case len(s.All) > in && !e.IsOnline():
		return bot.Sayf(bot.Taken, "%s answered that they take part online, so it needs a link.", counted(len(s.All)-in, "person", "people"))
	}
	return nil
}

// leaveRooms says in rooms that are not the event's any more that it left them.
func (f *Feature) leaveRooms(tx *bot.Tx, e *Event, had []bot.RoomID) {
	for _, room := range had {
		if e.Announced && !slices.Contains(e.Rooms, room) {
			tx.Show(bot.Notice{Room: room, Key: e.noticeKey("announcement"), Post: bot.Say(e.emphasised() + " is not announced in this room any more.")})
			tx.Retract(room, e.noticeKey("reminder"))
		}
	}
}

// LinkChanged takes an event out of a room whose link with its home has ended.
func (f *Feature) LinkChanged(ctx context.Context, tx *bot.Tx, l bot.Link) error {
	if l.Stands() {
		return nil
	}
	for _, room := range [...]bot.RoomID{l.A, l.B} {
		found, err := upcoming(ctx, tx, room, tx.Now(), mostAgenda)
		if err != nil {
			return err
		}
		for _, e := range found {
			if e.Rooms[0] != l.Other(room) {
				continue
			}
			s, err := seatsOf(ctx, tx, e.ID)
			if err != nil {
				return err
			}
			had := e.Rooms
			e.Rooms = slices.DeleteFunc(slices.Clone(had), func(r bot.RoomID) bool { return r == room })
			f.leaveRooms(tx, &e, had)
			f.keep(tx, &e, &s)
			if err := f.seriesLeaves(ctx, tx, &e, room); err != nil {
				return err
			}
		}
	}
	return nil
}

// runCancel calls an event off, after asking; of a series one date or several.
func (f *Feature) runCancel(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.changeable(ctx, tx, c, c.Args.Get("event"))
	if err != nil {
		return bot.Reply{}, err
	}
	reason := strings.TrimSpace(c.Args.Get("reason"))
	if !c.Args.Yes("sure", false) {
		return f.previewCancel(ctx, tx, e, reason)
	}
	if which := c.Args.Get("which"); e.Series != "" && which != "" && which != thisDate {
		err = f.cancelSeries(ctx, tx, &e, which, reason)
	} else if err = f.cancel(ctx, tx, &e, reason); err == nil {
		err = f.skipped(ctx, tx, &e)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("Cancelled. What was announced says so, and everybody who answered is told.")
	reply.Replace = c.Pressed
	return reply, nil
}

// previewCancel asks once more.
func (f *Feature) previewCancel(ctx context.Context, tx *bot.Tx, e Event, reason string) (bot.Reply, error) {
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	line := "event cancel " + e.ID + " sure=yes"
	if reason != "" {
		line += ` reason="` + strings.ReplaceAll(tidied(reason), `"`, "'") + `"`
	}
	e.State, e.Reason = Cancelled, reason
	return bot.Reply{Post: &bot.Post{Text: "Nothing is cancelled yet. " + sentence(counted(len(s.people()), "person", "people")) + " would be told, and the announcement in " + named("", e.Rooms) + " would say:\n\n" +
		quoted(f.announcement(tx, &e, &s).Text), Buttons: forWhich(&e, line, bot.Danger, "Cancel the event", "Cancel this date", "All dates")}}, nil
}

// cancel calls an event off: its announcement says so, its promises are gone, and
// whoever answered is told.
func (f *Feature) cancel(ctx context.Context, tx *bot.Tx, e *Event, reason string) error {
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	e.State, e.Reason = Cancelled, reason
	e.Changes, e.Changed = e.Changes+1, tx.Now()
	f.keep(tx, e, &s)
	f.remark(tx, e, e.emphasised()+" is cancelled.")
	text := e.inFull() + ", is cancelled."
	if e.Reason != "" {
		text += "\n\n" + bot.Quote(e.Reason)
	}
	f.tellGuests(tx, e, &s, "cancelled", text, false)
	return nil
}

// people are all who have a seat, are offered one, or wait.
func (s *Seats) people() []bot.UserID {
	all := map[bot.UserID]bool{}
	for _, x := range s.All {
		all[x.Who] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// tellGuests tells everybody who answered what has become of the event. They
// answered, so this is outside the cap of unasked messages.
func (f *Feature) tellGuests(tx *bot.Tx, e *Event, s *Seats, what, text string, canLeave bool) {
	p := bot.Say(text)
	if canLeave {
		p.Buttons = []bot.Button{{Label: "Can't go after all", Command: "event rsvp " + e.ID + " " + notGoing}}
	}
	for _, u := range s.people() {
		if slices.Contains(tx.Platforms(), u.Platform()) {
			tx.Show(bot.Notice{Room: u.Direct(), Key: e.noticeKey(what + "/" + e.Start.UTC().Format("20060102T1504")), Post: p})
		}
	}
}
