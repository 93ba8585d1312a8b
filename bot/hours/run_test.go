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

// opened schedules the hour of flood and lets it open.
func (s stage) opened(more string) string {
	s.Helper()
	id := s.schedule(flood + more)
	s.AdvanceTo(london(25, 20, 0))
	return id
}

func TestHostRunsAnHour(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened(` automatic=no questions="And then?"`)
		s.AdvanceTo(london(25, 20, 7))
		s.says("next", bottest.Words(s.Command(olga, data, "datahour next")), "Q1 is asked in <!room:north:data>")
		s.says("Q1", s.post(data, id, "q/1"), "What did you last look up?")
		s.says("skip", bottest.Words(s.Command(olga, data, "datahour skip")), "Skipped: Which dataset")
		// The button of the run sheet does as the line does.
		s.Press(olga, olga.Direct(), "Ask now")
		s.says("Q2", s.post(data, id, "q/2"), "**Q2** And then?")
		s.says("next, with none left", bottest.Words(s.Command(olga, data, "datahour next")), "No question is waiting")

		s.says("somebody's question", bottest.Words(s.Command(ada, data, "datahour ask Who maintains it?")), "Saved")
		s.says("the run sheet", s.post(olga.Direct(), id, "sheet"), "Waiting: 1 question put forward")
		s.says("the queue", bottest.Words(s.Command(olga, data, "datahour queue")), "1. Who maintains it? (from <!user:north:ada>)", "(Ask 1 now)")
		s.Press(olga, data, "Ask 1 now")
		s.says("Q3", s.post(data, id, "q/3"), "**Q3** Who maintains it?")

		s.says("close", bottest.Words(s.Command(olga, data, "datahour close")), "Closed")
		s.says("the wrap-up", s.post(data, id, "wrapup"), "nobody wrote this time")
		if got := s.promises(id); got != "hour.forget hour.settle" {
			t.Errorf("a closed hour promises %s", got)
		}
		s.Advance(2 * time.Hour)
		if s.has(data, id, "warning") {
			t.Fatal("a warning came after the close")
		}
		s.says("close again", bottest.Words(s.Command(olga, data, "datahour close "+id)), "was closed at 8:07pm GMT")
	})
}

func TestQueueByLineAndMenu(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood + ` questions="Third?"`)
		s.says("up", bottest.Words(s.Command(olga, data, "datahour queue up 3")), "1. What did you last look up?", "2. Third?", "3. Which dataset")
		s.says("the menu", bottest.Words(s.Press(olga, data, "Move 2 up")), "1. Third?", "2. What did")
		s.says("merge", bottest.Words(s.Command(olga, data, "datahour queue merge 3 1")), "1. Third? / Which dataset")
		s.says("by id", bottest.Words(s.Command(olga, olga.Direct(), "datahour queue "+id)), "1. Third?")
		s.says("another verb", bottest.Words(s.Command(olga, data, "datahour queue burn 1")), "I know no data hour `burn`")
		s.says("the sheet", s.post(olga.Direct(), id, "sheet"), "Q1 Third? / Which dataset")
	})
}

func TestExtend(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened("")
		s.AdvanceTo(london(25, 20, 56))
		s.says("the warning", s.post(data, id, "warning"), "9:00pm GMT")
		s.says("extend", bottest.Words(s.Command(olga, data, "datahour extend 20m")), "It closes at 9:20pm GMT now.")
		s.says("the room", s.post(data, id, "extended"), "extended by 20 minutes: it closes at 9:20pm GMT")
		s.says("the opening", s.post(data, id, "opening"), "open until 9:20pm GMT")
		s.AdvanceTo(london(25, 21, 14))
		if s.has(data, id, "wrapup") || s.has(data, id, "warning/20") {
			t.Fatal("it kept to its old end")
		}
		s.AdvanceTo(london(25, 21, 15))
		s.says("the second warning", s.post(data, id, "warning/20"), "Five minutes left", "9:20pm GMT")
		s.AdvanceTo(london(25, 21, 20))
		s.says("the wrap-up", s.post(data, id, "wrapup"), "That was")
	})
}

func TestWhoMayRunAnHour(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood + " hosts=<!user:north:ada>")
		s.AdvanceTo(london(25, 20, 0))
		for _, line := range []string{"next", "skip", "extend", "close " + id, "queue", "privacy " + id + " public=no", "edit " + id, "move " + id + " Fri 8pm"} {
			s.says(line, bottest.Words(s.Command("north:eve", data, "datahour "+line)), "Only its hosts and organisers of north can", "<!user:north:ada> is hosting.")
			s.says(line, bottest.Words(s.Command(oskar, data, "datahour "+line)), "Only its hosts and organisers of north can")
		}
		s.says("a host", bottest.Words(s.Command(ada, data, "datahour next")), "Q1 is asked")
		s.says("an organiser", bottest.Words(s.Command(olga, data, "datahour extend")), "It closes at")
		// What they did is in the audit log; what was refused is not.
		audit, err := bot.Find[bot.Audit](context.Background(), s.Bot.View(), "audit")
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, a := range audit {
			lines = append(lines, string(a.Who)+" "+a.What)
		}
		slices.Sort(lines)
		if got := strings.Join(lines, ", "); got != "north:ada datahour next, north:olga datahour extend, north:olga datahour new, north:olga datahour post" {
			t.Errorf("the audit log has %s", got)
		}
	})
}

// An hour that begins now has no announcement to press under.
func TestRunSheetOfAnHourThatBeginsNow(t *testing.T) {
	staged(t, func(s stage) {
		s.Command(olga, data, `datahour start Stuck hosts=<!user:north:ada>`)
		s.says("the answer", bottest.Words(s.Press(olga, data, "Open it now")), "Ask <!user:north:ada> to say `/datahour sheet`, to get theirs.")
		s.Command(ada, data, "datahour sheet")
		s.says("the sheet", s.post(ada.Direct(), s.newest(data, "opening"), "sheet"), "One hour left")
	})
}

// A host whom somebody else named gets no direct message before pressing once.
func TestRunSheetOnlyForThoseWhoActed(t *testing.T) {
	staged(t, func(s stage) {
		s.Command(olga, data, flood+" hosts=<!user:north:ada>")
		s.says("the answer", bottest.Words(s.Press(olga, data, "Post")), "Ask <!user:north:ada> to press *Run sheet*")
		id := s.newest(data, "announcement")
		if n := len(s.Direct(ada)); n != 0 {
			t.Fatalf("ada has %d direct messages and did nothing", n)
		}
		s.says("another's press", bottest.Words(s.Press("north:eve", data, "Run sheet (hosts)")), "for the hosts")
		s.Press(ada, data, "Run sheet (hosts)")
		s.says("the sheet", s.post(ada.Direct(), id, "sheet"), "Q1 What did you last look up?")
		s.lacks("the announcement", s.post(data, id, "announcement"), "Run sheet")
		if n := len(s.Direct(olga)); n != 0 {
			t.Fatalf("olga, who does not host it, has %d direct messages", n)
		}
	})
}

func TestRemindMe(t *testing.T) {
	staged(t, func(s stage) {
		s.schedule(flood)
		s.says("the answer", bottest.Words(s.Press(ada, data, "Remind me")), "Saved: I will send you a direct message on Wednesday 25 November 2026, 7:50pm GMT")
		s.Press("north:eve", data, "Remind me")
		s.says("taken back", bottest.Words(s.Press("north:eve", data, "Remind me")), "I will not remind you")
		s.Press("north:zoe", data, "Remind me")
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) error { // zoe snoozes everything
			p, err := tx.Person(ctx, "north:zoe")
			p.Snoozed = tx.Now().AddDate(0, 1, 0)
			tx.Put(&p)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.AdvanceTo(london(25, 19, 50))
		if len(s.Direct(ada)) != 1 || len(s.Direct("north:eve")) != 0 || len(s.Direct("north:zoe")) != 0 {
			t.Fatalf("ada has %d, eve %d, zoe %d direct messages", len(s.Direct(ada)), len(s.Direct("north:eve")), len(s.Direct("north:zoe")))
		}
		s.says("the message", s.newestDirect(ada), "Ten minutes until *Flood data people really use*", "as you asked")
		s.says("too late", bottest.Words(s.Press("north:eve", data, "Remind me")), "It begins in ten minutes")
	})
}

func TestMove(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.Command(ada, data, "datahour remind "+id)
		s.says("the preview", bottest.Words(s.Command(olga, data, "datahour move "+id+" Thu 7:30pm")), "Nothing is posted yet", "Thursday 26 November 2026, 7:30pm GMT")
		s.says("the announcement before Post", s.post(data, id, "announcement"), "Wednesday 25 November")
		s.says("the answer", bottest.Words(s.Press(olga, data, "Post")), "Moved: *Flood data people really use* is on Thursday 26 November 2026, 7:30pm GMT now")
		s.says("the announcement", s.post(data, id, "announcement"), "Thursday 26 November 2026, 7:30pm GMT", "Moved from Wednesday 25 November 2026, 8:00pm GMT.")
		s.says("the thread", s.post(data, id, "reminder"), "is moved to Thursday")
		s.says("ada's message", s.newestDirect(ada), "is moved to Thursday 26 November")
		s.AdvanceTo(london(25, 21, 0))
		if s.has(data, id, "opening") {
			t.Fatal("it opened at its old time")
		}
		s.AdvanceTo(london(26, 19, 20))
		s.says("the reminder", s.post(data, id, "reminder"), "Ten minutes until")
		s.AdvanceTo(london(26, 19, 30))
		s.says("the opening", s.post(data, id, "opening"), "open until 8:30pm GMT")
	})
}

func TestEdit(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.Command(ada, data, "datahour ask Who maintains it? ")
		s.says("the form", bottest.Words(s.Command(olga, data, "datahour edit "+id)), "When: Wednesday 25 November 2026, 8:00pm GMT", "Questions: What did you last look up?\nWhich dataset")
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"title": "Rivers", "questions": "Which dataset do you wish somebody opened?\nA new one?"})), "Rivers", "Nothing is posted yet")
		// What others did meanwhile stays.
		s.Command("north:eve", data, "datahour ask And who pays?")
		s.Press(olga, data, "Post")
		s.says("the announcement", s.post(data, id, "announcement"), "Data hour: Rivers")
		s.lacks("the announcement", s.post(data, id, "announcement"), "Moved from")
		s.says("the queue", bottest.Words(s.Command(olga, data, "datahour queue")), "1. Which dataset", "2. A new one?", "3. Who maintains it?", "4. And who pays?")
		s.AdvanceTo(london(25, 20, 10))
		// An open hour can still be edited, though its time has passed.
		s.Command(olga, data, "datahour edit "+id)
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"length": "90 minutes"})), "8:00pm to 9:30pm GMT")
		s.Press(olga, data, "Post")
		s.says("the opening", s.post(data, id, "opening"), "open until 9:30pm GMT")
		s.AdvanceTo(london(25, 21, 29))
		if s.has(data, id, "wrapup") {
			t.Fatal("it closed at its old end")
		}
	})
}

func TestCancel(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.Command(ada, data, "datahour remind "+id)
		s.says("the preview", bottest.Words(s.Command(olga, data, "datahour cancel "+id+` reason="The speaker is ill."`)), "Nothing is cancelled yet", "The speaker is ill.")
		s.says("the announcement before", s.post(data, id, "announcement"), "[Remind me]")
		s.says("the answer", bottest.Words(s.Press(olga, data, "Cancel the hour")), "Cancelled")
		s.says("the announcement", s.post(data, id, "announcement"), "**Cancelled:**", "The speaker is ill.")
		s.lacks("the announcement", s.post(data, id, "announcement"), "[")
		if got := s.promises(id); got != "" {
			t.Errorf("a cancelled hour still promises %s", got)
		}
		s.says("ada's message", s.newestDirect(ada), "is cancelled")
		s.Advance(7 * 24 * time.Hour)
		if s.has(data, id, "opening") {
			t.Fatal("it opened after it was cancelled")
		}
		s.says("the list", bottest.Words(s.Command(ada, data, "datahour list")), "No data hour is planned")
	})
}

func TestPrivacyAndTranscript(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened("")
		s.says("the addresses", bottest.Words(s.Command(ada, data, "datahour transcript")), "https://hour.example/hour/"+id+".md", id+".json", id+".csv")
		s.says("the answer", bottest.Words(s.Command(olga, data, "datahour privacy "+id+" public=no keep=30")), "has no public page", "for 30 days")
		s.lacks("the opening", s.post(data, id, "opening"), "https://hour.example/hour/", "[By my name]")
		s.AdvanceTo(london(25, 21, 1))
		s.lacks("the wrap-up", s.post(data, id, "wrapup"), "Read it again")
		s.says("the addresses", bottest.Words(s.Command(ada, data, "datahour transcript")), "has no public page")
	})
}

func TestTranscriptIsDeletedInTime(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened(" keep=7")
		s.Say(ada, data, "We match them by hand.")
		s.AdvanceTo(london(25, 21, 0))
		s.AdvanceTo(time.Date(2026, 12, 2, 20, 59, 0, 0, time.UTC))
		if n := s.records("said:" + id); n != 1 {
			t.Fatalf("%d messages are kept before the time has come", n)
		}
		s.Advance(2 * time.Minute)
		if n := s.records("said:"+id) + s.records("parts:"+id); n != 0 {
			t.Fatalf("%d records are kept", n)
		}
		s.says("the wrap-up", s.post(data, id, "wrapup"), "1 person, 1 message", "was kept for 7 days, and is deleted")
	})
}

func (s stage) records(index string) int {
	s.Helper()
	recs, err := s.Bot.View().Records(context.Background(), index, "", 1000)
	if err != nil {
		s.Fatal(err)
	}
	return len(recs)
}

func TestSummary(t *testing.T) {
	staged(t, func(s stage) {
		id := s.opened("")
		s.AdvanceTo(london(25, 21, 0))
		s.says("the form", bottest.Words(s.Press(olga, olga.Direct(), "Edit the summary")), "Flood data people really use: nobody wrote this time.", "Q1 What did you last look up?")
		s.says("the answer", bottest.Words(s.Submit(olga, olga.Direct(), map[string]string{"summary": "Levels come from *hand-made* lists."})), "Saved")
		s.says("the wrap-up", s.post(data, id, "wrapup"), `Levels come from \*hand-made\* lists.`)
		s.says("another's try", bottest.Words(s.Command("north:eve", data, "datahour summary "+id+" Mine")), "Only its hosts")
	})
}

// Whoever asked for a reminder gets a new message each time there is something to
// know, and has one at a time: an edit alerts nobody.
func TestRemindMeAfterAMove(t *testing.T) {
	staged(t, func(s stage) {
		s.schedule(flood)
		s.Press(ada, data, "Remind me")
		seen := map[bot.MessageID]bool{}
		told := func(words string) {
			t.Helper()
			all := s.Direct(ada)
			if len(all) != 1 || seen[all[0].ID] {
				t.Fatalf("ada has %d direct messages, seen before: %v", len(all), seen)
			}
			seen[all[0].ID] = true
			s.says("ada's message", all[0].Text, words)
		}
		s.AdvanceTo(london(25, 19, 55))
		told("Ten minutes until")
		s.Command(olga, data, "datahour move Thu 8pm")
		s.Press(olga, data, "Post")
		told("is moved to Thursday")
		s.AdvanceTo(london(26, 19, 50))
		told("Ten minutes until")
	})
}

func (s stage) newestDirect(u bot.UserID) string {
	s.Helper()
	all := s.Direct(u)
	if len(all) == 0 {
		s.Fatalf("%s has no direct message", u)
	}
	return all[len(all)-1].Text
}

// The next hour here is moved without naming it; an id names another.
func TestMoveWithoutAnID(t *testing.T) {
	staged(t, func(s stage) {
		s.schedule(flood)
		later := s.schedule(`datahour new Ponds "Thu 9pm"`)
		s.says("the preview", bottest.Words(s.Command(olga, data, "datahour move Thu 7pm")), "Flood data", "Thursday 26 November 2026, 7:00pm GMT")
		s.says("the preview of the other", bottest.Words(s.Command(olga, data, "datahour move "+later+" Thu 6pm")), "Ponds", "Thursday 26 November 2026, 6:00pm GMT")
		s.says("an id that is none", bottest.Words(s.Command(olga, data, "datahour move zzzz Thu 6pm")), "I know no data hour `zzzz`")
	})
}

// An hour that is moved is announced by reminders anew: none whose time has
// passed, and each that is to come.
func TestRemindersAfterAMove(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.AdvanceTo(london(25, 19, 5)) // two of the three have been sent
		s.Command(olga, data, "datahour move "+id+" Thu 8:30pm")
		s.Press(olga, data, "Post")
		s.AdvanceTo(london(25, 20, 30))
		s.says("a day before", s.post(data, id, "reminder"), "One day until")
		s.Command(olga, data, "datahour move "+id+" in 30 minutes")
		s.Press(olga, data, "Post")
		s.says("half an hour before", s.post(data, id, "reminder"), "is moved to Wednesday 25 November 2026, 9:00pm GMT")
		s.AdvanceTo(london(25, 20, 50))
		s.says("ten minutes before", s.post(data, id, "reminder"), "Ten minutes until")
		s.AdvanceTo(london(25, 21, 0))
		s.says("the opening", s.post(data, id, "opening"), "open until 10:00pm GMT")
	})
}
