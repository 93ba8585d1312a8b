package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"

	"datahour/bot"
)

// TestDumpIsOfOneMoment writes between the items of a dump: what it gives is of
// the moment when it began.
func TestDumpIsOfOneMoment(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	for i := range 20 {
		commitNow(t, s, put(fmt.Sprintf("key/%02d", i), 0).batch)
	}
	records, seen, entries := 0, 0, 0
	var head bot.Head
	for item, err := range s.Dump(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case item.Head != nil:
			head = *item.Head
		case item.Record != nil:
			records++
			commitNow(t, s, put(fmt.Sprintf("key/new %d", records), 0).batch)
			if item.Record.Rev > head.Rev {
				t.Errorf("record %q is of revision %d, the dump of %d", item.Record.Key, item.Record.Rev, head.Rev)
			}
		case item.Seen != nil:
			seen++
		case item.Entry != nil:
			entries++
		case item.Log != nil && item.Log.Last != 20:
			t.Errorf("the log's last place is %d, want 20", item.Log.Last)
		}
	}
	if records != 20 || seen != 20 || entries != 20 {
		t.Errorf("%d records, %d seen, %d entries; want 20 of each", records, seen, entries)
	}
}

func TestDumpGoesOnAfterTheStoreWasClosed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	commitNow(t, s, put("a", 0).batch)
	items := 0
	for _, err := range s.Dump(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if items++; items == 1 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if items != 5 { // head, record, seen, log, entry
		t.Errorf("%d items, want 5", items)
	}
}
