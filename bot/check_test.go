package bot_test

import (
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

func TestCheckOfClocks(t *testing.T) {
	asked := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	answered := asked.Add(3 * time.Second)
	for apart, want := range map[time.Duration]struct {
		verdict bot.Verdict
		words   string
	}{
		0:                {bot.Fine, "agrees"},
		3 * time.Second:  {bot.Fine, "agrees"}, // when it was answered
		5 * time.Second:  {bot.Fine, "agrees"},
		6 * time.Second:  {bot.Warning, "3s apart"},
		-3 * time.Second: {bot.Warning, "3s apart"},
		3 * time.Minute:  {bot.Broken, "2m57s apart"},
		-time.Hour:       {bot.Broken, "1h0m0s apart"},
	} {
		var checks bot.Checks
		checks.Clock("x", asked.Add(apart), asked, answered)
		if got := checks[0]; got.Verdict != want.verdict || !strings.Contains(got.Found, want.words) || (got.Do == "") != (want.verdict == bot.Fine) {
			t.Errorf("%v apart: %+v, want %+v", apart, got, want)
		}
	}
}
