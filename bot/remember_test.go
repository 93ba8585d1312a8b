package bot_test

import (
	"context"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// What is remembered of a caller never decides: whatever changed meanwhile, a
// command is committed from what the store has, and shows what was saved before.
func TestACommandDecidesFromWhatIsStored(t *testing.T) {
	const grace = bot.UserID("north:grace")
	rows := []bot.Row{
		{Name: "note", Summary: "Note the role", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			_, err := add(ctx, tx, "by "+c.Person.Role)
			return bot.Answer("Noted."), err
		}},
		{Name: "tell", Summary: "Tell the role", Run: func(_ context.Context, _ *bot.Tx, c bot.Call) (bot.Reply, error) {
			return bot.Answer("You are %s.", c.Person.Role), nil
		}},
		{Name: "become", Summary: "Change the role", Args: []bot.Arg{{Name: "role"}}, Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			c.Person.Role = c.Args.Get("role")
			return bot.Answer("Saved."), tx.ChangePerson(ctx, c.Person, "")
		}},
		{Name: "leave", Summary: "Be forgotten", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			tx.Delete(c.Person.Key())
			return bot.Answer("Gone."), nil
		}},
	}
	bubble(t, &lab{rows: rows}, bottest.Config{}, func(h *bottest.Harness) {
		tells := func(want string) {
			h.Helper()
			if got := h.Command(grace, data, "tell").Post.Text; got != want {
				h.Errorf("got %q, want %q", got, want)
			}
		}
		h.Command(grace, data, "become analyst")
		tells("You are analyst.")
		h.Command(grace, data, "become engineer")
		tells("You are engineer.")
		h.Command(grace, data, "leave")
		tells("You are .") // whose name is kept again
		tells("You are .")

		// As a process does that was active for a moment in between.
		behind := bot.Record{Key: "person/north:grace", Kind: "person", Version: 1, Rev: bot.Any, Value: []byte(`{"user":"north:grace","name":"Grace","role":"pilot"}`)}
		if _, err := h.Store.Commit(t.Context(), bot.Moment{Now: h.Now(), Wall: time.Now()}, bot.Batch{Put: []bot.Record{behind}}); err != nil {
			t.Fatal(err)
		}
		h.Command(grace, data, "note")
		if pilot, nobody := count(h, "by pilot"), count(h, "by "); pilot != 1 || nobody != 0 {
			h.Errorf("noted %d times as pilot and %d times as before, want 1 and 0", pilot, nobody)
		}
		tells("You are pilot.")
	})
}
