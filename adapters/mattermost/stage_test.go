package mattermost

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// echo is a feature that says again what people say, as data hours do: a post
// for each message that stands, with its last words and how many reacted.
type echo struct{}

type said struct {
	ID      bot.MessageID
	Text    string
	Rev     string
	Deleted bool
	Reacted []string
}

func (s *said) Key() string         { return "said/" + string(s.ID) }
func (s *said) Kind() (string, int) { return "said", 1 }
func (s *said) Index() []string     { return nil }

func (echo) Alarms() map[string]bot.AlarmKind { return nil }
func (echo) Rows() []bot.Row {
	return []bot.Row{{Name: "listen", Summary: "Listen here", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
		tx.Listen(c.Room)
		return bot.Answer("listening"), nil
	}}}
}

func (echo) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	s := said{ID: in.Message}
	if _, err := tx.Get(ctx, s.Key(), &s); err != nil || s.Deleted {
		return err
	}
	reaction := string(in.From) + " " + in.Reaction
	switch in.Kind {
	case bot.Deleted:
		s.Deleted = true
	case bot.Message, bot.Edited:
		if s.Text != "" && in.Rev <= s.Rev {
			return nil
		}
		s.Text, s.Rev = in.Text, in.Rev
	case bot.Reacted:
		if slices.Contains(s.Reacted, reaction) {
			return nil
		}
		s.Reacted = append(s.Reacted, reaction)
	default:
		return nil
	}
	tx.Put(&s)
	switch key := bot.Key("echo/" + in.Message.Rest()); {
	case s.Deleted:
		tx.Retract(in.Room, key)
	case s.Text != "": // a reaction may come before its message
		tx.Show(bot.Notice{Room: in.Room, Key: key, Post: bot.Say(again(s.Text, len(s.Reacted)))})
	}
	return nil
}

func again(text string, reactions int) string { return fmt.Sprintf("again: %s (%d)", text, reactions) }

// stage is a server with the real engine at work on it, in a bubble of time.
type stage struct {
	*testing.T
	*server
	here  *bottest.Network
	store *bottest.Memory
	ping  time.Duration
	want  map[bot.MessageID]*wanted // what stands of what people said
	line  *bottest.Lifeline         // of the process that runs
	stop  func()
}

type wanted struct {
	text    string
	reacted bool
}

func newStage(t *testing.T, ping time.Duration) *stage {
	here := bottest.NewNetwork("chat.test:80")
	s := &stage{T: t, server: newServerOn(t, here, bottest.NewNetwork("bot.test:80")), here: here, store: bottest.NewStore(), ping: ping, want: map[bot.MessageID]*wanted{}}
	s.patience = time.Hour
	s.start()
	s.Command("listen")
	return s
}

// start runs a process and waits until it is connected.
func (s *stage) start() {
	s.Helper()
	s.connect(func(o *Options) { o.Ping = s.ping })
	chat := s.chat
	s.line = bottest.NewLifeline(s.store, s.here.Dial)
	chat.http.DialBy(s.line.Dial)
	b, err := bot.New(bot.Config{Store: s.line, Chats: []bot.Chat{chat}, Features: []bot.Feature{echo{}}, Log: slog.New(slog.NewTextHandler(s.logs, nil))})
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, before := make(chan struct{}), s.sockets()
	go func() { defer close(ended); _ = b.Run(ctx) }()
	s.stop = func() {
		cancel()
		<-ended
		chat.http.CloseIdleConnections()
	}
	s.until(s.T, func() string {
		if s.sockets() == before || !chat.running() || s.called("POST /commands") == 0 {
			return "it does not connect"
		}
		return ""
	})
}

// kill ends the process as kill -9 does.
func (s *stage) kill() {
	s.line.Cut()
	s.stop()
}

func (c *Chat) running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receive != nil
}

// sockets is how many have been opened.
func (s *server) sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hellos + s.resumes
}

// What people do, and what should stand of it.

func (s *stage) says(thread bot.MessageID, text string) bot.MessageID {
	id := s.Say(thread, text)
	s.want[id] = &wanted{text: text}
	return id
}

func (s *stage) changes(id bot.MessageID, text string) {
	s.want[id].text = text
	s.Change(id, text)
}

func (s *stage) removes(id bot.MessageID) {
	delete(s.want, id)
	s.Remove(id)
}

func (s *stage) reacts(id bot.MessageID) {
	if !s.want[id].reacted {
		s.want[id].reacted = true
		s.react(id, adaID, "tada")
	}
}

// settled waits until exactly that stands which should: a post for each message,
// once, with its last words.
func (s *stage) settled() {
	s.Helper()
	var want []string
	for _, w := range s.want {
		n := 0
		if w.reacted {
			n = 1
		}
		want = append(want, again(w.text, n))
	}
	slices.Sort(want)
	s.until(s.T, func() string {
		var stand []string
		for _, p := range s.Posts() {
			stand = append(stand, p.Words)
		}
		slices.Sort(stand)
		if slices.Equal(stand, want) {
			return ""
		}
		return fmt.Sprintf("stand:\n%s\nwant:\n%s\nthe log:\n%s", strings.Join(stand, "\n"), strings.Join(want, "\n"), s.log())
	})
}

// until waits until wrong has nothing to say any more.
func (s *server) until(t *testing.T, wrong func() string) {
	t.Helper()
	late := time.After(3 * s.patience)
	again := time.NewTicker(20 * time.Millisecond) // not everything is a call
	defer again.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		words := wrong()
		if words == "" {
			return
		}
		select {
		case <-changed:
		case <-again.C:
		case <-late:
			t.Fatalf("waited in vain: %s", words)
		}
	}
}
