package bottest

import (
	"fmt"
	"slices"
	"time"

	"datahour/bot"
)

// chatReceives: what people do comes in order, whole, and without the bot's own.
func chatReceives(c *chatCase) {
	c.posts("", "own", "m", "the bot's own")
	var want []bot.MessageID
	for i := range 20 {
		want = append(want, c.Say("", fmt.Sprint("words ", i)))
	}
	in := c.hears(bot.Message, "words 19")
	if in.Room != c.Room() || in.From != c.Person() || in.Message != want[19] || in.Thread != "" || in.At.IsZero() {
		c.Errorf("a message came as %+v", in)
	}
	reply := c.Say(want[0], "in the thread")
	if in := c.hears(bot.Message, "in the thread"); in.Thread != want[0] || in.Message != reply {
		c.Errorf("a reply came as %+v", in)
	}
	c.Change(want[3], "changed")
	if in := c.hears(bot.Edited, "changed"); in.Message != want[3] || in.From != c.Person() || in.Room != c.Room() {
		c.Errorf("an edit came as %+v", in)
	}
	c.Remove(want[4])
	c.until("the deletion", func() bool {
		return slices.ContainsFunc(c.heard, func(in bot.Inbound) bool { return in.Kind == bot.Deleted && in.Message == want[4] })
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	var order []bot.MessageID
	for _, in := range c.heard {
		if in.Text == "the bot's own" {
			c.Error("the bot's own post was handed in")
		}
		if in.Kind == bot.Message && slices.Contains(want, in.Message) {
			order = append(order, in.Message)
		}
	}
	if !slices.Equal(slices.Compact(order), want) {
		c.Errorf("messages came as %v, want %v", order, want)
	}
}

func chatCommands(c *chatCase) {
	c.Command(`datahour new "Flood data"`)
	in := c.hears(bot.Command, `datahour new "Flood data"`)
	if in.ID == "" || in.Room != c.Room() || in.From != c.Person() {
		c.Errorf("a command came as %+v", in)
	}
	c.Command(`datahour new "Flood data"`)
	c.until("the same words a second time", func() bool {
		ids := map[string]bool{}
		for _, in := range c.heard {
			if in.Kind == bot.Command {
				ids[in.ID] = true
			}
		}
		return len(ids) == 2 // another deed, so another id
	})
}

// chatTwice: what comes twice is one thing, and can be told from another one.
func chatTwice(c *chatCase) {
	c.Twice()
	id := c.Say("", "said once")
	c.Say("", "and then")
	c.hears(bot.Message, "and then")
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := map[string]bool{}
	for _, in := range c.heard {
		if in.Text == "said once" {
			ids[in.ID] = true
			if in.Message != id {
				c.Errorf("%q is also %q", id, in.Message)
			}
		}
	}
	if len(ids) != 1 {
		c.Errorf("one message has the ids %v", ids)
	}
}

// chatUnacknowledged: what was not stored comes again.
func chatUnacknowledged(c *chatCase) {
	c.mu.Lock()
	c.refuse = 2
	c.mu.Unlock()
	c.Say("", "keep this")
	c.until("two refusals", func() bool { return c.refuse == 0 })
	c.hears(bot.Message, "keep this")
}

func chatReconnects(c *chatCase) {
	for i := range 3 {
		c.mu.Lock()
		gaps := c.gaps
		c.mu.Unlock()
		c.Cut()
		c.Say("", fmt.Sprint("while it was away ", i))
		c.until("the gap is reported", func() bool { return c.gaps > gaps })
		text := fmt.Sprint("after the gap ", i)
		c.Say("", text)
		c.hears(bot.Message, text)
	}
	c.posts("", "k", "m", "still here")
}

func chatHistory(c *chatCase) {
	historian, ok := c.chat.(bot.Historian)
	if !ok {
		return
	}
	first := c.Say("", "first")
	c.posts("", "own", "m", "the bot's own")
	second := c.Say("", "second")
	reply := c.Say(first, "in the thread")
	c.Change(second, "second, changed")
	removed := c.Say("", "taken back")
	c.Remove(removed)
	c.hears(bot.Edited, "second, changed")
	begin := c.hears(bot.Message, "first").At

	var texts []string
	var order []bot.MessageID
	err := historian.History(c.window(), c.Room(), begin, func(in bot.Inbound) error {
		texts = append(texts, in.Text)
		if in.Kind == bot.Message {
			order = append(order, in.Message)
		}
		if in.Room != c.Room() || in.Kind != bot.Deleted && in.From != c.Person() {
			c.Errorf("the history holds %+v", in)
		}
		return nil
	})
	if err != nil {
		c.Fatal(err)
	}
	for _, want := range []string{"first", "second, changed", "in the thread"} {
		if !slices.Contains(texts, want) {
			c.Errorf("the history lacks %q: %q", want, texts)
		}
	}
	if slices.Contains(texts, "the bot's own") {
		c.Error("the bot's own post is in the history")
	}
	if a, b := slices.Index(order, first), slices.Index(order, second); a < 0 || b < a {
		c.Errorf("the history's order is %v, want %v before %v (and %v)", order, first, second, reply)
	}
	later := 0
	if err := historian.History(c.window(), c.Room(), time.Now().Add(time.Hour), func(bot.Inbound) error { later++; return nil }); err != nil || later > 0 {
		c.Errorf("the history of the future holds %d, %v", later, err)
	}
}

// chatReports: an adapter that tells how its connection is says when it breaks,
// and when it stands again. One that does not tell ends its Run instead, or is
// back before anybody would care.
func chatReports(c *chatCase) {
	if _, ok := c.chat.(bot.Reporter); !ok {
		return
	}
	c.until("the connection stands", func() bool { return len(c.states) == 1 && c.states[0] == nil })
	c.Cut()
	c.until("it broke, and stands again", func() bool {
		n := len(c.states)
		return n > 2 && c.states[1] != nil && c.states[n-1] == nil
	})
}
