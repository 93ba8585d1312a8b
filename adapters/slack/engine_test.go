package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// parrot is a feature that keeps what is said in #data and says it again, as
// data hours do: a post for each message that stands, with its last words and
// with who reacted.
type parrot struct{}

// heardWords is a message as parrot keeps it.
type heardWords struct {
	ID      bot.MessageID
	Text    string
	Rev     string
	Gone    bool
	Reacted []string
}

func (h *heardWords) Key() string         { return "heardwords/" + string(h.ID) }
func (h *heardWords) Kind() (string, int) { return "heardwords", 1 }
func (h *heardWords) Index() []string     { return []string{"heardwords"} }

func (parrot) Alarms() map[string]bot.AlarmKind { return nil }

func (parrot) Rows() []bot.Row {
	return []bot.Row{{Name: "listen", Summary: "Keep what is said", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
		tx.Listen(c.Room)
		return bot.Answer("Listening"), nil
	}}, {Name: "hello", Summary: "Answer", Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) { return bot.Answer("Hello"), nil }},
		{Name: "decide", Summary: "For organisers", Who: bot.Organisers, Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) { return bot.Answer("Decided"), nil }}}
}

func (parrot) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	h := heardWords{ID: in.Message}
	if _, err := tx.Get(ctx, h.Key(), &h); err != nil || h.Gone {
		return err
	}
	reaction := string(in.From) + " " + in.Reaction
	switch in.Kind {
	case bot.Deleted:
		h.Gone = true
	case bot.Message, bot.Edited:
		if h.Text != "" && in.Rev <= h.Rev {
			return nil
		}
		h.Text, h.Rev = in.Text, in.Rev
	case bot.Reacted:
		if slices.Contains(h.Reacted, reaction) {
			return nil
		}
		h.Reacted = append(h.Reacted, reaction)
	case bot.Unreacted:
		h.Reacted = slices.DeleteFunc(h.Reacted, func(r string) bool { return r == reaction })
	default:
		return nil
	}
	tx.Put(&h)
	key := bot.Key("again/" + in.Message.Rest())
	switch {
	case h.Gone:
		tx.Retract(in.Room, key)
	case h.Text != "": // a reaction may come before its message
		tx.Show(bot.Notice{Room: in.Room, Key: key, Post: bot.Say(again(h.Text, len(h.Reacted)))})
	}
	return nil
}

func again(text string, reactions int) string { return fmt.Sprintf("again: %s (%d)", text, reactions) }

// stage is a workspace with the real engine at work in it, in a bubble of time.
type stage struct {
	*testing.T
	*fakeSlack
	store    *bottest.Memory
	interval time.Duration // of pings
	network  *pipes
	log      *lockedBuffer
	want     map[bot.MessageID]*wanted // what stands of what people said
	process
}

type wanted struct {
	text    string
	reacted bool
}

// process is one that runs, until it is stopped or killed.
type process struct {
	stop func()
	kill func()
}

func newStage(t *testing.T, interval time.Duration) *stage {
	network := newPipes()
	s := &stage{T: t, fakeSlack: newFakeOn(t, network), store: bottest.NewStore(), interval: interval, network: network, log: &lockedBuffer{}, want: map[bot.MessageID]*wanted{}}
	s.patience, s.pageSize = time.Hour, 200
	s.start()
	s.answered(s.command("listen"))
	return s
}

// start runs a process and waits until it is connected.
func (s *stage) start() {
	o := s.options()
	o.PingInterval = s.interval
	chat, alive := newChat(s.T, o), &lifeline{Store: s.store, network: s.network}
	chat.http.DialBy(alive.dial)
	b, err := bot.New(bot.Config{Store: alive, Chats: []bot.Chat{chat}, Features: []bot.Feature{parrot{}}, Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Organisers: map[string][]bot.UserID{"defra": {"defra:U0GRACE"}}})
	if err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, before := make(chan struct{}), s.socketsMade()
	go func() { defer close(ended); _ = b.Run(ctx) }()
	s.process = process{stop: func() {
		cancel()
		<-ended
		chat.http.CloseIdleConnections()
	}}
	s.process.kill = func() {
		alive.end()
		s.stop()
	}
	s.await("it connects", func() bool { return s.dials > before && len(s.sockets) > 0 })
}

// lifeline is what a process has to the world: its store and its network. When
// it is killed, what is on its way arrives and nothing else does.
type lifeline struct {
	bot.Store
	network *pipes
	dead    atomic.Bool
	mu      sync.Mutex
	conns   []net.Conn
}

// Exclusive is how the store says that no other process uses it.
func (l *lifeline) Exclusive() {}

func (l *lifeline) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if l.dead.Load() {
		return 0, net.ErrClosed
	}
	return l.Store.Commit(ctx, m, b)
}

func (l *lifeline) Due(ctx context.Context, m bot.Moment, lease time.Duration, most int) ([]bot.Alarm, time.Time, error) {
	if l.dead.Load() {
		return nil, time.Time{}, net.ErrClosed
	}
	return l.Store.Due(ctx, m, lease, most)
}

func (l *lifeline) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.dead.Load() {
		return nil, net.ErrClosed
	}
	conn, err := l.network.dial(ctx, network, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, conn)
	return conn, err
}

func (l *lifeline) end() {
	l.dead.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c != nil {
			_ = c.Close()
		}
	}
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

func (s *stage) reacts(id bot.MessageID, on bool) {
	s.want[id].reacted = on
	s.React(id, on)
}

// settled waits until exactly that stands which should: what is kept of what
// people said, and a post for each, once, with its last words.
func (s *stage) settled() {
	s.Helper()
	var posts []string
	for _, w := range s.want {
		n := 0
		if w.reacted {
			n = 1
		}
		posts = append(posts, again(w.text, n))
	}
	slices.Sort(posts)
	stand := func() []string {
		var all []string
		for _, m := range s.messages {
			if m.BotID != "" {
				all = append(all, m.Text)
			}
		}
		slices.Sort(all)
		return all
	}
	defer func() {
		if s.Failed() {
			s.Logf("these differ: %q\nthese stand: %q\nwant these: %q\nthe log:\n%s", s.differing(), stand(), posts, s.log)
		}
	}()
	s.await("what should stand", func() bool { return slices.Equal(stand(), posts) && len(s.differing()) == 0 })
}

// differing are the messages that parrot has not as they are wanted.
func (s *stage) differing() (all []string) {
	missing := maps.Clone(s.want)
	for after := ""; ; {
		records, err := s.store.List(context.Background(), "heardwords", after, 1000)
		if err != nil {
			s.Fatal(err)
		}
		for _, rec := range records {
			var h heardWords
			if err := json.Unmarshal(rec.Value, &h); err != nil {
				s.Fatal(err)
			}
			w := missing[h.ID]
			delete(missing, h.ID)
			if h.Gone && w != nil || !h.Gone && (w == nil || h.Text != w.text || len(h.Reacted) > 0 != w.reacted) {
				all = append(all, string(rec.Value))
			}
		}
		if len(records) == 0 {
			break
		}
		after = records[len(records)-1].Key
	}
	for _, w := range missing {
		all = append(all, "not heard: "+w.text)
	}
	return all
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
		case <-time.After(time.Second): // what is in the store tells nobody
		case <-late:
			f.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// answered waits until a command is acknowledged.
func (f *fakeSlack) answered(id string) {
	f.t.Helper()
	f.await("the answer to "+id, func() bool {
		return slices.ContainsFunc(f.acks, func(a map[string]any) bool { return a["envelope_id"] == id })
	})
}

// React adds or takes back Grace's reaction.
func (f *fakeSlack) React(id bot.MessageID, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	channel, ts := readMessage(id)
	kind := "reaction_removed"
	f.message(channel, ts).Reacted = nil
	if on {
		kind = "reaction_added"
		f.message(channel, ts).Reacted = []map[string]any{{"name": "tada", "users": []string{"U0GRACE"}, "count": 1}}
	}
	f.emit(map[string]any{"type": kind, "user": "U0GRACE", "reaction": "tada", "event_ts": f.ts(), "item": map[string]any{"type": "message", "channel": channel, "ts": ts}})
}
