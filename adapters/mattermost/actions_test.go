package mattermost

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// actions are what can be pressed on a post of the bot's.
func (s *server) actions(id bot.MessageID) []*model.PostAction {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	return actionsOf(s.t, s.post(id.Rest()).Props)
}

func actionsOf(t *testing.T, props map[string]any) []*model.PostAction {
	t.Helper()
	var attachments []*model.MessageAttachment
	if err := json.Unmarshal([]byte(asString(props["attachments"])), &attachments); err != nil {
		t.Fatal(err)
	}
	var all []*model.PostAction
	for _, a := range attachments {
		all = append(all, a.Actions...)
	}
	return all
}

var rsvp = bot.Post{Text: "Coming?", Buttons: []bot.Button{{Label: "Going", Command: "event rsvp 7k2 going", Style: bot.Primary}, {Label: "Cancel it", Command: "event cancel 7k2", Confirm: "Really?", Style: bot.Danger}},
	Select: &bot.Select{Label: "Seat", Command: "event seat 7k2", Options: []bot.Option{{Label: "Front", Value: "front"}, {Label: "Back", Value: `the "back"`}}}}

func TestPress(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) { return bot.Answer("You said %s", in.Text), nil })
	id, err := s.chat.Post(t.Context(), s.Room(), "", "event/7k2", "m", rsvp)
	if err != nil {
		t.Fatal(err)
	}
	all := s.actions(id)
	answer, status := s.press(adaID, id.Rest(), all[0], "")
	in := e.hears(bot.Command, "event rsvp 7k2 going")
	if status != 200 || answer["ephemeral_text"] != "You said event rsvp 7k2 going" {
		t.Errorf("answered with %d %v", status, answer)
	}
	if !in.Pressed || in.Message != id || in.From != s.Person() || in.Room != s.Room() || !strings.HasPrefix(in.ID, "charities:press/") {
		t.Errorf("a press came as %+v", in)
	}
	s.press(adaID, id.Rest(), all[2], `the "back"`)
	e.hears(bot.Command, `event seat 7k2 "the back"`)

	// One that asks first.
	if _, status := s.press(adaID, id.Rest(), all[1], ""); status != 200 {
		t.Errorf("a question was answered with %d", status)
	}
	if d := s.lastDialog().Dialog; d.Title != "Cancel it" || d.IntroductionText != "Really?" || d.IsValid() != nil {
		t.Errorf("the question is %+v", d)
	}
	s.submit(adaID, nil)
	s.submit(adaID, nil)
	if in := e.hears(bot.Command, "event cancel 7k2"); !in.Pressed || in.Form != nil || in.Message != id {
		t.Errorf("a yes came as %+v", in)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.heard)
	if n != 4 || e.heard[n-1].ID != e.heard[n-2].ID {
		t.Errorf("a yes that was sent twice has the ids %q and %q", e.heard[n-1].ID, e.heard[n-2].ID)
	}
}

// Anybody can make a button with our address; none but ours does anything. The
// server checks no choice of a menu either.
func TestForgedPress(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	id, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", rsvp)
	if err != nil {
		t.Fatal(err)
	}
	good := s.actions(id)
	sealed := good[0].Integration.Context["press"].(string)
	words, sig, _ := strings.Cut(sealed, ".")
	other, err := New(Options{Name: "charities", URL: s.http.URL, Token: token, Team: "charities", CallbackURL: s.hook.URL + "/mm", Secret: "another secret"})
	if err != nil {
		t.Fatal(err)
	}
	line := press{Command: "hour close 7k2", Room: dataID}
	for name, context := range map[string]map[string]any{
		"nothing":              nil,
		"no seal":              {"press": words},
		"an empty seal":        {"press": words + "."},
		"other words":          {"press": "e30." + sig},
		"a number":             {"press": 17},
		"another secret":       {"press": other.seal("press", line)},
		"another purpose":      {"press": s.chat.seal("dialog", line)},
		"another room":         {"press": s.chat.seal("press", press{Command: "x", Room: extraID})},
		"another person's":     {"press": s.chat.seal("press", press{Command: "x", Room: dataID, To: timID})},
		"no choice of a menu":  {"press": good[2].Integration.Context["press"]},
		"another choice":       {"press": good[2].Integration.Context["press"], "selected_option": "stage"},
		"a command in clear":   {"command": "hour close 7k2", "c": "hour close 7k2"},
		"signed by the token":  {"press": (&Chat{key: signingKey(Options{Name: "charities", Token: token})}).seal("press", line)},
		"for another platform": {"press": (&Chat{key: signingKey(Options{Name: "other", Secret: "signing-secret"})}).seal("press", line)},
	} {
		a := &model.PostAction{Integration: &model.PostActionIntegration{URL: good[0].Integration.URL, Context: context}}
		if _, status := s.press(adaID, id.Rest(), a, ""); status != http.StatusUnauthorized {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	if got := e.texts(); len(got) != 0 {
		t.Errorf("handed in were %q", got)
	}
}

// With other ids than letters and digits the server answers 404 to a press.
func TestActionIDs(t *testing.T) {
	s := newServer(t)
	ok := regexp.MustCompile(`^[A-Za-z0-9]+$`)
	seen := map[string]bool{}
	for _, a := range s.chat.attachment(rsvp, place{}).Actions {
		if !ok.MatchString(a.Id) || seen[a.Id] || a.IsValid() != nil {
			t.Errorf("the action %q: %v", a.Id, a.IsValid())
		}
		seen[a.Id] = true
	}
}

// A press in direct messages changes what was pressed on, with all its props. On
// a message that only this person sees it cannot, so the answer is a new one.
func TestReplace(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	preview := bot.Post{Text: "Like this?", Buttons: []bot.Button{{Label: "Post", Command: "datahour post"}}}
	next := bot.Post{Text: "Like that?", Buttons: []bot.Button{{Label: "Post", Command: "datahour post"}}}
	listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		if in.Pressed {
			return bot.Reply{Post: &next, Replace: true}, nil
		}
		return bot.Reply{Post: &preview}, nil
	})
	if _, err := s.chat.Post(t.Context(), "charities:@"+adaID, "", "k", "m", preview); err != nil {
		t.Fatal(err)
	}
	dm := s.posts[0]
	answer, _ := s.press(adaID, dm.ID, s.actions(bot.MessageID("charities:" + dm.ID))[0], "")
	update, _ := answer["update"].(map[string]any)
	if update["message"] != "Like that?" || len(actionsOf(t, update["props"].(map[string]any))) != 1 {
		t.Errorf("a press in direct messages is answered with %v", answer)
	}

	shown, _ := s.commandBy(adaID, "datahour new", nil)
	answer, _ = s.press(adaID, "unknown", shown.Attachments[0].Actions[0], "")
	if answer["update"] != nil {
		t.Errorf("what cannot be changed is: %v", answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Its answer has a button, so it comes where the command's answer came.
	if len(s.answers) != 1 || s.answers[0].Text != "Like that?" || s.answers[0].ResponseType != "ephemeral" || len(s.answers[0].Attachments) != 1 {
		t.Errorf("shown anew is %s", asString(s.answers))
	}
}

// A private answer goes the first way that works.
func TestWhisperWays(t *testing.T) {
	s := newServer(t)
	s.register("datahour")
	listen(t, s, nil)
	whisper := func(words string) {
		t.Helper()
		if err := s.chat.Whisper(t.Context(), s.Room(), s.Person(), bot.Say(words)); err != nil {
			t.Fatal(err)
		}
	}
	whisper("by direct message")
	if got := s.Whispers(); len(got) != 1 || len(s.answers) != 0 {
		t.Errorf("told were %q", got)
	}
	s.Command("datahour")
	for range repliesEach {
		whisper("through the command's address")
	}
	if len(s.answers) != repliesEach {
		t.Errorf("%d answers came through the command's address, want %d", len(s.answers), repliesEach)
	}
	whisper("by direct message again") // the server takes no more there
	if got := s.Whispers(); len(got) != 2 {
		t.Errorf("told were %q", got)
	}
	if n := s.called("POST /posts/ephemeral"); n != 1 {
		t.Errorf("what is not permitted was tried %d times", n)
	}
	s.mayWhisper = true
	s.chat.mu.Lock()
	s.chat.noEphemeral = s.chat.noEphemeral.Add(-askAgain)
	s.chat.mu.Unlock()
	whisper("as it should be")
	if len(s.ephemeral) != 1 {
		t.Error("what is permitted now is not done")
	}
	if stand := s.Posts(); len(stand) != 0 {
		t.Errorf("everybody sees %+v", stand)
	}
}

// The other ways in which a press is answered.
func TestPressAnswers(t *testing.T) {
	s := newServer(t)
	var answer bot.Reply
	var fails error
	listen(t, s, func(bot.Inbound) (bot.Reply, error) { return answer, fails })
	id, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", rsvp)
	if err != nil {
		t.Fatal(err)
	}
	a := s.actions(id)[0]
	press := func() string {
		t.Helper()
		got, status := s.press(adaID, id.Rest(), a, "")
		return fmt.Sprint(status, asString(got))
	}
	if got := press(); got != "200{}" {
		t.Errorf("nothing to say is %s", got)
	}
	answer = bot.Reply{Errors: map[string]string{"b": "Two.", "a": "One."}}
	if got := press(); got != `200{"ephemeral_text":"One. Two.","skip_slack_parsing":true,"update":null}` {
		t.Errorf("what is wrong is %s", got)
	}
	answer = bot.Reply{Form: &bot.Form{Title: "First", Command: "event new", Fields: []bot.FormField{{Name: "x", Label: "X"}}}}
	if got := press(); got != "200{}" || s.lastDialog().Dialog.Title != "First" {
		t.Errorf("a form is %s", got)
	}
	answer.Form.Title = "Second" // after the first was sent off, in its place
	if got, _ := s.submit(adaID, nil); got["type"] != "form" || got["form"].(map[string]any)["title"] != "Second" {
		t.Errorf("a form after a form is %v", got)
	}
	s.refuses("POST /actions/dialogs/open", 500, "")
	if got := press(); !strings.Contains(got, formNotShown) {
		t.Errorf("a form that does not open is %s", got)
	}
	// With a button it needs a message of its own; when that fails too, it is said.
	answer = bot.Reply{Post: &bot.Post{Text: "Sure?", Buttons: rsvp.Buttons}}
	if got := press(); got != "200{}" || len(s.Whispers()) != 1 {
		t.Errorf("an answer with a button is %s", got)
	}
	s.refuses("POST /posts", 500, "")
	if got := press(); !strings.Contains(got, "could not show you the answer") {
		t.Errorf("an answer that cannot be shown is %s", got)
	}
	fails = bot.ErrStandby
	if got := press(); got != "503{}" {
		t.Errorf("what was not stored is %s", got)
	}
}
