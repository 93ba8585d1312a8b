package mattermost

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

// comesLate is a call that has its effect after the bot gave it up.
const comesLate bottest.Mischief = "the effect after the client gave up"

// Whatever goes wrong on the way, with the real engine, its real distances and
// rates: in the end each message that stands was heard, and has its post once,
// with its last words. README.md says how to try thousands.
func TestSchedules(t *testing.T) {
	for i := range *seeds {
		seed := *firstSeed + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &schedule{stage: newStage(t, 2*time.Second), Rand: rand.New(rand.NewPCG(seed, 0))}
				defer func() { s.stop() }()
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
			s.restarts()
		}
	}
	s.calm()
	s.settled()
}

// calm brings what is held back on the way: an event after one that was lost
// shows the gap.
func (s *schedule) calm() {
	s.mu.Lock()
	s.skip = 0
	s.mu.Unlock()
	s.says("", "calm")
	s.says("", "and calm")
}

func (s *schedule) some() bot.MessageID { return s.ids[s.IntN(len(s.ids))] }

func (s *schedule) people(step int) {
	switch n := s.IntN(10); {
	case n < 5 || len(s.ids) == 0:
		s.ids = append(s.ids, s.says("", fmt.Sprint("words ", step)))
	case n < 6:
		s.says(s.some(), fmt.Sprint("reply ", step))
	case n < 8:
		s.changes(s.some(), fmt.Sprint("changed ", step))
	case n < 9:
		s.reacts(s.some())
	default:
		i := s.IntN(len(s.ids))
		s.removes(s.ids[i])
		s.ids = append(s.ids[:i], s.ids[i+1:]...)
	}
}

// sends are the ways in which a call that has an effect goes wrong.
var sends = []bottest.Mischief{bottest.TooMany, bottest.FailsBefore, bottest.FailsAfter, bottest.NoAnswer, comesLate}

func (s *schedule) fault() {
	away := time.Duration(s.IntN(20_000)) * time.Millisecond
	switch s.IntN(14) {
	default:
		s.Next(sends[s.IntN(len(sends))])
		s.mu.Lock()
		s.late = time.Duration(s.IntN(10_000)) * time.Millisecond
		s.mu.Unlock()
	case 0:
		s.here.FallSilent()
	case 1: // the connection breaks, and is resumed
		s.drop()
	case 2: // the same, with a word
		s.goodbye()
	case 3: // the server forgets the connection
		s.Cut()
	case 4: // the server is restarted
		s.restart(away)
	case 5:
		s.Twice()
	case 6:
		s.mu.Lock()
		s.swap = true
		s.mu.Unlock()
	case 7:
		s.mu.Lock()
		s.skip++
		s.mu.Unlock()
	case 8:
		s.mu.Lock()
		s.tell("brand_new_event", map[string]any{"channel": 7}, dataID)
		s.mu.Unlock()
	case 9: // the token is revoked, and there is one again
		s.mu.Lock()
		s.revoked = true
		s.mu.Unlock()
		time.AfterFunc(away, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.revoked = false
		})
	case 10: // what is asked is not answered well for a while
		for _, call := range []string{"GET /channels/{id}/posts", "POST /users/ids", "GET /users/me", "GET /users/me/teams/{team}/channels", "POST /channels/{id}/members"} {
			s.refuses(call, []int{500, 503, 429}[s.IntN(3)], "")
			time.AfterFunc(away, func() { s.refuses(call, 0, "") })
		}
	}
}

// restarts stops the process or kills it in the middle of posting, and once
// somebody removes the bot from the room; people go on.
func (s *schedule) restarts() {
	s.calm()
	s.settled()
	s.says("", "as it ends")
	time.Sleep(time.Duration(s.IntN(1500)) * time.Millisecond)
	if s.IntN(2) == 0 {
		s.stop()
	} else {
		s.kill()
	}
	s.says("", "while it is off")
	time.Sleep(time.Duration(s.IntN(60)) * time.Second)
	s.start()
	s.settled()
	time.Sleep(time.Minute) // it has caught up: what it would say in a room that it was put out of is lost
	s.member(false)
	s.says("", "behind its back")
	time.Sleep(time.Duration(s.IntN(60)) * time.Second)
	s.member(true)
}

// member removes the bot from the room, or invites it again.
func (s *server) member(in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	event, channel := "user_removed", ""
	if s.members[dataID] = in; in {
		event, channel = "user_added", dataID
	}
	s.tell(event, map[string]any{"user_id": botID, "channel_id": dataID, "team_id": teamID}, channel)
}
