package newsletter

import (
	"context"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// publishLate is how late an approved edition still comes out by itself. After
// that an editor looks again: what it says of the coming days may be over.
const publishLate = 24 * time.Hour

// calendarRows are the commands by which editors say when editions come.
func (f *Feature) calendarRows() []bot.Row {
	return []bot.Row{
		{Name: "newsletter schedule", Args: []bot.Arg{{Name: "rule", Kind: bot.Rest, Label: "When editions come", Hint: "fortnightly Thursday 16:00, or: by hand"}}, Who: bot.Organisers,
			Summary: "When editions come by themselves", Run: f.runSchedule, Examples: []string{"newsletter schedule fortnightly Thursday 16:00", "newsletter schedule by hand"}},
		{Name: "newsletter move", Args: []bot.Arg{{Name: "when", Kind: bot.Rest, Label: "New time", Hint: "Fri 10:00, 2 Dec 16:00", Required: true}}, Who: bot.Organisers, Form: "Move the edition",
			Summary: "Move the coming edition, with its calls and its deadline", Run: f.runMove, Examples: []string{"newsletter move Fri 10:00"}},
		{Name: "newsletter skip", Who: bot.Organisers, Summary: "Leave the coming edition's date out: it comes at the next one", Run: f.runSkip, Examples: []string{"newsletter skip"}},
		{Name: "newsletter approve", Args: []bot.Arg{{Name: "edition", Kind: bot.ID, Required: true}}, Who: bot.Organisers, Hidden: true, Summary: "Let the coming edition come out at its time", Run: f.runApprove},
	}
}

// runSchedule sets the rule, or tells it.
func (f *Feature) runSchedule(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	switch typed := strings.TrimSpace(c.Args.Get("rule")); {
	case typed == "":
		return bot.Answer("Editions come %s. %s To change it: %s.", s.Rule.words(), calendar(&e, community.Location()), tx.Command("newsletter schedule fortnightly Thursday 16:00")), nil
	case strings.EqualFold(typed, "by hand"):
		s.Rule = Rule{}
		err = f.move(ctx, tx, s, &e, time.Time{})
	default:
		if s.Rule, err = readRule(typed, tx.Now(), community.Location()); err != nil {
			return bot.Reply{}, err
		}
		err = f.move(ctx, tx, s, &e, s.Rule.First)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	tx.Put(&s)
	return bot.Answer("Saved. Editions come %s. %s", s.Rule.words(), calendar(&e, community.Location())), nil
}

// calendar says what is to happen to an edition, and when.
func calendar(e *Edition, zone *time.Location) string {
	if e.Comes.IsZero() {
		return "Edition " + number(e.Number) + " has no date."
	}
	var parts []string
	for _, step := range [...]struct {
		done bool
		what string
		at   time.Time
	}{
		{e.Called, "a call for items on ", e.Comes.Add(-callBefore)}, {e.LastCall, "a last call on ", e.Comes.Add(-lastCallBefore)},
		{e.Drafted, "the draft to the editors on ", e.Deadline()}, {false, "and out on ", e.Comes},
	} {
		if !step.done {
			parts = append(parts, step.what+when.Format(step.at, zone))
		}
	}
	return "Edition " + number(e.Number) + ": " + strings.TrimPrefix(strings.Join(parts, "; "), "and ") + ", once an editor approved it."
}

// move gives the coming edition another time, or none, and keeps what rooms were
// told of it right: a call that stands says the new time, or goes until it is
// called for anew.
func (f *Feature) move(ctx context.Context, tx *bot.Tx, s Settings, e *Edition, comes time.Time) error {
	called, lastCalled := e.Called, e.LastCall
	e.moveTo(comes, tx.Now())
	f.keep(tx, e)
	retract := func(what string) error {
		return f.eachRoom(ctx, tx, s, func(room bot.RoomID) { tx.Retract(room, e.noticeKey(what)) })
	}
	if lastCalled && !e.LastCall {
		if err := retract("lastcall"); err != nil {
			return err
		}
	}
	switch {
	case called && e.Called:
		return f.showCall(ctx, tx, s, e)
	case called:
		return retract("call")
	}
	return nil
}

func (f *Feature) runMove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	comes, err := when.Parse(c.Args.Get("when"), tx.Now(), c.Person.Location(community.Location()))
	if err != nil {
		return bot.Reply{}, saidOfTime("when", err)
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.move(ctx, tx, s, &e, comes.UTC()); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Moved. %s", calendar(&e, community.Location())), nil
}

// runSkip leaves a date out: the same edition comes at the next one.
func (f *Feature) runSkip(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.Rule.none() {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "Editions come by hand, so there is no date to leave out.")
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.move(ctx, tx, s, &e, s.Rule.after(later(e.Comes, tx.Now()))); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("Left out. %s", calendar(&e, community.Location()))
	reply.Replace = c.Pressed
	return reply, f.tellEditors(ctx, tx, &e, bot.Say("Edition "+number(e.Number)+" is left out this time. It comes on "+when.Format(e.Comes, community.Location())+"."))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// runApprove lets the coming edition come out at its time.
func (f *Feature) runApprove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	e, err := comingEdition(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	switch {
	case c.Args.Get("edition") != number(e.Number):
		return bot.Reply{}, bot.Sayf(bot.Late, "The coming edition is `%d`.", e.Number)
	case !e.Comes.After(tx.Now()):
		return bot.Reply{}, bot.Sayf(bot.Late, "Its time has passed. Publish it now: %s.", tx.Command("newsletter publish "+number(e.Number)))
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	e.Approved = c.From
	f.keep(tx, &e)
	if err := f.tellEditors(ctx, tx, &e, bot.Post{Text: "Edition " + number(e.Number) + " is approved by " + bot.Mention(c.From) + ", and comes out on " + when.Format(e.Comes, community.Location()) + ".",
		Buttons: []bot.Button{{Label: "Look at it", Command: "newsletter preview"}}}); err != nil {
		return bot.Reply{}, err
	}
	return f.preview(ctx, tx, c, s, &e, "Approved: it comes out on "+when.Format(e.Comes, community.Location())+". What is accepted until then is in it.")
}

// coming reads the edition that an alarm is about, when it is still to come.
func coming(ctx context.Context, tx *bot.Tx, a bot.Alarm) (s Settings, e Edition, there bool, err error) {
	if s, err = settingsOf(ctx, tx); err != nil {
		return s, e, false, err
	}
	n, err := strconv.Atoi(a.About())
	if err != nil || n != s.Coming {
		return s, e, false, err
	}
	there, err = tx.Get(ctx, editionKey(n), &e)
	return s, e, there && !e.Published() && !e.Comes.IsZero(), err
}

// call asks the rooms for items. One that comes so late that half of the time to
// the deadline is gone is left out: the last call says it better.
func (f *Feature) call(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	s, e, there, err := coming(ctx, tx, a)
	if err != nil || !there || e.Called {
		return err
	}
	e.Called = true
	f.keep(tx, &e)
	if e.Deadline().Sub(tx.Now()) < (callBefore-deadlineBefore)/2 {
		return nil
	}
	return f.showCall(ctx, tx, s, &e)
}

func (f *Feature) showCall(ctx context.Context, tx *bot.Tx, s Settings, e *Edition) error {
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	zone := community.Location()
	post := bot.Post{Text: "**Edition " + number(e.Number) + " comes out on " + when.FormatDay(e.Comes, zone) + ".** What are you doing, what have you found, what do you need? " +
		"Tell the others in a sentence or two, until " + when.Format(e.Deadline(), zone) + bot.YourTime(e.Deadline()) + ": " + tx.Command("share") + ".",
		Buttons: []bot.Button{{Label: shareTitle, Command: "share", Style: bot.Primary}}}
	return f.eachRoom(ctx, tx, s, func(room bot.RoomID) { tx.Show(bot.Notice{Room: room, Key: e.noticeKey("call"), Post: post}) })
}

func (f *Feature) eachRoom(ctx context.Context, tx *bot.Tx, s Settings, show func(room bot.RoomID)) error {
	rooms, _, err := f.rooms(ctx, tx, s)
	for _, room := range rooms {
		show(room)
	}
	return err
}

// lastCall says it once more, in the thread of the call.
func (f *Feature) lastCall(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	s, e, there, err := coming(ctx, tx, a)
	if err != nil || !there || e.LastCall {
		return err
	}
	e.LastCall = true
	f.keep(tx, &e)
	left := e.Deadline().Sub(tx.Now())
	if left < (lastCallBefore-deadlineBefore)/2 {
		return nil
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	post := bot.Post{Text: "Last call for edition " + number(e.Number) + ": until " + when.Format(e.Deadline(), community.Location()) + ". " + tx.Command("share") + " takes a minute.",
		Buttons: []bot.Button{{Label: shareTitle, Command: "share"}}}
	return f.eachRoom(ctx, tx, s, func(room bot.RoomID) {
		tx.Show(bot.Notice{Room: room, Key: e.noticeKey("lastcall"), Under: e.noticeKey("call"), Post: post})
	})
}

// tellEditors shows the organisers of every platform what they are to do about an
// edition: one message that changes.
func (f *Feature) tellEditors(ctx context.Context, tx *bot.Tx, e *Edition, post bot.Post) error {
	for _, platform := range tx.Platforms() {
		if err := tx.TellOrganisers(ctx, platform, e.noticeKey("draft"), post); err != nil {
			return err
		}
	}
	return nil
}

// showDraft gives the editors the draft at the deadline. When there is nothing in
// it they are asked instead.
func (f *Feature) showDraft(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	s, e, there, err := coming(ctx, tx, a)
	if err != nil || !there || e.Drafted {
		return err
	}
	e.Drafted = true
	f.keep(tx, &e)
	return f.askEditors(ctx, tx, s, &e, "")
}

// askEditors asks for what an edition needs before it can come out.
func (f *Feature) askEditors(ctx context.Context, tx *bot.Tx, s Settings, e *Edition, lead string) error {
	p, err := draft(ctx, tx, s, e)
	if err != nil {
		return err
	}
	waiting, _, err := queue(ctx, tx, s)
	if err != nil {
		return err
	}
	post := bot.Post{Title: "Edition " + number(e.Number) + " needs an editor"}
	if len(waiting) > 0 {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Decide", Command: "newsletter queue", Style: bot.Primary})
	}
	switch comes := when.Format(e.Comes, p.Zone); {
	case p.Empty() && len(waiting) == 0:
		post.Title = "Edition " + number(e.Number) + " is empty"
		post.Text = "Nobody has shared anything, and no data hour was held, so I do not send it. Shall I leave it out, or is there something to add?"
	case p.Count() == 0 && len(waiting) > 0:
		post.Text = "It comes on " + comes + ". " + sentence(counted(len(waiting), "item waits", "items wait")) + " for you, and nothing is accepted yet."
	case p.Count() == 0:
		post.Text = "It comes on " + comes + ", once one of you approved it. Nobody has shared anything: it has only what you or the bot can tell."
	default:
		post.Text = "It comes on " + comes + ", once one of you approved it, with " + counted(p.Count(), "item", "items") + ". " + sentence(counted(len(waiting), "item still waits", "items still wait")) + " for you."
	}
	post.Text = strings.TrimSpace(lead + " " + post.Text)
	post.Buttons = append(post.Buttons, bot.Button{Label: "Look at it", Command: "newsletter preview"})
	if !s.Rule.none() {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Leave it out", Command: "newsletter skip", Confirm: "Leave this date out? What is accepted comes with the next one."})
	}
	return f.tellEditors(ctx, tx, e, post)
}

// publishOnTime brings an approved edition out; one that nobody has approved waits,
// and the editors are asked once more.
func (f *Feature) publishOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	s, e, there, err := coming(ctx, tx, a)
	if err != nil || !there || e.Reminded {
		return err
	}
	if e.Approved != "" {
		if out, err := f.publish(ctx, tx, s, &e, e.Approved); err != nil || out {
			return err
		}
	}
	e.Reminded, e.Approved = true, ""
	f.keep(tx, &e)
	return f.askEditors(ctx, tx, s, &e, "Its time has come.")
}

// missPublish asks the editors to look again at an edition that was to come out
// while the bot could not do it.
func (f *Feature) missPublish(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	s, e, there, err := coming(ctx, tx, a)
	if err != nil || !there || e.Reminded {
		return err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	because := tx.LateBecause(a, func(t time.Time) string { return when.FormatClock(t, community.Location()) })
	e.Reminded, e.Approved = true, ""
	f.keep(tx, &e)
	return f.askEditors(ctx, tx, s, &e, because+", and did not publish it.")
}
