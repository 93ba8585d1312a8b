package hours_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

func TestEraseAHostAndAnAuthor(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood + " hosts=<!user:north:olga>,<!user:north:ada>")
		s.Command(ada, data, "datahour sheet "+id)
		s.Command(ada, data, "datahour remind "+id)
		s.Command("north:eve", data, "datahour ask Why do the levels lie?")
		s.AdvanceTo(london(25, 20, 1))
		s.says("the queue", bottest.Words(s.Command(olga, data, "datahour next 3")), "Q1 is asked")
		s.Say(ada, data, "They do not.")
		for _, who := range []bot.UserID{ada, "north:eve"} {
			if err := s.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.Erase(ctx, who, bot.ErasedSelf) }); err != nil {
				t.Fatal(err)
			}
		}
		s.lacks("the announcement", s.post(data, id, "announcement"), "ada", "Ada")
		s.says("the question", s.post(data, id, "q/1"), "**Q1** A question whose author took it back")
		if said := s.Direct(ada); len(said) != 1 || !strings.Contains(said[0].Text, "is erased") {
			t.Errorf("in ada's direct messages stands %v, want the last word alone", said)
		}
		for item, err := range s.Store.(bot.Dumper).Dump(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if r := item.Record; r != nil && (r.Kind == "hour" || r.Kind == "remind" || r.Kind == "said") {
				if text := fmt.Sprint(string(r.Value), r.Index); strings.Contains(text, "north:ada") || strings.Contains(text, "north:eve") || strings.Contains(text, "levels lie") {
					t.Errorf("%s still has them: %s", r.Key, text)
				}
			}
		}
		s.AdvanceTo(london(25, 21, 0)) // and the hour goes on without them
		s.says("the wrap-up", s.post(data, id, "wrapup"), "That was")
	})
}

// Words that somebody put forward are on the page only as that person agreed,
// merged into another question too.
func TestMergedWordsKeepTheirAuthor(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.Command("north:eve", data, "datahour ask Why do the levels lie?")
		s.Command(olga, data, "datahour queue merge 3 1")
		s.AdvanceTo(london(25, 20, 5))
		s.says("Q1 in the room", s.post(data, id, "q/1"), "What did you last look up? / Why do the levels lie?")
		question := func() string {
			page, ok, err := hours.Public(context.Background(), s.Bot.View(), id)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			return page.Questions[0].Text
		}
		s.lacks("the page", question(), "lie")
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
			p, err := tx.Person(ctx, "north:eve")
			p.Shown = bot.ByName
			tx.Put(&p)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.says("the page after eve agreed", question(), "Why do the levels lie?")
	})
}
