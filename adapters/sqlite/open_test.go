package sqlite

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datahour/bot"
)

func TestSecondOpenerIsRefusedUntilTheFirstHasClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	first := open(t, path)
	link := filepath.Join(t.TempDir(), "other.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if second, err := Open(name); err == nil || !strings.Contains(err.Error(), "in use by another datahour process") {
			if err == nil {
				_ = second.Close()
			}
			t.Errorf("opening %s again: %v, want a sentence that says it is in use", name, err)
		}
	}
	commitNow(t, first, bot.Batch{Put: []bot.Record{{Key: "a", Kind: "note"}}}) // the refusals took no lock away
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpenLeavesOtherPrograms(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	outsider(t, foreign, "create table theirs(a)")
	noDatabase := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(noDatabase, []byte(strings.Repeat("Dear data people, ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Close(); err != nil {
		t.Fatal(err)
	}
	outsider(t, newer, "update meta set value = value + 1 where name = 'format'")
	for _, path := range []string{foreign, noDatabase, newer} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := Open(path); err == nil {
			_ = s.Close()
			t.Errorf("%s was opened", path)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("the error does not name the file: %v", err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s was touched, %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "no such folder", "bot.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	commitNow(t, s, bot.Batch{Put: []bot.Record{{Key: "a", Kind: "note"}}})
	for _, name := range []string{s.path, s.path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestDurabilityNoticesWhenTheDiskIsNotWaitedFor(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	if warning, err := s.Durability(t.Context()); warning != "" || err != nil {
		t.Errorf("as opened: %q, %v", warning, err)
	}
	if err := s.writer.connection.exec(t.Context(), "pragma synchronous = normal"); err != nil {
		t.Fatal(err)
	}
	if warning, err := s.Durability(t.Context()); warning == "" || err != nil {
		t.Errorf("with synchronous=normal: %q, %v", warning, err)
	}
}

func TestNamesThatCannotBeKeptAreRefused(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	for _, name := range []string{"", strings.Repeat("x", longestKey+1), "\xff"} {
		for what, b := range map[string]bot.Batch{
			"record": {Put: []bot.Record{{Key: name}}},
			"alarm":  {Set: []bot.Alarm{{Key: name}}},
			"log":    {Append: []bot.Entry{{Log: name}}},
		} {
			if _, err := s.Commit(t.Context(), now(), b); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%s %q: %v", what, name, err)
			}
		}
	}
}

// TestNothingIsScanned looks at SQLite's plans: a table that is walked from end
// to end would only be noticed once it is big.
func TestNothingIsScanned(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	r, err := s.borrow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.giveBack(r)
	for _, s := range slices.Concat(s.writer.connection.statements, r.connection.statements) {
		sql := s.sql
		if strings.HasPrefix(sql, "pragma") || strings.Contains(sql, "sqlite_dbpage") {
			continue
		}
		prepared, err := r.connection.conn.Prepare("explain query plan " + sql)
		if err != nil {
			t.Fatal(err)
		}
		plan := &statement{prepared: prepared}
		err = plan.each(func(row []driver.Value) bool {
			step := row[3].(string)
			scan := strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, " INDEX alarm_") && !strings.Contains(step, "subquery")
			if scan || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\t%s", sql, step)
			}
			return true
		}, make([]driver.Value, strings.Count(sql, "?"))...)
		if err := errors.Join(err, prepared.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
