package bot_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// flaky is a platform that goes away and comes back.
type flaky struct {
	*bottest.Chat
	slow time.Duration // what connecting takes; set while the bot is stopped
	mu   sync.Mutex
	away error
	cut  context.CancelCauseFunc
}

func newFlaky(platform string) *flaky { return &flaky{Chat: bottest.NewChat(platform)} }

func (f *flaky) Fake() *bottest.Chat { return f.Chat }

func (f *flaky) Name(ctx context.Context) (string, error) {
	time.Sleep(f.slow)
	return "The " + f.Platform(), ctx.Err()
}

func (f *flaky) Advice() []string                              { return []string{"Grant *this*."} }
func (f *flaky) Register(context.Context, []bot.RowInfo) error { return nil }

func (f *flaky) Run(ctx context.Context, r bot.Receive, gap func(bot.RoomID)) error {
	f.mu.Lock()
	away := f.away
	ctx, f.cut = context.WithCancelCause(ctx)
	f.mu.Unlock()
	if away != nil {
		return away
	}
	_ = f.Chat.Run(ctx, r, gap)
	return context.Cause(ctx)
}

func (f *flaky) goes(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = why
	if why != nil {
		f.cut(why)
	}
}

var errRevoked = errors.New("the token is not accepted: make a new one")

// outages runs a test with two platforms that go away.
func outages(t *testing.T, test func(h *bottest.Harness, north, south *flaky)) {
	synctest.Test(t, func(t *testing.T) {
		north, south := newFlaky("north"), newFlaky("south")
		test(bottest.Start(t, bottest.Config{Chats: []bot.Chat{north, south}, Features: []bot.Feature{&lab{}}, Errors: true}), north, south)
	})
}

// told fails unless somebody was told, in direct messages, so many times.
func told(h *bottest.Harness, who bot.UserID, want int) []bottest.Posted {
	h.Helper()
	posts := h.Direct(who)
	if len(posts) != want {
		h.Fatalf("at %v %s was told %d times, want %d: %+v", h.Now().Format("15:04"), who, len(posts), want, posts)
	}
	return posts
}

func TestShortOutagesAreNoNews(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		for range 3 {
			north.goes(errRevoked)
			h.Advance(3 * time.Minute)
			north.goes(nil)
			h.Advance(2 * time.Minute) // it is tried again every minute
		}
		h.Advance(time.Hour)
		told(h, "south:oskar", 0)
		told(h, "north:olga", 0)
	})
}

func TestOrganisersElsewhereAreToldOnce(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		for round := range 2 {
			north.goes(errRevoked)
			h.Advance(4 * time.Minute)
			told(h, "south:oskar", 2*round)
			if r := h.Command("south:sam", "south:data", "help"); r.Post == nil {
				t.Fatal("the other platform is not answered")
			}
			h.Advance(2 * time.Hour)
			away := told(h, "south:oskar", 2*round+1)[2*round]
			if !strings.Contains(away.Text, "**The north (north)** since") || !strings.Contains(away.Small, "make a new one") {
				t.Errorf("told %q, %q", away.Text, away.Small)
			}
			north.goes(nil)
			h.Advance(5 * time.Minute)
			back := told(h, "south:oskar", 2*round+2)[2*round+1]
			if !strings.Contains(back.Text, "connected to **The north (north)** again") {
				t.Errorf("told %q", back.Text)
			}
			h.Advance(time.Hour)
			told(h, "south:oskar", 2*round+2)
			told(h, "north:olga", 0)
		}
	})
}

// A new process goes on where the old one was.
func TestOutagesAcrossRestarts(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		north.goes(errRevoked)
		h.Advance(10 * time.Minute)
		told(h, "south:oskar", 1)
		h.Down(time.Minute)
		h.Advance(time.Hour)
		told(h, "south:oskar", 1)
		h.StopBot()
		north.goes(nil)
		h.StartBot()
		h.Advance(5 * time.Minute)
		told(h, "south:oskar", 2)
	})
}

// Nobody knows how long a platform was away while nobody asked it.
func TestBeingOffIsNoOutage(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		north.goes(errRevoked)
		h.Advance(time.Minute)
		h.StopBot()
		north.goes(nil)
		north.slow = 10 * time.Second
		time.Sleep(4*time.Minute - 5*time.Second) // five seconds before it would have been told
		h.StartBot()
		h.Advance(time.Hour)
		told(h, "south:oskar", 0)
	})
}

// One that was away itself is told when it is back, unless all come back together.
func TestBothAway(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		north.goes(errRevoked)
		south.goes(errRevoked)
		h.Advance(time.Hour)
		told(h, "south:oskar", 0)
		south.goes(nil)
		h.Advance(2 * time.Minute)
		told(h, "south:oskar", 0)
		h.Advance(10 * time.Minute)
		told(h, "south:oskar", 1)
		north.goes(nil)
		h.Advance(time.Hour)
		told(h, "south:oskar", 2)
		told(h, "north:olga", 0) // south was back long before
	})
}

func TestConnections(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		began := h.Now()
		is := func(state, advice string, since time.Time) {
			t.Helper()
			c := h.Bot.Connections()[0]
			if c.Platform != "north" || c.Name != "The north" || c.Up != (state == "connected") || c.State != state || strings.Join(c.Advice, "|") != advice || !c.Since.Equal(since) {
				t.Errorf("north is %+v, want %s, %q, %v", c, state, advice, since)
			}
		}
		is("connected", "Grant *this*.", began)
		h.Advance(time.Minute)
		north.goes(errRevoked)
		h.Advance(10 * time.Minute) // tried again and again; away since the first
		is(errRevoked.Error(), "Grant *this*.|I keep trying by myself. If it lasts, whoever runs me can find out more with `datahour doctor`.", began.Add(time.Minute))
		h.StopBot()
		is("standing by", "", began.Add(time.Minute))
		h.StartBot()
		is(errRevoked.Error(), "Grant *this*.|I keep trying by myself. If it lasts, whoever runs me can find out more with `datahour doctor`.", h.Now()) // and its name is known
	})
}

// Once told, coming back for a moment is no news either.
func TestBackForAMoment(t *testing.T) {
	outages(t, func(h *bottest.Harness, north, south *flaky) {
		north.goes(errRevoked)
		h.Advance(10 * time.Minute)
		north.goes(nil)
		for !h.Bot.Connections()[0].Up {
			h.Advance(time.Second)
		}
		h.Advance(30 * time.Second)
		north.goes(errRevoked)
		h.Advance(time.Hour)
		told(h, "south:oskar", 1)
		north.goes(nil)
		h.Advance(time.Hour)
		told(h, "south:oskar", 2)
	})
}
