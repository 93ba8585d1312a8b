package newsletter_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/newsletter"
)

// held is a feature of which the core knows what happened and what is coming up.
type held struct{}

func (held) Alarms() map[string]bot.AlarmKind { return nil }
func (held) Rows() []bot.Row                  { return nil }
func (held) Digest(_ context.Context, _ bot.Reader, from, to time.Time) ([]bot.DigestItem, error) {
	at := time.Date(2026, 11, 18, 21, 0, 0, 0, time.UTC)
	if at.Before(from) || !at.Before(to) {
		return nil, nil
	}
	return []bot.DigestItem{{Kind: "data hour", ID: "7k2f", Title: "Rivers", At: at, Count: "34 people, 187 messages", Lines: []string{"Q1 Which river?"}, URL: "/hour/7k2f"}}, nil
}
func (held) Agenda(_ context.Context, _ bot.Reader, from, to time.Time) ([]bot.AgendaItem, error) {
	start := time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)
	if start.Before(from) || !start.Before(to) {
		return nil, nil
	}
	return []bot.AgendaItem{{Kind: "data hour", ID: "9x4b", Title: "Ponds", Start: start, URL: "/hour/9x4b"},
		{Kind: "data hour", ID: "secret", Title: "Salaries", Start: start}}, nil
}

// pressed is a stage on which things happened, and both platforms have a room.
func pressed(t *testing.T, test func(s stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := stage{bottest.Start(t, bottest.Config{Features: []bot.Feature{newsletter.New(), choosing{}, held{}}})}
		s.tell(olga, "newsletter rooms #data")
		s.tell(oskar, "newsletter rooms #data")
		test(s)
	})
}

// edition are the words of an edition in a room, with those in its thread.
func (s stage) edition(room bot.RoomID, n int) string {
	s.Helper()
	var all []string
	for _, p := range s.Posts(room) {
		if strings.HasPrefix(string(p.Key), fmt.Sprintf("edition/%d/p", n)) {
			all = append(all, bottest.PostWords(p.Post))
		}
	}
	return strings.Join(all, "\n---\n")
}

func (s stage) accept(u bot.UserID, line string) string {
	s.Helper()
	id := s.share(u, line)
	s.Advance(time.Second)
	s.says("accepting", s.tell(olga, "newsletter accept "+id), "Accepted")
	return id
}

func TestAnEditionComesOut(t *testing.T) {
	pressed(t, func(s stage) {
		s.accept(ada, "credit=name section=Tools https://example.org/lidar We mapped 300 ponds. In two days.")
		s.accept(bob, "Can somebody look at my rivers?")
		s.share(bob, "This one waits")
		s.says("the introduction", s.tell(olga, "newsletter intro Ponds and rivers."), "Saved.", "> Ponds and rivers.")
		preview := s.tell(olga, "newsletter preview")
		s.says("the preview", preview, "edition 1 as it would come out now, with 2 items", "**We mapped 300 ponds** — Ada", "*Coming up*", "Data hour: Ponds, Wednesday 2 December 2026, 8:00pm GMT",
			"**Rivers** — Data hour, Wednesday 18 November 2026, 34 people, 187 messages", "Q1 Which river?", "<!room:north:data> (north)", "#data (south)", "[Decide: 1 waits] [Publish now] [Introduction] [Order]")
		s.lacks("the preview", preview, "Salaries", "This one waits", "Bob")
		s.says("typing it", s.tell(olga, "newsletter publish 1"), "Nothing is published yet.", "[Publish now]")
		if got := s.edition(data, 1); got != "" {
			t.Fatalf("before it is published there stands %s", got)
		}
		s.says("the answer", s.press(olga, "Publish now"), "Published: edition 1 goes to", "<https://hour.example/edition/1>")
		for _, room := range []bot.RoomID{data, south} {
			got := s.edition(room, 1)
			s.says("the post in "+string(room), got, "**Data People, edition 1** — Friday 20 November 2026", "Ponds and rivers.", "**We mapped 300 ponds** — Ada  \nIn two days.  \n<https://example.org/lidar>",
				"**Can somebody look at my rivers?**", "On the web: <https://hour.example/edition/1>", "Thank you to Ada and 2 people who prefer not to be shown.", "For the first time: Ada.")
			s.lacks("the post in "+string(room), got, "Bob", "This one waits", "Olga")
		}
		s.says("what ada was told", s.direct(ada), "You are in edition 1 with *We mapped 300 ponds*: <https://hour.example/edition/1>")
		s.says("what bob was told", s.direct(bob), "You are in edition 1 with *Can somebody look at my rivers?*")
		s.says("a second editor", s.tell(oskar, "newsletter publish 1 sure=yes"), "Edition 1 is out already. The coming one is 2.")
		s.says("an empty one", s.tell(oskar, "newsletter publish 2 sure=yes"), "nothing in it")
	})
}

func TestWhatStandsFollowsItsPeople(t *testing.T) {
	pressed(t, func(s stage) {
		mine := s.accept(ada, "credit=name We mapped 300 ponds")
		s.accept(bob, "credit=name Thanks. Without <!user:north:ada> there were no ponds")
		s.tell(ada, "my shown name")
		s.tell(olga, "newsletter publish 1 sure=yes")
		s.says("as published", s.edition(data, 1), "**We mapped 300 ponds** — Ada", "Without Ada there were no ponds")

		s.says("a change of credit", s.tell(ada, "share credit "+mine+" role"), "Say what you do and where")
		s.tell(ada, `my shown role Analyst "Rivers Trust"`)
		s.says("by role", s.edition(data, 1), "**We mapped 300 ponds** — Analyst, Rivers Trust", "Without Analyst, Rivers Trust there were")
		s.lacks("by role", s.edition(south, 1), "Ada")

		s.says("correcting", s.tell(olga, "newsletter correct "+mine+` title="We mapped 312 ponds"`), "Say what was wrong")
		s.says("correcting", s.tell(olga, "newsletter correct "+mine+` title="We mapped 312 ponds" note="There are 312."`), "Corrected in edition 1")
		s.says("corrected", s.edition(south, 1), "**We mapped 312 ponds** — Analyst, Rivers Trust (corrected)", "*Corrected on Friday 20 November 2026:* There are 312.")
		s.says("what ada was told", s.direct(ada), "It reads now:\n\n> **We mapped 312 ponds**", "corrected in edition 1")
		s.lacks("what ada was told", s.direct(ada), "[Withdraw]")

		s.tell(ada, "my erase")
		s.Advance(time.Minute)
		s.gone(mine)
		s.says("without her", s.edition(data, 1), "**Thanks** — Bob", "Without somebody there were no ponds")
		s.lacks("without her", s.edition(data, 1), "ponds** —", "Rivers Trust", "There are 312", "Corrected on")
		s.says("the organisers' list", s.direct(olga), "https://hour.example/edition/1")
	})
}

func TestAnItemIsTakenOutOfAPublishedEdition(t *testing.T) {
	pressed(t, func(s stage) {
		id := s.accept(ada, "credit=name Puddles")
		s.accept(bob, "Mud")
		s.tell(olga, "newsletter publish 1 sure=yes")
		s.says("the form", s.tell(olga, "newsletter remove "+id), "What was wrong")
		s.says("the answer", s.submit(olga, map[string]string{"note": "Shared by mistake."}), "Taken out of edition 1")
		s.says("what stands", s.edition(data, 1), "**Mud**", "Shared by mistake.")
		s.lacks("what stands", s.edition(data, 1), "Puddles", "Ada")
		s.says("what ada was told", s.direct(ada), "took *Puddles* out of edition 1")
	})
}

func TestEditorsOrderItems(t *testing.T) {
	pressed(t, func(s stage) {
		for _, title := range []string{"First", "Second", "Third", "section=Tools Hammer"} {
			s.accept(ada, title)
		}
		order := func(want string) {
			t.Helper()
			answer := s.tell(olga, "newsletter order")
			at := -1
			for _, title := range strings.Fields(want) {
				next := strings.Index(answer, "- "+title)
				if next <= at {
					t.Fatalf("want the order %s:\n%s", want, answer)
				}
				at = next
			}
		}
		order("First Second Third Hammer")
		s.tell(olga, "newsletter order")
		s.says("one", s.press(olga, "Third"), "Move *Third*:", "[Up] [Down] [Pin]")
		s.press(olga, "Up")
		order("First Third Second Hammer")
		s.tell(olga, "newsletter order")
		s.press(olga, "Second")
		s.says("pinned", s.press(olga, "Pin"), "- Second (pinned)", "[Unpin]")
		order("Second First Third Hammer")
		s.press(olga, "Second")
		s.press(olga, "Down") // nothing is pinned below it
		order("Second First Third Hammer")
		s.tell(olga, "newsletter sections Tools \"What we are doing\"")
		order("Hammer Second First Third")
	})
}

// A big edition is one post and its thread, and no post is longer than platforms take.
func TestABigEditionGoesIntoItsThread(t *testing.T) {
	pressed(t, func(s stage) {
		long := strings.Repeat("*words* ", 150)
		for n := range 15 {
			s.accept(bot.UserID(fmt.Sprintf("north:p%d", n)), fmt.Sprintf("title=\"Item number %d\" credit=name %s", n, long))
		}
		s.tell(olga, "newsletter publish 1 sure=yes")
		first := s.Post(data, "edition/1/post")
		s.says("the first post", first.Text, "- Item number 0 (P0)", "- Item number 14 (P14)", "All of it is in the thread.")
		s.lacks("the first post", first.Text, "words")
		var below []bottest.Posted
		for _, p := range s.Posts(data) {
			if strings.HasPrefix(string(p.Key), "edition/1/part/") {
				below = append(below, p)
				if n := len([]rune(p.Text)); n > 3500 {
					t.Errorf("%s has %d characters", p.Key, n)
				}
			}
		}
		if len(below) < 8 {
			t.Errorf("it is split into %d posts", len(below))
		}
		before := len(below)
		s.tell("north:p3", "my erase")
		s.tell("north:p4", "my erase")
		s.tell("north:p5", "my erase")
		s.Advance(time.Minute)
		s.lacks("without three", s.edition(data, 1), "Item number 3", "P4", "number 5")
		s.says("without three", s.edition(data, 1), "Item number 14")
		after := 0
		for _, p := range s.Posts(data) {
			if strings.HasPrefix(string(p.Key), "edition/1/part/") {
				after++
			}
		}
		if after >= before {
			t.Errorf("%d posts in the thread, with three items fewer than when there were %d", after, before)
		}
	})
}
