package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"datahour/bot"
)

var moment = bot.Moment{Now: time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC), Wall: time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)}

// line is a commit that leaves one line in the log "lines" and a record.
func line(what string, within time.Duration) bot.Batch {
	return bot.Batch{
		Put:      []bot.Record{{Key: what, Kind: "line", Rev: bot.Any, Value: []byte(what)}},
		Append:   []bot.Entry{{Log: "lines", Data: []byte(what)}},
		Deadline: time.Now().Add(within),
	}
}

// linesOf counts what is in the log "lines".
func linesOf(t *testing.T, s *Store) map[string]int {
	t.Helper()
	all, err := s.Read(t.Context(), "lines", 0, 1_000_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, e := range all {
		times[string(e.Data)]++
	}
	return times
}

// outcome is what a writer was told about its line.
type outcome struct {
	what string
	err  error
}

// judge compares what was told with what is there: what was acknowledged is
// there once, what was not saved is not there, and what is not known is there once at most.
func judgeOutcomes(t *testing.T, s *Store, all []outcome) (saved, not, unknown int) {
	t.Helper()
	there := linesOf(t, s)
	for _, o := range all {
		n := there[o.what]
		switch {
		case o.err == nil:
			saved++
			if n != 1 {
				t.Errorf("%s was acknowledged and is there %d times", o.what, n)
			}
		case errors.Is(o.err, bot.ErrNotSaved):
			not++
			if n != 0 {
				t.Errorf("%s was said not to be saved and is there %d times: %v", o.what, n, o.err)
			}
		case errors.Is(o.err, bot.ErrUnknown):
			unknown++
			if n > 1 {
				t.Errorf("%s is there %d times", o.what, n)
			}
		default:
			t.Errorf("%s: %v", o.what, o.err)
		}
	}
	return saved, not, unknown
}

// write lets writers commit lines, all at once, and gives what they were told.
func write(t *testing.T, s *Store, writers, each int, within time.Duration) []outcome {
	t.Helper()
	var mu sync.Mutex
	var outcomes []outcome
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				what := fmt.Sprintf("%s line %d.%d", t.Name(), w, i)
				began := time.Now()
				_, err := s.Commit(t.Context(), moment, line(what, within))
				if took := time.Since(began); took > within+300*time.Millisecond {
					t.Errorf("a commit with %v took %v", within, took)
				}
				mu.Lock()
				outcomes = append(outcomes, outcome{what, err})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return outcomes
}

func TestLostAnswersLoseAndDoubleNothing(t *testing.T) {
	server := startServer(t)
	for name, how := range map[string]mischief{"cut": cut, "swallowed": swallow} {
		t.Run(name, func(t *testing.T) {
			proxy := newProxy(t, server)
			s := openURL(t, proxy.url(), "lost "+name)
			random := rand.New(rand.NewPCG(1, 2))
			spoilt := 0
			proxy.misbehave(func(int) mischief {
				if random.IntN(8) == 0 {
					spoilt++
					return how
				}
				return pass
			})
			outcomes := write(t, s, 8, 40, 10*time.Second)
			proxy.misbehave(nil)
			saved, not, unknown := judgeOutcomes(t, s, outcomes)
			t.Logf("%d answers spoilt; %d saved, %d not saved, %d unknown", spoilt, saved, not, unknown)
			if spoilt == 0 {
				t.Error("no answer was spoilt")
			}
			if saved != len(outcomes) {
				t.Errorf("%d of %d saved; there was time for all", saved, len(outcomes))
			}
		})
	}
}

// When no answer comes until the deadline, what is said must be true afterwards.
func TestNoAnswerBeforeTheDeadline(t *testing.T) {
	server := startServer(t)
	proxy := newProxy(t, server)
	s := openURL(t, proxy.url(), "silent")
	proxy.misbehave(func(int) mischief { return swallow })
	outcomes := write(t, s, 16, 2, 200*time.Millisecond)
	proxy.misbehave(nil)
	saved, not, unknown := judgeOutcomes(t, server.openStore("silent"), outcomes)
	t.Logf("%d saved, %d not saved, %d unknown", saved, not, unknown)
	if saved != 0 || unknown == 0 {
		t.Errorf("%d saved, %d not saved, %d unknown: no answer came through", saved, not, unknown)
	}
}

// sendOne sends one batch past the senders.
func (s *Store) sendOne(t *testing.T, p *pending, repeat bool) (int64, error) {
	t.Helper()
	p.first = !repeat
	answers, err := s.sendBatches(t.Context(), []*pending{p})
	if err != nil {
		return 0, err
	}
	return answers[0], nil
}

// The answer is lost and Redis can be asked again only after the deadline: the
// doubt is settled.
func TestADoubtIsSettled(t *testing.T) {
	server := startServer(t)
	s := server.openStore("settled")
	for _, arrived := range []bool{true, false} {
		l := &lane{number: 500, last: 2}
		if arrived {
			l.number++
		}
		p, err := encode(l, moment, line(fmt.Sprint("arrived ", arrived), time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		var rev int64
		if arrived {
			if rev, err = s.sendOne(t, p, false); err != nil || rev <= 0 {
				t.Fatal(rev, err)
			}
		}
		got, err := s.settle(p, l, context.DeadlineExceeded)
		if arrived && (err != nil || got != bot.Rev(rev)) {
			t.Errorf("settled as %d, %v; want %d", got, err, rev)
		}
		if !arrived && !errors.Is(err, bot.ErrNotSaved) {
			t.Errorf("settled as %d, %v; want ErrNotSaved", got, err)
		}
		// Coming late, or a second time, changes nothing.
		n, err := s.sendOne(t, p, false)
		if want := map[bool]int64{true: rev, false: answerSettled}[arrived]; err != nil || n != want {
			t.Errorf("a late copy was answered %d, %v; want %d", n, err, want)
		}
		p.number--
		if n, err := s.sendOne(t, p, false); err != nil || n != answerGone {
			t.Errorf("a copy from an earlier time was answered %d, %v; want %d", n, err, answerGone)
		}
	}
	if there := linesOf(t, s); len(there) != 1 || there["arrived true"] != 1 {
		t.Errorf("there are %v", there)
	}
}

// What is refused when it comes again must be refused when the first copy comes
// after it: between the two the conflict may be gone.
func TestARefusalOfARepeatHolds(t *testing.T) {
	s := startServer(t).openStore("refused")
	b := bot.Batch{Put: []bot.Record{{Key: "a", Kind: "note"}}, Deadline: time.Now().Add(time.Minute)}
	if _, err := s.Commit(t.Context(), moment, b); err != nil {
		t.Fatal(err)
	}
	l := &lane{number: 500, last: 1}
	p, err := encode(l, moment, b)
	if err != nil {
		t.Fatal(err)
	}
	run := func(repeat bool) int64 {
		n, err := s.sendOne(t, p, repeat)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := run(true); n != answerConflict {
		t.Fatalf("answered %d, want a conflict", n)
	}
	if _, err := s.Commit(t.Context(), moment, bot.Batch{Delete: []bot.Record{{Key: "a", Rev: bot.Any}}}); err != nil {
		t.Fatal(err)
	}
	if n := run(false); n != answerConflict {
		t.Fatalf("the first copy was answered %d, want a conflict still", n)
	}
}

func TestAStoppedRedis(t *testing.T) {
	server := startServer(t)
	s := server.openStore("stopped")
	if _, err := s.Commit(t.Context(), moment, line("before", time.Second)); err != nil {
		t.Fatal(err)
	}
	server.signal(syscall.SIGSTOP)
	outcomes := write(t, s, 32, 2, 400*time.Millisecond)
	server.signal(syscall.SIGCONT)
	// Redis now reads what was written while it was stopped; this comes after that.
	if _, err := s.Commit(t.Context(), moment, line("after", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	saved, not, unknown := judgeOutcomes(t, s, outcomes)
	t.Logf("%d saved, %d not saved, %d unknown", saved, not, unknown)
	if saved != 0 || not == 0 {
		t.Errorf("%d saved, %d not saved, %d unknown while Redis was stopped", saved, not, unknown)
	}
	there := linesOf(t, s)
	for _, o := range outcomes {
		if there[o.what] != 0 {
			t.Errorf("%s came after its deadline", o.what)
		}
	}
}

// Killed again and again, with commits and a reader waiting all the while.
func TestItReconnects(t *testing.T) {
	server := newServer(t, "--appendonly", "yes", "--appendfsync", "always")
	server.start()
	s := server.openStore("again")
	waited := make(chan error, 1)
	go func() {
		got, err := s.Read(t.Context(), "late", 0, 1, time.Minute)
		if err == nil && len(got) != 1 {
			err = errors.New("waited in vain")
		}
		waited <- err
	}()
	for round := range 3 {
		judgeOutcomes(t, s, write(t, s, 8, 5, 10*time.Second))
		server.kill()
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				if _, err := s.Commit(t.Context(), moment, line(fmt.Sprint("away ", round, n), 20*time.Second)); err != nil {
					t.Error(err)
				}
			})
		}
		server.start()
		all.Wait()
		there := linesOf(t, s)
		if len(there) != 8*5+8 {
			t.Errorf("round %d: %d lines, want %d", round, len(there), 8*5+8)
		}
		for what, n := range there {
			if n != 1 {
				t.Errorf("%s is there %d times", what, n)
			}
		}
		if err := s.Trim(t.Context(), "lines", 1<<40); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context(), moment, bot.Batch{Append: []bot.Entry{{Log: "late", Data: []byte("x")}}}); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Error("the reader who waited all the while:", err)
	}
}

// Alarms whose leases were given in a lost answer must not wait for them to run out.
func TestLeasesInALostAnswerAreGivenAgain(t *testing.T) {
	server := startServer(t)
	proxy := newProxy(t, server)
	s := openURL(t, proxy.url(), "leases")
	if _, _, err := s.Due(t.Context(), moment, time.Minute, 1); err != nil { // so that the script is loaded
		t.Fatal(err)
	}
	var set []bot.Alarm
	for i := range 5 {
		set = append(set, bot.Alarm{Key: fmt.Sprint("ring/", i), Due: moment.Now.Add(-time.Duration(i%3) * time.Second)})
	}
	if _, err := s.Commit(t.Context(), moment, bot.Batch{Set: set}); err != nil {
		t.Fatal(err)
	}
	proxy.misbehave(func(n int) mischief {
		if n == 1 {
			return cut
		}
		return pass
	})
	due, next, err := s.Due(t.Context(), moment, time.Minute, 4)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range due {
		keys = append(keys, a.Key)
	}
	if want := []string{"ring/2", "ring/1", "ring/4", "ring/0"}; !slices.Equal(keys, want) || !next.Equal(moment.Now) {
		t.Fatalf("got %q, next %v; want %q", keys, next, want)
	}
	if _, err := s.Commit(t.Context(), moment, bot.Batch{Done: due}); err != nil {
		t.Fatal(err)
	}
}

func TestRedisAway(t *testing.T) {
	server := startServer(t)
	s := server.openStore("away")
	server.kill()
	if _, err := s.Commit(t.Context(), moment, line("one", 300*time.Millisecond)); !errors.Is(err, bot.ErrNotSaved) {
		t.Errorf("a commit that was never sent: %v, want ErrNotSaved", err)
	}
	if _, err := s.Get(t.Context(), "one"); err == nil {
		t.Error("read from a Redis that is away")
	}
}
