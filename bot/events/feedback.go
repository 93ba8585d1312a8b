package events

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
)

const (
	feedbackFor = 14 * 24 * time.Hour // after the end
	feedbackMax = 500
)

// Feedback is what somebody thought of an event, told to its hosts without a name.
type Feedback struct {
	Event string     `json:"event"`
	Who   bot.UserID `json:"who"`
	Score int        `json:"score"` // 1 to 5
	Words string     `json:"words,omitempty"`
}

func feedbackKey(event string, who bot.UserID) string {
	return "event.feedback/" + event + "/" + string(who)
}

func (f *Feedback) Key() string         { return feedbackKey(f.Event, f.Who) }
func (f *Feedback) Kind() (string, int) { return "event.feedback", 1 }
func (f *Feedback) Index() []string {
	return []string{"event.feedback:" + f.Event, "event.feedbacks:" + string(f.Who)}
}

var scores = []bot.Option{{Label: "5: very good", Value: "5"}, {Label: "4", Value: "4"}, {Label: "3", Value: "3"}, {Label: "2", Value: "2"}, {Label: "1: not for me", Value: "1"}}

func (f *Feature) feedbackRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Hint: "Its id", Required: true}
	return []bot.Row{
		{Name: "event feedback", Args: []bot.Arg{event, {Name: "score", Kind: bot.Choice, Label: "How was it?", Options: scores, Required: true}, {Name: "words", Kind: bot.Rest, Label: "A sentence for the hosts, if you like", Max: feedbackMax}},
			Form: "How was it?", Submit: "Send", Summary: "Tell the hosts how an event was, without your name", Run: f.runFeedback, Examples: []string{"event feedback 7k2f 5", "event feedback 7k2f 4 Good talks, little time to talk."}},
		{Name: "event numbers", Args: []bot.Arg{event}, Who: bot.Hosts, Summary: "How many came, and what they thought", Run: f.runNumbers, Examples: []string{"event numbers 7k2f"}},
	}
}

// feedbackMenu asks those who came, under the announcement of an event that is over.
func (e *Event) feedbackMenu() *bot.Select {
	if e.NoFeedback {
		return nil
	}
	return &bot.Select{Label: "How was it?", Command: "event feedback " + e.ID, Options: scores}
}

// runFeedback keeps what somebody thought; doing it again replaces it.
func (f *Feature) runFeedback(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := eventByID(ctx, tx, c.Args.Get("event"))
	if err != nil {
		return bot.Reply{}, err
	}
	switch {
	case e.NoFeedback:
		return bot.Reply{}, bot.Sayf(bot.Invalid, "The hosts of %s ask for no feedback here. Write to %s.", e.emphasised(), e.whoToAsk())
	case e.State == Cancelled || tx.Now().Before(e.Start):
		return bot.Reply{}, bot.Sayf(bot.Invalid, "%s has not been held.", e.inFull())
	case tx.Now().After(e.End().Add(feedbackFor)):
		return bot.Reply{}, bot.Sayf(bot.Late, "%s was a while ago, so the hosts count no more feedback.", e.inFull())
	}
	score, err := strconv.Atoi(c.Args.Get("score"))
	if err != nil {
		return bot.Reply{}, fmt.Errorf("reading a score: %w", err)
	}
	tx.Put(&Feedback{Event: e.ID, Who: c.From, Score: score, Words: strings.TrimSpace(unnamed(c.Args.Get("words")))}) // others are not named here, so none has to be taken out
	text := fmt.Sprintf("Saved: %d of 5 for %s. The hosts see it without your name.", score, e.emphasised())
	if c.Args.Get("words") == "" {
		text += " With a sentence it helps more: " + tx.Command(fmt.Sprintf("event feedback %s %d …", e.ID, score)) + "."
	}
	return bot.Answer("%s", text), nil
}

// runNumbers tells hosts how it was: numbers, and sentences in no order of people.
func (f *Feature) runNumbers(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.hosted(ctx, tx, c, "see the numbers of")
	if err != nil {
		return bot.Reply{}, err
	}
	guests, err := bot.Find[Guest](ctx, tx, "event.guests:"+e.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	organisations := map[string]bool{}
	for _, g := range guests {
		name := g.Organisation
		if !g.outside() {
			p, err := tx.Person(ctx, g.Who)
			if err != nil {
				return bot.Reply{}, err
			}
			name = p.Organisation
		}
		if name != "" {
			organisations[strings.ToLower(name)] = true
		}
	}
	lines := []string{e.inFull() + ".",
		fmt.Sprintf("- %s had a seat, %d of them online", counted(s.count(func(x Seat) bool { return x.State == Taken }), "person", "people"), s.count(func(x Seat) bool { return x.State == Taken && x.Online })),
		fmt.Sprintf("- %s ticked off as having come", counted(s.count(func(x Seat) bool { return x.Came }), "person", "people")),
		fmt.Sprintf("- %s from outside", counted(s.count(func(x Seat) bool { return x.State == Taken && x.Visitor }), "person", "people")),
		fmt.Sprintf("- %s, as far as people told theirs", counted(len(organisations), "organisation", "organisations")),
	}
	all, err := bot.Find[Feedback](ctx, tx, "event.feedback:"+e.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	sum, words := 0, []string(nil)
	for _, x := range all {
		if sum += x.Score; x.Words != "" {
			words = append(words, "> "+bot.Plain(x.Words))
		}
	}
	if len(all) > 0 {
		slices.Sort(words) // not by whose they are
		lines = append(lines, fmt.Sprintf("- feedback: %.1f of 5, from %s", float64(sum)/float64(len(all)), counted(len(all), "person", "people")))
	}
	text := lines[0] + "\n\n" + strings.Join(lines[1:], "\n")
	if len(words) > 0 {
		text += "\n\n" + strings.Join(words, "\n\n")
	}
	return bot.Answer("%s", text), nil
}
