package hours

import (
	"context"
	"fmt"
	"strings"

	"datahour/bot"
)

const summaryMax = 2000

// afterRows are the commands of the after-hour card, and the rehearsal.
func (f *Feature) afterRows() []bot.Row {
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Required: true}
	return []bot.Row{
		{Name: "datahour summary", Args: []bot.Arg{hour, {Name: "summary", Kind: bot.Rest, Required: true, Max: summaryMax, Label: "What came out of it"}}, Who: bot.Hosts, Hidden: true, Form: "Summary of the hour",
			Summary: "The host's summary of an hour that was held", Run: f.runSummary},
		{Name: "datahour rewrite", Args: []bot.Arg{hour}, Who: bot.Hosts, Hidden: true, Summary: "Edit the draft summary", Run: f.runRewrite},
		{Name: "datahour again", Args: []bot.Arg{hour}, Who: bot.Organisers, Hidden: true, Summary: "Book the next hour like this one", Run: f.runAgain},
		{Name: "datahour rehearse", Args: []bot.Arg{{Name: "hour", Kind: bot.ID, Hint: "The hour whose questions to rehearse"}}, Summary: "Run a whole data hour in two minutes, for you to see", Run: f.runRehearse,
			Examples: []string{"datahour rehearse", "datahour rehearse 7k2f"}},
	}
}

// showCards gives every host the after-hour card.
func (f *Feature) showCards(tx *bot.Tx, h *Hour, t thanks) {
	if h.Rehearsal {
		return
	}
	post := bot.Post{
		Text: "Thank you for hosting " + h.emphasised() + ": " + t.sentence(len(h.Asked())) + ".\n\n" + "A summary to edit:\n\n" + quoted(bot.Quote(h.draftSummary(t))),
		Buttons: []bot.Button{
			{Label: "Edit the summary", Command: "datahour rewrite " + h.ID, Style: bot.Primary},
			{Label: "Send to newsletter", Command: "share hour " + h.ID},
			{Label: "Book the next one", Command: "datahour again " + h.ID},
		}}
	for _, u := range h.Hosts {
		if h.hasSheet(u) {
			tx.Show(h.notice(u.Direct(), "card", post))
		}
	}
}

// draftSummary is what the host begins from: their own words when there are some.
func (h *Hour) draftSummary(t thanks) string {
	if h.Summary != "" {
		return h.Summary
	}
	lines := []string{h.Name() + ": " + t.sentence(0) + "."}
	for _, q := range h.Asked() {
		if len(q.Authors()) == 0 { // others' words are theirs to publish
			lines = append(lines, fmt.Sprintf("Q%d %s", q.Number, q.Text))
		}
	}
	return strings.Join(lines, "\n")
}

// afterHour finds a closed hour for one who ran it.
func (f *Feature) afterHour(ctx context.Context, tx *bot.Tx, c bot.Call) (Hour, error) {
	h, err := hourByID(ctx, tx, c.Args.Get("hour"))
	if err != nil {
		return h, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "sum up"); err != nil {
		return h, err
	}
	if h.State != Closed {
		return h, bot.Sayf(bot.Late, "%s is not over, so there is nothing to sum up yet.", h.emphasised())
	}
	return h, nil
}

// runRewrite opens the form of the summary, filled in.
func (f *Feature) runRewrite(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.afterHour(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	t, err := f.takers(ctx, tx, &h)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := tx.FormFor("datahour summary", bot.Args{"summary": {h.draftSummary(t)}})
	reply.Form.Command = "datahour summary " + h.ID
	reply.Form.Fields = reply.Form.Fields[1:] // without the hour, which is in the line
	return reply, nil
}

// runSummary keeps the host's summary and shows it in the wrap-up.
func (f *Feature) runSummary(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.afterHour(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	h.Summary, h.SummaryBy = strings.TrimSpace(c.Args.Get("summary")), c.From
	f.keep(tx, &h)
	if err := f.showOutcome(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Saved: the wrap-up in %s shows it now.", named(h.Rooms)), nil
}

// runAgain opens the form of a new hour, filled in like an earlier one.
func (f *Feature) runAgain(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	c.Args = bot.Args{"like": {c.Args.Get("hour")}}
	return f.runNew(ctx, tx, c)
}
