package bot_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// mortal is a store whose connection ends at its nth commit: that commit is
// applied or not, its answer never comes, and nothing works any more until the
// process is started again.
type mortal struct {
	bot.Store
	mu      sync.Mutex
	left    int  // commits until the end; negative: none is near
	applied bool // whether the last one is
	dead    bool
}

var errDead = errors.New("the process was killed")

func (m *mortal) Exclusive() {}

func (m *mortal) Commit(ctx context.Context, at bot.Moment, b bot.Batch) (bot.Rev, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return 0, errDead
	}
	if m.left--; m.left == -1 {
		m.dead = true
		if m.applied {
			_, _ = m.Store.Commit(ctx, at, b)
		}
		return 0, errDead
	}
	return m.Store.Commit(ctx, at, b)
}

func (m *mortal) Due(ctx context.Context, at bot.Moment, lease time.Duration, max int) ([]bot.Alarm, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return nil, time.Time{}, errDead
	}
	return m.Store.Due(ctx, at, lease, max)
}

func (m *mortal) revive(left int, applied bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead, m.left, m.applied = false, left, applied
}

// A journey: an alarm declares a post and a reply, a second one changes and
// takes back. The process is killed at every commit of it, before and after.
func TestKilledAtEveryCommit(t *testing.T) {
	for n := range 14 {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d,%v", n, applied), func(t *testing.T) {
				store := &mortal{Store: bottest.NewStore(), left: -2}
				bubble(t, journey(), bottest.Config{Store: store, Errors: true}, func(h *bottest.Harness) {
					do(h, func(tx *bot.Tx) { tx.Promise("open", "x", tx.Now().Add(10*time.Second)) })
					store.revive(n, applied)
					for range 12 { // killed at most once; the supervisor starts it again within ten seconds
						h.Advance(10 * time.Second)
						store.mu.Lock()
						dead := store.dead
						store.mu.Unlock()
						if dead {
							h.StopBot()
							store.revive(-2, false)
							h.StartBot()
						}
					}
					h.Advance(5 * time.Minute)
					var got []string
					for _, p := range h.Posts(data) {
						got = append(got, p.Text)
					}
					slices.Sort(got) // an unsure one lets others pass
					if want := []string{"open", "question", "stays"}; !slices.Equal(got, want) {
						h.Errorf("%q stands, want %q", got, want)
					}
					if n := count(h, "opened"); n != 1 {
						h.Errorf("opened %d times", n)
					}
				})
			})
		}
	}
}

// journey is a feature that opens, asks, and closes.
func journey() *lab {
	return &lab{alarms: map[string]bot.AlarmKind{
		"open": {Ring: func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			if _, err := add(ctx, tx, "opened"); err != nil {
				return err
			}
			tx.Show(bot.Notice{Room: data, Key: "top", Post: bot.Say("soon")})
			tx.Show(bot.Notice{Room: data, Key: "q", Under: "top", Post: bot.Say("question")})
			tx.Show(bot.Notice{Room: data, Key: "goes", Post: bot.Say("goes")})
			tx.Promise("change", "x", tx.Now().Add(20*time.Second))
			return nil
		}},
		"change": {Ring: func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			tx.Show(bot.Notice{Room: data, Key: "top", Post: bot.Say("open")})
			tx.Retract(data, "goes")
			tx.Show(bot.Notice{Room: data, Key: "stays", Post: bot.Say("stays")})
			return nil
		}},
	}}
}

// schedule is a long day on platforms that misbehave: calls end in every way
// that there is, the process is killed again and again, and what shall stand
// changes all the time.
type schedule struct {
	seed  uint64
	pace  bot.Pace
	chat  func() (bot.Chat, *bottest.Chat)
	lost  int // at the end: notices that do not stand
	twice int // notices that stand more than once
	stale int // notices with other words than their last
}

func (s *schedule) run(t *testing.T) {
	random := rand.New(rand.NewPCG(s.seed, 1))
	store := &mortal{Store: bottest.NewStore(), left: -2}
	chat, north := s.chat()
	bubble(t, &lab{}, bottest.Config{Store: store, Chats: []bot.Chat{chat}, Errors: true, Pace: s.pace}, func(h *bottest.Harness) {
		luck := rand.New(rand.NewPCG(s.seed, 2)) // under the platform's lock
		north.Misbehave(func(c bottest.Call) bottest.Fault {
			slow := time.Duration(luck.IntN(2000)) * time.Millisecond
			late := bottest.ComesLate
			late.After = time.Duration(1+luck.IntN(20_000)) * time.Millisecond
			if s.pace.Grace > 0 && s.pace.Grace < 5*time.Second {
				late.After = 25 * time.Second // later than the grace
			}
			wish := time.Duration(luck.IntN(3)) * time.Second
			switch p := luck.IntN(100); {
			case p < 5:
				return bottest.AnswerLost
			case p < 10:
				return bottest.CallLost
			case p < 15 && c.Do != "find":
				return late
			case p < 20:
				return bottest.NotSent(wish)
			case p < 23:
				return bottest.Fault{Slow: time.Minute}
			}
			return bottest.Fault{Slow: slow}
		})
		want := map[bot.Key]string{}
		rooms := []bot.RoomID{data, "north:two"}
		for i := range 150 {
			room := rooms[random.IntN(len(rooms))]
			key := bot.Key(fmt.Sprint(string(room), random.IntN(12)))
			text := fmt.Sprint("words ", i)
			err := h.Do(func(_ context.Context, tx *bot.Tx) error {
				if random.IntN(6) == 0 {
					tx.Retract(room, key)
					text = ""
				} else {
					tx.Show(bot.Notice{Room: room, Key: key, Post: bot.Say(text)})
				}
				return nil
			})
			if err == nil {
				want[key] = text
			}
			h.Advance(time.Duration(random.IntN(4000)) * time.Millisecond)
			if random.IntN(12) == 0 { // it will be killed within the next few commits
				store.revive(random.IntN(4), random.IntN(2) == 0)
				h.Advance(3 * time.Second)
				h.StopBot()
				store.revive(-2, false)
				h.StartBot()
			}
		}
		north.Misbehave(nil)
		h.Advance(10 * time.Minute)
		s.judge(h, rooms, want)
	})
}

func (s *schedule) judge(h *bottest.Harness, rooms []bot.RoomID, want map[bot.Key]string) {
	have := map[bot.Key][]string{}
	for _, room := range rooms {
		for _, p := range h.Posts(room) {
			have[p.Key] = append(have[p.Key], p.Text)
		}
	}
	for key, text := range want {
		got := have[key]
		switch {
		case text == "" && len(got) > 0:
			s.stale++
			h.Logf("seed %d: %s was taken back and stands: %q", s.seed, key, got)
		case text != "" && len(got) == 0:
			s.lost++
			h.Logf("seed %d: %s is lost: %q", s.seed, key, text)
		case len(got) > 1:
			s.twice++
			h.Logf("seed %d: %s stands %d times: %q", s.seed, key, len(got), got)
		case text != "" && got[0] != text:
			s.stale++
			h.Logf("seed %d: %s says %q, want %q", s.seed, key, got[0], text)
		}
	}
}

func seeing() (bot.Chat, *bottest.Chat) { c := bottest.NewChat("north"); return c, c }

func TestScheduleOfMisfortunes(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := &schedule{seed: seed, chat: seeing}
			s.run(t)
			if s.lost+s.twice+s.stale > 0 {
				t.Errorf("%d lost, %d twice, %d stale", s.lost, s.twice, s.stale)
			}
		})
	}
}

// The same misfortunes are seen by the judge when what prevents them is taken
// away: without the look-up posts are lost, with too short a grace they double.
func TestScheduleControls(t *testing.T) {
	bad := func(s schedule) (lost, twice int) {
		for seed := range uint64(6) {
			one := s
			one.seed = seed
			t.Run(fmt.Sprint(seed), one.run)
			lost, twice = lost+one.lost, twice+one.twice
		}
		return lost, twice
	}
	if lost, _ := bad(schedule{chat: func() (bot.Chat, *bottest.Chat) {
		c := bottest.NewChat("north")
		return blind{c}, c
	}}); lost == 0 {
		t.Error("without the look-up nothing is lost: the schedule shows nothing")
	}
	if _, twice := bad(schedule{chat: seeing, pace: bot.Pace{Grace: time.Second}}); twice == 0 {
		t.Error("with a grace that is too short nothing doubles: the schedule shows nothing")
	}
}

func TestKilledLogsNoWords(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{Errors: true}, func(h *bottest.Harness) {
		h.Chat("north").Misbehave(func(bottest.Call) bottest.Fault { return bottest.Refused })
		show(h, data, "k", "secret words")
		if logged := strings.Join(h.Logged(), "\n"); strings.Contains(logged, "secret") {
			h.Errorf("the log holds people's words: %s", logged)
		}
	})
}
