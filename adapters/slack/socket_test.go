package slack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// Trap 1 of slack-go: what is not understood is acknowledged all the same, by the
// id of its envelope, or Slack would send it again and count it as a failure.
func TestUnknownEnvelopesAreAcknowledged(t *testing.T) {
	r := running(t, nil)
	for name, id := range map[string]string{
		"unknown event":        r.sendsEvent(map[string]any{"type": "brand_new_event", "thing": []int{1}}),
		"event of odd types":   r.sendsEvent(map[string]any{"type": "message", "channel": 7, "ts": []string{"x"}}),
		"no event at all":      r.sends("events_api", "a string"),
		"unknown envelope":     r.sends("brand_new", map[string]any{}),
		"unknown interaction":  r.sends("interactive", map[string]any{"type": "brand_new"}),
		"odd interaction":      r.sends("interactive", []int{1}),
		"message without a ts": r.sendsEvent(map[string]any{"type": "message", "channel": "C0DATA", "user": "U0ADA", "text": "x"}),
	} {
		if got := r.ack(id); got["payload"] != nil {
			t.Errorf("%s was answered with %v", name, got["payload"])
		}
	}
	r.mu.Lock()
	r.frame([]byte("no JSON"))
	r.mu.Unlock()
	r.Say("", "still listening")
	r.hearsText("still listening")
}

// A message is acknowledged when it is stored and not before.
func TestAcknowledgedWhenStored(t *testing.T) {
	r := running(t, nil)
	tried, stored := make(chan int, 100), make(chan struct{})
	n := 0
	r.answers(func(bot.Inbound) (bot.Reply, error) {
		n++
		tried <- n
		select {
		case <-stored:
			return bot.Reply{}, nil
		default:
			return bot.Reply{}, errors.New("the store is away")
		}
	})
	id := r.sendsEvent(map[string]any{"type": "message", "channel": "C0DATA", "user": "U0ADA", "text": "keep", "ts": "1700000000.000100"})
	<-tried
	<-tried
	r.mu.Lock()
	early := len(r.acks)
	r.mu.Unlock()
	if early != 0 {
		t.Error("acknowledged before it was stored")
	}
	close(stored)
	r.ack(id)
}

// Trap 2: when Slack says goodbye the next socket is opened beside the old one,
// and what still comes on the old one is heard. The gap is reported all the same.
func TestGoodbyeOverlaps(t *testing.T) {
	r := running(t, nil)
	r.mu.Lock()
	old := r.sockets[0]
	r.frame([]byte(`{"type":"disconnect","reason":"warning"}`))
	r.mu.Unlock()
	r.untilSlack("the next socket", func(f *fakeSlack) bool { return f.dials == 2 })
	r.until("the gap", func() bool { return r.gaps == 2 })
	r.mu.Lock()
	newest := r.sockets
	r.sockets = r.sockets[:1]
	r.fakeSlack.says(&fakeMessage{Channel: "C0DATA", User: "U0ADA", Text: "on the old one"})
	r.sockets = newest
	r.mu.Unlock()
	r.hearsText("on the old one")
	_ = old.CloseNow()
	r.Say("", "on the new one")
	r.hearsText("on the new one")
	if n := r.called("apps.connections.open"); n != 2 {
		t.Errorf("%d sockets were opened", n)
	}
}

// What people said in the gap is heard before what they say after it; a command
// does not wait for that.
func TestGapComesFirst(t *testing.T) {
	r := running(t, nil)
	r.Say("", "before")
	r.hearsText("before")
	caught, missed := make(chan struct{}), bot.Inbound{}
	r.hear.Lock()
	r.catchUp = func() {
		<-caught
		_, _ = r.receive(r.window(), missed)
	}
	missed.Text = "missed"
	r.hear.Unlock()
	r.Cut()
	r.untilSlack("the next socket", func(f *fakeSlack) bool { return f.dials == 2 && len(f.sockets) == 1 })
	r.Say("", "after")
	r.ack(r.command("datahour list"))
	r.hear.Lock()
	for _, in := range r.heard {
		if in.Text == "after" {
			t.Error("heard before what was missed")
		}
	}
	r.hear.Unlock()
	close(caught)
	r.hearsText("after")
	r.until("the missed one first", func() bool {
		for _, in := range r.heard {
			if in.Text == "missed" {
				return true
			}
			if in.Text == "after" {
				return false
			}
		}
		return false
	})
}

// Trap 3: a dead token or a wrong address ends Run with words that say what to do.
func TestRunEndsWhenRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *fakeSlack)
		words string
	}{
		"bot token":    {func(f *fakeSlack) { f.dead[botToken] = true }, "does not accept the token"},
		"app token":    {func(f *fakeSlack) { f.dead[appToken] = true }, "does not accept the token"},
		"wrong place":  {func(f *fakeSlack) { f.notFound = true }, "404"},
		"lacks scopes": {func(f *fakeSlack) { f.errors["auth.test"] = []string{"missing_scope"} }, "lacks a scope"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			c.spoil(r.fakeSlack)
			err := r.c.Run(r.window(), r.receive, r.gap)
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A token that is revoked in mid-hour ends Run, so that it is told and tried again.
func TestRevokedWhileRunning(t *testing.T) {
	r := running(t, nil)
	r.mu.Lock()
	r.dead[appToken] = true
	r.mu.Unlock()
	r.Cut()
	err := <-r.ended
	r.ended <- err
	if err == nil || !strings.Contains(err.Error(), "does not accept the token") {
		t.Errorf("ended with %v", err)
	}
}

// A connection that cannot be opened is tried again.
func TestConnectsAgain(t *testing.T) {
	r := newRig(t, nil)
	r.errors["socket"] = []string{"no", "no"}
	r.errors["apps.connections.open"] = []string{"internal_error"}
	r.run()
	r.until("it connects", func() bool { return r.gaps == 1 })
	if n := r.called("apps.connections.open"); n != 4 {
		t.Errorf("%d tries", n)
	}
}

// Trap 8: a server that never pings but answers pings is alive.
func TestServerThatNeverPings(t *testing.T) {
	r := running(t, func(o *Options) { o.PingInterval = time.Second })
	r.untilSlack("pings for longer than the interval", func(f *fakeSlack) bool { return f.pings >= 5 })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dials != 1 {
		t.Errorf("%d sockets were opened, want one", r.dials)
	}
}

// A socket that dies without a word is noticed and replaced.
func TestSilentSocket(t *testing.T) {
	r := newRig(t, func(o *Options) { o.PingInterval = 30 * time.Millisecond })
	r.mute = true
	r.run()
	r.untilSlack("the second socket", func(f *fakeSlack) bool {
		f.mute = f.dials < 2
		return f.dials >= 2
	})
	r.until("the gap", func() bool { return r.gaps >= 2 })
}

// Trap 4: a panic ends nothing but the deed, and is not handed on for ever.
func TestPanicsAreContained(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		if strings.Contains(in.Text, "boom") {
			panic("secret words of a person")
		}
		return bot.Reply{}, nil
	})
	r.Say("", "boom")
	id := r.command("boom")
	r.Say("", "and on")
	r.hearsText("and on")
	payload, _ := r.ack(id)["payload"].(map[string]any)
	if words, _ := payload["text"].(string); !strings.Contains(words, "nothing was changed") {
		t.Errorf("the command was answered with %v", payload)
	}
	if log := r.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "secret words") {
		t.Errorf("the log says %s", log)
	}
}

// What does not fit any more while the store is away is caught up when it is back.
func TestTooMuchIsCaughtUp(t *testing.T) {
	r := running(t, nil)
	back := make(chan struct{})
	r.answers(func(bot.Inbound) (bot.Reply, error) { <-back; return bot.Reply{}, nil })
	for i := range roomBuffer + 10 {
		r.Say("", fmt.Sprint("words ", i))
	}
	r.ack(r.sendsEvent(map[string]any{"type": "brand_new_event"})) // so all before it are taken or not
	close(back)
	r.until("the room is caught up", func() bool { return slices.Contains(r.gapsIn, r.Room()) })
}

// Trap 4: what is said in a room is handed in one after another, however slow the
// core is; another room does not wait.
func TestOrderInARoom(t *testing.T) {
	r := running(t, nil)
	first := make(chan struct{})
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		if in.Text == "0" {
			<-first
		}
		return bot.Reply{}, nil
	})
	for i := range 30 {
		r.Say("", fmt.Sprint(i))
	}
	r.mu.Lock()
	r.fakeSlack.says(&fakeMessage{Channel: "C0HELP", User: "U0ADA", Text: "elsewhere"})
	r.mu.Unlock()
	r.hearsText("elsewhere")
	close(first)
	r.hearsText("29")
	r.hear.Lock()
	defer r.hear.Unlock()
	n := 0
	for _, in := range r.heard {
		if in.Room != "defra:C0DATA" {
			continue
		}
		if in.Text != fmt.Sprint(n) {
			t.Fatalf("%q came as number %d", in.Text, n)
		}
		n++
	}
}
