package bottest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
)

// Config is what a Harness is made of; the zero value of each field has a sense.
type Config struct {
	Features   []bot.Feature
	Chats      []bot.Chat              // none: two of NewChat, "north" and "south"
	Organisers map[string][]bot.UserID // none: north:olga and south:oskar
	Defaults   bot.Community           // no name: Data People, #DataPeople, Europe/London, public pages, carrying
	Start      time.Time               // zero: Friday 20 November 2026, 12:00 GMT
	Store      bot.Store               // nil: NewStore, in the way of a store that one process opens
	Pace       bot.Pace                // zero: DefaultPace, but posts may be edited at once
	Erased     bot.ErasedList          // nil: none
	Prefix     string
	Errors     bool // the bot may log errors: the test brings them about
}

// Harness is a bot that runs on fake chats, with people to act on it. It lives
// in a bubble of testing/synctest, where hours pass in no time and everything
// that is due in them happens at its moment:
//
//	func TestReminder(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New()}})
//			h.Command("north:olga", "north:data", `datahour new "Flood data" "Wed 8pm"`)
//			h.Press("north:olga", "north:data", "Post")
//			h.AdvanceTo(time.Date(2026, 11, 25, 19, 50, 0, 0, time.UTC))
//			h.Posts("north:data") // the announcement, and the reminder in its thread
//		})
//	}
//
// What one step brings about has happened when the step returns. At the end of
// the test the bot is stopped; an error that it logged fails the test.
type Harness struct {
	*testing.T
	Bot   *bot.Bot // of the run under way
	Store bot.Store

	config  Config
	chats   map[string]*Chat
	clock   *bot.Clock
	stop    context.CancelFunc
	ended   chan error
	private map[bot.UserID]bot.Reply // the last private answer to each person
	inbound int
	probe   *probe
	log     *keptLog
}

// Start makes a bot and runs it until the test ends. Call it inside synctest.Test.
func Start(t *testing.T, c Config) *Harness {
	t.Helper()
	if time.Now().Year() > 2020 {
		t.Fatal("bottest.Start belongs inside synctest.Test, so that time is the test's own")
	}
	h := &Harness{T: t, config: c.orDefault(), chats: map[string]*Chat{}, private: map[bot.UserID]bot.Reply{}, probe: &probe{}, log: &keptLog{}}
	h.Store = h.config.Store
	h.clock = bot.NewClock(time.Until(h.config.Start))
	for _, chat := range h.config.Chats {
		if fake := fakeIn(chat); fake != nil {
			fake.now = h.clock.Now
			h.chats[fake.platform] = fake
			for _, u := range h.config.Organisers[fake.platform] {
				fake.mu.Lock()
				fake.profile(u)
				fake.mu.Unlock()
			}
		}
	}
	h.StartBot()
	t.Cleanup(func() {
		h.StopBot()
		if lines := h.log.lines(); len(lines) > 0 && !c.Errors {
			t.Errorf("the bot logged errors:\n%s", strings.Join(lines, "\n"))
		}
	})
	return h
}

func (c Config) orDefault() Config {
	if c.Start.IsZero() {
		c.Start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	}
	if c.Chats == nil {
		c.Chats = []bot.Chat{NewChat("north"), NewChat("south")}
	}
	if c.Organisers == nil {
		c.Organisers = map[string][]bot.UserID{"north": {"north:olga"}, "south": {"south:oskar"}}
	}
	if c.Defaults.Name == "" {
		c.Defaults = bot.Community{Name: "Data People", Hashtag: "DataPeople", Zone: "Europe/London",
			Policy: bot.Policy{KeepDays: 365, PublicPages: true, Carrying: true}}
	}
	if c.Store == nil {
		c.Store = exclusive{NewStore()}
	}
	if c.Pace.EditEvery == 0 {
		c.Pace.EditEvery = -1
	}
	return c
}

// exclusive is a store in memory that one process opens, so that no time is
// spent on saying again and again who is active.
type exclusive struct{ *Memory }

func (exclusive) Exclusive() {}

// fakeIn finds the Chat in a chat that may be wrapped by a test.
func fakeIn(c bot.Chat) *Chat {
	switch x := c.(type) {
	case *Chat:
		return x
	case interface{ Fake() *Chat }:
		return x.Fake()
	}
	return nil
}

// StartBot makes a new bot on the same store and the same chats, and runs it:
// after StopBot, as a restarted program does.
func (h *Harness) StartBot() {
	h.Helper()
	b, err := bot.New(bot.Config{Store: h.Store, Chats: h.config.Chats, Features: append([]bot.Feature{h.probe}, h.config.Features...),
		Clock: h.clock, Log: slog.New(h.log), Defaults: h.config.Defaults, Organisers: h.config.Organisers,
		PublicURL: "https://hour.example", Prefix: h.config.Prefix, Pace: h.config.Pace, Erased: h.config.Erased})
	if err != nil {
		h.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.Bot, h.stop, h.ended = b, stop, make(chan error, 1)
	ended := h.ended
	go func() { ended <- b.Run(ctx) }()
	h.settle()
}

// StopBot ends the run and waits for its end. Stopping twice is harmless.
func (h *Harness) StopBot() {
	h.Helper()
	if h.stop == nil {
		return
	}
	h.stop()
	h.stop = nil
	if err := <-h.ended; err != nil {
		h.Errorf("the bot ended with an error: %v", err)
	}
}

// Down stops the bot, lets d pass, and starts it again.
func (h *Harness) Down(d time.Duration) {
	h.Helper()
	h.StopBot()
	time.Sleep(d)
	h.StartBot()
}

// Now is the time, on the community's clock.
func (h *Harness) Now() time.Time { return h.clock.Now() }

// Advance lets d pass. All that is due in it is done at its moment.
func (h *Harness) Advance(d time.Duration) {
	time.Sleep(d)
	h.settle()
}

// AdvanceTo lets time pass until t.
func (h *Harness) AdvanceTo(t time.Time) {
	h.Helper()
	d := t.Sub(h.Now())
	if d < 0 {
		h.Fatalf("%v has passed: it is %v", t, h.Now())
	}
	h.Advance(d)
}

// settle lets everything happen that needs no time, and lets up to a fifth of a
// second pass for posts that wait for one another.
func (h *Harness) settle() {
	synctest.Wait()
	for range 20 {
		if waiting, err := h.Store.List(context.Background(), "todo", "", 1); err != nil || len(waiting) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
}

// Chat is the fake chat of a platform.
func (h *Harness) Chat(platform string) *Chat {
	h.Helper()
	c := h.chats[platform]
	if c == nil {
		h.Fatalf("there is no fake chat for %q", platform)
	}
	return c
}

// Posts are the bot's posts that stand in a room, oldest first.
func (h *Harness) Posts(room bot.RoomID) []Posted {
	h.Helper()
	return h.Chat(room.Platform()).Posts(room)
}

// Post is the bot's post that stands in a room under a key; the test fails when
// there is none, or more than one.
func (h *Harness) Post(room bot.RoomID, key bot.Key) Posted {
	h.Helper()
	var found []Posted
	for _, p := range h.Posts(room) {
		if p.Key == key {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		h.Fatalf("%d posts under %q in %s, want one", len(found), key, room)
	}
	return found[0]
}

// Direct are the bot's posts in its direct messages with a person.
func (h *Harness) Direct(u bot.UserID) []Posted {
	h.Helper()
	return h.Posts(u.Direct())
}

// Whispers are what the bot showed to a person alone in rooms.
func (h *Harness) Whispers(u bot.UserID) []Posted {
	h.Helper()
	return h.Chat(u.Platform()).Whispers(u)
}

// Do runs f as a command of nobody's does, and commits what it says; the error
// is f's. It is the way to bring about a state that needs no journey.
func (h *Harness) Do(f func(ctx context.Context, tx *bot.Tx) error) error {
	h.Helper()
	var got error
	h.probe.set(func(ctx context.Context, tx *bot.Tx) error {
		got = f(ctx, tx)
		return got
	})
	reply, err := h.Bot.Receive(context.Background(), bot.Inbound{Kind: bot.Command, Text: "bottest", From: "test:nobody", Room: "test:nowhere"})
	if err != nil {
		return err
	}
	if got == nil && reply.Post != nil {
		return fmt.Errorf("not done: %s", reply.Post.Text)
	}
	h.settle()
	return got
}

// Logged are the errors that the bot logged until now.
func (h *Harness) Logged() []string { return h.log.lines() }

// probe is the feature behind Do.
type probe struct {
	mu sync.Mutex
	do func(context.Context, *bot.Tx) error
}

func (p *probe) set(do func(context.Context, *bot.Tx) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.do = do
}

func (p *probe) Alarms() map[string]bot.AlarmKind { return nil }

func (p *probe) Rows() []bot.Row {
	return []bot.Row{{Name: "bottest", Summary: "What a test does", Hidden: true,
		Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			p.mu.Lock()
			do := p.do
			p.mu.Unlock()
			return bot.Reply{}, do(ctx, tx)
		}}}
}

// keptLog is a slog.Handler that keeps errors.
type keptLog struct {
	mu   sync.Mutex
	kept []string
}

func (l *keptLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (l *keptLog) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *keptLog) WithGroup(string) slog.Handler                    { return l }

func (l *keptLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, line)
	return nil
}

func (l *keptLog) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}
