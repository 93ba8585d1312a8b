package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"datahour/bot"
)

// TestBackupBesideTheStore is what `datahour backup` does: it knows only the file.
func TestBackupBesideTheStore(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	commitNow(t, s, bigNote(0))
	dir := t.TempDir()
	if err := Backup(t.Context(), s.path, filepath.Join(dir, "running.db")); err != nil {
		t.Fatal(err)
	}
	// The store goes on, and is still the only one.
	commitNow(t, s, bigNote(1))
	if second, err := Open(s.path); err == nil {
		_ = second.Close()
		t.Error("a second store was opened after a backup")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), s.path, filepath.Join(dir, "stopped.db")); err != nil {
		t.Fatal(err)
	}
	holdsNotes(t, open(t, filepath.Join(dir, "running.db")), 1)
	holdsNotes(t, open(t, filepath.Join(dir, "stopped.db")), 2)

	missing := filepath.Join(dir, "missing.db")
	if err := Backup(t.Context(), missing, filepath.Join(dir, "nothing.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("backing up what is not there: %v", err)
	}
	for _, name := range []string{missing, filepath.Join(dir, "nothing.db")} {
		if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was made, %v", name, err)
		}
	}
}

func TestBackupWhileWriting(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	commitNow(t, s, bot.Batch{Put: []bot.Record{{Key: "note/secret", Value: []byte("what was deleted")}}})
	commitNow(t, s, bot.Batch{Delete: []bot.Record{{Key: "note/secret", Rev: bot.Any}}})
	for i := range 50 {
		commitNow(t, s, bigNote(i))
	}
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		i := 50
		for ; ; i++ {
			select {
			case <-stop:
				stopped <- i
				return
			default:
			}
			if _, err := s.Commit(t.Context(), now(), bigNote(i)); err != nil {
				t.Errorf("writing while backing up: %v", err)
			}
		}
	}()
	path := filepath.Join(t.TempDir(), "backup.db")
	err := s.Backup(t.Context(), path)
	close(stop)
	written := <-stopped
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err == nil {
		t.Error("a backup was replaced")
	}
	if bytes.Contains(filesBeside(t, path), []byte("what was deleted")) {
		t.Error("the backup holds what was deleted")
	}
	if names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.part")); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	backup := open(t, path)
	notes, err := backup.List(t.Context(), "notes", "", 10_000)
	if err != nil || len(notes) < 50 || len(notes) > written {
		t.Fatalf("the backup has %d notes of %d, %v", len(notes), written, err)
	}
	holdsNotes(t, backup, len(notes)) // the first ones, none left out
	holdsNotes(t, s, written)
	commitNow(t, backup, bigNote(len(notes)))
}

func bigNote(i int) bot.Batch {
	return bot.Batch{Put: []bot.Record{{
		Key: fmt.Sprintf("note/%04d", i), Kind: "note", Index: []string{"notes"}, Value: bytes.Repeat([]byte{byte(i)}, 10_000),
	}}}
}

func holdsNotes(t *testing.T, s *Store, want int) {
	t.Helper()
	notes, err := s.List(t.Context(), "notes", "", 10_000)
	if err != nil || len(notes) != want {
		t.Fatalf("%d notes are there, want %d; %v", len(notes), want, err)
	}
	for i, n := range notes {
		if !bytes.Equal(n.Value, bytes.Repeat([]byte{byte(i)}, 10_000)) {
			t.Fatalf("%s is damaged", n.Key)
		}
	}
}
