//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"datahour/bot"
)

// TestLockedFromOutside lets another program hold the file's lock: who has a
// deadline is told for certain, who has none waits, and reading goes on.
func TestLockedFromOutside(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	commitNow(t, s, put("a", 0).batch)
	other, err := connect(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.close() }()
	for _, kind := range []string{"immediate", "exclusive"} {
		if err := other.exec(t.Context(), "begin "+kind); err != nil {
			t.Fatal(err)
		}
		patient := make(chan error, 1)
		go func() {
			_, err := s.Commit(t.Context(), now(), bot.Batch{Put: []bot.Record{{Key: "patient", Rev: bot.Any}}})
			patient <- err
		}()
		late := put("late", 0).batch
		late.Deadline = time.Now().Add(40 * time.Millisecond)
		if _, err := s.Commit(t.Context(), now(), late); !errors.Is(err, bot.ErrNotSaved) {
			t.Errorf("%s: %v, want ErrNotSaved", kind, err)
		}
		if time.Now().Before(late.Deadline) {
			t.Errorf("%s: given up before the deadline", kind)
		}
		holds(t, s, "a")
		if err := s.tidy(); err == nil {
			t.Errorf("%s: tidied a file that is locked", kind)
		}
		if err := other.exec(t.Context(), "commit"); err != nil {
			t.Fatal(err)
		}
		if err := <-patient; err != nil {
			t.Errorf("%s: who waited got %v", kind, err)
		}
		holds(t, s, "a")
	}
	if _, err := s.Commit(t.Context(), now(), put("late", 0).batch); err != nil {
		t.Errorf("the late one was applied after all: %v", err)
	}
}

func TestClosingWhileLockedFromOutside(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	other, err := connect(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.close() }()
	if err := other.exec(t.Context(), "begin immediate"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Commit(t.Context(), now(), put("a", 0).batch)
		done <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, bot.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// TestFull fills the store up in two ways: SQLite's own limit, which is met
// while a batch is written, and a limit of the system, which is met in COMMIT as
// on a full disk.
func TestFull(t *testing.T) {
	for name, limit := range map[string]func(t *testing.T, s *Store) (lift func()){
		"pages": func(t *testing.T, s *Store) func() {
			set := func(pages int) {
				s.writing.Lock()
				defer s.writing.Unlock()
				if err := s.writer.connection.exec(t.Context(), fmt.Sprintf("pragma max_page_count = %d", pages)); err != nil {
					t.Fatal(err)
				}
			}
			set(60)
			return func() { set(1 << 30) }
		},
		"file size": func(t *testing.T, s *Store) func() {
			var before syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
				t.Fatal(err)
			}
			set := func(l syscall.Rlimit) {
				if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { set(before) }) // whatever happens: it holds for the whole process
			set(syscall.Rlimit{Cur: 300_000, Max: before.Max})
			return func() { set(before) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, filepath.Join(t.TempDir(), "bot.db"))
			lift := limit(t, s)
			saved := 0
			for {
				_, err := s.Commit(t.Context(), now(), bigNote(saved))
				if errors.Is(err, bot.ErrNotSaved) {
					break
				}
				if err != nil {
					t.Fatalf("commit %d: %v, want ErrNotSaved", saved, err)
				}
				if saved++; saved > 1000 {
					t.Fatal("never full")
				}
			}
			for range 3 {
				if _, err := s.Commit(t.Context(), now(), bigNote(saved)); !errors.Is(err, bot.ErrNotSaved) {
					t.Errorf("still full: %v, want ErrNotSaved", err)
				}
			}
			holdsNotes(t, s, saved)
			lift()
			commitNow(t, s, bigNote(saved))
			holdsNotes(t, s, saved+1)
			checkIntegrity(t, s.path)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			holdsNotes(t, open(t, s.path), saved+1)
		})
	}
}
