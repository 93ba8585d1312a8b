package hours

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
)

const lookAt = 5 // shown at once to a host

// How visitors' messages come into an hour, as organisers and hosts choose it.
const (
	eachFirst = "held"
	onceKnown = "through"
)

var visitorOptions = []bot.Option{
	{Label: "A host looks at each one", Value: eachFirst},
	{Label: "At once, after their first", Value: onceKnown},
}

func visitorsArg(h *Hour) string {
	if h.LetThrough {
		return onceKnown
	}
	return eachFirst
}

// visitorsButton changes it, on the run sheet.
func (h *Hour) visitorsButton() bot.Button {
	if h.LetThrough {
		return bot.Button{Label: "Look at visitors' words", Command: "datahour visitors " + eachFirst + " hour=" + h.ID}
	}
	return bot.Button{Label: "Let visitors through", Command: "datahour visitors " + onceKnown + " hour=" + h.ID}
}

// lookRows are the commands by which hosts look at what visitors write.
func (f *Feature) lookRows() []bot.Row {
	visit := bot.Arg{Name: "message", Kind: bot.ID, Required: true}
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Named: true, Hint: "Its id; left out, the one that is open here"}
	return []bot.Row{
		{Name: "datahour waiting", Summary: "What waits for a host: visitors' messages and reports", Who: bot.Hosts,
			Examples: []string{"datahour waiting"}, Args: []bot.Arg{hour}, Run: f.runWaiting},
		{Name: "datahour visitors", Summary: "Whether a host looks at each message of visitors", Who: bot.Hosts,
			Examples: []string{"datahour visitors through", "datahour visitors held hour=7k2f"},
			Args:     []bot.Arg{{Name: "how", Label: "Visitors' messages", Kind: bot.Choice, Options: visitorOptions, Required: true}, hour}, Form: "Visitors' messages", Run: f.runVisitors},
		{Name: "datahour forget", Summary: "Erase a visitor who asked for it in writing", Who: bot.Organisers,
			Examples: []string{"datahour forget", "datahour forget hour=7k2f"},
			Args: []bot.Arg{
				{Name: "visitor", Kind: bot.ID, Hint: "Left out: chosen from a list"},
				{Name: "hour", Named: true, Hint: "Its id; left out, the last one here"},
				{Name: "sure", Kind: bot.Choice, Named: true, Options: []bot.Option{{Label: "Yes, erase them", Value: "yes"}}},
			}, Run: f.runForget},
		{Name: "datahour admit", Summary: "Show a visitor's message", Hidden: true, Who: bot.Hosts, Args: []bot.Arg{visit}, Run: f.runAdmit},
		{Name: "datahour refuse", Summary: "Do not show a visitor's message", Hidden: true, Who: bot.Hosts, Args: []bot.Arg{visit}, Run: f.runRefuse},
	}
}

// runVisitors sets whether visitors whom a host let in once go on without one.
func (f *Feature) runVisitors(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "choose for visitors in"); err != nil {
		return bot.Reply{}, err
	}
	if h.State == Closed || h.State == Cancelled {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is over.", h.emphasised())
	}
	h.LetThrough = c.Args.Get("how") == onceKnown
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	if h.LetThrough {
		return bot.Answer("A visitor's first message in %s waits for a host. Once it is shown, what they write comes at once; hide one of theirs, and it waits again.", h.emphasised()), nil
	}
	return bot.Answer("Each visitor's message in %s waits for a host.", h.emphasised()), nil
}

// holdAgain makes the visitor of a hidden message wait for a host once more.
func (f *Feature) holdAgain(ctx context.Context, tx *bot.Tx, s *Said) error {
	p := part{Hour: s.Hour, Who: s.Who}
	if there, err := tx.Get(ctx, p.Key(), &p); err != nil || !there || !p.Admitted {
		return err
	}
	p.Admitted = false
	tx.Put(&p)
	return nil
}

func (f *Feature) runAdmit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	v, h, err := f.visitMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if h.State != Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is not open any more.", h.emphasised())
	}
	if v.Of == "" {
		err = f.say(ctx, tx, &h, &v)
	} else {
		err = f.giveWords(ctx, tx, &v)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return f.visitDone(ctx, tx, c, &v, &h, "Shown, as **"+bot.Plain(signed(v.Name, v.Organisation))+"** (web).")
}

// giveWords gives a message that stands the words which its author would rather have.
func (f *Feature) giveWords(ctx context.Context, tx *bot.Tx, v *Visit) error {
	s, err := saidAt(ctx, tx, saidKey(v.Hour, v.Of))
	if err != nil || s == nil {
		return err
	}
	return f.reword(ctx, tx, s, bot.Inbound{Kind: bot.Edited, Text: v.Text})
}

func (f *Feature) runRefuse(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	v, h, err := f.visitMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	return f.visitDone(ctx, tx, c, &v, &h, "Not shown, and deleted.")
}

func (f *Feature) visitMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (Visit, Hour, error) {
	var v Visit
	if err := tx.Need(ctx, visitKey(c.Args.Get("message")), &v, "Somebody dealt with that message already, or its author changed it: %s shows what waits.", tx.Command("datahour waiting")); err != nil {
		return v, Hour{}, err
	}
	h, err := hourByID(ctx, tx, v.Hour)
	if err == nil {
		err = f.mayRun(ctx, tx, c, &h, "show visitors' messages in")
	}
	return v, h, err
}

// visitDone takes a message off those that wait, and shows the next ones.
func (f *Feature) visitDone(ctx context.Context, tx *bot.Tx, c bot.Call, v *Visit, h *Hour, words string) (bot.Reply, error) {
	tx.Delete(v.Key())
	if h.State == Open {
		tx.Promise(sheetAlarm, h.ID, tx.Now())
	}
	p, err := f.waiting(ctx, tx, h, v.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	p.Text = words + "\n\n" + p.Text
	return bot.Reply{Post: &p, Replace: c.Pressed}, nil
}

func (f *Feature) runWaiting(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "look at what waits in"); err != nil {
		return bot.Reply{}, err
	}
	p, err := f.waiting(ctx, tx, &h, "")
	return bot.Reply{Post: &p}, err
}

// waiting shows what waits for a host, oldest first, besides one that was just
// dealt with.
func (f *Feature) waiting(ctx context.Context, tx *bot.Tx, h *Hour, done string) (bot.Post, error) {
	visits, reports, err := waitingIn(ctx, tx, h)
	if err != nil {
		return bot.Post{}, err
	}
	visits = slices.DeleteFunc(visits, func(v Visit) bool { return v.ID == done })
	var p bot.Post
	var lines []string
	for i, v := range visits[:min(lookAt, len(visits))] {
		n := fmt.Sprint(i + 1)
		lines = append(lines, n+"\\. "+v.head()+bot.Quote(bot.ClipTo(v.Text, 500)))
		p.Buttons = append(p.Buttons,
			bot.Button{Label: "Show " + n, Command: "datahour admit " + v.ID},
			bot.Button{Label: "Refuse " + n, Command: "datahour refuse " + v.ID})
	}
	if more := len(visits) - lookAt; more > 0 {
		lines = append(lines, counted(more, "more message", "more messages")+" after these.")
	}
	for i, r := range reports[:min(lookAt, len(reports))] {
		line := "A report by " + bot.Mention(r.By)
		if r.Text != "" {
			line += ": " + bot.Quote(bot.ClipTo(r.Text, 300))
		}
		lines = append(lines, line)
		if r.Said != "" {
			s, err := saidByID(ctx, tx, r.Said)
			if err != nil {
				return p, err
			}
			if s != nil && !s.Deleted {
				words, err := newCrowd(tx, h).words(ctx, s.Text)
				if err != nil {
					return p, err
				}
				lines = append(lines, quoted(bot.Quote(bot.ClipTo(words, 300))))
				p.Buttons = append(p.Buttons, bot.Button{Label: fmt.Sprintf("Hide (report %d)", i+1), Command: "datahour hide " + s.Line, Style: bot.Danger})
			}
		}
		p.Buttons = append(p.Buttons, bot.Button{Label: fmt.Sprintf("Dealt with (report %d)", i+1), Command: "datahour looked " + r.ID})
	}
	if len(lines) == 0 {
		lines = append(lines, "Nothing waits.")
	}
	p.Text = strings.Join(lines, "\n\n")
	return p, nil
}

// head is who wrote what waits, as a host reads it.
func (v *Visit) head() string {
	who := "**" + bot.Plain(signed(v.Name, v.Organisation)) + "** (web)"
	if v.Of != "" {
		return who + " would rather have said: "
	}
	return who + ": "
}

func waitingIn(ctx context.Context, r bot.Reader, h *Hour) ([]Visit, []Report, error) {
	visits, err := bot.Find[Visit](ctx, r, "visits:"+h.ID)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(visits, func(a, b Visit) int { return a.At.Compare(b.At) })
	reports, err := bot.Find[Report](ctx, r, "reports:"+h.ID)
	reports = slices.DeleteFunc(reports, func(r Report) bool { return r.Done })
	slices.SortFunc(reports, func(a, b Report) int { return a.At.Compare(b.At) })
	return visits, reports, err
}

// talkWaiting tells, for the run sheet, what else waits for a host ("1 visitor's
// message", "2 reports"), and the button to look at it. It reads lists only, so
// that a run sheet never conflicts with what is being said.
func (f *Feature) talkWaiting(ctx context.Context, tx *bot.Tx, h *Hour) (words []string, look []bot.Button, err error) {
	visits, reports, err := waitingIn(ctx, tx, h)
	if err != nil {
		return nil, nil, err
	}
	words = []string{counted(len(visits), "visitor's message", "visitors' messages"), counted(len(reports), "report", "reports")}
	if len(visits)+len(reports) > 0 {
		look = []bot.Button{{Label: "Look", Command: "datahour waiting hour=" + h.ID}}
	}
	return words, look, nil
}
