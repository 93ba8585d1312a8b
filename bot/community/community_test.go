package community_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/community"
)

const (
	olga  = "north:olga"
	oskar = "south:oskar"
	tim   = "north:tim"
)

func run(t *testing.T, test func(h *bottest.Harness)) {
	synctest.Test(t, func(t *testing.T) {
		test(bottest.Start(t, bottest.Config{Features: []bot.Feature{community.New()}}))
	})
}

func text(r bot.Reply) string {
	if r.Post == nil {
		return ""
	}
	return r.Post.Title + "\n" + r.Post.Text
}

func wants(t *testing.T, r bot.Reply, words string) {
	t.Helper()
	if !strings.Contains(text(r), words) {
		t.Errorf("answer = %q, want words %q", text(r), words)
	}
}

func TestSetupIsForOrganisersAndIsKept(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		wants(t, h.Command(tim, "north:data", "community setup Ponds"), "Only organisers can do that")
		wants(t, h.Command(olga, "north:data", `community setup "Pond people" hashtag="not one"`), "one word")
		wants(t, h.Command(olga, "north:data", `community setup "Pond people" zone=BST`), "Europe/London")
		wants(t, h.Command(olga, "north:data", `community setup "Pond people" hashtag=#PondData zone=Europe/Dublin`), "#PondData")
		c, err := h.Bot.Community(t.Context())
		if err != nil || c.Name != "Pond people" || c.Hashtag != "PondData" || c.Zone != "Europe/Dublin" || !c.SetUp {
			t.Errorf("kept %+v, %v", c, err)
		}
		// Changing one thing later leaves the others as they are.
		wants(t, h.Command(olga, "north:data", "community setup announce=data tell=data"), "I announce in <!room:north:data>, and tell organisers things in <!room:north:data>")
		form := bottest.Words(h.Command(olga, "north:data", "community setup"))
		for _, want := range []string{"called?: Pond people", "hashtag: PondData", "zone: Europe/Dublin", "announce?: <!room:north:data>"} {
			if !strings.Contains(form, want) {
				t.Errorf("a bare setup answered %q, want a form with %q", form, want)
			}
		}
		wants(t, h.Submit(olga, "north:data", map[string]string{"tell": ""}), "I announce in <!room:north:data>, and tell organisers things in direct messages")
	})
}

func TestOrganisersBelongToTheirPlatform(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		wants(t, h.Command(olga, "north:data", "community organisers add <!user:south:sam>"), "belong to a platform")
		wants(t, h.Command(olga, "north:data", "community organisers add <!user:north:tim>"), "is an organiser")
		wants(t, h.Command(tim, "north:data", "community organisers"), "<!user:north:tim>")
		wants(t, h.Command(tim, "north:data", "community organisers remove <!user:north:olga>"), "only there")
		wants(t, h.Command(olga, "north:data", "community organisers remove <!user:north:tim>"), "ordinary member")
		wants(t, h.Command(tim, "north:data", "community pause"), "Only organisers")
		wants(t, h.Command(olga, "north:data", "community audit"), "community organisers add")
	})
}

func TestLinkingNeedsAYesFromBothSides(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		stands := func() bool {
			links, err := bot.Find[bot.Link](t.Context(), h.Bot.View(), "links")
			if err != nil {
				t.Fatal(err)
			}
			return len(links) == 1 && links[0].Stands()
		}
		wants(t, h.Command(olga, "north:data", "community rooms link data"), "need no link")
		wants(t, h.Command(olga, "north:data", "community rooms link south:nowhere"), "I know no room")
		wants(t, h.Command(olga, "north:data", "community rooms link south:data"), "I asked the organisers of south")
		if stands() {
			t.Fatal("linked before the other side agreed")
		}
		wants(t, h.Command(olga, "north:data", "community rooms accept north:data south:data"), "The other side has to agree")
		h.Advance(time.Minute)
		h.Press(oskar, "south:@oskar", "Link them")
		if !stands() {
			t.Fatal("not linked after both sides agreed")
		}
		wants(t, h.Command(oskar, "south:data", "community rooms unlink north:data"), "not linked any more")
		if stands() {
			t.Fatal("linked after one side ended it")
		}
		wants(t, h.Command(oskar, "south:data", "community rooms unlink north:data"), "data are not linked.")
	})
}

func TestAskingForWhatTheOtherSideAskedIsAYes(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		h.Command(olga, "north:data", "community rooms link south:data")
		wants(t, h.Command(olga, "north:data", "community rooms link south:data"), "I asked the organisers")
		wants(t, h.Command(oskar, "south:data", "community rooms link north:data"), "are linked")
		wants(t, h.Command(olga, "north:data", "community rooms"), "linked with")
	})
}

func TestPauseHoldsPostsAndResumeTells(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		wants(t, h.Command(olga, "north:data", "community pause"), "Paused")
		h.Command(olga, "north:data", "community rooms link south:data")
		h.Advance(time.Hour)
		if posts := h.Direct(oskar); len(posts) != 0 {
			t.Fatalf("posted while paused: %+v", posts)
		}
		wants(t, h.Command(olga, "north:data", "community resume"), "One post was held")
		h.Advance(time.Minute)
		if posts := h.Direct(oskar); len(posts) != 1 {
			t.Fatalf("after resuming %d posts stand, want the one that was held", len(posts))
		}
		wants(t, h.Command(olga, "north:data", "community resume"), "not paused")
	})
}

func TestPolicy(t *testing.T) {
	run(t, func(h *bottest.Harness) {
		if r := h.Command(olga, "north:data", "community policy"); r.Form == nil {
			t.Fatalf("a bare policy answered %q, want a form", text(r))
		}
		if r := h.Submit(olga, "north:data", map[string]string{"keep": "-1"}); r.Errors["keep"] == "" {
			t.Errorf("errors = %v, want one about the days", r.Errors)
		}
		h.Submit(olga, "north:data", map[string]string{"keep": "30", "public": "", "carrying": "yes"})
		c, err := h.Bot.Community(t.Context())
		if err != nil || c.Policy.KeepDays != 30 || c.Policy.PublicPages || !c.Policy.Carrying {
			t.Errorf("kept %+v, %v", c.Policy, err)
		}
		wants(t, h.Command(olga, "north:data", "community policy conduct=javascript:alert(1)"), "whole address")
	})
}

// away is a platform that is never reached.
type away struct{ *bottest.Chat }

func (a away) Fake() *bottest.Chat { return a.Chat }
func (a away) Advice() []string    { return []string{"Make @datahour an admin of the team."} }
func (a away) Name(context.Context) (string, error) {
	return "", errors.New("the server does not accept the token: make a new one")
}

func TestStatusSaysWhatIsTheMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{community.New()}, Chats: []bot.Chat{bottest.NewChat("north"), away{bottest.NewChat("south")}}, Errors: true})
		r := h.Command(olga, "north:data", "community status")
		for _, want := range []string{"north: connected since", "south: not connected since", "What is the matter: asking for its name: the server does not accept the token: make a new one.",
			"south, to do: Make @datahour an admin", "`datahour doctor`"} {
			wants(t, r, want)
		}
	})
}
