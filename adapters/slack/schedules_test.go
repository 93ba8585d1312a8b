package slack

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

var (
	seeds     = flag.Int("seeds", 20, "how many schedules of faults are tried")
	firstSeed = flag.Uint64("seed", 1, "the first of them")
)

// Whatever goes wrong on the way, with the real engine, its real distances and
// Slack's real rates: in the end each message that stands was heard, with its last
// words, and has its post once. README.md says how to try thousands.
func TestSchedules(t *testing.T) {
	for i := range *seeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				s := &schedule{stage: newStage(t, 2*time.Second), Rand: rnd}
				defer func() { s.stop() }()
				s.comesAgain(rnd.IntN(2) == 0)
				s.play()
			})
		})
	}
}

// schedule is one seeded run of things said and things gone wrong.
type schedule struct {
	*stage
	*rand.Rand
	ids []bot.MessageID // of what stands
}

func (s *schedule) play() {
	for step := range 40 {
		if s.IntN(5) < 3 {
			s.people(step)
		} else {
			s.fault()
		}
		if s.IntN(3) == 0 {
			time.Sleep(time.Duration(s.IntN(4000)) * time.Millisecond) // so that faults meet everything
		}
		if step == 20 {
			s.restart()
		}
	}
	s.ends()
}

// ends waits for what should stand. Somebody who finds the bot gone asks it in again.
func (s *schedule) ends() {
	s.mu.Lock()
	if s.out {
		s.invite()
	}
	s.swap = false
	s.emit(map[string]any{"type": "brand_new_event"}) // after which what was held back comes
	s.mu.Unlock()
	s.settled()
}

func (s *schedule) some() bot.MessageID { return s.ids[s.IntN(len(s.ids))] }

func (s *schedule) people(step int) {
	s.mu.Lock()
	deaf := s.out && s.again
	s.mu.Unlock()
	switch n := s.IntN(10); {
	case n < 5 || len(s.ids) == 0:
		s.ids = append(s.ids, s.says("", fmt.Sprint("words ", step)))
	case n < 6: // in a thread, where only what is said is sure to be heard
		s.says(s.some(), fmt.Sprint("reply ", step))
	case n < 8:
		s.changes(s.some(), fmt.Sprint("changed ", step))
	case n < 9:
		s.reacts(s.some(), s.IntN(3) > 0)
	case deaf: // what is gone and comes again is beyond what Slack tells (README.md)
	default:
		i := s.IntN(len(s.ids))
		s.removes(s.ids[i])
		s.ids = append(s.ids[:i], s.ids[i+1:]...)
	}
}

// sends are the ways in which a call that has an effect goes wrong.
var sends = []bottest.Mischief{bottest.TooMany, bottest.FailsBefore, bottest.FailsAfter, bottest.NoAnswer, comesLate}

func (s *schedule) fault() {
	s.mu.Lock()
	defer s.mu.Unlock()
	away := time.Duration(s.IntN(20_000)) * time.Millisecond
	switch s.IntN(14) {
	default:
		s.mischief = append(s.mischief, sends[s.IntN(len(sends))])
		s.delay = time.Duration(s.IntN(10_000)) * time.Millisecond
	case 0:
		s.silent.Store(true) // see fallSilent
		s.sockets = nil
	case 1: // the network is cut
		for _, c := range s.sockets {
			defer func() { _ = c.CloseNow() }()
		}
		s.sockets = nil
	case 2: // Slack says goodbye, and closes a little later
		if len(s.sockets) > 0 {
			old := s.sockets[len(s.sockets)-1]
			s.frame([]byte(`{"type":"disconnect","reason":"refresh_requested"}`))
			time.AfterFunc(10*time.Second, func() { _ = old.CloseNow() })
		}
	case 3:
		s.twice = true
	case 4:
		s.swap = true
	case 5:
		s.emit(map[string]any{"type": "brand_new_event", "channel": 7})
	case 6: // a token is revoked, and there is one again
		token := []string{botToken, appToken}[s.IntN(2)]
		s.dead[token] = true
		time.AfterFunc(away, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.dead[token] = false
		})
	case 7: // the bot is removed from the room, and may come back
		s.out = true
	case 8:
		for _, method := range []string{"conversations.history", "conversations.replies", "chat.update", "apps.connections.open", "users.info"} {
			s.errors[method] = append(s.errors[method], "internal_error")
		}
	case 9:
		s.limited["conversations.history"]++
		s.limited["chat.update"]++
	case 10: // Slack is away
		s.notFound = true
		time.AfterFunc(away, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notFound = false
		})
	}
}

// restart stops the process or kills it, in the middle of posting; people go on.
// What goes after the old process has last looked and before the new one first
// does is beyond what Slack tells, so both may look in peace.
func (s *schedule) restart() {
	s.ends()
	s.says("", "as it ends")
	time.Sleep(time.Duration(s.IntN(1500)) * time.Millisecond)
	if s.IntN(2) == 0 {
		s.stop()
	} else {
		s.kill()
	}
	s.says("", "while it is off")
	time.Sleep(time.Duration(s.IntN(60)) * time.Second)
	s.mu.Lock()
	s.notFound, s.dead, s.errors, s.limited = false, map[string]bool{}, map[string][]string{}, map[string]int{}
	s.mu.Unlock()
	s.start()
	time.Sleep(5 * time.Second)
}
