package mattermost

import (
	"errors"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestNew(t *testing.T) {
	good := Options{Name: "charities", URL: "https://chat.example.org/", Token: "t", Team: "charities", CallbackURL: "https://hour.example.org/mm/"}
	c, err := New(good)
	if err != nil || c.Platform() != "charities" || c.base != "https://chat.example.org/api/v4" || c.o.CallbackURL != "https://hour.example.org/mm" {
		t.Fatalf("%v: %+v", err, c)
	}
	if c.Limits() != DefaultLimits {
		t.Errorf("limits are %+v", c.Limits())
	}
	for want, spoil := range map[string]func(*Options){
		"name":         func(o *Options) { o.Name = "Charities" },
		"URL":          func(o *Options) { o.URL = "chat.example.org" },
		"CALLBACK_URL": func(o *Options) { o.CallbackURL = "" },
		"TOKEN":        func(o *Options) { o.Token = " " },
		"TEAM":         func(o *Options) { o.Team = "" },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without a good %s: %v", want, err)
		}
	}
}

// A team where the bot is no member is said in words that help.
func TestNoMember(t *testing.T) {
	s := newServer(t)
	s.refuses("GET /teams/name/charities", 404, "app.team.get_by_name.missing.app_error")
	if err := s.chat.Register(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "an administrator has to add @datahour") {
		t.Errorf("it says %v", err)
	}
}

func TestZone(t *testing.T) {
	for want, zone := range map[string]map[string]string{
		"Europe/London": {"useAutomaticTimezone": "false", "manualTimezone": "Europe/London", "automaticTimezone": "Asia/Tokyo"},
		"Asia/Tokyo":    {"useAutomaticTimezone": "true", "manualTimezone": "Europe/London", "automaticTimezone": "Asia/Tokyo"},
	} {
		if got := (user{Timezone: zone}).zone(); got != want {
			t.Errorf("%v is read as %q", zone, got)
		}
	}
	for _, zone := range []map[string]string{nil, {}, {"useAutomaticTimezone": "true"}, {"manualTimezone": "Mars/Olympus"}, {"manualTimezone": "../etc/passwd"}, {"manualTimezone": "Local"}} {
		if got := (user{Timezone: zone}).zone(); got != "" {
			t.Errorf("%v is read as %q", zone, got)
		}
	}
}

func TestCalled(t *testing.T) {
	for want, u := range map[string]user{"Tim": {Username: "t", FirstName: "Timothy", Nickname: "Tim"}, "Ada Lovelace": {Username: "ada", FirstName: "Ada", LastName: "Lovelace"}, "ada": {Username: "ada"}} {
		if got := u.called(); got != want {
			t.Errorf("%+v is called %q", u, got)
		}
	}
}

// No token, no secret and nobody's words get into the log, at any level.
func TestLogsNoSecrets(t *testing.T) {
	const words = "secret-words"
	s := newServer(t, func(o *Options) { o.Ping = 20 * time.Millisecond })
	s.register("datahour")
	fails := 2
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		switch {
		case strings.Contains(in.Text, "bomb"):
			panic(in.Text)
		case strings.Contains(in.Text, "again") && fails > 0:
			fails--
			return bot.Reply{}, errors.New("away")
		case in.Form != nil:
			return bot.Reply{}, bot.ErrStandby
		case in.Addressed:
			return bot.Answer(words), nil
		case strings.Contains(in.Text, "form"):
			return bot.Reply{Form: &bot.Form{Title: words, Command: words}}, nil
		}
		return bot.Reply{}, nil
	})
	// All that can go wrong, goes wrong.
	s.Next(bottest.TooMany, bottest.FailsBefore, bottest.FailsAfter, bottest.FailsAfter)
	for range 5 {
		_, err := s.chat.Post(t.Context(), s.Room(), "", words, "m", bot.Say(words))
		s.chat.o.Log.Error("send failed", "err", err) // as the core does
	}
	_, err := s.chat.Post(t.Context(), "charities:nowhere", "", words, "m", bot.Say(words))
	s.chat.o.Log.Error("send failed", "err", err)
	s.mu.Lock()
	s.tell("posted", map[string]any{"post": "{" + words}, dataID)
	s.tell("posted", map[string]any{"post": []string{words}}, dataID)
	s.tell(words, map[string]any{}, dataID)
	s.mu.Unlock()
	s.Say("", words+" bomb")
	s.Say("", words+" again")
	s.refuses("POST /users/usernames", 500, words)
	s.Say("", "@datahour "+words)
	e.hears(bot.Message, words+" again")
	s.refuses("POST /posts/ephemeral", 500, "")
	s.Command("datahour " + words + " form")
	s.submit(adaID, map[string]any{"x": words})
	s.callback(s.hook.URL+"/mm/action", map[string]any{"user_id": words, "context": map[string]any{"press": words + token}})
	s.callback(s.hook.URL+"/mm/dialog", map[string]any{"state": words + token})
	s.commandBy(adaID, "datahour bomb "+words, nil)
	s.http.CloseClientConnections()
	s.Say("", "after")
	e.hears(bot.Message, "after")
	s.mu.Lock()
	commandToken := s.commands[0].Token
	s.revoked = true
	s.mu.Unlock()
	err = <-e.ended
	s.chat.o.Log.Error("disconnected", "err", err)
	e.ended <- err

	for _, secret := range []string{words, token, "signing-secret", commandToken, "hooks/commands"} {
		if log := s.log(); strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
	if log := s.log(); !strings.Contains(log, "send failed") || !strings.Contains(log, "not stored") || !strings.Contains(log, "refused") || !strings.Contains(log, "left out") {
		t.Errorf("the log says too little to be a test:\n%s", log)
	}
}
