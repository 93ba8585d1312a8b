package slack

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A hundred sockets die without a word in the middle of a conversation, and one
// at the default interval, with the real engine. Each death is noticed within the
// interval and five seconds. Of what people say, change and take back before,
// meanwhile and after nothing is lost and nothing comes twice, whether Slack sends
// again what was not acknowledged or not; and what the bot posts stands once.
func TestSilentDeaths(t *testing.T) {
	for _, c := range []struct {
		name     string
		interval time.Duration
		deaths   int
		again    bool
	}{
		{"a short interval", 2 * time.Second, 100, false},
		{"a short interval, and events come again", 2 * time.Second, 100, true},
		{"the default interval", 0, 1, false},
		{"the default interval, and events come again", 0, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silentDeaths(t, c.interval, c.deaths, c.again) })
		})
	}
}

func silentDeaths(t *testing.T, interval time.Duration, deaths int, again bool) {
	s := newStage(t, interval)
	defer func() { s.stop() }()
	s.comesAgain(again)
	if interval == 0 {
		interval = 30 * time.Second // README.md
	}
	for i := range deaths {
		before, slip := s.says("", fmt.Sprint("before ", i)), s.says("", fmt.Sprint("a slip ", i))
		s.reacts(before, true)
		s.answered(s.command("hello"))
		s.fallSilent()
		died, dials := time.Now(), s.socketsMade()
		s.says(before, fmt.Sprint("meanwhile ", i))
		s.changes(before, fmt.Sprint("before ", i, ", changed"))
		s.reacts(before, i%2 == 0)
		s.removes(slip)
		s.await("the next socket", func() bool { return s.dials > dials && len(s.sockets) > 0 })
		if took := time.Since(died); took > interval+5*time.Second {
			t.Errorf("death %d was noticed after %v", i, took)
		}
		s.says(before, fmt.Sprint("after ", i))
	}
	s.settled()
}
