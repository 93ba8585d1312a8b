package world

import (
	"net/http"
	"testing"
	"time"
)

// act lets a person do something and gives what came of it, later.
func (s *scene) act(path string, in object) <-chan object {
	out := make(chan object, 1)
	go func() { out <- s.ok("POST", path, in) }()
	return out
}

func TestACommandAndItsForm(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	thread := s.say("tim", "data", "hello")
	bot.next()

	asked := s.act("/api/command", object{"as": "ada", "room": "data", "thread": thread, "text": "/datahour new @grace"})
	e := bot.next()
	if e.Kind != "command" || e.Text != "/datahour new <!user:grace>" || e.Thread != thread || e.User.ID != "ada" {
		t.Fatalf("told the bot %+v", e)
	}
	form := Form{Title: "New data hour", Command: "datahour new", Fields: []FormField{{Name: "when", Label: "When", Kind: "when"}}}
	s.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger, "form": form})
	out := <-asked
	if out["answered"] != true || out["form"].(object)["title"] != "New data hour" || out["trigger"] != e.Trigger {
		t.Fatalf("the command came out as %v", out)
	}

	opened := e.Trigger
	s.fails(http.StatusNotFound, "POST", "/api/submit", object{"as": "tim", "trigger": opened, "values": object{"when": "x"}})
	s.fails(http.StatusBadRequest, "POST", "/api/submit", object{"as": "ada", "trigger": opened, "values": object{"other": "x"}})
	for _, try := range []struct {
		when   string
		answer object
	}{
		{"25:99", object{"errors": object{"when": "I can't read that."}}},
		{"Wed 8pm", object{"post": object{"text": "Saved."}}},
	} {
		submitted := s.act("/api/submit", object{"as": "ada", "trigger": opened, "values": object{"when": try.when}})
		e := bot.next()
		if e.Kind != "submit" || e.Text != "datahour new" || e.Values["when"] != try.when || e.Form != opened || e.Trigger == opened || e.Thread != thread {
			t.Fatalf("told the bot %+v", e)
		}
		try.answer["trigger"] = e.Trigger
		s.ok("POST", "/bot/north/answer", try.answer)
		out = <-submitted
		if try.answer["errors"] != nil && out["errors"].(object)["when"] != "I can't read that." {
			t.Errorf("the errors came out as %v", out)
		}
	}
	if got := out["post"].(object); got["only"] != "ada" || got["thread"] != thread {
		t.Errorf("the reply is %v", got)
	}
	if got := s.posts("/api/rooms/data?as=ada"); len(got) != 2 || got[1].Content.Text != "Saved." {
		t.Errorf("Ada reads %+v", got)
	}
	if got := s.posts("/api/rooms/data?as=tim"); len(got) != 1 {
		t.Errorf("Tim reads %+v", got)
	}
}

func TestPressingAndChoosing(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	id := s.ok("POST", "/bot/north/posts", object{"room": "data", "key": "k", "mark": "m", "post": Content{Text: "Seats", Buttons: []Button{
		{Label: "Going", Command: "event rsvp 7k2 going"}, {Label: "Page", URL: "http://127.0.0.1/x"}},
		Select: &Select{Label: "Move", Command: "event move 7k2", Options: []Option{{"Thursday", "thu"}}}}})["id"].(string)

	for _, button := range []string{"going", "event rsvp 7k2 going"} {
		pressed := s.act("/api/press", object{"as": "tim", "message": id, "button": button})
		e := bot.next()
		if e.Kind != "press" || e.ID != "press/"+e.Trigger || e.Text != "event rsvp 7k2 going" || e.Message != id || e.User.ID != "tim" || e.Room != "data" {
			t.Fatalf("told the bot %+v", e)
		}
		s.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger, "update": object{"text": "1 going", "buttons": []Button{{Label: "Going", Command: "event rsvp 7k2 going"}}, "select": Select{Command: "event move 7k2", Options: []Option{{"Thursday", "thu"}}}}})
		if out := <-pressed; out["update"].(object)["id"] != id || out["post"] != nil {
			t.Errorf("the press came out as %v", out)
		}
	}
	if got := s.posts("/api/rooms/data")[0]; got.Content.Text != "1 going" || got.Key != "k" || got.Mark != "m" || got.Rev != 3 {
		t.Errorf("the post reads %+v", got)
	}
	chosen := s.act("/api/choose", object{"as": "mary", "message": id, "option": "Thursday"})
	e := bot.next()
	if e.Kind != "press" || e.Text != "event move 7k2" || e.Value != "thu" {
		t.Fatalf("told the bot %+v", e)
	}
	s.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger})
	if out := <-chosen; out["answered"] != true {
		t.Errorf("an empty answer came out as %v", out)
	}

	s.fails(http.StatusNotFound, "POST", "/api/press", object{"as": "tim", "message": id, "button": "Page"})
	s.fails(http.StatusNotFound, "POST", "/api/choose", object{"as": "tim", "message": id, "option": "Friday"})
	s.fails(http.StatusNotFound, "POST", "/api/press", object{"as": "sam", "message": id, "button": "Going"})
	hers := s.ok("POST", "/bot/north/whisper", object{"room": "data", "user": "ada", "post": Content{Text: "x", Buttons: []Button{{Label: "Go", URL: "http://127.0.0.1/x"}}}})["id"].(string)
	s.fails(http.StatusNotFound, "POST", "/api/press", object{"as": "tim", "message": hers, "button": "Go"})
	if out := s.ok("POST", "/api/press", object{"as": "ada", "message": hers, "button": "Go"}); out["url"] != "http://127.0.0.1/x" {
		t.Errorf("an address came out as %v", out)
	}
}

func TestARepeatedCommandIsOneCommand(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "event", Do: "repeat"}}})
	asked := s.act("/api/command", object{"as": "ada", "room": "data", "text": "/datahour list"})
	one, two := bot.next(), bot.next()
	if one.Trigger != two.Trigger || one.ID != two.ID {
		t.Fatalf("came %+v and %+v", one, two)
	}
	s.ok("POST", "/bot/north/answer", object{"trigger": one.Trigger, "post": object{"text": "here"}})
	if out := <-asked; out["answered"] != true {
		t.Errorf("came out as %v", out)
	}
	if n := len(s.world.asked); n != 1 {
		t.Errorf("%d triggers are kept for it", n)
	}
}

func TestTheBotDoesNotAnswer(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now, After: clock.after})
	bot := s.listen("/bot/north/events")
	asked := s.act("/api/command", object{"as": "ada", "room": "data", "text": "/datahour list"})
	e := bot.next()
	if d := <-clock.set; d != 3*time.Second {
		t.Fatalf("a person waits %v", d)
	}
	clock.add(3 * time.Second)
	if out := <-asked; out["answered"] != false || out["notice"] != unanswered {
		t.Errorf("came out as %v", out)
	}
	if got := s.posts("/api/rooms/data?as=ada"); len(got) != 1 || got[0].Text != unanswered || got[0].By != worldID {
		t.Errorf("Ada reads %+v", got)
	}

	s.fails(http.StatusGone, "POST", "/bot/north/answer", object{"trigger": e.Trigger, "form": Form{Title: "x", Command: "x"}})
	s.fails(http.StatusNotFound, "POST", "/bot/south/answer", object{"trigger": e.Trigger})
	s.fails(http.StatusNotFound, "POST", "/bot/north/answer", object{"trigger": "tzzz"})
	for range mostAnswers {
		if out := s.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger, "post": object{"text": "late"}}); out["late"] != true {
			t.Errorf("a late answer came out as %v", out)
		}
	}
	s.fails(http.StatusGone, "POST", "/bot/north/answer", object{"trigger": e.Trigger, "post": object{"text": "too many"}})
	if got := s.posts("/api/rooms/data?as=ada"); len(got) != 1+mostAnswers || got[1].Content.Text != "late" {
		t.Errorf("Ada reads %+v", got)
	}

	asked = s.act("/api/command", object{"as": "ada", "room": "data", "text": "/datahour list"})
	e = bot.next()
	<-clock.set
	clock.add(31 * time.Minute)
	<-asked
	s.fails(http.StatusGone, "POST", "/bot/north/answer", object{"trigger": e.Trigger, "post": object{"text": "far too late"}})
}
