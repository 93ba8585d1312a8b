package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// bells keeps what rang, and when.
type bells struct {
	mu   sync.Mutex
	rang []string
	on   map[string]func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error // by about
}

func (b *bells) kind(late time.Duration) map[string]bot.AlarmKind {
	ring := func(prefix string) bot.AlarmFunc {
		return func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			b.mu.Lock()
			b.rang = append(b.rang, prefix+a.About()+"@"+tx.Now().Format("15:04:05"))
			do := b.on[a.About()]
			b.mu.Unlock()
			if do != nil {
				return do(ctx, tx, a)
			}
			return nil
		}
	}
	return map[string]bot.AlarmKind{"bell": {Ring: ring(""), Late: late, Missed: ring("missed ")}}
}

func (b *bells) heard(h *bottest.Harness, want ...string) {
	h.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.rang, want) {
		h.Errorf("at %v rang %q, want %q", h.Now().Format("15:04:05"), b.rang, want)
	}
}

func promise(h *bottest.Harness, about string, after time.Duration) {
	h.Helper()
	do(h, func(tx *bot.Tx) { tx.Promise("bell", about, tx.Now().Add(after)) })
}

// It is 12:00:00 when a test begins.

func TestAlarmsRingOnTimeAndInOrder(t *testing.T) {
	b := &bells{}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		promise(h, "b", 20*time.Second)
		promise(h, "a", 10*time.Second)
		promise(h, "c", time.Hour)
		promise(h, "gone", 15*time.Second)
		do(h, func(tx *bot.Tx) { tx.Cancel("bell", "gone") })
		h.Advance(9999 * time.Millisecond)
		b.heard(h)
		h.Advance(time.Millisecond)
		b.heard(h, "a@12:00:10")
		promise(h, "c", 20*time.Second) // moved
		h.Advance(time.Hour)
		b.heard(h, "a@12:00:10", "b@12:00:20", "c@12:00:30")
		if n := h.Bot.Stats.AlarmsRung.Load(); n != 3 {
			h.Errorf("%d alarms rung, want 3", n)
		}
	})
}

func TestAlarmsAboutOneThingRingInOrderAfterDowntime(t *testing.T) {
	b := &bells{}
	l := &lab{alarms: b.kind(0)}
	l.alarms["late"] = l.alarms["bell"]
	bubble(t, l, bottest.Config{}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) {
			tx.Promise("late", "x", tx.Now().Add(time.Second))
			tx.Promise("bell", "x", tx.Now().Add(2*time.Second))
		})
		h.Down(time.Minute)
		b.heard(h, "x@12:01:00", "x@12:01:00")
	})
}

func TestAlarmTooLate(t *testing.T) {
	for _, c := range []struct {
		down time.Duration
		want []string
	}{
		{time.Minute, []string{"a@12:01:00"}},
		{time.Hour, []string{"missed a@13:00:00"}},
		{72 * time.Hour, []string{"missed a@12:00:00"}},
	} {
		t.Run(c.down.String(), func(t *testing.T) {
			b := &bells{}
			bubble(t, &lab{alarms: b.kind(5 * time.Minute)}, bottest.Config{}, func(h *bottest.Harness) {
				promise(h, "a", 10*time.Second)
				h.Down(c.down)
				b.heard(h, c.want...)
				h.Advance(24 * time.Hour)
				b.heard(h, c.want...)
			})
		})
	}
}

func TestLateBecause(t *testing.T) {
	var why string
	l := &lab{alarms: map[string]bot.AlarmKind{"bell": {Ring: func(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
		why = tx.LateBecause(a, func(at time.Time) string { return at.UTC().Format("15:04") })
		return nil
	}}}}
	bubble(t, l, bottest.Config{}, func(h *bottest.Harness) {
		promise(h, "a", time.Minute)
		h.Down(time.Hour)
		if want := "I was off until 13:00"; why != want {
			h.Errorf("late because %q, want %q", why, want)
		}
		promise(h, "a", time.Minute)
		pause(h, true)
		h.Advance(time.Hour)
		pause(h, false)
		if want := "I was paused until 14:00"; why != want {
			h.Errorf("late because %q, want %q", why, want)
		}
	})
}

// pause does what /community pause and resume do.
func pause(h *bottest.Harness, on bool) {
	h.Helper()
	if err := h.Do(func(ctx context.Context, tx *bot.Tx) error {
		c, err := tx.Community(ctx)
		if err != nil {
			return err
		}
		c.PausedBy, c.PausedAt = "", time.Time{}
		if on {
			c.PausedBy, c.PausedAt = "north:olga", tx.Now()
		}
		tx.Put(&c)
		return nil
	}); err != nil {
		h.Fatal(err)
	}
}

func TestAlarmSetAgainByItsHandler(t *testing.T) {
	b := &bells{on: map[string]func(context.Context, *bot.Tx, bot.Alarm) error{}}
	b.on["a"] = func(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
		if tx.Now().Second() < 30 {
			tx.Promise("bell", "a", tx.Now().Add(10*time.Second))
		}
		return nil
	}
	b.on["b"] = func(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
		tx.Cancel("bell", "b") // it is being finished anyway
		return nil
	}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		promise(h, "a", 10*time.Second)
		promise(h, "b", 15*time.Second)
		h.Advance(time.Hour)
		b.heard(h, "a@12:00:10", "b@12:00:15", "a@12:00:20", "a@12:00:30")
	})
}

// An alarm that is moved or cancelled by somebody else while it rings rings at
// its new time, and at once when that has come; what its handler decided is void.
func TestAlarmChangedWhileRinging(t *testing.T) {
	b := &bells{on: map[string]func(context.Context, *bot.Tx, bot.Alarm) error{}}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		var once sync.Once
		b.on["a"] = func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			once.Do(func() {
				_, err := h.Store.Commit(ctx, bot.Moment{Now: h.Now(), Wall: time.Now()}, bot.Batch{Set: []bot.Alarm{{Key: a.Key, Due: a.Due.Add(3 * time.Second)}}})
				if err != nil {
					h.Error(err)
				}
			})
			_, err := add(ctx, tx, "a")
			return err
		}
		b.on["b"] = func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			if _, err := h.Store.Commit(ctx, bot.Moment{Now: h.Now(), Wall: time.Now()}, bot.Batch{Cancel: []string{a.Key}}); err != nil {
				h.Error(err)
			}
			_, err := add(ctx, tx, "b")
			return err
		}
		promise(h, "a", 10*time.Second)
		h.Advance(11 * time.Second)
		if n := count(h, "a"); n != 0 {
			h.Errorf("a moved alarm still counted to %d", n)
		}
		h.Advance(3 * time.Second)
		if n := count(h, "a"); n != 1 {
			h.Errorf("an alarm that was moved while it rang counted to %d by its new time, want 1", n)
		}
		promise(h, "b", time.Second)
		h.Advance(time.Hour)
		if n := count(h, "b"); n != 0 {
			h.Errorf("a cancelled alarm still counted to %d", n)
		}
	})
}

// Alarms with nothing to do are finished together. When something that one of
// them read has changed meanwhile, each decides again.
func TestIdleAlarmsDecideAgainWhenSomethingChanged(t *testing.T) {
	b := &bells{on: map[string]func(context.Context, *bot.Tx, bot.Alarm) error{}}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		var once sync.Once
		b.on["waits"] = func(ctx context.Context, tx *bot.Tx, _ bot.Alarm) error {
			var n note
			there, err := tx.Get(ctx, "note/ready", &n)
			if err != nil {
				return err
			}
			once.Do(func() {
				ready := bot.Record{Key: "note/ready", Kind: "note", Version: 1, Value: []byte(`{"Name":"ready"}`)}
				if _, err := h.Store.Commit(ctx, bot.Moment{Now: h.Now(), Wall: time.Now()}, bot.Batch{Put: []bot.Record{ready}}); err != nil {
					h.Error(err)
				}
			})
			if there {
				_, err = add(ctx, tx, "done")
			}
			return err
		}
		promise(h, "waits", time.Minute)
		promise(h, "idle", time.Minute)
		h.Advance(time.Hour)
		if n := count(h, "done"); n != 1 {
			h.Errorf("it was done %d times, want 1: what it read had changed before it was finished", n)
		}
		if rung := h.Bot.Stats.AlarmsRung.Load(); rung != 2 {
			h.Errorf("%d alarms rang, want 2", rung)
		}
		if left, _, err := h.Store.Due(t.Context(), bot.Moment{Now: h.Now(), Wall: time.Now()}, time.Second, 10); err != nil || len(left) != 0 {
			h.Errorf("left behind: %v, %v", left, err)
		}
	})
}

func TestFailingAlarmRingsAgain(t *testing.T) {
	b := &bells{on: map[string]func(context.Context, *bot.Tx, bot.Alarm) error{}}
	left := map[string]int{"a": 3, "b": 2, "panics": 1}
	for about := range left {
		b.on[about] = func(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if left[about]--; left[about] >= 0 {
				if about == "panics" {
					panic("a mistake")
				}
				return errors.New("not yet")
			}
			return nil
		}
	}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{Errors: true}, func(h *bottest.Harness) {
		promise(h, "a", 10*time.Second)
		promise(h, "b", 17*time.Second)
		promise(h, "panics", 2*time.Minute)
		h.Advance(time.Hour)
		b.heard(h, "a@12:00:10", "b@12:00:17", "a@12:00:25", "b@12:00:32", "a@12:00:40", "b@12:00:47", "a@12:00:55", "panics@12:02:00", "panics@12:02:15")
		if logged := strings.Join(h.Logged(), "\n"); !strings.Contains(logged, "a mistake") {
			h.Errorf("the panic is not in the log: %s", logged)
		}
	})
}

// meddling is a store that does something right after it told that nothing is due.
type meddling struct {
	bot.Store
	after func()
}

func (m *meddling) Exclusive() {}

func (m *meddling) Due(ctx context.Context, at bot.Moment, lease time.Duration, max int) ([]bot.Alarm, time.Time, error) {
	due, next, err := m.Store.Due(ctx, at, lease, max)
	if after := m.after; after != nil && len(due) == 0 {
		m.after = nil
		after()
	}
	return due, next, err
}

func TestAlarmSetWhileTheLoopLooks(t *testing.T) {
	b := &bells{}
	store := &meddling{}
	l := &lab{alarms: b.kind(0), rows: []bot.Row{{Name: "soon", Summary: "Promise", Run: func(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
		tx.Promise("bell", "soon", tx.Now().Add(5*time.Second))
		return bot.Reply{}, nil
	}}}}
	store.Store = bottest.NewStore()
	bubble(t, l, bottest.Config{Store: store}, func(h *bottest.Harness) {
		promise(h, "later", time.Hour)
		store.after = func() {
			if _, err := h.Bot.Receive(context.Background(), bot.Inbound{Kind: bot.Command, Text: "soon", From: "web:v"}); err != nil {
				h.Error(err)
			}
		}
		promise(h, "earlier", time.Minute) // the loop looks
		h.Advance(10 * time.Second)
		b.heard(h, "soon@12:00:05")
	})
}

func TestPauseHoldsAlarmsAndPosts(t *testing.T) {
	b := &bells{}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		promise(h, "a", time.Minute)
		pause(h, true)
		show(h, data, "k", "held")
		if reply := h.Command("north:ada", data, "help"); reply.Post == nil {
			h.Error("paused, the bot does not answer")
		}
		h.Advance(10 * time.Minute)
		b.heard(h)
		stands(h, data)
		h.Down(time.Minute) // a restart keeps the pause
		b.heard(h)
		pause(h, false)
		b.heard(h, "a@12:11:00")
		stands(h, data, "held")
	})
}

func TestManyAlarmsAtOnce(t *testing.T) {
	b := &bells{}
	bubble(t, &lab{alarms: b.kind(0)}, bottest.Config{}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) {
			for i := range 3000 {
				tx.Promise("bell", fmt.Sprint(i), tx.Now().Add(time.Minute))
			}
		})
		h.Advance(time.Minute)
		slices.Sort(b.rang)
		if n := len(slices.Compact(b.rang)); n != 3000 || len(b.rang) != 3000 {
			h.Errorf("%d rang, %d different, want 3000", len(b.rang), n)
		}
	})
}
