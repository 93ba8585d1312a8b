package events

import (
	"cmp"
	"math"
	"slices"
	"time"

	"datahour/bot"
)

// Seats is who has a seat at one event, who is offered one and who waits, in one
// record: whatever is decided about a seat is decided from all of them.
type Seats struct {
	Event string `json:"event"`
	Last  int    `json:"last"` // the number that was given last
	All   []Seat `json:"all"`
}

// Seat is one person's wish for a place, and what became of it.
type Seat struct {
	Who     bot.UserID `json:"who"`
	Plus    bool       `json:"plus,omitempty"` // for somebody whom Who brings along
	Online  bool       `json:"online,omitempty"`
	Visitor bool       `json:"visitor,omitempty"` // from outside: see Capacity.Visitors
	State   SeatState  `json:"state"`
	Number  int        `json:"n"`                // by which hosts tell people apart; unique at its event
	Turn    int        `json:"turn"`             // the order of the queue; the number, until a host moves it up
	Until   time.Time  `json:"until,omitzero"`   // the end of an offer
	Remind  bool       `json:"remind,omitempty"` // in direct messages
	Why     string     `json:"why,omitempty"`    // a host moved it up
	Came    bool       `json:"came,omitempty"`
}

// SeatState is what became of the wish for a seat.
type SeatState string

const (
	Taken   SeatState = "taken"
	Offered SeatState = "offered" // theirs if they take it in time; nobody else can have it until then
	Waiting SeatState = "waiting"
)

func seatsKey(event string) string { return "event.seats/" + event }

func (s *Seats) Key() string         { return seatsKey(s.Event) }
func (s *Seats) Kind() (string, int) { return "event.seats", 1 }
func (s *Seats) Index() []string     { return nil }

// Capacity is how many seats there are. A number of 0 means that there is no limit.
type Capacity struct {
	InPerson int
	Visitors int // of those in person, kept for visitors; 0: all are for everybody
	Online   int
	Released bool // seats that are kept are kept no longer: who asked first is first
	Open     bool // free seats are not offered: whoever comes first has them
}

// Queues: those who wait in one are served in their order. A seat belongs to
// exactly one, which follows from what it is and the capacity.
type queue string

const (
	everybody queue = "everybody" // in person, when none are kept
	members   queue = "members"   // in person, while some are kept for visitors
	visitors  queue = "visitors"
	online    queue = "online"
)

func (c Capacity) kept() bool { return c.Visitors > 0 && c.InPerson > 0 && !c.Released }

func (c Capacity) queueOf(s Seat) queue {
	switch {
	case s.Online:
		return online
	case !c.kept():
		return everybody
	case s.Visitor:
		return visitors
	}
	return members
}

// queues are those that there are with this capacity.
func (c Capacity) queues() []queue {
	if c.kept() {
		return []queue{members, visitors, online}
	}
	return []queue{everybody, online}
}

// seats is how many a queue serves; 0: no limit.
func (c Capacity) seats(q queue) int {
	switch q {
	case online:
		return c.Online
	case visitors:
		return c.Visitors
	case members:
		return c.InPerson - c.Visitors
	}
	return c.InPerson
}

// used is how many of a queue's seats are taken or offered.
func (s *Seats) used(c Capacity, q queue) int {
	return s.count(func(x Seat) bool { return x.State != Waiting && c.queueOf(x) == q })
}

// free is how many more seats a queue can give. It is never more than there are
// seats in the house: after the capacity was lowered another queue may have more
// people than seats.
func (s *Seats) free(c Capacity, q queue) int {
	limit := c.seats(q)
	if limit == 0 && (q == online || c.InPerson == 0) {
		return math.MaxInt
	}
	free := limit - s.used(c, q)
	if q != online {
		free = min(free, c.InPerson-s.count(func(x Seat) bool { return x.State != Waiting && !x.Online }))
	}
	return max(0, free)
}

func (s *Seats) count(is func(Seat) bool) int {
	n := 0
	for _, x := range s.All {
		if is(x) {
			n++
		}
	}
	return n
}

// Of gives a person's own seat, not that of somebody they bring.
func (s *Seats) Of(who bot.UserID) (Seat, bool) {
	if i := s.own(who); i >= 0 {
		return s.All[i], true
	}
	return Seat{}, false
}

func (s *Seats) own(who bot.UserID) int {
	return slices.IndexFunc(s.All, func(x Seat) bool { return x.Who == who && !x.Plus })
}

// brought are the seats of those whom a person brings.
func (s *Seats) brought(who bot.UserID) []Seat {
	var all []Seat
	for _, x := range s.All {
		if x.Who == who && x.Plus {
			all = append(all, x)
		}
	}
	return all
}

// waiting are those in a queue, the next one first.
func (s *Seats) waiting(c Capacity, q queue) []Seat {
	var all []Seat
	for _, x := range s.All {
		if x.State == Waiting && c.queueOf(x) == q {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b Seat) int { return cmp.Compare(a.Turn, b.Turn) })
	return all
}

// place is where a waiting seat is in its queue: 1 is next.
func (s *Seats) place(c Capacity, seat Seat) int {
	ahead := s.count(func(x Seat) bool {
		return x.State == Waiting && c.queueOf(x) == c.queueOf(seat) && x.Turn < seat.Turn
	})
	return ahead + 1
}

// Ask gives a person a seat, or a place in the queue when there is none or others
// were first. Asking again for what they have changes nothing, except that it
// takes what is offered, and what is free when whoever comes first has it.
// Somebody with a seat of the other kind changes over if there is room; ok is
// false when there is none: they keep what they have.
func (s *Seats) Ask(c Capacity, wish Seat) (got Seat, ok bool) {
	if i := s.own(wish.Who); i >= 0 && !wish.Plus {
		had := &s.All[i]
		wish.Visitor, wish.Remind = had.Visitor, had.Remind
		if had.Online == wish.Online {
			if had.State == Offered || had.State == Waiting && s.atOnce(c, *had) {
				had.State, had.Until = Taken, time.Time{}
			}
			return *had, true
		}
		if !s.atOnce(c, wish) {
			return *had, false
		}
		s.All = slices.Delete(s.All, i, i+1)
	}
	wish.State, wish.Until = Waiting, time.Time{}
	if s.atOnce(c, wish) {
		wish.State = Taken
	}
	s.Last++
	wish.Number, wish.Turn = s.Last, s.Last
	s.All = append(s.All, wish)
	return wish, true
}

// atOnce tells whether a wish can have a free seat now, nobody being ahead of it.
func (s *Seats) atOnce(c Capacity, wish Seat) bool {
	q := c.queueOf(wish)
	return s.free(c, q) > 0 && (c.Open || len(s.waiting(c, q)) == 0)
}

// Leave takes away a person's seat and those of the people they bring, and gives
// what they had.
func (s *Seats) Leave(who bot.UserID) []Seat {
	return s.remove(func(x Seat) bool { return x.Who == who })
}

// LeavePlus takes away the seat of the one whom a person asked to bring last.
func (s *Seats) LeavePlus(who bot.UserID) []Seat {
	brought := s.brought(who)
	if len(brought) == 0 {
		return nil
	}
	last := brought[len(brought)-1].Number
	return s.remove(func(x Seat) bool { return x.Number == last })
}

func (s *Seats) remove(which func(Seat) bool) (gone []Seat) {
	s.All = slices.DeleteFunc(s.All, func(x Seat) bool {
		if which(x) {
			gone = append(gone, x)
			return true
		}
		return false
	})
	return gone
}

// Accept takes what is offered to a person, for themselves and for those whom they
// bring, and gives those seats.
func (s *Seats) Accept(who bot.UserID) (taken []Seat) {
	for i := range s.All {
		if x := &s.All[i]; x.Who == who && x.State == Offered {
			x.State, x.Until = Taken, time.Time{}
			taken = append(taken, *x)
		}
	}
	return taken
}

// Expire ends the offers that nobody took in time, and gives them. Who lets their
// own go brings nobody either.
func (s *Seats) Expire(now time.Time) []Seat {
	late := func(x Seat) bool { return x.State == Offered && !x.Until.After(now) }
	var hosts []bot.UserID
	for _, x := range s.All {
		if late(x) && !x.Plus {
			hosts = append(hosts, x.Who)
		}
	}
	return s.remove(func(x Seat) bool { return late(x) || x.Plus && slices.Contains(hosts, x.Who) })
}

// Offer offers every free seat to whoever is next in its queue, until a moment,
// and gives the new offers. It is called after every change that may have freed one.
func (s *Seats) Offer(c Capacity, until time.Time) []Seat {
	if c.Open {
		return nil
	}
	var offered []Seat
	for _, q := range c.queues() {
		waiting := s.waiting(c, q)
		for _, next := range waiting[:min(len(waiting), s.free(c, q))] {
			i := slices.IndexFunc(s.All, func(x Seat) bool { return x.Number == next.Number })
			s.All[i].State, s.All[i].Until = Offered, until
			offered = append(offered, s.All[i])
		}
	}
	return offered
}

// Promote puts a person, and those they bring, at the head of the queue.
func (s *Seats) Promote(who bot.UserID, why string) {
	head := 0
	for _, x := range s.All {
		head = min(head, x.Turn)
	}
	for i := len(s.All) - 1; i >= 0; i-- {
		if x := &s.All[i]; x.Who == who && x.State == Waiting {
			head--
			x.Turn, x.Why = head, why
		}
	}
}

// nextExpiry is when the first offer ends.
func (s *Seats) nextExpiry() (first time.Time, ok bool) {
	for _, x := range s.All {
		if x.State == Offered && (!ok || x.Until.Before(first)) {
			first, ok = x.Until, true
		}
	}
	return first, ok
}
