package mattermost

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// everyField is a form with every kind of field, all of them filled in.
func everyField() bot.Form {
	long := strings.Repeat("Zoë and naïve façades ", 30)
	return bot.Form{Title: "A title that is far too long ü", Intro: "All of **it** until " + bot.MomentToken(moment), Command: "event new", Fields: []bot.FormField{
		{Name: "title", Label: "Title or topic of the whole event", Hint: long, Kind: bot.Text, Value: "Ponds", Max: 60},
		{Name: "about", Label: "About", Kind: bot.Rest, Value: "one\ntwo", Optional: true},
		{Name: "notes", Label: "Notes", Kind: bot.Area, Value: long, Optional: true, Max: 2000},
		{Name: "wide", Label: "Wide", Kind: bot.Text, Max: 300},
		{Name: "seats", Label: "Seats", Kind: bot.Number, Value: "30", Optional: true},
		{Name: "kind", Label: "Kind", Kind: bot.Choice, Value: "meetup", Options: []bot.Option{{Label: "Breakfast", Value: "breakfast"}, {Label: "Meetup", Value: "meetup"}}},
		{Name: "repeat", Label: "Repeat", Kind: bot.Choice, Value: "gone", Optional: true, Options: []bot.Option{{Label: "Weekly", Value: "weekly"}}},
		{Name: "page", Label: "Public page", Kind: bot.Yes, Value: "yes"},
		{Name: "when", Label: "When", Kind: bot.When, Value: "Wed 8pm"},
		{Name: "length", Label: "How long", Kind: bot.Length, Value: "60 min", Optional: true},
		{Name: "hosts", Label: "Hosts", Kind: bot.People, Optional: true, Value: "<!user:charities:" + adaID + ">\n<!user:charities:" + timID + ">"},
		{Name: "rooms", Label: "Rooms", Kind: bot.Rooms, Optional: true, Value: "<!room:south:a>",
			Options: []bot.Option{{Label: "~data", Value: "<!room:charities:" + dataID + ">"}, {Label: "#a (south)", Value: "<!room:south:a>"}}},
		{Name: "series", Label: "Series", Kind: bot.ID, Optional: true},
	}}
}

// The server takes a form beyond its limits and shows nothing, so they are kept.
func TestFormLimits(t *testing.T) {
	s := newServer(t)
	d := s.chat.dialogFor(t.Context(), everyField(), dialogState{Room: string(s.Room()), Channel: dataID, User: adaID})
	if err := d.IsValid(); err != nil {
		t.Error(err)
	}
	if len(d.Title) > 24 || !strings.HasPrefix(d.Title, "A title that is") {
		t.Errorf("the title is %q", d.Title)
	}
	if e := d.Elements[0]; !strings.HasPrefix(e.HelpText, "Title or topic of the whole event") {
		t.Errorf("a label that is too long is lost: %+v", e)
	}
	if e := d.Elements[2]; e.Default != everyField().Fields[2].Value {
		t.Errorf("what was typed is cut to %q", e.Default)
	}
	if form := s.chat.dialogFor(t.Context(), bot.Form{Title: "T", Command: "c"}, dialogState{}); form.IsValid() != nil || form.SubmitLabel != "Save" {
		t.Errorf("a form without fields is %+v", form)
	}
}

func TestForm(t *testing.T) {
	s := newServer(t)
	s.register("event")
	problems := map[string]string{}
	e := listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		switch {
		case in.Form == nil:
			f := everyField()
			return bot.Reply{Form: &f}, nil
		case len(problems) > 0:
			return bot.Reply{Errors: problems}, nil
		}
		return bot.Answer("Saved"), nil
	})
	answer, status := s.commandBy(adaID, "event new", nil)
	if status != 200 || answer.Text != "" || len(s.dialogs) != 1 { // opened first, answered then
		t.Fatalf("answered with %d %+v, %d forms", status, answer, len(s.dialogs))
	}

	// What is wrong is said at its field, and the form stays open.
	problems = map[string]string{"when": "I can't read that as a time.", "": "And I am <tired>.", "other": "Else."}
	back, _ := s.submit(adaID, map[string]any{"title": "Ponds"})
	errs, _ := back["errors"].(map[string]any)
	if errs["when"] != "I can't read that as a time." || len(errs) != 1 || !strings.Contains(back["error"].(string), "tired") || !strings.Contains(back["error"].(string), "Else.") {
		t.Errorf("problems come back as %v", back)
	}

	problems = nil
	values := map[string]any{"title": "  Ponds ", "seats": "30", "kind": "meetup", "page": true, "when": "2026-12-02T20:00:00Z", "length": 60.0,
		"hosts": []any{adaID, timID}, "rooms": "<!room:south:a>,<!room:charities:" + dataID + ">", "smuggled": "x"}
	back, status = s.submit(adaID, values)
	if status != 200 || len(back) != 0 {
		t.Errorf("a good form is answered with %d %v", status, back)
	}
	e.until("the form", func() bool { return len(e.heard) == 3 })
	in := e.heard[2]
	want := map[string]string{"title": "Ponds", "about": "", "notes": "", "wide": "", "seats": "30", "kind": "meetup", "repeat": "", "page": "yes", "when": "2026-12-02T20:00:00Z", "length": "60",
		"hosts": "<!user:charities:" + adaID + ">\n<!user:charities:" + timID + ">", "rooms": "<!room:south:a>\n<!room:charities:" + dataID + ">", "series": ""}
	if asString(in.Form) != asString(want) {
		t.Errorf("the fields came as %v", in.Form)
	}
	if in.Text != "event new" || in.Kind != bot.Command || in.Pressed || in.Room != s.Room() || in.From != s.Person() {
		t.Errorf("a form came as %+v", in)
	}
	if len(s.answers) != 1 || s.answers[0].Text != "Saved" {
		t.Errorf("answers came as %s", asString(s.answers))
	}
	// The same sent twice is one thing done; other values are another.
	s.submit(adaID, values)
	values["title"] = "Lakes"
	delete(values, "page")
	s.submit(adaID, values)
	e.until("both", func() bool { return len(e.heard) == 5 })
	if e.heard[3].ID != in.ID || e.heard[4].ID == in.ID || e.heard[1].ID == in.ID || e.heard[4].Form["page"] != "no" {
		t.Errorf("forms have the ids %q, %q, %q", in.ID, e.heard[3].ID, e.heard[4].ID)
	}
}

// A form's address and state are in everybody's hands; only the user is certain.
func TestForgedForm(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	mine := dialogState{Command: "hour close 7k2", Room: string(s.Room()), Channel: dataID, User: adaID, Nonce: "n"}
	good := s.chat.seal("dialog", mine)
	words, sig, _ := strings.Cut(good, ".")
	for name, req := range map[string]model.SubmitDialogRequest{
		"no state":         {UserId: adaID},
		"no seal":          {UserId: adaID, State: words},
		"other words":      {UserId: adaID, State: "e30." + sig},
		"a button's":       {UserId: adaID, State: s.chat.seal("press", mine)},
		"somebody else's":  {UserId: timID, State: good},
		"nobody in the it": {State: good},
	} {
		if _, status := s.callback(s.hook.URL+"/mm/dialog", req); status != http.StatusUnauthorized {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	if _, status := s.callback(s.hook.URL+"/mm/dialog", model.SubmitDialogRequest{UserId: adaID, State: good, Cancelled: true}); status != http.StatusOK {
		t.Errorf("a form that was closed is answered with %d", status)
	}
	if got := e.texts(); len(got) != 0 {
		t.Errorf("handed in were %q", got)
	}
	s.callback(s.hook.URL+"/mm/dialog", model.SubmitDialogRequest{UserId: adaID, State: good})
	e.hears(bot.Command, "hour close 7k2")
}

// A form that does not open is said, and so is one that the core did not take.
func TestFormFails(t *testing.T) {
	s := newServer(t)
	s.register("event")
	form := bot.Form{Title: "T", Command: "event new"}
	listen(t, s, func(in bot.Inbound) (bot.Reply, error) {
		if in.Form != nil {
			return bot.Reply{}, bot.ErrStandby
		}
		return bot.Reply{Form: &form}, nil
	})
	s.Command("event new")
	if back, status := s.submit(adaID, nil); status != 200 || !strings.Contains(asString(back), "Not saved") {
		t.Errorf("answered with %d %v", status, back)
	}
	s.refuses("POST /actions/dialogs/open", 400, "api.context.invalid_body_param.app_error")
	if answer, status := s.commandBy(adaID, "event new", nil); status != 200 || answer.Text != formNotShown {
		t.Errorf("answered with %d %+v", status, answer)
	}
}
