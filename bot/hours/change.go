package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// changeRows are the commands that change an hour that was announced.
func (f *Feature) changeRows() []bot.Row {
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Hint: "Its id; not needed in its room"}
	must := bot.Arg{Name: "hour", Kind: bot.ID, Hint: "Its id", Required: true}
	return []bot.Row{
		{Name: "datahour edit", Args: append([]bot.Arg{hour}, byName(planArgs())...), Who: bot.Hosts, Summary: "Change a data hour, or its announcement", Run: f.runEdit,
			Examples: []string{"datahour edit 7k2f", `datahour edit 7k2f title="River levels people really use"`}},
		{Name: "datahour move", Args: []bot.Arg{hour, {Name: "when", Kind: bot.Rest, Label: "New time", Hint: "Wed 8pm, 2 Dec 20:00", Required: true}}, Who: bot.Hosts, Summary: "Move a data hour to another time", Form: "Move the data hour", Submit: "Preview", Run: f.runMove,
			Examples: []string{"datahour move 7k2f Thu 8pm", "datahour move Thu 8pm"}},
		{Name: "datahour cancel", Args: []bot.Arg{hour, {Name: "reason", Named: true, Max: aboutMax, Hint: "Shown in the announcement"}, {Name: "sure", Kind: bot.Yes, Named: true}}, Who: bot.Hosts, Summary: "Call a data hour off", Run: f.runCancel,
			Examples: []string{"datahour cancel 7k2f", `datahour cancel 7k2f reason="The speaker is ill."`}},
		{Name: "datahour privacy", Args: []bot.Arg{hour, {Name: "public", Kind: bot.Yes, Named: true}, {Name: "keep", Kind: bot.Number, Named: true, Hint: "Days; 0 keeps it for good"}}, Who: bot.Hosts, Summary: "Whether it has a public page, and how long it is kept", Run: f.runPrivacy,
			Examples: []string{"datahour privacy 7k2f", "datahour privacy 7k2f public=no keep=90"}},
		{Name: "datahour leave", Args: []bot.Arg{must, {Name: "room", Kind: bot.Rooms, Named: true}}, Who: bot.Organisers, Summary: "Take this room out of a data hour that others hold", Run: f.runLeave,
			Examples: []string{"datahour leave 7k2f", "datahour leave 7k2f room=#data"}},
	}
}

// runEdit opens the form of an hour, or takes changes, and shows them as a draft.
func (f *Feature) runEdit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayChange(ctx, tx, c, &h); err != nil {
		return bot.Reply{}, err
	}
	said := over(c.Args, nil)
	delete(said, "hour")
	if len(said) == 0 && c.Form == nil {
		return planForm(ctx, tx, "datahour edit "+h.ID, "Change the data hour", "Preview", planArgsOf(&h))
	}
	args := said
	if c.Form == nil {
		args = over(planArgsOf(&h), said)
	}
	return f.draftChange(ctx, tx, c, h, args)
}

// mayChange checks rights, and that there is still something to change.
func (f *Feature) mayChange(ctx context.Context, tx *bot.Tx, c bot.Call, h *Hour) error {
	if err := f.mayRun(ctx, tx, c, h, "change"); err != nil {
		return err
	}
	switch h.State {
	case Closed:
		return bot.Sayf(bot.Late, "%s is over. What can still be changed: %s, and its summary.", h.emphasised(), tx.Command("datahour privacy "+h.ID))
	case Cancelled:
		return bot.Sayf(bot.Late, "%s was cancelled. Schedule it anew: %s.", h.emphasised(), tx.Command("datahour new like="+h.ID))
	}
	return nil
}

func (f *Feature) draftChange(ctx context.Context, tx *bot.Tx, c bot.Call, h Hour, args bot.Args) (bot.Reply, error) {
	plan, err := f.readPlan(ctx, tx, c, unmoved(args, &h), h)
	if err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, tx, c, Draft{Of: h.ID, Args: args, Plan: plan})
}

// unmoved leaves a time out of args that is the hour's own: it may have begun,
// and a time that has passed cannot be typed.
func unmoved(args bot.Args, h *Hour) bot.Args {
	if args.Get("when") != when.Format(h.Start, h.Location()) {
		return args
	}
	args = over(args, nil)
	delete(args, "when")
	return args
}

// runMove makes a draft of the hour at another time.
func (f *Feature) runMove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if err := f.withoutHour(ctx, tx, &c); err != nil {
		return bot.Reply{}, err
	}
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayChange(ctx, tx, c, &h); err != nil {
		return bot.Reply{}, err
	}
	if h.State == Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is open. %s makes it longer, %s ends it.", h.emphasised(), tx.Command("datahour extend"), tx.Command("datahour close"))
	}
	args := over(planArgsOf(&h), bot.Args{"when": c.Args["when"]})
	c.Form = nil // of the one field; the others are as they were
	return f.draftChange(ctx, tx, c, h, args)
}

// withoutHour sees that "move Thu 8pm" names no hour, and takes "Thu" for the
// beginning of the time.
func (f *Feature) withoutHour(ctx context.Context, tx *bot.Tx, c *bot.Call) error {
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	id := c.Args.Get("hour")
	if known, err := tx.Get(ctx, hourKey(strings.ToLower(id)), &Hour{}); err != nil || known {
		return err
	}
	at := id + " " + c.Args.Get("when")
	if _, err := when.Parse(at, tx.Now(), c.Person.Location(community.Location())); err == nil {
		c.Args = over(c.Args, bot.Args{"when": {at}})
		delete(c.Args, "hour")
	}
	return nil
}

// postChange makes a drafted change true. It is laid over the hour as it is now,
// which may have new questions since the draft was made; posts and alarms follow
// in the same commit.
func (f *Feature) postChange(ctx context.Context, tx *bot.Tx, c bot.Call, d *Draft) (string, error) {
	h, err := hourByID(ctx, tx, d.Of)
	if err != nil {
		return "", err
	}
	if err := f.mayChange(ctx, tx, c, &h); err != nil {
		return "", err
	}
	was := h
	plan := &d.Plan
	moved := !plan.Start.Equal(h.Start)
	if moved && h.State != Scheduled {
		return "", bot.Sayf(bot.Late, "%s has begun, so it cannot be moved.", h.emphasised())
	}
	if moved && !plan.Start.After(tx.Now()) {
		return "", bot.Sayf(bot.Late, "%s has passed while this draft waited. Press Edit and choose another time.", when.Format(plan.Start, h.Location()))
	}
	h.Title, h.About, h.Length, h.Hosts = plan.Title, plan.About, plan.Length, plan.Hosts
	h.Automatic, h.Public, h.LetThrough, h.KeepDays = plan.Automatic, plan.Public, plan.LetThrough, plan.KeepDays
	var texts []string
	for _, q := range plan.Planned() {
		texts = append(texts, q.Text)
	}
	h.Questions = slices.Clone(h.Questions)
	if err := h.plan(texts); err != nil {
		return "", err
	}
	if moved {
		h.Start, h.WasStart, h.Missed = plan.Start, was.Start, false
		h.passReminders(tx.Now())
	}
	if h.State == Open && !h.End().After(tx.Now()) {
		return "", bot.Sayf(bot.Invalid, "It would be over already with that length. To end it now: %s.", tx.Command("datahour close"))
	}
	if err := f.changeRooms(ctx, tx, c, &h, slices.Concat(plan.Rooms, plan.Invited)); err != nil {
		return "", err
	}
	if err := f.bookAll(ctx, tx, &h); err != nil {
		return "", err
	}
	if h.IsHost(c.From) && !h.hasSheet(c.From) {
		h.Sheets = append(h.Sheets, c.From)
	}
	f.announce(tx, &h)
	if moved {
		f.showReminder(tx, &h, h.emphasised()+" is moved to "+h.times()+".")
		if err := f.tellReminded(ctx, tx, &h, "moved", h.emphasised()+" is moved to "+h.times()+". I will remind you ten minutes before."); err != nil {
			return "", err
		}
		if was.Missed {
			if err := f.tellMissed(ctx, tx, &h, bot.Say(h.emphasised()+" has a new time: "+h.times()+".")); err != nil {
				return "", err
			}
		}
	}
	if h.State == Open {
		for _, room := range h.Rooms {
			if err := f.showOpening(ctx, tx, &h, room); err != nil {
				return "", err
			}
		}
	}
	f.keep(tx, &h)
	if err := f.dropSheets(tx, &was, &h); err != nil {
		return "", err
	}
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return "", err
	}
	if moved {
		return "Moved: " + h.emphasised() + " is on " + when.Format(h.Start, h.Location()) + " now, and the announcement says so." + f.sheetWords(tx, &h), nil
	}
	return "Changed: the announcement of " + h.emphasised() + " says so now." + f.sheetWords(tx, &h), nil
}

// dropSheets takes the run sheet from those who do not host any more.
func (f *Feature) dropSheets(tx *bot.Tx, was, h *Hour) error {
	for _, u := range was.Hosts {
		if was.hasSheet(u) && !h.IsHost(u) {
			tx.Retract(u.Direct(), h.noticeKey("sheet"))
		}
	}
	return nil
}

// runCancel calls an hour off, after asking.
func (f *Feature) runCancel(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayChange(ctx, tx, c, &h); err != nil {
		return bot.Reply{}, err
	}
	if h.State == Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is open. To end it: %s.", h.emphasised(), tx.Command("datahour close"))
	}
	h.Reason = strings.TrimSpace(c.Args.Get("reason"))
	if !c.Args.Yes("sure", false) {
		line := "datahour cancel " + h.ID + " sure=yes"
		if h.Reason != "" {
			line += ` reason="` + strings.ReplaceAll(tidied(h.Reason), `"`, "'") + `"`
		}
		preview := h
		preview.State = Cancelled
		return bot.Reply{Post: &bot.Post{Text: "Nothing is cancelled yet. The announcement in " + named(h.Rooms) + " would say:\n\n" + quoted(f.announcement(tx, &preview).Text),
			Buttons: []bot.Button{{Label: "Cancel the hour", Command: line, Style: bot.Danger}}}}, nil
	}
	if err := f.cancel(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("Cancelled, and the announcement says so. To schedule it anew: %s.", tx.Command("datahour new like="+h.ID))
	reply.Replace = c.Pressed
	return reply, nil
}

// cancel calls an hour off: its announcement says so, its promises are gone, and
// those who asked for a reminder are told.
func (f *Feature) cancel(ctx context.Context, tx *bot.Tx, h *Hour) error {
	h.State = Cancelled
	if h.Missed {
		if err := f.tellMissed(ctx, tx, h, bot.Say(h.emphasised()+" is cancelled.")); err != nil {
			return err
		}
	}
	if err := f.unbookAll(ctx, tx, h); err != nil {
		return err
	}
	f.announce(tx, h)
	f.showReminder(tx, h, h.emphasised()+" is cancelled.")
	if err := f.tellReminded(ctx, tx, h, "cancelled", h.emphasised()+", "+when.Format(h.Start, h.Location())+", is cancelled."); err != nil {
		return err
	}
	tx.Delete((&reminding{Hour: h.ID}).Key())
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}

// runPrivacy shows or sets whether an hour has a public page and how long it is kept.
func (f *Feature) runPrivacy(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "change"); err != nil {
		return bot.Reply{}, err
	}
	if c.Args.Has("public") || c.Args.Has("keep") {
		h.Public = c.Args.Yes("public", h.Public)
		if c.Args.Has("keep") {
			if h.KeepDays, err = readKeep(c.Args.Get("keep")); err != nil {
				return bot.Reply{}, err
			}
		}
		f.announce(tx, &h)
		f.keep(tx, &h)
		switch h.State {
		case Open:
			for _, room := range h.Rooms {
				if err := f.showOpening(ctx, tx, &h, room); err != nil {
					return bot.Reply{}, err
				}
			}
		case Closed:
			if err := f.showWrapUp(ctx, tx, &h); err != nil {
				return bot.Reply{}, err
			}
			title, path := h.creditedAs()
			if err := tx.Retitle(ctx, h.Key(), title, path); err != nil {
				return bot.Reply{}, err
			}
		}
	}
	page := "has no public page"
	if h.hasPage(tx) {
		page = "has a public page, <" + tx.URL(h.Path()) + ">, which shows only people who say yes"
	}
	other := !h.Public
	label := "Take the page away"
	if other {
		label = "Make a public page"
	}
	return bot.Reply{Replace: c.Pressed, Post: &bot.Post{Text: h.emphasised() + " " + page + ". Its transcript is kept: " + strings.ToLower(kept(h.KeepDays)) + ".",
		Buttons: []bot.Button{{Label: label, Command: "datahour privacy " + h.ID + " public=" + yes(other)}}}}, nil
}
