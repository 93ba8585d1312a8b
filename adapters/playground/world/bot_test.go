package world

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheBotsPosts(t *testing.T) {
	s := stage(t, Options{})
	question := s.say("tim", "data", "anyone?")
	one := s.post("hour/1", "first")
	two := s.ok("POST", "/bot/north/posts", object{"room": "data", "thread": question, "key": "hour/1", "mark": "m", "post": object{"title": "second"}})["id"].(string)
	s.post("hour/2", "another key")

	found := s.ok("GET", "/bot/north/posts?room=data&key=hour/1", nil)["posts"].([]any)
	if len(found) != 2 || found[0].(object)["id"] != one || found[1].(object)["mark"] != "m" || found[1].(object)["thread"] != question {
		t.Errorf("found %v", found)
	}
	found = s.ok("GET", "/bot/north/posts?room=data&key=hour/1&thread="+question, nil)["posts"].([]any)
	if len(found) != 1 || found[0].(object)["id"] != two {
		t.Errorf("found in the thread %v", found)
	}

	s.ok("PATCH", "/bot/north/posts/"+one, object{"post": object{"text": "edited"}})
	s.ok("PATCH", "/bot/north/posts/"+two, object{"mark": "n", "post": object{"text": "edited"}})
	s.ok("DELETE", "/bot/north/posts/"+one, nil)
	found = s.ok("GET", "/bot/north/posts?room=data&key=hour/1", nil)["posts"].([]any)
	if len(found) != 1 || found[0].(object)["mark"] != "n" {
		t.Errorf("found after the deletion %v", found)
	}
	got := s.posts("/api/rooms/data")
	if len(got) != 4 || !got[1].Deleted || got[1].Key != "hour/1" || got[1].Content != nil || got[2].Content.Text != "edited" || got[2].Rev != 2 {
		t.Errorf("the room reads %+v", got)
	}

	text := object{"text": "x"}
	s.fails(http.StatusGone, "DELETE", "/bot/north/posts/"+one, nil)
	s.fails(http.StatusNotFound, "DELETE", "/bot/south/posts/"+two, nil)
	s.fails(http.StatusForbidden, "PATCH", "/bot/north/posts/"+question, object{"post": text})
	s.fails(http.StatusNotFound, "POST", "/bot/north/posts", object{"room": "general", "post": text})
	s.fails(http.StatusNotFound, "POST", "/bot/north/posts", object{"room": "help", "thread": question, "post": text})
	s.fails(http.StatusNotFound, "POST", "/bot/west/posts", object{"room": "data", "post": text})
	s.fails(http.StatusNotFound, "GET", "/bot/north/posts?room=general&key=x", nil)
	for _, bad := range []any{nil, object{}, object{"text": strings.Repeat("é", mostText+1)},
		object{"text": "x", "buttons": []object{{"label": "neither"}}},
		object{"text": "x", "buttons": slices.Repeat([]object{{"label": "b", "command": "c"}}, mostButtons+1)},
		object{"text": "x", "select": object{"label": "s", "command": "c", "options": make([]Option, mostOptions+1)}},
		object{"text": "x", "buttons": []object{{"label": "both", "command": "x", "url": "http://x"}}}} {
		s.fails(http.StatusBadRequest, "POST", "/bot/north/posts", object{"room": "data", "post": bad})
	}
}

func TestWhispersAndDirectMessages(t *testing.T) {
	s := stage(t, Options{})
	s.ok("POST", "/bot/north/whisper", object{"room": "data", "user": "tim", "post": object{"text": "for Tim"}})
	s.fails(http.StatusNotFound, "POST", "/bot/north/whisper", object{"room": "data", "user": "sam", "post": object{"text": "x"}})
	if got := s.posts("/api/rooms/data?as=tim"); len(got) != 1 || got[0].Content.Text != "for Tim" {
		t.Errorf("Tim reads %+v", got)
	}
	for _, as := range []string{"", "?as=mary"} {
		if got := s.posts("/api/rooms/data" + as); len(got) != 0 {
			t.Errorf("%q reads %+v", as, got)
		}
	}
	s.ok("POST", "/bot/north/posts", object{"room": "@tim", "post": object{"text": "hello Tim"}})
	if got := s.posts("/api/rooms/@tim"); len(got) != 1 {
		t.Errorf("Tim's direct messages read %+v", got)
	}
}

func TestHistory(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now})
	s.say("tim", "data", "before")
	edited := s.say("tim", "data", "to be edited")
	deleted := s.say("tim", "data", "to be deleted")
	s.post("k", "the bot's own")
	clock.add(time.Minute)
	since := clock.now().UTC().Format(time.RFC3339Nano)
	s.ok("POST", "/api/edit", object{"as": "tim", "message": edited, "text": "edited"})
	under := s.ok("POST", "/api/say", object{"as": "mary", "room": "data", "thread": edited, "text": "reply"})["id"].(string)
	clock.add(time.Minute)
	s.ok("POST", "/api/delete", object{"as": "tim", "message": deleted})

	got := s.posts("/bot/north/history?room=data&since=" + since)
	if len(got) != 3 || got[0].ID != edited || got[1].ID != under || got[2].ID != deleted || !got[2].Deleted {
		t.Errorf("history since %s: %+v", since, got)
	}
	if got := s.posts("/bot/north/history?room=data"); len(got) != 4 {
		t.Errorf("the whole history: %+v", got)
	}
	s.fails(http.StatusBadRequest, "GET", "/bot/north/history?room=data&since=yesterday", nil)
	s.fails(http.StatusNotFound, "GET", "/bot/north/history?room=general", nil)
}

func TestHistoryInPages(t *testing.T) {
	for name, pass := range map[string]time.Duration{"a second apart": time.Second, "all at one moment": 0} {
		t.Run(name, func(t *testing.T) { readHistoryInPages(t, pass) })
	}
}

func readHistoryInPages(t *testing.T, pass time.Duration) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now})
	for range historyPage + 20 {
		clock.add(pass)
		if _, err := s.world.say(sayIn{As: "tim", Room: "data", Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	seen, since := map[string]bool{}, ""
	for range 3 {
		out := s.ok("GET", "/bot/north/history?room=data&since="+since, nil)
		posts := out["posts"].([]any)
		for _, p := range posts {
			seen[p.(object)["id"].(string)] = true
			since = p.(object)["changed"].(string)
		}
		if out["more"] != true {
			break
		}
	}
	if len(seen) != historyPage+20 {
		t.Errorf("saw %d posts", len(seen))
	}
}

func TestDirectoryAndCommands(t *testing.T) {
	s := stage(t, Options{})
	users := s.ok("GET", "/bot/south/users", nil)
	if n := len(users["users"].([]any)); n != 4 || users["bot"].(object)["id"] != BotID {
		t.Errorf("the users are %v", users)
	}
	if rooms := s.ok("GET", "/bot/south/rooms", nil)["rooms"].([]any); len(rooms) != 2 || rooms[0].(object)["name"] != "~data-chat" {
		t.Errorf("the rooms are %v", rooms)
	}
	s.ok("PUT", "/bot/south/commands", object{"commands": []Command{{Name: "datahour new", Summary: "Plan one", Organisers: true}}})
	south := s.ok("GET", "/api/platforms", nil)["list"].([]any)[1].(object)
	if c := south["commands"].([]any); len(c) != 1 || c[0].(object)["name"] != "datahour new" {
		t.Errorf("the commands are %v", c)
	}
	s.fails(http.StatusNotFound, "POST", "/api/command", object{"as": "sam", "room": "general", "text": "/weather"})
	s.fails(http.StatusBadRequest, "POST", "/api/command", object{"as": "sam", "room": "general", "text": "datahour new"})
}

func TestOnlyTheBotHasTheToken(t *testing.T) {
	s := stage(t, Options{Token: "secret"})
	s.fails(http.StatusUnauthorized, "GET", "/bot/north/users", nil) // shows the default one
	resp, err := http.Get(s.url + "/bot/north/events")
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %v %v", resp, err)
	}
}

func TestOnlyLoopback(t *testing.T) {
	s := stage(t, Options{})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "127.0.0.1:1": 200, "[::1]:80": 200, "127.9.9.9": 200,
		"evil.example": 403, "localhost.evil.example": 403, "192.0.2.1": 403, "": 200, // Go fills in an empty one
	} {
		req, _ := http.NewRequest("GET", s.url+"/api/people", nil)
		req.Host = host
		if resp, err := once.Do(req); err != nil || resp.StatusCode != want {
			t.Errorf("Host %q: %v %v, want %d", host, resp.StatusCode, err, want)
		}
	}
	for from, want := range map[string]int{"127.0.0.1:9": 200, "[::1]:9": 200, "192.0.2.1:9": 403, "nonsense": 403} {
		req, _ := http.NewRequest("GET", "http://localhost/api/people", nil)
		req.RemoteAddr = from
		rw := newRecorder()
		s.world.Handler().ServeHTTP(rw, req)
		if rw.Code != want {
			t.Errorf("from %s: %d, want %d", from, rw.Code, want)
		}
	}
	req, _ := http.NewRequest("POST", s.url+"/api/say", strings.NewReader(`{"as":"tim","room":"data","text":"x"}`))
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, err := once.Do(req); err != nil || resp.StatusCode != 403 {
		t.Errorf("another site's post: %v %v", resp.StatusCode, err)
	}
	if len(s.posts("/api/rooms/data")) != 0 {
		t.Error("another site's post was taken")
	}
}
