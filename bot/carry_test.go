package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// carrying carries each entry as a post of its own, as many as the rate allows,
// and combines the rest into the last one.
func carrying() *lab {
	return &lab{carryOn: func(_ context.Context, tx *bot.Tx, log string, room bot.RoomID, entries []bot.Entry, posts int) (int, error) {
		dealt := 0
		for ; posts > 0 && dealt < len(entries); posts-- {
			n := 1
			if posts == 1 {
				n = len(entries) - dealt
			}
			var words []string
			for _, e := range entries[dealt : dealt+n] {
				words = append(words, string(e.Data))
			}
			tx.Show(bot.Notice{Room: room, Key: bot.Key(fmt.Sprint("carried/", entries[dealt].Seq)), Post: bot.Say(strings.Join(words, " "))})
			dealt += n
		}
		return dealt, nil
	}}
}

// carried are the numbers that a room was told, in order.
func carried(h *bottest.Harness, room bot.RoomID) string {
	h.Helper()
	var all []string
	for _, p := range h.Posts(room) {
		all = append(all, p.Text)
	}
	return strings.Join(all, " ")
}

func numbers(from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return strings.Join(all, " ")
}

func say(h *bottest.Harness, from, to int) {
	h.Helper()
	do(h, func(tx *bot.Tx) {
		for i := from; i <= to; i++ {
			tx.Append("lab/1", i)
		}
	})
}

func TestCarry(t *testing.T) {
	south := bottest.NewChat("south")
	south.Limit(bot.Limits{RoomEvery: time.Second, RoomBurst: 2})
	bubble(t, carrying(), bottest.Config{Chats: []bot.Chat{bottest.NewChat("north"), south}}, func(h *bottest.Harness) {
		say(h, 1, 3)
		do(h, func(tx *bot.Tx) {
			tx.Carry("lab/1", data, 0)
			tx.Carry("lab/1", "south:data", 2)
		})
		if got := carried(h, data); got != "1 2 3" {
			t.Errorf("north was told %q", got)
		}
		for i := 4; i <= 40; i++ {
			say(h, i, i)
			h.Advance(100 * time.Millisecond)
		}
		h.Advance(10 * time.Second)
		if got := carried(h, data); got != numbers(1, 40) || len(h.Posts(data)) != 40 {
			t.Errorf("north was told %q in %d posts", got, len(h.Posts(data)))
		}
		if got := carried(h, "south:data"); got != numbers(3, 40) || len(h.Posts("south:data")) > 12 {
			t.Errorf("south was told %q in %d posts", got, len(h.Posts("south:data")))
		}
		say(h, 41, 300) // more than a page
		h.Advance(time.Minute)
		if got := carried(h, data); got != numbers(1, 300) {
			t.Errorf("north was told %q", got)
		}
		do(h, func(tx *bot.Tx) { tx.EndCarry("lab/1", data) })
		say(h, 301, 302)
		h.Advance(time.Minute)
		if got := carried(h, data); got != numbers(1, 300) {
			t.Errorf("after the end north was told %q", got)
		}
		if got := carried(h, "south:data"); got != numbers(3, 302) {
			t.Errorf("south was told %q", got)
		}
	})
}

func TestCarryIsNotRepeatedAfterBeingKilled(t *testing.T) {
	for n := range 16 {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d,%v", n, applied), func(t *testing.T) {
				store := &mortal{Store: bottest.NewStore(), left: -2}
				bubble(t, carrying(), bottest.Config{Store: store, Errors: true}, func(h *bottest.Harness) {
					do(h, func(tx *bot.Tx) { tx.Carry("lab/1", data, 0) })
					say(h, 1, 3)
					h.StopBot()
					if _, err := store.Store.Commit(context.Background(), bot.Moment{Now: h.Now(), Wall: time.Now()}, bot.Batch{Append: []bot.Entry{
						{Log: "lab/1", Data: []byte("4")}, {Log: "lab/1", Data: []byte("5")}, {Log: "lab/1", Data: []byte("6")}}}); err != nil {
						t.Fatal(err)
					}
					store.revive(n, applied)
					h.StartBot()
					h.Advance(time.Minute)
					h.StopBot()
					store.revive(-2, false)
					h.StartBot()
					h.Advance(time.Minute)
					got := map[string]int{}
					for _, word := range strings.Fields(carried(h, data)) {
						got[word]++
					}
					for i := 1; i <= 6; i++ {
						if got[fmt.Sprint(i)] != 1 {
							t.Errorf("%d was carried %d times", i, got[fmt.Sprint(i)])
						}
					}
				})
			})
		}
	}
}

func TestFailingCarrierIsAskedAgainInPeace(t *testing.T) {
	l := carrying()
	carry := l.carryOn
	var mu sync.Mutex
	asked, broken := 0, true
	l.carryOn = func(ctx context.Context, tx *bot.Tx, log string, room bot.RoomID, entries []bot.Entry, posts int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if asked++; broken {
			if asked%2 == 0 {
				panic("a mistake")
			}
			return 0, errors.New("not yet")
		}
		return carry(ctx, tx, log, room, entries, posts)
	}
	bubble(t, l, bottest.Config{Errors: true}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) { tx.Carry("lab/1", data, 0) })
		say(h, 1, 1)
		h.Advance(10 * time.Second)
		mu.Lock()
		if asked < 5 || asked > 15 {
			t.Errorf("in ten seconds it was asked %d times", asked)
		}
		mu.Unlock()
		show(h, data, "q", "question") // goes on meanwhile
		stands(h, data, "question")
		mu.Lock()
		broken = false
		mu.Unlock()
		h.Advance(2 * time.Second)
		stands(h, data, "question", "1")
	})
}
