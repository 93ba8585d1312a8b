package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datahour/bot"
)

// finds fails unless what was found about something is so, and says so.
func finds(t *testing.T, checks bot.Checks, about string, verdict bot.Verdict, words string) {
	t.Helper()
	i := slices.IndexFunc(checks, func(c bot.Check) bool { return c.About == "store: "+about })
	if i < 0 {
		t.Errorf("nothing was found about %s: %+v", about, checks)
	} else if c := checks[i]; c.Verdict != verdict || !strings.Contains(c.Found+" "+c.Do, words) {
		t.Errorf("%s: found %+v, want %s with %q", about, c, verdict, words)
	}
}

func filesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	check := func() bot.Checks {
		t.Helper()
		before := filesIn(t, filepath.Dir(path))
		t.Chdir(filepath.Dir(path))
		checks := Check(filepath.Join(".", filepath.Base(path))) // as with DATA_DIR=./data
		if after := filesIn(t, filepath.Dir(path)); !slices.Equal(before, after) {
			t.Errorf("there were %v, and then %v", before, after)
		}
		return checks
	}
	finds(t, check(), "file", bot.Fine, "first start makes it")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	m := bot.Moment{}
	if _, err := s.Commit(t.Context(), m, bot.Batch{Put: []bot.Record{{Key: "a", Kind: "note"}}}); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"while it is open", "after it was closed"} {
		t.Run(when, func(t *testing.T) {
			checks := check()
			finds(t, checks, "file", bot.Fine, "sound")
			finds(t, checks, "file rights", bot.Fine, "owner's alone")
			finds(t, checks, "durability", bot.Fine, "FULL")
		})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	finds(t, check(), "file rights", bot.Warning, "mode is 0644")
	outsider(t, path, "update meta set value = value + 1 where name = 'format'")
	finds(t, check(), "file", bot.Broken, "newer program")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	finds(t, check(), "file", bot.Broken, "backup")
}

func TestCheckFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	s := open(t, path)
	for range 50 {
		if _, err := s.Commit(context.Background(), bot.Moment{}, bot.Batch{Append: []bot.Entry{{Log: "x", Data: []byte(strings.Repeat("x", 3000))}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 20_000)), info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	finds(t, Check(path), "file", bot.Broken, "damaged")
}
