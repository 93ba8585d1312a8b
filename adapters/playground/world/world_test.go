package world

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// scene is a World behind a real server, with a client for each side.
type scene struct {
	*testing.T
	world *World
	url   string
}

func stage(t *testing.T, opt Options) *scene {
	t.Helper()
	w, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w.Handler())
	t.Cleanup(func() { w.Close(); srv.Close() })
	return &scene{t, w, srv.URL}
}

type object = map[string]any

// call sends JSON and gives the status and what came back.
func (s *scene) call(method, path string, body any) (int, object) {
	s.Helper()
	resp, err := s.try(method, path, body)
	if err != nil {
		s.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		s.Fatalf("%s %s: %q is not JSON", method, path, b)
	}
	if o, ok := out.(object); ok {
		return resp.StatusCode, o
	}
	return resp.StatusCode, object{"list": out}
}

// once is a client that opens a connection for each call, so that a cut one is
// never quietly tried again.
var once = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (s *scene) try(method, path string, body any) (*http.Response, error) {
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(encode(body))
	}
	req, err := http.NewRequest(method, s.url+path, in)
	if err != nil {
		s.Fatal(err)
	}
	if strings.HasPrefix(path, "/bot/") {
		req.Header.Set("Authorization", "Bearer "+DefaultToken)
	}
	return once.Do(req)
}

// ok is call for what has to work.
func (s *scene) ok(method, path string, body any) object {
	s.Helper()
	status, out := s.call(method, path, body)
	if status != http.StatusOK {
		s.Fatalf("%s %s: %d %v", method, path, status, out)
	}
	return out
}

// fails is call for what has to be refused.
func (s *scene) fails(want int, method, path string, body any) {
	s.Helper()
	if status, out := s.call(method, path, body); status != want {
		s.Errorf("%s %s %v: %d %v, want %d", method, path, body, status, out, want)
	}
}

func (s *scene) say(as, room, text string) string {
	s.Helper()
	return s.ok("POST", "/api/say", object{"as": as, "room": room, "text": text})["id"].(string)
}

func (s *scene) posts(path string) []Post {
	s.Helper()
	out := s.ok("GET", path, nil)
	var posts []Post
	if err := json.Unmarshal(encode(out["posts"]), &posts); err != nil {
		s.Fatal(err)
	}
	return posts
}

func (s *scene) post(key, text string) string {
	s.Helper()
	return s.ok("POST", "/bot/north/posts", object{"room": "data", "key": key, "post": object{"text": text}})["id"].(string)
}

// ears is the bot's end of the socket.
type ears struct {
	*testing.T
	conn *websocket.Conn
}

func (s *scene) listen(path string) *ears {
	s.Helper()
	conn, _, err := websocket.Dial(s.Context(), "ws"+strings.TrimPrefix(s.url, "http")+path,
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + DefaultToken}}})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.CloseNow() })
	e := &ears{s.T, conn}
	if hello := e.next(); hello.Kind != "hello" || hello.User.ID != BotID {
		s.Fatalf("greeted with %+v", hello)
	}
	return e
}

// read gives the next event, or how the socket ended.
func (e *ears) read() (Event, error) {
	e.Helper()
	ctx, cancel := context.WithTimeout(e.Context(), 10*time.Second)
	defer cancel()
	_, b, err := e.conn.Read(ctx)
	if err != nil {
		if ctx.Err() != nil {
			e.Fatal("the socket stayed open and said nothing")
		}
		return Event{}, err
	}
	var ev Event
	if err := json.Unmarshal(b, &ev); err != nil {
		e.Fatal(err)
	}
	return ev, nil
}

func (e *ears) next() Event {
	e.Helper()
	ev, err := e.read()
	if err != nil {
		e.Fatal(err)
	}
	return ev
}

func (e *ears) ack(what string, cursor uint64) {
	e.Helper()
	if err := e.conn.Write(e.Context(), websocket.MessageText, encode(object{what: cursor})); err != nil {
		e.Fatal(err)
	}
}

// leave ends the connection properly. Frames are read in order, so all that was
// acknowledged has been taken when the World says goodbye too.
func (e *ears) leave() {
	e.Helper()
	if err := e.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		e.Fatal(err)
	}
}
