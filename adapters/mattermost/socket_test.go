package mattermost

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// A connection that broke off is resumed: what was said meanwhile comes, once,
// and nothing has to be caught up.
func TestResumes(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	var want []string
	for round := range 5 {
		for i := range 10 {
			want = append(want, fmt.Sprint("before ", round, " ", i))
			s.Say("", want[len(want)-1])
		}
		s.drop()
		for i := range 10 {
			want = append(want, fmt.Sprint("while away ", round, " ", i))
			s.Say("", want[len(want)-1])
		}
		e.hears(bot.Message, want[len(want)-1])
	}
	if got := e.texts(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.gaps != 1 || s.hellos != 1 || s.resumes != 5 {
		t.Errorf("%d gaps, %d hellos, %d resumes; want 1, 1, 5", e.gaps, s.hellos, s.resumes)
	}
}

// More than the server keeps is a gap: a hello under a new name.
func TestTooMuchMissedIsAGap(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	s.Say("", "before")
	e.hears(bot.Message, "before")
	s.drop()
	for i := range keptEvents + 50 {
		s.Say("", fmt.Sprint("lost ", i))
	}
	e.until("a gap", func() bool { return e.gaps == 2 })
	s.Say("", "after")
	e.hears(bot.Message, "after")
}

// An event whose number was left out is a gap too, before what follows it.
func TestLostEventIsAGap(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	s.Say("", "one")
	e.hears(bot.Message, "one")
	s.mu.Lock()
	s.skip = 1
	s.mu.Unlock()
	s.Say("", "lost")
	s.Say("", "three")
	e.hears(bot.Message, "three")
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gaps != 2 {
		t.Errorf("%d gaps, want 2", e.gaps)
	}
}

// A revoked token leaves the socket open and silent: Run asks, and ends.
func TestRevokedToken(t *testing.T) {
	s := newServer(t, func(o *Options) { o.Ping = 20 * time.Millisecond })
	e := listen(t, s, nil)
	s.mu.Lock()
	s.revoked = true
	s.mu.Unlock()
	select {
	case err := <-e.ended:
		if !errors.Is(err, errRevoked) || !strings.Contains(err.Error(), "make a new one") {
			t.Errorf("Run ended with %v", err)
		}
		e.ended <- err
	case <-time.After(patience):
		t.Fatal("Run goes on with a revoked token")
	}
	_, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", bot.Say("x"))
	var send *bot.SendError
	if !errors.As(err, &send) || send.Outcome != bot.NotSent {
		t.Errorf("a post with a revoked token ends as %v, want not sent", err)
	}
	if err := s.chat.Run(t.Context(), e.receive, e.gap); !errors.Is(err, errRevoked) {
		t.Errorf("Run begins again with %v", err)
	}
}

// While the store is away everything waits, in its order, and callbacks say so.
func TestStoreAway(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	var mu sync.Mutex
	away := 3
	e := listen(t, s, func(bot.Inbound) (bot.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if away > 0 {
			away--
			return bot.Reply{}, errors.New("away")
		}
		return bot.Reply{}, nil
	})
	s.Say("", "one")
	s.Say("", "two")
	s.Say("", "three")
	e.hears(bot.Message, "three")
	if got := e.texts(); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("heard %q", got)
	}
	mu.Lock()
	away = 1
	mu.Unlock()
	if _, status := s.commandBy(adaID, "datahour list", nil); status != 503 {
		t.Errorf("a command that was not stored is answered with %d", status)
	}
}

// One event that brings a handler down does not take the others with it.
func TestPanics(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		if strings.Contains(in.Text, "bomb") {
			panic("secret-words")
		}
		return bot.Reply{}, nil
	})
	s.Say("", "bomb")
	s.Say("", "still here")
	e.hears(bot.Message, "still here")
	if _, status := s.commandBy(adaID, "datahour bomb", nil); status != 500 {
		t.Errorf("a command that fails is answered with %d", status)
	}
}
