package events

import (
	"context"
	"fmt"
	"slices"

	"datahour/bot"
	"datahour/bot/when"
)

// What people answer.
const (
	going       = "going"
	goingOnline = "online"
	bringing    = "plus-one"
	notBringing = "no-plus-one"
	notGoing    = "no"
	goingToAll  = "all" // dates of a series
	goingToNone = "none"
)

var answerOptions = []bot.Option{{Label: "Going", Value: going}, {Label: "Going online", Value: goingOnline}, {Label: "Bring somebody", Value: bringing},
	{Label: "Bring nobody after all", Value: notBringing}, {Label: "Can't go", Value: notGoing},
	{Label: "Going to all of them", Value: goingToAll}, {Label: "To none of them", Value: goingToNone}}

func (f *Feature) answerRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Hint: "Its id", Required: true}
	return []bot.Row{
		{Name: "event rsvp", Args: []bot.Arg{event, {Name: "answer", Kind: bot.Choice, Options: answerOptions, Required: true}}, Form: "Your answer", Summary: "Say whether you come to an event", Run: f.runAnswer,
			Examples: []string{"event rsvp 7k2f going", "event rsvp 7k2f online", "event rsvp 7k2f no"}},
		{Name: "event remind", Args: []bot.Arg{event}, Summary: "Reminders of an event in direct messages, or none again", Run: f.runRemind, Examples: []string{"event remind 7k2f"}},
		{Name: "event accept", Args: []bot.Arg{event}, Summary: "Take the seat that is offered to you", Run: f.runAccept, Examples: []string{"event accept 7k2f"}},
	}
}

func seatsOf(ctx context.Context, r bot.Reader, event string) (Seats, error) {
	s := Seats{Event: event}
	_, err := r.Get(ctx, s.Key(), &s)
	return s, err
}

// answerable reads an event to which somebody wants to answer, with its seats.
func (f *Feature) answerable(ctx context.Context, tx *bot.Tx, c bot.Call) (Event, Seats, error) {
	e, err := eventByID(ctx, tx, c.Args.Get("event"))
	if err != nil {
		return e, Seats{}, err
	}
	switch {
	case e.State == Cancelled:
		return e, Seats{}, bot.Sayf(bot.Late, "%s is cancelled.", e.inFull())
	case e.State == Over || !e.End().After(tx.Now()):
		return e, Seats{}, bot.Sayf(bot.Late, "%s is over.", e.inFull())
	}
	s, err := seatsOf(ctx, tx, e.ID)
	return e, s, err
}

// runAnswer takes a person's answer. Pressing the same twice changes nothing.
func (f *Feature) runAnswer(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.answerable(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	answer := c.Args.Get("answer")
	switch answer {
	case goingToAll, goingToNone:
		return f.regular(ctx, tx, c, &e, answer)
	case notGoing:
		if gaveUp, err := f.givesUp(ctx, tx, &e, c.From); gaveUp || err != nil {
			return bot.Answer("Saved: you are not going to %s.", e.inFull()), err
		}
		return f.letGo(tx, c, &e, &s, s.Leave(c.From), "Saved: you are not going to "+e.inFull()+".")
	case notBringing:
		return f.letGo(tx, c, &e, &s, s.LeavePlus(c.From), "Saved: you bring one person less to "+e.inFull()+".")
	}
	if c.From.Platform() == bot.Web { // see visit.go
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "People from outside ask for a seat on the event's page.")
	}
	wish := Seat{Who: c.From, Online: answer == goingOnline || !e.InPerson()}
	capacity := e.capacity(tx.Now())
	if err := f.mayAsk(tx, &e, answer); err != nil {
		return bot.Reply{}, err
	}
	if answer == bringing {
		own, there := s.Of(c.From)
		switch {
		case !there:
			return bot.Reply{}, bot.Sayf(bot.Invalid, "Say first that you are going yourself: %s.", tx.Command("event rsvp "+e.ID+" "+going))
		case len(s.brought(c.From)) >= e.Plus:
			return bot.Reply{}, bot.Sayf(bot.Taken, "Each person may bring %s to %s, and you do.", counted(e.Plus, "other", "others"), e.emphasised())
		}
		wish.Plus, wish.Online, wish.Visitor = true, own.Online, own.Visitor
	}
	before, had := s.Of(c.From)
	got, ok := s.Ask(capacity, wish)
	if !ok {
		return bot.Reply{}, bot.Sayf(bot.Taken, "There is no room to change over just now. %s", f.standing(&e, &s, capacity, got))
	}
	if !wish.Plus && had && before == got {
		return f.said(tx, &e, &s, capacity, got), nil
	}
	if err := f.meet(ctx, tx, &e, c.From); err != nil {
		return bot.Reply{}, err
	}
	var freed []Seat
	if had && !wish.Plus {
		freed = []Seat{before}
	}
	f.settle(tx, &e, &s, freed)
	return f.said(tx, &e, &s, capacity, got), nil
}

// meet makes the record by which somebody who answered is found.
func (f *Feature) meet(ctx context.Context, tx *bot.Tx, e *Event, who bot.UserID) error {
	g := Guest{Event: e.ID, Who: who, Since: tx.Now()}
	there, err := tx.Get(ctx, g.Key(), &g)
	if err == nil && !there {
		tx.Put(&g)
	}
	return err
}

// mayAsk checks that such an answer is taken at all.
func (f *Feature) mayAsk(tx *bot.Tx, e *Event, answer string) error {
	switch {
	case e.Deadline > 0 && !tx.Now().Before(e.deadline()):
		return bot.Sayf(bot.Late, "Answers to %s were taken until %s. Ask %s whether there is still a way.", e.emphasised(), when.Format(e.deadline(), e.Location()), e.whoToAsk())
	case answer == goingOnline && !e.IsOnline():
		return bot.Sayf(bot.Invalid, "%s is in person only: %s.", e.emphasised(), bot.Plain(e.Venue))
	case answer == bringing && e.Plus == 0:
		return bot.Sayf(bot.Invalid, "%s has a seat for each person alone. Whoever you want to bring can answer for themselves.", e.emphasised())
	}
	return nil
}

func (e *Event) whoToAsk() string {
	if len(e.Hosts) == 0 {
		return "its organisers"
	}
	return bot.Listed(bot.Mentions(e.Hosts))
}

// letGo answers that seats are given up, and offers them on.
func (f *Feature) letGo(tx *bot.Tx, c bot.Call, e *Event, s *Seats, gone []Seat, words string) (bot.Reply, error) {
	if len(gone) == 0 {
		return bot.Answer("You had no seat at %s, so there was nothing to give up.", e.inFull()), nil
	}
	f.settle(tx, e, s, gone)
	return bot.Reply{Replace: true, Post: &bot.Post{Text: words + " If that changes, press again.",
		Buttons: []bot.Button{{Label: "Going after all", Command: "event rsvp " + e.ID + " " + going}}}}, nil
}

// runAccept takes a seat that is offered.
func (f *Feature) runAccept(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.answerable(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	capacity := e.capacity(tx.Now())
	gone := s.Expire(tx.Now()) // its alarm may be a moment behind
	own, there := s.Of(c.From)
	if taken := s.Accept(c.From); len(taken) > 0 {
		for _, seat := range taken {
			f.showOffer(tx, &e, seat)
		}
		f.settle(tx, &e, &s, gone)
		return f.said(tx, &e, &s, capacity, taken[0]), nil
	}
	switch {
	case there && own.State == Waiting && capacity.Open:
		if got, _ := s.Ask(capacity, own); got.State == Taken {
			f.settle(tx, &e, &s, gone)
			return f.said(tx, &e, &s, capacity, got), nil
		}
		return bot.Reply{}, bot.Sayf(bot.Taken, "Somebody was faster. %s", f.standing(&e, &s, capacity, own))
	case there:
		return f.said(tx, &e, &s, capacity, own), nil
	}
	return bot.Reply{}, bot.Sayf(bot.Late, "No seat at %s is held for you any more. %s puts you on the waitlist again, or gives you a seat if there is one.", e.inFull(), tx.Command("event rsvp "+e.ID+" "+going))
}

// standing tells a person in a sentence what they have.
func (f *Feature) standing(e *Event, s *Seats, c Capacity, seat Seat) string {
	whose, place := "You have a seat", bot.Plain(e.Venue)
	if seat.Plus {
		whose = "Whoever you bring has a seat"
	}
	if seat.Online {
		place = "online: <" + e.Link + ">"
	}
	switch seat.State {
	case Offered:
		return fmt.Sprintf("A seat at %s is held for you until %s.", e.inFull(), when.Format(seat.Until, e.Location()))
	case Waiting:
		whose = "you are"
		if seat.Plus {
			whose = "whoever you bring is"
		}
		return fmt.Sprintf("It is full: %s %s on the waitlist of %s. I will ask you in our direct messages as soon as a seat is free.", whose, ordinal(s.place(c, seat)), e.inFull())
	}
	return fmt.Sprintf("%s at %s, %s.", whose, e.inFull(), place)
}

// said is the private confirmation, with what can be done next.
func (f *Feature) said(tx *bot.Tx, e *Event, s *Seats, c Capacity, seat Seat) bot.Reply {
	p := bot.Post{Text: f.standing(e, s, c, seat)}
	line := "event rsvp " + e.ID + " "
	switch {
	case seat.Plus:
		p.Buttons = []bot.Button{{Label: "Bring nobody after all", Command: line + notBringing}}
	case seat.State == Offered:
		p.Buttons = offerButtons(e)
	case seat.State == Waiting:
		p.Buttons = []bot.Button{{Label: "Leave the waitlist", Command: line + notGoing}}
	default:
		p.Buttons = append(e.intoDiary(tx), bot.Button{Label: "Can't go after all", Command: line + notGoing})
		if _, more := e.nextReminder(); more && !seat.Remind {
			p.Buttons = append(p.Buttons, bot.Button{Label: "Remind me", Command: "event remind " + e.ID})
		}
	}
	return bot.Reply{Post: &p, Replace: true}
}

func offerButtons(e *Event) []bot.Button {
	return []bot.Button{{Label: "Take it", Command: "event accept " + e.ID, Style: bot.Primary}, {Label: "Let it go", Command: "event rsvp " + e.ID + " " + notGoing}}
}

// gaveUp is, for words alone, what became of a seat that was offered.
const gaveUp SeatState = "gave up"

// settle offers what is free to those who wait, tells everybody concerned, and
// stores the seats as they are then. gone are seats that were given
// up or lost in this step.
func (f *Feature) settle(tx *bot.Tx, e *Event, s *Seats, gone []Seat) {
	c := e.capacity(tx.Now())
	for _, seat := range gone {
		if _, still := s.Of(seat.Who); !still {
			tx.Delete(guestKey(e.ID, seat.Who))
		}
		if seat.State == Offered {
			seat.State = gaveUp
			f.showOffer(tx, e, seat)
		}
	}
	for _, seat := range s.Offer(c, e.offerUntil(tx.Now())) {
		f.showOffer(tx, e, seat)
	}
	if c.Open && slices.ContainsFunc(gone, func(x Seat) bool { return x.State != Waiting }) {
		f.tellFree(tx, e, s, c)
	}
	tx.Put(s)
	f.announce(tx, e, s)
	f.promise(tx, e, s)
}

// showOffer makes the direct message about an offer say how it stands. Each offer
// is a message of its own: platforms alert nobody to an edit.
func (f *Feature) showOffer(tx *bot.Tx, e *Event, seat Seat) {
	if !slices.Contains(tx.Platforms(), seat.Who.Platform()) {
		return
	}
	whom := "you"
	if seat.Plus {
		whom = "whoever you bring"
	}
	p := bot.Say("The seat for " + whom + " at " + e.inFull() + " is taken.")
	switch seat.State {
	case Offered:
		p = bot.Say("A seat is free for " + whom + " at " + e.inFull() + ". It is yours if you take it by " + when.Format(seat.Until, e.Location()) + ".")
		p.Buttons = offerButtons(e)
	case gaveUp:
		p = bot.Say("A seat was held for " + whom + " at " + e.inFull() + ", and is offered to the next person now.")
		p.Buttons = []bot.Button{{Label: "Join the waitlist", Command: "event rsvp " + e.ID + " " + going}}
	}
	tx.Show(bot.Notice{Room: seat.Who.Direct(), Key: e.noticeKey(fmt.Sprintf("offer/%d", seat.Number)), Post: p})
}

// tellFree tells all who wait that a seat is free for whoever comes first.
func (f *Feature) tellFree(tx *bot.Tx, e *Event, s *Seats, c Capacity) {
	for _, q := range c.queues() {
		if s.free(c, q) == 0 {
			continue
		}
		for _, seat := range s.waiting(c, q) {
			if slices.Contains(tx.Platforms(), seat.Who.Platform()) {
				tx.Show(bot.Notice{Room: seat.Who.Direct(), Key: e.noticeKey(fmt.Sprintf("free/%d", tx.Now().Unix())), Post: bot.Post{
					Text:    "A seat is free at " + e.inFull() + ". There is no time to ask one after the other any more: it goes to whoever presses first.",
					Buttons: offerButtons(e)}})
			}
		}
	}
}
