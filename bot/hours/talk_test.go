package hours

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestHeard(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		s.choose("south:sue", bot.ByName)
		hello := s.Say("north:ada", northData, "Hello")
		s.ask()
		s.Say("south:sue", southData, "Rivers")
		s.ask()
		s.Say("north:ada", northData, "a1: LiDAR, too")
		s.Say("south:sue", southData, "A2 The public")
		s.Say("south:sue", southData, "A3 is a size of paper")
		answer := s.Reply("south:sue", southData, s.Post(southData, questionKey(s.id, 1)).ID, "In the thread of Q1")
		reply := s.Reply("north:ada", northData, hello, "Hello again")
		var got []string
		for _, l := range s.page().Lines {
			got = append(got, fmt.Sprintf("Q%d %s (%v)", l.Question, l.Text, l.Under != ""))
		}
		s.want("the page", got, "Q0 Hello (false)", "Q1 Rivers (false)", "Q1 a1: LiDAR, too (false)", "Q2 A2 The public (false)",
			"Q2 A3 is a size of paper (false)", "Q1 In the thread of Q1 (false)", "Q0 Hello again (true)")
		if m := s.said(answer); m.Asked != 1 {
			t.Errorf("the answer in the thread of Q1 is in that of %d", m.Asked)
		}
		if m := s.said(reply); m.Under != hello {
			t.Errorf("the reply is under %q", m.Under)
		}

		s.Edit("south:sue", southData, answer, "A2 after all")
		s.Delete("north:ada", northData, hello)
		p := s.page()
		if got := s.lines(); slices.Contains(got, "Ada: Hello") || !slices.Contains(got, "Sue: A2 after all") {
			t.Errorf("after an edit and a deletion the page has %q", got)
		}
		for _, l := range p.Lines {
			if l.Text == "Hello again" && l.Under != "" {
				t.Error("the reply points at a line that is gone")
			}
			if l.Text == "A2 after all" && (l.Question != 2 || !l.Edited) {
				t.Errorf("the edited line is %+v", l)
			}
		}
		if got := s.counted(); got != "2 people, 6 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
	})
}

// TestHeardTwice hands in events twice, and before those that they are about.
func TestHeardTwice(t *testing.T) {
	say := func(text, rev string) bot.Inbound { return bot.Inbound{Kind: bot.Message, Text: text, Rev: rev} }
	edit := func(text, rev string) bot.Inbound { return bot.Inbound{Kind: bot.Edited, Text: text, Rev: rev} }
	remove := bot.Inbound{Kind: bot.Deleted}
	react := bot.Inbound{Kind: bot.Reacted, Reaction: "tada"}
	for _, c := range []struct {
		name  string
		heard []bot.Inbound
		want  string // "" for nothing on the page
		count int    // messages
	}{
		{"said twice", []bot.Inbound{say("one", ""), say("one", "")}, "one false 0", 1},
		{"an edit twice", []bot.Inbound{say("one", ""), edit("two", "2"), edit("two", "2")}, "two true 0", 1},
		{"edits in the wrong order", []bot.Inbound{say("one", ""), edit("three", "3"), edit("two", "2")}, "three true 0", 1},
		{"an edit before its message", []bot.Inbound{edit("two", "2"), say("one", "")}, "two true 0", 1},
		{"an edit alone", []bot.Inbound{edit("two", "2")}, "", 0},
		{"an edit without a revision before its message", []bot.Inbound{edit("two", ""), say("one", "")}, "two true 0", 1},
		{"a deletion before its message", []bot.Inbound{remove, say("one", "")}, "", 0},
		{"a deletion, an edit, the message", []bot.Inbound{remove, edit("two", "2"), say("one", "")}, "", 0},
		{"an edit after the deletion", []bot.Inbound{say("one", ""), remove, edit("two", "2"), remove}, "", 0},
		{"the history knows newer words", []bot.Inbound{say("one", ""), say("two", "2")}, "two true 0", 1},
		{"the history knows older words", []bot.Inbound{say("one", ""), edit("three", "3"), say("two", "2")}, "three true 0", 1},
		{"an edit that changes nothing", []bot.Inbound{say("one", ""), edit("one", "2")}, "one false 0", 1},
		{"a reaction twice", []bot.Inbound{say("one", ""), react, react}, "one false 1", 1},
		{"a reaction before its message", []bot.Inbound{react, say("one", "")}, "one false 1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			onScene(t, func(s *scene) {
				s.choose("north:ada", bot.ByName)
				for i, in := range c.heard {
					in.ID, in.Room, in.From, in.Message, in.At = fmt.Sprint(i), northData, "north:ada", "north:x1", s.Now()
					if _, err := s.Chat("north").Hand(context.Background(), in); err != nil {
						t.Fatal(err)
					}
				}
				s.Advance(time.Minute)
				got := ""
				for _, l := range s.page().Lines {
					got += fmt.Sprintf("%s %v %d", l.Text, l.Edited, l.Agrees)
				}
				if got != c.want || s.page().Messages != c.count {
					t.Errorf("the page has %q and counts %d, want %q and %d", got, s.page().Messages, c.want, c.count)
				}
				if n := len(s.copies(southData)); n != c.count {
					t.Errorf("%d posts carry it: %q", n, s.copies(southData))
				}
			})
		})
	}
}

func TestOnlyWhatIsSaidInTheHour(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		hand := func(id bot.MessageID, at time.Time, text string) {
			in := bot.Inbound{Kind: bot.Message, ID: string(id), Message: id, Room: northData, From: "north:ada", At: at, Text: text}
			if _, err := s.Chat("north").Hand(context.Background(), in); err != nil {
				t.Fatal(err)
			}
		}
		opened := s.Now()
		hand("north:x1", opened.Add(-time.Minute), "before")
		hand("north:x2", opened.Add(-time.Second), "clocks differ")
		s.Say("north:ada", "north:other", "elsewhere")
		during := s.Say("north:ada", northData, "during")
		s.Advance(10 * time.Minute)
		s.close()
		s.Advance(time.Minute)
		s.Say("north:ada", northData, "afterwards")
		hand("north:x3", opened.Add(9*time.Minute), "heard late")
		s.want("the page", s.lines(), "Ada: clocks differ", "Ada: during", "Ada: heard late")
		s.Edit("north:ada", northData, during, "edited after the close")
		s.want("the page", s.lines(), "Ada: clocks differ", "Ada: edited after the close", "Ada: heard late")
		s.copy(southData, "edited after the close")
		s.Delete("north:ada", northData, during)
		s.want("the page", s.lines(), "Ada: clocks differ", "Ada: heard late")
		if got := bottest.PostWords(s.Post(northData, "hour/7k2f/wrapup").Post); !strings.Contains(got, "2 messages") {
			t.Errorf("the wrap-up does not follow: %s", got)
		}
		// Much later, when the rooms do not follow the log any more.
		late := s.said("north:x3")
		s.Advance(30 * 24 * time.Hour)
		s.copy(southData, "heard late")
		s.Delete("north:ada", northData, late.ID)
		s.want("the other room", s.copies(southData), "**Ada** (north): clocks differ")
	})
}

func TestConsentIsAskedOnce(t *testing.T) {
	onScene(t, func(s *scene) {
		s.Say("north:ada", northData, "ADAWORDS one")
		s.Say("north:ada", northData, "ADAWORDS two")
		s.Say("south:sue", southChat, "SUEWORDS")
		asked := s.Whispers("north:ada")
		if len(asked) != 1 || asked[0].Room != northData {
			t.Fatalf("ada was asked %d times: %v", len(asked), asked)
		}
		want := "This hour is public at <https://hour.example/hour/7k2f>. May we show what you write? Until you choose, we do not.\n[By my name] [By my role] [Not at all]"
		if got := bottest.PostWords(asked[0].Post); got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
		if all := s.everything(); strings.Contains(all, "WORDS") || strings.Contains(all, "Ada") || strings.Contains(all, "ada") {
			t.Errorf("who has not chosen is shown: %s", all)
		}
		if got := s.counted(); got != "2 people, 3 messages, gaps [{0 2}]" {
			t.Errorf("counted %s", got)
		}
		s.Press("north:ada", northData, "By my name") // a late yes fills in what was said
		s.want("the page", s.lines(), "Ada: ADAWORDS one", "Ada: ADAWORDS two")
		s.Say("north:ada", northData, "three")
		if n := len(s.Whispers("north:ada")); n != 1 {
			t.Errorf("ada was asked %d times", n)
		}
		s.choose("north:ada", bot.NotAtAll)
		s.want("the page", s.lines())
		s.choose("north:ben", bot.NotAtAll)
		s.Say("north:ben", northData, "No")
		if n := len(s.Whispers("north:ben")); n != 0 {
			t.Errorf("ben, who chose, was asked %d times", n)
		}
	})
	onScene(t, func(s *scene) {
		s.Say("north:ada", northData, "Hello")
		if n := len(s.Whispers("north:ada")); n != 0 {
			t.Errorf("an hour without a page asks %d times", n)
		}
	}, func(h *Hour) { h.Public = false })
}

func TestErase(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		s.choose("south:sue", bot.ByName)
		s.Say("north:ada", northData, "ADAWORDS")
		id := s.Say("south:sue", southData, "Hello <!user:north:ada>")
		s.React("north:ada", northData, s.copy(northData, "Hello").ID, "tada")
		s.want("the page", s.lines(), "Ada: ADAWORDS", "Sue: Hello Ada")
		s.Command("north:ada", northData, "my erasure")
		s.Advance(time.Minute)
		s.want("the page", s.lines(), "Sue: Hello somebody")
		s.want("the other room", s.copies(southData))
		for _, index := range []string{"words:north:ada", "reacted:north:ada", "spoke:north:ada"} {
			if recs, err := s.Store.List(context.Background(), index, "", 10); err != nil || len(recs) > 0 {
				t.Errorf("%s still has %v %v", index, recs, err)
			}
		}
		if m := s.said(id); len(m.Reacted) > 0 {
			t.Errorf("the reaction is still there: %v", m.Reacted)
		}
		if got := s.counted(); got != "1 people, 1 messages, gaps []" {
			t.Errorf("counted %s", got)
		}
	})
}

func TestAnswered(t *testing.T) {
	h := &Hour{Questions: []Question{{Number: 1}, {Number: 2}, {Number: 12}}}
	for words, want := range map[string]int{"A1 yes": 1, "a2: no": 2, "A12, well": 12, "*A1* bold": 1, "A2": 2, "A2–no": 2, " A1": 1,
		"A3 is paper": 0, "A1b": 0, "A1é": 0, "A": 0, "": 0, "About A1": 0, "A 1": 0, "A123 road": 0, "A02x": 0} {
		if got := answered(h, words); got != want {
			t.Errorf("%q answers question %d, want %d", words, got, want)
		}
	}
}

// BenchmarkHeard measures hearing one message in an hour of two rooms, with its
// copy in the other room, and beside it a bare commit of as many records.
func BenchmarkHeard(b *testing.B) {
	b.Run("heard", func(b *testing.B) {
		store := bottest.NewStore()
		chat := bottest.NewChat("north")
		core, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{chat}, Features: []bot.Feature{New()}, PublicURL: "https://hour.example"})
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- core.Run(ctx) }()
		defer func() { stop(); <-ended }()
		s := &shelf{TB: b, Reader: core.View(), store: store}
		h := testHour()
		h.Opened, h.Rooms = time.Now().Add(-time.Minute), []bot.RoomID{"north:data"}
		s.put(h, &live{Room: "north:data", Hour: h.ID}, &bot.Person{User: "north:ada", Name: "Ada", Shown: bot.ByName})
		for core.Ready() != nil {
			runtime.Gosched()
		}
		i := 0
		for b.Loop() {
			i++
			in := bot.Inbound{Kind: bot.Message, Message: bot.MessageID(fmt.Sprintf("north:m%d", i)), Room: "north:data", From: "north:ada", At: time.Now(), Text: "We match them by hand, every quarter."}
			if _, err := core.Receive(ctx, in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		s := newShelf(b)
		i := 0
		for b.Loop() {
			i++
			m := &Said{Hour: "7k2f", ID: bot.MessageID(fmt.Sprint(i)), Text: "We match them by hand, every quarter."}
			s.put(m, &part{Hour: "7k2f", Who: "north:ada"}, &tally{Hour: "7k2f"}, entry{What: wasSaid, Message: m.ID})
		}
	})
}
