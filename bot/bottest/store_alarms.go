package bottest

import (
	"fmt"
	"time"

	"datahour/bot"
)

var alarmCases = map[string]func(*storeCase){
	"an alarm comes back as it was set": func(c *storeCase) {
		rev := c.commit(bot.Batch{Set: []bot.Alarm{alarm("remind/1", storeStart)}})
		got := c.due(10, time.Time{}, "remind/1")[0]
		if string(got.Data) != "about remind/1" || !got.Due.Equal(storeStart) || got.Rev != rev || got.Lease == rev {
			c.Fatalf("got %+v, set by %d", got, rev)
		}
	},

	"the earliest comes first, then by key": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{
			alarm("c", storeStart.Add(-time.Second)), alarm("b", storeStart.Add(-time.Second)), alarm("a", storeStart),
			alarm("d", storeStart.Add(-time.Hour)), alarm("e", storeStart.Add(time.Hour)),
		}})
		c.due(1, storeStart.Add(-time.Second), "d")
		c.due(1, storeStart.Add(-time.Second), "b")
		c.due(10, storeStart.Add(time.Hour), "c", "a")
		c.due(10, storeStart.Add(time.Hour))
	},

	"due times are kept to the microsecond": func(c *storeCase) {
		at := func(n time.Duration) time.Time { return storeStart.Add(n * time.Microsecond) }
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("z", at(1)), alarm("y", at(2)), alarm("x", at(3)), alarm("ns", at(4).Add(999))}})
		c.due(10, at(1))
		c.at.Now = at(1)
		c.due(10, at(2), "z")
		c.at.Now = at(2).Add(999)
		c.due(10, at(3), "y")
		c.at.Now = at(3)
		c.due(10, at(4), "x")
		c.at.Now = at(5)
		if a := c.due(10, time.Time{}, "ns")[0]; !a.Due.Equal(at(4)) {
			c.Fatalf("due at %v, want %v", a.Due, at(4))
		}
	},

	"setting an alarm again moves it": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		moved := alarm("a", storeStart.Add(time.Hour))
		moved.Data = []byte("moved")
		rev := c.commit(bot.Batch{Set: []bot.Alarm{moved}})
		c.due(10, storeStart.Add(time.Hour))
		c.later(time.Hour)
		if got := c.due(10, time.Time{}, "a")[0]; got.Rev != rev || string(got.Data) != "moved" {
			c.Fatalf("got %+v, want what revision %d set", got, rev)
		}
	},

	"Cancel removes an alarm, or nothing": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", storeStart.Add(time.Hour)), alarm("c", storeStart)}})
		leased := c.due(1, storeStart, "a")[0]
		c.commit(bot.Batch{Cancel: []string{"a", "b", "never"}})
		c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{leased}})
		c.due(10, time.Time{}, "c")
		c.later(2 * time.Hour)
		c.due(10, time.Time{}, "c")
		c.commit(bot.Batch{Cancel: []string{"c"}, Set: []bot.Alarm{alarm("c", storeStart)}})
		c.due(10, time.Time{}, "c")
	},

	"alarms are still there after opening again": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", storeStart), alarm("c", storeStart.Add(time.Hour))}})
		mine := c.due(1, storeStart, "a")[0]
		c.reopen()
		c.due(10, storeStart.Add(time.Hour), "b")
		c.commit(bot.Batch{Done: []bot.Alarm{mine}})
		c.later(time.Minute)
		c.due(10, storeStart.Add(time.Hour), "b")
	},

	"a thousand alarms ring once each, in order": func(c *storeCase) {
		var set []bot.Alarm
		for i := range 1000 {
			set = append(set, alarm(fmt.Sprintf("ring/%03d", 999-i), storeStart.Add(time.Duration(-i)*time.Microsecond)))
		}
		c.commit(bot.Batch{Set: set})
		for i := 0; i < 1000; {
			rung, _, err := c.store.Due(c.ctx, c.at, time.Minute, 64)
			if err != nil || len(rung) == 0 {
				c.Fatalf("%d alarms after %d, %v", len(rung), i, err)
			}
			for _, a := range rung {
				if want := fmt.Sprintf("ring/%03d", i); a.Key != want {
					c.Fatalf("rang %s, want %s", a.Key, want)
				}
				i++
			}
			c.commit(bot.Batch{Done: rung})
		}
		c.later(time.Hour)
		c.due(10, time.Time{})
	},
}

var leaseCases = map[string]func(*storeCase){
	"a lease runs out on the real clock only": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		first := c.due(10, time.Time{}, "a")[0]
		c.at.Now = c.at.Now.Add(24 * time.Hour)
		c.due(10, time.Time{})
		c.at.Wall = storeStart.Add(time.Minute - time.Millisecond)
		c.due(10, time.Time{})
		c.at = bot.Moment{Now: storeStart, Wall: storeStart.Add(time.Minute)}
		second := c.due(10, time.Time{}, "a")[0]
		if second.Lease == first.Lease || second.Rev != first.Rev {
			c.Fatalf("first %+v, second %+v", first, second)
		}
	},

	"who lost the lease can do nothing with it": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		first := c.due(10, time.Time{}, "a")[0]
		c.later(time.Minute)
		second := c.due(10, time.Time{}, "a")[0]
		first.Until = c.at.Wall.Add(time.Hour)
		c.unchanged(func() {
			c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{first}})
			c.refuse(bot.ErrConflict, bot.Batch{Hold: []bot.Alarm{first}})
			c.refuse(bot.ErrConflict, bot.Batch{Hold: []bot.Alarm{{Key: "never", Lease: first.Lease}}})
		})
		c.commit(bot.Batch{Done: []bot.Alarm{second}})
		c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{second}})
		c.later(time.Hour)
		c.due(10, time.Time{})
	},

	"a lease that nobody took is still mine": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", storeStart)}})
		mine := c.due(10, time.Time{}, "a", "b")
		c.later(time.Hour)
		mine[1].Until = c.at.Wall.Add(time.Minute)
		c.commit(bot.Batch{Done: mine[:1], Hold: mine[1:]})
		c.due(10, time.Time{})
		c.later(time.Minute)
		c.due(10, time.Time{}, "b")
	},

	"nobody holds lease 0": func(c *storeCase) {
		rev := c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		nobody := bot.Alarm{Key: "a", Rev: rev, Until: storeStart.Add(time.Hour)}
		c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{nobody}})
		c.refuse(bot.ErrConflict, bot.Batch{Hold: []bot.Alarm{nobody}})
		c.due(10, time.Time{}, "a")
	},

	"Hold extends a lease": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		mine := c.due(10, time.Time{}, "a")[0]
		mine.Until = storeStart.Add(time.Hour)
		c.commit(bot.Batch{Hold: []bot.Alarm{mine}})
		c.later(time.Hour - time.Millisecond)
		c.due(10, time.Time{})
		c.later(time.Millisecond)
		c.due(10, time.Time{}, "a")
	},

	"Hold gives a lease back": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", storeStart)}})
		mine := c.due(10, time.Time{}, "a", "b")
		mine[0].Until, mine[1].Until = storeStart, time.Time{}
		c.commit(bot.Batch{Hold: mine})
		c.refuse(bot.ErrConflict, bot.Batch{Done: mine[:1]})
		c.refuse(bot.ErrConflict, bot.Batch{Hold: mine[1:]})
		c.due(10, time.Time{}, "a", "b")
	},

	"what is Set while it rings is not finished": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		mine := c.due(10, time.Time{}, "a")[0]
		set := c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart.Add(time.Second))}})
		c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{mine}})
		c.at.Now = c.at.Now.Add(time.Second)
		c.due(10, time.Time{}) // the running lease goes on
		mine.Until = c.at.Wall
		c.commit(bot.Batch{Hold: []bot.Alarm{mine}})
		if again := c.due(10, time.Time{}, "a")[0]; again.Rev != set {
			c.Fatalf("revision %d, want %d", again.Rev, set)
		}
	},

	"Done and Set in one batch ring it and set it anew": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("weekly", storeStart)}})
		mine := c.due(10, time.Time{}, "weekly")
		next := storeStart.Add(time.Second)
		c.commit(bot.Batch{Done: mine, Set: []bot.Alarm{alarm("weekly", next)}})
		c.refuse(bot.ErrConflict, bot.Batch{Hold: mine})
		c.due(10, next)
		c.at.Now = next
		c.due(10, time.Time{}, "weekly")
	},

	"giving back and setting in one batch leaves no lease": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		mine := c.due(10, time.Time{}, "a")
		mine[0].Until = time.Time{}
		next := storeStart.Add(time.Second)
		c.commit(bot.Batch{Hold: mine, Set: []bot.Alarm{alarm("a", next)}})
		c.due(10, next)
		c.at.Now = next
		c.due(10, time.Time{}, "a")
	},

	"Void ends every lease": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", storeStart), alarm("c", storeStart)}})
		theirs := c.due(2, storeStart, "a", "b")
		c.commit(bot.Batch{Void: true})
		for _, a := range theirs {
			a.Until = c.at.Wall.Add(time.Hour)
			c.refuse(bot.ErrConflict, bot.Batch{Done: []bot.Alarm{a}})
			c.refuse(bot.ErrConflict, bot.Batch{Hold: []bot.Alarm{a}})
		}
		c.due(10, time.Time{}, "a", "b", "c")
	},

	"a leased alarm is left out of next": func(c *storeCase) {
		later := storeStart.Add(time.Minute)
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart), alarm("b", later)}})
		c.due(10, later, "a")
		c.due(10, later)
		c.at.Now = later
		c.due(10, time.Time{}, "b")
	},

	"an alarm whose lease ran out before it was due counts for next": func(c *storeCase) {
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", storeStart)}})
		c.due(10, time.Time{}, "a")
		moved := storeStart.Add(time.Hour)
		c.commit(bot.Batch{Set: []bot.Alarm{alarm("a", moved)}})
		c.due(10, time.Time{})
		c.later(time.Minute)
		c.due(10, moved)
		c.later(time.Hour)
		c.due(10, time.Time{}, "a")
	},
}
