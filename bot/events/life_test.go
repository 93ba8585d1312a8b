package events_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestLifeOfAnEvent(t *testing.T) {
	staged(t, func(s scene) {
		s.says("the preview", s.does(olga, breakfast), "Nothing is posted yet", "Friday 27 November 2026, 8:30am to 10:00am GMT", "[Post] [Edit] [Cancel]")
		if n := len(s.Posts(data)); n != 0 {
			t.Fatalf("%d posts stand before Post was pressed", n)
		}
		id := s.announced(breakfast)
		s.says("the announcement", s.announcement(id), "**DataJam breakfast** — Friday 27 November 2026, 8:30am GMT, 1 hour 30 minutes", "Hosted by <!user:north:olga>",
			"Where: Urban Sciences Building, Newcastle", "Nobody going yet, 2 of 2 seats left.", "[Going] [Bring somebody] [Can't go]")

		s.says("the answer", bottest.Words(s.Press(ada, data, "Going")), "You have a seat at *DataJam breakfast*, Friday 27 November 2026, 8:30am GMT, Urban Sciences Building, Newcastle.", "[Can't go after all]")
		s.says("pressed again", s.does(ada, "event rsvp "+id+" going"), "You have a seat")
		s.does(ben, "event rsvp "+id+" going")
		s.says("the announcement", s.announcement(id), "2 people going, full.", "[Join the waitlist]")
		s.says("the answer when it is full", s.does(cat, "event rsvp "+id+" going"), "It is full: you are 1st on the waitlist", "[Leave the waitlist]")
		s.says("the answer of the next", s.does("north:dan", "event rsvp "+id+" going"), "you are 2nd on the waitlist")
		s.says("the announcement", s.announcement(id), "2 people going, full, 2 people wait.")
		s.says("who comes", s.does(olga, "event guests "+id), "Going:** 1 <!user:north:ada>, 2 <!user:north:ben>", "Waiting:** 3 <!user:north:cat>, 4 <!user:north:dan>")
		s.says("who asks who comes", s.does(ada, "event guests "+id), "Only its hosts and organisers of north")

		// A seat is freed, offered, let lapse, and offered on.
		s.says("the answer", s.does(ada, "event rsvp "+id+" no"), "you are not going")
		s.says("the offer", s.direct(cat), "A seat is free for you at *DataJam breakfast*", "if you take it by Saturday 21 November 2026, midday GMT", "[Take it] [Let it go]")
		s.says("the announcement", s.announcement(id), "1 person going, full, 1 person waits.")
		s.Advance(24 * time.Hour)
		s.says("the offer that lapsed", s.direct(cat), "offered to the next person now")
		s.says("the offer", s.direct("north:dan"), "A seat is free for you")
		s.says("who took it", bottest.Words(s.Press("north:dan", bot.UserID("north:dan").Direct(), "Take it")), "You have a seat")
		s.says("the offer that was taken", s.direct("north:dan"), "is taken")
		s.says("who let it lapse", s.does(cat, "event accept "+id), "No seat at", "is held for you any more")
		s.says("the announcement", s.announcement(id), "2 people going, full.")
		s.says("the list", s.does(ada, "event list"), "*DataJam breakfast*, Friday 27 November 2026, 8:30am GMT", id)

		s.AdvanceTo(on(27, 10, 0))
		s.says("the announcement after it", s.announcement(id), "It is over.")
		s.says("an answer after it", s.does(ada, "event rsvp "+id+" going"), "is over")
		s.says("the list after it", s.does(ada, "event list"), "No event is planned")
	})
}

func TestBringingSomebody(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		s.says("bringing before going", s.does(ada, "event rsvp "+id+" plus-one"), "Say first that you are going yourself")
		s.does(ada, "event rsvp "+id+" going")
		s.says("bringing", s.does(ada, "event rsvp "+id+" plus-one"), "Whoever you bring has a seat")
		s.says("bringing another", s.does(ada, "event rsvp "+id+" plus-one"), "Each person may bring 1 other")
		s.says("the announcement", s.announcement(id), "2 people going, full.")
		s.does(ben, "event rsvp "+id+" going")
		s.does(ada, "event rsvp "+id+" no-plus-one")
		s.says("the offer", s.direct(ben), "A seat is free for you")
		s.does(ben, "event accept "+id)
		s.says("bringing when it is full", s.does(ben, "event rsvp "+id+" plus-one"), "whoever you bring is 1st on the waitlist")
		s.does(ada, "event rsvp "+id+" no")
		s.says("the offer for whom ben brings", s.direct(ben), "A seat is free for whoever you bring")
	})
}

func TestInPersonAndOnline(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + ` link=https://meet.example.org/datajam onlineseats=1`)
		s.lacks("the announcement", s.announcement(id), "meet.example.org")
		s.says("the announcement", s.announcement(id), "Or online: you get the link when you answer.", "Nobody online yet, 1 of 1 seat left.", "[Going] [Online]")
		s.says("going online", bottest.Words(s.Press(ada, data, "Online")), "online: <https://meet.example.org/datajam>")
		s.does(ben, "event rsvp "+id+" going")
		s.says("changing over when there is no room", s.does(ben, "event rsvp "+id+" online"), "no room to change over", "You have a seat")
		s.says("the announcement", s.announcement(id), "1 person going, 1 of 2 seats left. 1 person online, full.")
		s.does(ada, "event rsvp "+id+" going")
		s.says("changing over", s.announcement(id), "2 people going, full. Nobody online yet, 1 of 1 seat left.")
	})
}

func TestLastHour(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		for _, u := range []bot.UserID{ada, ben, cat, "north:dan"} {
			s.does(u, "event rsvp "+id+" going")
		}
		s.AdvanceTo(on(27, 6, 30))
		s.does(ada, "event rsvp "+id+" no")
		s.says("an offer near the start", s.direct(cat), "if you take it by Friday 27 November 2026, 7:00am GMT")
		s.AdvanceTo(on(27, 7, 5))
		s.says("the next one's", s.direct("north:dan"), "if you take it by Friday 27 November 2026, 7:15am GMT")
		s.does(cat, "event rsvp "+id+" going")
		s.does("north:eve", "event rsvp "+id+" going")
		s.does("north:dan", "event accept "+id)
		// From now on whoever presses first has it.
		s.AdvanceTo(on(27, 7, 40))
		s.does(ben, "event rsvp "+id+" no")
		for _, u := range []bot.UserID{cat, "north:eve"} {
			s.says("what those who wait are told", s.direct(u), "it goes to whoever presses first")
		}
		s.says("who presses first", bottest.Words(s.Press("north:eve", bot.UserID("north:eve").Direct(), "Take it")), "You have a seat")
		s.says("who presses next", bottest.Words(s.Press(cat, cat.Direct(), "Take it")), "Somebody was faster", "you are 1st on the waitlist")
	})
}

func TestChangingAnEvent(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast)
		for _, u := range []bot.UserID{ada, ben, cat} {
			s.does(u, "event rsvp "+id+" going")
		}
		s.says("somebody else's try", s.does(ada, "event edit "+id+" seats=3"), "Only its hosts")
		s.says("fewer seats", s.does(olga, "event edit "+id+" seats=1"), "More people than seats: 1 person more than seats would be left. Nobody loses theirs")
		s.Press(olga, data, "Post")
		s.says("who comes", s.does(olga, "event guests "+id), "Going:** 1 <!user:north:ada>, 2 <!user:north:ben>", "Waiting:** 3 <!user:north:cat>")
		s.does(ada, "event rsvp "+id+" no")
		s.says("who comes when one has gone", s.does(olga, "event guests "+id), "Going:** 2 <!user:north:ben>\n", "Waiting:** 3 <!user:north:cat>")
		s.does(olga, "event edit "+id+" seats=3")
		s.Press(olga, data, "Post")
		s.says("the offer", s.direct(cat), "A seat is free for you")
		s.says("the announcement", s.announcement(id), "1 person going, 1 of 3 seats left")

		s.says("the form", s.does(olga, "event edit "+id), "Title: DataJam breakfast", "When: Friday 27 November 2026, 8:30am GMT", "Seats: 3")
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"venue": "", "link": "https://meet.example.org"})), "Seats are for people who come in person")
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"venue": "", "seats": "", "link": "https://meet.example.org"})), "Nothing is posted yet")
		s.says("taking the venue away", bottest.Words(s.Press(olga, data, "Post")), "it needs a venue")

		s.says("the preview", s.does(olga, "event move "+id+" Mon 30 Nov 08:30"), "Monday 30 November 2026")
		s.Press(olga, data, "Post")
		s.says("the announcement", s.announcement(id), "Monday 30 November 2026, 8:30am GMT", "Moved from Friday 27 November 2026")
		s.says("what guests are told", s.direct(ben), "is moved from Friday 27 November 2026, 8:30am GMT to Monday 30 November 2026, 8:30am GMT. You keep what you had")

		s.says("cancelling", s.does(olga, `event cancel `+id+` reason="The building is closed."`), "Nothing is cancelled yet. 2 people would be told", "The building is closed")
		s.Press(olga, data, "Cancel the event")
		s.says("the announcement", s.announcement(id), "**Cancelled:** **DataJam breakfast**", "The building is closed.")
		s.says("what guests are told", s.direct(ben), "is cancelled", "The building is closed")
		s.says("an answer", s.does(ada, "event rsvp "+id+" going"), "is cancelled")
		s.Advance(14 * 24 * time.Hour)
	})
}

// What cannot be gets a sentence that shows what can, and nothing is announced.
func TestBadEvents(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"a past date":             {`event new "X" "18 Nov 08:30" venue=Here`, "Wednesday 18 November 2026"},
		"no place at all":         {`event new "X" "27 Nov 08:30"`, "Say where it is"},
		"no seats":                {`event new "X" "27 Nov 08:30" venue=Here seats=0`, "a number from 1 to 5000"},
		"a million seats":         {`event new "X" "27 Nov 08:30" venue=Here seats=1000000`, "a number from 1 to 5000"},
		"more visitors":           {`event new "X" "27 Nov 08:30" venue=Here seats=10 visitors=12`, "would leave none for members"},
		"a venue without end":     {`event new "X" "27 Nov 08:30" venue=` + strings.Repeat("v", 5000), "up to 200 characters"},
		"an address with a break": {"event new \"X\" \"27 Nov 08:30\" link=\"https://a.example/\nBEGIN:VEVENT\"", "That is no web address"},
		"an address of a program": {`event new "X" "27 Nov 08:30" link=javascript:alert(1)`, "That is no web address"},
		"a length of nothing":     {`event new "X" "27 Nov 08:30" venue=Here length="1 minute"`, "between 15 minutes and"},
		"a title of nothing":      {`event new "" "27 Nov 08:30" venue=Here`, "Give it a title"},
		"a room not linked":       {`event new "X" "27 Nov 08:30" venue=Here rooms=#data rooms=south:data`, "whose organisers have to agree first"},
	} {
		t.Run(name, func(t *testing.T) {
			staged(t, func(s scene) {
				s.says("the answer", s.does(olga, c.line), c.want)
				s.lacks("the answer", s.does(olga, c.line), "Nothing is posted yet")
			})
		})
	}
}

func TestWordsOfPeopleAreHarmless(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(`event new "<b>Hi</b> @channel [x](https://evil.example)" "27 Nov 08:30" venue="Hall *1* ` + "\u202e" + `gnp" about="# Big" access="` + "`tick`" + `"`)
		s.lacks("the announcement", s.announcement(id), "<b>", "@channel", "[x](", "\u202e", "\n# Big", "*1*")
	})
}

// Everybody presses at once: as many seats as there are, everybody else in line.
func TestSixtyFourAtOnce(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(strings.Replace(breakfast, "seats=2", "seats=10", 1))
		const people = 64
		answers := make([]string, people)
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				u := bot.UserID(fmt.Sprintf("north:p%d", i))
				reply, err := s.Chat("north").Hand(context.Background(), bot.Inbound{ID: fmt.Sprint("press:", i), Kind: bot.Command, From: u, Room: data, At: s.Now(), Text: "event rsvp " + id + " going", Pressed: true})
				if err != nil {
					t.Error(err)
				}
				answers[i] = bottest.Words(reply)
			})
		}
		all.Wait()
		synctest.Wait()
		s.Advance(5 * time.Second)
		seated, places := 0, map[string]bool{}
		for _, a := range answers {
			if strings.Contains(a, "You have a seat") {
				seated++
			} else if _, after, ok := strings.Cut(a, "you are "); ok {
				places[strings.Fields(after)[0]] = true
			}
		}
		if seated != 10 || len(places) != people-10 {
			t.Fatalf("%d have a seat and %d a place of their own in the queue", seated, len(places))
		}
		s.says("the announcement", s.announcement(id), "10 people going, full, 54 people wait.")
	})
}

func TestErasingAGuestFreesTheSeat(t *testing.T) {
	staged(t, func(s scene) {
		id := s.announced(breakfast + ` hosts=<!user:north:zephyrine> about="Ask <!user:north:zephyrine> for coffee"`)
		zephyrine := bot.UserID("north:zephyrine")
		for _, u := range []bot.UserID{zephyrine, ben, cat} {
			s.does(u, "event rsvp "+id+" going")
		}
		s.does(zephyrine, "event rsvp "+id+" plus-one")
		s.does(olga, "event promote "+id+" cat as <!user:north:zephyrine> wished")
		s.does(olga, strings.Replace(breakfast, "DataJam", "Other", 1)+` hosts=<!user:north:zephyrine>`)
		copied := s.copied(zephyrine)
		s.says("the copy", copied, "You answered, going, bringing somebody: on the waitlist", "You host it")

		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.Erase(ctx, zephyrine, bot.ErasedSelf) }); err != nil {
			t.Fatal(err)
		}
		s.Advance(2 * time.Hour)
		s.says("the offer", s.direct(cat), "A seat is free for you")
		s.lacks("the announcement", s.announcement(id), "zephyrine")
		s.nobodyIsNamed("zephyrine")
	})
}

// nobodyIsNamed looks through all that is stored for a name that must not be there.
func (s scene) nobodyIsNamed(name string) {
	s.Helper()
	for item, err := range s.Store.(bot.Dumper).Dump(context.Background()) {
		if err != nil {
			s.Fatal(err)
		}
		if item.Record != nil && strings.Contains(item.Record.Key+strings.Join(item.Record.Index, " ")+string(item.Record.Value), name) {
			s.Errorf("%s still names %s", item.Record.Key, name)
		}
	}
}

// copied is all that a person is told is held about them.
func (s scene) copied(u bot.UserID) string {
	s.Helper()
	var words []string
	if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
		all, err := tx.Copy(ctx, u)
		for _, c := range all {
			words = append(words, c.What+": "+c.Words)
		}
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return strings.Join(words, "\n")
}
