package events

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datahour/bot"

	"pgregory.net/rapid"
)

// house is an event's seats with what a test remembers of them by other means.
type house struct {
	Seats
	c      Capacity
	now    time.Time
	wishes map[bot.UserID]int // own wish and those brought, of everybody who asked and did not go
}

var crowd = []bot.UserID{"north:a", "north:b", "north:c", "north:d", "south:e", "south:f", "web:g", "web:h", "web:i"}

// step does one thing that can happen to seats, as a handler does it: the change,
// then what is free is offered on.
func (h *house) step(t *rapid.T) {
	who := rapid.SampledFrom(crowd).Draw(t, "who")
	switch do := rapid.SampledFrom([]string{"ask", "ask", "ask", "online", "plus", "leave", "leave", "leave plus", "accept", "accept", "wait", "capacity", "release", "promote", "last hour"}).Draw(t, "do"); do {
	case "ask", "online", "plus":
		wish := Seat{Who: who, Online: do == "online", Visitor: who.Platform() == bot.Web, Plus: do == "plus"}
		if _, there := h.Of(who); wish.Plus && (!there || len(h.brought(who)) > 1) {
			return
		}
		waiting, free := len(h.waiting(h.c, h.c.queueOf(wish))), h.free(h.c, h.c.queueOf(wish))
		had, there := h.Of(who)
		got, ok := h.Ask(h.c, wish)
		switch {
		case !ok && (got != had || !there):
			t.Fatalf("a refusal changed %+v to %+v", had, got)
		case ok && got.Number == h.Last && got.State == Taken && waiting > 0 && !h.c.Open && (!there || got != had && had.State != Offered):
			t.Fatalf("%s was seated before %d who wait", who, waiting)
		case ok && (!there || wish.Plus) && got.State == Waiting && free > 0 && waiting == 0:
			t.Fatalf("%s waits though %d seats are free", who, free)
		}
		if !there || wish.Plus {
			h.wishes[who]++
		}
	case "leave":
		if got := len(h.Leave(who)); got != h.wishes[who] {
			t.Fatalf("%s left with %d seats, had asked for %d", who, got, h.wishes[who])
		}
		delete(h.wishes, who)
	case "leave plus":
		h.wishes[who] -= len(h.LeavePlus(who))
	case "accept":
		for _, x := range h.Accept(who) {
			if x.State != Taken || !x.Until.IsZero() {
				t.Fatalf("taken is %+v", x)
			}
		}
	case "wait":
		h.now = h.now.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
	case "capacity":
		h.c.InPerson = rapid.IntRange(0, 7).Draw(t, "seats")
		h.c.Visitors = rapid.IntRange(0, max(0, h.c.InPerson-1)).Draw(t, "visitors")
		h.c.Online = rapid.IntRange(0, 3).Draw(t, "online")
	case "release":
		h.c.Released = !h.c.Released
	case "promote":
		h.Promote(who, "a reason")
		if own, there := h.Of(who); there && own.State == Waiting && h.place(h.c, own) > 1 {
			t.Fatalf("%s was put at the head and is %d", who, h.place(h.c, own))
		}
	case "last hour":
		h.c.Open = !h.c.Open
	}
	for _, x := range h.Expire(h.now) {
		h.wishes[x.Who]--
	}
	queues := map[queue][]Seat{}
	for _, q := range h.c.queues() {
		queues[q] = h.waiting(h.c, q)
	}
	for _, x := range h.Offer(h.c, h.now.Add(24*time.Hour)) {
		q := h.c.queueOf(x)
		if queues[q][0].Number != x.Number {
			t.Fatalf("%d was offered a seat before %d", x.Number, queues[q][0].Number)
		}
		queues[q] = queues[q][1:]
	}
}

// used is how many seats each queue, and the house as a whole, has given.
func (h *house) given() map[queue]int {
	given := map[queue]int{"house": h.count(func(x Seat) bool { return x.State != Waiting && !x.Online })}
	for _, q := range h.c.queues() {
		given[q] = h.used(h.c, q)
	}
	return given
}

func (h *house) wrong(before map[queue]int, was Capacity) error {
	limits := map[queue]int{"house": h.c.InPerson}
	for _, q := range h.c.queues() {
		limits[q] = h.c.seats(q)
	}
	for q, n := range h.given() {
		limit := limits[q]
		if limit == 0 && (q == online || h.c.InPerson == 0) {
			continue
		}
		if was == h.c {
			limit = max(limit, before[q]) // lowered earlier, it may have more, but never gives more
		} else {
			limit = max(limit, len(h.All))
		}
		if n > limit {
			return fmt.Errorf("%s has %d seats and gave %d (before: %d)", q, limits[q], n, before[q])
		}
	}
	wishes, own, numbers := map[bot.UserID]int{}, map[bot.UserID]bool{}, map[int]bool{}
	for _, x := range h.All {
		wishes[x.Who]++
		if !x.Plus && own[x.Who] {
			return fmt.Errorf("%s has two seats", x.Who)
		}
		own[x.Who] = own[x.Who] || !x.Plus
		if numbers[x.Number] {
			return fmt.Errorf("number %d is there twice", x.Number)
		}
		numbers[x.Number] = true
	}
	for _, who := range crowd {
		if wishes[who] != h.wishes[who] {
			return fmt.Errorf("%s is there %d times, asked for %d", who, wishes[who], h.wishes[who])
		}
		if wishes[who] > 0 && !own[who] {
			return fmt.Errorf("%s brings people and does not come", who)
		}
	}
	for _, q := range h.c.queues() {
		if free, waiting := h.free(h.c, q), len(h.waiting(h.c, q)); !h.c.Open && free > 0 && waiting > 0 {
			return fmt.Errorf("%s has %d free seats and %d who wait", q, free, waiting)
		}
	}
	return nil
}

// For any history: never more seats than there are, nobody lost, nobody twice, and
// whoever waits longest is next.
func TestSeatsInAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &house{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), wishes: map[bot.UserID]int{}, c: Capacity{InPerson: 3, Visitors: rapid.IntRange(0, 2).Draw(t, "kept")}}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			before, was := h.given(), h.c
			h.step(t)
			if err := h.wrong(before, was); err != nil {
				t.Fatalf("%v\n%+v\n%+v", err, h.c, h.All)
			}
		}
	})
}

func TestSeats(t *testing.T) {
	s := &Seats{}
	c := Capacity{InPerson: 2}
	for _, who := range []bot.UserID{"north:a", "north:b", "north:c", "north:d"} {
		s.Ask(c, Seat{Who: who})
	}
	last, _ := s.Of("north:d")
	if place := s.place(c, last); place != 2 {
		t.Errorf("the second who waits is told %d", place)
	}
	until := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s.Leave("north:a")
	if got := s.Offer(c, until); len(got) != 1 || got[0].Who != "north:c" {
		t.Errorf("offered to %+v", got)
	}
	if got, _ := s.Ask(c, Seat{Who: "north:a"}); got.State != Waiting || s.place(c, got) != 2 {
		t.Errorf("who left and came again has %+v", got)
	}
	if gone := s.Expire(until); len(gone) != 1 || gone[0].Who != "north:c" {
		t.Errorf("the offer of %+v ended", gone)
	}
	if got := s.Offer(c, until); len(got) != 1 || got[0].Who != "north:d" {
		t.Errorf("offered on to %+v", got)
	}
	if taken := s.Accept("north:d"); len(taken) != 1 || taken[0].State != Taken {
		t.Errorf("taken: %+v", taken)
	}
	if slices.ContainsFunc(s.All, func(x Seat) bool { return x.Who == "north:c" }) {
		t.Error("who let an offer go is still there")
	}
}

// Who lets an offer lapse brings nobody either.
func TestAnOfferThatLapses(t *testing.T) {
	s := &Seats{}
	c := Capacity{InPerson: 1}
	for _, wish := range []Seat{{Who: "north:a"}, {Who: "north:b"}, {Who: "north:b", Plus: true}, {Who: "north:c"}} {
		s.Ask(c, wish)
	}
	until := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s.Leave("north:a")
	s.Offer(c, until)
	if gone := s.Expire(until.Add(-time.Second)); len(gone) != 0 {
		t.Errorf("%+v lapsed a second too early", gone)
	}
	if gone := s.Expire(until); len(gone) != 2 {
		t.Errorf("%+v lapsed, want b's and that of whom b brings", gone)
	}
	if got := s.Offer(c, until); len(got) != 1 || got[0].Who != "north:c" {
		t.Errorf("offered on to %+v", got)
	}
}

// While seats are kept for visitors each side has its own; released, the first who
// asked is the first of all.
func TestSeatsKeptForVisitors(t *testing.T) {
	s := &Seats{}
	c := Capacity{InPerson: 3, Visitors: 1}
	for _, who := range []bot.UserID{"north:a", "north:b", "north:c", "north:d"} {
		s.Ask(c, Seat{Who: who})
	}
	if n := len(s.waiting(c, members)); n != 2 {
		t.Fatalf("%d members wait, want 2: a seat is kept", n)
	}
	c.Released = true
	if got := s.Offer(c, time.Time{}); len(got) != 1 || got[0].Who != "north:c" {
		t.Errorf("released, it is offered to %+v", got)
	}
	// Somebody from outside asks after d, so d is next.
	s.Ask(c, Seat{Who: "web:v", Visitor: true})
	s.Leave("north:a")
	if got := s.Offer(c, time.Time{}); len(got) != 1 || got[0].Who != "north:d" {
		t.Errorf("then it is offered to %+v", got)
	}
}
