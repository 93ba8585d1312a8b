package mattermost

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// One command for each first word, however often they are registered.
func TestRegisterTwice(t *testing.T) {
	s := newServer(t)
	s.register("datahour list", "datahour new", "share", "my", "my zone")
	made := s.called("POST /commands")
	if made != 3 {
		t.Errorf("%d commands were made, want 3", made)
	}
	first := *s.commands[0]
	if first.Trigger != "datahour" || first.AutoCompleteHint != "[list | new]" || !first.AutoComplete || first.Method != "P" || first.URL != s.hook.URL+"/mm/command" {
		t.Errorf("/datahour was registered as %+v", first)
	}
	s.register("datahour list", "datahour new", "share", "my", "my zone")
	if writes := s.called("POST /commands") + s.called("PUT /commands/{id}") + s.called("DELETE /commands/{id}") - made; writes != 0 {
		t.Errorf("registering the same again wrote %d times", writes)
	}
	s.register("datahour list", "datahour ask", "share")
	if len(s.commands) != 2 || s.commands[0].Token != first.Token || s.commands[0].AutoCompleteHint != "[list | ask]" || s.commands[0].Id != first.Id {
		t.Errorf("after a change there are %+v, %+v", *s.commands[0], len(s.commands))
	}
	if advice := s.chat.Advice(); len(advice) != 0 {
		t.Errorf("all is well, and it advises %q", advice)
	}
	for _, cmd := range s.commands { // the server would refuse others
		cmd.CreatorId, cmd.TeamId, cmd.Token, cmd.UpdateAt = model.NewId(), model.NewId(), model.NewId(), 1
		if cmd.Id = model.NewId(); cmd.IsValid() != nil {
			t.Errorf("/%s is refused: %v", cmd.Trigger, cmd.IsValid())
		}
	}
}

// What only an administrator can put right is said exactly, and the rest works.
func TestRegisterRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		call   string
		status int
		want   []string
	}{
		"not even listing": {"GET /commands", 403, []string{"make @datahour an admin of that team", "Manage own slash commands", "mention me"}},
		"not making":       {"POST /commands", 403, []string{"make @datahour an admin of that team"}},
		"switched off":     {"GET /commands", 501, []string{"Enable custom slash commands"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.refuses(tt.call, tt.status, "api.context.permissions.app_error")
			s.register("datahour")
			advice := strings.Join(s.chat.Advice(), "\n")
			for _, want := range tt.want {
				if !strings.Contains(advice, want) || !strings.Contains(s.log(), want) {
					t.Errorf("it advises %q, which lacks %q", advice, want)
				}
			}
			s.refuses(tt.call, 0, "")
			s.register("datahour")
			if advice := s.chat.Advice(); len(advice) != 0 || len(s.commands) != 1 {
				t.Errorf("when it is allowed it advises %q and has %d commands", advice, len(s.commands))
			}
		})
	}
}

// A trigger that is taken is said, and keeps no other one from being registered.
func TestRegisterTaken(t *testing.T) {
	s := newServer(t)
	s.commands = []*model.Command{
		{Id: "1", TeamId: teamID, Trigger: "event", CreatorId: adaID, URL: "https://elsewhere.example", Token: "theirs"},
		{Id: "2", TeamId: teamID, Trigger: "my", CreatorId: adaID, URL: s.hook.URL + "/mm/command", Token: "made-by-hand"},
	}
	s.register("datahour", "event", "my", "poll", "help")
	advice := s.chat.Advice()
	if len(advice) != 2 || !strings.Contains(advice[0], "/event is taken") || !strings.Contains(advice[1], "/poll is taken") || !strings.Contains(advice[0], "DATAHOUR_COMMAND_PREFIX=dh-") {
		t.Errorf("it advises %q; nobody can do anything about Mattermost's own /help", advice)
	}
	if slices.ContainsFunc(s.commands, func(cmd *model.Command) bool { return cmd.Trigger == "poll" }) {
		t.Error("a command was made that only the plugin would hear")
	}
	listen(t, s, nil)
	if _, status := s.commandBy(adaID, "my", nil); status != http.StatusOK {
		t.Errorf("a command that an administrator made for us is answered with %d", status)
	}
	s.Command("datahour")
	if s.commands[0].URL != "https://elsewhere.example" || s.called("PUT /commands/{id}") != 0 {
		t.Error("somebody else's command was changed")
	}
}

// A command arrives as it was typed, and its answer is private.
func TestCommand(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		if strings.Contains(in.Text, "quiet") {
			return bot.Reply{}, nil
		}
		p := bot.Post{Text: "It is " + bot.MomentToken(in.At), Buttons: []bot.Button{{Label: "Go", Command: "datahour go"}}}
		return bot.Reply{Post: &p}, nil
	})
	answer, status := s.commandBy(adaID, `datahour   new  "Flood  data" @tim.b ~data `, url.Values{"root_id": {"root"}})
	in := e.hears(bot.Command, `datahour   new  "Flood  data" <!user:charities:`+timID+`> <!room:charities:`+dataID+`>`)
	if in.Thread != "charities:root" || in.From != s.Person() || in.Room != s.Room() || in.Direct || in.Pressed || len(in.People) != 2 {
		t.Errorf("a command came as %+v", in)
	}
	// The person's own time zone, since nobody else reads it.
	if status != 200 || answer.ResponseType != "ephemeral" || !answer.SkipSlackParsing || !strings.HasSuffix(answer.Text, "EST") && !strings.HasSuffix(answer.Text, "EDT") {
		t.Errorf("it was answered with %d, %+v", status, answer)
	}
	if len(answer.Attachments) != 1 || len(answer.Attachments[0].Actions) != 1 {
		t.Errorf("the answer has no button: %s", asString(answer))
	}
	if answer, status := s.commandBy(adaID, "datahour quiet", nil); status != 200 || answer.Text != "" {
		t.Errorf("nothing to say is said as %d %+v", status, answer)
	}
	// In a direct message with the bot, and in one of two others, where the bot is not.
	s.commandBy(adaID, "datahour quiet direct", url.Values{"channel_id": {"dm"}, "channel_name": {adaID + "__" + botID}})
	if in := e.hears(bot.Command, "datahour quiet direct"); !in.Direct || in.Room != "charities:@"+adaID {
		t.Errorf("a command in direct messages came as %+v", in)
	}
	s.commandBy(adaID, "datahour quiet others", url.Values{"channel_id": {"others"}, "channel_name": {adaID + "__" + timID}})
	if in := e.hears(bot.Command, "datahour quiet others"); in.Direct || in.Room != "charities:others" {
		t.Errorf("a command where the bot is not came as %+v", in)
	}
}

// A command that the server did not send is refused; a token made anew is learnt.
func TestCommandToken(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	e := listen(t, s, nil)
	for _, forged := range []string{"", "wrong", s.commands[0].Token + "x"} {
		if _, status := s.commandBy(adaID, "datahour forged", url.Values{"token": {forged}}); status != http.StatusUnauthorized {
			t.Errorf("the token %q is answered with %d", forged, status)
		}
	}
	// A command that nobody registered has no token that could be known.
	if _, status := s.commandBy(adaID, "datahour forged", url.Values{"command": {"/other"}, "token": {""}}); status != http.StatusUnauthorized {
		t.Errorf("an unknown command without a token is answered with %d", status)
	}
	s.mu.Lock()
	s.commands[0].Token = "made-anew"
	s.mu.Unlock()
	s.chat.mu.Lock()
	s.chat.listed = s.chat.listed.Add(-2 * listEvery)
	s.chat.mu.Unlock()
	s.Command("datahour list")
	e.hears(bot.Command, "datahour list")
	if slices.Contains(e.texts(), "datahour forged") {
		t.Error("a forged command was handed in")
	}
}

// Before Run and after it, callbacks go to another process.
func TestCallbackElsewhere(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	for _, path := range []string{commandPath, actionPath, dialogPath} {
		w := httptest.NewRecorder()
		s.chat.Routes().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s is answered with %d", path, w.Code)
		}
	}
}

// An empty answer is {}: the server takes no body at all for an error.
func TestEmptyAnswer(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	listen(t, s, nil)
	w := httptest.NewRecorder()
	form := url.Values{"command": {"/datahour"}, "token": {s.commands[0].Token}, "user_id": {adaID}, "channel_id": {dataID}, "trigger_id": {"t"}}
	r := httptest.NewRequest(http.MethodPost, commandPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.chat.Routes().ServeHTTP(w, r)
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != "{}" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("answered with %d %q", w.Code, got)
	}
}

// The server waits 30 seconds for an answer, and the core is told of it.
func TestAnswerWithin(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	var left time.Duration
	s.chat.open(func(ctx context.Context, _ bot.Inbound) (bot.Reply, error) {
		at, _ := ctx.Deadline()
		left = time.Until(at)
		return bot.Reply{}, nil
	})
	s.Command("datahour")
	if left <= 0 || left > 28*time.Second {
		t.Errorf("the core has %v", left)
	}
}

// What was refused is tried again while the bot runs, until it is allowed.
func TestRegisterAgain(t *testing.T) {
	s := newServer(t)
	s.chat.registerEvery = time.Millisecond
	s.refuses("GET /commands", 403, "api.context.permissions.app_error")
	s.register("datahour")
	listen(t, s, nil)
	s.refuses("GET /commands", 0, "")
	s.until(t, func() string {
		if advice := s.chat.Advice(); len(advice) > 0 {
			return advice[0]
		}
		return ""
	})
	s.Command("datahour")
}
