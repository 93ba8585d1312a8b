package world

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// routeReading serves what stories and judges look at.
func (w *World) routeReading(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/people", gives(w.listPeople))
	mux.HandleFunc("GET /api/platforms", gives(func(*http.Request) (any, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.overview(), nil
	}))
	mux.HandleFunc("GET /api/rooms", gives(w.listRooms))
	mux.HandleFunc("GET /api/rooms/{room}", gives(w.readRoom))
	mux.HandleFunc("GET /api/messages/{id}", gives(w.readMessage))
	mux.HandleFunc("GET /api/clock", gives(func(*http.Request) (any, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.clock(), nil
	}))
	mux.HandleFunc("GET /api/live", w.serveLive)
}

type clockNow struct {
	Now    time.Time `json:"now"`
	Offset float64   `json:"offset"` // seconds ahead of the real clock
}

func (w *World) clock() clockNow { return clockNow{w.now(), w.offset.Seconds()} }

func (w *World) listPeople(r *http.Request) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []Person{}
	for _, p := range w.order {
		if on := r.URL.Query().Get("platform"); on == "" || on == p.Platform {
			out = append(out, *p)
		}
	}
	return out, nil
}

// overviewOf is one platform for the page: who and what is there.
type overviewOf struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Sigil     string    `json:"sigil"` // what stands before a room's name: # or ~
	Connected bool      `json:"connected"`
	Rooms     []Room    `json:"rooms"`
	People    []Person  `json:"people"`
	Commands  []Command `json:"commands"`
}

func (w *World) overview() []overviewOf {
	out := []overviewOf{}
	for _, p := range w.platforms {
		o := overviewOf{p.ID, p.Name, p.Sigil, p.stream.socket != nil, w.roomsOf(p), []Person{}, p.commands}
		if o.Commands == nil {
			o.Commands = []Command{}
		}
		for _, who := range w.order {
			if who.Platform == p.ID {
				o.People = append(o.People, *who)
			}
		}
		out = append(out, o)
	}
	return out
}

type roomCount struct {
	Room
	Posts int `json:"posts"` // that stand: neither deleted nor private
}

func (w *World) listRooms(*http.Request) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []roomCount{}
	for _, p := range w.platforms {
		for _, r := range w.roomsOf(p) {
			out = append(out, roomCount{r, w.rooms[r.ID].count})
		}
	}
	return out, nil
}

// readRoom gives a room's posts, oldest first, threads among them: whole, with
// the tombstones of deleted ones, and the private replies that ?as= would see.
func (w *World) readRoom(req *http.Request) (any, error) {
	q := req.URL.Query()
	most := 1000
	if s := q.Get("max"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return nil, wrong("max is how many posts to give, such as 100")
		}
		most = n
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rooms[req.PathValue("room")]
	if r == nil {
		return nil, missing("there is no room %q", req.PathValue("room"))
	}
	as := []string{q.Get("as")}
	if as[0] != "" && w.people[as[0]] == nil {
		return nil, missing("there is nobody called %q", as[0])
	}
	from := 0
	if after := q.Get("after"); after != "" {
		n := serialOf(after)
		if n == 0 {
			return nil, wrong("after is a message's id, such as mcx4k1")
		}
		from = r.index(n + 1)
	}
	thread := q.Get("thread")
	out := []*Post{}
	take := func(p *Post) {
		if (p.Only == "" || slices.Contains(as, p.Only)) && (thread == "" || p.Thread == thread || p.ID == thread) {
			out = append(out, p)
		}
	}
	if q.Has("after") { // going on from there
		for i := from; i < len(r.posts) && len(out) < most; i++ {
			take(r.posts[i])
		}
	} else { // the latest
		for i := len(r.posts) - 1; i >= 0 && len(out) < most; i-- {
			take(r.posts[i])
		}
		slices.Reverse(out)
	}
	return map[string]any{"room": roomCount{r.Room, r.count}, "posts": out}, nil
}

func (w *World) readMessage(req *http.Request) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	post := w.posts[req.PathValue("id")]
	if post == nil || post.Only != "" && post.Only != req.URL.Query().Get("as") {
		return nil, missing("there is no message %q to see", req.PathValue("id"))
	}
	return post, nil
}
