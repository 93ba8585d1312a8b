package world

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// socket is the bot's connection to one platform. The newest one wins: a second
// bot, or the same one reconnecting, ends the first one's.
type socket struct {
	conn   *websocket.Conn
	cancel context.CancelFunc
	silent atomic.Bool // told to say nothing more, not even to a ping, and yet to stay
}

// acknowledgement is all that the bot says over its socket: {"ack":17} for one
// event, {"upto":17} for all until then.
type acknowledgement struct {
	Ack  uint64 `json:"ack"`
	Upto uint64 `json:"upto"`
}

// serveEvents tells the bot what happens. Without ?after it starts with all that
// was not acknowledged; with it, after that cursor.
func (w *World) serveEvents(rw http.ResponseWriter, r *http.Request) {
	p := w.platform(r.PathValue("platform"))
	var after uint64
	given := r.URL.Query().Get("after")
	if given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			reply(rw, nil, wrong("after is a cursor, a number such as 17"))
			return
		}
		after = n
	}
	if !w.enter() {
		reply(rw, nil, closed)
		return
	}
	defer w.busy.Done()
	s := &socket{}
	conn, err := websocket.Accept(rw, r, &websocket.AcceptOptions{
		OnPingReceived: func(context.Context, []byte) bool { return !s.silent.Load() },
	})
	if err != nil {
		return // Accept has answered
	}
	conn.SetReadLimit(4096)
	ctx, cancel := w.alive(r.Context())
	defer cancel()
	s.conn, s.cancel = conn, cancel
	defer conn.CloseNow()

	w.mu.Lock()
	if old := p.stream.socket; old != nil {
		old.cancel()
	}
	p.stream.socket = s
	w.tellConnected(p)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		if p.stream.socket == s {
			p.stream.socket = nil
			w.tellConnected(p)
		}
		w.mu.Unlock()
	}()

	go func() {
		defer cancel()
		w.hear(ctx, p, s)
	}()
	w.send(ctx, p, s, after, given != "")
}

// hear takes acknowledgements until the connection ends.
func (w *World) hear(ctx context.Context, p *platform, s *socket) {
	for {
		_, b, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		var a acknowledgement
		if json.Unmarshal(b, &a) != nil {
			s.conn.Close(websocket.StatusUnsupportedData, `expected {"ack":cursor} or {"upto":cursor}`)
			return
		}
		if s.silent.Load() {
			continue // the line is dead; nothing that is said on it arrives
		}
		m := mark{Platform: p.ID, Cursor: a.Ack}
		if a.Upto > 0 {
			m = mark{Platform: p.ID, Cursor: a.Upto, Upto: true}
		}
		w.mu.Lock()
		err = w.commit(entry{Ack: &m})
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// send writes the greeting, and then events as they come, in order.
func (w *World) send(ctx context.Context, p *platform, s *socket, after uint64, all bool) {
	w.mu.Lock()
	hello := Event{ID: "hello", Kind: "hello", Platform: p.ID, Cursor: p.stream.last, At: w.now(), User: &User{BotID, botName}}
	w.mu.Unlock()
	if !s.write(ctx, &hello) {
		return
	}
	next := after + 1
	var held *Event // sent after the one that follows it
	var release <-chan time.Time
	for {
		batch, wake := w.batch(p, &next, all)
		for _, e := range batch {
			w.mu.Lock()
			what := p.mischief.socket()
			w.mu.Unlock()
			if what == "reorder" && held == nil {
				held, release = e, w.opt.After(holdBack)
				continue
			}
			if !s.write(ctx, e) || held != nil && !s.write(ctx, held) || !s.suffer(ctx, what) {
				return
			}
			held = nil
		}
		if len(batch) > 0 {
			continue
		}
		if !w.idle(ctx, p, s) { // told so before there was anything to be woken
			return
		}
		select {
		case <-wake:
		case <-release:
			release = nil
			if held != nil && !s.write(ctx, held) {
				return
			}
			held = nil
		case <-ctx.Done():
			return
		}
		if !w.idle(ctx, p, s) {
			return
		}
	}
}

// idle does what a socket on which nothing is said was told to do, and says
// whether it can go on.
func (w *World) idle(ctx context.Context, p *platform, s *socket) bool {
	w.mu.Lock()
	what := p.mischief.idle()
	w.mu.Unlock()
	return s.suffer(ctx, what)
}

// batch takes some of what is to be sent from *next on, and moves *next. Where
// events have gone that this bot has not had, it begins with a gap.
func (w *World) batch(p *platform, next *uint64, all bool) ([]*Event, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*Event
	first := p.stream.last + 1 - uint64(len(p.stream.kept))
	missed := p.stream.lost
	if all {
		missed = first - 1
	}
	if missed >= *next {
		out = append(out, &Event{ID: "gap", Kind: "gap", Platform: p.ID, Cursor: missed, At: w.now()})
		*next = first
	}
	for i := max(p.stream.index(*next), 0); i < len(p.stream.kept) && len(out) < 256; i++ {
		k := p.stream.kept[i]
		if all || !k.acked {
			out = append(out, k.event)
		}
		*next = k.event.Cursor + 1
	}
	return out, p.stream.wake
}

// holdBack is how long an event waits for another to come before it.
const holdBack = 2 * time.Second

// sendWindow is how long the bot may take to read before its socket is ended.
const sendWindow = 20 * time.Second

func (s *socket) write(ctx context.Context, e *Event) bool {
	ctx, cancel := context.WithTimeout(ctx, sendWindow)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, encode(e)) == nil
}

// suffer does to the connection what the platform was told to do, and says
// whether it can go on.
func (s *socket) suffer(ctx context.Context, what string) bool {
	switch what {
	case "drop":
		return false
	case "silent":
		s.silent.Store(true)
		<-ctx.Done() // until the bot gives up, or comes back
		return false
	}
	return true
}
