package mattermost

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// patience is how long tests wait for what must come. Nothing is measured with it.
const patience = 20 * time.Second

// ear runs a bot and hears what it hands in.
type ear struct {
	t      *testing.T
	answer func(bot.Inbound) (bot.Reply, error) // nil: nothing to say

	caughtUp func() // nil: nothing is caught up

	mu      sync.Mutex
	changed chan struct{}
	heard   []bot.Inbound
	gaps    int          // of all rooms
	behind  []bot.RoomID // single rooms with one
	ended   chan error
	stop    context.CancelFunc
}

// listen runs the bot until the test ends, and waits until it is connected.
func listen(t *testing.T, s *server, answer func(bot.Inbound) (bot.Reply, error)) *ear {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	e := &ear{t: t, answer: answer, changed: make(chan struct{}), ended: make(chan error, 1), stop: stop}
	go func() { e.ended <- s.chat.Run(ctx, e.receive, e.gap) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-e.ended:
		case <-time.After(patience):
			t.Error("Run does not end")
		}
	})
	e.until("it connects", func() bool { return e.gaps > 0 })
	return e
}

func (e *ear) receive(_ context.Context, in bot.Inbound) (bot.Reply, error) {
	var reply bot.Reply
	var err error
	if e.answer != nil {
		reply, err = e.answer(in)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.heard = append(e.heard, in)
	}
	e.tell()
	return reply, err
}

func (e *ear) gap(room bot.RoomID) {
	if e.caughtUp != nil {
		e.caughtUp()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if room == "" {
		e.gaps++
	} else {
		e.behind = append(e.behind, room)
	}
	e.tell()
}

func (e *ear) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// until waits for what must come. done runs under the lock.
func (e *ear) until(what string, done func() bool) {
	e.t.Helper()
	late := time.After(patience)
	for {
		e.mu.Lock()
		ok, changed := done(), e.changed
		e.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			e.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// hears waits for an Inbound of a kind with a text.
func (e *ear) hears(kind bot.InboundKind, text string) bot.Inbound {
	e.t.Helper()
	var got bot.Inbound
	e.until(string(kind)+" "+text, func() bool {
		i := slices.IndexFunc(e.heard, func(in bot.Inbound) bool { return in.Kind == kind && in.Text == text })
		if i >= 0 {
			got = e.heard[i]
		}
		return i >= 0
	})
	return got
}

// texts are all that was heard until now, in order.
func (e *ear) texts() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, in := range e.heard {
		all = append(all, in.Text)
	}
	return all
}

// whispered waits until something was shown to one person alone: it comes after
// what was handed in.
func (e *ear) whispered(s *server, words string) {
	e.t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if slices.ContainsFunc(s.Whispers(), func(w string) bool { return strings.Contains(w, words) }) {
			return
		}
		select {
		case <-changed:
		case <-late:
			e.t.Fatalf("nobody was told %q; told were %q", words, s.Whispers())
		}
	}
}
