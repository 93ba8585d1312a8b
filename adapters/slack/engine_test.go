package slack

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// quick is an adapter on a platform without rates, so that nobody has to wait.
type quick struct{ *Chat }

func (quick) Limits() bot.Limits { return bot.Limits{} }

// echo is a feature that shows what it is told to, and keeps what is said in #data.
type echo struct{}

// heardWords is a message as echo keeps it.
type heardWords struct {
	ID   bot.MessageID
	Text string
	Rev  string
	Gone bool
}

func (h *heardWords) Key() string         { return "heardwords/" + string(h.ID) }
func (h *heardWords) Kind() (string, int) { return "heardwords", 1 }
func (h *heardWords) Index() []string     { return []string{"heardwords"} }

func (echo) Alarms() map[string]bot.AlarmKind { return nil }

func (echo) Rows() []bot.Row {
	return []bot.Row{{Name: "echo", Summary: "Show words", Args: []bot.Arg{{Name: "key", Required: true}, {Name: "text", Kind: bot.Rest, Required: true}},
		Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			tx.Show(bot.Notice{Room: c.Room, Key: bot.Key(c.Args.Get("key")), Post: bot.Say(bot.Plain(c.Args.Get("text")))})
			return bot.Answer("Kept %s", c.Args.Get("key")), nil
		}}, {Name: "listen", Summary: "Keep what is said", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
		tx.Listen(c.Room)
		return bot.Answer("Listening"), nil
	}}}
}

func (echo) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	if in.Kind != bot.Message && in.Kind != bot.Edited && in.Kind != bot.Deleted {
		return nil
	}
	h := heardWords{ID: in.Message}
	if _, err := tx.Get(ctx, h.Key(), &h); err != nil {
		return err
	}
	switch {
	case in.Kind == bot.Deleted:
		h.Gone = true
	case h.Text == "" || in.Rev > h.Rev:
		h.Text, h.Rev = in.Text, in.Rev
	}
	tx.Put(&h)
	return nil
}

// The whole way, with the real engine: commands through the socket, posts through
// the Web API that fails in every way, sockets that are cut, and the program
// started again in between. In the end each post stands once with its last words,
// and what people said is there with its last words.
func TestWithTheEngine(t *testing.T) {
	f := newFake(t)
	f.breaks = true
	store := bottest.NewStore()
	log := &lockedBuffer{}
	start := func() func() {
		ctx, stop := context.WithCancel(context.Background())
		b, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{quick{newChat(t, f.options())}}, Features: []bot.Feature{echo{}}, Log: slog.New(slog.NewTextHandler(log, nil)),
			Pace: bot.Pace{Window: 2 * time.Second, Grace: 200 * time.Millisecond, HoldBack: 10 * time.Millisecond, EditEvery: time.Millisecond, Active: time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		before := f.socketsMade()
		go func() { defer close(ended); _ = b.Run(ctx) }()
		f.await("it connects", func() bool { return f.dials > before && len(f.sockets) > 0 })
		return func() { stop(); <-ended; f.Cut() }
	}
	end := start()
	f.answered(f.command("listen"))
	said := map[string]bot.MessageID{}
	for i := range 4 {
		f.Next(bottest.FailsAfter, bottest.NoAnswer, bottest.FailsBefore)
		f.answered(f.command(fmt.Sprintf("echo k%d first words", i)))
		text := fmt.Sprintf("said %d", i)
		said[text] = f.Say("", text)
		if i == 1 { // what is said and done while nobody is there is caught up
			f.Cut()
			f.Change(said["said 0"], "said 0, changed")
			said["in between"] = f.Say(said["said 1"], "in between")
			f.await("it is back", func() bool { return len(f.sockets) > 0 })
		}
		if i == 2 {
			end()
			said["while it was off"] = f.Say("", "while it was off")
			end = start()
		}
		f.answered(f.command(fmt.Sprintf("echo k%d last words %d", i, i)))
	}
	defer func() { end() }()
	f.await("each post stands once", func() bool {
		words := map[string]int{}
		for _, m := range f.messages {
			if m.BotID == "B0BOT" {
				words[m.Text]++
			}
		}
		for i := range 4 {
			if words[fmt.Sprintf("last words %d", i)] != 1 {
				return false
			}
		}
		return len(words) == 4
	})
	final := func() string {
		var out []string
		records, err := store.List(t.Context(), "heardwords", "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range records {
			out = append(out, string(rec.Value))
		}
		return strings.Join(out, "\n")
	}
	defer func() {
		if t.Failed() {
			t.Logf("kept:\n%s\nthe log:\n%s", final(), log)
		}
	}()
	f.await("all that was said", func() bool {
		all := final()
		for text := range said {
			if strings.Count(all, `"`+strings.Replace(text, "said 0", "said 0, changed", 1)+`"`) != 1 {
				return false
			}
		}
		return true
	})
}

func (f *fakeSlack) socketsMade() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dials
}

// await waits for what must come. done runs under the fake's lock.
func (f *fakeSlack) await(what string, done func() bool) {
	f.t.Helper()
	late := time.After(f.patience)
	for {
		f.mu.Lock()
		ok, changed := done(), f.acked
		f.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Millisecond): // what is in the store tells nobody
		case <-late:
			var stand []string
			for _, p := range f.Posts() {
				stand = append(stand, p.Words)
			}
			f.t.Fatalf("waited in vain: %s; these stand: %q", what, stand)
		}
	}
}

// answered waits until a command is acknowledged.
func (f *fakeSlack) answered(id string) {
	f.t.Helper()
	f.await("the answer to "+id, func() bool {
		for _, a := range f.acks {
			if a["envelope_id"] == id {
				return true
			}
		}
		return false
	})
}
