package events

import (
	"cmp"
	"context"
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
	p := f.announcement(&e, &s, tx.Now())
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
		f.showLists(tx, &e, &s)
	}
	p := f.guestPost(tx, &e, &s)
	return bot.Reply{Post: &p}, nil
}

// guestPost is the list of who comes.
func (f *Feature) guestPost(tx *bot.Tx, e *Event, s *Seats) bot.Post {
	return bot.Post{Text: "Who comes to " + e.inFull() + ". " + e.numbers(s, tx.Now()), Fields: e.guestList(s, tx), Small: "Only hosts and organisers see names."}
}

// guestList names everybody, those who wait in their order.
func (e *Event) guestList(s *Seats, tx *bot.Tx) []bot.Field {
	c := e.capacity(tx.Now())
	var fields []bot.Field
	add := func(name string, which func(Seat) bool) {
		var names []string
		for _, x := range s.inOrder() {
			if which(x) {
				names = append(names, x.name(e))
			}
		}
		if len(names) > 0 {
			fields = append(fields, bot.Field{Name: name, Value: strings.Join(names, ", ")})
		}
	}
	add("Going", func(x Seat) bool { return x.State == Taken && !x.Online })
	add("Online", func(x Seat) bool { return x.State == Taken && x.Online })
	add("Asked whether they take a seat", func(x Seat) bool { return x.State == Offered })
	for _, waits := range [...]struct {
		q    queue
		name string
	}{{everybody, "Waiting"}, {members, "Members waiting"}, {visitors, "People from outside waiting"}, {online, "Waiting to take part online"}} {
		add(waits.name, func(x Seat) bool { return x.State == Waiting && c.queueOf(x) == waits.q })
	}
	return fields
}

// inOrder are all seats in the order in which they were asked for.
func (s *Seats) inOrder() []Seat {
	return slices.SortedFunc(slices.Values(s.All), func(a, b Seat) int { return cmp.Compare(a.Number, b.Number) })
}

// name is how a seat is told to hosts.
func (x Seat) name(e *Event) string {
	name := bot.Mention(x.Who)
	if x.Plus {
		name = "whom " + name + " brings"
	}
	if x.State == Offered {
		name += " (until " + when.FormatClock(x.Until, e.Location()) + " on " + when.FormatDay(x.Until, e.Location()) + ")"
	}
	return name
}
