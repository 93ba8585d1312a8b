package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
)

// requestFor makes a request as ask does, for a group that a test serves itself.
func requestFor(j job) *request { return &request{job: j, done: make(chan struct{})} }

func put(key string, rev bot.Rev) *commit {
	return &commit{moment: now(), batch: bot.Batch{
		Seen: []string{"seen/" + key}, Put: []bot.Record{{Key: key, Kind: "note", Rev: rev, Value: []byte("v")}},
		Append: []bot.Entry{{Log: "log", Data: []byte(key)}},
	}}
}

// serveGroup lets the store do these jobs as one group.
func serveGroup(s *Store, requests ...*request) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.serve(append([]*request(nil), requests...))
}

// holds checks which records are there, and that the log tells of the same.
func holds(t *testing.T, s *Store, keys ...string) {
	t.Helper()
	entries, err := s.Read(t.Context(), "log", 0, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(keys) {
		t.Errorf("the log has %d entries, want %q", len(entries), keys)
	}
	for i, key := range keys {
		r, err := s.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if r[0].Rev == 0 {
			t.Errorf("%s is not there", key)
		}
		if i < len(entries) && (string(entries[i].Data) != key || entries[i].Seq != bot.Seq(i+1)) {
			t.Errorf("entry %d is %q at %d, want %q", i, entries[i].Data, entries[i].Seq, key)
		}
	}
}

func TestConflictInAGroupFailsAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	requests := []*request{
		requestFor(put("a", 0)), requestFor(put("b", 77)), requestFor(put("c", 0)), requestFor(put("a", 0)), requestFor(put("d", bot.Any)),
	}
	serveGroup(s, requests...)
	for i, want := range []error{nil, bot.ErrConflict, nil, bot.ErrSeen, nil} {
		<-requests[i].done
		if err := requests[i].err; !errors.Is(err, want) {
			t.Errorf("commit %d: %v, want %v", i, err, want)
		}
	}
	holds(t, s, "a", "c", "d")
	if requests[0].job.(*commit).rev >= requests[2].job.(*commit).rev {
		t.Error("revisions do not grow within a group")
	}
	if _, err := s.Commit(t.Context(), now(), put("b", 0).batch); err != nil {
		t.Errorf("what was refused had been seen: %v", err)
	}
}

// meddler is a job that changes nothing and does something to its neighbours
// while the group is being done.
type meddler func() error

func (m meddler) do(*writer) (refused, failed error) { return nil, m() }

func TestWhoLeavesBeforeCommitIsTakenOut(t *testing.T) {
	for name, c := range map[string]struct {
		leave func(*request)
		want  error
	}{
		"called off": {func(r *request) { r.stage.CompareAndSwap(taken, left) }, errLeft}, // as leave does
		"late":       {func(r *request) { r.deadline = time.Now().Add(-time.Nanosecond) }, bot.ErrNotSaved},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "bot.db"))
			a, gone, b := requestFor(put("a", 0)), requestFor(put("gone", 0)), requestFor(put("b", 0))
			serveGroup(s, a, gone, b, requestFor(meddler(func() error { c.leave(gone); return nil })))
			if !errors.Is(gone.err, c.want) || a.err != nil || b.err != nil {
				t.Errorf("answers: %v for who left, %v and %v for the others", gone.err, a.err, b.err)
			}
			holds(t, s, "a", "b")
			commitNow(t, s, put("gone", 0).batch) // nor was it applied later, nor is it remembered as seen
		})
	}
}

func TestWhoLeavesInTheQueueIsLeftOut(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	gone, b := requestFor(put("gone", 0)), requestFor(put("b", 0))
	if err := gone.leave(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("left with %v", err)
	}
	serveGroup(s, gone, b)
	holds(t, s, "b")
}

func TestFailureInAGroupFailsAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	a, broken, b := requestFor(put("a", 0)), requestFor(meddler(func() error { return errors.New("too big, say") })), requestFor(put("b", 0))
	serveGroup(s, a, broken, b)
	if a.err != nil || b.err != nil || !errors.Is(broken.err, bot.ErrNotSaved) {
		t.Errorf("answers: %v, %v; the broken one %v", a.err, b.err, broken.err)
	}
	holds(t, s, "a", "b")
}

func TestLeavingTellsWhatIsCertain(t *testing.T) {
	why := errors.New("given up")
	for name, c := range map[string]struct {
		stage int32
		then  error // the writer's answer, when it comes in time
		want  error
	}{
		"waiting in the queue":              {waiting, nil, why},
		"taken, and taken out in time":      {taken, errLeft, why},
		"taken, and the writer hangs":       {taken, nil, why},
		"in COMMIT, which fails":            {sealed, bot.ErrNotSaved, bot.ErrNotSaved},
		"in COMMIT, which does not come":    {sealed, nil, bot.ErrUnknown},
		"refused while on the way to leave": {sealed, bot.ErrConflict, bot.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := requestFor(nil)
				r.stage.Store(c.stage)
				if c.then != nil {
					r.answer(c.then)
				}
				if err := r.leave(why); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}

// TestCommitThatFailedIsSettled calls settle as end does after a COMMIT whose
// fsync failed, in the two states that it can have left behind. Trimming is the
// transaction that gives no revision.
func TestCommitThatFailedIsSettled(t *testing.T) {
	for name, happened := range map[string]bool{"it had not happened": false, "it had happened": true} {
		t.Run(name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "bot.db"))
			commitNow(t, s, put("a", 0).batch)
			commitNow(t, s, put("b", 0).batch)
			entries := 2
			for _, try := range []struct {
				job job
				add int // entries in the log
			}{{put("c", 0), 1}, {&trim{"log", 1}, -1}} {
				tried := settleAfter(t, s, try.job, happened)
				if happened {
					entries += try.add
				}
				if got, err := s.Read(t.Context(), "log", 0, 10, 0); err != nil || len(got) != entries {
					t.Errorf("%T: the log has %d entries, want %d; %v", try.job, len(got), entries, err)
				}
				if rev := commitNow(t, s, bot.Batch{}); int64(rev) <= tried {
					t.Errorf("%T: revision %d was used again", try.job, rev)
				}
			}
		})
	}
}

// settleAfter does a job and settles it as if COMMIT had failed. It gives the
// revision that was on its way.
func settleAfter(t *testing.T, s *Store, j job, happened bool) (tried int64) {
	t.Helper()
	s.writing.Lock()
	defer s.writing.Unlock()
	w := s.writer
	if err := errors.Join(w.start(), w.doAll([]*request{requestFor(j)})); err != nil {
		t.Fatal(err)
	}
	tried = w.rev
	if happened {
		if _, err := w.commit.run(); err != nil {
			t.Fatal(err)
		}
	}
	err := w.settle(errors.New("fsync failed"))
	w.stored = w.rev
	if happened && err != nil || !happened && !errors.Is(err, bot.ErrNotSaved) {
		t.Errorf("%T: settled as %v", j, err)
	}
	return tried
}
