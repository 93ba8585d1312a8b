package bot_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestCreditShowsWhatWasAgreed(t *testing.T) {
	ada := bot.Person{User: "north:ada", Name: "Ada Byron", Role: "Analyst", Organisation: "Rivers Trust"}
	for name, c := range map[string]struct {
		credit bot.Credit
		now    bot.Shown
		want   string
	}{
		"nothing said anywhere":             {bot.Credit{}, bot.Unasked, ""},
		"in general by name":                {bot.Credit{}, bot.ByName, "Ada Byron"},
		"by name for this, nothing general": {bot.Credit{As: bot.ByName}, bot.Unasked, "Ada Byron"},
		"by name for this, later by role":   {bot.Credit{As: bot.ByName}, bot.ByRole, "Analyst, Rivers Trust"},
		"by name for this, later not":       {bot.Credit{As: bot.ByName, Chose: bot.ByRole}, bot.NotAtAll, ""},
		"by name for this, had said not":    {bot.Credit{As: bot.ByName, Chose: bot.NotAtAll}, bot.NotAtAll, "Ada Byron"},
		"not for this, later by name":       {bot.Credit{As: bot.NotAtAll}, bot.ByName, ""},
		"by role for this, later by name":   {bot.Credit{As: bot.ByRole, Chose: bot.NotAtAll}, bot.ByName, "Analyst, Rivers Trust"},
	} {
		ada.Shown = c.now
		if got, shown := c.credit.Name(ada); got != c.want || shown != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", name, got, shown, c.want)
		}
	}
}

func TestContributionsAreRecordedOnceAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{})
		do := func(f func(tx *bot.Tx)) {
			t.Helper()
			if err := h.Do(func(_ context.Context, tx *bot.Tx) error { f(tx); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		between := func(from, to time.Time) []bot.Contribution {
			t.Helper()
			all, err := bot.Contributions(t.Context(), h.Bot.View(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		start := h.Now()
		do(func(tx *bot.Tx) {
			tx.Credit(bot.Contribution{Who: "north:ada", What: bot.Hosting, About: "hour/7k2f"})
			tx.Credit(bot.Contribution{Who: bot.Nobody("north"), What: bot.Hosting, About: "hour/7k2f"})
		})
		h.Advance(20 * 24 * time.Hour) // into the next month
		do(func(tx *bot.Tx) {
			tx.Credit(bot.Contribution{Who: "north:ada", What: bot.Hosting, About: "hour/7k2f", At: start, Title: "Ponds"})
			tx.Credit(bot.Contribution{Who: "north:bob", What: bot.Helping, About: "thanks/x", By: "north:ada", Words: "with <!user:north:cyd>"})
		})
		if all := between(start, h.Now().Add(1)); len(all) != 2 || all[0].Title != "Ponds" || all[1].Who != "north:bob" {
			t.Fatalf("recorded: %+v", all)
		}
		if all := between(start.Add(1), h.Now()); len(all) != 0 {
			t.Fatalf("between them: %+v", all)
		}
		erase := func(u bot.UserID) {
			t.Helper()
			if err := h.Do(func(ctx context.Context, tx *bot.Tx) error { _, err := tx.EraseContributions(ctx, u); return err }); err != nil {
				t.Fatal(err)
			}
		}
		erase("north:cyd")
		if all := between(start, h.Now().Add(1)); all[1].Words != "with somebody" {
			t.Errorf("the words are %q", all[1].Words)
		}
		erase("north:ada")
		if all := between(start, h.Now().Add(1)); len(all) != 1 || all[0].By != "" || all[0].Words != "" {
			t.Errorf("left: %+v", all)
		}
		do(func(tx *bot.Tx) { tx.Uncredit("north:bob", bot.Helping, "thanks/x") })
		if all, err := bot.ContributionsOf(t.Context(), h.Bot.View(), ""); err != nil || len(all) != 0 {
			t.Errorf("taken back: %+v, %v", all, err)
		}
	})
}
