//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/adapters/playground/world"
)

// takeOverWithin is promised: a process that stands by acts so long after the
// active one died or stopped.
const takeOverWithin = 10 * time.Second

// takeOvers is how long it took until something was seen of the new process.
type takeOvers struct {
	killed, stopped []time.Duration
	woken           int // stopped ones that woke up while all was calm, and changed nothing
}

// standingBy has two bots on one Redis, at the paces that everybody has. The
// active one is killed and stopped in turn while people talk; one that was
// stopped wakes up again, in the middle of the talk or when all is calm.
func standingBy(ctx context.Context, o options, rounds int) (*verdict, error) {
	o.store = "redis"
	t, err := newTrial(o, 2, nil)
	if err != nil {
		return nil, err
	}
	defer t.close()
	for _, b := range t.bots {
		if err := b.up(); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	if err := t.settleIn(); err != nil {
		return nil, err
	}
	h, err := t.begin(ctx, 11*time.Hour)
	if err != nil {
		return nil, err
	}
	var took takeOvers
	luck := t.luck(3)
	for n := range rounds {
		d, err := t.takeOver(h, n, time.Duration(luck.IntN(1500))*time.Millisecond, &took)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(o.out, "%4.0f s: the active one was %s; the other acted after %.1f s\n", time.Since(began).Seconds(), []string{"killed", "stopped"}[n%2], d.Seconds())
	}
	if got, ok := t.insist(h.organiser, h.rooms[0], "/datahour close "+h.id, "Closed. Thank you", "was closed at"); !ok {
		return nil, fmt.Errorf("closing: %s", got)
	}
	h.closed = true
	v, err := t.final(90 * time.Second)
	if err != nil {
		return nil, err
	}
	took.judge(v)
	t.table(o.out, v, time.Since(began))
	took.table(o.out)
	return v, nil
}

// begin schedules an hour without questions and opens it.
func (t *trial) begin(ctx context.Context, length time.Duration) (*hour, error) {
	now, err := t.w.now()
	if err != nil {
		return nil, err
	}
	p := pairs[0]
	h := &hour{title: "A long one", rooms: p.rooms, organiser: p.organiser, other: p.other, start: now.Add(2 * time.Hour).Truncate(10 * time.Minute), length: length}
	if err := t.schedule(h, nil); err != nil {
		return nil, err
	}
	t.hours = append(t.hours, h)
	if err := t.moveTo(ctx, h.start); err != nil {
		return nil, err
	}
	t.see(h, "opening", func(world.Post) bool { return true })
	return h, nil
}

// takeOver kills or stops the active bot while people talk, and measures how
// long it takes until something said after that is carried.
func (t *trial) takeOver(h *hour, n int, wait time.Duration, took *takeOvers) (time.Duration, error) {
	var active, other *victim
	if !until(patience, func() bool {
		for i, b := range t.bots {
			if b.active() {
				active, other = b, t.bots[1-i]
			}
		}
		return active != nil && t.w.connected()
	}) {
		return 0, fmt.Errorf("no bot is active")
	}
	hush := t.chatter(h, n)
	defer hush()
	time.Sleep(time.Second + wait)
	stopped := n%2 == 1
	began := time.Now()
	if stopped {
		if err := active.stop(); err != nil {
			return 0, err
		}
	} else {
		active.down()
	}
	if stopped {
		active.stops.Add(1)
	} else {
		active.kills.Add(1)
	}
	t.mu.Lock()
	since := t.said
	t.mu.Unlock()
	seen := until(patience, func() bool { return t.carriedSince(h, since) })
	d := time.Since(began)
	if !seen {
		t.note("lost: nothing was carried within %v after a take-over", patience)
	}
	if !stopped {
		took.killed = append(took.killed, d)
		return d, active.up()
	}
	took.stopped = append(took.stopped, d)
	if n%4 == 1 { // in the middle of the talk; what it does then is found by the judge
		return d, active.goOn()
	}
	hush()
	return d, t.wake(h, active, other, took)
}

// chatter lets people talk until the returned function is called.
func (t *trial) chatter(h *hour, n int) (hush func()) {
	over, done := make(chan struct{}), make(chan struct{})
	luck := t.luck(100 + uint64(n))
	go func() {
		defer close(done)
		for {
			select {
			case <-over:
				return
			case <-time.After(time.Duration(100+luck.IntN(300)) * time.Millisecond):
			}
			if err := t.act(h, luck); err != nil {
				t.note("lost: %v", err)
			}
		}
	}()
	return sync.OnceFunc(func() { close(over); <-done })
}

// carriedSince tells whether a message that was said after the first since stands
// in the other room.
func (t *trial) carriedSince(h *hour, since int) bool {
	for _, room := range h.rooms {
		posts, err := t.w.room(room, "")
		if err != nil {
			return false
		}
		for _, p := range standing(posts) {
			for _, m := range tokens.FindAllStringSubmatch(words(&p), -1) {
				var number int
				if fmt.Sscan(m[1], &number); number > since {
					return true
				}
			}
		}
	}
	return false
}

// wake lets a stopped bot go on when all that was said has arrived and nobody
// says anything: then whatever changes was changed by it.
func (t *trial) wake(h *hour, stopped, other *victim, took *takeOvers) error {
	calm := func() bool {
		v, err := t.calm(h)
		return err == nil && v
	}
	if !until(patience, calm) {
		t.note("lost: not all was carried %v after a take-over", patience)
	}
	before, err := t.snapshot()
	if err != nil {
		return err
	}
	if err := stopped.goOn(); err != nil {
		return err
	}
	time.Sleep(5 * time.Second)
	after, err := t.snapshot()
	if err != nil {
		return err
	}
	if before != after {
		t.note("twice: a stopped bot woke up and changed what stands")
	} else {
		took.woken++
	}
	if stopped.active() || !other.active() {
		t.note("twice: a stopped bot woke up and took itself for active")
	}
	return nil
}

// calm tells whether all that was said stands where it should.
func (t *trial) calm(h *hour) (bool, error) {
	e, err := t.gather()
	if err != nil {
		return false, err
	}
	v := &verdict{}
	t.judgeCarried(v, e, h)
	return v.clean(), nil
}

// snapshot is all that stands in the rooms, in a word for each message.
func (t *trial) snapshot() (string, error) {
	var all []string
	for room := range t.origin {
		posts, err := t.w.roomAfter(room, "", t.origin[room])
		if err != nil {
			return "", err
		}
		for _, p := range posts {
			all = append(all, fmt.Sprint(room, " ", p.ID, " ", p.Rev, " ", p.Deleted))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n"), nil
}

func (took *takeOvers) judge(v *verdict) {
	for _, d := range slices.Concat(took.killed, took.stopped) {
		if d > takeOverWithin {
			v.fault(&v.lost, "late: a take-over took %.1f s", d.Seconds())
		}
	}
}

func (took *takeOvers) table(out io.Writer) {
	fmt.Fprintf(out, "%-18s %6s %9s %9s\n", "active one", "times", "median s", "longest s")
	for _, row := range []struct {
		what string
		d    []time.Duration
	}{{"killed (-9)", took.killed}, {"stopped (SIGSTOP)", took.stopped}} {
		if len(row.d) == 0 {
			continue
		}
		d := slices.Sorted(slices.Values(row.d))
		fmt.Fprintf(out, "%-18s %6d %9.1f %9.1f\n", row.what, len(d), d[len(d)/2].Seconds(), d[len(d)-1].Seconds())
	}
	fmt.Fprintf(out, "woken up when all was calm, and changed nothing: %d\n", took.woken)
}
