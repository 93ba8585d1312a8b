package events_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/events"
)

// fortnightly is the breakfast of the north east: it is November when it is announced.
const fortnightly = `event new "DataJam breakfast" "5 Feb 2027 08:30" kind=breakfast venue="Urban Sciences Building, Newcastle" seats=2 repeat=fortnightly`

// begun announces a series and gives the id of its first date.
func (s scene) begun(line string) string {
	s.Helper()
	s.says("the preview", s.does(olga, line), "Nothing is posted yet", "[Post] [Edit] [Cancel]")
	said := bottest.Words(s.Press(olga, data, "Post"))
	_, after, ok := strings.Cut(said, "Its first date is `")
	if !ok {
		s.Fatalf("no series: %s", said)
	}
	return after[:4]
}

// dates are the ids in the list of what is coming.
func (s scene) dates() (ids, lines []string) {
	s.Helper()
	for line := range strings.Lines(s.does(olga, "event list")) {
		if i := strings.LastIndex(line, "(`"); i >= 0 {
			ids, lines = append(ids, line[i+2:i+6]), append(lines, line)
		}
	}
	return ids, lines
}

// wantDates checks which dates there are.
func (s scene) wantDates(want ...string) []string {
	s.Helper()
	ids, lines := s.dates()
	if len(lines) != len(want) {
		s.Fatalf("%d dates, want %d:\n%s", len(lines), len(want), strings.Join(lines, ""))
	}
	for i, w := range want {
		if !strings.Contains(lines[i], w) {
			s.Fatalf("date %d lacks %q: %s", i, w, lines[i])
		}
	}
	return ids
}

// series are the words of the post about the series as a whole.
func (s scene) series() string {
	s.Helper()
	for _, p := range s.Posts(data) {
		if strings.HasSuffix(string(p.Key), "/series") {
			return bottest.PostWords(p.Post)
		}
	}
	return ""
}

func (s scene) announcements() int {
	n := 0
	for _, p := range s.Posts(data) {
		if strings.HasSuffix(string(p.Key), "/announcement") {
			n++
		}
	}
	return n
}

func TestSeriesThroughTheClockChange(t *testing.T) {
	staged(t, func(s scene) {
		s.says("the preview", s.does(olga, fortnightly), "Repeats: Every second Friday, 8:30am, from 5 February 2027.", "- Friday 5 February 2027, 8:30am GMT", "- Friday 19 February 2027, 8:30am GMT", "- Friday 5 March 2027, 8:30am GMT")
		first := s.begun(fortnightly)
		s.wantDates("Friday 5 February 2027, 8:30am GMT", "Friday 19 February 2027, 8:30am GMT", "Friday 5 March 2027, 8:30am GMT")
		s.says("the series", s.series(), "**DataJam breakfast** — every second Friday, 8:30am, from 5 February 2027", "The next: Friday 5 February 2027, Friday 19 February 2027 and Friday 5 March 2027. Each is announced here seven days before.", "[Going to all of them]")
		if n := s.announcements(); n != 0 {
			t.Fatalf("%d dates are announced in November", n)
		}
		s.AdvanceTo(time.Date(2027, 1, 29, 8, 29, 0, 0, time.UTC))
		if n := s.announcements(); n != 0 {
			t.Fatalf("%d dates are announced more than a week before", n)
		}
		s.Advance(time.Minute)
		s.says("the first date's announcement", s.announcement(first), "Friday 5 February 2027, 8:30am GMT", "[Going]")
		s.AdvanceTo(time.Date(2027, 2, 4, 8, 30, 0, 0, time.UTC))
		s.says("its reminder", s.post(data, first, "reminder"), "One day until")

		s.AdvanceTo(time.Date(2027, 2, 5, 10, 0, 0, 0, time.UTC))
		s.says("the first date, over", s.announcement(first), "It is over")
		s.wantDates("19 February 2027, 8:30am GMT", "5 March 2027, 8:30am GMT", "19 March 2027, 8:30am GMT")
		s.AdvanceTo(time.Date(2027, 3, 20, 0, 0, 0, 0, time.UTC))
		ids := s.wantDates("Friday 2 April 2027, 8:30am BST", "Friday 16 April 2027, 8:30am BST", "Friday 30 April 2027, 8:30am BST")
		// Announced at the same instant a week of seven days before, reminded an hour before.
		s.AdvanceTo(time.Date(2027, 4, 2, 6, 30, 0, 0, time.UTC))
		s.says("the reminder after the change", s.post(data, ids[0], "reminder"), "One hour until", "8:30am BST")
		if n := s.announcements(); n != 5 {
			t.Errorf("%d dates were announced by April, want 5", n)
		}
	})
}

func TestRegulars(t *testing.T) {
	staged(t, func(s scene) {
		first := s.begun(fortnightly)
		s.does(ben, "event rsvp "+first+" going")
		s.does(cat, "event rsvp "+first+" going")
		said := bottest.Words(s.Press(ada, data, "Going to all of them"))
		s.says("the answer", said, "you are going to *DataJam breakfast* every second Friday", "you are 1st on the waitlist of *DataJam breakfast*, Friday 5 February 2027", "You have a seat at *DataJam breakfast*, Friday 19 February 2027")
		ids, _ := s.dates()
		s.says("can't go to one", s.does(ada, "event rsvp "+ids[1]+" no"), "you are not going")
		s.AdvanceTo(time.Date(2027, 2, 6, 0, 0, 0, 0, time.UTC))
		ids, _ = s.dates()
		s.says("a date that was made later", s.does(olga, "event guests "+ids[2]), "Going:** 1 <!user:north:ada>")
		s.lacks("the date that she can't go to", s.does(olga, "event guests "+ids[0]), "ada")
		s.says("none of them", s.does(ada, "event rsvp "+ids[0]+" none"), "not going to any date")
		s.lacks("the later date", s.does(olga, "event guests "+ids[2]), "ada")
	})
}

func TestChangingASeries(t *testing.T) {
	staged(t, func(s scene) {
		first := s.begun(fortnightly + ` until="25 June 2027" without="5 March 2027"`)
		ids := s.wantDates("5 February", "19 February", "19 March")
		for _, id := range ids {
			s.does(ada, "event rsvp "+id+" going")
		}
		s.says("skipping", s.does(olga, "event skip "+ids[1]), "Nothing is skipped yet. 1 person would be told that *DataJam breakfast*, Friday 19 February 2027")
		s.Press(olga, data, "Skip this date")
		s.says("what ada is told", s.direct(ada), "Friday 19 February 2027, 8:30am GMT, is cancelled")
		ids = s.wantDates("5 February", "19 March", "2 April")
		s.says("skipping what does not exist yet", s.does(olga, "event skip "+first+" 16 April 2027"), "Skipped: there is no *DataJam breakfast* on Friday 16 April 2027")
		s.says("skipping another day", s.does(olga, "event skip "+first+" 17 April 2027"), "every second Friday, and 17 April 2027 is no such day")

		// One date moves by itself, then the rest by half an hour: it keeps its own time.
		s.does(olga, "event move "+ids[1]+" 20 March 2027 10:00")
		s.Press(olga, data, "Post for this date")
		s.wantDates("5 February 2027, 8:30am", "Saturday 20 March 2027, 10:00am", "2 April 2027, 8:30am BST")
		s.says("the preview", s.does(olga, "event move "+first+" 5 February 2027 09:00"), "[Post for this date] [This and following] [All dates]")
		s.Press(olga, data, "This and following")
		s.wantDates("5 February 2027, 9:00am", "Saturday 20 March 2027, 10:00am", "2 April 2027, 9:00am BST")
		s.says("the series", s.series(), "every second Friday, 9:00am, from 5 February 2027 until 25 June 2027")

		// To Thursdays from the second date on: the first stays.
		s.does(olga, "event move "+ids[2]+" 1 April 2027 09:00")
		s.Press(olga, data, "This and following")
		s.AdvanceTo(time.Date(2027, 3, 25, 0, 0, 0, 0, time.UTC))
		s.wantDates("Thursday 1 April 2027, 9:00am BST", "Thursday 29 April 2027, 9:00am BST", "Thursday 13 May 2027, 9:00am BST")

		// What is changed for all dates holds for those that are made later.
		ids, _ = s.dates()
		s.says("the form", s.does(olga, "event edit "+ids[0]), "How often: fortnightly", "Until: 25 June 2027")
		s.Submit(olga, data, map[string]string{"venue": "The Core", "seats": "30"})
		s.Press(olga, data, "All dates")
		s.AdvanceTo(time.Date(2027, 5, 28, 0, 0, 0, 0, time.UTC))
		ids = s.wantDates("Thursday 10 June 2027, 9:00am BST, The Core", "Thursday 24 June 2027, 9:00am BST, The Core")
		s.does(olga, "event cancel "+ids[1])
		s.Press(olga, data, "This and following")
		s.wantDates("Thursday 10 June 2027")
		s.AdvanceTo(time.Date(2027, 6, 11, 0, 0, 0, 0, time.UTC))
		s.wantDates()
		s.says("the series at its end", s.series(), "There are no more dates")
	})
}

func TestCancellingASeries(t *testing.T) {
	staged(t, func(s scene) {
		first := s.begun(fortnightly)
		s.does(ada, "event rsvp "+first+" all")
		s.says("cancelling", s.does(olga, "event cancel "+first), "[Cancel this date] [This and following] [All dates]")
		s.Press(olga, data, "All dates")
		s.wantDates()
		s.says("the series", s.series(), "There are no more dates")
		if n := len(s.Direct(ada)); n != 3 {
			t.Errorf("ada is told of %d dates, want 3", n)
		}
		s.Advance(200 * 24 * time.Hour)
		s.wantDates()
	})
}

func TestBadSeries(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"the 31st":           {`event new "X" "31 Jan 2027 09:00" venue=Here repeat=monthly-date`, "Some months have no 31st"},
		"both ends":          {fortnightly + ` until="25 June 2027" times=3`, "not both"},
		"an end before":      {fortnightly + ` until="1 Jan 2027"`, "before its first date"},
		"no day":             {fortnightly + ` without="whenever"`, "can't read “whenever” as a day"},
		"a rhythm of nobody": {strings.Replace(fortnightly, "=fortnightly", "=secondly", 1), "can't be “secondly”"},
		"once":               {fortnightly + " times=1", "a number from 2 to 500"},
	} {
		t.Run(name, func(t *testing.T) {
			staged(t, func(s scene) {
				s.says("the answer", s.does(olga, c.line), c.want)
			})
		})
	}
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		s.says("skipping what does not repeat", s.does(olga, "event skip "+id), "does not repeat")
		s.says("all dates of what does not repeat", s.does(ada, "event rsvp "+id+" all"), "has no further dates")
		s.says("repeating afterwards", s.does(olga, "event edit "+id+" repeat=weekly"), "announced for once")
	})
}

func TestSeriesAfterALongOutage(t *testing.T) {
	staged(t, func(s scene) {
		s.begun(fortnightly)
		s.AdvanceTo(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC))
		s.Down(60 * 24 * time.Hour) // until 2 April, one hour after midnight there
		s.wantDates("2 April 2027, 8:30am BST", "16 April 2027", "30 April 2027")
		if n := s.announcements(); n != 2 {
			t.Errorf("%d dates were announced, want the one before the outage and the one of today", n)
		}
		var told string
		for _, p := range s.Direct(olga) {
			told += bottest.PostWords(p.Post) + "\n"
		}
		s.says("what the host is told", told, "I was off until 1:00am BST and did not announce *DataJam breakfast*, Friday 19 February 2027, 8:30am GMT: it had begun.",
			"did not send the last reminder of *DataJam breakfast*, Friday 5 February 2027")
	})
}

func TestErasingARegular(t *testing.T) {
	staged(t, func(s scene) {
		s.begun(fortnightly + " hosts=<!user:north:zephyrine>")
		zephyrine := bot.UserID("north:zephyrine")
		ids, _ := s.dates()
		s.does(zephyrine, "event rsvp "+ids[0]+" all")
		s.says("the copy", s.copied(zephyrine), "You are going to all of them", "You planned or host the series")
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.Erase(ctx, zephyrine, bot.ErasedSelf) }); err != nil {
			t.Fatal(err)
		}
		s.AdvanceTo(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC))
		s.nobodyIsNamed("zephyrine")
	})
}

func TestASeriesInLinkedRooms(t *testing.T) {
	staged(t, func(s scene) {
		link := func(yes bool) {
			if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
				l := bot.Link{A: data, B: south, Asked: olga, Yes: oskar}
				if !yes {
					tx.Delete(l.Key())
					l.Yes = ""
					return events.New().LinkChanged(ctx, tx, l)
				}
				tx.Put(&l)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		link(true)
		s.begun(fortnightly + " rooms=#data rooms=south:data")
		if n := len(s.Posts(south)); n != 1 {
			t.Fatalf("%d posts in the south, want the series", n)
		}
		link(false)
		s.AdvanceTo(time.Date(2027, 3, 10, 0, 0, 0, 0, time.UTC))
		if posts := s.Posts(south); len(posts) != 0 {
			t.Errorf("unlinked, the south hears %q", bottest.PostWords(posts[0].Post))
		}
		if s.announcements() == 0 {
			t.Error("the north hears nothing any more")
		}
	})
}

func TestChangingHowItRepeatsIsNotForOneDate(t *testing.T) {
	staged(t, func(s scene) {
		first := s.begun(fortnightly)
		s.does(olga, "event edit "+first+` until="1 March 2027"`)
		s.says("for one date", bottest.Words(s.Press(olga, data, "Post for this date")), "not for one date")
		s.does(olga, "event edit "+first+` until="1 March 2027"`)
		s.Press(olga, data, "All dates")
		s.wantDates("5 February", "19 February")
	})
}
