package world

import (
	"bytes"
	"net/http"
	"slices"
	"time"
)

// follower is one page that is open: it is told of every change that the people
// it acts as may see.
type follower struct {
	as   []string
	news chan []byte
}

const (
	followerBuffer = 2048             // changes that a page may lag behind before it is let go, to come back afresh
	shownPosts     = 300              // of each room, when a page opens
	heartbeat      = 15 * time.Second // so that a dead line is noticed
)

// whole is all that a page needs to begin with.
type whole struct {
	Platforms []overviewOf `json:"platforms"`
	Posts     []*Post      `json:"posts"`
	Clock     clockNow     `json:"clock"`
	Public    string       `json:"public,omitempty"`
}

// serveLive streams the state and then its changes, as server-sent events.
func (w *World) serveLive(rw http.ResponseWriter, r *http.Request) {
	f := &follower{as: r.URL.Query()["as"], news: make(chan []byte, followerBuffer)}
	if !w.enter() {
		reply(rw, nil, closed)
		return
	}
	defer w.busy.Done()
	h := rw.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")

	w.mu.Lock()
	first := news("state", w.whole(f.as))
	w.followers[f] = true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.followers, f)
		w.mu.Unlock()
	}()

	out := http.NewResponseController(rw)
	write := func(b []byte) bool {
		// A reader that does not read must not hold us for ever.
		out.SetWriteDeadline(time.Now().Add(sendWindow))
		_, err := rw.Write(b)
		return err == nil && out.Flush() == nil
	}
	if !write(first) {
		return
	}
	for {
		select {
		case b, ok := <-f.news:
			if !ok || !write(b) {
				return
			}
		case <-w.opt.After(heartbeat):
			if !write([]byte(": still here\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		case <-w.done:
			return
		}
	}
}

func news(name string, v any) []byte {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(encode(v))
	b.WriteString("\n\n")
	return b.Bytes()
}

func (w *World) whole(as []string) whole {
	out := whole{Platforms: w.overview(), Posts: []*Post{}, Clock: w.clock(), Public: w.opt.PublicURL}
	for _, r := range w.rooms {
		if r.Direct && !slices.Contains(as, r.ID[1:]) {
			continue
		}
		for _, p := range r.posts[max(0, len(r.posts)-shownPosts):] {
			if mayBeSeen(p, as) {
				out.Posts = append(out.Posts, p)
			}
		}
	}
	slices.SortFunc(out.Posts, func(a, b *Post) int { return int(int64(serialOf(a.ID)) - int64(serialOf(b.ID))) })
	return out
}

// tell passes a change on to the pages. The caller holds w.mu.
func (w *World) tell(e entry) {
	if len(w.followers) == 0 {
		return
	}
	switch {
	case e.Post != nil:
		w.toAll(news("post", e.Post), func(f *follower) bool { return mayBeSeen(e.Post, f.as) })
	case e.Person != nil:
		w.toAll(news("person", e.Person), nil)
	case e.Commands != nil:
		w.toAll(news("commands", e.Commands), nil)
	case e.Clock != nil:
		w.toAll(news("clock", w.clock()), nil)
	}
}

// tellConnected says whether the bot listens to that platform.
func (w *World) tellConnected(p *platform) {
	w.toAll(news("bot", map[string]any{"platform": p.ID, "connected": p.stream.socket != nil}), nil)
}

func (w *World) toAll(b []byte, who func(*follower) bool) {
	for f := range w.followers {
		if who != nil && !who(f) {
			continue
		}
		select {
		case f.news <- b:
		default: // it lags too far behind: it comes back and is told the whole
			close(f.news)
			delete(w.followers, f)
		}
	}
}
