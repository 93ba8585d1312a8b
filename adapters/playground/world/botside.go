package world

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// routeBot serves what the bot does. Every call may be made to suffer.
func (w *World) routeBot(mux *http.ServeMux) {
	bot := http.NewServeMux()
	bot.HandleFunc("GET /bot/{platform}/events", w.serveEvents)
	bot.HandleFunc("POST /bot/{platform}/posts", suffers(w, "post", func(p *platform, _ *http.Request, in newPost) (any, error) { return w.post(p, in) }))
	bot.HandleFunc("PATCH /bot/{platform}/posts/{id}", suffers(w, "edit", func(p *platform, r *http.Request, in changedPost) (any, error) {
		return w.edit(p, r.PathValue("id"), in)
	}))
	bot.HandleFunc("DELETE /bot/{platform}/posts/{id}", suffers(w, "delete", func(p *platform, r *http.Request, _ struct{}) (any, error) {
		return w.remove(p, r.PathValue("id"))
	}))
	bot.HandleFunc("GET /bot/{platform}/posts", suffers(w, "find", func(p *platform, r *http.Request, _ struct{}) (any, error) { return w.find(p, r) }))
	bot.HandleFunc("GET /bot/{platform}/history", suffers(w, "history", func(p *platform, r *http.Request, _ struct{}) (any, error) { return w.history(p, r) }))
	bot.HandleFunc("POST /bot/{platform}/whisper", suffers(w, "whisper", func(p *platform, _ *http.Request, in whisper) (any, error) { return w.whisper(p, in) }))
	bot.HandleFunc("POST /bot/{platform}/answer", suffers(w, "answer", func(p *platform, _ *http.Request, in answer) (any, error) { return w.answer(p, in) }))
	bot.HandleFunc("GET /bot/{platform}/users", suffers(w, "users", func(p *platform, _ *http.Request, _ struct{}) (any, error) { return w.users(p), nil }))
	bot.HandleFunc("GET /bot/{platform}/rooms", suffers(w, "rooms", func(p *platform, _ *http.Request, _ struct{}) (any, error) { return w.publicRooms(p), nil }))
	bot.HandleFunc("PUT /bot/{platform}/commands", suffers(w, "commands", func(p *platform, _ *http.Request, in commandsIn) (any, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return nil, w.commit(entry{Commands: &commandTable{p.ID, in.Commands}})
	}))
	bot.HandleFunc("PUT /bot/{platform}/clock", suffers(w, "clock", func(_ *platform, _ *http.Request, in clockIn) (any, error) {
		if in.Now.IsZero() {
			return nil, wrong(`now is missing; say {"now":"2026-12-02T20:00:00Z"}`)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		return nil, w.setClock(in.Now, in.Sent)
	}))
	mux.Handle("/bot/{platform}/", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case !w.isBot(r):
			rw.Header().Set("WWW-Authenticate", "Bearer")
			reply(rw, nil, &problem{http.StatusUnauthorized, "this needs the bot's token"})
		case w.platform(r.PathValue("platform")) == nil:
			reply(rw, nil, missing("there is no platform %q", r.PathValue("platform")))
		default:
			bot.ServeHTTP(rw, r)
		}
	}))
}

type commandsIn struct {
	Commands []Command `json:"commands"`
}

type clockIn struct {
	Now  time.Time `json:"now"`
	Sent time.Time `json:"sent"`
}

// suffers serves one of the bot's calls, as well or badly as the platform was
// told to.
func suffers[In any](w *World, op string, do func(*platform, *http.Request, In) (any, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		p := w.platform(r.PathValue("platform"))
		var in In
		if err := read(rw, r, &in); err != nil {
			reply(rw, nil, err)
			return
		}
		w.mu.Lock()
		deed := p.mischief.call(op)
		w.mu.Unlock()
		switch deed.Do {
		case "refuse":
			rw.Header().Set("Retry-After", strconv.Itoa(max(1, int(deed.Seconds))))
			reply(rw, nil, &problem{http.StatusTooManyRequests, "too many requests"})
			return
		case "fail":
			reply(rw, nil, &problem{http.StatusServiceUnavailable, "not now"})
			return
		case "late":
			if !w.pause(deed.delay()) {
				panic(http.ErrAbortHandler)
			}
		}
		out, err := do(p, r, in)
		switch deed.Do {
		case "lose":
			panic(http.ErrAbortHandler) // cuts the connection: the bot cannot know
		case "hang":
			select {
			case <-r.Context().Done(): // the bot gave up
			case <-w.done:
			}
			panic(http.ErrAbortHandler)
		case "failAfter":
			reply(rw, nil, &problem{http.StatusBadGateway, "something went wrong"})
			return
		}
		reply(rw, out, err)
	}
}

type newPost struct {
	Room   string   `json:"room"`
	Thread string   `json:"thread,omitempty"`
	Key    string   `json:"key,omitempty"`
	Mark   string   `json:"mark,omitempty"`
	Post   *Content `json:"post"`
}

type changedPost struct {
	Mark string   `json:"mark,omitempty"`
	Post *Content `json:"post"`
}

type whisper struct {
	Room   string   `json:"room"`
	User   string   `json:"user"`
	Thread string   `json:"thread,omitempty"`
	Post   *Content `json:"post"`
}

// written is what the bot hears about a post of its own.
type written struct {
	ID     string    `json:"id"`
	Room   string    `json:"room,omitempty"`
	Thread string    `json:"thread,omitempty"`
	Mark   string    `json:"mark,omitempty"`
	At     time.Time `json:"at"`
}

func (w *World) post(p *platform, in newPost) (any, error) {
	if err := in.Post.check(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r, thread, err := w.place(p, in.Room, in.Thread)
	if err != nil {
		return nil, err
	}
	post := w.private(p, r.ID, thread, "")
	post.Content, post.Key, post.Mark, post.Everyone = in.Post, in.Key, in.Mark, in.Post.callsEveryone()
	if err := w.commit(entry{Post: post}); err != nil {
		return nil, err
	}
	return written{ID: post.ID, At: post.At}, nil
}

func (w *World) whisper(p *platform, in whisper) (any, error) {
	if err := in.Post.check(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r, thread, err := w.place(p, in.Room, in.Thread)
	if err != nil {
		return nil, err
	}
	to := w.people[in.User]
	if to == nil || to.Platform != p.ID {
		return nil, missing("there is nobody called %q on %s", in.User, p.Name)
	}
	post := w.private(p, r.ID, thread, to.ID)
	post.Content = in.Post
	if err := w.commit(entry{Post: post}); err != nil {
		return nil, err
	}
	return written{ID: post.ID, At: post.At}, nil
}

// place finds where something is to be written. A reply to a reply goes into
// the thread that is there. The caller holds w.mu.
func (w *World) place(p *platform, id, thread string) (*room, string, error) {
	r := w.rooms[id]
	if r == nil || r.Platform != p.ID {
		return nil, "", missing("there is no room %q on %s", id, p.Name)
	}
	if thread == "" {
		return r, "", nil
	}
	root := w.posts[thread]
	if root == nil || root.Room != id || root.Only != "" {
		return nil, "", missing("there is no message %q in %s to reply to", thread, r.Name)
	}
	if root.Thread != "" {
		return r, root.Thread, nil
	}
	return r, root.ID, nil
}

// own finds a post of the bot that still stands. The caller holds w.mu.
func (w *World) own(p *platform, id string) (*Post, error) {
	old := w.posts[id]
	switch {
	case old == nil || old.Platform != p.ID:
		return nil, missing("there is no message %q", id)
	case old.By != BotID:
		return nil, forbidden("message %s is not yours", id)
	case old.Deleted:
		return nil, gone("message %s was deleted", id)
	}
	return old, nil
}

// edited is the post with other content, not yet committed.
func (w *World) edited(p *platform, id string, c *Content) (*Post, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	old, err := w.own(p, id)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Content, next.Edited, next.Changed, next.Rev, next.Everyone = c, true, w.now(), old.Rev+1, c.callsEveryone()
	return &next, nil
}

func (w *World) edit(p *platform, id string, in changedPost) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next, err := w.edited(p, id, in.Post)
	if err != nil {
		return nil, err
	}
	if in.Mark != "" {
		next.Mark = in.Mark
	}
	if err := w.commit(entry{Post: next}); err != nil {
		return nil, err
	}
	return written{ID: next.ID, Mark: next.Mark, At: next.At}, nil
}

func (w *World) remove(p *platform, id string) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old, err := w.own(p, id)
	if err != nil {
		return nil, err
	}
	return nil, w.commit(entry{Post: w.tombstone(old, BotID)})
}

// tombstone keeps a deleted post's place and takes its words.
func (w *World) tombstone(old *Post, by string) *Post {
	next := *old
	next.Text, next.Content, next.Reactions, next.Everyone = "", nil, nil, false
	next.Deleted, next.DeletedBy, next.Changed, next.Rev = true, by, w.now(), old.Rev+1
	return &next
}

// find gives every standing post of the bot with that key, oldest first.
// Private replies cannot be found: nobody keeps them but who got them.
func (w *World) find(p *platform, req *http.Request) (any, error) {
	q := req.URL.Query()
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.rooms[q.Get("room")]
	if r == nil || r.Platform != p.ID {
		return nil, missing("there is no room %q on %s", q.Get("room"), p.Name)
	}
	out := []written{}
	for _, id := range r.keys[q.Get("key")] {
		post := w.posts[id]
		if !post.Deleted && (!q.Has("thread") || post.Thread == q.Get("thread")) {
			out = append(out, written{post.ID, post.Room, post.Thread, post.Mark, post.At})
		}
	}
	return map[string]any{"posts": out}, nil
}

// page of history: how many posts one call gives.
const historyPage = 500

// history gives what people wrote, edited or deleted at or after a moment, by
// that moment; more than fits is said, and asked for with a later since.
func (w *World) history(p *platform, req *http.Request) (any, error) {
	q := req.URL.Query()
	since, err := time.Parse(time.RFC3339, q.Get("since"))
	if err != nil && q.Get("since") != "" {
		return nil, wrong("since is a moment such as 2026-12-02T20:00:00.000Z")
	}
	w.mu.Lock()
	r := w.rooms[q.Get("room")]
	if r == nil || r.Platform != p.ID {
		w.mu.Unlock()
		return nil, missing("there is no room %q on %s", q.Get("room"), p.Name)
	}
	out := []*Post{}
	for _, post := range r.posts {
		if !post.Bot() && post.Only == "" && !post.Changed.Before(since) {
			out = append(out, post)
		}
	}
	w.mu.Unlock()
	slices.SortStableFunc(out, func(a, b *Post) int { return a.Changed.Compare(b.Changed) })
	more := false
	// A page ends between two moments, or asking from the last one again would
	// never get past it.
	if n := historyPage; len(out) > n {
		for n < len(out) && out[n].Changed.Equal(out[n-1].Changed) {
			n++
		}
		more, out = n < len(out), out[:n]
	}
	return map[string]any{"posts": out, "more": more}, nil
}

func (w *World) users(p *platform) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []Person{}
	for _, one := range w.order {
		if one.Platform == p.ID {
			out = append(out, *one)
		}
	}
	return map[string]any{"users": out, "bot": User{BotID, botName}}
}

func (w *World) publicRooms(p *platform) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return map[string]any{"rooms": w.roomsOf(p)}
}

// roomsOf lists the platform's rooms that everybody is in, by name.
func (w *World) roomsOf(p *platform) []Room {
	out := []Room{}
	for _, r := range w.rooms {
		if r.Platform == p.ID && !r.Direct {
			out = append(out, r.Room)
		}
	}
	slices.SortFunc(out, func(a, b Room) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}
