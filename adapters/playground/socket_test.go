package playground

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func TestASilentSocketIsNoticed(t *testing.T) {
	s := open(t, world.Options{}, Options{Ping: 200 * time.Millisecond})
	e := listens(t, s.north, nil)
	s.says("tim", "data", "before")
	e.hears(bot.Message, 1)
	s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "socket", Do: "silent"}}})
	s.until("it falls silent", func() bool { return s.done("silent") > 0 })
	s.says("tim", "data", "said to deaf ears")
	if in := e.hears(bot.Message, 2); in.Text != "said to deaf ears" {
		t.Errorf("came %+v", in)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gaps < 2 {
		t.Error("no gap was reported")
	}
}

func TestAGapIsReportedAndAcknowledged(t *testing.T) {
	s := open(t, world.Options{Events: 3}, Options{})
	for range 5 {
		s.says("tim", "data", "x")
	}
	e := listens(t, s.north, nil)
	e.hears(bot.Message, 3)
	e.until("the gap", func() bool { return e.gaps == 2 })
	_ = e.ends()
	again := listens(t, s.north, nil)
	s.says("tim", "data", "y")
	again.hears(bot.Message, 1)
	again.mu.Lock()
	defer again.mu.Unlock()
	if again.gaps != 1 || len(again.heard) != 1 {
		t.Errorf("then %d gaps, heard %+v", again.gaps, again.heard)
	}
}

// What is said on a new connection comes after the core has begun to catch up;
// what waits for an answer need not wait for that.
func TestMessagesWaitForCatchingUp(t *testing.T) {
	s := open(t, world.Options{Patience: patience}, Options{})
	e := &ears{T: t, changed: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	caughtUp := make(chan bool)
	go func() {
		ended <- s.north.Run(ctx, e.receive, func(bot.RoomID) {
			select {
			case <-caughtUp:
			case <-ctx.Done():
			}
		})
	}()
	s.says("tim", "data", "early")
	if out := s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/help"}); out["answered"] != true {
		t.Errorf("the command came to %v", out)
	}
	if got := e.texts(); len(got) > 0 {
		t.Errorf("heard %q before the catching up", got)
	}
	caughtUp <- true
	e.hears(bot.Message, 1)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

func TestEachRoomHasItsOrder(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	goOn := make(chan bool)
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if in.Text == "slow" {
			<-goOn
		}
		return bot.Reply{}, nil
	})
	s.says("tim", "data", "slow")
	s.says("tim", "data", "behind it")
	s.says("tim", "help", "elsewhere")
	e.until("the other room", func() bool { return len(e.heard) == 2 })
	if got := e.texts(); !slices.Contains(got, "elsewhere") || slices.Contains(got, "behind it") {
		t.Errorf("heard %q", got)
	}
	close(goOn)
	e.until("what was behind it", func() bool { return e.latest() == "behind it" })
}

func TestRunEnds(t *testing.T) {
	t.Run("with its context", func(t *testing.T) {
		s := open(t, world.Options{}, Options{})
		for range 3 {
			if err := listens(t, s.north, nil).ends(); !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		}
	})
	t.Run("before it is connected", func(t *testing.T) {
		tried := make(chan bool, 100)
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			tried <- true
			rw.WriteHeader(http.StatusServiceUnavailable)
		}))
		defer srv.Close()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		c := New(Options{URL: srv.URL})[0].(*Chat)
		defer c.http.CloseIdleConnections()
		go func() { ended <- c.Run(ctx, nil, nil) }()
		<-tried
		<-tried // it does not give up
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("when its token is refused", func(t *testing.T) {
		s := open(t, world.Options{Token: "another"}, Options{})
		err := s.north.Run(t.Context(), nil, nil)
		if err == nil || !strings.Contains(err.Error(), "token") || strings.Contains(err.Error(), "another") {
			t.Errorf("ended with %v", err)
		}
	})
}

// A frame that cannot be read costs that frame, and not the connection.
func TestAnUnreadableFrame(t *testing.T) {
	acks := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(rw, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for _, frame := range []string{`{"kind":"hello"}`, `{"cursor":"many"}`, `[`, `{"cursor":3,"kind":"message","room":"data","text":"x"}`} {
			if conn.Write(r.Context(), websocket.MessageText, []byte(frame)) != nil {
				return
			}
		}
		_, b, _ := conn.Read(r.Context())
		acks <- string(b)
	}))
	defer srv.Close()
	c := New(Options{URL: srv.URL})[0].(*Chat)
	defer c.http.CloseIdleConnections()
	e := listens(t, c, nil)
	e.hears(bot.Message, 1)
	if ack := <-acks; ack != `{"ack":3}` {
		t.Errorf("acknowledged %s", ack)
	}
	_ = e.ends()
}
