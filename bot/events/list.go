package events

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// readRows are the commands that show events.
func (f *Feature) readRows() []bot.Row {
	event := bot.Arg{Name: "event", Kind: bot.ID, Hint: "Its id; not needed for the next one in its room"}
	return []bot.Row{
		{Name: "event list", Summary: "The events that are coming", Run: f.runList, Examples: []string{"event list"}},
		{Name: "event show", Args: []bot.Arg{event}, Summary: "One event, and what you answered", Run: f.runShow, Examples: []string{"event show", "event show 7k2f"}},
		{Name: "event guests", Args: []bot.Arg{event}, Who: bot.Hosts, Summary: "Who comes, who waits and in which order", Run: f.runGuests, Examples: []string{"event guests 7k2f"}},
	}
}

// mostListed is how many events a list shows.
const mostListed = 15

func (f *Feature) runList(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	events, err := upcoming(ctx, tx, "", tx.Now(), mostAgenda)
	if err != nil {
		return bot.Reply{}, err
	}
	var lines []string
	more := 0
	for _, e := range events {
		if seen, err := e.isFor(ctx, tx, c); err != nil {
			return bot.Reply{}, err
		} else if !seen {
			continue
		}
		if len(lines) == mostListed {
			more++
			continue
		}
		s, err := seatsOf(ctx, tx, e.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		lines = append(lines, "- "+e.inFull()+", "+e.place()+". "+e.numbers(&s, tx.Now())+" (`"+e.ID+"`)")
	}
	if len(lines) == 0 {
		return bot.Answer("No event is planned. Organisers announce one with %s.", tx.Command("event new")), nil
	}
	if more > 0 {
		lines = append(lines, "", "And "+counted(more, "more", "more")+".")
	}
	return bot.Answer("Coming up:\n\n%s", strings.Join(lines, "\n")), nil
}

// place is where it is, in a few words.
func (e *Event) place() string {
	if !e.InPerson() {
		return "online"
	}
	return bot.Plain(e.Venue)
}

// isFor leaves out events that are nobody's business here: those in other
// platforms' rooms or in private ones.
func (e *Event) isFor(ctx context.Context, r bot.Reader, c bot.Call) (bool, error) {
	if e.IsHost(c.From) {
		return true, nil
	}
	for _, room := range e.Rooms {
		info, err := bot.RoomOf(ctx, r, room)
		if err != nil || room == c.Room || room.Platform() == c.From.Platform() && !info.Private {
			return err == nil, err
		}
	}
	return false, nil
}

func (f *Feature) runShow(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.eventMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	p := f.announcement(tx, &e, &s)
	if seat, there := s.Of(c.From); there && e.State == Scheduled {
		p.Text += "\n\n" + f.standing(&e, &s, e.capacity(tx.Now()), seat)
	}
	p.Small = "Its id is " + e.ID + "."
	return bot.Reply{Post: &p}, nil
}

// runGuests tells hosts and organisers who comes.
func (f *Feature) runGuests(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, err := f.eventMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := e.hostsOnly(c, "see who comes to"); err != nil {
		return bot.Reply{}, err
	}
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if e.IsHost(c.From) && !slices.Contains(e.Lists, c.From) && e.State == Scheduled {
		e.Lists = append(slices.Clone(e.Lists), c.From)
		f.keep(tx, &e, &s)
	}
	p, err := f.guestPost(ctx, tx, &e, &s)
	return bot.Reply{Post: &p}, err
}

// guestPost is the list of who comes, those who wait in their order. The number
// before a name is for telling people apart.
func (f *Feature) guestPost(ctx context.Context, tx *bot.Tx, e *Event, s *Seats) (bot.Post, error) {
	c := e.capacity(tx.Now())
	lines := []string{"Who comes to " + e.inFull() + ". " + e.numbers(s, tx.Now())}
	if came := s.count(func(x Seat) bool { return x.Came }); came > 0 {
		lines[0] += " " + sentence(counted(came, "person", "people")) + " came."
	}
	for _, group := range [...]struct {
		name string
		has  func(Seat) bool
	}{
		{"Going", func(x Seat) bool { return x.State == Taken && !x.Online }},
		{"Online", func(x Seat) bool { return x.State == Taken && x.Online }},
		{"Asked whether they take a seat", func(x Seat) bool { return x.State == Offered }},
		{"Waiting", func(x Seat) bool { return x.State == Waiting && c.queueOf(x) == everybody }},
		{"Members waiting", func(x Seat) bool { return x.State == Waiting && c.queueOf(x) == members }},
		{"People from outside waiting", func(x Seat) bool { return x.State == Waiting && c.queueOf(x) == visitors }},
		{"Waiting to take part online", func(x Seat) bool { return x.State == Waiting && c.queueOf(x) == online }},
	} {
		var names []string
		for _, x := range s.inOrder() {
			if !group.has(x) {
				continue
			}
			name, err := f.nameOf(ctx, tx, e, x)
			if err != nil {
				return bot.Post{}, err
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			lines = append(lines, "**"+group.name+":** "+strings.Join(names, ", "))
		}
	}
	return bot.Post{Text: strings.Join(lines, "\n\n"), Small: "Only hosts and organisers see names."}, nil
}

// nameOf is how hosts are told of a seat.
func (f *Feature) nameOf(ctx context.Context, r bot.Reader, e *Event, x Seat) (string, error) {
	g := Guest{Event: e.ID, Who: x.Who}
	if g.outside() {
		if _, err := r.Get(ctx, g.Key(), &g); err != nil {
			return "", err
		}
	}
	name := fmt.Sprintf("%d\u00a0%s", x.Number, g.called())
	if x.Plus {
		name = fmt.Sprintf("%d\u00a0whom %s brings", x.Number, g.called())
	}
	var notes []string
	if x.Visitor {
		notes = append(notes, "from outside")
	}
	if g.Needs != "" {
		notes = append(notes, "needs: "+bot.Plain(g.Needs))
	}
	if x.Came {
		notes = append(notes, "came")
	}
	if x.Why != "" {
		notes = append(notes, "moved up: "+bot.Plain(x.Why))
	}
	if x.State == Offered {
		notes = append(notes, "until "+when.FormatClock(x.Until, e.Location())+" on "+when.FormatDay(x.Until, e.Location()))
	}
	if len(notes) > 0 {
		name += " (" + strings.Join(notes, "; ") + ")"
	}
	return name, nil
}

// inOrder are all seats in the order in which they were asked for.
func (s *Seats) inOrder() []Seat {
	return slices.SortedFunc(slices.Values(s.All), func(a, b Seat) int { return cmp.Compare(a.Number, b.Number) })
}
