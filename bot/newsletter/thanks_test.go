package newsletter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/newsletter"
)

// contributors is the public page in short: "Name: what, what".
func (s stage) contributors() []string {
	s.Helper()
	all, err := newsletter.PublicContributors(s.Context(), s.Bot.View())
	if err != nil {
		s.Fatal(err)
	}
	var lines []string
	for _, c := range all {
		var did []string
		for _, d := range c.Did {
			did = append(did, d.What)
		}
		lines = append(lines, c.Name+": "+strings.Join(did, ", "))
	}
	return lines
}

func (s stage) wantContributors(want ...string) {
	s.Helper()
	if got := s.contributors(); !slices.Equal(got, want) {
		s.Fatalf("contributors are %q, want %q", got, want)
	}
}

func TestThanks(t *testing.T) {
	pressed(t, func(s stage) {
		s.says("nobody", s.tell(ada, "thanks everybody for it"), "Mention whom you thank")
		s.says("myself", s.tell(ada, "thanks <!user:north:ada> for it"), "That is you")
		s.says("the preview", s.tell(ada, "thanks <!user:north:tim> for opening the **LiDAR** tiles."), "This would stand here", `<!user:north:ada> thanks <!user:north:tim> for opening the \*\*LiDAR\*\* tiles.`, "[Say it here] [Only for the record]")
		if n := len(s.Posts(data)); n != 0 {
			t.Fatalf("%d posts stand before it was pressed", n)
		}
		s.says("the answer", s.press(ada, "Say it here"), "Recorded")
		posts := s.Posts(data)
		if len(posts) != 1 {
			t.Fatalf("%d posts stand", len(posts))
		}
		s.says("the post", posts[0].Text, `thanks <!user:north:tim> for opening`)
		s.wantContributors()
		s.says("somebody else's press", s.press("north:mary", "By my name"), "for whoever was thanked to say")
		s.says("their own", s.press("north:tim", "By my name"), "shown as Tim.")
		s.wantContributors("Tim: Thanked for opening the **LiDAR** tiles")
		s.says("the copy of who thanked", s.tell(ada, "my copy"), "Whom you thanked: opening the **LiDAR** tiles")

		s.tell(ada, "my erase")
		s.Advance(time.Minute)
		if n := len(s.Posts(data)); n != 0 {
			t.Errorf("%d posts stand that name somebody who was erased", n)
		}
		s.wantContributors()
	})
}

func TestContributionsFollowTheirPeople(t *testing.T) {
	pressed(t, func(s stage) {
		if err := s.Do(func(_ context.Context, tx *bot.Tx) error {
			tx.Credit(bot.Contribution{Who: ada, What: bot.Hosting, About: "hour/7k2f", Title: "Rivers", Path: "/hour/7k2f"})
			tx.Credit(bot.Contribution{Who: bob, What: bot.Answering, About: "hour/7k2f", Title: "Rivers", Path: "/hour/7k2f"})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s.tell(ada, "share credit=name Ponds") // so that she is known
		s.tell(bob, "share Mud")
		s.wantContributors()
		s.says("hers", s.tell(ada, "my contributions"), "Hosted Rivers, Friday 20 November 2026: shown without your name", "(Hosted Rivers)", "no ranking")
		s.press(ada, "Hosted Rivers")
		s.says("by name", s.press(ada, "By my name"), "Saved: Hosted Rivers, shown as Ada.")
		s.wantContributors("Ada: Hosted Rivers")
		s.says("another's", s.tell(bob, "my contributions hosting:hour/7k2f name"), "You are not credited for that")

		s.accept(ada, "credit=anonymous Mud")
		s.tell(olga, "newsletter publish 1 sure=yes")
		s.says("the thanks", s.edition(data, 1), "Thank you to Ada and 2 people who prefer not to be shown")
		s.says("taking it back", s.tell(ada, "my contributions hosting:hour/7k2f anonymous"), "shown without your name")
		s.Advance(time.Second)
		s.says("the thanks", s.edition(data, 1), "Thank you to 3 people who prefer not to be shown")
		s.tell(ada, `my contributions hosting:hour/7k2f name`)
		s.tell(bob, "my shown name")
		s.Advance(time.Second)
		s.says("the thanks", s.edition(south, 1), "Thank you to Ada, Bob and 1 person")
		s.wantContributors("Ada: Hosted Rivers", "Bob: Answered in Rivers")

		s.tell(ada, "my erase")
		s.Advance(time.Minute)
		s.wantContributors("Bob: Answered in Rivers")
		s.says("the thanks", s.edition(south, 1), "Thank you to Bob and 1 person")
	})
}

// What somebody did under another label is not told to be the same person's.
func TestLabelsStandApart(t *testing.T) {
	pressed(t, func(s stage) {
		s.tell(ada, `my shown role Analyst "Rivers Trust"`)
		for n, as := range []bot.Shown{bot.ByName, bot.ByRole} {
			if err := s.Do(func(_ context.Context, tx *bot.Tx) error {
				tx.Credit(bot.Contribution{Who: ada, What: bot.Hosting, About: fmt.Sprintf("hour/%d", n), Title: string("AB"[n]), Credit: bot.Credit{As: as, Chose: bot.ByRole}})
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		s.wantContributors("Ada: Hosted A", "Analyst, Rivers Trust: Hosted B")
	})
}
