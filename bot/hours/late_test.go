package hours_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestOpeningLate(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.AdvanceTo(london(25, 19, 55))
		s.Down(35 * time.Minute) // until 8:30pm
		s.says("the opening", s.post(data, id, "opening"), "It was due at 8:00pm GMT and opened at 8:30pm GMT: I was off until 8:30pm GMT.", "open until 9:00pm GMT")
		s.says("the run sheet", s.post(olga.Direct(), id, "sheet"), "30 minutes left", "It opened late, at 8:30pm GMT: I was off until 8:30pm GMT.")
		s.AdvanceTo(london(25, 20, 35))
		s.says("Q1", s.post(data, id, "q/1"), "**Q1**")
		s.AdvanceTo(london(25, 20, 45))
		s.says("Q2, in what is left", s.post(data, id, "q/2"), "**Q2**")
	})
}

func TestOpeningTooLate(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.AdvanceTo(london(25, 19, 12))
		s.Down(2*time.Hour + 28*time.Minute)
		if s.has(data, id, "opening") || s.has(data, id, "wrapup") {
			t.Fatal("it opened when it would have been over")
		}
		s.says("what organisers are told", s.post(olga.Direct(), id, "missed"), "I was off until 9:40pm GMT and did not open *Flood data people really use* (Wednesday 25 November 2026, 8:00pm GMT): it would have been over.",
			"[Announce a new time] [Cancel it]")
		s.says("the announcement", s.post(data, id, "announcement"), "**Not held:**")
		s.says("the list", bottest.Words(s.Command(ada, data, "datahour list")), "No data hour is planned")

		form := s.Press(olga, olga.Direct(), "Announce a new time")
		s.says("the form", bottest.Words(form), "New time")
		s.says("the preview", bottest.Words(s.Submit(olga, olga.Direct(), map[string]string{"when": "Fri 8pm"})), "Friday 27 November 2026, 8:00pm GMT")
		s.Press(olga, olga.Direct(), "Post")
		s.says("the announcement", s.post(data, id, "announcement"), "Friday 27 November 2026", "Moved from Wednesday 25 November")
		s.says("what organisers are told", s.post(olga.Direct(), id, "missed"), "has a new time")
		s.AdvanceTo(london(27, 20, 0))
		s.says("the opening", s.post(data, id, "opening"), "open until 9:00pm GMT")
	})
}

func TestQuestionsAndCloseLate(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened(` questions="Third?" questions="Fourth?"`)
		s.AdvanceTo(london(25, 20, 6))
		s.Down(30 * time.Minute) // over Q2 and Q3
		s.says("Q2", s.post(data, id, "q/2"), "**Q2**")
		if s.has(data, id, "q/3") {
			t.Fatal("questions piled up")
		}
		s.AdvanceTo(london(25, 20, 54))
		s.says("Q4", s.post(data, id, "q/4"), "**Q4** Fourth?")
		s.Down(30 * time.Minute)
		s.says("the wrap-up", s.post(data, id, "wrapup"), "It was to close at 9:00pm GMT. I was off until 9:24pm GMT.")
		if s.has(data, id, "warning") {
			t.Fatal("a warning after the end")
		}
		s.Advance(time.Hour)
	})
}

func TestRemindersLate(t *testing.T) {
	for name, c := range map[string]struct {
		from, until time.Time
		want        string
	}{
		"a day's, an hour late":        {london(24, 19, 0), london(24, 21, 0), "23 hours until"},
		"a day's, nearly a day late":   {london(24, 19, 0), london(25, 18, 30), ""},
		"several, at the last of them": {london(24, 19, 0), london(25, 19, 52), "Eight minutes until"},
		"all, when it is no use":       {london(24, 19, 0), london(25, 19, 57), ""},
	} {
		t.Run(name, func(t *testing.T) {
			staged(t, func(s stage) {
				id := s.schedule(flood)
				s.AdvanceTo(c.from)
				s.Down(c.until.Sub(c.from))
				if c.want == "" {
					if s.has(data, id, "reminder") {
						t.Fatalf("a reminder came: %s", s.post(data, id, "reminder"))
					}
					return
				}
				s.says("the reminder", s.post(data, id, "reminder"), c.want)
			})
		})
	}
}

func TestRehearsal(t *testing.T) {
	staged(t, func(s stage) {
		s.says("in an open room", bottest.Words(s.Command(olga, data, "datahour rehearse")), "only in a private room or in our direct messages")
		before := s.dump()
		room := olga.Direct()
		s.says("the answer", bottest.Words(s.Command(olga, room, "datahour rehearse")), "The rehearsal has begun")
		id := s.newest(room, "opening")
		s.says("the opening", s.post(room, id, "opening"), "This is a rehearsal: nothing is kept")
		s.says("the list meanwhile", bottest.Words(s.Command(ada, data, "datahour list")), "No data hour is planned")
		s.Advance(2 * time.Minute)
		s.says("what was posted", s.post(room, id, "q/1")+s.post(room, id, "q/2")+s.post(room, id, "warning")+s.post(room, id, "wrapup"), "**Q1**", "**Q2**", "That was *Rehearsal*")
		s.Advance(11 * time.Minute)
		if n := len(s.Posts(room)); n != 0 {
			t.Errorf("%d posts of the rehearsal stand", n)
		}
		for _, key := range s.dump() {
			if strings.Contains(key, id) || !slices.Contains(before, key) && strings.Contains(key, string(room)) {
				t.Errorf("%s is left of the rehearsal", key)
			}
		}
		// With a real hour's questions, in a private room.
		s.Chat("north").AddRoom(bot.RoomInfo{Room: "north:hosts", Name: "#hosts", Private: true})
		s.Restart()
		real := s.schedule(flood)
		s.Command(olga, "north:hosts", "datahour rehearse "+real)
		s.Advance(30 * time.Second)
		s.says("Q1", s.post("north:hosts", s.newest("north:hosts", "opening"), "q/1"), "What did you last look up?")
	})
}

// promises are the kinds of alarms about an hour.
func (s stage) promises(id string) string {
	s.Helper()
	var kinds []string
	for _, key := range s.dump() {
		if kind, ok := strings.CutSuffix(key, "/"+id); ok && strings.HasPrefix(kind, "hour.") {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " ")
}

// dump are the keys of all that is stored, alarms too.
func (s stage) dump() []string {
	s.Helper()
	var keys []string
	for item, err := range s.Store.(bot.Dumper).Dump(context.Background()) {
		switch {
		case err != nil:
			s.Fatal(err)
		case item.Record != nil:
			keys = append(keys, item.Record.Key)
		case item.Alarm != nil:
			keys = append(keys, item.Alarm.Key)
		case item.Entry != nil:
			keys = append(keys, "log "+item.Entry.Log)
		}
	}
	return keys
}
