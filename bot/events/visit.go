package events

import (
	"context"
	"net/mail"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// People from outside ask for a seat on the event's page. They have no account, so a
// host looks at each first; what they said of themselves only hosts see, and it is
// deleted two weeks after the event, or when they give up their seat.

const (
	organisationMax = 80
	emailMax        = 200
	needsMax        = 300
	mostAsking      = 200 // who wait for a host, at one event
)

func (f *Feature) visitRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Required: true}
	who := bot.Arg{Name: "code", Required: true, Max: 20}
	return []bot.Row{
		{Name: "event visit", Hidden: true, Summary: "Ask for a seat as somebody from outside", Run: f.runVisit, Args: []bot.Arg{event,
			{Name: "name", Label: "Your name", Max: nameMax, Named: true, Required: true}, {Name: "organisation", Label: "Your organisation", Max: organisationMax, Named: true},
			{Name: "email", Label: "Your e-mail address", Max: emailMax, Named: true, Required: true}, {Name: "needs", Label: "What you need to take part", Max: needsMax, Named: true},
			{Name: "online", Kind: bot.Yes, Named: true}, {Name: "consent", Kind: bot.Yes, Named: true}}},
		{Name: "event admit", Hidden: true, Who: bot.Hosts, Summary: "Let somebody from outside come", Args: []bot.Arg{event, who}, Run: f.runAdmit},
		{Name: "event refuse", Hidden: true, Who: bot.Hosts, Summary: "Let somebody from outside not come", Args: []bot.Arg{event, who}, Run: f.runRefuse},
	}
}

// runVisit takes the wish of somebody from outside and asks the hosts.
func (f *Feature) runVisit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if c.From.Platform() != bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "Members answer under the announcement, or with %s.", tx.Command("event rsvp "+c.Args.Get("event")+" "+going))
	}
	e, _, err := f.answerable(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	g := Guest{Event: e.ID, Who: c.From, Since: tx.Now(), Asking: true, Code: bot.ShortID(), Name: tidied(c.Args.Get("name")), Organisation: tidied(c.Args.Get("organisation")),
		Email: strings.TrimSpace(c.Args.Get("email")), Needs: strings.TrimSpace(c.Args.Get("needs")), Online: c.Args.Yes("online", false) || !e.InPerson()}
	address, err := mail.ParseAddress(g.Email)
	switch {
	case !e.Public || !e.Announced:
		return bot.Reply{}, bot.Sayf(bot.Missing, "There is no such event.")
	case err != nil || address.Address != g.Email:
		return bot.Reply{}, bot.Wrong("email", "That is no e-mail address that I can read. It looks like vera@example.org.")
	case !c.Args.Yes("consent", false):
		return bot.Reply{}, bot.Wrong("consent", "Without that the hosts could not know who comes. Please tick it, or write to them.")
	}
	if err := f.mayAsk(tx, &e, map[bool]string{true: goingOnline, false: going}[g.Online]); err != nil {
		return bot.Reply{}, err
	}
	if there, err := tx.Get(ctx, g.Key(), &Guest{}); err != nil {
		return bot.Reply{}, err
	} else if there {
		return bot.Answer("You have asked already."), nil
	}
	if asking, err := tx.Records(ctx, askingAt(e.ID), "", mostAsking); err != nil {
		return bot.Reply{}, err
	} else if len(asking) >= mostAsking { // a bound against floods, so it need not be exact
		return bot.Reply{}, bot.Sayf(bot.Taken, "Very many people ask just now. Please try again tomorrow.")
	}
	tx.Put(&g)
	return bot.Answer("The hosts are asked."), f.tellHosts(ctx, tx, &e, "visit/"+g.Code, f.visitPost(&e, &g, ""))
}

// visitPost is what hosts see of somebody who asks.
func (f *Feature) visitPost(e *Event, g *Guest, done string) bot.Post {
	how := "to " + e.inFull()
	if g.Online {
		how += ", online"
	}
	if done != "" {
		return bot.Say(g.called() + " asked to come " + how + ". " + done)
	}
	p := bot.Post{Text: g.called() + " from outside asks to come " + how + ".", Small: "Only hosts see this; it is deleted two weeks after the event.",
		Fields:  []bot.Field{{Name: "E-mail", Value: bot.Plain(g.Email)}},
		Buttons: []bot.Button{{Label: "Let them come", Command: "event admit " + e.ID + " " + g.Code, Style: bot.Primary}, {Label: "No", Command: "event refuse " + e.ID + " " + g.Code}}}
	if g.Needs != "" {
		p.Fields = append(p.Fields, bot.Field{Name: "Needs", Value: bot.Quote(g.Needs)})
	}
	return p
}

// asking finds who waits for a host under a code.
func (f *Feature) asking(ctx context.Context, tx *bot.Tx, c bot.Call) (Event, Seats, Guest, error) {
	var g Guest
	e, s, err := f.toCome(ctx, tx, c, "decide who comes to")
	if err != nil {
		return e, s, g, err
	}
	found, err := tx.Records(ctx, codeOf(e.ID, c.Args.Get("code")), "", 1)
	if err == nil && len(found) > 0 {
		_, err = tx.Get(ctx, found[0].Key, &g)
	}
	if err == nil && !g.Asking {
		err = bot.Sayf(bot.Late, "That was decided already, or they have changed their mind.")
	}
	return e, s, g, err
}

// runAdmit gives somebody from outside a seat, or a place on the waitlist. They see
// it on their own page.
func (f *Feature) runAdmit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, g, err := f.asking(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	g.Asking = false
	tx.Put(&g)
	got, _ := s.Ask(e.capacity(tx.Now()), Seat{Who: g.Who, Visitor: true, Online: g.Online})
	f.settle(tx, &e, &s, nil)
	done := "They have a seat."
	if got.State == Waiting {
		done = "It is full: they are " + ordinal(s.place(e.capacity(tx.Now()), got)) + " on the waitlist."
	}
	reply := bot.Answer("%s", done)
	return reply, f.tellHosts(ctx, tx, &e, "visit/"+g.Code, f.visitPost(&e, &g, done))
}

// runRefuse deletes what somebody from outside said of themselves.
func (f *Feature) runRefuse(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, _, g, err := f.asking(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	tx.Delete(g.Key())
	g.Name, g.Organisation = "", ""
	return bot.Answer("They are not coming, and what they said of themselves is deleted."), f.tellHosts(ctx, tx, &e, "visit/"+g.Code, f.visitPost(&e, &g, "A host said no."))
}

// Visiting is how it stands for somebody from outside: for the page behind their
// private link, and nobody else.
type Visiting struct {
	Name    string
	Words   string // how it stands, in plain words
	Link    string // for taking part online, when they have a seat there
	Offered bool   // a seat is held for them, to be taken
}

// VisitingOf tells somebody from outside how it stands; false when nothing of theirs
// is there.
func VisitingOf(ctx context.Context, r bot.Reader, event string, who bot.UserID) (Visiting, bool, error) {
	g := Guest{Event: event, Who: who}
	var e Event
	if there, err := r.Get(ctx, g.Key(), &g); err != nil || !there {
		return Visiting{}, false, err
	}
	if there, err := r.Get(ctx, eventKey(event), &e); err != nil || !there {
		return Visiting{}, false, err
	}
	s, err := seatsOf(ctx, r, event)
	if err != nil {
		return Visiting{}, false, err
	}
	v := Visiting{Name: g.Name}
	seat, seated := s.Of(who)
	switch {
	case e.State == Cancelled:
		v.Words = "It is cancelled."
	case !e.End().After(r.Now()):
		v.Words = "It is over. Thank you for coming."
	case !seated:
		v.Words = "A host looks at this first. Please come back to this page: it tells how it stands."
	case seat.State == Waiting:
		v.Words = "It is full: you are " + ordinal(s.place(e.capacity(r.Now()), seat)) + " on the waitlist. Please come back to this page: it tells when a seat is free."
	case seat.State == Offered:
		v.Words, v.Offered = "A seat is free for you. It is yours if you take it by "+when.Format(seat.Until, e.Location())+".", true
	case seat.Online:
		v.Words, v.Link = "You have a seat online.", e.Link
	default:
		v.Words = "You have a seat."
	}
	return v, true, nil
}

// givesUp takes back the wish of somebody from outside for whom no host has decided.
func (f *Feature) givesUp(ctx context.Context, tx *bot.Tx, e *Event, who bot.UserID) (bool, error) {
	g := Guest{Event: e.ID, Who: who}
	there, err := tx.Get(ctx, g.Key(), &g)
	if err != nil || !there || !g.Asking {
		return false, err
	}
	tx.Delete(g.Key())
	g.Name, g.Organisation = "", ""
	return true, f.tellHosts(ctx, tx, e, "visit/"+g.Code, f.visitPost(e, &g, "They have changed their mind."))
}

func askingAt(event string) string { return "event.asking:" + event }

func codeOf(event, code string) string { return "event.code:" + event + ":" + code }

// forgetAt is when what people without an account said is deleted.
func (e *Event) forgetAt() time.Time { return e.End().Add(keptFor) }
