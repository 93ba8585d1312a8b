//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// options say what to run.
type options struct {
	store   string // "sqlite" or "redis"
	killing int    // how often a bot is killed or stopped
	count   int    // bots; more than one needs redis
	seed    uint64
	program string    // the datahour to run
	dir     string    // where logs, stores and the world's journal are kept
	out     io.Writer // progress
}

// trial is one world with a bot in it, and what people did there.
type trial struct {
	options
	w       *worldClient
	bots    []*victim
	world   *process
	redis   *process
	origin  map[string]string // by room: a message before everything that matters
	mu      sync.Mutex
	hours   []*hour
	said    int             // messages so far, for their numbers
	shown   map[string]bool // by person: whether they agreed to be shown by name
	trouble []string        // what people noticed on the way and should not have
}

// quick are paces at which hundreds of kills fit into minutes. A send may be
// under way for the window and then be late by misbehaviour.late; the grace is
// longer than both together.
var quick = []string{
	"DATAHOUR_SEND_WINDOW=400ms", "DATAHOUR_SEND_GRACE=2s", "DATAHOUR_SEND_HOLD_BACK=500ms", "DATAHOUR_EDIT_EVERY=100ms",
	"DATAHOUR_ALARM_LEASE=2s", "DATAHOUR_ACTIVE_LEASE=400ms",
}

// newTrial starts the playground and the store, and names the bots, which are
// not started yet.
func newTrial(o options, bots int, paces []string) (t *trial, err error) {
	t = &trial{options: o, origin: map[string]string{}, shown: map[string]bool{}}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	if err = os.MkdirAll(o.dir, 0o700); err != nil {
		return t, err
	}
	if t.world, t.w, err = startPlayground(o.program, o.dir); err != nil {
		return t, err
	}
	env := append([]string{"DATAHOUR_PLAYGROUND_URL=" + t.w.url, "DATAHOUR_DATA_DIR=" + filepath.Join(o.dir, "data")}, paces...)
	if o.store == "redis" {
		var url string
		if t.redis, url, err = startRedis(filepath.Join(o.dir, "redis")); err != nil {
			return t, err
		}
		env = append(env, "DATAHOUR_REDIS_URL="+url)
	}
	for i := range bots {
		name := fmt.Sprintf("bot%d", i+1)
		v, err := newVictim(name, o.program, filepath.Join(o.dir, name+".log"), env...)
		if err != nil {
			return t, err
		}
		t.bots = append(t.bots, v)
	}
	return t, nil
}

func (t *trial) close() {
	for _, v := range t.bots {
		v.down()
	}
	for _, p := range []*process{t.world, t.redis} {
		if p != nil {
			p.kill()
		}
	}
}

// luck is a source of chance of its own for one part of the trial, so that the
// parts do not change each other's.
func (t *trial) luck(part uint64) *rand.Rand { return rand.New(rand.NewPCG(t.seed, part)) }

func (t *trial) note(format string, a ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trouble = append(t.trouble, fmt.Sprintf(format, a...))
}

// pairs are the linked rooms: the home and its organiser first.
var pairs = []struct {
	rooms     [2]string
	organiser string
	other     string // how the organiser types the other room
}{
	{[2]string{"data", "data-chat"}, "ada", "south:data-chat"},
	{[2]string{"general", "help"}, "florence", "north:help"},
}

// people who speak, by room. Mary never chooses whether she is shown.
var people = map[string][]string{
	"data": {"ada", "grace", "tim", "mary"}, "help": {"ada", "grace", "tim", "mary"},
	"data-chat": {"florence", "alan", "edith", "sam"}, "general": {"florence", "alan", "edith", "sam"},
}

// settleIn links the rooms and lets people choose how they are shown, while
// nothing goes wrong yet.
func (t *trial) settleIn() error {
	for _, p := range pairs {
		for _, room := range p.rooms {
			first, err := t.w.say(people[room][0], room, "", "Good morning.")
			if err != nil {
				return err
			}
			t.origin[room] = first.ID
		}
	}
	if !until(30*time.Second, t.w.connected) {
		return fmt.Errorf("the bot did not connect; its log is %s", t.bots[0].log)
	}
	for _, p := range pairs {
		accepts := "florence"
		if p.organiser == "florence" {
			accepts = "ada"
		}
		if got, ok := t.insist(p.organiser, p.rooms[0], "/community rooms link "+p.other, "asked", "linked already"); !ok {
			return fmt.Errorf("linking %s: %s", p.rooms[0], got)
		}
		if !until(20*time.Second, func() bool { return t.pressLast(accepts, "@"+accepts, "community rooms accept") }) {
			return fmt.Errorf("%s could not accept the link of %s", accepts, p.rooms[0])
		}
	}
	for _, who := range []string{"ada", "grace", "tim", "florence", "alan", "edith"} {
		t.choose(who, true)
	}
	t.choose("sam", false)
	return nil
}

// pressLast presses a button whose command begins like that, on the last post in
// a room that has it.
func (t *trial) pressLast(as, room, command string) bool {
	posts, err := t.w.room(room, as)
	if err != nil {
		return false
	}
	for i := len(posts) - 1; i >= 0; i-- {
		if posts[i].Content == nil || posts[i].Deleted {
			continue
		}
		for _, b := range posts[i].Content.Buttons {
			if strings.HasPrefix(b.Command, command) {
				out, err := t.w.press(as, posts[i].ID, b.Command)
				return err == nil && out.Answered
			}
		}
	}
	return false
}

// choose lets somebody say whether they are shown, until they are answered.
func (t *trial) choose(who string, yes bool) {
	line, like := "/my shown no", "show nothing"
	if yes {
		line, like = "/my shown name", "by your name"
	}
	room := "data"
	for _, p := range people["data-chat"] {
		if p == who {
			room = "data-chat"
		}
	}
	if got, ok := t.insist(who, room, line, like); !ok {
		t.note("lost: %s chose to be shown (%v), and was told %q", who, yes, got)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shown[who] = yes
}

// insist says a command that may be said more than once until its answer is like
// one of those.
func (t *trial) insist(as, room, line string, like ...string) (got string, ok bool) {
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		out, err := t.w.command(as, room, line)
		if err == nil && out.Answered {
			got = answer(out)
			for _, l := range like {
				if strings.Contains(got, l) {
					return got, true
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return got, false
}

// moveTo moves the bot's clock, again when the bot was killed on the way.
func (t *trial) moveTo(ctx context.Context, at time.Time) error {
	deadline := time.Now().Add(3 * time.Minute)
	for time.Now().Before(deadline) {
		if now, err := t.w.now(); err == nil && !now.Before(at) {
			return nil
		}
		if !t.w.connected() {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		t.moveOnce(ctx, at)
	}
	return fmt.Errorf("the clock could not be moved to %s in three minutes", at)
}

// moveOnce asks for the move and waits until it is done, or until the bot that
// was asked is no more. A person who sees nothing happen asks again.
func (t *trial) moveOnce(ctx context.Context, at time.Time) {
	kills := t.kills()
	moving, stop := context.WithTimeout(ctx, 15*time.Second)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.w.call(moving, "POST", "/api/clock", map[string]any{"to": at.UTC().Format(time.RFC3339)}, nil)
	}()
	for {
		select {
		case <-done:
			return
		case <-time.After(30 * time.Millisecond):
		}
		if t.kills() != kills {
			return
		}
	}
}

func (t *trial) kills() int64 {
	n := int64(0)
	for _, v := range t.bots {
		n += v.kills.Load()
	}
	return n
}
