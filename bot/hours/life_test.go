package hours_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

// stage is a harness for the life of an hour: olga organises in the north, oskar
// in the south.
type stage struct{ *bottest.Harness }

func staged(t *testing.T, test func(s stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(stage{bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), choosing{}}})})
	})
}

// choosing has the rows behind the three choices, so that their buttons are shown.
type choosing struct{}

func (choosing) Alarms() map[string]bot.AlarmKind { return nil }
func (choosing) Rows() []bot.Row {
	return []bot.Row{{Name: "my shown", Summary: "Choose", Args: []bot.Arg{{Name: "how"}}, Run: nothing}}
}

const (
	olga  = bot.UserID("north:olga")
	ada   = bot.UserID("north:ada")
	oskar = bot.UserID("south:oskar")
	data  = bot.RoomID("north:data")
	south = bot.RoomID("south:data")
)

// london is a time of November 2026 there, when its clocks show GMT.
func london(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
}

func (s stage) says(what string, got string, want ...string) {
	s.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			s.Fatalf("%s lacks %q:\n%s", what, w, got)
		}
	}
}

func (s stage) lacks(what string, got string, not ...string) {
	s.Helper()
	for _, w := range not {
		if strings.Contains(got, w) {
			s.Fatalf("%s has %q:\n%s", what, w, got)
		}
	}
}

// post are the words of the hour's post of one kind in a room.
func (s stage) post(room bot.RoomID, id, what string) string {
	s.Helper()
	return bottest.PostWords(s.Post(room, bot.Key("hour/"+id+"/"+what)).Post)
}

// has tells whether such a post stands.
func (s stage) has(room bot.RoomID, id, what string) bool {
	s.Helper()
	for _, p := range s.Posts(room) {
		if p.Key == bot.Key("hour/"+id+"/"+what) {
			return true
		}
	}
	return false
}

// schedule drafts and posts an hour, and gives its id.
func (s stage) schedule(line string) string {
	s.Helper()
	preview := bottest.Words(s.Command(olga, data, line))
	if !strings.Contains(preview, "Nothing is posted yet") {
		s.Fatalf("no preview: %s", preview)
	}
	s.Press(olga, data, "Post")
	return s.newest(data, "announcement")
}

func (s stage) newest(room bot.RoomID, what string) string {
	s.Helper()
	posts := s.Posts(room)
	for i := len(posts) - 1; i >= 0; i-- {
		if id, ok := strings.CutSuffix(strings.TrimPrefix(string(posts[i].Key), "hour/"), "/"+what); ok {
			return id
		}
	}
	s.Fatalf("no %s stands in %s", what, room)
	return ""
}

const flood = `datahour new "Flood data people really use" "Wed 8pm" questions="What did you last look up?" questions="Which dataset do you wish somebody opened?"`

func TestLifeOfAnHour(t *testing.T) {
	staged(t, func(s stage) {
		preview := bottest.Words(s.Command(olga, data, flood))
		s.says("the preview", preview, "Nothing is posted yet", "Wednesday 25 November 2026, 8:00pm GMT, one hour", "What did you last look up?", "[Post] [Edit] [Cancel]")
		if n := len(s.Posts(data)); n != 0 {
			t.Fatalf("%d posts stand before Post was pressed", n)
		}
		s.Press(olga, data, "Post")
		id := s.newest(data, "announcement")
		s.says("the announcement", s.post(data, id, "announcement"), "**Data hour: Flood data people really use** — Wednesday 25 November 2026, 8:00pm GMT, one hour",
			"Hosted by <!user:north:olga>", "https://hour.example/hour/"+id, "[By my name] [By my role] [Not at all] [Remind me]")
		s.says("the run sheet", s.post(olga.Direct(), id, "sheet"), "Q1 What did you last look up?")

		s.Command(ada, data, "datahour remind "+id)
		for _, at := range []struct {
			when time.Time
			text string
		}{{london(24, 20, 0), "One day until *Flood data"}, {london(25, 19, 0), "One hour until *Flood data"}, {london(25, 19, 50), "Ten minutes until *Flood data"}} {
			s.AdvanceTo(at.when)
			s.says("the reminder", s.post(data, id, "reminder"), at.text)
		}
		if len(s.Direct(ada)) != 1 {
			t.Fatalf("ada asked for one direct message and has %d", len(s.Direct(ada)))
		}

		s.AdvanceTo(london(25, 19, 59))
		if s.has(data, id, "opening") {
			t.Fatal("it opened early")
		}
		s.AdvanceTo(london(25, 20, 0))
		s.says("the opening", s.post(data, id, "opening"), "is open until 9:00pm GMT", "Q1 comes in five minutes", "[By my name]", "[Code of conduct]")
		s.says("the run sheet", s.post(olga.Direct(), id, "sheet"), "One hour left", "introductions", "Next: Q1", "[Ask now]", "[Close]")

		s.AdvanceTo(london(25, 20, 4))
		if s.has(data, id, "q/1") {
			t.Fatal("Q1 came early")
		}
		s.AdvanceTo(london(25, 20, 5))
		s.says("the question", s.post(data, id, "q/1"), "**Q1** What did you last look up?")
		s.Say(ada, data, "River levels, and I found them at https://example.org/levels")
		s.AdvanceTo(london(25, 20, 29))
		if s.has(data, id, "q/2") {
			t.Fatal("Q2 came early")
		}
		s.AdvanceTo(london(25, 20, 30))
		s.says("the second question", s.post(data, id, "q/2"), "**Q2** Which dataset")
		s.says("the run sheet", s.post(olga.Direct(), id, "sheet"), "30 minutes left", "Q2 of 2 is open", "1 person, 1 message")
		s.AdvanceTo(london(25, 20, 55))
		s.says("the warning", s.post(data, id, "warning"), "Five minutes left", "9:00pm GMT")
		s.AdvanceTo(london(25, 21, 0))
		s.says("the wrap-up", s.post(data, id, "wrapup"), "That was *Flood data people really use*: 1 person, 1 message, 2 questions.",
			"Thank you to 1 person who prefers not to be shown.", "https://hour.example/hour/"+id)
		s.says("the after-hour card", s.post(olga.Direct(), id, "card"), "Thank you for hosting", "[Edit the summary] [Book the next one]")
		s.lacks("the announcement", s.post(data, id, "announcement"), "[Remind me]", "[By my name]")
		s.says("the opening", s.post(data, id, "opening"), "was open until 9:00pm GMT")
	})
}

func nothing(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) { return bot.Reply{}, nil }

// Restart makes the bot hear of rooms that were added to a chat.
func (s stage) Restart() {
	s.Helper()
	s.StopBot()
	s.StartBot()
}

// link answers for the south's organisers whether its room is linked.
func (s stage) link(yes bool) {
	s.Helper()
	if err := s.Do(func(ctx context.Context, tx *bot.Tx) error {
		_, err := tx.AnswerLink(ctx, data, south, yes)
		return err
	}); err != nil {
		s.Fatal(err)
	}
}
