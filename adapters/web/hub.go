package web

import (
	"context"
	"math"
	"sync"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

const (
	followerBuffer = 128              // messages a slow reader may be behind before it is dropped
	readAhead      = 200              // entries of a log read at once
	hubWait        = 5 * time.Second  // one wait for the log; then the clock is looked at, and again
	heartbeat      = 20 * time.Second // without anything else, so that proxies keep connections and dead ones are found
	headEvery      = time.Second      // the head is read again at most this often
	headPause      = headEvery / 20   // and then when nothing was said for a moment: it is long, and what is said goes first
	clockSlack     = time.Second      // a clock that has gone further than time has was moved
)

// message is one event, or several that came together, as they are written to
// every follower.
type message struct {
	upto bot.Seq // whoever is there has seen it
	data []byte
}

// hubs has one hub for each hour that is being followed.
type hubs struct {
	s *Site

	mu  sync.Mutex
	all map[string]*hub
}

func newHubs(s *Site) *hubs { return &hubs{s: s, all: map[string]*hub{}} }

// hub reads the log of one hour once and feeds all its followers.
type hub struct {
	id     string
	zone   *time.Location // in which its times are written
	cancel context.CancelFunc

	mu        sync.Mutex
	at        bot.Seq
	followers map[chan *message]bool // pointers, since the buffers are most of what a follower costs us
	head      *message               // made last, for whoever joins
	headMade  time.Time
}

// join adds a follower, who is fed everything after the place at. The channel
// is closed when the follower is too slow, or nothing more will come; whoever
// comes back goes on from the last place that was written.
func (h *hubs) join(id string, zone *time.Location, from bot.Seq) (mine chan *message, at bot.Seq, leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	mine = make(chan *message, followerBuffer)
	x := h.all[id]
	if x == nil {
		ctx, cancel := context.WithCancel(h.s.background.ctx)
		x = &hub{id: id, zone: zone, cancel: cancel, at: from, followers: map[chan *message]bool{}}
		if !h.s.background.start(func() { h.read(ctx, x) }) {
			cancel()
			close(mine)
			return mine, from, func() {}
		}
		h.all[id] = x
	}
	x.mu.Lock()
	x.followers[mine] = true
	at = x.at
	x.mu.Unlock()
	return mine, at, func() { h.leave(x, mine) }
}

func (h *hubs) leave(x *hub, mine chan *message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.followers, mine)
	if len(x.followers) == 0 {
		h.forget(x)
	}
}

// forget lets x end, and the next follower begin another.
func (h *hubs) forget(x *hub) {
	x.cancel()
	if h.all[x.id] == x {
		delete(h.all, x.id)
	}
}

// end drops all who listen to x, which reads no more.
func (h *hubs) end(x *hub) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(x)
	x.mu.Lock()
	defer x.mu.Unlock()
	for follower := range x.followers {
		delete(x.followers, follower)
		close(follower)
	}
}

// headAt is the page's head for somebody who has seen all up to a place. When a
// crowd comes at once, it is made once for all.
func (h *hubs) headAt(ctx context.Context, id string, at bot.Seq) (message, error) {
	h.mu.Lock()
	x := h.all[id]
	h.mu.Unlock()
	if x == nil { // it has just ended, and its followers come back
		return h.s.renderHead(ctx, id, at)
	}
	x.mu.Lock()
	made, age := x.head, time.Since(x.headMade)
	x.mu.Unlock()
	if made != nil && made.upto == at && age < headEvery {
		return *made, nil
	}
	m, err := h.s.renderHead(ctx, id, at)
	if err == nil {
		x.mu.Lock()
		x.head, x.headMade = &m, time.Now()
		x.mu.Unlock()
	}
	return m, err
}

// read follows the log until nobody listens any more. The head changes with
// nearly everything, and is told once a second at most, and every other at least.
func (h *hubs) read(ctx context.Context, x *hub) {
	defer h.end(x)
	at := x.at
	var headTold time.Time
	fed := time.Now()
	headOwed := false
	ahead := h.s.ahead()
	for ctx.Err() == nil {
		wait := hubWait
		if headOwed {
			wait = max(headPause, time.Until(headTold.Add(headEvery)))
		}
		changes, upto, err := hours.Changes(ctx, h.s.o.Bot.View(), x.id, at, readAhead, wait)
		if err != nil {
			h.complain(ctx, "live updates cannot be read", x, err)
			return // followers reconnect and go on where they were
		}
		out, head, err := h.s.render(changes, upto, x.zone)
		if now := h.s.ahead(); (now - ahead).Abs() > clockSlack {
			head, ahead = true, now // a playground's clock was moved: the time left is another
		}
		headOwed = headOwed || head
		if since := time.Since(headTold); err == nil && headOwed && (since >= 2*headEvery || since >= headEvery && len(out) == 0) {
			var m message
			if m, err = h.s.renderHead(ctx, x.id, upto); err == nil {
				out, headOwed, headTold = append(out, m), false, time.Now()
			}
		}
		if err != nil {
			h.complain(ctx, "live updates cannot be rendered", x, err)
			return
		}
		at = upto
		switch {
		case len(out) > 0:
			fed = time.Now()
		case time.Since(fed) > heartbeat-hubWait: // the next look would be too late
			out, fed = []message{stillHere}, time.Now()
		}
		x.feed(out, upto)
	}
}

// stillHere is for everybody, wherever they are, and no event.
var stillHere = message{upto: math.MaxUint64, data: []byte(": still here\n\n")}

func (h *hubs) complain(ctx context.Context, what string, x *hub, err error) {
	if ctx.Err() == nil {
		h.s.o.Log.Error(what, "hour", x.id, "err", err)
	}
}

// feed hands messages to all, together, since each costs every follower a write.
// Whoever is too far behind is dropped, and comes back with the place where it was.
func (x *hub) feed(out []message, upto bot.Seq) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.at = upto
	if len(out) == 0 {
		return
	}
	all := &message{upto: out[len(out)-1].upto}
	for _, m := range out {
		all.data = append(all.data, m.data...)
	}
	for follower := range x.followers {
		select {
		case follower <- all:
		default:
			delete(x.followers, follower)
			close(follower)
		}
	}
}
