package bottest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datahour/bot"
)

// aWhile is longer than any waiting reader here has to wait when the store does
// its part, and the end of it when it does not.
const aWhile = 30 * time.Second

var logCases = map[string]func(*storeCase){
	"places begin at 1 and grow in the order of the batch": func(c *storeCase) {
		c.commit(bot.Batch{Append: append(entries("a", "one", "two"), entries("b", "uno")...)})
		c.commit(bot.Batch{Append: append(entries("b", "dos"), entries("a", "three")...)})
		for i, e := range c.read("a", 0, 10, "one", "two", "three") {
			if i == 0 && e.Seq != 1 {
				c.Fatalf("the first entry is at %d", e.Seq)
			}
		}
		if b := c.read("b", 0, 10, "uno", "dos"); b[0].Seq != 1 {
			c.Fatalf("the first entry of the other log is at %d", b[0].Seq)
		}
		c.read("c", 0, 10)
	},

	"Read gives up to max, from a place on": func(c *storeCase) {
		var lines []string
		for i := range 25 {
			lines = append(lines, fmt.Sprint("line ", i))
		}
		c.commit(bot.Batch{Append: entries("a", lines...)})
		var after bot.Seq
		for at := 0; at < 25; at += 4 {
			page := c.read("a", after, 4, lines[at:min(at+4, 25)]...)
			after = page[len(page)-1].Seq
		}
		c.read("a", after, 4)
		c.read("a", after+100, 4)
	},

	"entries hold any bytes": func(c *storeCase) {
		c.commit(bot.Batch{Append: entries("a", "", "\x00\xff", "日本")})
		c.reopen()
		c.read("a", 0, 10, "", "\x00\xff", "日本")
	},

	"places go on after trimming": func(c *storeCase) {
		c.commit(bot.Batch{Append: entries("a", "1", "2", "3", "4")})
		places := c.read("a", 0, 10, "1", "2", "3", "4")
		c.trim("a", places[1].Seq)
		c.read("a", 0, 10, "3", "4")
		c.read("a", places[0].Seq, 1, "3")
		c.trim("a", places[0].Seq) // again, and less: nothing to do
		c.trim("a", places[3].Seq+1000)
		c.read("a", 0, 10)
		c.reopen()
		c.commit(bot.Batch{Append: entries("a", "5")})
		if e := c.read("a", places[3].Seq, 10, "5")[0]; e.Seq >= places[3].Seq+1000 {
			c.Fatalf("the place after %d is %d", places[3].Seq, e.Seq)
		}
		c.trim("never written", 5)
		c.commit(bot.Batch{Append: entries("never written", "1")})
		if e := c.read("never written", 0, 10, "1")[0]; e.Seq != 1 {
			c.Fatalf("the first entry is at %d", e.Seq)
		}
	},

	"a reader whose wait is over gets nothing and no error": func(c *storeCase) {
		c.commit(bot.Batch{Append: entries("a", "1")})
		for _, wait := range []time.Duration{-time.Second, 0, time.Nanosecond, 20 * time.Millisecond} {
			got, err := c.store.Read(c.ctx, "a", 1, 10, wait)
			if len(got) != 0 || err != nil {
				c.Fatalf("wait %v: %v, %v", wait, got, err)
			}
		}
	},

	"a commit wakes whoever waits": func(c *storeCase) {
		// The reader tells how far it is and waits again, so that commits come
		// both before it waits and while it does.
		place := make(chan bot.Seq)
		failed := make(chan error, 1)
		go func() {
			var after bot.Seq
			for {
				got, err := c.store.Read(c.ctx, "a", after, 10, aWhile)
				if err != nil || len(got) != 1 {
					failed <- fmt.Errorf("read after %d: %d entries, %w", after, len(got), err)
					return
				}
				after = got[0].Seq
				select {
				case place <- after:
				case <-c.ctx.Done():
					return
				}
			}
		}()
		for i := range 100 {
			c.commit(bot.Batch{Append: entries("a", fmt.Sprint(i))})
			select {
			case <-place:
			case err := <-failed:
				c.Fatal(err)
			}
		}
	},

	"many readers each get every entry in order": func(c *storeCase) {
		const readers, lines = 32, 60
		done := make(chan error, readers)
		for r := range readers {
			log := fmt.Sprint("log ", r%4)
			go func() {
				var after bot.Seq
				for n := 0; n < lines; {
					got, err := c.store.Read(c.ctx, log, after, 7, aWhile)
					if err == nil && len(got) == 0 {
						err = errors.New("waited in vain")
					}
					if err != nil {
						done <- fmt.Errorf("%s, after %d lines: %w", log, n, err)
						return
					}
					for _, e := range got {
						if want := fmt.Sprint("line ", n); string(e.Data) != want || e.Seq <= after {
							done <- fmt.Errorf("%s: %q at %d, want %q", log, e.Data, e.Seq, want)
							return
						}
						after = e.Seq
						n++
					}
				}
				done <- nil
			}()
		}
		for i := range lines {
			var all []bot.Entry
			for r := range 4 {
				all = append(all, entries(fmt.Sprint("log ", r), fmt.Sprint("line ", i))...)
			}
			c.commit(bot.Batch{Append: all})
		}
		for range readers {
			if err := <-done; err != nil {
				c.Error(err)
			}
		}
	},

	"a reader who is called off stops waiting": func(c *storeCase) {
		for i := range 10 {
			ctx, cancel := context.WithCancel(c.ctx)
			done := make(chan error, 1)
			go func() {
				_, err := c.store.Read(ctx, fmt.Sprint("log ", i), 0, 10, aWhile)
				done <- err
			}()
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				c.Fatalf("read: %v, want %v", err, context.Canceled)
			}
		}
	},

	"a refused commit appends nothing": func(c *storeCase) {
		c.refuse(bot.ErrConflict, bot.Batch{Check: []bot.Record{{Key: "a", Rev: 5}}, Append: entries("a", "1")})
		c.read("a", 0, 10)
		c.commit(bot.Batch{Append: entries("a", "2")})
		c.read("a", 0, 10, "2")
	},
}

// trim drops entries, and must succeed.
func (c *storeCase) trim(log string, upTo bot.Seq) {
	c.Helper()
	trimmer, ok := c.store.(bot.Trimmer)
	if !ok {
		c.Fatalf("%T is no bot.Trimmer", c.store)
	}
	if err := trimmer.Trim(c.ctx, log, upTo); err != nil {
		c.Fatalf("trim %q up to %d: %v", log, upTo, err)
	}
}
