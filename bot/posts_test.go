package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestPosts(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		north := h.Chat("north")
		show(h, data, "a", "one")
		show(h, data, "b", "two")
		stands(h, data, "one", "two")
		calls := len(north.Calls(""))
		show(h, data, "a", "one")
		if n := len(north.Calls("")); n != calls {
			h.Errorf("the same content made %d calls", n-calls)
		}
		show(h, data, "a", "changed")
		stands(h, data, "changed", "two")
		do(h, func(tx *bot.Tx) { tx.Retract(data, "a"); tx.Retract(data, "never") })
		stands(h, data, "two")
		show(h, data, "a", "again")
		stands(h, data, "two", "again")
		// Taken back and declared anew before the room is worked off.
		do(h, func(tx *bot.Tx) { tx.Retract(data, "a") })
		do(h, func(tx *bot.Tx) {
			tx.Retract(data, "b")
			tx.Show(bot.Notice{Room: data, Key: "b", Post: bot.Say("three")})
		})
		stands(h, data, "three")
		if got := h.Post(data, "b").Edits; got != 1 {
			h.Errorf("b was edited %d times, want once", got)
		}
	})
}

func TestPostDeclaredAnewRightAfterItWasRemoved(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		show(h, data, "a", "one")
		north := h.Chat("north")
		north.Next("delete", bottest.Fault{Slow: time.Second})
		if err := h.Do(func(_ context.Context, tx *bot.Tx) error { tx.Retract(data, "a"); return nil }); err != nil {
			h.Fatal(err)
		}
		show(h, data, "a", "two") // while the deletion is under way
		h.Advance(time.Minute)
		stands(h, data, "two")
	})
}

func TestManyChangesBecomeOneEdit(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{Pace: bot.Pace{EditEvery: 2 * time.Second}}, func(h *bottest.Harness) {
		show(h, data, "a", "0")
		for i := range 30 {
			h.Advance(100 * time.Millisecond) // three seconds and more
			show(h, data, "a", fmt.Sprint(i+1))
		}
		h.Advance(10 * time.Second)
		stands(h, data, "30")
		if n := h.Post(data, "a").Edits; n < 2 || n > 8 {
			h.Errorf("30 changes became %d edits", n)
		}
		var last time.Time
		for _, call := range h.Chat("north").Calls("edit") {
			if d := call.At.Sub(last); d < 2*time.Second {
				h.Errorf("an edit came %v after the one before", d)
			}
			last = call.At
		}
	})
}

func TestRoomRateIsKeptOverTime(t *testing.T) {
	north := bottest.NewChat("north")
	north.Limit(bot.Limits{RoomEvery: time.Second, RoomBurst: 1})
	bubble(t, &lab{}, bottest.Config{Chats: []bot.Chat{north}}, func(h *bottest.Harness) {
		for i := range 5 {
			show(h, data, bot.Key(fmt.Sprint(i)), fmt.Sprint(i))
			h.Advance(300 * time.Millisecond)
		}
		do(h, func(tx *bot.Tx) {
			for i := range 5 {
				tx.Show(bot.Notice{Room: data, Key: bot.Key(fmt.Sprint("more", i)), Post: bot.Say(fmt.Sprint(i)), First: i == 4})
			}
		})
		h.Advance(time.Minute)
		stands(h, data, "0", "1", "2", "3", "4", "4", "0", "1", "2", "3")
		var last time.Time
		for _, call := range north.Calls("") {
			if d := call.At.Sub(last); d < 999*time.Millisecond {
				h.Errorf("%s came %v after the call before", call.Key, d)
			}
			last = call.At
		}
	})
}

func TestPlatformRateIsKeptOverRooms(t *testing.T) {
	north := bottest.NewChat("north")
	north.Limit(bot.Limits{PlatformEvery: 100 * time.Millisecond, PlatformBurst: 1})
	bubble(t, &lab{}, bottest.Config{Chats: []bot.Chat{north}}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) {
			for i := range 50 {
				tx.Show(bot.Notice{Room: bot.RoomID(fmt.Sprint("north:room", i)), Key: "k", Post: bot.Say("x")})
			}
		})
		h.Advance(10 * time.Second)
		calls := north.Calls("post")
		if len(calls) != 50 {
			h.Errorf("%d posts, want 50", len(calls))
		}
		for i := 1; i < len(calls); i++ {
			if d := calls[i].At.Sub(calls[i-1].At); d < 99*time.Millisecond {
				h.Fatalf("post %d came %v after the one before", i, d)
			}
		}
	})
}

func TestThreads(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) { // the reply is declared first
			tx.Show(bot.Notice{Room: data, Key: "a", Under: "z", Post: bot.Say("reply")})
			tx.Show(bot.Notice{Room: data, Key: "z", Post: bot.Say("top")})
		})
		stands(h, data, "top", "reply")
		top := h.Post(data, "z").ID
		if got := h.Post(data, "a").Thread; got != top {
			h.Errorf("the reply is in the thread of %q, want %q", got, top)
		}
		do(h, func(tx *bot.Tx) {
			tx.Show(bot.Notice{Room: data, Key: "b", Under: "a", Post: bot.Say("reply to the reply")})
		})
		if got := h.Post(data, "b").Thread; got != top {
			h.Errorf("the reply to the reply is in the thread of %q, want %q", got, top)
		}
		said := h.Say("north:ada", data, "hello")
		do(h, func(tx *bot.Tx) {
			tx.Show(bot.Notice{Room: data, Key: "c", Reply: said, Post: bot.Say("to you")})
			tx.Show(bot.Notice{Room: data, Key: "d", Under: "nowhere", Post: bot.Say("alone")})
			tx.Show(bot.Notice{Room: data, Key: "e", Under: "f", Post: bot.Say("e")}) // each under the other: a mistake
			tx.Show(bot.Notice{Room: data, Key: "f", Under: "e", Post: bot.Say("f")})
		})
		if got := h.Post(data, "c").Thread; got != said {
			h.Errorf("the answer is in the thread of %q, want %q", got, said)
		}
		h.Post(data, "d")
		h.Post(data, "e")
		h.Post(data, "f")
		h.Chat("north").Next("post", bottest.Gone)
		do(h, func(tx *bot.Tx) {
			tx.Show(bot.Notice{Room: data, Key: "g", Reply: "north:deleted", Post: bot.Say("g")})
		})
		h.Advance(time.Minute)
		if got := h.Post(data, "g").Thread; got != "" {
			h.Errorf("a post whose thread is gone is in %q", got)
		}
	})
}

func TestPostedTellsTheKey(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		show(h, data, "hour/7k2/q/2", "Q2")
		id := h.Post(data, "hour/7k2/q/2").ID
		if err := h.Do(func(ctx context.Context, tx *bot.Tx) error {
			if key, ok, err := tx.Posted(ctx, data, id); key != "hour/7k2/q/2" || !ok || err != nil {
				h.Errorf("posted under %q, %v, %v", key, ok, err)
			}
			_, ok, err := tx.Posted(ctx, data, "north:other")
			if ok {
				h.Error("a message of somebody else's is the bot's")
			}
			return err
		}); err != nil {
			h.Fatal(err)
		}
	})
}

func TestRemovedByAPersonStaysRemoved(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		show(h, data, "a", "one")
		h.Chat("north").RemovePost(h.Post(data, "a").ID)
		show(h, data, "a", "two")
		show(h, data, "a", "three")
		h.Advance(time.Hour)
		stands(h, data)
		do(h, func(tx *bot.Tx) { tx.Retract(data, "a") }) // it is over: the key is free again
		show(h, data, "a", "a new one")
		stands(h, data, "a new one")
	})
}

func TestTooManyRequestsHoldsTheRoom(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		h.Chat("north").Next("post", bottest.NotSent(10*time.Second))
		show(h, data, "a", "one")
		show(h, data, "b", "two")
		h.Advance(9 * time.Second)
		stands(h, data)
		h.Advance(2 * time.Second)
		stands(h, data, "one", "two")
		h.Chat("north").Next("edit", bottest.NotSent(0), bottest.NotSent(time.Second))
		show(h, data, "a", "1")
		h.Advance(10 * time.Second)
		stands(h, data, "1", "two")
	})
}

func TestRefused(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		h.Chat("north").RemoveRoom("north:closed")
		show(h, "north:closed", "a", "one")
		h.Advance(time.Hour)
		if n := len(h.Chat("north").Calls("post")); n != 1 {
			h.Errorf("a refused post was tried %d times", n)
		}
		if refused := h.Bot.Connections()[0].Refused; !strings.Contains(refused["north:closed"], "no such room") {
			h.Errorf("refused rooms are %v", refused)
		}
	})
}

func TestWhispers(t *testing.T) {
	for name, fault := range map[string]bottest.Fault{"answer lost": bottest.AnswerLost, "call lost": bottest.CallLost, "too many": bottest.NotSent(time.Second)} {
		t.Run(name, func(t *testing.T) {
			bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
				h.Chat("north").Next("whisper", fault)
				whisper := func(text string) {
					do(h, func(tx *bot.Tx) {
						tx.Show(bot.Notice{Room: data, Key: "w", To: "north:ada", Post: bot.Say(text)})
					})
				}
				whisper("psst")
				h.Advance(time.Hour)
				want := 1
				if name == "too many" {
					want = 2
				}
				whisper("psst, changed")
				h.Down(time.Hour)
				if n := len(h.Chat("north").Calls("whisper")); n != want {
					h.Errorf("whispered %d times, want %d", n, want)
				}
			})
		})
	}
}

func TestUnsurePosts(t *testing.T) {
	grace := bot.DefaultPace.Grace
	for name, c := range map[string]struct {
		fault  bottest.Fault
		arrive time.Duration // when late ones arrive
		by     time.Duration // stands by then
		posts  int           // calls
	}{
		"answer lost":        {bottest.AnswerLost, 0, 2 * time.Second, 1},
		"call lost":          {bottest.CallLost, 0, grace + 2*time.Second, 2},
		"arrives in a while": {bottest.ComesLate, 10 * time.Second, grace + time.Second, 1},
		"answers too slowly": {bottest.Fault{Slow: time.Minute}, 0, 12 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
				north := h.Chat("north")
				north.Next("post", c.fault)
				began := h.Now()
				show(h, data, "a", "one")
				show(h, data, "b", "two")
				if c.arrive > 0 {
					h.Advance(c.arrive)
					north.Arrive()
				}
				h.Advance(began.Add(c.by).Sub(h.Now()))
				h.Post(data, "a")
				h.Post(data, "b")
				h.Advance(10 * time.Minute)
				h.Post(data, "a")
				if n := len(north.Calls("post")); n != c.posts+1 {
					h.Errorf("%d posts were sent, want %d", n, c.posts+1)
				}
				calls := len(north.Calls(""))
				h.Advance(time.Hour)
				if n := len(north.Calls("")); n != calls {
					h.Errorf("an hour later there were %d more calls", n-calls)
				}
				if name == "call lost" && north.Calls("post")[2].At.Sub(began) < grace {
					h.Error("it was sent again before the grace was over")
				}
			})
		})
	}
}

func TestLateEditIsCorrected(t *testing.T) {
	for name, chat := range map[string]func() bot.Chat{
		"looking it up":   func() bot.Chat { return bottest.NewChat("north") },
		"without look-up": func() bot.Chat { return blind{bottest.NewChat("north")} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, &lab{}, bottest.Config{Chats: []bot.Chat{chat()}}, func(h *bottest.Harness) {
				show(h, data, "a", "one")
				north := h.Chat("north")
				north.Next("edit", bottest.ComesLate)
				show(h, data, "a", "two")
				show(h, data, "a", "three")
				h.Advance(5 * time.Second)
				stands(h, data, "three")
				north.Arrive()
				stands(h, data, "two")
				h.Advance(bot.DefaultPace.Grace + 2*time.Second)
				stands(h, data, "three")
				calls := len(north.Calls(""))
				h.Advance(time.Hour)
				if n := len(north.Calls("")); n != calls {
					h.Errorf("an hour later there were %d more calls", n-calls)
				}
			})
		})
	}
}

// blind is a chat that can edit and delete, and not look up.
type blind struct{ chat *bottest.Chat }

func (b blind) Fake() *bottest.Chat { return b.chat }
func (b blind) Platform() string    { return b.chat.Platform() }
func (b blind) Run(ctx context.Context, r bot.Receive, gap func(bot.RoomID)) error {
	return b.chat.Run(ctx, r, gap)
}
func (b blind) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	return b.chat.Post(ctx, room, thread, key, mark, p)
}
func (b blind) Edit(ctx context.Context, room bot.RoomID, id bot.MessageID, key bot.Key, mark string, p bot.Post) error {
	return b.chat.Edit(ctx, room, id, key, mark, p)
}
func (b blind) Delete(ctx context.Context, room bot.RoomID, id bot.MessageID) error {
	return b.chat.Delete(ctx, room, id)
}

func TestGiveUpAndPostAgain(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		north := h.Chat("north")
		north.Next("post", bottest.CallLost)
		north.Misbehave(func(c bottest.Call) bottest.Fault {
			if c.Do == "find" {
				return bottest.CallLost
			}
			return bottest.Fault{}
		})
		show(h, data, "a", "one")
		show(h, data, "b", "two")
		h.Advance(20 * time.Minute)
		stands(h, data, "two") // the others go on
		if direct := h.Direct("north:olga"); len(direct) != 1 || !strings.Contains(direct[0].Text, "could not find out") {
			h.Fatalf("organisers were told %+v", direct)
		}
		h.Down(time.Hour) // it stays stopped
		stands(h, data, "two")
		calls := len(north.Calls(""))
		h.Advance(3 * time.Hour)
		if n := len(north.Calls("")); n != calls {
			h.Errorf("a stopped post made %d more calls", n-calls)
		}
		h.Press("north:olga", "north:@olga", "Post again")
		h.Advance(time.Second)
		stands(h, data, "two", "one")
		if direct := h.Direct("north:olga"); len(direct) != 0 {
			h.Errorf("the question still stands: %+v", direct)
		}
	})
}

func TestGiveUpOnAnEditMeansEditingAgain(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		north := h.Chat("north")
		show(h, data, "a", "one")
		north.Misbehave(func(c bottest.Call) bottest.Fault {
			if c.Do == "find" {
				return bottest.CallLost
			}
			return bottest.Fault{}
		})
		north.Next("edit", bottest.CallLost)
		show(h, data, "a", "two")
		h.Advance(time.Hour)
		stands(h, data, "two")
		if direct := h.Direct("north:olga"); len(direct) != 0 {
			h.Errorf("organisers were told %+v", direct)
		}
	})
}

func TestUnknownPlatformAndUnknownButtons(t *testing.T) {
	bubble(t, &lab{rows: []bot.Row{{Name: "known", Summary: "Known", Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) {
		return bot.Reply{Post: &bot.Post{Text: "x", Buttons: []bot.Button{{Label: "No", Command: "unknown"}}, Select: &bot.Select{Command: "unknown"}}}, nil
	}}}}, bottest.Config{}, func(h *bottest.Harness) {
		do(h, func(tx *bot.Tx) {
			tx.Show(bot.Notice{Room: "east:data", Key: "a", Post: bot.Say("waits")})
			tx.Show(bot.Notice{Room: data, Key: "a", Post: bot.Post{Text: "x", Buttons: []bot.Button{{Label: "Yes", Command: "known x"}, {Label: "No", Command: "unknown"},
				{Label: "Link", URL: "https://a.example"}}, Select: &bot.Select{Command: "unknown"}}})
		})
		p := h.Post(data, "a")
		if len(p.Buttons) != 2 || p.Select != nil {
			h.Errorf("shown with %+v and %+v", p.Buttons, p.Select)
		}
		if r := h.Press("north:ada", data, "Yes"); len(r.Post.Buttons) > 0 || r.Post.Select != nil {
			h.Errorf("answered with %+v", r.Post)
		}
	})
}

// What we were removing ourselves was not removed by a person, even when the
// answer was lost and it was declared anew before that was known.
func TestDeclaredAnewAfterAnUnsureDeletion(t *testing.T) {
	bubble(t, &lab{}, bottest.Config{}, func(h *bottest.Harness) {
		show(h, data, "a", "one")
		h.Chat("north").Next("delete", bottest.AnswerLost)
		if err := h.Do(func(_ context.Context, tx *bot.Tx) error { tx.Retract(data, "a"); return nil }); err != nil {
			h.Fatal(err)
		}
		show(h, data, "a", "two")
		h.Advance(time.Minute)
		stands(h, data, "two")
	})
}
