package redis

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"datahour/bot"
)

// Calls that come together are asked in one write. Each gets its own answer, and
// one that cannot be answered is nobody else's trouble.
func TestReadingTogether(t *testing.T) {
	s := startServer(t).openStore("together")
	var b bot.Batch
	for n := range 300 {
		b.Put = append(b.Put, bot.Record{Key: strconv.Itoa(n), Kind: "number", Version: 1, Value: []byte(strconv.Itoa(n))})
	}
	if _, err := s.Commit(t.Context(), moment, b); err != nil {
		t.Fatal(err)
	}
	if err := s.rdb.Set(t.Context(), s.prefix+"r:broken", "no record", 0).Err(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 300 {
		all.Go(func() {
			if n%10 == 0 {
				if got, err := s.Get(t.Context(), "broken"); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
					t.Errorf("a broken record: %v, %v", got, err)
				}
				return
			}
			keys := []string{strconv.Itoa(n), "none", strconv.Itoa(299 - n)}[:1+n%3]
			got, err := s.Get(t.Context(), keys...)
			if err != nil || len(got) != len(keys) {
				t.Errorf("%q: %v, %v", keys, got, err)
				return
			}
			for i, key := range keys {
				want := key
				if key == "none" {
					want = ""
				}
				if got[i].Key != key || string(got[i].Value) != want {
					t.Errorf("%q: got %q %q", key, got[i].Key, got[i].Value)
				}
			}
		})
	}
	all.Wait()
}
