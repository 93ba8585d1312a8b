package events_test

import (
	"context"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestFeedback(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		for _, u := range []bot.UserID{ada, ben} {
			s.does(u, "event rsvp "+id+" going")
		}
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
			return tx.ChangePerson(ctx, bot.Person{User: ada, Name: "Ada", Organisation: "Defra"}, "")
		}); err != nil {
			t.Fatal(err)
		}
		s.says("too early", s.does(ada, "event feedback "+id+" 5"), "has not been held")
		s.AdvanceTo(on(27, 8, 40))
		s.does(olga, "event checkin "+id+" ada")
		s.AdvanceTo(on(27, 10, 0))
		s.says("the announcement", s.announcement(id), "Thank you to everybody who came", "(5: very good)", "(1: not for me)")
		s.says("a press", bottest.Words(s.Press(ada, data, "5: very good")), "Saved: 5 of 5", "without your name")
		s.does(ada, "event feedback "+id+" 4 More *coffee*, please")
		s.does(ben, "event feedback "+id+" 1")
		s.says("the numbers", s.does(olga, "event numbers "+id), "- 2 people had a seat, 0 of them online", "- 1 person ticked off", "- no people from outside", "- 1 organisation", "feedback: 2.5 of 5, from 2 people", `> More \*coffee\*, please`)
		s.lacks("the numbers", s.does(olga, "event numbers "+id), "ada", "Ada")
		s.says("somebody else's look", s.does(ada, "event numbers "+id), "Only its hosts")
		s.says("the copy", s.copied(ada), "4 of 5. More *coffee*, please")
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.Erase(ctx, ada, bot.ErasedSelf) }); err != nil {
			t.Fatal(err)
		}
		s.Advance(2 * time.Hour)
		s.says("the numbers without her", s.does(olga, "event numbers "+id), "feedback: 1.0 of 5, from 1 person")
		s.Advance(15 * 24 * time.Hour)
		s.says("too late", s.does(ben, "event feedback "+id+" 5"), "a while ago")
	})
}

func TestNoFeedback(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + " feedback=no")
		s.AdvanceTo(on(27, 10, 0))
		s.lacks("the announcement", s.announcement(id), "very good")
		s.says("feedback all the same", s.does(ada, "event feedback "+id+" 5"), "ask for no feedback")
	})
}
