package hours

import (
	"context"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// line is the name of the line of a message.
func (s *scene) line(id bot.MessageID) string { return s.said(id).Line }

// audited are the lines of the audit log, as "who what about".
func (s *scene) audited() []string {
	s.Helper()
	all, err := bot.Find[bot.Audit](context.Background(), s.Bot.View(), "audit")
	if err != nil {
		s.Fatal(err)
	}
	var out []string
	for _, a := range all {
		out = append(out, string(a.Who)+" "+a.What+" "+a.About)
	}
	return out
}

func TestHide(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		s.choose("south:sue", bot.ByName)
		id := s.Say("north:ada", northData, "SECRETWORDS")
		s.Reply("south:sue", southData, s.copy(southData, "SECRETWORDS").ID, "a reply")

		if got := bottest.Words(s.Command("north:ben", northData, "datahour hide "+s.line(id))); !strings.Contains(got, "Only its hosts and organisers") {
			t.Errorf("ben hides: %s", got)
		}
		s.copy(southData, "SECRETWORDS")

		// An organiser of the other side hides for their own rooms alone.
		s.Mention("south:oskar", southData, s.copy(southData, "SECRETWORDS").ID, "hide")
		s.want("in the south", s.copies(southData))
		s.want("in the south's other room", s.copies(southChat), "**Sue** (\\#data): a reply")
		s.want("the page", s.lines(), "Ada: SECRETWORDS", "Sue: a reply")
		s.Advance(time.Second)
		s.Command("south:oskar", southData, "datahour unhide "+s.line(id))
		s.Advance(time.Second)
		s.copy(southData, "SECRETWORDS")

		// A host hides everywhere.
		if got := bottest.Words(s.Mention("north:hal", northData, id, "datahour hide")); !strings.Contains(got, "off the page") {
			t.Errorf("hal is answered %s", got)
		}
		if strings.Contains(s.everything(), "SECRETWORDS") {
			t.Error("the page still has it")
		}
		s.want("in the south", s.copies(southData))
		s.want("the page", s.lines(), "Sue: a reply")
		if s.page().Lines[0].Under != "" {
			t.Error("the reply points at a hidden line")
		}
		if got := s.counted(); got != "1 people, 1 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
		s.Edit("north:ada", northData, id, "SECRETWORDS again")
		s.want("in the south", s.copies(southData))

		s.Advance(time.Second)
		s.Press("north:hal", northData, "Undo")
		s.want("the page", s.lines(), "Ada: SECRETWORDS again", "Sue: a reply")
		s.copy(southData, "SECRETWORDS again")
		line := s.line(id)
		s.want("the audit log", s.audited(), "south:oskar hide "+line, "south:oskar datahour unhide "+line, "north:hal datahour hide "+line, "north:hal datahour unhide "+line)
	})
}

func TestHideByChoosing(t *testing.T) {
	onScene(t, func(s *scene) {
		s.Say("north:ada", northData, "one")
		id := s.Say("north:ada", northData, "two words")
		reply := s.Command("north:hal", northData, "datahour hide")
		if reply.Post == nil || reply.Post.Select == nil || len(reply.Post.Select.Options) != 2 || reply.Post.Select.Options[0].Label != "Ada: two words" {
			t.Fatalf("offered %+v", reply.Post)
		}
		s.Press("north:hal", northData, "Ada: two words")
		if !s.said(id).Hidden {
			t.Error("it is not hidden")
		}
		if got := bottest.Words(s.Command("north:hal", northData, "datahour hide nosuch")); !strings.Contains(got, "I know no message `nosuch`") {
			t.Errorf("answered %s", got)
		}
	})
}

func TestMute(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		s.choose("south:sue", bot.ByName)
		s.Say("north:ada", northData, "one")
		s.Say("south:sue", southData, "hello")
		if got := bottest.Words(s.Command("north:ben", northData, "datahour mute <!user:north:ada>")); !strings.Contains(got, "Only its hosts and organisers") {
			t.Errorf("ben mutes: %s", got)
		}
		s.Command("north:olga", northData, "datahour mute <!user:north:ada>")
		s.Say("north:ada", northData, "two")
		s.want("the page", s.lines(), "Sue: hello")
		s.want("in the south", s.copies(southData))
		if got := s.counted(); got != "1 people, 1 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
		if got := s.wrapUp(); !strings.Contains(got, "1 person, 1 message.") || !strings.Contains(got, "Thank you to Sue.") {
			t.Errorf("the wrap-up would be %q", got)
		}
		s.Advance(time.Second)
		s.Command("north:olga", northData, "datahour unmute Ada")
		s.want("the page", s.lines(), "Ada: one", "Sue: hello", "Ada: two")
		if got := s.counted(); got != "2 people, 3 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
		s.Say("north:ada", northData, "three")
		if got := strings.Join(s.copies(southData), "|"); !strings.Contains(got, "one") || !strings.Contains(got, "three") {
			t.Errorf("in the south: %s", got)
		}

		// The other side mutes for its own rooms alone, and not the north's other ones.
		s.Command("south:oskar", southData, "datahour mute north:ada")
		s.want("in the south", s.copies(southData))
		s.want("the page", s.lines(), "Ada: one", "Sue: hello", "Ada: two", "Ada: three")
		if got := s.audited(); len(got) != 3 || got[0] != "north:olga datahour mute 7k2f north:ada" {
			t.Errorf("audited %q", got)
		}
	})
}

func TestReport(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:hal", bot.ByName)
		id := s.Say("north:olga", northData, "UNKIND *words*")
		s.Mention("south:sue", southData, s.copy(southData, "UNKIND").ID, "datahour report That is unkind")
		for u, want := range map[bot.UserID]int{"north:hal": 1, "south:oskar": 1, "north:olga": 0, "south:sue": 0, "north:ada": 0} {
			var got []bottest.Posted
			for _, p := range s.Direct(u) {
				if strings.HasPrefix(string(p.Key), "report/") {
					got = append(got, p)
				}
			}
			if len(got) != want {
				t.Errorf("%s got %d reports, want %d", u, len(got), want)
			}
			if want == 1 && !strings.Contains(got[0].Text, "UNKIND \\*words\\*") || want == 1 && !strings.Contains(got[0].Text, "That is unkind") {
				t.Errorf("%s reads %q", u, got[0].Text)
			}
		}
		if got := bottest.Words(s.Command("north:hal", northData, "datahour waiting")); !strings.Contains(got, "That is unkind") {
			t.Errorf("waiting: %s", got)
		}
		s.Press("north:hal", bot.UserID("north:hal").Direct(), "Hide it")
		if !s.said(id).Hidden {
			t.Error("the button does not hide")
		}
		if got := bottest.Words(s.Command("north:hal", northData, "datahour waiting")); !strings.Contains(got, "Nothing waits") {
			t.Errorf("waiting: %s", got)
		}

		// In words, through the form.
		if got := bottest.Words(s.Command("north:ada", northData, "datahour report")); !strings.Contains(got, "What is not right?") {
			t.Fatalf("the form is %s", got)
		}
		s.Submit("north:ada", northData, map[string]string{"words": "Too loud"})
		for range mostReports - 1 {
			s.Command("north:ada", northData, "datahour report Again")
		}
		if got := bottest.Words(s.Command("north:ada", northData, "datahour report Again")); !strings.Contains(got, "reports waiting") {
			t.Errorf("a sixth report is answered %s", got)
		}
		s.close()
		if got := bottest.Words(s.Command("south:sue", southData, "datahour report After the close")); !strings.Contains(got, "Thank you") {
			t.Errorf("after the close: %s", got)
		}
		for _, line := range s.audited() {
			if strings.Contains(line, "report") {
				t.Errorf("the audit log tells who reported: %s", line)
			}
		}
	})
}

func TestVisitors(t *testing.T) {
	onScene(t, func(s *scene) {
		s.ask()
		s.Command("north:hal", northData, "datahour sheet")
		visit := func(from bot.UserID, name, words string) string {
			return bottest.Words(s.Command(from, "web:page", `datahour visit 7k2f "`+name+`" words="`+words+`"`))
		}
		if got := visit("web:v1", "Vic", "Who <!user:north:ada> pays?"); !strings.Contains(got, "Thank you, saved") {
			t.Fatalf("answered %s", got)
		}
		s.Advance(time.Second)
		visit("web:v2", "Spam", "SPAMWORDS")
		s.want("before a host looked", s.lines())
		s.Advance(time.Minute)
		sheet := bottest.PostWords(s.Post(bot.UserID("north:hal").Direct(), "hour/7k2f/sheet").Post)
		if !strings.Contains(sheet, "2 visitors' messages") || !strings.Contains(sheet, "[Look]") {
			t.Errorf("the run sheet says %s", sheet)
		}
		s.Command("north:hal", northData, "datahour waiting")
		if got := bottest.Words(s.Command("north:ben", northData, "datahour waiting")); !strings.Contains(got, "Only its hosts") {
			t.Errorf("ben looks: %s", got)
		}
		s.Press("north:hal", northData, "Show 1")
		s.Press("north:hal", northData, "Refuse 1") // the other one has moved up
		s.want("the page", s.lines(), "Vic: Who < !user:north:ada> pays?")
		s.want("north", s.copies(northData), "**Vic** (web): Who \\< !user:north:ada\\> pays?")
		s.copy(southData, "Vic")
		if got := s.counted(); got != "1 people, 1 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
		if p := s.page().Lines[0]; p.Home != "visitor" || p.Question != 1 {
			t.Errorf("the line is %+v", p)
		}
		for range mostVisits {
			visit("web:v1", "Vic", "More")
		}
		if got := visit("web:v1", "Vic", "More"); !strings.Contains(got, "try again in a few minutes") {
			t.Errorf("a fourth message is answered %s", got)
		}
		if got := bottest.Words(s.Command("north:ada", northData, `datahour visit 7k2f Ada words="Hello"`)); !strings.Contains(got, "say it in the room") {
			t.Errorf("a member visits: %s", got)
		}
		s.close()
		if got := visit("web:v3", "Val", "Late"); !strings.Contains(got, "is not open now") {
			t.Errorf("after the close: %s", got)
		}
	})
}
