package hours

import (
	"cmp"
	"context"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// noticeablyLate is how late an opening has to be for people to be told.
const noticeablyLate = time.Minute

// openOnTime keeps the promise of an opening. Late, it opens the hour as long as
// that lasts and says so; when it would have been over, it tells the organisers.
func (f *Feature) openOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	switch {
	case h.State != Scheduled || h.Missed:
		return nil
	case h.Start.After(tx.Now()): // moved while it rang
		tx.Promise(openAlarm, h.ID, h.Start)
		return nil
	}
	if !tx.Now().Before(h.End()) {
		return f.missed(ctx, tx, &h, a)
	}
	late := ""
	if tx.Now().Sub(h.Start) >= noticeablyLate {
		late = tx.LateBecause(a, h.clock)
	}
	return f.open(ctx, tx, &h, late)
}

// open opens the hour in all its rooms together. late says why it was not opened
// at its time, or is "".
func (f *Feature) open(ctx context.Context, tx *bot.Tx, h *Hour, late string) error {
	h.State, h.Opened, h.Late = Open, tx.Now().Truncate(finest), late
	tx.Put(&tally{Hour: h.ID})
	for _, room := range h.Rooms {
		if err := f.openIn(ctx, tx, h, room, 0); err != nil {
			return err
		}
	}
	f.announce(tx, h)
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}

// openIn opens the hour in one room: from now on what is said there belongs to
// it, and what was said elsewhere after a place in its log is carried there.
func (f *Feature) openIn(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID, after bot.Seq) error {
	l := live{Room: room}
	if there, err := tx.Get(ctx, l.Key(), &l); err != nil {
		return err
	} else if there && l.Hour != h.ID {
		// Diaries keep two hours out of one room; one that lasted longer than it
		// should, because the bot was off at its close, ends here.
		var before Hour
		if known, err := tx.Get(ctx, hourKey(l.Hour), &before); err != nil {
			return err
		} else if known && before.State == Open {
			if err := f.close(ctx, tx, &before, ""); err != nil {
				return err
			}
		}
	}
	tx.Put(&live{Room: room, Hour: h.ID})
	tx.Listen(room)
	if len(h.Rooms) > 1 || h.Visited {
		tx.Carry(logOf(h.ID), room, after)
	}
	return f.showOpening(ctx, tx, h, room)
}

func (f *Feature) showOpening(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) error {
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	n := h.notice(room, "opening", f.opening(tx, h, room, community.Policy))
	n.First = true
	tx.Show(n)
	return nil
}

// opening says what it is, how to take part, and how to stay off the page.
func (f *Feature) opening(tx *bot.Tx, h *Hour, room bot.RoomID, policy bot.Policy) bot.Post {
	first := h.heading() + " is open until " + h.clock(h.End()) + "."
	switch {
	case h.State == Closed && h.ClosedBy != "":
		first = h.heading() + " was open until " + h.clock(h.Ended) + "."
	case h.State == Closed:
		first = h.heading() + " was open until " + h.clock(h.End()) + "."
	}
	if h.AtOnce {
		first += " " + h.hostedBy()
	}
	if h.Late != "" {
		first += " It was due at " + h.clock(h.Start) + " and opened at " + h.clock(h.Opened) + ": " + h.Late + "."
	}
	lines := []string{first}
	if h.AtOnce && h.About != "" {
		lines = append(lines, bot.Quote(h.About))
	}
	hello := "Say hello and where you are joining from"
	switch {
	case len(h.Planned())+len(h.Asked()) == 0:
		lines = append(lines, hello+", and tell us what is on your mind. Anyone can put a question forward: "+tx.Command("datahour ask")+".")
	case h.Automatic:
		lines = append(lines, hello+"; Q1 comes in "+when.Length(h.breath())+".")
	default:
		lines = append(lines, hello+"; Q1 comes soon.")
	}
	how := "Answer in the room or in a question's thread; beginning with A1, A2 helps."
	if others := h.elsewhere(room); policy.Carrying && len(others) > 0 {
		how += " What you say is carried to " + namedFrom(room.Platform(), others) + "."
	}
	lines = append(lines, how)
	p := bot.Post{}
	if h.hasPage(tx) {
		lines = append(lines, "On the web, <"+tx.URL(h.Path())+"> shows only people who say yes:")
		p.Buttons = choices()
	}
	p.Text = strings.Join(lines, "  \n")
	if conduct := cmp.Or(policy.CodeOfConduct, tx.URL("/conduct")); strings.HasPrefix(conduct, "http") {
		p.Buttons = append(p.Buttons, bot.Button{Label: "Code of conduct", URL: conduct})
	}
	return p
}

// missed notes an hour that would have been over, and lets the organisers of its
// platforms choose what comes next.
func (f *Feature) missed(ctx context.Context, tx *bot.Tx, h *Hour, a bot.Alarm) error {
	h.Missed = true
	text := tx.LateBecause(a, h.clock) + " and did not open " + h.emphasised() + " (" + when.Format(h.Start, h.Location()) + "): it would have been over."
	if err := f.tellMissed(ctx, tx, h, bot.Post{Text: text, Buttons: []bot.Button{
		{Label: "Announce a new time", Command: "datahour move " + h.ID, Style: bot.Primary},
		{Label: "Cancel it", Command: "datahour cancel " + h.ID},
	}}); err != nil {
		return err
	}
	f.announce(tx, h)
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}

// tellMissed tells the organisers of every platform about an hour that was not
// opened, and later what became of it.
func (f *Feature) tellMissed(ctx context.Context, tx *bot.Tx, h *Hour, p bot.Post) error {
	for _, platform := range h.platforms() {
		if err := tx.TellOrganisers(ctx, platform, h.noticeKey("missed"), p); err != nil {
			return err
		}
	}
	return nil
}
