package hours

import (
	"context"
	"fmt"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// withoutSheet are the hosts who have not acted yet, so get no direct messages.
func (h *Hour) withoutSheet() []bot.UserID {
	var all []bot.UserID
	for _, u := range h.Hosts {
		if !h.hasSheet(u) {
			all = append(all, u)
		}
	}
	return all
}

func (h *Hour) hasSheet(u bot.UserID) bool {
	for _, have := range h.Sheets {
		if have == u {
			return true
		}
	}
	return false
}

// showSheetsOnTime keeps the run sheet's clock right, each minute.
func (f *Feature) showSheetsOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	if h.State != Open {
		return nil
	}
	tx.Promise(sheetAlarm, h.ID, h.promises(tx.Now())[sheetAlarm])
	return f.showSheets(ctx, tx, &h)
}

// showSheets makes every host's run sheet say what is true now. What did not
// change costs nothing.
func (f *Feature) showSheets(ctx context.Context, tx *bot.Tx, h *Hour) error {
	var hosts []bot.UserID
	for _, u := range h.Sheets {
		if h.IsHost(u) {
			hosts = append(hosts, u)
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	post, err := f.sheet(ctx, tx, h)
	if err != nil {
		return err
	}
	for _, u := range hosts {
		tx.Show(h.notice(u.Direct(), "sheet", post))
	}
	return nil
}

// sheet is the host's private view of an hour.
func (f *Feature) sheet(ctx context.Context, tx *bot.Tx, h *Hour) (bot.Post, error) {
	head := "**Run sheet:** " + h.emphasised() + " in " + named(h.Rooms)
	switch h.State {
	case Cancelled:
		return bot.Say(head + "  \nIt is cancelled."), nil
	case Closed:
		return bot.Say(head + "  \nIt closed at " + h.clock(h.Ended) + "."), nil
	case Scheduled:
		return f.sheetBefore(h, head), nil
	}
	lines := []string{head}
	if h.Late != "" {
		lines = append(lines, "It opened late, at "+h.clock(h.Opened)+": "+h.Late+".")
	}
	left := h.End().Sub(tx.Now())
	counts, err := bot.Find[tally](ctx, tx, "tally:"+h.ID) // only shown, so not checked at the commit
	if err != nil {
		return bot.Post{}, err
	}
	var t tally
	if len(counts) > 0 {
		t = counts[0]
	}
	lines = append(lines, strings.Join([]string{sentence(when.Length(left)) + " left", h.nowWords(),
		counted(t.People, "person", "people") + ", " + counted(t.Messages, "message", "messages")}, " · "))
	p := bot.Post{}
	if planned := h.Planned(); len(planned) > 0 {
		next := fmt.Sprintf("Next: Q%d %s", len(h.Asked())+1, bot.Plain(planned[0].Text))
		if at, ok := h.nextQuestion(); ok {
			next += " (by itself at " + h.clock(at) + ")"
		}
		lines = append(lines, next)
		p.Buttons = append(p.Buttons,
			bot.Button{Label: "Ask now", Command: "datahour next " + planned[0].ID + " hour=" + h.ID, Style: bot.Primary},
			bot.Button{Label: "Skip", Command: "datahour skip " + planned[0].ID + " hour=" + h.ID})
	}
	waiting, look, err := f.waitingWords(ctx, tx, h)
	if err != nil {
		return bot.Post{}, err
	}
	lines = append(lines, waiting)
	p.Buttons = append(p.Buttons, bot.Button{Label: "Queue", Command: "datahour queue hour=" + h.ID})
	p.Buttons = append(p.Buttons, look...)
	if h.hasPage(tx) {
		p.Buttons = append(p.Buttons, h.visitorsButton())
	}
	p.Buttons = append(p.Buttons,
		bot.Button{Label: "Extend 15 min", Command: "datahour extend 15m hour=" + h.ID},
		bot.Button{Label: "Close", Command: "datahour close " + h.ID, Style: bot.Danger, Confirm: "Close the hour now, in all its rooms?"})
	p.Text = paragraph(lines)
	return p, nil
}

// nowWords tells which question is open: "Q2 of 4 is open".
func (h *Hour) nowWords() string {
	total := len(h.Asked()) + len(h.Planned())
	switch {
	case h.Now > 0:
		return fmt.Sprintf("Q%d of %d is open", h.Now, total)
	case total > 0:
		return "introductions"
	}
	return "no questions planned"
}

func (f *Feature) sheetBefore(h *Hour, head string) bot.Post {
	lines := []string{head, when.FormatRange(h.Start, h.End(), h.Location())}
	if h.Missed {
		lines = append(lines, "It was not opened, since I was not there. Move it to a new time, or cancel it.")
	} else if len(h.Invited) > 0 {
		lines = append(lines, "Waiting for a yes from the organisers of "+named(h.Invited)+".")
	}
	for i, q := range h.Planned() {
		lines = append(lines, fmt.Sprintf("Q%d %s", i+1, bot.Plain(q.Text)))
	}
	if n := len(h.PutForward()); n > 0 {
		lines = append(lines, sentence(counted(n, "question", "questions"))+" put forward.")
	}
	lines = append(lines, "During the hour this says what is open and what waits, and has the buttons to run it.")
	return bot.Post{Text: paragraph(lines), Buttons: []bot.Button{
		{Label: "Queue", Command: "datahour queue hour=" + h.ID},
		{Label: "Edit", Command: "datahour edit " + h.ID},
		{Label: "Move", Command: "datahour move " + h.ID},
		{Label: "Cancel", Command: "datahour cancel " + h.ID},
	}}
}

// waitingWords tells what waits for a host, and gives the buttons to look at it.
func (f *Feature) waitingWords(ctx context.Context, tx *bot.Tx, h *Hour) (string, []bot.Button, error) {
	parts := []string{counted(len(h.PutForward()), "question", "questions") + " put forward"}
	more, buttons, err := f.talkWaiting(ctx, tx, h)
	if err != nil {
		return "", nil, err
	}
	return "Waiting: " + strings.Join(append(parts, more...), ", "), buttons, nil
}

// runSheet gives a host the run sheet, from now on.
func (f *Feature) runSheet(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if !h.IsHost(c.From) {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "The run sheet is for the hosts: %s.", bot.Listed(bot.Mentions(h.Hosts)))
	}
	if !h.hasSheet(c.From) {
		h.Sheets = append(h.Sheets, c.From)
		f.announce(tx, &h)
		f.keep(tx, &h)
	}
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Your run sheet for %s is in our direct messages.", h.emphasised()), nil
}
