package world

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"
)

func (s *scene) misbehave(b Misbehaviour) { s.Helper(); s.ok("POST", "/api/misbehave", b) }

// attempt posts and says how that went: "200", "429", "cut" …
func (s *scene) attempt(key string) string {
	s.Helper()
	resp, err := s.try("POST", "/bot/north/posts", object{"room": "data", "key": key, "post": object{"text": key}})
	if err != nil {
		if !errors.Is(err, io.EOF) {
			s.Fatalf("cut with %v", err)
		}
		return "cut"
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "7" {
		s.Errorf("Retry-After is %q", resp.Header.Get("Retry-After"))
	}
	return fmt.Sprint(resp.StatusCode)
}

func TestScriptedMischief(t *testing.T) {
	s := stage(t, Options{})
	s.misbehave(Misbehaviour{Platform: "north", Next: []Deed{
		{Op: "post", Do: "lose"}, {Op: "edit", Do: "fail"}, {Op: "post", Do: "well"}, {Op: "post", Do: "refuse", Seconds: 7}, {Op: "post", Do: "fail"}, {Op: "post", Do: "failAfter"}}})
	for i, want := range []struct {
		how    string
		effect bool
	}{{"cut", true}, {"200", true}, {"429", false}, {"503", false}, {"502", true}, {"200", true}} {
		key := fmt.Sprint("k", i)
		if got := s.attempt(key); got != want.how {
			t.Errorf("post %d: %s, want %s", i, got, want.how)
		}
		found := s.ok("GET", "/bot/north/posts?room=data&key="+key, nil)["posts"].([]any)
		if (len(found) == 1) != want.effect {
			t.Errorf("post %d (%s): %d posts found", i, want.how, len(found))
		}
	}
	id := s.post("e", "x")
	s.fails(http.StatusServiceUnavailable, "PATCH", "/bot/north/posts/"+id, object{"post": object{"text": "y"}})
	s.ok("PATCH", "/bot/north/posts/"+id, object{"post": object{"text": "y"}})
	done := s.ok("GET", "/api/misbehave", nil)["list"].([]any)[0].(object)["done"].(object)
	if done["lose"] != 1.0 || done["fail"] != 2.0 || done["refuse"] != 1.0 || done["failAfter"] != 1.0 || done["well"] != nil {
		t.Errorf("done: %v", done)
	}
}

func TestALateEffect(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now, After: clock.after})
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "post", Do: "late", Seconds: 5}}})
	how := make(chan string, 1)
	go func() { how <- s.attempt("late") }()
	if d := <-clock.set; d != 5*time.Second {
		t.Fatalf("late by %v", d)
	}
	if got := s.posts("/api/rooms/data"); len(got) != 0 {
		t.Error("the effect came at once")
	}
	clock.add(5 * time.Second)
	if got := <-how; got != "200" || len(s.posts("/api/rooms/data")) != 1 {
		t.Errorf("came out as %s", got)
	}
}

func TestALateEffectComesThoughTheBotGaveUp(t *testing.T) {
	clock := newHandClock()
	s := stage(t, Options{Now: clock.now, After: clock.after})
	s.misbehave(Misbehaviour{Next: []Deed{{Op: "post", Do: "late", Seconds: 5}}})
	req, _ := http.NewRequest("POST", s.url+"/bot/north/posts", io.NopCloser(newBody(object{"room": "data", "key": "late", "post": object{"text": "x"}})))
	req.Header.Set("Authorization", "Bearer "+DefaultToken)
	ctx, cancel := contextOf(t)
	gaveUp := make(chan error, 1)
	go func() { _, err := once.Do(req.WithContext(ctx)); gaveUp <- err }()
	<-clock.set
	cancel()
	if err := <-gaveUp; err == nil {
		t.Fatal("the bot did not give up")
	}
	live := s.follow("ada")
	live.wait("state")
	clock.add(5 * time.Second)
	live.wait("post")
	if got := s.posts("/api/rooms/data"); len(got) != 1 || got[0].Key != "late" {
		t.Errorf("the room reads %+v", got)
	}
}

func TestTheSameSeedGivesTheSameMischief(t *testing.T) {
	run := func(seed uint64) (how []string, cursors int) {
		s := stage(t, Options{})
		s.misbehave(Misbehaviour{Seed: seed, Lose: .2, Refuse: Refuse{.2, 7}, Fail: .2, FailAfter: .1, Repeat: .3})
		for i := range 40 {
			how = append(how, s.attempt(fmt.Sprint(i)))
			s.say("tim", "data", "x")
		}
		return how, len(s.world.platforms[0].stream.kept)
	}
	one, n := run(1)
	same, m := run(1)
	if !slices.Equal(one, same) || n != m {
		t.Errorf("seed 1 gave\n%v, %d events, and then\n%v, %d events", one, n, same, m)
	}
	for _, want := range []string{"200", "cut", "429", "503", "502"} {
		if !slices.Contains(one, want) {
			t.Errorf("%s never happened in %v", want, one)
		}
	}
	if n <= 40 {
		t.Error("no event was repeated")
	}
	if other, _ := run(2); slices.Equal(one, other) {
		t.Error("seed 2 gave the same as seed 1")
	}
}

func TestMischiefEnds(t *testing.T) {
	s := stage(t, Options{})
	s.misbehave(Misbehaviour{Fail: 1, Ops: []string{"post", "users"}})
	s.fails(http.StatusServiceUnavailable, "GET", "/bot/north/users", nil)
	s.ok("GET", "/bot/north/rooms", nil)
	s.ok("DELETE", "/api/misbehave", nil)
	s.ok("GET", "/bot/north/users", nil)
	if got := s.attempt("k"); got != "200" {
		t.Errorf("afterwards: %s", got)
	}
	for _, bad := range []Misbehaviour{
		{Lose: 1.5}, {Lose: -.1}, {Lose: .6, Fail: .6}, {Ops: []string{"sing"}},
		{Next: []Deed{{Op: "post", Do: "drop"}}}, {Next: []Deed{{Op: "event", Do: "lose"}}}, {Next: []Deed{{Op: "sing", Do: "lose"}}}, {Next: []Deed{{Do: "late", Seconds: 1e9}}},
	} {
		s.fails(http.StatusBadRequest, "POST", "/api/misbehave", bad)
	}
	s.fails(http.StatusNotFound, "POST", "/api/misbehave", Misbehaviour{Platform: "west"})
}
