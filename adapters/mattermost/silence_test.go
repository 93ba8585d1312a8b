package mattermost

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A hundred sockets die without a word in the middle of a conversation, and one
// at the default interval, with the real engine. Each death is noticed within the
// interval and five seconds. Of what people say, change and take back before,
// meanwhile and after nothing is lost and nothing comes twice, and what the bot
// posts stands once.
func TestSilentDeaths(t *testing.T) {
	for name, c := range map[string]struct {
		ping   time.Duration
		deaths int
	}{"a short interval": {2 * time.Second, 100}, "the default interval": {pingEvery, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silentDeaths(t, c.ping, c.deaths) })
		})
	}
}

func silentDeaths(t *testing.T, ping time.Duration, deaths int) {
	s := newStage(t, ping)
	defer func() { s.stop() }()
	for i := range deaths {
		before, slip := s.says("", fmt.Sprint("before ", i)), s.says("", fmt.Sprint("a slip ", i))
		s.reacts(before)
		time.Sleep(ping * time.Duration(i%7) / 7) // at any place between two pings
		s.here.FallSilent()
		died, sockets := time.Now(), s.sockets()
		s.says(before, fmt.Sprint("meanwhile ", i))
		s.changes(before, fmt.Sprint("before ", i, ", changed"))
		s.removes(slip)
		s.until(t, func() string {
			if s.sockets() > sockets {
				return ""
			}
			return "there is no new socket"
		})
		if took := time.Since(died); took > ping+5*time.Second {
			t.Errorf("death %d was noticed after %v", i, took)
		}
		s.says(before, fmt.Sprint("after ", i))
	}
	s.settled()
}
