package world

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

// all is what of a World has to outlive its process.
func (w *World) all() object {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := object{"offset": w.offset, "people": w.order, "once": w.once}
	for id, r := range w.rooms {
		var posts []Post
		for _, p := range r.posts {
			posts = append(posts, *p)
		}
		out["room "+id] = []any{r.Room, posts, r.count, r.keys}
	}
	for _, p := range w.platforms {
		var events []any
		for _, k := range p.stream.kept {
			events = append(events, k.acked, *k.event)
		}
		out["platform "+p.ID] = []any{p.commands, events, p.stream.lost}
	}
	for _, t := range w.asked {
		out["trigger "+t.id] = []any{*t.event, t.form}
	}
	return out
}

func TestTheJournalOutlivesAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.jsonl")
	clock := newHandClock()
	opt := Options{File: file, Now: clock.now, After: clock.after, Posts: 6, Events: 9}
	s := stage(t, opt)
	bot := s.listen("/bot/north/events")
	one := s.ok("POST", "/api/say", object{"as": "tim", "room": "data", "text": "one", "id": "mine"})["id"].(string)
	s.ok("POST", "/api/edit", object{"as": "tim", "message": one, "text": "two"})
	s.ok("POST", "/api/react", object{"as": "mary", "message": one, "name": "👍"})
	bot.ack("ack", bot.next().Cursor)
	bot.leave()
	s.ok("PUT", "/bot/north/commands", object{"commands": []Command{{Name: "datahour new"}}})
	s.ok("PUT", "/bot/north/clock", object{"now": clock.now().Add(time.Hour)})
	s.ok("POST", "/api/people", object{"platform": "south", "name": "Olive"})
	for i := range 8 {
		s.post(fmt.Sprint("k", i/3), "x")
		s.say("tim", "help", "x")
	}
	bot = s.listen("/bot/north/events")
	asked := s.act("/api/command", object{"as": "ada", "room": "data", "text": "/datahour new"})
	var e Event
	for e.Kind != "command" {
		e = bot.next()
	}
	s.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger, "form": Form{Title: "F", Command: "datahour new"}})
	<-asked

	// The process is gone without a word: the file is what it is now, and the
	// last line was not finished.
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	killed := filepath.Join(t.TempDir(), "killed.jsonl")
	if err := os.WriteFile(killed, append(b, `[{"post":{"id":"mzz`...), 0o600); err != nil {
		t.Fatal(err)
	}
	opt.File = killed
	for _, how := range []string{"replayed", "replayed once more, compacted"} {
		next := stage(t, opt)
		if was, is := s.world.all(), next.world.all(); !reflect.DeepEqual(was, is) {
			for k := range was {
				if !reflect.DeepEqual(was[k], is[k]) {
					t.Errorf("%s: %s was\n%s\nand is\n%s", how, k, encode(was[k]), encode(is[k]))
				}
			}
		}
		if id := next.ok("POST", "/bot/north/answer", object{"trigger": e.Trigger, "errors": nil, "post": nil})["late"]; id != true {
			t.Errorf("%s: an answer after the restart is not late", how)
		}
		next.world.Close()
	}
	next := stage(t, opt)
	if next.post("k9", "x") <= e.Trigger[1:] && next.world.serial <= serialOf(e.Trigger) {
		t.Error("numbers are given again after a restart")
	}
	again := next.listen("/bot/north/events")
	if e := again.next(); e.Kind != "gap" { // nine events are kept, and ten came
		t.Errorf("after the restart came %+v", e)
	}
}

func TestTheJournalIsCompactedWhileItGrows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.jsonl")
	s := stage(t, Options{File: file})
	id := s.say("tim", "data", "x")
	for i := range 50 {
		s.ok("POST", "/api/edit", object{"as": "tim", "message": id, "text": fmt.Sprint(i)})
	}
	s.world.mu.Lock()
	was := s.world.journal.size
	err := s.world.journal.compact(s.world)
	is := s.world.journal.size
	s.world.mu.Unlock()
	if err != nil || is >= was {
		t.Fatalf("compacted from %d to %d bytes: %v", was, is, err)
	}
	last := s.say("tim", "data", "after")
	s.world.Close()
	next := stage(t, Options{File: file})
	if got := next.posts("/api/rooms/data"); len(got) != 2 || got[0].Text != "49" || got[1].ID != last {
		t.Errorf("reads %+v", got)
	}
	if left, _ := filepath.Glob(file + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestASpoiltJournalIsNotOverwritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.jsonl")
	if err := os.WriteFile(file, []byte("[]\nnonsense\n[]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err := New(Options{File: file}); err == nil {
		w.Close()
		t.Error("a spoilt journal was taken")
	}
	if b, _ := os.ReadFile(file); string(b) != "[]\nnonsense\n[]\n" {
		t.Errorf("it reads %q now", b)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, opt := range []Options{{PublicURL: "javascript:alert(1)"}, {PublicURL: "example.org"}, {People: []Person{{ID: "x", Platform: "west"}}}, {File: "/nonexistent/dir/file"}} {
		if w, err := New(opt); err == nil {
			w.Close()
			t.Errorf("%+v was taken", opt)
		}
	}
}
