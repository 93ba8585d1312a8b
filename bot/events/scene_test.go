package events_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/events"
)

const (
	olga  = bot.UserID("north:olga")
	ada   = bot.UserID("north:ada")
	ben   = bot.UserID("north:ben")
	cat   = bot.UserID("north:cat")
	oskar = bot.UserID("south:oskar")
	data  = bot.RoomID("north:data")
	south = bot.RoomID("south:data")
)

// scene is a harness for the life of an event: olga organises in the north, oskar
// in the south. It is Friday 20 November 2026, noon.
type scene struct{ *bottest.Harness }

func staged(t *testing.T, test func(s scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(scene{bottest.Start(t, bottest.Config{Features: []bot.Feature{events.New()}})})
	})
}

// on is a time in November 2026 in London, when its clocks show GMT.
func on(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

func (s scene) says(what string, got string, want ...string) {
	s.Helper()
	for _, w := range want {
		if got = strings.ReplaceAll(got, "\u00a0", " "); !strings.Contains(got, w) {
			s.Fatalf("%s lacks %q:\n%s", what, w, got)
		}
	}
}

func (s scene) lacks(what string, got string, not ...string) {
	s.Helper()
	for _, w := range not {
		if strings.Contains(got, w) {
			s.Fatalf("%s has %q:\n%s", what, w, got)
		}
	}
}

// post are the words of the event's post of one kind in a room.
func (s scene) post(room bot.RoomID, id, what string) string {
	s.Helper()
	return bottest.PostWords(s.Post(room, bot.Key("event/"+id+"/"+what)).Post)
}

// announcement is what stands in #data.
func (s scene) announcement(id string) string {
	s.Helper()
	return s.post(data, id, "announcement")
}

// direct are the words of the last direct message to somebody.
func (s scene) direct(u bot.UserID) string {
	s.Helper()
	all := s.Direct(u)
	if len(all) == 0 {
		return ""
	}
	return bottest.PostWords(all[len(all)-1].Post)
}

// does is what somebody types in #data, and what they are answered.
func (s scene) does(u bot.UserID, line string) string {
	s.Helper()
	room := data
	if u.Platform() == "south" {
		room = south
	}
	return bottest.Words(s.Command(u, room, line))
}

// announced drafts and posts an event, and gives its id.
func (s scene) announced(line string) string {
	s.Helper()
	if preview := s.does(olga, line); !strings.Contains(preview, "Nothing is posted yet") {
		s.Fatalf("no preview: %s", preview)
	}
	s.Press(olga, data, "Post")
	posts := s.Posts(data)
	for i := len(posts) - 1; i >= 0; i-- {
		if id, ok := strings.CutSuffix(strings.TrimPrefix(string(posts[i].Key), "event/"), "/announcement"); ok {
			return id
		}
	}
	s.Fatal("nothing is announced")
	return ""
}

const breakfast = `event new "DataJam breakfast" "Fri 27 Nov 08:30" kind=breakfast venue="Urban Sciences Building, Newcastle" seats=2`
