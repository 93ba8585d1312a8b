package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestStore(t *testing.T) {
	bottest.TestStore(t, bottest.Stores{
		Open: func(t *testing.T) bot.Store { return open(t, filepath.Join(t.TempDir(), "bot.db")) },
		Reopen: func(t *testing.T, s bot.Store) bot.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, s.(*Store).path)
		},
		Newer: func(t *testing.T) error {
			path := filepath.Join(t.TempDir(), "bot.db")
			if err := open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			outsider(t, path, "update meta set value = value + 1 where name = 'format'")
			_, err := Open(path)
			return err
		},
	})
}

// open opens a store that is closed at the end of the test.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// outsider does something to the file as another program would, and leaves.
func outsider(t *testing.T, path, sql string) {
	t.Helper()
	c, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close() }()
	if err := c.exec(context.Background(), sql); err != nil {
		t.Fatal(err)
	}
}
