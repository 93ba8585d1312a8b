package newsletter_test

import (
	"strings"
	"testing"
	"time"

	"datahour/bot/bottest"
)

// london is a time of the winter there, when its clocks show GMT.
func london(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, time.UTC)
}

func TestAFortnight(t *testing.T) {
	pressed(t, func(s stage) {
		s.says("the schedule", s.tell(olga, "newsletter schedule fortnightly 3 Dec 16:00"), "Editions come fortnightly, Thursday 4:00pm GMT.",
			"a call for items on Wednesday 25 November 2026, 4:00pm GMT; a last call on Tuesday 1 December 2026, 4:00pm GMT; the draft to the editors on Wednesday 2 December 2026, 4:00pm GMT; and out on Thursday 3 December 2026, 4:00pm GMT")
		s.AdvanceTo(london(11, 25, 16))
		s.says("the call", s.Post(south, "edition/1/call").Text, "**Edition 1 comes out on Thursday 3 December 2026.**", "until Wednesday 2 December 2026, 4:00pm GMT", "`/share`")
		s.says("a press on it", bottest.Words(s.Press(ada, data, "Share something")), "Share something")
		s.says("what is shared", s.tell(ada, "share credit=name Ponds"), "Saved for edition 1 (Thursday 3 December)")

		s.AdvanceTo(london(12, 1, 16))
		last := s.Post(data, "edition/1/lastcall")
		s.says("the last call", last.Text, "Last call for edition 1: until Wednesday 2 December 2026, 4:00pm GMT.")
		if last.Thread != s.Post(data, "edition/1/call").ID {
			t.Error("the last call is not in the thread of the call")
		}
		s.AdvanceTo(london(12, 2, 16))
		s.says("the draft", s.direct(olga), "Edition 1 needs an editor", "1 item waits for you, and nothing is accepted yet", "[Decide] [Look at it] [Leave it out]")
		s.says("the desk", bottest.Words(s.Press(olga, olga.Direct(), "Decide")), "**Ponds**")
		s.press(olga, "Accept")
		s.tell(oskar, "newsletter preview")
		s.says("approving", s.press(oskar, "Publish at its time"), "Approved: it comes out on Thursday 3 December 2026, 4:00pm GMT.")
		s.says("the organisers' note", s.direct(olga), "approved by Oskar")
		s.accept(bob, "A late one")
		s.AdvanceTo(london(12, 3, 15))
		if got := s.edition(data, 1); got != "" {
			t.Fatalf("an hour before its time there stands %s", got)
		}
		s.AdvanceTo(london(12, 3, 16))
		s.says("the edition", s.edition(south, 1), "**Ponds** — Ada", "**A late one**", "Thursday 3 December 2026")
		s.says("the organisers' note", s.direct(olga), "Edition 1 is published, by Oskar")
		s.says("the next one", s.tell(olga, "newsletter schedule"), "and out on Thursday 17 December 2026, 4:00pm GMT")
	})
}

func TestAnEmptyEditionIsNotSent(t *testing.T) {
	pressed(t, func(s stage) {
		s.tell(olga, "newsletter part hours") // without which nothing has happened
		s.tell(olga, "newsletter schedule weekly Thu 16:00")
		s.AdvanceTo(london(11, 25, 16))
		s.says("the editors are asked", s.direct(oskar), "Edition 1 is empty", "I do not send it", "[Leave it out]")
		s.says("leaving it out", bottest.Words(s.Press(oskar, oskar.Direct(), "Leave it out")), "Left out.", "Thursday 3 December 2026, 4:00pm GMT")
		s.AdvanceTo(london(11, 26, 17))
		if got := s.edition(data, 1) + s.edition(data, 2); got != "" {
			t.Fatalf("there stands %s", got)
		}
		s.AdvanceTo(london(12, 3, 17))
		s.says("they are asked again", s.direct(oskar), "Its time has come. Nobody has shared anything")
		if got := s.edition(data, 1); got != "" {
			t.Fatalf("there stands %s", got)
		}
	})
}

func TestNobodyApprovesAnEdition(t *testing.T) {
	pressed(t, func(s stage) {
		s.tell(olga, "newsletter schedule weekly Thu 16:00")
		s.accept(ada, "Ponds")
		s.AdvanceTo(london(11, 26, 17))
		s.says("the editors are asked again", s.direct(olga), "Its time has come.", "with 1 item.")
		if got := s.edition(data, 1); got != "" {
			t.Fatalf("there stands %s", got)
		}
		s.tell(olga, "newsletter publish 1 sure=yes")
		s.says("the edition", s.edition(data, 1), "**Ponds**")
	})
}

func TestTheCalendarMoves(t *testing.T) {
	pressed(t, func(s stage) {
		s.tell(olga, "newsletter schedule fortnightly 3 Dec 16:00")
		s.AdvanceTo(london(11, 25, 17))
		s.says("moving", s.tell(olga, "newsletter move 4 Dec 10:00"), "Moved.", "and out on Friday 4 December 2026, 10:00am GMT")
		s.says("the call", s.Post(data, "edition/1/call").Text, "Friday 4 December 2026")
		s.tell(olga, "newsletter move 18 Dec 10:00")
		for _, p := range s.Posts(data) {
			if strings.HasSuffix(string(p.Key), "call") {
				t.Errorf("%s stands long before it", p.Key)
			}
		}
		s.AdvanceTo(london(12, 10, 11))
		s.says("the call", s.Post(data, "edition/1/call").Text, "Friday 18 December 2026")
		s.says("by hand", s.tell(olga, "newsletter schedule by hand"), "Editions come by hand", "has no date")
		for _, p := range s.Posts(data) {
			t.Errorf("%s stands, of an edition without a date", p.Key)
		}
		s.Advance(30 * 24 * time.Hour)
		s.lacks("what the editors were told", s.direct(olga), "needs an editor", "is empty")
		s.says("nonsense", s.tell(olga, "newsletter schedule daily 9am"), "`weekly`, `fortnightly` and `monthly`")
		s.says("no time", s.tell(olga, "newsletter schedule weekly Thursday"), "time")
	})
}

// What could not be done on time is done late where that makes sense.
func TestLateCalendar(t *testing.T) {
	t.Run("a call is left out when the last call is near", func(t *testing.T) {
		pressed(t, func(s stage) {
			s.tell(olga, "newsletter schedule fortnightly 3 Dec 16:00")
			s.StopBot()
			time.Sleep(london(11, 30, 12).Sub(s.Now()))
			s.StartBot()
			for _, p := range s.Posts(data) {
				t.Errorf("%s stands", p.Key)
			}
			s.AdvanceTo(london(12, 1, 17))
			s.says("the last call", s.Post(data, "edition/1/lastcall").Text, "Last call")
		})
	})
	t.Run("an approved edition comes out some hours late", func(t *testing.T) {
		pressed(t, func(s stage) {
			s.tell(olga, "newsletter schedule fortnightly 3 Dec 16:00")
			s.accept(ada, "Ponds")
			s.tell(olga, "newsletter approve 1")
			s.AdvanceTo(london(12, 3, 15))
			s.Down(5 * time.Hour)
			s.says("the edition", s.edition(data, 1), "**Ponds**")
		})
	})
	t.Run("and not days late", func(t *testing.T) {
		pressed(t, func(s stage) {
			s.tell(olga, "newsletter schedule fortnightly 3 Dec 16:00")
			s.accept(ada, "Ponds")
			s.tell(olga, "newsletter approve 1")
			s.AdvanceTo(london(12, 3, 15))
			s.Down(50 * time.Hour)
			if got := s.edition(data, 1); got != "" {
				t.Fatalf("there stands %s", got)
			}
			s.says("the editors are asked", s.direct(olga), "I was off until", "and did not publish it.", "[Look at it]")
		})
	})
}
