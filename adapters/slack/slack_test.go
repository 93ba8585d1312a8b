package slack

import (
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

func newChat(t testing.TB, o Options) *Chat {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChat(t *testing.T) {
	bottest.TestChat(t, func(t *testing.T) (bottest.ChatServer, bot.Chat) {
		f := newFake(t)
		return f, newChat(t, f.options())
	})
}
