package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datahour/bot"
	"datahour/bot/bottest"
)

// Whatever goes wrong with its calls, and in whichever order, somebody who
// believes what the adapter says (looks for what is unsure, sends again what was
// not sent) ends with each post standing once, with its last content.
func TestFaultSchedules(t *testing.T) {
	f := newFake(t)
	f.breaks = true
	c := newChat(t, f.options())
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		ways := rapid.SliceOfN(rapid.SampledFrom([]bottest.Mischief{"", bottest.TooMany, bottest.FailsBefore, bottest.FailsAfter, bottest.NoAnswer}), 0, 6).Draw(t, "ways")
		f.mu.Lock()
		f.mischief, f.messages = append([]bottest.Mischief(nil), ways...), nil
		f.mu.Unlock()
		key := bot.Key(fmt.Sprint("k", n))
		id := stand(t, c, key, "m1", "first", "")
		if got := stand(t, c, key, "m2", "last", id); got != id {
			t.Fatalf("it was %s and is %s", id, got)
		}
		if posts := f.Posts(); len(posts) != 1 || posts[0].ID != id || !strings.Contains(posts[0].Words, "last") {
			t.Fatalf("after %q these stand: %+v", ways, posts)
		}
	})
}

// stand posts or edits until it is certain that the post stands.
func stand(t *rapid.T, c *Chat, key bot.Key, mark, text string, id bot.MessageID) bot.MessageID {
	for range 20 {
		ctx, stop := context.WithTimeout(context.Background(), patience)
		var err error
		at := id
		if id == "" {
			at, err = c.Post(ctx, "defra:C0DATA", "", key, mark, bot.Say(text))
		} else {
			err = c.Edit(ctx, "defra:C0DATA", id, key, mark, bot.Say(text))
		}
		stop()
		if err == nil {
			return at
		}
		var send *bot.SendError
		if !errors.As(err, &send) {
			t.Fatalf("ended with %v", err)
		}
		switch send.Outcome {
		case bot.NotSent:
		case bot.Unsure:
			found, err := c.Find(context.Background(), "defra:C0DATA", "", key)
			if err != nil || len(found) > 1 {
				t.Fatalf("found %v, %v", found, err)
			}
			if len(found) == 1 && found[0].Mark == mark {
				return found[0].ID
			}
		default:
			t.Fatalf("ended as %v", send)
		}
	}
	t.Fatal("it never stands")
	return ""
}
