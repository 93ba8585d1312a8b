package bottest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// kettle is a feature as small as can be: it says when the tea is ready.
type kettle struct{}

type tea struct {
	Who  bot.UserID `json:"who"`
	Cups int        `json:"cups"`
}

func (t *tea) Key() string         { return "tea" }
func (t *tea) Kind() (string, int) { return "tea", 1 }
func (t *tea) Index() []string     { return nil }

func (kettle) Rows() []bot.Row {
	return []bot.Row{
		{Name: "tea", Summary: "Put the kettle on", Form: "Tea", Args: []bot.Arg{{Name: "minutes", Kind: bot.Number, Required: true, Default: "4"}},
			Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
				wait, err := time.ParseDuration(c.Args.Get("minutes") + "m")
				if err != nil {
					return bot.Reply{}, err
				}
				tx.Put(&tea{Who: c.From})
				tx.Promise("tea", string(c.Room), tx.Now().Add(wait))
				return bot.Answer("The kettle is on."), nil
			}},
		{Name: "tea pour", Summary: "Pour a cup", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			var t tea
			if err := tx.Need(ctx, "tea", &t, "There is no tea."); err != nil {
				return bot.Reply{}, err
			}
			t.Cups++
			tx.Put(&t)
			return bot.Answer("That is cup %d.", t.Cups), nil
		}},
	}
}

func (kettle) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{"tea": {Ring: func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
		var t tea
		if err := tx.Need(ctx, "tea", &t, "There is no tea."); err != nil {
			return err
		}
		tx.Show(bot.Notice{Room: bot.RoomID(a.About()), Key: "tea", Post: bot.Post{Text: "Tea is ready, " + bot.Mention(t.Who) + ".",
			Buttons: []bot.Button{{Label: "Pour", Command: "tea pour"}, {Label: "Bake", Command: "cake"}}}})
		return nil
	}}}
}

func (kettle) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	if strings.Contains(in.Text, "no tea") {
		tx.Cancel("tea", string(in.Room))
	}
	return nil
}

func TestHarness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{kettle{}}})
		began := h.Now()
		if got := bottest.Words(h.Command("north:ada", "north:data", "tea")); !strings.Contains(got, "Minutes: 4") {
			t.Fatalf("the form is %q", got)
		}
		if got := bottest.Words(h.Submit("north:ada", "north:data", map[string]string{"minutes": "ten"})); !strings.Contains(got, "minutes: Minutes can't be") {
			t.Fatalf("a wrong number is answered with %q", got)
		}
		if got := bottest.Words(h.Submit("north:ada", "north:data", map[string]string{"minutes": "10"})); got != "The kettle is on." {
			t.Fatalf("the form is answered with %q", got)
		}
		h.Advance(9*time.Minute + 59*time.Second)
		if posts := h.Posts("north:data"); len(posts) > 0 {
			t.Fatalf("the tea is early: %+v", posts)
		}
		h.Advance(time.Second)
		if got, want := h.Post("north:data", "tea").At, began.Add(10*time.Minute); !got.Equal(want) {
			t.Errorf("tea is posted at %v, want %v", got, want)
		}
		if got, want := bottest.PostWords(h.Post("north:data", "tea").Post), "Tea is ready, <!user:north:ada>.\n[Pour]"; got != want {
			t.Errorf("the post says %q, want %q", got, want)
		}
		for range 2 {
			h.Press("north:ben", "north:data", "Pour")
		}
		h.StopBot()
		h.StartBot()
		if got := bottest.Words(h.Press("north:ben", "north:data", "Pour")); got != "That is cup 3." {
			t.Errorf("a third press after a restart is answered with %q", got)
		}
		h.Command("south:sue", "south:data", "tea 5")
		h.Say("south:sue", "south:data", "no tea please")
		h.Advance(time.Hour)
		if posts := h.Posts("south:data"); len(posts) > 0 {
			t.Errorf("the tea was cancelled, and posted: %+v", posts)
		}
		if err := h.Do(func(ctx context.Context, tx *bot.Tx) error {
			p, err := tx.Person(ctx, "north:ada")
			if p.Name != "Ada" {
				t.Errorf("ada is called %q", p.Name)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}
