package bottest

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"datahour/bot"
)

var dumpCases = map[string]func(*storeCase){
	"an empty store has a head only": func(c *storeCase) {
		if got := c.dump(); len(got) != 1 || got[0].Head == nil || got[0].Head.Format != bot.Format {
			c.Fatalf("dump: %s", told(got))
		}
	},

	"a dump comes in its order": func(c *storeCase) {
		c.fill()
		items := c.dump()
		if !slices.IsSortedFunc(items, func(a, b bot.Item) int {
			ra, ka := place(a)
			rb, kb := place(b)
			return cmp.Or(cmp.Compare(ra, rb), strings.Compare(ka, kb))
		}) {
			c.Fatalf("not in order: %s", told(items))
		}
		for _, i := range items {
			if i.Alarm != nil && (i.Alarm.Lease != 0 || !i.Alarm.Until.IsZero()) {
				c.Fatalf("an alarm with its lease: %+v", *i.Alarm)
			}
		}
	},

	"a dump that is not wanted to its end stops": func(c *storeCase) {
		c.fill()
		n := 0
		for range c.dumper().Dump(c.ctx) {
			if n++; n == 3 {
				break
			}
		}
		c.put("still", "works")
	},

	"a restored store is the same": func(c *storeCase) {
		last := c.fill()
		items := c.dump()
		other := newStoreCase(c.T, c.with)
		other.at = c.at
		other.restore(items)
		c.sameDump(items, other.dump())
		for range 2 {
			other.refuse(bot.ErrSeen, bot.Batch{Seen: []string{"press:1"}})
			other.list("red", "", 10, "a", "b")
			if r := other.get("a"); r.Born == r.Rev || r.Kind != "note" || r.Version != 3 {
				c.Fatalf("restored %+v", r)
			}
			other.read("kept", 0, 10, "2", "3")
			other.read("emptied", 0, 10)
			other.reopen()
		}
		old := other.get("a")
		if rev := other.commit(bot.Batch{Put: []bot.Record{note("a", old.Rev, "new")}, Append: append(entries("emptied", "9"), entries("kept", "4")...)}); rev <= last {
			c.Fatalf("revision %d after %d", rev, last)
		}
		if e := other.read("emptied", 0, 10, "9")[0]; e.Seq != 3 {
			c.Fatalf("place %d in the emptied log, want 3", e.Seq)
		}
		if e := other.read("kept", 0, 10, "2", "3", "4")[2]; e.Seq != 4 {
			c.Fatalf("place %d in the kept log, want 4", e.Seq)
		}
		// The lease on ring/1 was not dumped: it rings at once.
		other.due(10, storeStart.Add(time.Hour), "ring/1", "ring/2")
	},

	"restoring refuses a store that holds anything": func(c *storeCase) {
		c.fill()
		items := c.dump()
		for what, b := range map[string]bot.Batch{
			"a record": {Put: []bot.Record{note("x", 0, "1")}},
			"an alarm": {Set: []bot.Alarm{alarm("x", storeStart)}},
			"an entry": {Append: entries("x", "1")},
			"a seen":   {Seen: []string{"x"}},
		} {
			other := newStoreCase(c.T, c.with)
			other.commit(b)
			other.unchanged(func() {
				if err := other.restorer().Restore(c.ctx, each(items, nil)); err == nil {
					c.Errorf("restored over %s", what)
				}
			})
		}
	},

	"a restore that breaks off leaves an empty store": func(c *storeCase) {
		c.fill()
		items := c.dump()
		other := newStoreCase(c.T, c.with)
		broken := errors.New("the file ends here")
		if err := other.restorer().Restore(c.ctx, each(items[:len(items)-1], broken)); !errors.Is(err, broken) {
			c.Fatalf("restore: %v, want %v", err, broken)
		}
		other.reopen()
		other.absent("a")
		other.restore(items)
		c.sameDump(items, other.dump())
	},

	"restoring refuses a newer format, and what is no dump": func(c *storeCase) {
		c.fill()
		items := c.dump()
		newer := slices.Clone(items)
		head := *items[0].Head
		head.Format = bot.Format + 1
		newer[0] = bot.Item{Head: &head}
		other := newStoreCase(c.T, c.with)
		if err := other.restorer().Restore(c.ctx, each(newer, nil)); !errors.Is(err, bot.ErrNewer) {
			c.Errorf("restore: %v, want ErrNewer", err)
		}
		if err := other.restorer().Restore(c.ctx, each(items[1:], nil)); err == nil {
			c.Error("restored a dump without its head")
		}
		if err := other.restorer().Restore(c.ctx, each(nil, nil)); err == nil {
			c.Error("restored nothing at all")
		}
		other.restore(items)
		c.sameDump(items, other.dump())
	},

	"what Seen forgot is not dumped": func(c *storeCase) {
		c.commit(bot.Batch{Seen: []string{"old"}})
		c.later(bot.SeenFor)
		c.commit(bot.Batch{Seen: []string{"new"}})
		for _, i := range c.dump() {
			if i.Seen != nil && i.Seen.ID == "old" {
				c.Fatal("dumped what was forgotten")
			}
		}
	},
}

// fill puts some of everything into the store and gives the last revision.
func (c *storeCase) fill() bot.Rev {
	c.Helper()
	c.commit(bot.Batch{
		Put:    []bot.Record{note("b", 0, "1", "red"), note("a", 0, "1", "red", "blue"), note("gone", 0, "1", "red")},
		Set:    []bot.Alarm{alarm("ring/2", storeStart), alarm("ring/1", storeStart.Add(-time.Second)), alarm("ring/3", storeStart.Add(time.Hour))},
		Append: append(entries("kept", "1", "2", "3"), entries("emptied", "7", "8")...),
		Seen:   []string{"press:2", "press:1"},
	})
	c.trim("kept", 1)
	c.trim("emptied", 2)
	c.due(1, storeStart, "ring/1")
	return c.commit(bot.Batch{
		Put:    []bot.Record{note("a", bot.Any, "2\x00\xff", "red")},
		Delete: []bot.Record{{Key: "gone", Rev: bot.Any}},
	})
}

// place tells where in a dump an item belongs: what kind it is, and its key in that kind.
func place(i bot.Item) (rank int, key string) {
	switch {
	case i.Head != nil:
		return 0, ""
	case i.Record != nil:
		return 1, i.Record.Key
	case i.Alarm != nil:
		return 2, i.Alarm.Key
	case i.Seen != nil:
		return 3, i.Seen.ID
	case i.Log != nil:
		return 4, i.Log.Log + "\x00"
	case i.Entry != nil:
		return 4, i.Entry.Log + "\x00" + fmt.Sprintf("%020d", i.Entry.Seq)
	}
	return 5, ""
}

func told(items []bot.Item) string {
	var s strings.Builder
	for _, i := range items {
		rank, key := place(i)
		fmt.Fprintf(&s, "[%d %s]", rank, strings.ReplaceAll(key, "\x00", " "))
	}
	return s.String()
}

func (c *storeCase) dumper() bot.Dumper {
	d, ok := c.store.(bot.Dumper)
	if !ok {
		c.Fatalf("%T is no bot.Dumper", c.store)
	}
	return d
}

func (c *storeCase) restorer() bot.Restorer {
	r, ok := c.store.(bot.Restorer)
	if !ok {
		c.Fatalf("%T is no bot.Restorer", c.store)
	}
	return r
}

func (c *storeCase) dump() []bot.Item {
	c.Helper()
	var items []bot.Item
	for item, err := range c.dumper().Dump(c.ctx) {
		if err != nil {
			c.Fatalf("dump: %v", err)
		}
		items = append(items, item)
	}
	return items
}

func (c *storeCase) restore(items []bot.Item) {
	c.Helper()
	if err := c.restorer().Restore(c.ctx, each(items, nil)); err != nil {
		c.Fatalf("restore: %v", err)
	}
}

// sameDump compares what two dumps hold, leaving out the last revision: giving
// and taking leases counts as commits, and a dump of a store that was only read may differ in it.
func (c *storeCase) sameDump(want, got []bot.Item) {
	c.Helper()
	diff := gocmp.Diff(want, got,
		cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0),
		cmpopts.IgnoreFields(bot.Head{}, "Rev"),
		cmpopts.SortSlices(strings.Compare),
	)
	if diff != "" {
		c.Fatalf("the dumps differ (-want +got): %s", diff)
	}
}

// each gives items, and then an error when there is one.
func each(items []bot.Item, err error) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(bot.Item{}, err)
		}
	}
}
