// Package bottest holds what tests of the core, the features and the adapters
// share: a store in memory, and the suites that every adapter must pass.
// A new adapter calls its suite in one line; see TestStore.
package bottest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datahour/bot"
)

// Stores tells the suite how to come by the stores it tests.
type Stores struct {
	// Open gives a fresh, empty store. The suite closes it.
	Open func(t *testing.T) bot.Store

	// Reopen closes a store and opens the same data again, as after a restart.
	Reopen func(t *testing.T, s bot.Store) bot.Store

	// Newer makes data of a newer format than bot.Format, opens them, and
	// gives the error of opening. Nil when the data cannot outlive the process.
	Newer func(t *testing.T) error
}

// TestStore tries everything that bot.Store promises, with the powers Trimmer,
// Dumper and Restorer, which every store has. Where the port leaves a choice,
// this is how it is settled:
//
//   - A batch is judged whole against what stood before it. ErrSeen wins over ErrConflict.
//   - Effects come in this order: Void; Delete, Clear, Put; Done, Cancel, Hold, Set; Append.
//     So Done and Set of one alarm in one batch ring it, and set it anew without a lease;
//     and a lease that is held in a batch with Void ends.
//   - A key stands once at most in Put, Delete and Clear together.
//   - A lease that ran out is still its holder's until somebody else takes it.
//   - Only the holder of a lease may name it: Lease 0 is nobody's, and conflicts.
//   - Lease tokens are Revs that no commit has, and later than all before them.
//   - What Seen forgot is gone with the next commit that has a Seen, at the latest.
//   - The order of Index is not kept, nor the difference between no Value and an empty one.
func TestStore(t *testing.T, with Stores) {
	for _, group := range []struct {
		name  string
		cases map[string]func(*storeCase)
	}{
		{"Records", recordCases},
		{"Seen", seenCases},
		{"Indexes", indexCases},
		{"Alarms", alarmCases},
		{"Leases", leaseCases},
		{"Logs", logCases},
		{"Crowds", crowdCases},
		{"Ends", endCases},
		{"Dumps", dumpCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for name, try := range group.cases {
				t.Run(name, func(t *testing.T) { try(newStoreCase(t, with)) })
			}
		})
	}
	t.Run("Model", func(t *testing.T) { testStoreModel(t, with) })
	if with.Newer != nil {
		t.Run("Newer", func(t *testing.T) {
			if err := with.Newer(t); !errors.Is(err, bot.ErrNewer) {
				t.Fatalf("opening data of a newer format: %v, want ErrNewer", err)
			}
		})
	}
}

// storeStart is where the clocks of every case stand at first: a moment with microseconds.
var storeStart = time.Date(2026, 12, 2, 20, 0, 0, 123456000, time.UTC)

// storeCase is one case of the suite: a fresh store, its two clocks, and the
// steps in which cases are told.
type storeCase struct {
	*testing.T
	with  Stores
	ctx   context.Context
	store bot.Store
	at    bot.Moment
}

func newStoreCase(t *testing.T, with Stores) *storeCase {
	c := &storeCase{T: t, with: with, store: with.Open(t)}
	c.ctx = t.Context()
	c.at = bot.Moment{Now: storeStart, Wall: storeStart}
	t.Cleanup(func() { _ = c.store.Close() })
	return c
}

// later moves both clocks.
func (c *storeCase) later(d time.Duration) {
	c.at.Now, c.at.Wall = c.at.Now.Add(d), c.at.Wall.Add(d)
}

func (c *storeCase) reopen() { c.store = c.with.Reopen(c.T, c.store) }

// commit must succeed.
func (c *storeCase) commit(b bot.Batch) bot.Rev {
	c.Helper()
	rev, err := c.store.Commit(c.ctx, c.at, b)
	if err != nil {
		c.Fatalf("commit: %v", err)
	}
	if rev == 0 || rev == bot.Any {
		c.Fatalf("commit gave the revision %d", rev)
	}
	return rev
}

// refuse must fail with want.
func (c *storeCase) refuse(want error, b bot.Batch) {
	c.Helper()
	if rev, err := c.store.Commit(c.ctx, c.at, b); !errors.Is(err, want) {
		c.Fatalf("commit: revision %d, error %v; want error %v", rev, err, want)
	}
}

func (c *storeCase) get(key string) bot.Record {
	c.Helper()
	records, err := c.store.Get(c.ctx, key)
	if err != nil || len(records) != 1 {
		c.Fatalf("get %q: %d records, %v", key, len(records), err)
	}
	return records[0]
}

// put writes whatever is there.
func (c *storeCase) put(key, value string, index ...string) bot.Rev {
	c.Helper()
	return c.commit(bot.Batch{Put: []bot.Record{note(key, bot.Any, value, index...)}})
}

// holds checks a record's value; "" with absent set means that there is none.
func (c *storeCase) holds(key, value string) bot.Record {
	c.Helper()
	r := c.get(key)
	if r.Key != key || r.Rev == 0 || string(r.Value) != value {
		c.Fatalf("%q is %q at revision %d, want %q", r.Key, r.Value, r.Rev, value)
	}
	return r
}

func (c *storeCase) absent(key string) {
	c.Helper()
	if r := c.get(key); !cmp.Equal(r, bot.Record{Key: key}) {
		c.Fatalf("%q should be absent, is %+v", key, r)
	}
}

func (c *storeCase) list(index, after string, max int, want ...string) []bot.Record {
	c.Helper()
	records, err := c.store.List(c.ctx, index, after, max)
	if err != nil {
		c.Fatalf("list %q: %v", index, err)
	}
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	if !slices.Equal(keys, want) {
		c.Fatalf("list %q after %q: %q, want %q", index, after, keys, want)
	}
	return records
}

// due leases up to max alarms for a minute and checks which; next is checked
// against wantNext, with the zero time for none.
func (c *storeCase) due(max int, wantNext time.Time, want ...string) []bot.Alarm {
	c.Helper()
	alarms, next, err := c.store.Due(c.ctx, c.at, time.Minute, max)
	if err != nil {
		c.Fatalf("due: %v", err)
	}
	var keys []string
	for _, a := range alarms {
		keys = append(keys, a.Key)
		if a.Lease == 0 || a.Rev == 0 || !a.Until.Equal(c.at.Wall.Add(time.Minute)) {
			c.Fatalf("due gave %+v, want a lease for a minute", a)
		}
	}
	if !slices.Equal(keys, want) {
		c.Fatalf("due: %q, want %q", keys, want)
	}
	if !next.Equal(wantNext) {
		c.Fatalf("next alarm is at %v, want %v", next, wantNext)
	}
	return alarms
}

// read does not wait.
func (c *storeCase) read(log string, after bot.Seq, max int, want ...string) []bot.Entry {
	c.Helper()
	entries, err := c.store.Read(c.ctx, log, after, max, 0)
	if err != nil {
		c.Fatalf("read %q: %v", log, err)
	}
	var data []string
	for _, e := range entries {
		data = append(data, string(e.Data))
		if e.Log != log || e.Seq <= after {
			c.Fatalf("read %q after %d gave %q at %d", log, after, e.Log, e.Seq)
		}
		after = e.Seq
	}
	if !slices.Equal(data, want) {
		c.Fatalf("log %q: %q, want %q", log, data, want)
	}
	return entries
}

// unchanged runs try and checks that nothing in the store changed.
func (c *storeCase) unchanged(try func()) {
	c.Helper()
	before := c.dump()
	try()
	c.sameDump(before, c.dump())
}

// note is a record at a revision.
func note(key string, rev bot.Rev, value string, index ...string) bot.Record {
	return bot.Record{Key: key, Kind: "note", Version: 3, Rev: rev, Index: index, Value: []byte(value)}
}

// alarm is one due at a time, about its key.
func alarm(key string, due time.Time) bot.Alarm {
	return bot.Alarm{Key: key, Due: due, Data: []byte("about " + key)}
}

// entries are lines for one log.
func entries(log string, data ...string) []bot.Entry {
	var all []bot.Entry
	for _, d := range data {
		all = append(all, bot.Entry{Log: log, Data: []byte(d)})
	}
	return all
}
