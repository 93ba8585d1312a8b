package events_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/diary"
	"datahour/bot/events"
)

// file is the community's calendar from now on for a year, its folded lines joined.
func (s scene) file() string {
	s.Helper()
	entries, err := events.New().Diary(context.Background(), s.Bot.View(), s.Now(), s.Now().AddDate(1, 0, 0))
	if err != nil {
		s.Fatal(err)
	}
	return s.written(entries)
}

func (s scene) written(entries []diary.Entry) string {
	s.Helper()
	out, err := diary.Calendar{Entries: entries}.Encode()
	if err != nil {
		s.Fatal(err)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(out), "\r\n ", ""), "\r\n", "\n")
}

func TestCalendarOfOneEvent(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + ` about="Ask <!user:north:hal>, first" access="Step-free."`)
		s.says("the announcement", s.announcement(id), "On the web: <https://hour.example/event/"+id+">", "[Add to diary]")
		s.says("the file", s.file(), "UID:event-"+id+"\n", "SEQUENCE:0\n", "DTSTART;TZID=Europe/London:20261127T083000\n", "DTEND;TZID=Europe/London:20261127T100000\n",
			"SUMMARY:DataJam breakfast\n", `DESCRIPTION:Ask somebody\, first\n\nGetting in: Step-free.`, `LOCATION:Urban Sciences Building\, Newcastle`, "STATUS:CONFIRMED\n")
		s.does(olga, "event move "+id+" Mon 30 Nov 08:30")
		s.Press(olga, data, "Post")
		s.says("the file when it was moved", s.file(), "UID:event-"+id+"\n", "SEQUENCE:1\n", "DTSTART;TZID=Europe/London:20261130T083000\n")
		s.does(olga, "event cancel "+id)
		s.Press(olga, data, "Cancel the event")
		s.says("the file when it was cancelled", s.file(), "SEQUENCE:2\n", "STATUS:CANCELLED\n")
		s.does(olga, strings.Replace(breakfast, "DataJam", "Secret", 1)+" public=no")
		s.Press(olga, data, "Post")
		s.lacks("the file", s.file(), "Secret")
	})
}

func TestCalendarOfASeries(t *testing.T) {
	staged(t, func(s scene) {
		first := s.begun(fortnightly + ` until="25 June 2027" without="5 March 2027"`)
		s.says("the file", s.file(), "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20270625T225900Z\n", "DTSTART;TZID=Europe/London:20270205T083000\n", "EXDATE;TZID=Europe/London:20270305T083000\n", "SEQUENCE:0\n")
		s.lacks("the file", s.file(), "RECURRENCE-ID")
		ids, _ := s.dates()
		s.does(olga, "event move "+ids[1]+" 20 Feb 2027 10:00")
		s.Press(olga, data, "Post for this date")
		s.does(olga, "event skip "+ids[2])
		s.Press(olga, data, "Skip this date")
		file := s.file()
		s.says("the file", file, "RECURRENCE-ID;TZID=Europe/London:20270219T083000\nDTSTART;TZID=Europe/London:20270220T100000\n", "EXDATE;TZID=Europe/London:20270319T083000\n")
		if n := strings.Count(file, "UID:event-s"); n != 2 {
			t.Errorf("%d entries of the series, want its rule and the moved date", n)
		}
		s.does(olga, "event cancel "+first)
		s.Press(olga, data, "All dates")
		s.says("the file of a cancelled series", s.file(), "STATUS:CANCELLED\n")
	})
}

func TestOnesOwnCalendar(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + " link=https://meet.example.org/secret public=no")
		own := func(u bot.UserID, line string) (string, bool) {
			_, after, _ := strings.Cut(s.does(u, line), "https://hour.example/diary/")
			token, _, _ := strings.Cut(after, ".ics")
			entries, ok, err := events.DiaryOf(context.Background(), s.Bot.View(), token)
			if err != nil {
				t.Fatal(err)
			}
			return token + "\n" + s.written(entries), ok && token != ""
		}
		file, ok := own(ada, "event feed")
		s.lacks("ada's calendar", file, "DataJam")
		s.does(ada, "event rsvp "+id+" online")
		again, _ := own(ada, "event feed")
		s.says("ada's calendar", again, "SUMMARY:DataJam breakfast\n", "LOCATION:https://meet.example.org/secret\n")
		if token := file[:strings.Index(file, "\n")]; !ok || len(token) < 20 || !strings.HasPrefix(again, token) {
			t.Errorf("the address changed by itself, or can be guessed: %q", token)
		}
		changed, _ := own(ada, "event feed new")
		if strings.HasPrefix(changed, again[:20]) {
			t.Error("a new address is the old one")
		}
		if _, ok, _ := events.DiaryOf(context.Background(), s.Bot.View(), again[:strings.Index(again, "\n")]); ok {
			t.Error("the address before still leads to her calendar")
		}
		s.does(ada, "event feed off")
		if _, ok, _ := events.DiaryOf(context.Background(), s.Bot.View(), changed[:strings.Index(changed, "\n")]); ok {
			t.Error("an address that was ended still leads to her calendar")
		}
		if _, ok, _ := events.DiaryOf(context.Background(), s.Bot.View(), ""); ok {
			t.Error("no token leads to a calendar")
		}
	})
}

// The page names nobody who has not agreed, and nobody who comes.
func TestPage(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + ` hosts=<!user:north:hal> about="With <!user:north:ben>" link=https://meet.example.org/secret`)
		s.does(ada, "event rsvp "+id+" going")
		page := func() events.Page {
			p, ok, err := events.Public(context.Background(), s.Bot.View(), id)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			return p
		}
		if p := page(); len(p.Hosts) != 0 || p.About != "With somebody" || p.Numbers != "1 person going, 1 of 2 seats left. Nobody online yet." {
			t.Errorf("%+v", p)
		}
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
			return tx.ChangePerson(ctx, bot.Person{User: "north:hal", Name: "Hal", Shown: bot.ByName}, "test")
		}); err != nil {
			t.Fatal(err)
		}
		if p := page(); len(p.Hosts) != 1 || p.Hosts[0] != "Hal" {
			t.Errorf("%+v", p.Hosts)
		}
		ids := s.begun(fortnightly)
		if _, ok, _ := events.Public(context.Background(), s.Bot.View(), ids); ok {
			t.Error("a date that is not announced yet has a page")
		}
		s.AdvanceTo(time.Date(2027, 1, 30, 0, 0, 0, 0, time.UTC))
		if p, ok, _ := events.Public(context.Background(), s.Bot.View(), ids); !ok || p.Repeats == "" {
			t.Errorf("%v %+v", ok, p)
		}
		s.says("the answer", bottest.Words(s.Press(ben, data, "Going")), "[Add to diary]")
	})
}
