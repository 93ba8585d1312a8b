package my_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/my"
)

func start(t *testing.T) *bottest.Harness {
	return bottest.Start(t, bottest.Config{Features: []bot.Feature{my.New()}})
}

func wants(t *testing.T, r bot.Reply, words string) {
	t.Helper()
	if r.Post == nil || !strings.Contains(r.Post.Text, words) {
		t.Errorf("reply = %+v, want words %q", r, words)
	}
}

func TestChoosingHowToBeShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		wants(t, h.Command("north:tim", "north:data", "my"), "You have not chosen")
		wants(t, h.Command("north:tim", "north:data", "my shown name"), "by your name")

		p, err := bot.PersonOf(t.Context(), h.Bot.View(), "north:tim")
		if err != nil || p.Shown != bot.ByName {
			t.Fatalf("kept %+v, %v; want shown by name", p, err)
		}
		log, err := bot.Find[bot.Consent](t.Context(), h.Bot.View(), "consent:north:tim")
		if err != nil || len(log) != 1 || log[0].Shown != bot.ByName || log[0].Where != "/my shown" {
			t.Errorf("consent log = %+v, %v; want one line by name", log, err)
		}
	})
}

func TestRoleIsAskedOnceWhenItIsNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		r := h.Command("north:tim", "north:data", "my shown role")
		if r.Form == nil || r.Form.Command != "my shown" || r.Form.Intro == "" {
			t.Fatalf("reply = %+v, want the form that asks for the role", r)
		}
		if p, _ := bot.PersonOf(t.Context(), h.Bot.View(), "north:tim"); p.Shown != bot.Unasked {
			t.Errorf("shown = %q before the role was said", p.Shown)
		}
		r = h.Submit("north:tim", "north:data", map[string]string{"choice": "role", "role": "", "organisation": ""})
		if r.Errors["role"] == "" {
			t.Errorf("reply = %+v, want an error at the role", r)
		}
		wants(t, h.Submit("north:tim", "north:data", map[string]string{"choice": "role", "role": "Data analyst", "organisation": "Environment Agency"}), "Data analyst, Environment Agency")
		r = h.Command("north:tim", "north:data", "my shown role")
		wants(t, r, "Data analyst")
	})
}

func TestTellingARoleIsNoConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		h.Command("north:tim", "north:data", `my role "Data analyst" organisation="Environment Agency"`)
		p, err := bot.PersonOf(t.Context(), h.Bot.View(), "north:tim")
		if err != nil || p.Shown != bot.Unasked || p.Role != "Data analyst" {
			t.Errorf("kept %+v, %v; want the role and no choice", p, err)
		}
	})
}

func TestSnoozeAndStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		wants(t, h.Command("north:tim", "north:data", "my snooze 3 days"), "Monday 23 November 2026, midday GMT")
		wants(t, h.Command("north:tim", "north:data", "my snooze for ever"), "Try `60 minutes`")
		wants(t, h.Command("north:tim", "north:data", "my snooze 400 days"), "longer than a year")
		h.Command("north:tim", "north:data", "my stop")
		wants(t, h.Command("north:tim", "north:data", "my"), "nothing unasked")
		h.Command("north:tim", "north:data", "my start")
		p, err := bot.PersonOf(t.Context(), h.Bot.View(), "north:tim")
		if err != nil || p.Stopped || !p.Snoozed.IsZero() {
			t.Errorf("kept %+v, %v; want neither stopped nor snoozed", p, err)
		}
	})
}

// The consent log is its person's to read: what they chose, when, and where.
func TestWhatSomebodyChoseIsTheirsToRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		wants(t, h.Command("north:tim", "north:data", "my choices"), "You have chosen nothing yet")
		h.Command("north:tim", "north:data", "my shown name")
		h.Advance(time.Hour)
		h.Command("north:tim", "north:data", "my carried no")
		h.Advance(time.Hour)
		h.Command("north:tim", "north:data", "my shown name") // as it is: no choice
		r := h.Command("north:tim", "north:data", "my choices")
		want := "- Friday 20 November 2026, 1:00pm GMT: shown by name, not carried to other rooms (/my carried)\n- Friday 20 November 2026, midday GMT: shown by name (/my shown)"
		if r.Post == nil || r.Post.Text != want {
			t.Errorf("the log reads\n%s\nwant\n%s", bottest.Words(r), want)
		}
		wants(t, h.Command("north:tim", "north:data", "my"), "You chose this on Friday 20 November 2026, 1:00pm GMT")
		wants(t, h.Command("north:tim", "north:data", "my copy"), "shown by name, not carried to other rooms")
		for range chosenMost {
			h.Command("north:tim", "north:data", "my shown no")
			h.Command("north:tim", "north:data", "my shown name")
		}
		wants(t, h.Command("north:tim", "north:data", "my choices"), "before these: `/my copy`")
		wants(t, h.Command("north:sam", "north:data", "my choices"), "You have chosen nothing yet")
	})
}

// chosenMost times two are more lines than are shown at once.
const chosenMost = 12
