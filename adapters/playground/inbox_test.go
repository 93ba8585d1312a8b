package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

var errAway = errors.New("the store is away")

// unacknowledged are the events of north that would come again; the adapter has ended.
func (s *stage) unacknowledged() []string {
	s.Helper()
	s.says("mary", "help", "the last of all")
	conn, _, err := websocket.Dial(s.Context(), s.north.base+"/events", &websocket.DialOptions{
		HTTPClient: s.north.http.Client, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.north.o.Token}}})
	if err != nil {
		s.Fatal(err)
	}
	defer conn.CloseNow()
	var out []string
	for {
		_, b, err := conn.Read(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		var e event
		if err := json.Unmarshal(b, &e); err != nil {
			s.Fatal(err)
		}
		switch {
		case e.Text == "the last of all":
			return out
		case e.Kind != "hello":
			out = append(out, e.ID+" "+e.Text)
		}
	}
}

// A store that is away loses nothing, however the line breaks meanwhile, and
// nothing is stored twice or out of order when it is back.
func TestAStoreThatIsAway(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	var mu sync.Mutex
	away, stored := true, []string{}
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if away {
			return bot.Reply{}, errAway
		}
		stored = append(stored, in.Text)
		return bot.Reply{}, nil
	})
	var want []string
	for i := range 6 {
		want = append(want, fmt.Sprint("words ", i))
		s.says("tim", "data", want[i])
		if i == 2 {
			s.cut()
			e.until("another connection", func() bool { return e.gaps == 2 })
		}
	}
	e.until("two tries", func() bool { return len(e.heard) >= 2 })
	mu.Lock()
	away = false
	mu.Unlock()
	e.until("the last", func() bool { return e.latest() == want[5] })
	if err := e.ends(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	if !slices.Equal(stored, want) {
		t.Errorf("stored %q, want %q", stored, want)
	}
	if again := s.unacknowledged(); len(again) > 0 {
		t.Errorf("not acknowledged: %q", again)
	}
}

func TestWhatWasNotStoredIsLeftForTheNextProcess(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if strings.HasPrefix(in.Text, "bad") {
			return bot.Reply{}, errAway
		}
		return bot.Reply{}, nil
	})
	bad := s.says("tim", "data", "bad")
	later := s.says("tim", "data", "behind it")
	s.says("tim", "help", "in another room")
	e.until("the other room", func() bool {
		return slices.ContainsFunc(e.heard, func(in bot.Inbound) bool { return in.Text == "in another room" })
	})
	e.until("the bad one", func() bool {
		return slices.ContainsFunc(e.heard, func(in bot.Inbound) bool { return in.Text == "bad" })
	})
	_ = e.ends()
	want := []string{"message/" + bad + " bad", "message/" + later + " behind it"}
	if got := s.unacknowledged(); !slices.Equal(got, want) {
		t.Errorf("left for the next: %q, want %q", got, want)
	}
}

// A line that breaks breaks nothing off, and what comes again is recognised.
func TestACommandOutlivesItsSocket(t *testing.T) {
	s := open(t, world.Options{Patience: patience}, Options{})
	began, goOn := make(chan bool, 9), make(chan bool)
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if in.Kind != bot.Command {
			return bot.Reply{}, nil
		}
		began <- true
		<-goOn
		return says("done"), nil
	})
	for n, loses := range []func(){s.cut, func() {
		s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "event", Do: "repeat"}}})
	}} {
		out := make(chan object, 1)
		if n == 1 {
			loses()
		}
		go func() {
			out <- s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/datahour next"})
		}()
		<-began
		if n == 0 {
			loses()
			e.until("another connection", func() bool { return e.gaps == 2 })
		}
		s.says("tim", "data", fmt.Sprint("behind what comes again ", n))
		e.hears(bot.Message, n+1)
		goOn <- true
		if got := <-out; got["answered"] != true {
			t.Errorf("it came to %v", got)
		}
	}
	_ = e.ends()
	if n := len(s.private("data", "tim")); n != 2 || len(began) > 0 {
		t.Errorf("%d answers to two commands; %d run again", n, len(began))
	}
	if again := s.unacknowledged(); len(again) > 0 {
		t.Errorf("not acknowledged: %q", again)
	}
}

// A command that runs while everything ends is finished, answered and acknowledged.
func TestACommandOutlivesRun(t *testing.T) {
	s := open(t, world.Options{Patience: patience}, Options{})
	began, goOn := make(chan bool), make(chan bool)
	e := listens(t, s.north, nil)
	e.reply = func(bot.Inbound) (bot.Reply, error) {
		began <- true
		<-goOn
		return says("done"), nil
	}
	out := make(chan object, 1)
	go func() {
		out <- s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/datahour next"})
	}()
	<-began
	e.stop()
	goOn <- true
	if got := <-out; got["answered"] != true {
		t.Errorf("it came to %v", got)
	}
	_ = e.ends()
	if again := s.unacknowledged(); len(again) > 0 {
		t.Errorf("not acknowledged: %q", again)
	}
}

// What does not fit comes again when there is room, in order, and a command need
// not wait for that.
func TestMoreThanFits(t *testing.T) {
	s := open(t, world.Options{Patience: patience}, Options{})
	s.north.holds = 4 * eventCosts
	goOn := make(chan bool)
	var mu sync.Mutex
	var stored []string
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if in.Kind == bot.Command {
			return says("at once"), nil
		}
		<-goOn
		mu.Lock()
		defer mu.Unlock()
		stored = append(stored, in.Text)
		return bot.Reply{}, nil
	})
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprint("words ", i))
		s.says("tim", "data", want[i])
	}
	if out := s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/datahour next"}); out["answered"] != true {
		t.Errorf("behind a crowd, a command came to %v", out)
	}
	close(goOn)
	e.until("all of it", func() bool {
		return slices.ContainsFunc(e.heard, func(in bot.Inbound) bool { return in.Text == want[11] })
	})
	_ = e.ends()
	if !slices.Equal(stored, want) {
		t.Errorf("stored %q, want %q", stored, want)
	}
	if e.gaps < 2 {
		t.Error("nothing was left out, so that this shows nothing")
	}
}

// What the core cannot bear ends neither the process nor the room.
func TestAPanic(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	var mu sync.Mutex
	bad := true
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if in.Text == "bad" && bad {
			panic("out of range")
		}
		return bot.Reply{}, nil
	})
	s.says("tim", "data", "bad")
	s.says("tim", "data", "good")
	e.until("what comes behind it", func() bool { return e.latest() == "good" })
	mu.Lock()
	bad = false
	mu.Unlock()
	s.cut()
	e.until("it comes again", func() bool { return e.latest() == "bad" })
	if got := e.texts(); !slices.Equal(got, []string{"bad", "good", "bad"}) {
		t.Errorf("heard %q", got)
	}
	_ = e.ends()
	if again := s.unacknowledged(); len(again) > 0 {
		t.Errorf("not acknowledged: %q", again)
	}
}

func TestUnknownAndUnreadableEventsAreLeftOut(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	e := listens(t, s.north, nil)
	s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "event", Do: "unknown"}}})
	s.says("tim", "data", "hello")
	e.hears(bot.Message, 1)
	_ = e.ends()
	if again := s.unacknowledged(); len(again) > 0 {
		t.Errorf("not acknowledged: %q", again)
	}
}

// crowd is an inbox without a world.
func crowd(t *testing.T, receive bot.Receive) *inbox {
	i := chat("north").newInbox(receive, func(bot.RoomID) {})
	t.Cleanup(i.close)
	return i
}

func TestManyRoomsLeaveNothingBehind(t *testing.T) {
	var mu sync.Mutex
	last := map[bot.RoomID]int64{}
	i := crowd(t, func(_ context.Context, in bot.Inbound) (bot.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		if n := in.At.Unix(); n <= last[in.Room] {
			t.Errorf("%s: %d came after %d", in.Room, n, last[in.Room])
		} else {
			last[in.Room] = n
		}
		return bot.Reply{}, nil
	})
	const rooms, each = 500, 20
	for n := range each {
		for r := range rooms {
			i.take(t.Context(), event{ID: fmt.Sprint("message/", r, "/", n), Kind: "message", Room: fmt.Sprint("@p", r), At: time.Unix(int64(n+1), 0)}, 100)
		}
	}
	i.work.Wait()
	if len(last) != rooms || len(i.rooms) != 0 || len(i.known) != 0 || i.waiting != 0 || len(i.done.ids) > mostRecent {
		t.Errorf("%d rooms heard; left behind: %d rooms, %d events, %d bytes, %d ids", len(last), len(i.rooms), len(i.known), i.waiting, len(i.done.ids))
	}
}

// nowhere is a network on which all is well and nothing arrives.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestWhatComesAgainIsRecognised(t *testing.T) {
	heard := 0
	i := crowd(t, func(context.Context, bot.Inbound) (bot.Reply, error) { heard++; return bot.Reply{}, nil })
	for cursor := range int64(3) {
		i.take(t.Context(), event{ID: "message/1", Kind: "message", Cursor: cursor}, 100)
		i.work.Wait()
	}
	if heard != 1 {
		t.Errorf("one message was handed in %d times", heard)
	}
}

func TestManyCommandsAtOnce(t *testing.T) {
	var mu sync.Mutex
	running, most := 0, 0
	full, goOn := make(chan bool), make(chan bool)
	i := crowd(t, func(context.Context, bot.Inbound) (bot.Reply, error) {
		mu.Lock()
		if running++; running > most {
			most = running
			if most == atOnce {
				close(full)
			}
		}
		mu.Unlock()
		<-goOn
		mu.Lock()
		defer mu.Unlock()
		running--
		return bot.Reply{}, nil
	})
	i.c.http.Transport = nowhere{}
	for n := range mostAsking + 5 {
		i.take(t.Context(), event{ID: fmt.Sprint("command/", n), Kind: "command", Trigger: "t"}, 100)
	}
	<-full
	if i.mu.Lock(); i.asking != mostAsking || !i.left {
		t.Errorf("%d wait (left out: %v), want %d", i.asking, i.left, mostAsking)
	}
	i.mu.Unlock()
	close(goOn)
	i.work.Wait()
	if most != atOnce || i.asking != 0 {
		t.Errorf("%d at once, want %d; %d are left", most, atOnce, i.asking)
	}
}
