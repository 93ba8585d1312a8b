package hours_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

// titled is a platform that says what it is called.
type titled struct {
	*bottest.Chat
	title string
}

func (c titled) Fake() *bottest.Chat                  { return c.Chat }
func (c titled) Name(context.Context) (string, error) { return c.title, nil }

// Platforms are called what they call themselves, in rooms and on the page.
func TestPlatformsByTheirOwnNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), choosing{}},
			Chats: []bot.Chat{titled{bottest.NewChat("north"), "Rivers *&* Seas"}, titled{bottest.NewChat("south"), "Charities"}}})
		h.Command(olga, data, "help") // those who are known can be asked
		if err := h.Do(func(ctx context.Context, tx *bot.Tx) error {
			tx.Put(&bot.Link{A: data, B: south, Asked: olga, Yes: oskar})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h.Command(olga, data, `datahour new "Flood data" "20 Nov 8pm" rooms=#data rooms=south:data`)
		h.Press(olga, data, "Post")
		if text := h.Posts(south)[0].Text; !strings.Contains(text, `(Rivers \*\&\* Seas) and <!room:south:data> (Charities)`) {
			t.Errorf("announced as %q", text)
		}
		h.AdvanceTo(time.Date(2026, 11, 20, 20, 0, 1, 0, time.UTC))
		h.Say(ada, data, "Hello from the sea")
		h.Advance(10 * time.Second)
		carried := h.Posts(south)
		if text := carried[len(carried)-1].Text; !strings.Contains(text, `** (Rivers \*\&\* Seas): Hello from the sea`) {
			t.Errorf("carried as %q", text)
		}
		list, err := hours.PublicList(t.Context(), h.Bot.View(), 10)
		if err != nil || len(list.Live) != 1 {
			t.Fatalf("live are %+v, %v", list, err)
		}
		page, there, err := hours.Public(t.Context(), h.Bot.View(), list.Live[0].ID)
		if err != nil || !there || !strings.Contains(strings.Join(page.Rooms, "|"), "#data (Rivers *&* Seas)|#data (Charities)") {
			t.Errorf("the page says %q, %v", page.Rooms, err)
		}
	})
}
