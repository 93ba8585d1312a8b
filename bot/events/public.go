package events

import (
	"context"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Page is what anyone may know of an event. Nobody is named who has not agreed to
// be; who comes is told by numbers alone.
type Page struct {
	ID, Kind, Title, About string
	Start, End             time.Time
	Zone                   *time.Location
	Venue, Access          string
	Online                 bool // people can take part online; the link is for those who do
	Hosts                  []string
	State                  State
	Reason                 string    // why it was cancelled
	WasStart               time.Time // before it was last moved; zero: it was not
	Numbers                string    // "12 people going, 8 of 20 seats left."
	AnswerBy               time.Time // zero: until the start
	Repeats                string    // "every second Friday, 8:30am, from 5 February 2027"; "": once
	Series                 string    // its id, for the calendar file of all dates
}

// AnswersUntil is when the last answers are taken.
func (p Page) AnswersUntil() time.Time {
	if p.AnswerBy.IsZero() {
		return p.End
	}
	return p.AnswerBy
}

// Path is the address of the event's page below the public one.
func (e *Event) Path() string { return "/event/" + e.ID }

// hasPage tells whether anyone can read about the event: it is public, there are
// public pages, and it was announced.
func (e *Event) hasPage(tx *bot.Tx) bool {
	return e.Public && e.Announced && strings.HasPrefix(tx.URL(""), "http")
}

// publicEvent reads an event that anyone may read about; nil when there is none.
func publicEvent(ctx context.Context, r bot.Reader, id string) (*Event, error) {
	var e Event
	there, err := r.Get(ctx, eventKey(id), &e)
	if err != nil || !there || !e.Public || !e.Announced {
		return nil, err
	}
	return &e, nil
}

// Public is the page of an event; false when anyone may not read about it.
func Public(ctx context.Context, r bot.Reader, id string) (Page, bool, error) {
	e, err := publicEvent(ctx, r, id)
	if err != nil || e == nil {
		return Page{}, false, err
	}
	s, err := seatsOf(ctx, r, id)
	if err != nil {
		return Page{}, false, err
	}
	p := Page{ID: e.ID, Kind: string(e.What), Start: e.Start, End: e.End(), Zone: e.Location(), Online: e.IsOnline(), State: e.State, WasStart: e.WasStart}
	if e.State == Scheduled {
		p.Numbers = e.numbers(&s, r.Now())
		if e.Deadline > 0 {
			p.AnswerBy = e.deadline()
		}
	}
	for _, x := range [...]struct {
		from string
		to   *string
	}{{e.Title, &p.Title}, {e.About, &p.About}, {e.Venue, &p.Venue}, {e.Access, &p.Access}, {e.Reason, &p.Reason}} {
		if *x.to, err = asAgreed(ctx, r, x.from); err != nil {
			return p, false, err
		}
	}
	for _, u := range e.Hosts {
		host, err := bot.PersonOf(ctx, r, u)
		if err != nil {
			return p, false, err
		}
		if name, shown := host.Public(); shown {
			p.Hosts = append(p.Hosts, name)
		}
	}
	series, err := seriesOf(ctx, r, e)
	if err == nil && series != nil && !series.Ended {
		p.Series, p.Repeats = series.ID, sentence(series.inWords())
	}
	return p, err == nil, err
}

// asAgreed writes out whom words mention as each agreed to be shown.
func asAgreed(ctx context.Context, r bot.Reader, words string) (string, error) {
	var failed error
	out := bot.ReplaceTokens(words, func(t bot.Token) string {
		switch t.Kind {
		case "user":
			p, err := bot.PersonOf(ctx, r, bot.UserID(t.ID))
			if err != nil {
				failed = err
			}
			if name, shown := p.Public(); shown {
				return name
			}
			return "somebody"
		case "room":
			return "a room"
		}
		return when.Format(t.Time(), time.UTC)
	})
	return out, failed
}

// unnamed writes words out without whom they mention, for where nobody could be taken
// out any more: in somebody's calendar, say.
func unnamed(words string) string {
	return bot.ReplaceTokens(words, func(t bot.Token) string {
		switch t.Kind {
		case "user":
			return "somebody"
		case "room":
			return "a room"
		}
		return when.Format(t.Time(), time.UTC)
	})
}
