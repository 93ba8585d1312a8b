package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// A hundred sockets die without a word in the middle of a conversation, and one
// at the default interval, with the real engine. Each death is noticed within the
// interval and five seconds. Of what people say, change and take back before,
// meanwhile and after nothing is lost and nothing comes twice, whether Slack sends
// again what was not acknowledged or not; and what the bot posts stands once.
func TestSilentDeaths(t *testing.T) {
	for _, c := range []struct {
		name     string
		interval time.Duration
		deaths   int
		again    bool
	}{
		{"a short interval", 2 * time.Second, 100, false},
		{"a short interval, and events come again", 2 * time.Second, 100, true},
		{"the default interval", 0, 1, false},
		{"the default interval, and events come again", 0, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silentDeaths(t, c.interval, c.deaths, c.again) })
		})
	}
}

func silentDeaths(t *testing.T, interval time.Duration, deaths int, again bool) {
	network := newPipes()
	f := newFakeOn(t, network)
	f.again, f.patience, f.pageSize = again, time.Hour, 200
	o := f.options()
	o.PingInterval = interval
	chat := newChat(t, o)
	chat.http.Transport = network.transport()
	store, log := bottest.NewStore(), &lockedBuffer{}
	b, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{chat}, Features: []bot.Feature{echo{}}, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	want := map[bot.MessageID]string{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = b.Run(ctx) }()
	defer func() {
		stop()
		<-ended
		chat.http.CloseIdleConnections()
		if t.Failed() {
			t.Logf("these differ: %q", differing(t, store, want))
			t.Logf("the log:\n%s", log)
		}
	}()
	f.await("it connects", func() bool { return len(f.sockets) > 0 })
	f.answered(f.command("listen"))

	noticed := chat.o.PingInterval + 5*time.Second
	says := func(thread bot.MessageID, text string) bot.MessageID {
		id := f.Say(thread, text)
		want[id] = text
		return id
	}
	for i := range deaths {
		before := says("", fmt.Sprint("before ", i))
		slip := says("", fmt.Sprint("a slip ", i))
		f.answered(f.command(fmt.Sprintf("echo k%d post %d", i, i)))
		f.fallSilent()
		died, dials := time.Now(), f.socketsMade()
		says(before, fmt.Sprint("meanwhile ", i))
		want[before] = fmt.Sprint("before ", i, ", changed")
		f.Change(before, want[before])
		f.Remove(slip)
		want[slip] = ""
		f.await("the next socket", func() bool { return f.dials > dials && len(f.sockets) > 0 })
		if took := time.Since(died); took > noticed {
			t.Errorf("death %d was noticed after %v", i, took)
		}
		says(before, fmt.Sprint("after ", i))
	}
	f.await("all that was said", func() bool { return len(differing(t, store, want)) == 0 })
	f.await("each post stands once", func() bool {
		n := map[string]int{}
		for _, m := range f.messages {
			if m.BotID != "" {
				n[m.Text]++
			}
		}
		for i := range deaths {
			if n[fmt.Sprint("post ", i)] != 1 {
				return false
			}
		}
		return len(n) == deaths
	})
}

// differing are the messages that echo has not as they are wanted; "" is for what was deleted.
func differing(t *testing.T, store bot.Store, want map[bot.MessageID]string) (all []string) {
	records, err := store.List(t.Context(), "heardwords", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	missing := maps.Clone(want)
	for _, rec := range records {
		var h heardWords
		if err := json.Unmarshal(rec.Value, &h); err != nil {
			t.Fatal(err)
		}
		if h.Gone {
			h.Text = ""
		}
		if text, said := missing[h.ID]; !said || h.Text != text {
			all = append(all, string(rec.Value))
		}
		delete(missing, h.ID)
	}
	return slices.AppendSeq(all, maps.Values(missing))
}
