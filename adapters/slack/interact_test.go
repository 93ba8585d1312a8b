package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"datahour/bot"
)

// blocksOf is what is shown, as one string of JSON.
func blocksOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func (r *rig) press(action map[string]any, more map[string]any) string {
	i := map[string]any{"type": "block_actions", "trigger_id": fmt.Sprintf("P%d", len(r.heard)), "user": map[string]any{"id": "U0ADA", "name": "ada"}, "channel": map[string]any{"id": "C0DATA"},
		"container": map[string]any{"type": "message", "message_ts": "1700000000.000100", "channel_id": "C0DATA"}, "response_url": r.server.URL + "/respond/press", "actions": []any{action}}
	for k, v := range more {
		i[k] = v
	}
	return r.sends("interactive", i)
}

func TestCommandIsAnsweredInTheAcknowledgement(t *testing.T) {
	r := running(t, nil)
	r.says(bot.Say("Only you see this"))
	payload, _ := r.ack(r.command("datahour list"))["payload"].(map[string]any)
	if payload["response_type"] != "ephemeral" || payload["text"] != "Only you see this" {
		t.Errorf("answered with %v", payload)
	}
}

// Trap 4: an acknowledgement of 20 KB is dropped without a word, so a long answer
// goes another way.
func TestLongAnswer(t *testing.T) {
	r := running(t, nil)
	p := bot.Say(strings.Repeat("日本語は三バイト。 ", 1500))
	r.says(p)
	if got := r.ack(r.command("datahour list")); got["payload"] != nil {
		t.Errorf("acknowledged with %d bytes", len(blocksOf(got["payload"])))
	}
	r.untilSlack("the answer", func(f *fakeSlack) bool { return len(f.responses) == 1 })
}

func TestPress(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		p := bot.Say("Done")
		return bot.Reply{Post: &p, Replace: true}, nil
	})
	r.ack(r.press(map[string]any{"action_id": "button:1", "block_id": "b", "type": "button", "value": "datahour skip 7k2", "action_ts": "1700000001.000000"},
		map[string]any{"container": map[string]any{"type": "message", "message_ts": "1700000000.000100", "channel_id": "C0DATA", "is_ephemeral": true}}))
	in := r.hearsText("datahour skip 7k2")
	if !in.Pressed || in.Kind != bot.Command || in.Message != "defra:C0DATA-1700000000.000100" || in.ID != "defra:press:P0" || in.At.Unix() != 1700000001 {
		t.Errorf("came as %+v", in)
	}
	r.untilSlack("the answer", func(f *fakeSlack) bool { return len(f.responses) == 1 })
	if r.responses[0]["replace_original"] != true || r.responses[0]["response_type"] != "ephemeral" {
		t.Errorf("answered with %v", r.responses[0])
	}
	// A post that all can see is never replaced by one person's answer.
	r.ack(r.press(map[string]any{"action_id": "menu:datahour next", "block_id": "b", "type": "static_select", "selected_option": map[string]any{"value": "q 2"}}, nil))
	r.hearsText(`datahour next "q 2"`)
	r.untilSlack("the answer", func(f *fakeSlack) bool { return len(f.responses) == 2 })
	if r.responses[1]["replace_original"] != false {
		t.Errorf("answered with %v", r.responses[1])
	}
	// A link is Slack's own affair.
	r.ack(r.press(map[string]any{"action_id": "button:2", "block_id": "b", "type": "button", "url": "https://example.org"}, nil))
	if len(r.heard) != 2 {
		t.Errorf("%d were handed in", len(r.heard))
	}
}

// A response_url that does not work any more is no dead end.
func TestAnswerAnotherWay(t *testing.T) {
	r := running(t, nil)
	r.errors["respond"] = []string{"expired_url", "expired_url"}
	r.says(bot.Say("Done"))
	button := map[string]any{"action_id": "button:1", "block_id": "b", "type": "button", "value": "datahour list"}
	r.ack(r.press(button, nil))
	r.untilSlack("the whisper", func(f *fakeSlack) bool { return len(f.whispers) == 1 })
	r.mu.Lock()
	r.errors["chat.postEphemeral"] = []string{"not_in_channel"}
	r.mu.Unlock()
	r.ack(r.press(button, nil))
	r.untilSlack("the direct message", func(f *fakeSlack) bool {
		for _, m := range f.messages {
			if m.Channel == "D0ADA" && m.Text == "Done" {
				return true
			}
		}
		return false
	})
}

var hourForm = bot.Form{Title: "New data hour", Intro: "All times are yours.", Command: "datahour new", Submit: "Preview", Fields: []bot.FormField{
	{Name: "title", Label: "Title", Kind: bot.Text, Value: "Flood data", Max: 150},
	{Name: "about", Label: "About", Kind: bot.Area, Hint: "A few sentences", Optional: true},
	{Name: "count", Label: "Seats", Kind: bot.Number, Value: "3", Optional: true},
	{Name: "public", Label: "Public", Kind: bot.Yes, Value: "yes"},
	{Name: "keep", Label: "Keep it", Kind: bot.Choice, Value: "month", Options: []bot.Option{{Label: "A month", Value: "month"}, {Label: "A year", Value: "year"}}},
	{Name: "when", Label: "When", Kind: bot.When, Hint: "Wed 8pm"},
	{Name: "until", Label: "Until", Kind: bot.When, Value: "Wed 9pm", Optional: true},
	{Name: "hosts", Label: "Hosts", Kind: bot.People, Value: "<!user:defra:U0ADA>", Optional: true},
	{Name: "rooms", Label: "Rooms", Kind: bot.Rooms, Value: "<!room:defra:C0DATA>", Options: []bot.Option{{Label: "#data (defra)", Value: "<!room:defra:C0DATA>"}, {Label: "~data (charities)", Value: "<!room:charities:abc>"}}},
}}

// A form opens in the command's three seconds, keeps what is wrong open with words
// at the field, and its submission is the command with what was filled in.
func TestForm(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		if in.Form == nil {
			return bot.Reply{Form: &hourForm}, nil
		}
		switch in.Form["title"] {
		case "away":
			return bot.Reply{}, errors.New("standing by")
		case "":
			return bot.Reply{Errors: map[string]string{"title": "Title is `missing`.", "": "Not saved."}}, nil
		case "preview":
			return bot.Reply{Form: &bot.Form{Title: "And then", Command: "datahour two", Fields: []bot.FormField{{Name: "x", Label: "X", Kind: bot.Text}}}}, nil
		}
		p := bot.Say("Saved")
		return bot.Reply{Post: &p}, nil
	})
	if got := r.ack(r.command("datahour new")); got["payload"] != nil {
		t.Errorf("the command was answered with %v", got["payload"])
	}
	r.untilSlack("the form", func(f *fakeSlack) bool { return len(f.views) == 1 })
	view := r.views[0]["view"].(map[string]any)
	if r.views[0]["trigger_id"] == "" || view["callback_id"] != formID {
		t.Errorf("opened %v", r.views[0])
	}
	submit := func(title string) map[string]any {
		view["id"], view["hash"] = "V1", "h-"+title
		view["state"] = map[string]any{"values": map[string]any{
			"title":  map[string]any{"title": map[string]any{"type": "plain_text_input", "value": title}},
			"about":  map[string]any{"about": map[string]any{"type": "plain_text_input", "value": nil}},
			"count":  map[string]any{"count": map[string]any{"type": "number_input", "value": "4"}},
			"public": map[string]any{"public": map[string]any{"type": "checkboxes", "selected_options": []any{}}},
			"keep":   map[string]any{"keep": map[string]any{"type": "static_select", "selected_option": map[string]any{"value": "year"}}},
			"when":   map[string]any{"when": map[string]any{"type": "datetimepicker", "selected_date_time": 1796241600}},
			"hosts":  map[string]any{"hosts": map[string]any{"type": "multi_users_select", "selected_users": []any{"U0ADA", "U0GRACE"}}},
			"rooms":  map[string]any{"rooms": map[string]any{"type": "multi_static_select", "selected_options": []any{map[string]any{"value": "<!room:charities:abc>"}}}},
		}}
		payload, _ := r.ack(r.sends("interactive", map[string]any{"type": "view_submission", "trigger_id": "T9", "user": map[string]any{"id": "U0ADA"}, "view": view}))["payload"].(map[string]any)
		return payload
	}
	got := submit("")
	fields, _ := got["errors"].(map[string]any)
	if got["response_action"] != "errors" || len(fields) != 1 || !strings.Contains(fmt.Sprint(fields["title"]), "Title is missing.") || !strings.Contains(fmt.Sprint(fields["title"]), "Not saved.") {
		t.Errorf("answered with %v", got)
	}
	if got := submit("away"); got["response_action"] != "errors" || !strings.Contains(blocksOf(got), "nothing was changed") {
		t.Errorf("answered with %v", got)
	}
	if got := submit("preview"); got["response_action"] != "update" || !strings.Contains(blocksOf(got), `datahour two`) {
		t.Errorf("answered with %v", got)
	}
	if got := submit("Flood data"); got != nil {
		t.Errorf("answered with %v", got)
	}
	r.untilSlack("the answer", func(f *fakeSlack) bool { return len(f.responses) == 1 })
	last := r.heard[len(r.heard)-1]
	if submit("Flood data"); r.heard[len(r.heard)-1].ID != last.ID {
		t.Error("the same values submitted again are another deed")
	}
	if submit("Flood data, corrected"); r.heard[len(r.heard)-1].ID == last.ID {
		t.Error("corrected values are the same deed")
	}
	if last.Text != "datahour new" || last.Room != "defra:C0DATA" || last.From != "defra:U0ADA" || !strings.HasPrefix(last.ID, "defra:form:V1:") {
		t.Errorf("came as %+v", last)
	}
	for name, want := range map[string]string{"title": "Flood data", "about": "", "count": "4", "public": "", "keep": "year", "when": "2026-12-02T20:00:00Z", "until": "",
		"hosts": "<!user:defra:U0ADA>\n<!user:defra:U0GRACE>", "rooms": "<!room:charities:abc>"} {
		if value, there := last.Form[name]; !there || value != want {
			t.Errorf("%s is %q (%v), want %q", name, value, there, want)
		}
	}
}

// A form that does not open in time is offered by a button, with what was typed.
func TestFormThatDoesNotOpen(t *testing.T) {
	r := running(t, nil)
	r.errors["views.open"] = []string{"expired_trigger_id", "expired_trigger_id"}
	r.answers(func(bot.Inbound) (bot.Reply, error) { return bot.Reply{Form: &hourForm}, nil })
	if got := blocksOf(r.ack(r.command("datahour new Flood"))["payload"]); !strings.Contains(got, `"value":"datahour new Flood"`) {
		t.Errorf("the command was answered with %s", got)
	}
	r.ack(r.press(map[string]any{"action_id": "button:0", "block_id": "b", "type": "button", "value": "datahour edit 7k2"}, nil))
	r.untilSlack("the offer", func(f *fakeSlack) bool { return len(f.responses) == 1 })
	if got := blocksOf(r.responses[0]); !strings.Contains(got, `"value":"datahour edit 7k2"`) {
		t.Errorf("the press was answered with %s", got)
	}
}

// A form that is not ours, or is forged without our context, runs nothing.
func TestForeignForm(t *testing.T) {
	r := running(t, nil)
	for _, view := range []map[string]any{{"callback_id": "other", "private_metadata": `{"command":"community pause"}`}, {"callback_id": formID, "private_metadata": "{"}, {"callback_id": formID}} {
		r.ack(r.sends("interactive", map[string]any{"type": "view_submission", "user": map[string]any{"id": "U0ADA"}, "view": view}))
	}
	if len(r.heard) != 0 {
		t.Errorf("handed in: %+v", r.heard)
	}
}

// Slack runs no slash commands in threads and opens no form from words, so the
// same words by mention are answered there, with a button that opens it.
func TestMentionInThread(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		if in.Addressed {
			return bot.Reply{Form: &hourForm}, nil
		}
		return bot.Reply{}, nil
	})
	first := r.Say("", "a thread")
	r.Say(first, "<@U0BOT> datahour new Flood")
	in := r.hearsText("datahour new Flood")
	if !in.Addressed || in.Kind != bot.Message || in.Thread != first {
		t.Errorf("came as %+v", in)
	}
	r.untilSlack("the whisper", func(f *fakeSlack) bool { return len(f.whispers) == 1 })
	if _, ts := readMessage(first); r.whispers[0].thread != ts || r.whispers[0].user != "U0ADA" {
		t.Errorf("answered in %+v", r.whispers[0])
	}
	call := r.calls[len(r.calls)-1]
	if !strings.Contains(call.values.Get("blocks"), `"value":"datahour new Flood"`) {
		t.Errorf("no button that opens it: %s", call.values.Get("blocks"))
	}
	r.Say("", "thanks <@U0BOT> for this")
	if in := r.hearsText("thanks <!user:defra:U0BOT> for this"); in.Addressed {
		t.Error("what is said about the bot is taken for a command")
	}
}

func TestDirectMessage(t *testing.T) {
	r := running(t, nil)
	r.says(bot.Say("Here"))
	r.mu.Lock()
	r.fakeSlack.says(&fakeMessage{Channel: "D0ADA", User: "U0ADA", Text: "my"})
	r.mu.Unlock()
	in := r.hearsText("my")
	if !in.Direct || in.Room != "defra:@U0ADA" {
		t.Errorf("came as %+v", in)
	}
	r.untilSlack("the answer", func(f *fakeSlack) bool { return len(f.messages) == 2 && f.messages[1].Channel == "D0ADA" })
}

func TestShortcut(t *testing.T) {
	r := running(t, nil)
	r.ack(r.sends("interactive", map[string]any{"type": "message_action", "callback_id": "share", "trigger_id": "T1", "response_url": r.respondURL(),
		"user": map[string]any{"id": "U0GRACE", "name": "grace"}, "channel": map[string]any{"id": "C0DATA"},
		"message": map[string]any{"type": "message", "user": "U0ADA", "ts": "1700000000.000100", "text": "see <https://example.org/a>"}}))
	in := r.hearsText("share see https://example.org/a")
	if in.Kind != bot.Command || in.From != "defra:U0GRACE" || in.Message != "defra:C0DATA-1700000000.000100" {
		t.Errorf("came as %+v", in)
	}
}

func TestHome(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		return bot.Answer("answer to %s", in.Text), nil
	})
	r.ack(r.sendsEvent(map[string]any{"type": "app_home_opened", "user": "U0ADA", "channel": "D0ADA", "tab": "home", "event_ts": "1700000000.000100"}))
	r.untilSlack("the home", func(f *fakeSlack) bool { return len(f.views) == 1 })
	shown := blocksOf(r.views[0])
	if r.views[0]["user_id"] != "U0ADA" || !strings.Contains(shown, "answer to datahour list") || !strings.Contains(shown, "answer to my") || !strings.Contains(shown, `"type":"home"`) {
		t.Errorf("published %s", shown)
	}
	r.ack(r.sendsEvent(map[string]any{"type": "app_home_opened", "user": "U0ADA", "channel": "D0ADA", "tab": "messages"}))
	if n := r.called("views.publish"); n != 1 {
		t.Errorf("published %d times", n)
	}
}
