package newsletter_test

import (
	"strings"
	"testing"
	"time"

	"datahour/bot/newsletter"
)

func TestShareInOneLine(t *testing.T) {
	staged(t, func(s stage) {
		answer := s.tell(ada, "share https://example.org/lidar We mapped 300 ponds. From LiDAR tiles, in two days.")
		s.says("the answer", answer, "Saved for edition 1", "under *What we are doing*", "without your name", "**We mapped 300 ponds**", "From LiDAR tiles, in two days.",
			"<https://example.org/lidar>", "[Edit] [Withdraw]", "[By my name]")

		// How she is credited is for her to say, each time.
		s.says("the credit", s.press(ada, "By my name"), "as Ada")
		s.says("mine", s.tell(ada, "share mine"), "it waits for an editor", "as Ada")
		s.says("/my", s.tell(ada, "my"), "You shared *We mapped 300 ponds* for the newsletter")
	})
}

func TestShareAsAForm(t *testing.T) {
	staged(t, func(s stage) {
		s.tell(ada, `my shown role "Data analyst" organisation="Rivers Trust"`)
		s.says("the form", s.tell(ada, "share"), "Share something", "Section: What we are doing", "Credit me: role")
		s.says("the refusal", s.submit(ada, map[string]string{"title": "Ponds", "link": "javascript:alert(1)"}), "link: That is no web address")
		s.says("the answer", s.submit(ada, map[string]string{"title": "Ponds", "words": "Two\nlines", "link": "example.org/ponds", "section": "Tools", "licence": "photo CC BY"}),
			"under *Tools*", "as Data analyst, Rivers Trust", "Two  \n> lines", "<https://example.org/ponds>", "Licence: photo CC BY")

		s.says("the form of an edit", s.press(ada, "Edit"), "Title: Ponds", "What it is about: Two\nlines", "Section: Tools")
		s.says("the change", s.submit(ada, map[string]string{"title": "Ponds and puddles", "credit": "name"}), "Saved", "**Ponds and puddles**", "as Ada")
		s.says("the withdrawal", s.press(ada, "Withdraw"), "Withdrawn", "*Ponds and puddles*")
		s.says("mine", s.tell(ada, "share mine"), "You have shared nothing yet")
	})
}

// What somebody typed in one line is what the form would have had.
func TestOneLineIsRead(t *testing.T) {
	long := strings.Repeat("very ", 30) + "long"
	for typed, want := range map[string]newsletter.Wording{
		"Ponds":                         {Title: "Ponds"},
		"https://a.example/x Ponds":     {Title: "Ponds", Link: "https://a.example/x"},
		"Ponds: <https://a.example/x>":  {Title: "Ponds", Link: "https://a.example/x"},
		"What is a pond? Nobody knows":  {Title: "What is a pond?", Words: "Nobody knows"},
		"https://a.example/x " + long:   {Title: strings.TrimSpace(long[:89]) + "…", Words: long, Link: "https://a.example/x"},
		"link=a.example Ponds. And mud": {Title: "Ponds", Words: "And mud", Link: "https://a.example"},
		"Ask <!user:north:bob> first. Then <!user:north:bob> answers": {Title: "Ask somebody first", Words: "Then <!user:north:bob> answers"},
	} {
		t.Run(typed, func(t *testing.T) {
			staged(t, func(s stage) {
				if got := s.item(s.share(ada, typed)).Wording; got != want {
					t.Errorf("got  %+v\nwant %+v", got, want)
				}
			})
		})
	}
}

func TestOnlyItsMemberChangesAnItem(t *testing.T) {
	staged(t, func(s stage) {
		id := s.share(ada, "Ponds")
		for _, line := range []string{"share edit " + id, "share withdraw " + id, "share show " + id, "share credit " + id + " name"} {
			s.says(line, s.tell(bob, line), "Somebody else shared that")
		}
		s.says("an editor's command", s.tell(bob, "newsletter accept "+id), "Only organisers can do that")
	})
}

func TestManyItemsOfOnePersonAreTooMany(t *testing.T) {
	staged(t, func(s stage) {
		for range 20 {
			s.share(ada, "Ponds")
		}
		s.says("one more", s.tell(ada, "share Ponds"), "as many as I take from one person")
	})
}

func TestHostileWordsStayWords(t *testing.T) {
	staged(t, func(s stage) {
		answer := s.tell(ada, "share <b>Ponds</b> @channel [x](javascript:alert(1))\u202e. **bold** <script>alert(1)</script> \u200b`code`")
		s.lacks("the answer", answer, "<b>", "@channel", "<script>", "\u202e", "[x](")
		s.says("the answer", answer, `\<b\>Ponds`, `\*\*bold`)
		s.says("too long", s.tell(ada, "share "+strings.Repeat("a", 1501)), "up to 1500 characters")
	})
}

// A general choice made after the sharing shows less at once, and never more.
func TestCreditFollowsALaterChoice(t *testing.T) {
	staged(t, func(s stage) {
		s.share(ada, "credit=name Ponds")
		s.says("as shared", s.tell(ada, "share mine"), "as Ada")
		s.tell(ada, `my shown role "Data analyst"`)
		s.says("as chosen", s.tell(ada, "share mine"), "as Data analyst")
		s.tell(ada, "my shown no")
		s.says("as chosen again", s.tell(ada, "share mine"), "without your name")
		id := s.share(ada, "credit=anonymous Mud")
		s.tell(ada, "my shown name")
		s.says("what was without a name", s.tell(ada, "share show "+id), "without your name")
	})
}

func TestEraseTakesItemsAndMentions(t *testing.T) {
	staged(t, func(s stage) {
		mine := s.share(ada, "Ponds")
		other := s.share(bob, "Mud. Thanks to <!user:north:ada> for it")
		s.tell(olga, "newsletter decline "+mine+" We had it.")
		s.says("what she was told", s.direct(ada), "We had it.")
		s.says("the copy", s.tell(ada, "my copy"), "What you shared for the newsletter: Ponds")
		s.says("the editor's copy", s.tell(olga, "my copy"), "What you decided as an editor: declined We had it.")
		s.tell(ada, "my erase")
		s.Advance(time.Minute)
		s.gone(mine)
		if words := s.item(other).Words; words != "Thanks to somebody for it" {
			t.Errorf("bob's words are %q", words)
		}
		s.lacks("her direct messages", s.direct(ada), "We had it.")
	})
}

// The card of a data hour that was held opens the form with what came of it.
func TestADataHourIsShared(t *testing.T) {
	pressed(t, func(s stage) {
		s.says("the form", s.tell(ada, "share hour 7k2f"), "Title: Rivers", "Link: https://hour.example/hour/7k2f")
		s.says("the answer", s.submit(ada, map[string]string{"words": "We match by hand."}), "Saved", "**Rivers**")
		s.says("the form of one that is not public", s.tell(ada, "share hour zzzz"), "Title: \n")
	})
}
