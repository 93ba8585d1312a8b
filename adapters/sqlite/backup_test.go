package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
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
