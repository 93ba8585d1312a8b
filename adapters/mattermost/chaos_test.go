package mattermost

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

var (
	seeds     = flag.Int("seeds", 4, "how many schedules of faults are tried")
	firstSeed = flag.Uint64("seed", 1, "the first of them")
)

// echo is a feature that says again what people say, as data hours do: a post
// for each message that stands, with its last words.
type echo struct{}

type said struct {
	ID      bot.MessageID
	Rev     string
	Deleted bool
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
	if in.Kind != bot.Message && in.Kind != bot.Edited && in.Kind != bot.Deleted {
		return nil
	}
	s := said{ID: in.Message}
	known, err := tx.Get(ctx, s.Key(), &s)
	if err != nil || s.Deleted || known && in.Kind != bot.Deleted && in.Rev <= s.Rev {
		return err
	}
	s.Rev, s.Deleted = cmp.Or(in.Rev, s.Rev), in.Kind == bot.Deleted
	tx.Put(&s)
	if key := bot.Key("echo/" + in.Message.Rest()); s.Deleted {
		tx.Retract(in.Room, key)
	} else {
		tx.Show(bot.Notice{Room: in.Room, Key: key, Post: bot.Say("again: " + bot.Plain(in.Text))})
	}
	return nil
}

// comesLate is a post that the server takes after the bot gave it up.
const comesLate bottest.Mischief = "the effect after the client gave up"

// chaosPace is the real one, thirty times as fast.
var chaosPace = bot.Pace{Window: 250 * time.Millisecond, Grace: time.Second, HoldBack: 100 * time.Millisecond, EditEvery: 10 * time.Millisecond,
	Lease: time.Second, Active: 600 * time.Millisecond, Answer: 2 * time.Second}

// Whatever goes wrong on the way, in the end every message that stands was heard,
// and every post stands once, with its last words.
func TestChaos(t *testing.T) {
	for i := range *seeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			chaos(t, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

func chaos(t *testing.T, rnd *rand.Rand) {
	s := newServer(t, func(o *Options) {
		o.Ping, o.Limits = 200*time.Millisecond, bot.Limits{RoomEvery: time.Millisecond, RoomBurst: 100, PlatformEvery: time.Millisecond, PlatformBurst: 1000, EditEvery: 10 * time.Millisecond}
	})
	store := bottest.NewStore()
	stop := runBot(t, s, store)
	s.Command("listen")

	want := map[bot.MessageID]string{}
	var ids []bot.MessageID
	ways := []bottest.Mischief{bottest.TooMany, bottest.FailsBefore, bottest.FailsAfter, bottest.NoAnswer, comesLate}
	const steps = 60
	restart := rnd.IntN(steps)
	for step := range steps {
		switch n := rnd.IntN(100); {
		case n < 50:
			text := fmt.Sprintf("words %d of it", step)
			id := s.Say("", text)
			ids = append(ids, id)
			want[id] = text
		case n < 62 && len(ids) > 0:
			if id := ids[rnd.IntN(len(ids))]; want[id] != "" {
				want[id] = fmt.Sprintf("changed %d of it", step)
				s.Change(id, want[id])
			}
		case n < 70 && len(ids) > 0:
			if id := ids[rnd.IntN(len(ids))]; want[id] != "" {
				delete(want, id)
				s.Remove(id)
			}
		case n < 84:
			s.Next(ways[rnd.IntN(len(ways))])
		case n < 88:
			s.drop()
		case n < 91:
			s.Cut()
		case n < 94:
			s.Twice()
		case n < 97:
			s.mu.Lock()
			s.skip++
			s.mu.Unlock()
		default: // history is away for a moment
			s.mu.Lock()
			s.refusals["GET /channels/{id}/posts"] = &statusError{code: 503}
			s.mu.Unlock()
			time.AfterFunc(50*time.Millisecond, func() { s.refuses("GET /channels/{id}/posts", 0, "") })
		}
		if step == restart {
			stop()
			stop = runBot(t, s, store)
		}
		if rnd.IntN(4) == 0 {
			s.settle(t, 5*time.Millisecond) // so that faults meet sends
		}
	}
	s.mu.Lock()
	s.skip, s.mischief = 0, nil
	s.mu.Unlock()
	s.Say("", "the last") // an event after one that was lost shows the gap
	var texts []string
	for _, text := range want {
		texts = append(texts, "again: "+text)
	}
	texts = append(texts, "again: the last")
	slices.Sort(texts)
	s.until(t, func() string {
		var stand []string
		for _, p := range s.Posts() {
			stand = append(stand, p.Words)
		}
		slices.Sort(stand)
		if slices.Equal(stand, texts) {
			return ""
		}
		return fmt.Sprintf("stand:\n%s\nwant:\n%s", strings.Join(stand, "\n"), strings.Join(texts, "\n"))
	})
	stop()
}

// runBot runs a process of the bot's until the function it gives is called.
func runBot(t *testing.T, s *server, store bot.Store) (stop func()) {
	t.Helper()
	b, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{s.chat}, Features: []bot.Feature{echo{}}, Pace: chaosPace, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	s.until(t, func() string {
		s.chat.mu.Lock()
		defer s.chat.mu.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.chat.receive == nil || s.conn == nil {
			return "the bot does not connect"
		}
		return ""
	})
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("the bot does not stop")
		}
	}
	t.Cleanup(stop)
	return stop
}

// settle waits for the next call, though not for long.
func (s *server) settle(t *testing.T, atMost time.Duration) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	select {
	case <-changed:
	case <-time.After(atMost):
	}
}

// until waits until wrong has nothing to say any more.
func (s *server) until(t *testing.T, wrong func() string) {
	t.Helper()
	late := time.After(3 * patience)
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
