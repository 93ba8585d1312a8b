package mattermost

import (
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

// The suite that every chat adapter passes.
func TestChat(t *testing.T) {
	bottest.TestChat(t, func(t *testing.T) (bottest.ChatServer, bot.Chat) {
		s := newServer(t)
		s.register("datahour")
		return s, s.chat
	})
}
