package mattermost

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// standing is one of two processes that share a store and a team.
type standing struct {
	*bottest.Frozen
	*bot.Bot
	chat *Chat
}

// listens tells whether the adapter runs: it holds a socket, and takes callbacks.
func (p *standing) listens() bool {
	p.chat.mu.Lock()
	defer p.chat.mu.Unlock()
	return p.chat.receive != nil
}

// callback is what the server is answered that calls this process.
func (p *standing) callback(t *testing.T, s *server) int {
	t.Helper()
	s.mu.Lock()
	form := "command=%2Fhello&user_id=" + adaID + "&channel_id=" + dataID + "&channel_name=data&trigger_id=t" + s.newID()
	for _, cmd := range s.commands {
		form += "&token=" + cmd.Token
	}
	s.mu.Unlock()
	r := httptest.NewRequest(http.MethodPost, commandPath, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.chat.Routes().ServeHTTP(w, r)
	return w.Code
}

// greeting is a feature with one command.
type greeting struct{}

func (greeting) Alarms() map[string]bot.AlarmKind { return nil }
func (greeting) Rows() []bot.Row {
	return []bot.Row{{Name: "hello", Summary: "Count", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
		tx.Show(bot.Notice{Room: c.Room, Key: "hello", Post: bot.Say("hello")})
		return bot.Answer("hello"), nil
	}}}
}

// Only the active process holds a socket and takes callbacks. One that was
// stopped and wakes up lets go of both, and changes nothing.
func TestStandby(t *testing.T) {
	s := newServer(t)
	store := bottest.NewStore()
	start := func() *standing {
		chat, err := New(s.chat.o)
		if err != nil {
			t.Fatal(err)
		}
		p := &standing{Frozen: &bottest.Frozen{Store: store}, chat: chat}
		pace := bot.DefaultPace
		pace.Active = time.Second
		if p.Bot, err = bot.New(bot.Config{Store: p.Frozen, Chats: []bot.Chat{chat}, Features: []bot.Feature{greeting{}}, Pace: pace, Log: slog.New(slog.DiscardHandler)}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		t.Cleanup(func() {
			p.Thaw()
			stop()
			if err := <-ended; err != nil {
				t.Errorf("a process ended with %v", err)
			}
		})
		return p
	}
	until := func(what string, done func() bool) {
		t.Helper()
		late := time.After(3 * patience)
		for !done() {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-late:
				t.Fatalf("waited in vain: %s", what)
			}
		}
	}
	hellos := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.hellos
	}
	first := start()
	until("the first acts", func() bool { return first.listens() && hellos() == 1 })
	second := start()
	if code := first.callback(t, s); code != http.StatusOK {
		t.Errorf("the active process answers a command with %d", code)
	}
	if code := second.callback(t, s); code != http.StatusServiceUnavailable || second.listens() {
		t.Errorf("the one that stands by answers a command with %d", code)
	}

	first.Freeze()
	until("the second takes over", func() bool { return second.Ready() == nil && second.listens() && hellos() == 2 })
	if code := second.callback(t, s); code != http.StatusOK {
		t.Errorf("the new one answers a command with %d", code)
	}
	first.Thaw()
	until("the first lets go", func() bool { return first.Ready() != nil && !first.listens() })
	if code := first.callback(t, s); code != http.StatusServiceUnavailable {
		t.Errorf("the one that woke up answers a command with %d", code)
	}
	until("one post stands", func() bool { return len(s.Posts()) == 1 })
	if second.Ready() != nil || hellos() != 2 {
		t.Errorf("the second acts: %v, after %d hellos", second.Ready() == nil, hellos())
	}
}
