package newsletter

import (
	"context"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// Visitors share from the public page. They are known by the hash of the secret in
// their private link, and by nothing else; an editor looks at everything first.

const (
	mostOfVisitor   = 3   // items of one visitor that wait
	mostOfVisitors  = 100 // of all of them
	visitorsIndex   = "items:visitors"
	visitorNameMost = 60
	visitorHomeMost = 80
)

// visitRows are the commands by which visitors share. They come from the public
// page alone.
func (f *Feature) visitRows() []bot.Row {
	args := []bot.Arg{{Name: "name", Label: "Your name", Required: true, Max: visitorNameMost}, {Name: "organisation", Label: "Your organisation", Named: true, Max: visitorHomeMost}}
	return []bot.Row{
		{Name: "share visit", Args: append(args, byName(shareArgs())...), Hidden: true, Form: "Share something", Submit: "Send", Summary: "Offer something from the public page", Run: f.runVisit},
		{Name: "share forget", Hidden: true, Summary: "Take back everything that a visitor shared", Run: f.runForget},
	}
}

// typed are a visitor's words. What looks like one of our tokens in them is
// somebody's typing.
func typed(c bot.Call) bot.Args {
	if c.From.Platform() != bot.Web {
		return c.Args
	}
	all := bot.Args{}
	for name, values := range c.Args {
		for _, value := range values {
			all[name] = append(all[name], strings.ReplaceAll(value, "<!", "< !"))
		}
	}
	return all
}

func onlyVisitors(tx *bot.Tx, c bot.Call) error {
	if c.From.Platform() != bot.Web {
		return bot.Sayf(bot.Forbidden, "This is for the public page. Here, use %s.", tx.Command("share"))
	}
	return nil
}

// runVisit keeps what a visitor offers.
func (f *Feature) runVisit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if err := onlyVisitors(tx, c); err != nil {
		return bot.Reply{}, err
	}
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	args := typed(c)
	i := Item{ID: bot.ShortID(), By: c.From, Visitor: line(args.Get("name")), At: tx.Now(), State: Waiting, Credit: bot.Credit{As: bot.ByName}}
	if i.Visitor == "" {
		return bot.Reply{}, bot.Wrong("name", "Write a name that can be seen, such as `Vera`.")
	}
	if home := line(args.Get("organisation")); home != "" {
		i.Visitor += ", " + home
	}
	if args.Get("credit") == "anonymous" {
		i.Credit.As = bot.NotAtAll
	}
	if i.Wording, i.Section, err = s.readWording(args); err != nil {
		return bot.Reply{}, err
	}
	all, err := bot.Find[Item](ctx, tx, visitorsIndex)
	if err != nil {
		return bot.Reply{}, err
	}
	waiting, theirs := 0, 0
	for _, other := range all {
		if other.State != Waiting {
			continue
		}
		waiting++
		if other.By == c.From {
			theirs++
		}
	}
	if theirs >= mostOfVisitor || waiting >= mostOfVisitors {
		return bot.Reply{}, bot.Sayf(bot.Taken, "The editors have enough from here to look at for now. Please come back tomorrow.")
	}
	tx.Create(&i)
	return bot.Answer("Thank you, saved. An editor looks at it first."), nil
}

func (f *Feature) runForget(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if err := onlyVisitors(tx, c); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Everything that you shared is being taken back. It takes a moment."), tx.Erase(ctx, c.From, bot.ErasedSelf)
}

// Visitors are all who shared from the public page: a backup that was put back may
// bring back one who was forgotten.
func (f *Feature) Visitors(ctx context.Context, r bot.Reader) ([]bot.UserID, error) {
	all, err := bot.Find[Item](ctx, r, visitorsIndex)
	var visitors []bot.UserID
	for _, i := range all {
		if !slices.Contains(visitors, i.By) {
			visitors = append(visitors, i.By)
		}
	}
	return visitors, err
}

// Shared is one thing that somebody shared, for the page behind their private link
// and nobody else.
type Shared struct {
	ID string
	At time.Time
	Wording
	Section  string
	Standing string // "it waits for an editor"
	Reason   string // why it was declined, or ""
	Name     string // as it will be credited; "" is without a name
	Open     bool   // it can be changed
}

// SharedBy reads what a visitor shared, in the order of sharing.
func SharedBy(ctx context.Context, r bot.Reader, who bot.UserID) ([]Shared, error) {
	s, err := settingsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	items, err := bot.Find[Item](ctx, r, itemsBy(who))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(items, inTurn)
	var all []Shared
	for n := range items {
		i := &items[n]
		reason, err := newCrowd(r).words(ctx, i.Reason)
		if err != nil {
			return nil, err
		}
		all = append(all, Shared{ID: i.ID, At: i.At, Wording: i.Wording, Section: i.Section, Standing: sentence(i.standing(s)) + ".", Reason: reason, Name: i.credited(bot.Person{User: who}), Open: i.Open()})
	}
	return all, nil
}

// Sections are what an edition is divided into.
func Sections(ctx context.Context, r bot.Reader) ([]string, error) {
	s, err := settingsOf(ctx, r)
	return s.Sections, err
}
