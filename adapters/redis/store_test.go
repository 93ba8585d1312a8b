package redis

import (
	"fmt"
	"sync/atomic"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

var (
	_ bot.Store      = (*Store)(nil)
	_ bot.Trimmer    = (*Store)(nil)
	_ bot.Dumper     = (*Store)(nil)
	_ bot.Restorer   = (*Store)(nil)
	_ bot.Durability = (*Store)(nil)
)

func TestStore(t *testing.T) {
	s := startServer(t)
	var n atomic.Int64
	bottest.TestStore(t, bottest.Stores{
		Open: func(t *testing.T) bot.Store {
			store, err := Open(t.Context(), Options{URL: s.url(), Community: fmt.Sprint("community ", n.Add(1))})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
		Reopen: func(t *testing.T, old bot.Store) bot.Store {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return openAgain(t, s, old.(*Store))
		},
		Newer: func(t *testing.T) error {
			store := s.openStore("newer")
			if err := store.rdb.HSet(t.Context(), store.head()[0], "format", bot.Format+1).Err(); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), Options{URL: s.url(), Community: "newer"})
			return err
		},
	})
}

// openAgain opens what another store opened before.
func openAgain(t *testing.T, s *server, old *Store) *Store {
	t.Helper()
	community := old.prefix[len("{datahour:") : len(old.prefix)-len("}:")]
	store, err := Open(t.Context(), Options{URL: s.url(), Community: community})
	if err != nil {
		t.Fatal(err)
	}
	return store
}
