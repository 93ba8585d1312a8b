package playground

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func outcomeOf(t *testing.T, err error) bot.Outcome {
	t.Helper()
	var send *bot.SendError
	if !errors.As(err, &send) {
		t.Fatalf("%v is no SendError", err)
	}
	return send.Outcome
}

// What is told of a send that failed is never more than is known.
func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		want   bot.Outcome
	}{
		"too many":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, bot.NotSent},
		"another token":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, bot.NotSent},
		"not allowed":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, bot.Refused},
		"unknown room":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, bot.Refused},
		"gone":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, bot.Gone},
		"its mistake":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, bot.Unsure},
		"connection cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, bot.Unsure},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"id":`))
		}, bot.Unsure},
		"no JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, bot.Unsure},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/posts") {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
				return
			}
			t.Error("what was sent is sent on elsewhere")
		}, bot.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(c.answer))
			defer srv.Close()
			n := New(Options{URL: srv.URL})[0].(*Chat)
			defer n.http.CloseIdleConnections()
			_, err := n.Post(t.Context(), "north:data", "", "k", "m", bot.Say("x"))
			if got := outcomeOf(t, err); got != c.want {
				t.Errorf("ended as %v (%v), want %v", got, err, c.want)
			}
		})
	}
}

func TestNobodyThereIsNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	c := New(Options{URL: "http://" + address})[0].(*Chat)
	_, err = c.Post(t.Context(), "north:data", "", "k", "m", bot.Say("x"))
	if got := outcomeOf(t, err); got != bot.NotSent {
		t.Errorf("ended as %v", got)
	}
}

func TestWhatIsGone(t *testing.T) {
	s := open(t, world.Options{Posts: 2}, Options{})
	post := func(thread bot.MessageID) (bot.MessageID, error) {
		return s.north.Post(t.Context(), "north:data", thread, "k", "m", bot.Say("x"))
	}
	first, err := post("")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // and the world forgets the first
		if _, err := post(""); err != nil {
			t.Fatal(err)
		}
	}
	last, err := post("")
	if err != nil {
		t.Fatal(err)
	}
	s.does("POST", "/api/delete", object{"as": "ada", "message": last.Rest()})
	for name, err := range map[string]error{
		"editing what is forgotten":  s.north.Edit(t.Context(), "north:data", first, "k", "m", bot.Say("y")),
		"deleting what is forgotten": s.north.Delete(t.Context(), "north:data", first),
		"editing what was removed":   s.north.Edit(t.Context(), "north:data", last, "k", "m", bot.Say("y")),
		"deleting what was removed":  s.north.Delete(t.Context(), "north:data", last),
		"replying to a thread that is gone": func() error {
			_, err := post(first)
			return err
		}(),
	} {
		if got := outcomeOf(t, err); got != bot.Gone {
			t.Errorf("%s ended as %v (%v)", name, got, err)
		}
	}
}

// stopped is the context of a process that was stopped: its deadline has passed,
// and the timer that would tell so has not fired yet.
type stopped struct{ context.Context }

func (stopped) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

func TestNothingIsWrittenAfterTheWindow(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	if _, err := s.north.Rooms(t.Context()); err != nil { // leaves a connection to be used again
		t.Fatal(err)
	}
	before := s.requests.Load()
	_, err := s.north.Post(stopped{t.Context()}, "north:data", "", "k", "m", bot.Say("too late"))
	if got := outcomeOf(t, err); got != bot.NotSent {
		t.Errorf("ended as %v (%v)", got, err)
	}
	if n := s.requests.Load() - before; n != 0 || len(s.posts("data", "")) != 0 {
		t.Errorf("%d calls were made after the window", n)
	}
}
