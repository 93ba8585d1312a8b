package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"datahour/bot"
)

var crowdCases = map[string]func(*storeCase){
	"64 writers count up one record": func(c *storeCase) {
		const writers, each = 64, 5
		var all errgroup.Group
		for range writers {
			all.Go(func() error {
				for range each {
					if err := c.countUp("count"); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			c.Fatal(err)
		}
		c.holds("count", strconv.Itoa(writers*each))
	},

	"64 writers write what is their own": func(c *storeCase) {
		const writers, each = 64, 10
		var mu sync.Mutex
		seen := map[bot.Rev]bool{}
		var all errgroup.Group
		for w := range writers {
			all.Go(func() error {
				key, rev := fmt.Sprintf("own/%02d", w), bot.Rev(0)
				for i := range each {
					next, err := c.store.Commit(c.ctx, c.at, bot.Batch{
						Seen:   []string{fmt.Sprint(key, i)},
						Put:    []bot.Record{note(key, rev, strconv.Itoa(i), "own")},
						Set:    []bot.Alarm{alarm(key, storeStart)},
						Append: entries("all", key+" "+strconv.Itoa(i)),
					})
					if err != nil {
						return err
					}
					mu.Lock()
					twice := seen[next]
					seen[next] = true
					mu.Unlock()
					if twice || next <= rev {
						return fmt.Errorf("revision %d given twice, or after %d", next, rev)
					}
					rev = next
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			c.Fatal(err)
		}
		listed, err := c.store.List(c.ctx, "own", "", 1000)
		if err != nil || len(listed) != writers {
			c.Fatalf("%d records, %v", len(listed), err)
		}
		for _, r := range listed {
			if string(r.Value) != strconv.Itoa(each-1) {
				c.Errorf("%s is %s", r.Key, r.Value)
			}
		}
		lines, err := c.store.Read(c.ctx, "all", 0, 10_000, 0)
		if err != nil || len(lines) != writers*each {
			c.Fatalf("%d entries, %v", len(lines), err)
		}
		at := map[string]int{}
		for _, e := range lines {
			var key string
			var i int
			if _, err := fmt.Sscan(string(e.Data), &key, &i); err != nil || i != at[key] {
				c.Fatalf("%q, want number %d", e.Data, at[key])
			}
			at[key]++
		}
	},

	"each alarm is given to one of many": func(c *storeCase) {
		const alarms = 200
		var set []bot.Alarm
		var want []string
		for i := range alarms {
			key := fmt.Sprintf("ring/%03d", i)
			set, want = append(set, alarm(key, storeStart)), append(want, key)
		}
		c.commit(bot.Batch{Set: set})
		var mu sync.Mutex
		var got []string
		var all errgroup.Group
		for range 16 {
			all.Go(func() error {
				for {
					rung, _, err := c.store.Due(c.ctx, c.at, time.Minute, 7)
					if err != nil || len(rung) == 0 {
						return err
					}
					mu.Lock()
					for _, a := range rung {
						got = append(got, a.Key)
					}
					mu.Unlock()
					if _, err := c.store.Commit(c.ctx, c.at, bot.Batch{Done: rung}); err != nil {
						return err
					}
				}
			})
		}
		if err := all.Wait(); err != nil {
			c.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			c.Fatalf("%d alarms rang, want %d, each once", len(got), len(want))
		}
	},

	"Get sees one moment": func(c *storeCase) {
		// One writer moves a coin between two records; nobody may ever see two or none.
		c.commit(bot.Batch{Put: []bot.Record{note("left", 0, "1"), note("right", 0, "0")}})
		var all errgroup.Group
		done := make(chan struct{})
		all.Go(func() error {
			defer close(done)
			for i := range 200 {
				_, err := c.store.Commit(c.ctx, c.at, bot.Batch{Put: []bot.Record{
					note("left", bot.Any, strconv.Itoa(i%2)), note("right", bot.Any, strconv.Itoa(1-i%2)),
				}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		for range 4 {
			all.Go(func() error {
				for {
					r, err := c.store.Get(c.ctx, "left", "right")
					if err != nil {
						return err
					}
					if string(r[0].Value) == string(r[1].Value) || r[0].Value == nil {
						return fmt.Errorf("left %s, right %s", r[0].Value, r[1].Value)
					}
					select {
					case <-done:
						return nil
					default:
					}
				}
			})
		}
		if err := all.Wait(); err != nil {
			c.Fatal(err)
		}
	},
}

// countUp adds one to a record, reading again as long as others were faster.
func (c *storeCase) countUp(key string) error {
	for {
		got, err := c.store.Get(c.ctx, key)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(got[0].Value))
		_, err = c.store.Commit(c.ctx, c.at, bot.Batch{Put: []bot.Record{note(key, got[0].Rev, strconv.Itoa(n+1))}})
		if !errors.Is(err, bot.ErrConflict) {
			return err
		}
	}
}

var endCases = map[string]func(*storeCase){
	"after its deadline a batch is not saved, then or later": func(c *storeCase) {
		c.put("a", "1")
		c.unchanged(func() {
			late := bot.Batch{Put: []bot.Record{note("a", bot.Any, "2")}, Append: entries("log", "late"), Seen: []string{"late"}}
			for _, ago := range []time.Duration{time.Nanosecond, time.Millisecond, time.Second, 24 * time.Hour} {
				late.Deadline = time.Now().Add(-ago)
				c.refuse(bot.ErrNotSaved, late)
			}
		})
		c.reopen()
		c.holds("a", "1")
	},

	"before its deadline a batch is saved": func(c *storeCase) {
		c.commit(bot.Batch{Put: []bot.Record{note("a", 0, "1")}, Deadline: time.Now().Add(aWhile)})
		c.holds("a", "1")
	},

	"the deadline is on the real clock, not on the moment given": func(c *storeCase) {
		c.at.Now, c.at.Wall = time.Now().Add(-1000*time.Hour), time.Now().Add(-1000*time.Hour)
		c.refuse(bot.ErrNotSaved, bot.Batch{Deadline: time.Now().Add(-time.Second)})
		c.at.Now, c.at.Wall = time.Now().Add(1000*time.Hour), time.Now().Add(1000*time.Hour)
		c.commit(bot.Batch{Deadline: time.Now().Add(aWhile)})
	},

	"who was called off before asking gets nothing done": func(c *storeCase) {
		ctx, cancel := context.WithCancel(c.ctx)
		cancel()
		for what, err := range c.everyCall(ctx) {
			if !errors.Is(err, context.Canceled) {
				c.Errorf("%s: %v, want %v", what, err, context.Canceled)
			}
		}
		c.absent("called")
	},

	"a closed store says so": func(c *storeCase) {
		if err := c.store.Close(); err != nil {
			c.Fatalf("close: %v", err)
		}
		for what, err := range c.everyCall(c.ctx) {
			if !errors.Is(err, bot.ErrClosed) {
				c.Errorf("%s: %v, want ErrClosed", what, err)
			}
		}
		_ = c.store.Close() // once more does no harm
	},

	"closing lets waiting readers go": func(c *storeCase) {
		const readers = 16
		started, done := make(chan struct{}, readers), make(chan error, readers)
		for range readers {
			go func() {
				started <- struct{}{}
				_, err := c.store.Read(c.ctx, "log", 0, 10, aWhile)
				done <- err
			}()
		}
		for range readers {
			<-started
		}
		if err := c.store.Close(); err != nil {
			c.Fatalf("close: %v", err)
		}
		for range readers {
			if err := <-done; !errors.Is(err, bot.ErrClosed) {
				c.Errorf("read: %v, want ErrClosed", err)
			}
		}
	},

	"closing amid commits keeps what was acknowledged": func(c *storeCase) {
		const writers = 16
		store := c.store
		var saved [writers]int
		var begun, all sync.WaitGroup
		begun.Add(writers)
		for w := range writers {
			all.Go(func() {
				for i := 1; ; i++ {
					_, err := store.Commit(c.ctx, c.at, bot.Batch{Put: []bot.Record{note(fmt.Sprint("w/", w), bot.Any, strconv.Itoa(i))}})
					if i == 1 {
						begun.Done()
					}
					if err != nil {
						return
					}
					saved[w] = i
				}
			})
		}
		begun.Wait()
		c.reopen()
		all.Wait()
		for w := range writers {
			n, _ := strconv.Atoi(string(c.get(fmt.Sprint("w/", w)).Value))
			if n < saved[w] || n > saved[w]+1 {
				c.Errorf("writer %d: %d acknowledged, %d kept", w, saved[w], n)
			}
		}
	},
}

// everyCall makes each call of the port once and gives its error.
func (c *storeCase) everyCall(ctx context.Context) map[string]error {
	errs := map[string]error{}
	_, errs["Get"] = c.store.Get(ctx, "a")
	_, errs["List"] = c.store.List(ctx, "a", "", 1)
	_, errs["Commit"] = c.store.Commit(ctx, c.at, bot.Batch{Put: []bot.Record{note("called", bot.Any, "1")}})
	_, _, errs["Due"] = c.store.Due(ctx, c.at, time.Minute, 1)
	_, errs["Read"] = c.store.Read(ctx, "a", 0, 1, aWhile)
	return errs
}
