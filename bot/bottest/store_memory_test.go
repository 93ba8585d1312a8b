package bottest_test

import (
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

var (
	_ bot.Store    = (*bottest.Memory)(nil)
	_ bot.Trimmer  = (*bottest.Memory)(nil)
	_ bot.Dumper   = (*bottest.Memory)(nil)
	_ bot.Restorer = (*bottest.Memory)(nil)
)

func TestMemory(t *testing.T) {
	bottest.TestStore(t, bottest.Stores{
		Open:   func(*testing.T) bot.Store { return bottest.NewStore() },
		Reopen: func(_ *testing.T, s bot.Store) bot.Store { return s.(*bottest.Memory).Reopen() },
	})
}
