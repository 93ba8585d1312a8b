package hours

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// showQuestion makes a question that was asked stand in every room.
func (f *Feature) showQuestion(tx *bot.Tx, h *Hour, q Question) {
	for _, room := range h.Rooms {
		n := h.notice(room, fmt.Sprintf("q/%d", q.Number), questionPost(q))
		n.First = true
		tx.Show(n)
	}
}

func questionPost(q Question) bot.Post {
	return bot.Say(fmt.Sprintf("**Q%d** %s", q.Number, bot.Plain(q.Text)))
}

// askNow asks a waiting question in all rooms together.
func (f *Feature) askNow(ctx context.Context, tx *bot.Tx, h *Hour, which string) (Question, error) {
	q, err := h.ask(which, tx.Now())
	if err != nil {
		return q, err
	}
	f.showQuestion(tx, h, q)
	f.keep(tx, h)
	f.note(tx, h, entry{What: wasAsked, Number: q.Number})
	return q, f.showSheets(ctx, tx, h)
}

// askOnTime keeps the promise of the next question. Late, it asks that one now:
// the rule for the others shares out the time that is left, so none pile up.
func (f *Feature) askOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	at, ok := h.nextQuestion()
	switch {
	case !ok || !tx.Now().Before(h.End()):
		return nil
	case at.After(tx.Now()): // something changed since it was promised
		tx.Promise(questionAlarm, h.ID, at)
		return nil
	}
	_, err := f.askNow(ctx, tx, &h, h.Planned()[0].ID)
	return err
}

// warn tells the rooms that the hour closes soon.
func (f *Feature) warn(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	left := h.End().Sub(tx.Now())
	if h.State != Open || h.warnAt().After(tx.Now()) || h.Warned.Equal(h.End()) || left <= 0 {
		return nil
	}
	h.Warned = h.End()
	text := sentence(when.Length(left)) + " left: the hour closes at " + h.clock(h.End()) + ". What will you do next, and who can help?"
	for _, room := range h.Rooms {
		tx.Show(h.notice(room, h.warning(), bot.Say(text)))
	}
	f.keep(tx, &h)
	return nil
}

// warning is the key of the warning; an hour that was extended has a second one.
func (h *Hour) warning() string {
	if h.Extended == 0 || h.Rehearsal {
		return "warning"
	}
	return fmt.Sprintf("warning/%d", int(h.Extended/time.Minute))
}

// runRows are the commands by which an hour is run.
func (f *Feature) runRows() []bot.Row {
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Hint: "Its id; not needed in its room"}
	byID := hour
	byID.Named = true
	which := bot.Arg{Name: "which", Hint: "Its place in the queue"}
	return []bot.Row{
		{Name: "datahour ask", Args: []bot.Arg{byID, {Name: "question", Kind: bot.Rest, Required: true, Max: questionMax}}, Summary: "Put a question forward", Form: "Ask a question", Submit: "Put it forward", Run: f.runAsk,
			Examples: []string{"datahour ask Who maintains it when the money ends?"}},
		{Name: "datahour next", Args: []bot.Arg{which, byID}, Who: bot.Hosts, Summary: "Ask the next question now, or one from the queue", Run: f.runNext, Examples: []string{"datahour next", "datahour next 3"}},
		{Name: "datahour skip", Args: []bot.Arg{which, byID}, Who: bot.Hosts, Summary: "Take a question out of the queue", Run: f.runSkip, Examples: []string{"datahour skip", "datahour skip 2"}},
		{Name: "datahour queue", Args: []bot.Arg{{Name: "do"}, which, {Name: "into"}, byID}, Who: bot.Hosts, Summary: "The questions that wait: reorder, merge, skip", Run: f.runQueue,
			Examples: []string{"datahour queue", "datahour queue up 3", "datahour queue merge 3 1"}},
		{Name: "datahour extend", Args: []bot.Arg{{Name: "by", Kind: bot.Length}, byID}, Who: bot.Hosts, Summary: "Make the hour longer", Run: f.runExtend, Examples: []string{"datahour extend", "datahour extend 10m"}},
		{Name: "datahour close", Args: []bot.Arg{hour}, Who: bot.Hosts, Summary: "Close the hour now", Run: f.runClose, Examples: []string{"datahour close"}},
		{Name: "datahour sheet", Args: []bot.Arg{hour}, Who: bot.Hosts, Summary: "Your run sheet, in our direct messages", Run: f.runSheet, Examples: []string{"datahour sheet"}},
	}
}

// hosting finds the hour that a host's command is about, checks that they may,
// and notes that they act, so that they get the run sheet.
func (f *Feature) hosting(ctx context.Context, tx *bot.Tx, c bot.Call, verb string) (Hour, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return h, err
	}
	if err := f.mayRun(ctx, tx, c, &h, verb); err != nil {
		return h, err
	}
	if h.IsHost(c.From) && !slices.Contains(h.Sheets, c.From) {
		h.Sheets = append(h.Sheets, c.From)
	}
	return h, nil
}

func (f *Feature) runAsk(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.From.Platform() == bot.Web && !h.hasPage(tx) {
		return bot.Reply{}, bot.Sayf(bot.Missing, "I know no data hour of that id.")
	}
	by := c.From
	if h.IsHost(c.From) {
		by = "" // a host's own question is in the plan at once
	}
	if err := h.putForward(tidied(c.Args.Get("question")), by); err != nil {
		return bot.Reply{}, err
	}
	if by == "" {
		h.Questions[len(h.Questions)-1].Hosts = []bot.UserID{c.From}
	}
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	if by == "" {
		return bot.Answer("It is in the queue of %s.", h.emphasised()), nil
	}
	return bot.Answer("Saved: the hosts of %s see it, and decide whether and when to ask it.", h.emphasised()), nil
}

func (f *Feature) runNext(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hosting(ctx, tx, c, "ask questions in")
	if err != nil {
		return bot.Reply{}, err
	}
	q, err := f.askNow(ctx, tx, &h, c.Args.Get("which"))
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Q%d is asked in %s.", q.Number, named(h.Rooms)), nil
}

func (f *Feature) runSkip(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hosting(ctx, tx, c, "change the queue of")
	if err != nil {
		return bot.Reply{}, err
	}
	q, err := h.skip(c.Args.Get("which"))
	if err != nil {
		return bot.Reply{}, err
	}
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Skipped: %s", bot.Plain(q.Text)), nil
}

// runExtend moves the close, and with it the warning and the questions.
func (f *Feature) runExtend(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hosting(ctx, tx, c, "extend")
	if err != nil {
		return bot.Reply{}, err
	}
	if h.State != Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is not open. To make it longer beforehand: %s.", h.emphasised(), tx.Command("datahour edit "+h.ID))
	}
	by := usualExtension
	if c.Args.Has("by") {
		if by, err = when.ParseLength(c.Args.Get("by")); err != nil {
			return bot.Reply{}, saidOfTime("by", err)
		}
	}
	if h.Length+by > longest {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "A data hour lasts at most %s; with %s more this one would last %s.", when.Length(longest), when.Length(by), when.Length(h.Length+by))
	}
	for _, room := range h.Rooms {
		d, err := diaryOf(ctx, tx, room)
		if err != nil {
			return bot.Reply{}, err
		}
		if other, clashes := d.clash(h.ID, h.Start, h.End().Add(by)); clashes {
			return bot.Reply{}, bot.Sayf(bot.Taken, "Another hour begins in %s at %s, so this one can last until then at most: %s.",
				bot.InRoom(room), h.clock(other.Start), h.longerUpTo(other.Start))
		}
	}
	h.Length += by
	h.Extended += by
	if err := f.bookAll(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	text := "The hour is extended by " + when.Length(h.Extended) + ": it closes at " + h.clock(h.End()) + "."
	for _, room := range h.Rooms {
		tx.Show(h.notice(room, "extended", bot.Say(text)))
	}
	for _, room := range h.Rooms {
		if err := f.showOpening(ctx, tx, &h, room); err != nil {
			return bot.Reply{}, err
		}
	}
	f.announce(tx, &h)
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("It closes at %s now.", h.clock(h.End())), nil
}

// longerUpTo says how much longer an hour can be.
func (h *Hour) longerUpTo(t time.Time) string {
	if more := t.Sub(h.End()).Truncate(time.Minute); more > 0 {
		return "up to " + when.Length(more) + " more"
	}
	return "it cannot be longer"
}

const usualExtension = 15 * time.Minute

func (f *Feature) runClose(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hosting(ctx, tx, c, "close")
	if err != nil {
		return bot.Reply{}, err
	}
	switch h.State {
	case Closed:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s was closed at %s.", h.emphasised(), h.clock(h.Ended))
	case Scheduled:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s has not begun. To call it off: %s.", h.emphasised(), tx.Command("datahour cancel "+h.ID))
	case Cancelled:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s was cancelled.", h.emphasised())
	}
	if err := f.close(ctx, tx, &h, c.From); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Closed. Thank you for hosting."), nil
}

// queueVerbs are what can be done to a waiting question, with their words in the menu.
var queueVerbs = []queueVerb{{"ask", "Ask %d now"}, {"up", "Move %d up"}, {"skip", "Skip %d"}, {"merge", "Merge %d into 1"}}

type queueVerb struct{ verb, label string }

// runQueue shows the questions that wait, and changes them: "up 3", or "up:q7"
// from its menu.
func (f *Feature) runQueue(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	// "/datahour queue 7k2f" names an hour, and nothing to do.
	if id := c.Args.Get("do"); len(id) == 4 && !slices.ContainsFunc(queueVerbs, func(v queueVerb) bool { return v.verb == id }) && id != "take" {
		c.Args = bot.Args{"hour": {id}}
	}
	h, err := f.hosting(ctx, tx, c, "see the queue of")
	if err != nil {
		return bot.Reply{}, err
	}
	do, which, into := strings.ToLower(c.Args.Get("do")), c.Args.Get("which"), c.Args.Get("into")
	if verb, rest, ok := strings.Cut(do, ":"); ok {
		do = verb
		which, into, _ = strings.Cut(rest, "+")
	}
	switch do {
	case "":
		post := f.queuePost(&h)
		return bot.Reply{Post: &post, Replace: c.Pressed}, nil
	case "ask":
		_, err = f.askNow(ctx, tx, &h, which)
	case "up":
		_, err = h.up(which)
	case "skip":
		_, err = h.skip(which)
	case "take":
		_, err = h.take(which)
	case "merge":
		if into == "" {
			into = "1"
		}
		_, err = h.merge(which, into)
	default:
		err = bot.Wrong("do", "I can `ask`, `skip`, `take`, move `up` or `merge` questions of the queue, not %q.", bot.ClipTo(bot.Plain(do), 20))
	}
	if err != nil {
		return bot.Reply{}, err
	}
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	post := f.queuePost(&h)
	return bot.Reply{Post: &post, Replace: c.Pressed}, nil
}

// menuQuestions is how many questions the queue's menu speaks of, so that it
// stays below the hundred options that platforms show.
const menuQuestions = 12

// queuePost is the queue with a menu of what can be done.
func (f *Feature) queuePost(h *Hour) bot.Post {
	queue := h.Queue()
	if len(queue) == 0 {
		return bot.Say("No question is waiting in " + h.emphasised() + ".")
	}
	p := bot.Post{Select: &bot.Select{Label: "Do something", Command: "datahour queue hour=" + h.ID}}
	lines := []string{"Waiting in " + h.emphasised() + ":", ""}
	for i, q := range queue {
		line := fmt.Sprintf("%d. %s", i+1, bot.Plain(q.Text))
		if q.By != "" {
			line += " (from " + bot.Mention(q.By) + ")"
		}
		lines = append(lines, line)
		if i >= menuQuestions {
			continue
		}
		for _, v := range queueVerbs {
			option := bot.Option{Label: fmt.Sprintf(v.label, i+1), Value: v.verb + ":" + q.ID}
			switch {
			case v.verb == "ask" && h.State != Open, (v.verb == "up" || v.verb == "merge") && i == 0:
				continue
			case v.verb == "merge":
				option.Value += "+" + queue[0].ID
			}
			p.Select.Options = append(p.Select.Options, option)
		}
	}
	p.Text = strings.Join(lines, "\n")
	return p
}
