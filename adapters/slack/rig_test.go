package slack

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// patience is how long a test waits for what must come. Nothing is measured with it.
const patience = 20 * time.Second

// rig is an adapter that runs against a fake workspace, and what it handed in.
type rig struct {
	*testing.T
	*fakeSlack
	c     *Chat
	ended chan error
	log   *lockedBuffer
	stop  context.CancelFunc

	hear    sync.Mutex
	told    chan struct{} // closed and replaced at every change
	heard   []bot.Inbound
	gaps    int
	gapsIn  []bot.RoomID
	answer  func(bot.Inbound) (bot.Reply, error)
	catchUp func()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newRig makes a rig that does not run yet.
func newRig(t *testing.T, change func(*Options)) *rig {
	f := newFake(t)
	o := f.options()
	if change != nil {
		change(&o)
	}
	r := &rig{T: t, fakeSlack: f, told: make(chan struct{}), ended: make(chan error, 1), log: &lockedBuffer{}}
	o.Log = slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
	r.c = newChat(t, o)
	r.c.lag = 0 // the fake's history is never behind
	return r
}

// running starts the adapter and waits until it is connected.
func running(t *testing.T, change func(*Options)) *rig {
	r := newRig(t, change)
	r.run()
	r.until("it connects", func() bool { return r.gaps > 0 })
	return r
}

func (r *rig) run() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- r.c.Run(ctx, r.receive, r.gap) }()
	r.Cleanup(func() {
		stop()
		select {
		case <-r.ended:
		case <-time.After(patience):
			r.Error("Run does not end")
		}
	})
}

func (r *rig) receive(_ context.Context, in bot.Inbound) (bot.Reply, error) {
	r.hear.Lock()
	answer := r.answer
	r.hear.Unlock()
	var reply bot.Reply
	var err error
	if answer != nil {
		reply, err = answer(in)
	}
	r.hear.Lock()
	defer r.hear.Unlock()
	if err == nil {
		r.heard = append(r.heard, in)
	}
	r.tell()
	return reply, err
}

func (r *rig) gap(room bot.RoomID) {
	r.hear.Lock()
	r.gapsIn = append(r.gapsIn, room)
	catchUp := r.catchUp
	r.hear.Unlock()
	if catchUp != nil {
		catchUp()
	}
	r.hear.Lock()
	defer r.hear.Unlock()
	r.gaps++
	r.tell()
}

func (r *rig) tell() {
	close(r.told)
	r.told = make(chan struct{})
}

// answers sets what the core answers from now on.
func (r *rig) answers(f func(bot.Inbound) (bot.Reply, error)) {
	r.hear.Lock()
	defer r.hear.Unlock()
	r.answer = f
}

func (r *rig) says(p bot.Post) { // the same to everything
	r.answers(func(bot.Inbound) (bot.Reply, error) { return bot.Reply{Post: &p}, nil })
}

// until waits for what the core must see. done runs under the rig's lock.
func (r *rig) until(what string, done func() bool) {
	r.Helper()
	late := time.After(patience)
	for {
		r.hear.Lock()
		ok, told := done(), r.told
		r.hear.Unlock()
		if ok {
			return
		}
		select {
		case <-told:
		case <-late:
			r.Fatalf("waited in vain: %s\n%s", what, r.log)
		}
	}
}

// untilSlack waits for what the workspace must see. done runs under the fake's lock.
func (r *rig) untilSlack(what string, done func(f *fakeSlack) bool) {
	r.Helper()
	late := time.After(patience)
	for {
		r.mu.Lock()
		ok, told := done(r.fakeSlack), r.acked
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-told:
		case <-late:
			r.Fatalf("waited in vain: %s\n%s", what, r.log)
		}
	}
}

// ack waits for the acknowledgement of an envelope.
func (r *rig) ack(id string) map[string]any {
	r.Helper()
	var got map[string]any
	r.untilSlack("the acknowledgement of "+id, func(f *fakeSlack) bool {
		for _, a := range f.acks {
			if a["envelope_id"] == id {
				got = a
			}
		}
		return got != nil
	})
	return got
}

// sends sends one envelope and gives its id.
func (r *rig) sends(kind string, payload any) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.envelope(kind, payload)
}

// sendsEvent sends one event of the Events API.
func (r *rig) sendsEvent(e map[string]any) string {
	return r.sends("events_api", map[string]any{"type": "event_callback", "event": e})
}

// hearsText waits for an Inbound with these words.
func (r *rig) hearsText(text string) bot.Inbound {
	r.Helper()
	var got bot.Inbound
	r.until(text, func() bool {
		for _, in := range r.heard {
			if in.Text == text {
				got = in
			}
		}
		return got.Text != ""
	})
	return got
}

func (r *rig) window() context.Context {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	r.Cleanup(stop)
	return ctx
}

// called counts the calls of a method.
func (r *rig) called(method string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, c := range r.calls {
		if c.method == method {
			n++
		}
	}
	return n
}

// against is an adapter whose Web API is answered by f.
func against(t *testing.T, f http.HandlerFunc) *Chat {
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return newChat(t, Options{Name: "defra", BotToken: botToken, AppToken: appToken, APIURL: server.URL})
}
