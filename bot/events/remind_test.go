package events_test

import (
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestReminders(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(strings.Replace(breakfast, "27 Nov", "4 Dec", 1) + " hosts=<!user:north:hal>")
		s.says("the announcement", s.announcement(id), "[Guest list (hosts)]")
		s.does(ada, "event rsvp "+id+" going")
		s.says("asking for reminders", bottest.Words(s.Press(ada, data, "Remind me")), "I will remind you", "first on Friday 27 November 2026, 8:30am GMT")
		s.does(ben, "event rsvp "+id+" going")
		s.says("reminders without a seat", s.does(cat, "event remind "+id), "Say first that you are going")

		s.AdvanceTo(on(27, 8, 30))
		s.says("a week before", s.post(data, id, "reminder"), "Seven days until *DataJam breakfast*, Friday 4 December 2026, 8:30am GMT, Urban Sciences Building, Newcastle. 2 people going, full.")
		s.says("ada's", s.direct(ada), "Seven days until", "You have a seat")
		if got := s.direct(ben); got != "" {
			t.Fatalf("ben, who did not ask, is told: %s", got)
		}
		s.says("the host's press", bottest.Words(s.Press("north:hal", data, "Guest list (hosts)")), "Going:** 1 <!user:north:ada>, 2 <!user:north:ben>")
		s.lacks("the announcement", s.announcement(id), "Guest list")

		s.AdvanceTo(on(30, 8, 30).AddDate(0, 0, 3))
		s.says("a day before", s.post(data, id, "reminder"), "One day until")
		s.says("the host's list", s.direct("north:hal"), "Who comes to *DataJam breakfast*", "1 <!user:north:ada>, 2 <!user:north:ben>")
		s.does(ben, "event rsvp "+id+" no")
		s.lacks("the host's list, which is kept right", s.direct("north:hal"), "ben")
		s.does(ada, "event remind "+id)
		s.Advance(23 * time.Hour)
		s.says("an hour before", s.post(data, id, "reminder"), "One hour until")
		s.says("ada's, who took it back", s.direct(ada), "One day until")
	})
}

func TestRemindersLate(t *testing.T) {
	for name, c := range map[string]struct {
		from time.Time
		down time.Duration
		want string // of the reminder; "": none
		told bool
	}{
		"a day's, two hours late":       {on(26, 8, 0), 2*time.Hour + 30*time.Minute, "22 hours until", false},
		"a day's, nearly a day late":    {on(26, 8, 0), 22 * time.Hour, "", false},
		"an hour's, ten minutes late":   {on(27, 7, 0), 40 * time.Minute, "50 minutes until", false},
		"an hour's, after the start":    {on(27, 7, 0), 2 * time.Hour, "One day until", true},
		"all of them, after the start":  {on(25, 7, 0), 50 * time.Hour, "", true},
		"all of them, after everything": {on(25, 7, 0), 500 * time.Hour, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			staged(t, func(s scene) {
				id := s.announced(breakfast)
				s.AdvanceTo(c.from)
				s.Down(c.down)
				has := func(room bot.RoomID, what string) bool {
					for _, p := range s.Posts(room) {
						if p.Key == bot.Key("event/"+id+"/"+what) {
							return true
						}
					}
					return false
				}
				if has(data, "reminder") != (c.want != "") || has(olga.Direct(), "missed") != c.told {
					t.Fatalf("a reminder: %v, hosts told: %v", has(data, "reminder"), has(olga.Direct(), "missed"))
				}
				if c.want != "" {
					s.says("the reminder", s.post(data, id, "reminder"), c.want)
				}
				if c.told {
					s.says("what hosts are told", s.post(olga.Direct(), id, "missed"), " and did not send the last reminder of *DataJam breakfast*")
				}
			})
		})
	}
}

func TestRemindersOfOnesOwn(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + ` reminders="3 days, 30 minutes"`)
		s.AdvanceTo(on(26, 9, 0))
		s.says("three days before", s.post(data, id, "reminder"), "Three days until")
		s.says("taken away", s.does(olga, "event edit "+id+" reminders=none"), "Nothing is posted yet")
		s.Press(olga, data, "Post")
		s.AdvanceTo(on(27, 8, 29))
		s.says("the last one", s.post(data, id, "reminder"), "Three days until")
		s.says("too many", s.does(olga, breakfast+` reminders="1 day, 2 days, 3 days, 4 days, 5 days, 6 days"`), "Up to 5 reminders")
	})
}
