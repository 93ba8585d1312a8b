package slack

import (
	"slices"
	"testing"

	"datahour/bot"
)

func TestPeople(t *testing.T) {
	r := newRig(t, nil)
	r.limited["users.list"] = 1
	got, err := r.c.People(r.window())
	want := []bot.Profile{{User: "defra:U0ADA", Name: "Ada", Zone: "Europe/London"}, {User: "defra:U0GRACE", Name: "Grace"}, {User: "defra:U0GUEST", Name: "Guest"},
		{User: "defra:U0ONE", Name: "one"}, {User: "defra:U0ELSE", Name: "else"}, {User: "defra:U0ADMIN", Name: "admin"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Private channels are left out where the app may not see them; public ones that
// the bot is not in can be joined.
func TestRooms(t *testing.T) {
	r := newRig(t, nil)
	r.errors["conversations.list"] = []string{"missing_scope"}
	got, err := r.c.Rooms(r.window())
	want := []bot.RoomInfo{{Room: "defra:C0DATA", Name: "#data"}, {Room: "defra:C0HELP", Name: "#help"}, {Room: "defra:G0PRIV", Name: "#organisers", Private: true}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if types := r.calls[1].values.Get("types"); types != "public_channel" {
		t.Errorf("asked for %q after the scope was missing", types)
	}
}

// Somebody new is asked about once; whom Slack does not know, not at every word.
func TestProfilesOfNewPeople(t *testing.T) {
	r := running(t, nil)
	r.Say("", "one")
	r.Say("", "two <@U0NOBODY>")
	in := r.hearsText("two <!user:defra:U0NOBODY>")
	if len(in.People) != 1 || in.People[0].Name != "Ada" || in.People[0].Zone != "Europe/London" {
		t.Errorf("the people are %+v", in.People)
	}
	r.Say("", "three <@U0NOBODY>")
	r.hearsText("three <!user:defra:U0NOBODY>")
	if n := r.called("users.info"); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no name": {BotToken: botToken, AppToken: appToken}, "odd name": {Name: "De-fra", BotToken: botToken, AppToken: appToken}, "no token": {Name: "defra", AppToken: appToken},
		"swapped": {Name: "defra", BotToken: appToken, AppToken: botToken}, "odd app token": {Name: "defra", BotToken: botToken, AppToken: botToken},
		"no way in": {Name: "defra", BotToken: botToken}, "negative": {Name: "defra", BotToken: botToken, AppToken: appToken, PingInterval: -1},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
