package events

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Added is the platform of people without an account whom a host added by name.
const Added = "guest"

const (
	nameMax = 80
	// checkInBefore and checkInAfter are when people can be ticked off.
	checkInBefore = 2 * time.Hour
	checkInAfter  = 3 * 24 * time.Hour
	mostOptions   = 100 // of a menu, on any platform
)

// hostRows are what hosts do with the people who come.
func (f *Feature) hostRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Hint: "Its id", Required: true}
	who := bot.Arg{Name: "who", Kind: bot.People, Label: "Who", Hint: "@name, a name, or their number in the list of guests", Required: true, Max: nameMax}
	return []bot.Row{
		{Name: "event add", Args: []bot.Arg{event, {Name: "who", Kind: bot.People, Label: "Who", Hint: "@name, or the name of somebody without an account", Required: true, Max: nameMax},
			{Name: "online", Kind: bot.Yes, Named: true}, {Name: "visitor", Kind: bot.Yes, Named: true, Label: "From outside"}}, Who: bot.Hosts, Form: "Add somebody", Submit: "Add", Summary: "Put somebody on the list of an event", Run: f.runAdd,
			Examples: []string{"event add 7k2f @ben", `event add 7k2f "Jo Bloggs" visitor=yes`}},
		{Name: "event remove", Args: []bot.Arg{event, who, {Name: "reason", Named: true, Max: reasonMax, Hint: "Told to them"}}, Who: bot.Hosts, Form: "Take somebody off", Submit: "Take off", Summary: "Take somebody off the list of an event", Run: f.runRemove,
			Examples: []string{"event remove 7k2f @ben", `event remove 7k2f @ben reason="You asked me by phone."`}},
		{Name: "event promote", Args: []bot.Arg{event, who, {Name: "reason", Kind: bot.Rest, Label: "Why", Hint: "Shown to hosts and organisers", Required: true, Max: 200}}, Who: bot.Hosts, Form: "Move somebody up", Submit: "Move up", Summary: "Put somebody at the head of the waitlist, with a reason", Run: f.runPromote,
			Examples: []string{"event promote 7k2f @ben speaks at it"}},
		{Name: "event checkin", Args: []bot.Arg{event, {Name: "who", Kind: bot.People, Hint: who.Hint, Max: nameMax}}, Who: bot.Hosts, Summary: "Tick off who came", Run: f.runCheckIn,
			Examples: []string{"event checkin 7k2f", "event checkin 7k2f @ben"}},
	}
}

// hosted reads an event for its host, with its seats.
func (f *Feature) hosted(ctx context.Context, tx *bot.Tx, c bot.Call, verb string) (Event, Seats, error) {
	e, err := eventByID(ctx, tx, c.Args.Get("event"))
	if err != nil {
		return e, Seats{}, err
	}
	if err := e.hostsOnly(c, verb); err != nil {
		return e, Seats{}, err
	}
	if e.State == Cancelled {
		return e, Seats{}, bot.Sayf(bot.Late, "%s is cancelled.", e.inFull())
	}
	s, err := seatsOf(ctx, tx, e.ID)
	return e, s, err
}

// toCome is hosted for what makes no sense when the event is over.
func (f *Feature) toCome(ctx context.Context, tx *bot.Tx, c bot.Call, verb string) (Event, Seats, error) {
	e, s, err := f.hosted(ctx, tx, c, verb)
	if err == nil && !e.End().After(tx.Now()) {
		err = bot.Sayf(bot.Late, "%s is over.", e.inFull())
	}
	return e, s, err
}

// runAdd puts somebody on the list, or on the waitlist when there is no seat. They
// get no direct message: it was not they who asked.
func (f *Feature) runAdd(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.toCome(ctx, tx, c, "add people to")
	if err != nil {
		return bot.Reply{}, err
	}
	typed := strings.TrimSpace(c.Args.Get("who"))
	g := Guest{Event: e.ID, Who: bot.UserID(Added + ":" + bot.ShortID()), Since: tx.Now(), Name: tidied(typed)}
	if people, err := peopleNamed(ctx, tx, c.From.Platform(), "who", []string{typed}); err == nil && len(people) > 0 {
		if len(people) > 1 {
			return bot.Reply{}, bot.Wrong("who", "Add one person at a time.")
		}
		g.Who, g.Name = people[0], ""
	} else if len(bot.Mentioned(typed)) > 0 || strings.HasPrefix(typed, "@") {
		return bot.Reply{}, err
	}
	if seat, there := s.Of(g.Who); there {
		return bot.Reply{}, bot.Sayf(bot.Taken, "%s is on the list already: %s.", g.called(), seat.inWords())
	}
	wish := Seat{Who: g.Who, Online: c.Args.Yes("online", false) || !e.InPerson(), Visitor: c.Args.Yes("visitor", false)}
	if wish.Online && !e.IsOnline() {
		return bot.Reply{}, bot.Wrong("online", "%s is in person only.", e.emphasised())
	}
	capacity := e.capacity(tx.Now())
	got, _ := s.Ask(capacity, wish)
	tx.Put(&g)
	f.settle(tx, &e, &s, nil)
	if got.State == Waiting {
		return bot.Answer("%s is %s on the waitlist of %s: it is full. To move them up: %s.", g.called(), ordinal(s.place(capacity, got)), e.inFull(),
			tx.Command(fmt.Sprintf("event promote %s %d because …", e.ID, got.Number))), nil
	}
	return bot.Answer("%s has a seat at %s. I have not written to them.", g.called(), e.inFull()), nil
}

// called names a guest to hosts.
func (g *Guest) called() string {
	switch {
	case g.Name != "" && g.Organisation != "":
		return bot.Plain(g.Name) + " (" + bot.Plain(g.Organisation) + ")"
	case g.Name != "":
		return bot.Plain(g.Name)
	case g.outside():
		return "somebody" // their name was deleted
	}
	return bot.Mention(g.Who)
}

// seatNamed finds whose seat a host means: by mention, by their number in the list,
// or by name.
func (f *Feature) seatNamed(ctx context.Context, tx *bot.Tx, s *Seats, typed string) (Seat, Guest, error) {
	typed = strings.TrimSpace(typed)
	var found []Guest
	for _, who := range s.people() {
		g := Guest{Event: s.Event, Who: who}
		if _, err := tx.Get(ctx, g.Key(), &g); err != nil {
			return Seat{}, g, err
		}
		p, err := tx.Person(ctx, who)
		if err != nil {
			return Seat{}, g, err
		}
		own, _ := s.Of(who)
		name := strings.TrimLeft(typed, "@")
		if slices.Contains(bot.Mentioned(typed), who) || typed == strconv.Itoa(own.Number) || typed == string(who) ||
			strings.EqualFold(name, g.Name) || g.Name == "" && (strings.EqualFold(name, p.Called()) || strings.EqualFold(name, who.Rest())) {
			found = append(found, g)
		}
	}
	shown := typed
	if len(bot.Mentioned(typed)) == 0 {
		shown = "“" + bot.Plain(bot.ClipTo(typed, 40)) + "”"
	}
	switch len(found) {
	case 0:
		return Seat{}, Guest{}, bot.Wrong("who", "%s is not on the list. %s shows who is, with a number for each.", shown, tx.Command("event guests "+s.Event))
	case 1:
		own, _ := s.Of(found[0].Who)
		return own, found[0], nil
	}
	return Seat{}, Guest{}, bot.Wrong("who", "%d people on the list are called %s. Use the number: %s shows them.", len(found), shown, tx.Command("event guests "+s.Event))
}

// runRemove takes somebody off the list, and tells them.
func (f *Feature) runRemove(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.toCome(ctx, tx, c, "take people off")
	if err != nil {
		return bot.Reply{}, err
	}
	_, g, err := f.seatNamed(ctx, tx, &s, c.Args.Get("who"))
	if err != nil {
		return bot.Reply{}, err
	}
	gone := s.Leave(g.Who)
	for i := range gone { // the message about an offer is not the last word: the one below is
		if gone[i].State == Offered {
			tx.Retract(g.Who.Direct(), e.noticeKey(fmt.Sprintf("offer/%d", gone[i].Number)))
			gone[i].State = gaveUp
		}
	}
	f.settle(tx, &e, &s, gone)
	if slices.Contains(tx.Platforms(), g.Who.Platform()) {
		text := "A host took you off the list of " + e.inFull() + "."
		if reason := strings.TrimSpace(c.Args.Get("reason")); reason != "" {
			text += "\n\n" + bot.Quote(reason)
		}
		tx.Show(bot.Notice{Room: g.Who.Direct(), Key: e.noticeKey(fmt.Sprintf("removed/%d", gone[0].Number)), Post: bot.Say(text + "\n\nAsk " + e.whoToAsk() + " if that is a mistake.")})
	}
	return bot.Answer("%s is off the list of %s.", g.called(), e.inFull()), nil
}

// runPromote puts somebody at the head of the waitlist.
func (f *Feature) runPromote(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.toCome(ctx, tx, c, "move people up at")
	if err != nil {
		return bot.Reply{}, err
	}
	seat, g, err := f.seatNamed(ctx, tx, &s, c.Args.Get("who"))
	if err != nil {
		return bot.Reply{}, err
	}
	if seat.State != Waiting {
		return bot.Reply{}, bot.Sayf(bot.Taken, "%s does not wait: %s.", g.called(), seat.inWords())
	}
	s.Promote(g.Who, tidied(unnamed(c.Args.Get("reason"))))
	f.settle(tx, &e, &s, nil)
	return bot.Answer("%s is the first on the waitlist of %s. A seat that is freed is offered to them next; to make one, raise the seats with %s.", g.called(), e.inFull(), tx.Command("event edit "+e.ID+" seats=…")), nil
}

// runCheckIn ticks somebody off, or shows a menu of those who have not come yet.
// Ticking again takes it back.
func (f *Feature) runCheckIn(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.hosted(ctx, tx, c, "check people in at")
	if err != nil {
		return bot.Reply{}, err
	}
	if from := e.Start.Add(-checkInBefore); tx.Now().Before(from) || tx.Now().After(e.End().Add(checkInAfter)) {
		return bot.Reply{}, bot.Sayf(bot.Late, "People can be ticked off from %s until %s.", when.Format(from, e.Location()), when.Format(e.End().Add(checkInAfter), e.Location()))
	}
	said := ""
	if typed := c.Args.Get("who"); typed != "" {
		seat, g, err := f.seatNamed(ctx, tx, &s, typed)
		if err != nil {
			return bot.Reply{}, err
		}
		said = g.called() + " is here. "
		for i := range s.All {
			if x := &s.All[i]; x.Who == g.Who && x.State == Taken {
				x.Came = !seat.Came
			}
		}
		if seat.Came {
			said = g.called() + " is not ticked off any more. "
		}
		if seat.State != Taken {
			return bot.Reply{}, bot.Sayf(bot.Invalid, "%s has no seat: %s.", g.called(), seat.inWords())
		}
		tx.Put(&s)
		f.promise(tx, &e, &s)
	}
	post, err := f.checkInPost(ctx, tx, &e, &s)
	post.Text = said + post.Text
	return bot.Reply{Post: &post, Replace: c.Pressed}, err
}

// checkInPost tells how many came, and offers those who have not to be ticked off.
func (f *Feature) checkInPost(ctx context.Context, tx *bot.Tx, e *Event, s *Seats) (bot.Post, error) {
	came := s.count(func(x Seat) bool { return x.Came })
	taken := s.count(func(x Seat) bool { return x.State == Taken })
	p := bot.Post{Text: fmt.Sprintf("%d of %d who have a seat at %s came.", came, taken, e.emphasised())}
	menu := bot.Select{Label: "Tick off", Command: "event checkin " + e.ID}
	for _, x := range s.inOrder() {
		if x.Came || x.Plus || x.State != Taken || len(menu.Options) == mostOptions {
			continue
		}
		name, err := f.plainName(ctx, tx, s.Event, x.Who)
		if err != nil {
			return p, err
		}
		menu.Options = append(menu.Options, bot.Option{Label: bot.ClipTo(name, 70), Value: strconv.Itoa(x.Number)})
	}
	if len(menu.Options) > 0 {
		p.Select = &menu
	}
	return p, nil
}

// plainName is a guest's name where no mention can stand.
func (f *Feature) plainName(ctx context.Context, r bot.Reader, event string, who bot.UserID) (string, error) {
	g := Guest{Event: event, Who: who}
	if g.outside() {
		_, err := r.Get(ctx, g.Key(), &g)
		return cmp.Or(g.Name, "somebody"), err
	}
	p, err := bot.PersonOf(ctx, r, who)
	return p.Called(), err
}

// IsHosting tells whether somebody hosts an event, or did.
func (f *Feature) IsHosting(ctx context.Context, r bot.Reader, who bot.UserID) (bool, error) {
	hosted, err := r.Records(ctx, "event.hosted:"+string(who), "", 1)
	return len(hosted) > 0, err
}
