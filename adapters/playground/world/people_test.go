package world

import (
	"net/http"
	"strings"
	"testing"
)

func TestSaying(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	first := s.say("tim", "data", "A1 ask @grace in #help, @datahour or @nobody")
	want := "A1 ask <!user:grace> in <!room:help>, <!user:datahour> or @nobody"
	e := bot.next()
	if e.Kind != "message" || e.ID != "message/"+first || e.Text != want || !e.Addressed || e.Room != "data" || e.User.Name != "Tim Berners" || e.Rev != 1 {
		t.Errorf("told the bot %+v", e)
	}
	reply := s.ok("POST", "/api/say", object{"as": "mary", "room": "data", "thread": first, "text": "yes"})["id"].(string)
	under := s.ok("POST", "/api/say", object{"as": "tim", "room": "data", "thread": reply, "text": "good"})["id"].(string)
	bot.next()
	if e := bot.next(); e.Message != under || e.Thread != first {
		t.Errorf("a reply to a reply is %+v, want it in thread %s", e, first)
	}
	if got := s.posts("/api/rooms/data?thread=" + first); len(got) != 3 || got[0].Text != want || got[2].Thread != first {
		t.Errorf("the thread reads %+v", got)
	}

	s.fails(http.StatusNotFound, "POST", "/api/say", object{"as": "nobody", "room": "data", "text": "x"})
	s.fails(http.StatusNotFound, "POST", "/api/say", object{"as": "tim", "room": "general", "text": "not on his platform"})
	s.fails(http.StatusNotFound, "POST", "/api/say", object{"as": "tim", "room": "help", "thread": first, "text": "another room's thread"})
	s.fails(http.StatusForbidden, "POST", "/api/say", object{"as": "tim", "room": "@ada", "text": "not his"})
	s.fails(http.StatusBadRequest, "POST", "/api/say", object{"as": "tim", "room": "data", "text": "  "})
	s.fails(http.StatusBadRequest, "POST", "/api/say", object{"as": "tim", "rooom": "data", "text": "x"})
	s.fails(http.StatusBadRequest, "POST", "/api/say", object{"as": "tim", "room": "data", "text": strings.Repeat("x", mostText+1)})
}

func TestSayingOnceWithAnID(t *testing.T) {
	s := stage(t, Options{})
	in := object{"as": "tim", "room": "data", "text": "x", "id": "mine-1"}
	one, two := s.ok("POST", "/api/say", in), s.ok("POST", "/api/say", in)
	if one["id"] != two["id"] || len(s.posts("/api/rooms/data")) != 1 {
		t.Errorf("said twice: %v, %v", one, two)
	}
	in["as"] = "mary" // another's id of the same name is another thing
	if s.ok("POST", "/api/say", in)["id"] == one["id"] {
		t.Error("Mary's message was taken for Tim's")
	}
}

func TestEditingAndDeleting(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	id := s.say("tim", "data", "first")
	s.ok("POST", "/api/edit", object{"as": "tim", "message": id, "text": "second"})
	s.fails(http.StatusForbidden, "POST", "/api/edit", object{"as": "ada", "message": id, "text": "hers"})
	s.fails(http.StatusForbidden, "POST", "/api/delete", object{"as": "mary", "message": id})
	s.fails(http.StatusNotFound, "POST", "/api/delete", object{"as": "florence", "message": id})
	bot.next()
	if e := bot.next(); e.ID != "edited/"+id+"/2" || e.Text != "second" || e.Rev != 2 {
		t.Errorf("told the bot %+v", e)
	}
	if got := s.ok("GET", "/api/messages/"+id, nil); got["text"] != "second" || got["edited"] != true {
		t.Errorf("reads %v", got)
	}
	s.ok("POST", "/api/delete", object{"as": "ada", "message": id})
	if e := bot.next(); e.ID != "deleted/"+id || e.Text != "" || e.User.ID != "ada" || e.Rev != 3 {
		t.Errorf("told the bot %+v", e)
	}
	if got := s.ok("GET", "/api/messages/"+id, nil); got["text"] != nil || got["deleted"] != true || got["deletedBy"] != "ada" {
		t.Errorf("the tombstone reads %v", got)
	}
	s.fails(http.StatusGone, "POST", "/api/edit", object{"as": "tim", "message": id, "text": "third"})

	own := s.post("k", "the bot's")
	s.ok("POST", "/api/delete", object{"as": "ada", "message": own})
	if e := bot.next(); e.ID != "deleted/"+own {
		t.Errorf("told the bot %+v", e)
	}
	s.fails(http.StatusGone, "PATCH", "/bot/north/posts/"+own, object{"post": object{"text": "back"}})
}

func TestReacting(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/north/events")
	id := s.post("k", "hello")
	for range 2 { // the second time changes nothing
		s.ok("POST", "/api/react", object{"as": "tim", "message": id, "name": "👍"})
	}
	s.ok("POST", "/api/react", object{"as": "mary", "message": id, "name": "👍"})
	s.ok("POST", "/api/unreact", object{"as": "tim", "message": id, "name": "👍"})
	s.ok("POST", "/api/unreact", object{"as": "tim", "message": id, "name": "🎉"})
	for _, want := range []string{"reacted tim", "reacted mary", "unreacted tim"} {
		if e := bot.next(); e.Kind+" "+e.User.ID != want || e.Reaction != "👍" || e.Message != id {
			t.Errorf("told the bot %+v, want %s", e, want)
		}
	}
	got := s.posts("/api/rooms/data")[0].Reactions
	if len(got) != 1 || len(got[0].People) != 1 || got[0].People[0] != "mary" {
		t.Errorf("reads %+v", got)
	}
	s.ok("POST", "/api/unreact", object{"as": "mary", "message": id, "name": "👍"})
	if got := s.posts("/api/rooms/data")[0].Reactions; len(got) != 0 {
		t.Errorf("reads %+v", got)
	}
}

func TestAddingPeople(t *testing.T) {
	s := stage(t, Options{})
	bot := s.listen("/bot/south/events")
	for _, want := range []string{"olive-park", "olive-park-2"} {
		got := s.ok("POST", "/api/people", object{"platform": "south", "name": " Olive  Park ", "organiser": true})
		if got["id"] != want || got["name"] != "Olive Park" || got["about"] != "organiser" {
			t.Errorf("added %v, want %s", got, want)
		}
		for _, room := range []string{"data-chat", "general"} {
			if e := bot.next(); e.Kind != "joined" || e.Room != room || e.User.ID != want {
				t.Errorf("told the bot %+v", e)
			}
		}
	}
	s.say("olive-park", "general", "hello")
	s.say("olive-park", "@olive-park", "hello, bot")
	bot.next()
	if e := bot.next(); !e.Direct || e.Room != "@olive-park" {
		t.Errorf("told the bot %+v", e)
	}
	s.fails(http.StatusBadRequest, "POST", "/api/people", object{"platform": "south", "name": " "})
	s.fails(http.StatusNotFound, "POST", "/api/people", object{"platform": "west", "name": "X"})
	s.fails(http.StatusConflict, "POST", "/api/people", object{"platform": "north", "name": "X", "id": "sam"})
	s.fails(http.StatusBadRequest, "POST", "/api/people", object{"platform": "north", "name": "X", "id": "No Good"})
	s.fails(http.StatusConflict, "POST", "/api/people", object{"platform": "north", "name": "X", "id": BotID})
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"Ada Byron": "ada-byron", "Olive O'Neil": "olive-o-neil", "7 of Nine": "p-7-of-nine", "Åse Ødegård": "se-deg-rd", "李": "p",
	} {
		if got := slug(name); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestReadingRooms(t *testing.T) {
	s := stage(t, Options{Posts: 5})
	var ids []string
	for range 7 {
		ids = append(ids, s.say("tim", "data", "x"))
	}
	s.ok("POST", "/bot/north/whisper", object{"room": "data", "user": "tim", "post": object{"text": "for Tim"}})
	if got := s.posts("/api/rooms/data"); len(got) != 4 || got[0].ID != ids[3] {
		t.Errorf("%d posts from %s, want the last four", len(got), got[0].ID)
	}
	if got := s.posts("/api/rooms/data?as=tim&max=2"); len(got) != 2 || got[1].Only != "tim" {
		t.Errorf("Tim reads %+v", got)
	}
	if got := s.posts("/api/rooms/data?as=mary&after=" + ids[4] + "&max=1"); len(got) != 1 || got[0].ID != ids[5] {
		t.Errorf("going on reads %+v", got)
	}
	s.fails(http.StatusNotFound, "GET", "/api/messages/"+ids[0], nil)
	s.fails(http.StatusNotFound, "GET", "/api/rooms/west", nil)
	s.fails(http.StatusNotFound, "GET", "/api/rooms/data?as=nobody", nil)
	rooms := s.ok("GET", "/api/rooms", nil)["list"].([]any)
	if r := rooms[0].(object); r["id"] != "data" || r["posts"] != 4.0 || len(rooms) != 4 {
		t.Errorf("the rooms are %v", rooms)
	}
}

func TestCallingEveryone(t *testing.T) {
	for text, want := range map[string]bool{
		"@channel": true, "hi @Here.": true, "(@all)": true, `\@channel`: false, "@channelling": false, "me@all.org": false, "@ada": false, "`@everyone`": true,
	} {
		if got := (&Content{Text: text}).callsEveryone(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	s := stage(t, Options{})
	id := s.say("tim", "data", "hi @here")
	if s.ok("GET", "/api/messages/"+id, nil)["everyone"] != true {
		t.Error("a person's @here is not marked")
	}
}
