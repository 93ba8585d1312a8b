package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

const (
	followerBuffer = 128              // messages a slow reader may be behind before it is dropped
	heartbeat      = 20 * time.Second // so that proxies keep the connection and dead ones are found
	writeWithin    = 10 * time.Second
	readAhead      = 200              // changes read at once
	hubWait        = 30 * time.Second // one wait for the log; then again
	headEvery      = time.Second      // the head is read again at most this often
)

// message is one event as it is written to every follower.
type message struct {
	seq  bot.Seq
	data []byte
}

// hubs has one hub for each hour that is being followed.
type hubs struct {
	s      *Site
	ctx    context.Context
	cancel context.CancelFunc

	mu  sync.Mutex
	all map[string]*hub
}

func newHubs(s *Site) *hubs {
	ctx, cancel := context.WithCancel(context.Background())
	return &hubs{s: s, ctx: ctx, cancel: cancel, all: map[string]*hub{}}
}

func (h *hubs) close() { h.cancel() }

// hub reads the log of one hour once and feeds all its followers.
type hub struct {
	id     string
	zone   *time.Location // in which its times are written
	cancel context.CancelFunc

	mu        sync.Mutex
	at        bot.Seq
	followers map[chan message]bool
}

// join adds a follower, who is fed from the place at on.
func (h *hubs) join(id string, zone *time.Location, from bot.Seq) (mine chan message, at bot.Seq, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := h.all[id]
	if x == nil {
		ctx, cancel := context.WithCancel(h.ctx)
		x = &hub{id: id, zone: zone, cancel: cancel, at: from, followers: map[chan message]bool{}}
		h.all[id] = x
		go h.read(ctx, x)
	}
	mine = make(chan message, followerBuffer)
	x.mu.Lock()
	x.followers[mine] = true
	at = x.at
	x.mu.Unlock()
	return mine, at, func() { h.leave(x, mine) }
}

func (h *hubs) leave(x *hub, mine chan message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.followers, mine)
	if len(x.followers) == 0 && h.all[x.id] == x {
		x.cancel()
		delete(h.all, x.id)
	}
}

// read follows the log until nobody listens any more. The head changes with
// nearly everything, and is told once a second at most.
func (h *hubs) read(ctx context.Context, x *hub) {
	defer x.dropAll()
	at := x.at
	var headTold time.Time
	headOwed := false
	for ctx.Err() == nil {
		wait := hubWait
		if headOwed {
			wait = max(0, time.Until(headTold.Add(headEvery)))
		}
		changes, upto, err := hours.Changes(ctx, h.s.o.Bot.View(), x.id, at, readAhead, wait)
		if err != nil {
			if ctx.Err() == nil {
				h.s.o.Log.Error("live updates cannot be read", "hour", x.id, "err", err)
			}
			return // followers reconnect and go on where they were
		}
		out, head, err := h.s.render(changes, x.zone)
		headOwed = headOwed || head
		if err == nil && headOwed && time.Since(headTold) >= headEvery {
			var m message
			if m, err = h.s.renderHead(ctx, x.id, upto); err == nil {
				out, headOwed, headTold = append(out, m), false, time.Now()
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				h.s.o.Log.Error("live updates cannot be rendered", "hour", x.id, "err", err)
			}
			return
		}
		at = upto
		x.feed(out, upto)
	}
}

// feed hands messages to all; whoever is too far behind is dropped, and comes
// back with the place where it was.
func (x *hub) feed(out []message, upto bot.Seq) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.at = upto
	for follower := range x.followers {
		for _, m := range out {
			select {
			case follower <- m:
				continue
			default:
			}
			delete(x.followers, follower)
			close(follower)
			break
		}
	}
}

func (x *hub) dropAll() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for follower := range x.followers {
		delete(x.followers, follower)
		close(follower)
	}
}

// render writes changes as events, each with the place from which a follower
// who comes back goes on. It tells whether the head changed.
func (s *Site) render(changes []hours.Change, zone *time.Location) (out []message, head bool, err error) {
	for _, c := range changes {
		b := bytes.NewBuffer(fmt.Appendf(nil, "id: %d\n", c.Seq))
		head = head || c.Head
		switch {
		case c.Put != nil:
			if err := s.writePut(b, *c.Put, zone); err != nil {
				return nil, false, err
			}
		case c.Remove != "":
			fmt.Fprintf(b, "event: remove\ndata: %s\n\n", c.Remove)
		default:
			continue
		}
		out = append(out, message{seq: c.Seq, data: b.Bytes()})
	}
	return out, head, nil
}

func (s *Site) writePut(b *bytes.Buffer, l hours.Line, zone *time.Location) error {
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, "line", line{Thread: hours.Thread{Line: l}, Zone: zone}); err != nil {
		return err
	}
	data, err := json.Marshal(struct {
		ID       string `json:"id"`
		Under    string `json:"under,omitempty"`
		Question int    `json:"question"`
		At       int64  `json:"at"`
		HTML     string `json:"html"`
	}{l.ID, l.Under, l.Question, l.At.UnixMilli(), html.String()})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "event: put\ndata: %s\n\n", data)
	return nil
}

// renderHead tells followers the page's head, its questions and its gaps anew.
func (s *Site) renderHead(ctx context.Context, id string, upto bot.Seq) (message, error) {
	page, ok, err := hours.Head(ctx, s.o.Bot.View(), id)
	if err != nil {
		return message{}, err
	}
	if !ok { // not public any more: the page reloads and says so
		return message{seq: upto, data: fmt.Appendf(nil, "id: %d\nevent: gone\ndata: {}\n\n", upto)}, nil
	}
	h := newHourPage(page, s.now())
	var hero bytes.Buffer
	if err := s.templates.ExecuteTemplate(&hero, "hero", h); err != nil {
		return message{}, err
	}
	type head struct {
		Number int    `json:"number"`
		HTML   string `json:"html"` // of an empty section, for when it is not there yet
		Open   bool   `json:"open"`
		Gap    string `json:"gap"`
	}
	gaps := map[int]int{}
	for _, g := range page.Gaps {
		gaps[g.Question] += g.People
	}
	var sections []head
	for _, q := range append([]hours.PageQuestion{{}}, page.Questions...) {
		empty := part{Section: hours.Section{Question: q}, Open: q.Number == page.Now && h.Live(), Zone: page.Zone}
		var html bytes.Buffer
		if err := s.templates.ExecuteTemplate(&html, "section", empty); err != nil {
			return message{}, err
		}
		sections = append(sections, head{Number: q.Number, HTML: html.String(), Open: empty.Open, Gap: gapWords(gaps[q.Number])})
	}
	data, err := json.Marshal(map[string]any{"hero": hero.String(), "sections": sections, "end": page.End.UnixMilli(),
		"messages": count(page.Messages, "message", "messages"), "state": page.State})
	if err != nil {
		return message{}, err
	}
	return message{seq: upto, data: fmt.Appendf(nil, "id: %d\nevent: head\ndata: %s\n\n", upto, data)}, nil
}

// follow is the stream of updates of one hour, from the place in Last-Event-ID
// or, the first time, in the page's address.
func (s *Site) follow(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	page, ok, err := s.pages.get(r.Context(), id)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.notFound(w, r)
		return
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after")
	}
	after := page.Upto
	if n, err := strconv.ParseUint(last, 10, 64); err == nil && bot.Seq(n) <= page.Upto {
		after = bot.Seq(n)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	if !write(w, out, []byte("retry: 2000\n\n")) { // at once, so that the browser knows it is connected
		return
	}
	mine, hubAt, leave := s.hubs.join(id, page.Zone, page.Upto)
	defer leave()
	// What happened between the reader's place and the hub's is the reader's own to catch up.
	for after < hubAt {
		changes, upto, err := hours.Changes(r.Context(), s.o.Bot.View(), id, after, readAhead, 0)
		if err != nil || upto == after {
			return // the browser comes back from where it was
		}
		messages, _, err := s.render(changes, page.Zone)
		if err != nil {
			return
		}
		for _, m := range messages {
			if !write(w, out, m.data) {
				return
			}
		}
		after = upto
	}
	if head, err := s.renderHead(r.Context(), id, after); err != nil || !write(w, out, head.data) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case m, open := <-mine:
			if !open || m.seq > after && !write(w, out, m.data) {
				return
			}
		case <-beat.C:
			if !write(w, out, []byte(": still here\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		case <-s.hubs.ctx.Done():
			return
		}
	}
}

func write(w http.ResponseWriter, out *http.ResponseController, b []byte) bool {
	out.SetWriteDeadline(time.Now().Add(writeWithin)) // not every writer can; then the server's own time-out holds
	if _, err := w.Write(b); err != nil {
		return false
	}
	return out.Flush() == nil
}
