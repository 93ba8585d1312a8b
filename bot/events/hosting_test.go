package events_test

import (
	"strings"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestHostsAddAndRemove(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		s.says("somebody else's try", s.does(ada, "event add "+id+" Jo"), "Only its hosts")
		s.does(ada, "event rsvp "+id+" going")
		s.says("adding by name", s.does(olga, `event add `+id+` "Jo *Bloggs*" visitor=yes`), `Jo \*Bloggs\* has a seat`, "I have not written to them")
		s.says("adding when it is full", s.does(olga, "event add "+id+" <!user:north:ben>"), "is 1st on the waitlist")
		if got := s.direct(ben); got != "" {
			t.Fatalf("ben, who did not ask, is told: %s", got)
		}
		s.says("adding twice", s.does(olga, "event add "+id+" ben"), "is on the list already: on the waitlist")
		s.says("who comes", s.does(olga, "event guests "+id), `2 Jo \*Bloggs\* (from outside)`, "Waiting:** 3 <!user:north:ben>")
		s.says("removing nobody", s.does(olga, "event remove "+id+" Zoe"), "“Zoe” is not on the list")
		s.says("removing by name", s.does(olga, `event remove `+id+` "jo *bloggs*"`), "is off the list")
		s.says("the offer", s.direct(ben), "A seat is free for you")
		s.says("removing who is offered a seat", s.does(olga, `event remove `+id+` 3 reason="You asked me by phone."`), "is off the list")
		s.says("what ben is told", s.direct(ben), "A host took you off the list of *DataJam breakfast*", "You asked me by phone", "Ask <!user:north:olga>")
		if n := len(s.Direct(ben)); n != 1 {
			t.Errorf("%d messages stand for ben, want the last word alone", n)
		}
		s.says("the announcement", s.announcement(id), "1 person going, 1 of 2 seats left")
	})
}

func TestPromoting(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		for _, u := range []bot.UserID{ada, ben, cat, "north:dan", "north:eve"} {
			s.does(u, "event rsvp "+id+" going")
		}
		s.says("promoting without a reason", s.does(olga, "event promote "+id+" eve"), "Why: ")
		s.says("promoting who has a seat", s.does(olga, "event promote "+id+" ada because"), "does not wait: going")
		s.says("promoting", s.does(olga, "event promote "+id+" <!user:north:eve> speaks at it"), "is the first on the waitlist")
		s.says("who comes", s.does(olga, "event guests "+id), "5 <!user:north:eve> (moved up: speaks at it)")
		s.says("the others are told their place", s.does(cat, "event show "+id), "you are 2nd on the waitlist")
		s.does(ada, "event rsvp "+id+" no")
		s.says("the offer", s.direct("north:eve"), "A seat is free for you")
	})
}

func TestVisitorsSeatsAreReleased(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(strings.Replace(breakfast, "seats=2", "seats=3 visitors=2", 1))
		s.says("the announcement", s.announcement(id), "Nobody going yet, 1 of 1 seat left, and for people from outside 2 of 2 seats left.")
		s.does(ada, "event rsvp "+id+" going")
		s.does(ben, "event rsvp "+id+" going")
		s.does(olga, `event add `+id+` "Jo Bloggs" visitor=yes`)
		s.says("the announcement", s.announcement(id), "2 people going, full, 1 person waits, and for people from outside 1 of 2 seats left.")
		s.AdvanceTo(on(25, 8, 30)) // two days before
		s.says("the offer", s.direct(ben), "A seat is free for you", "Thursday 26 November 2026, 8:00am GMT")
		s.says("the announcement", s.announcement(id), "2 people going, full.")
		// Moved, they are kept again; nobody loses what they have.
		s.does(ben, "event accept "+id)
		s.does(olga, "event move "+id+" 4 Dec 08:30")
		s.Press(olga, data, "Post")
		s.says("the announcement", s.announcement(id), "3 people going, full, and for people from outside full.")
	})
}

func TestCheckingIn(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(strings.Replace(breakfast, "seats=2", "seats=20", 1))
		for _, u := range []bot.UserID{ada, ben, cat} {
			s.does(u, "event rsvp "+id+" going")
		}
		s.does(ada, "event rsvp "+id+" plus-one")
		s.says("too early", s.does(olga, "event checkin "+id), "can be ticked off from Friday 27 November 2026, 6:30am GMT")
		s.AdvanceTo(on(27, 8, 20))
		s.says("the menu", s.does(olga, "event checkin "+id), "0 of 4 who have a seat at *DataJam breakfast* came.", "(Ada)", "(Ben)", "(Cat)")
		s.says("a choice", bottest.Words(s.Press(olga, data, "Ada")), "<!user:north:ada> is here. 2 of 4", "(Ben)")
		s.says("a number", s.does(olga, "event checkin "+id+" 2"), "<!user:north:ben> is here. 3 of 4")
		s.says("taken back", s.does(olga, "event checkin "+id+" ben"), "<!user:north:ben> is not ticked off any more. 2 of 4")
		s.AdvanceTo(on(27, 12, 0))
		s.says("afterwards", s.does(olga, "event checkin "+id+" cat"), "3 of 4")
		s.says("who came", s.does(olga, "event guests "+id), "3 people came.", "1 <!user:north:ada> (came)")
		s.AdvanceTo(on(30, 12, 0))
		s.says("too late", s.does(olga, "event checkin "+id), "can be ticked off")
	})
}

// What hosts wrote down of people without an account is deleted two weeks after.
func TestAddedPeopleAreForgotten(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		s.does(olga, `event add `+id+` "Zephyrine Bloggs"`)
		s.AdvanceTo(on(27, 10, 0).AddDate(0, 0, 15))
		s.nobodyIsNamed("Zephyrine")
	})
}
