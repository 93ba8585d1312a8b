package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come. Nothing is measured with it.
const patience = 20 * time.Second

// stage is a world behind a real server, and the two adapters to it.
type stage struct {
	*testing.T
	world    *world.World
	url      string
	north    *Chat
	south    *Chat
	requests atomic.Int64 // calls of the bot's, sockets left out
}

type object = map[string]any

func open(t *testing.T, w world.Options, o Options) *stage {
	t.Helper()
	made, err := world.New(w)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, world: made}
	handler := made.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bot/") && !strings.HasSuffix(r.URL.Path, "/events") {
			s.requests.Add(1)
		}
		handler.ServeHTTP(rw, r)
	}))
	s.url = srv.URL
	o.URL = srv.URL + "/"
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	chats := New(o)
	s.north, s.south = chats[0].(*Chat), chats[1].(*Chat)
	t.Cleanup(func() {
		made.Close()
		for _, c := range []*Chat{s.north, s.south} {
			c.http.CloseIdleConnections()
		}
		srv.Close()
	})
	return s
}

// person is how a test speaks for the people of a world.
var person = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// does sends JSON to /api/ and gives what came back; it has to work.
func (s *stage) does(method, path string, in any) object {
	s.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			s.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := person.Do(req)
	if err != nil {
		s.Errorf("%s %s: %v", method, path, err)
		return nil
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		s.Errorf("%s %s: %d %s", method, path, resp.StatusCode, b)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		s.Errorf("%s %s: %q is not JSON", method, path, b)
	}
	if o, ok := out.(object); ok {
		return o
	}
	return object{"list": out}
}

func (s *stage) says(as, room, text string) string {
	s.Helper()
	id, _ := s.does("POST", "/api/say", object{"as": as, "room": room, "text": text})["id"].(string)
	return id
}

func (s *stage) misbehave(m world.Misbehaviour) { s.Helper(); s.does("POST", "/api/misbehave", m) }

// done tells how often a misdeed was done on north.
func (s *stage) done(deed string) float64 {
	s.Helper()
	first := s.does("GET", "/api/misbehave", nil)["list"].([]any)[0].(object)
	n, _ := first["done"].(object)[deed].(float64)
	return n
}

// posts are what somebody sees in a room.
func (s *stage) posts(room, as string) []world.Post {
	s.Helper()
	b, err := json.Marshal(s.does("GET", "/api/rooms/"+room+"?as="+as, nil)["posts"])
	if err != nil {
		s.Fatal(err)
	}
	var out []world.Post
	if err := json.Unmarshal(b, &out); err != nil {
		s.Fatal(err)
	}
	return out
}

// cut ends north's socket, and returns when nothing more can come on it.
func (s *stage) cut() {
	s.Helper()
	s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "socket", Do: "drop"}}})
	s.until("the socket is cut", func() bool { return s.done("drop") > 0 })
}

// ears are a core that hears, and says what the test wants it to say.
type ears struct {
	*testing.T
	reply func(bot.Inbound) (bot.Reply, error) // nil: no reply

	mu      sync.Mutex
	changed chan struct{}
	heard   []bot.Inbound
	gaps    int
	ended   chan error
	stop    context.CancelFunc
}

// listens runs an adapter until the test ends or stops it.
func listens(t *testing.T, c *Chat, reply func(bot.Inbound) (bot.Reply, error)) *ears {
	t.Helper()
	e := &ears{T: t, reply: reply, changed: make(chan struct{}), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	go func() { e.ended <- c.Run(ctx, e.receive, e.gap) }()
	t.Cleanup(func() { e.ends() })
	e.until("the adapter connects", func() bool { return e.gaps > 0 })
	return e
}

// ends stops the adapter, and gives what Run returned.
func (e *ears) ends() error {
	e.Helper()
	e.stop()
	select {
	case err := <-e.ended:
		e.ended <- err
		return err
	case <-time.After(patience):
		e.Error("Run does not end when its context is done")
		return nil
	}
}

func (e *ears) receive(_ context.Context, in bot.Inbound) (bot.Reply, error) {
	e.mu.Lock()
	e.heard = append(e.heard, in)
	e.tell()
	e.mu.Unlock()
	if e.reply == nil {
		return bot.Reply{}, nil
	}
	return e.reply(in)
}

func (e *ears) gap(bot.RoomID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gaps++
	e.tell()
}

func (e *ears) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// until waits for what must come. done runs under the lock.
func (e *ears) until(what string, done func() bool) {
	e.Helper()
	late := time.After(patience)
	for {
		e.mu.Lock()
		ok, changed := done(), e.changed
		e.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			e.Fatalf("waited in vain: %s", what)
		}
	}
}

// hears waits for an Inbound of a kind, the nth such, and gives it.
func (e *ears) hears(kind bot.InboundKind, n int) bot.Inbound {
	e.Helper()
	var got bot.Inbound
	e.until(string(kind), func() bool {
		seen := 0
		for _, in := range e.heard {
			if in.Kind == kind {
				if seen++; seen == n {
					got = in
					return true
				}
			}
		}
		return false
	})
	return got
}

// latest are the words heard last. The caller holds the lock.
func (e *ears) latest() string {
	if len(e.heard) == 0 {
		return ""
	}
	return e.heard[len(e.heard)-1].Text
}

// texts are the words of the messages heard so far.
func (e *ears) texts() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, in := range e.heard {
		if in.Kind == bot.Message {
			out = append(out, in.Text)
		}
	}
	return out
}

func says(text string) bot.Reply {
	p := bot.Say(text)
	return bot.Reply{Post: &p}
}
