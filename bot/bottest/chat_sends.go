package bottest

import (
	"context"
	"errors"
	"strings"
	"time"

	"datahour/bot"
)

// shows fails unless exactly these words stand, in this order.
func (c *chatCase) shows(want ...string) []ServerPost {
	c.Helper()
	got := c.Posts()
	if len(got) != len(want) {
		c.Fatalf("%d posts stand, want %d: %+v", len(got), len(want), got)
	}
	for i, p := range got {
		if !strings.Contains(p.Words, want[i]) {
			c.Errorf("post %d says %q, want %q", i, p.Words, want[i])
		}
	}
	return got
}

func chatPosts(c *chatCase) {
	a := c.posts("", "k/a", "m1", "one")
	b := c.posts("", "k/b", "m1", "two")
	if stand := c.shows("one", "two"); stand[0].ID != a || stand[1].ID != b {
		c.Errorf("posted %q and %q, and %q and %q stand", a, b, stand[0].ID, stand[1].ID)
	}
	if editor, ok := c.chat.(bot.Editor); ok {
		if err := editor.Edit(c.window(), c.Room(), a, "k/a", "m2", bot.Say("changed")); err != nil {
			c.Errorf("editing: %v", err)
		}
		c.shows("changed", "two")
	}
	deleter, ok := c.chat.(bot.Deleter)
	if !ok {
		return
	}
	if err := deleter.Delete(c.window(), c.Room(), a); err != nil {
		c.Errorf("deleting: %v", err)
	}
	c.shows("two")
	if err := deleter.Delete(c.window(), c.Room(), a); err != nil {
		c.ends(err, bot.Gone)
	}
	if editor, ok := c.chat.(bot.Editor); ok {
		c.ends(editor.Edit(c.window(), c.Room(), a, "k/a", "m3", bot.Say("changed again")), bot.Gone)
	}
	c.shows("two")
}

func chatThreads(c *chatCase) {
	said := c.Say("", "a person's")
	top := c.posts("", "top", "m", "ours")
	c.posts(said, "under/person", "m", "to the person")
	c.posts(top, "under/ours", "m", "to ourselves")
	stand := c.shows("ours", "to the person", "to ourselves")
	if stand[0].Thread != "" || stand[1].Thread != said || stand[2].Thread != top {
		c.Errorf("the threads are %q, %q, %q; want none, %q, %q", stand[0].Thread, stand[1].Thread, stand[2].Thread, said, top)
	}
}

func chatFinds(c *chatCase) {
	finder, ok := c.chat.(bot.Finder)
	if !ok {
		return
	}
	find := func(thread bot.MessageID, key bot.Key, want ...bot.Found) {
		c.Helper()
		got, err := finder.Find(c.window(), c.Room(), thread, key)
		if err != nil || len(got) != len(want) {
			c.Fatalf("finding %q: %v, %v; want %v", key, got, err, want)
		}
		for i := range got {
			if got[i] != want[i] {
				c.Errorf("finding %q: %v, want %v", key, got, want)
			}
		}
	}
	find("", "k")
	a := c.posts("", "k", "m1", "one")
	other := c.posts("", "k/2", "m1", "other")
	find("", "k", bot.Found{ID: a, Mark: "m1"})
	b := c.posts("", "k", "m2", "one again")
	find("", "k", bot.Found{ID: a, Mark: "m1"}, bot.Found{ID: b, Mark: "m2"})
	find("", "k/2", bot.Found{ID: other, Mark: "m1"})
	reply := c.posts(a, "k/reply", "m1", "reply")
	find(a, "k/reply", bot.Found{ID: reply, Mark: "m1"})
	if editor, ok := c.chat.(bot.Editor); ok {
		if err := editor.Edit(c.window(), c.Room(), b, "k", "m3", bot.Say("changed")); err != nil {
			c.Fatalf("editing: %v", err)
		}
		find("", "k", bot.Found{ID: a, Mark: "m1"}, bot.Found{ID: b, Mark: "m3"})
	}
	if deleter, ok := c.chat.(bot.Deleter); ok {
		if err := deleter.Delete(c.window(), c.Room(), a); err != nil {
			c.Fatalf("deleting: %v", err)
		}
		got, err := finder.Find(c.window(), c.Room(), "", "k")
		if err != nil || len(got) != 1 || got[0].ID != b {
			c.Errorf("after deleting one, %v is found, %v", got, err)
		}
	}
}

func chatWhispers(c *chatCase) {
	whisperer, ok := c.chat.(bot.Whisperer)
	if !ok {
		return
	}
	if err := whisperer.Whisper(c.window(), c.Room(), c.Person(), bot.Say("psst")); err != nil {
		c.Fatalf("whispering: %v", err)
	}
	if got := c.Whispers(); len(got) != 1 || !strings.Contains(got[0], "psst") {
		c.Errorf("whispered: %q", got)
	}
	c.shows()
}

func chatRefuses(c *chatCase) {
	nowhere := bot.RoomID(c.chat.Platform() + ":nosuchroom")
	_, err := c.chat.Post(c.window(), nowhere, "", "k", "m", bot.Say("x"))
	c.ends(err, bot.Refused)
}

// chatOutcomes: what is told of a call is never more than is known.
func chatOutcomes(c *chatCase) {
	for _, way := range []struct {
		Mischief
		want  bot.Outcome
		stand int // posts that it leaves
	}{{TooMany, bot.NotSent, 0}, {FailsBefore, bot.Unsure, 0}, {FailsAfter, bot.Unsure, 1}, {NoAnswer, bot.Unsure, 1}} {
		before := len(c.Posts())
		c.Next(way.Mischief)
		ctx, stop := context.WithTimeout(c.ctx, time.Second)
		_, err := c.chat.Post(ctx, c.Room(), "", bot.Key("k/"+string(way.want.String())), "m", bot.Say("x"))
		stop()
		send := c.ends(err, way.want)
		if way.Mischief == TooMany && (send.RetryAfter < time.Second || send.RetryAfter > 3*time.Second) {
			c.Errorf("%s: to be tried again after %v", way.Mischief, send.RetryAfter)
		}
		if got := len(c.Posts()) - before; got != way.stand {
			c.Errorf("%s: %d posts came of it, want %d", way.Mischief, got, way.stand)
		}
	}
	c.posts("", "k/well", "m", "and then it goes well")
	if editor, ok := c.chat.(bot.Editor); ok {
		id := c.posts("", "k/edit", "m", "one")
		for _, way := range []Mischief{FailsBefore, FailsAfter} {
			c.Next(way)
			c.ends(editor.Edit(c.window(), c.Room(), id, "k/edit", "m2", bot.Say("two")), bot.Unsure)
		}
	}
}

// chatWindow: nothing is written once the window is over.
func chatWindow(c *chatCase) {
	ctx, stop := context.WithDeadline(c.ctx, time.Now().Add(-time.Second))
	defer stop()
	before := c.Requests()
	_, err := c.chat.Post(ctx, c.Room(), "", "k", "m", bot.Say("too late"))
	if err == nil {
		c.Error("a post was sent after its window")
	} else if !errors.Is(err, context.DeadlineExceeded) {
		c.ends(err, bot.NotSent, bot.Unsure)
	}
	c.posts("", "k/next", "m", "in time")
	c.shows("in time")
	if n := c.Requests() - before; n != 1 {
		c.Errorf("%d calls were made, want one", n)
	}
}

func chatDirectory(c *chatCase) {
	directory, ok := c.chat.(bot.Directory)
	if !ok {
		return
	}
	rooms, err := directory.Rooms(c.window())
	if err != nil {
		c.Fatal(err)
	}
	found := false
	for _, r := range rooms {
		if r.Room == c.Room() {
			found = r.Name != ""
		}
	}
	if !found {
		c.Errorf("%s is not among the rooms, or has no name: %+v", c.Room(), rooms)
	}
	people, err := directory.People(c.window())
	if err != nil {
		c.Fatal(err)
	}
	found = false
	for _, p := range people {
		if p.User == c.Person() {
			found = p.Name != ""
		}
	}
	if !found {
		c.Errorf("%s is not among the people, or has no name: %+v", c.Person(), people)
	}
}
