package world

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func newBody(v any) io.Reader { return bytes.NewReader(encode(v)) }

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(t.Context())
}

// live is an open page.
type live struct {
	*testing.T
	lines *bufio.Scanner
}

func (s *scene) follow(as ...string) *live {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), "GET", s.url+"/api/live?as="+strings.Join(as, "&as="), nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 8<<20)
	return &live{s.T, lines}
}

// wait reads on until news of that name and gives what it says.
func (l *live) wait(name string) object {
	l.Helper()
	for l.lines.Scan() {
		if l.lines.Text() != "event: "+name {
			continue
		}
		l.lines.Scan()
		var out object
		if err := json.Unmarshal([]byte(strings.TrimPrefix(l.lines.Text(), "data: ")), &out); err != nil {
			l.Fatal(err)
		}
		return out
	}
	l.Fatalf("the stream ended before %q: %v", name, l.lines.Err())
	return nil
}

func TestThePageIsTold(t *testing.T) {
	s := stage(t, Options{PublicURL: "http://127.0.0.1:8080"})
	s.say("tim", "data", "before")
	s.ok("POST", "/bot/north/whisper", object{"room": "data", "user": "tim", "post": object{"text": "for Tim"}})
	s.say("tim", "@tim", "to the bot")
	page := s.follow("ada", "sam")
	state := page.wait("state")
	if n := len(state["posts"].([]any)); n != 1 || state["public"] != "http://127.0.0.1:8080" || len(state["platforms"].([]any)) != 2 {
		t.Errorf("the page begins with %v", state)
	}
	if n := len(s.follow("tim").wait("state")["posts"].([]any)); n != 3 {
		t.Errorf("Tim's page begins with %d posts, want 3", n)
	}
	s.ok("POST", "/bot/north/whisper", object{"room": "data", "user": "tim", "post": object{"text": "for Tim"}})
	s.say("tim", "@tim", "to the bot")
	s.ok("POST", "/bot/south/whisper", object{"room": "general", "user": "sam", "post": object{"text": "for Sam"}})
	if got := page.wait("post"); got["only"] != "sam" {
		t.Errorf("told the page %v", got)
	}
	s.ok("PUT", "/bot/north/commands", object{"commands": []Command{{Name: "my"}}})
	if got := page.wait("commands"); got["platform"] != "north" {
		t.Errorf("told the page %v", got)
	}
	s.ok("POST", "/api/people", object{"platform": "south", "name": "Olive"})
	if got := page.wait("person"); got["id"] != "olive" {
		t.Errorf("told the page %v", got)
	}
	s.ok("PUT", "/bot/north/clock", object{"now": "2030-01-01T00:00:00Z"})
	if got := page.wait("clock"); !strings.HasPrefix(got["now"].(string), "2030-01-01T00:00:0") {
		t.Errorf("told the page %v", got)
	}
	s.listen("/bot/south/events")
	if got := page.wait("bot"); got["platform"] != "south" || got["connected"] != true {
		t.Errorf("told the page %v", got)
	}
}

func TestAPageThatLagsIsLetGo(t *testing.T) {
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f := &follower{as: []string{"ada"}, news: make(chan []byte, 1)}
	w.mu.Lock()
	w.followers[f] = true
	w.mu.Unlock()
	for range 2 {
		if _, err := w.say(sayIn{As: "tim", Room: "data", Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	<-f.news
	if _, open := <-f.news; open || len(w.followers) != 0 {
		t.Error("a page that does not read is still being told")
	}
}

func TestThePageAndItsRules(t *testing.T) {
	s := stage(t, Options{PublicURL: "http://127.0.0.1:8080"})
	for _, path := range []string{"/", "/page.css", "/page.js", "/column.js", "/message.js", "/composer.js", "/dialogs.js", "/words.js", "/icon.svg"} {
		resp, err := http.Get(s.url + path)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %v %v", path, resp, err)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "img-src 'self' data: http://127.0.0.1:8080;") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
	if resp, err := http.Get(s.url + "/elsewhere"); err != nil || resp.StatusCode != 404 {
		t.Errorf("elsewhere: %v %v", resp, err)
	}
}
