package bottest

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"datahour/bot"
)

var recordCases = map[string]func(*storeCase){
	"a record comes back as it was put": func(c *storeCase) {
		c.absent("hour/1")
		rev := c.commit(bot.Batch{Put: []bot.Record{{
			Key: "hour/1", Kind: "hour", Version: 7, Index: []string{"live", "room/a"}, Value: []byte("one\x00two\xff"),
		}}})
		got := c.get("hour/1")
		slices.Sort(got.Index)
		want := bot.Record{
			Key: "hour/1", Kind: "hour", Version: 7, Rev: rev, Born: rev, Index: []string{"live", "room/a"}, Value: []byte("one\x00two\xff"),
		}
		if !cmp.Equal(got, want) {
			c.Fatal(cmp.Diff(want, got))
		}
	},

	"Get answers in the order of the keys": func(c *storeCase) {
		c.put("a", "1")
		c.put("b", "2")
		records, err := c.store.Get(c.ctx, "b", "missing", "a", "b")
		if err != nil {
			c.Fatal(err)
		}
		var got []string
		for _, r := range records {
			got = append(got, r.Key+"="+string(r.Value))
		}
		if want := []string{"b=2", "missing=", "a=1", "b=2"}; !slices.Equal(got, want) {
			c.Fatalf("got %q, want %q", got, want)
		}
		if none, err := c.store.Get(c.ctx); err != nil || len(none) != 0 {
			c.Fatalf("no keys: %v, %v", none, err)
		}
	},

	"revisions grow with every commit": func(c *storeCase) {
		var last bot.Rev
		for range 20 {
			rev := c.put("a", "x")
			if rev <= last {
				c.Fatalf("revision %d after %d", rev, last)
			}
			last = rev
		}
		if rev := c.commit(bot.Batch{}); rev <= last {
			c.Fatalf("an empty commit has revision %d after %d", rev, last)
		}
	},

	"Rev 0 means that there must be none": func(c *storeCase) {
		c.commit(bot.Batch{Put: []bot.Record{note("a", 0, "1")}})
		c.refuse(bot.ErrConflict, bot.Batch{Put: []bot.Record{note("a", 0, "2")}})
		c.refuse(bot.ErrConflict, bot.Batch{Check: []bot.Record{{Key: "a"}}})
		c.refuse(bot.ErrConflict, bot.Batch{Delete: []bot.Record{{Key: "a"}}})
		c.commit(bot.Batch{Check: []bot.Record{{Key: "b"}}, Delete: []bot.Record{{Key: "b"}}})
		c.holds("a", "1")
	},

	"a Rev means that nobody wrote since": func(c *storeCase) {
		first := c.put("a", "1")
		second := c.commit(bot.Batch{Put: []bot.Record{note("a", first, "2")}})
		c.refuse(bot.ErrConflict, bot.Batch{Put: []bot.Record{note("a", first, "3")}})
		c.refuse(bot.ErrConflict, bot.Batch{Delete: []bot.Record{{Key: "a", Rev: first}}})
		c.refuse(bot.ErrConflict, bot.Batch{Check: []bot.Record{{Key: "a", Rev: first}}})
		c.refuse(bot.ErrConflict, bot.Batch{Check: []bot.Record{{Key: "gone", Rev: first}}})
		c.refuse(bot.ErrConflict, bot.Batch{Put: []bot.Record{note("gone", first, "3")}})
		c.refuse(bot.ErrConflict, bot.Batch{Delete: []bot.Record{{Key: "gone", Rev: first}}})
		c.holds("a", "2")
		c.absent("gone")
		c.commit(bot.Batch{Check: []bot.Record{{Key: "a", Rev: second}}, Put: []bot.Record{note("b", 0, "1")}})
		c.commit(bot.Batch{Delete: []bot.Record{{Key: "a", Rev: second}}})
		c.absent("a")
	},

	"Any means whatever is there": func(c *storeCase) {
		c.commit(bot.Batch{Put: []bot.Record{note("a", bot.Any, "1")}})
		c.commit(bot.Batch{Put: []bot.Record{note("a", bot.Any, "2")}})
		c.holds("a", "2")
		c.commit(bot.Batch{Check: []bot.Record{{Key: "a", Rev: bot.Any}, {Key: "gone", Rev: bot.Any}}})
		c.commit(bot.Batch{Delete: []bot.Record{{Key: "a", Rev: bot.Any}, {Key: "gone", Rev: bot.Any}}})
		c.absent("a")
	},

	"Born is kept while a record is overwritten": func(c *storeCase) {
		born := c.put("a", "1")
		second := c.commit(bot.Batch{Put: []bot.Record{note("a", born, "2")}})
		third := c.put("a", "3")
		if r := c.get("a"); r.Born != born || r.Rev != third || third <= second {
			c.Fatalf("born %d, revision %d; want %d, %d", r.Born, r.Rev, born, third)
		}
		c.commit(bot.Batch{Delete: []bot.Record{{Key: "a", Rev: third}}})
		again := c.put("a", "4")
		if r := c.get("a"); r.Born != again {
			c.Fatalf("made again: born %d, want %d", r.Born, again)
		}
	},

	"a record made again never looks unchanged": func(c *storeCase) {
		first := c.put("a", "1")
		c.commit(bot.Batch{Delete: []bot.Record{{Key: "a", Rev: first}}})
		c.put("a", "1")
		c.refuse(bot.ErrConflict, bot.Batch{Check: []bot.Record{{Key: "a", Rev: first}}})
		c.refuse(bot.ErrConflict, bot.Batch{Put: []bot.Record{note("a", first, "2")}})
	},

	"Clear deletes what is unchanged and leaves the rest": func(c *storeCase) {
		old := c.put("a", "1")
		c.put("a", "2")
		same := c.put("b", "1")
		c.put("c", "1")
		c.commit(bot.Batch{Clear: []bot.Record{{Key: "a", Rev: old}, {Key: "b", Rev: same}, {Key: "c"}, {Key: "gone", Rev: same}}})
		c.holds("a", "2")
		c.absent("b")
		c.holds("c", "1")
		c.commit(bot.Batch{Clear: []bot.Record{{Key: "c", Rev: bot.Any}}})
		c.absent("c")
	},

	"a batch happens whole or not at all": func(c *storeCase) {
		rev := c.commit(bot.Batch{
			Put:    []bot.Record{note("a", 0, "1", "x"), note("b", 0, "1", "x")},
			Set:    []bot.Alarm{alarm("ring", storeStart)},
			Append: entries("log", "one"),
			Seen:   []string{"first"},
		})
		everything := bot.Batch{
			Seen:   []string{"second"},
			Put:    []bot.Record{note("a", rev, "2", "y"), note("new", 0, "1", "x")},
			Delete: []bot.Record{{Key: "b", Rev: rev}},
			Clear:  []bot.Record{{Key: "b", Rev: rev}},
			Set:    []bot.Alarm{alarm("ring", storeStart.Add(time.Hour)), alarm("ring2", storeStart)},
			Cancel: []string{"ring"},
			Append: entries("log", "two"),
		}
		spoil := func(how func(*bot.Batch)) bot.Batch {
			b := everything
			how(&b)
			return b
		}
		c.unchanged(func() {
			c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Check = []bot.Record{{Key: "a", Rev: rev + 100}} }))
			c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Put = append(slices.Clone(b.Put), note("c", rev, "1")) }))
			c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Delete = []bot.Record{{Key: "b", Rev: rev + 100}} }))
			c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Hold = []bot.Alarm{{Key: "ring", Lease: rev}} }))
			c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Done = []bot.Alarm{{Key: "ring", Lease: rev, Rev: rev}} }))
			c.refuse(bot.ErrSeen, spoil(func(b *bot.Batch) { b.Seen = append(b.Seen, "first") }))
		})
		c.refuse(bot.ErrConflict, spoil(func(b *bot.Batch) { b.Check = []bot.Record{{Key: "b"}} }))
		c.list("x", "", 10, "a", "b")
		c.list("y", "", 10)
		c.read("log", 0, 10, "one")
		c.due(10, time.Time{}, "ring")
	},

	"values of several megabytes": func(c *storeCase) {
		big := make([]byte, 5<<20)
		random := rand.NewChaCha8([32]byte{1})
		_, _ = random.Read(big)
		c.commit(bot.Batch{Put: []bot.Record{{Key: "big", Kind: "picture", Version: 1, Value: big, Index: []string{"pictures"}}}})
		c.reopen()
		if !bytes.Equal(c.get("big").Value, big) {
			c.Fatal("the value changed on the way")
		}
		if listed := c.list("pictures", "", 1, "big"); !bytes.Equal(listed[0].Value, big) {
			c.Fatal("the listed value changed on the way")
		}
	},

	"values belong to whoever asked": func(c *storeCase) {
		value := []byte("mine")
		c.commit(bot.Batch{Put: []bot.Record{{Key: "a", Kind: "note", Value: value}}})
		value[0] = 'M'
		got := c.get("a")
		got.Value[1] = 'I'
		c.holds("a", "mine")
	},

	"keys may hold anything": func(c *storeCase) {
		var rows []bot.Record
		for i, key := range hostileKeys {
			rows = append(rows, note(key, 0, key, hostileKeys[(i+1)%len(hostileKeys)], "all"))
		}
		c.commit(bot.Batch{Put: rows})
		for i, key := range hostileKeys {
			c.holds(key, key)
			c.list(hostileKeys[(i+1)%len(hostileKeys)], "", 10, key)
		}
		sorted := slices.Clone(hostileKeys)
		slices.Sort(sorted)
		c.list("all", "", 100, sorted...)
		for i, key := range sorted {
			c.list("all", key, 100, sorted[i+1:]...)
		}
		for _, key := range hostileKeys {
			c.commit(bot.Batch{Set: []bot.Alarm{alarm(key, storeStart)}, Append: entries(key, key), Seen: []string{key}})
			c.read(key, 0, 10, key)
			c.refuse(bot.ErrSeen, bot.Batch{Seen: []string{key}})
		}
		c.due(100, time.Time{}, sorted...)
	},

	"records are still there after opening again": func(c *storeCase) {
		rev := c.put("a", "1", "x")
		c.put("a", "2", "y")
		before := c.get("a")
		c.reopen()
		if diff := cmp.Diff(before, c.get("a")); diff != "" {
			c.Fatal(diff)
		}
		c.list("y", "", 10, "a")
		c.list("x", "", 10)
		if before.Born != rev {
			c.Fatalf("born %d, want %d", before.Born, rev)
		}
		if next := c.put("b", "1"); next <= before.Rev {
			c.Fatalf("revision %d after %d", next, before.Rev)
		}
	},
}

// hostileKeys are keys that trip up those who join, quote or split them.
var hostileKeys = []string{
	" ", "  ", "a b", " leading", "trailing ", "tab\there", "line\nbreak", "\r\n",
	"'", `"`, "`", `\`, "%", "_", "*", "?", "[a-z]", "{a}", "}{", ":", "/", "//", "a/../b", ";", "--", "#", "$1", "@p1", "?1",
	"(", "-", "+", "[", "0", "-1", "1e9", "null", "A", "a", "é", "e\u0301", "Ω", "日本語", "👩‍💻", "\u202e", "\uffff", "\U0010ffff",
	"o'clock; drop table records", strings.Repeat("x", 512), strings.Repeat("é", 256), strings.Repeat("日", 170),
}

var seenCases = map[string]func(*storeCase){
	"a thing is answered once": func(c *storeCase) {
		c.commit(bot.Batch{Seen: []string{"press:1", "press:2"}, Put: []bot.Record{note("a", 0, "1")}})
		for _, ids := range [][]string{{"press:1"}, {"press:2"}, {"press:3", "press:1"}, {"press:2", "press:4"}} {
			c.refuse(bot.ErrSeen, bot.Batch{Seen: ids, Put: []bot.Record{note("a", bot.Any, "2")}})
		}
		c.holds("a", "1")
		c.commit(bot.Batch{Seen: []string{"press:3", "press:4"}})
	},

	"answered before wins over changed meanwhile": func(c *storeCase) {
		once := bot.Batch{Seen: []string{"press:1"}, Put: []bot.Record{note("a", 0, "1")}}
		c.commit(once)
		c.refuse(bot.ErrSeen, once)
	},

	"it is remembered for bot.SeenFor of real time": func(c *storeCase) {
		once := bot.Batch{Seen: []string{"press:1"}}
		c.commit(once)
		c.at.Now = c.at.Now.Add(100 * bot.SeenFor)
		c.refuse(bot.ErrSeen, once)
		c.at.Wall = storeStart.Add(bot.SeenFor - time.Millisecond)
		c.refuse(bot.ErrSeen, once)
		c.reopen()
		c.refuse(bot.ErrSeen, once)
		c.at.Wall = storeStart.Add(bot.SeenFor)
		c.commit(once)
		c.refuse(bot.ErrSeen, once)
	},

	"a refused batch answers nothing": func(c *storeCase) {
		c.put("a", "1")
		c.refuse(bot.ErrConflict, bot.Batch{Seen: []string{"press:1"}, Put: []bot.Record{note("a", 0, "2")}})
		c.commit(bot.Batch{Seen: []string{"press:1"}})
	},
}

var indexCases = map[string]func(*storeCase){
	"a record is found where its last version said": func(c *storeCase) {
		c.put("a", "1", "red", "blue")
		c.list("red", "", 10, "a")
		c.list("blue", "", 10, "a")
		c.put("a", "2", "blue", "green")
		c.list("red", "", 10)
		c.list("blue", "", 10, "a")
		c.list("green", "", 10, "a")
		c.put("a", "3")
		c.list("blue", "", 10)
		c.list("green", "", 10)
		c.put("a", "4", "red")
		c.put("b", "1", "red")
		c.commit(bot.Batch{Delete: []bot.Record{{Key: "a", Rev: bot.Any}}, Clear: []bot.Record{{Key: "b", Rev: bot.Any}}})
		c.list("red", "", 10)
	},

	"naming an index twice is naming it once": func(c *storeCase) {
		c.put("a", "1", "red", "red")
		c.list("red", "", 10, "a")
		c.put("a", "2", "blue")
		c.list("red", "", 10)
	},

	"List pages in the order of bytes": func(c *storeCase) {
		keys := []string{"B", "a", "a/", "a/b", "a1", "a10", "a2", "aa", "b", "z", "é", "日", "👩"}
		var rows []bot.Record
		for _, i := range rand.Perm(len(keys)) {
			rows = append(rows, note(keys[i], 0, keys[i], "all"))
		}
		c.commit(bot.Batch{Put: rows})
		for max := 1; max <= len(keys)+1; max++ {
			after := ""
			for at := 0; at < len(keys); at += max {
				page := c.list("all", after, max, keys[at:min(at+max, len(keys))]...)
				after = page[len(page)-1].Key
			}
			c.list("all", after, max)
		}
		c.list("all", "a0", 2, "a1", "a10")
		for _, r := range c.list("all", "", 100, keys...) {
			if string(r.Value) != r.Key || r.Rev == 0 || r.Kind != "note" || !slices.Equal(r.Index, []string{"all"}) {
				c.Fatalf("listed %+v", r)
			}
		}
	},

	"an index that nobody wrote is empty": func(c *storeCase) {
		c.put("a", "1", "red")
		c.list("re", "", 10)
		c.list("redd", "", 10)
		c.list("", "", 10)
	},
}
