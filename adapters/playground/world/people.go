package world

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// routePeople serves what a person does: with a click on the page, or a story
// in its place.
func (w *World) routePeople(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/people", takes(w.addPerson))
	mux.HandleFunc("POST /api/say", takes(w.say))
	mux.HandleFunc("POST /api/edit", takes(w.editOwn))
	mux.HandleFunc("POST /api/delete", takes(w.deleteMessage))
	mux.HandleFunc("POST /api/react", takes(func(in reactionIn) (any, error) { return w.react(in, true) }))
	mux.HandleFunc("POST /api/unreact", takes(func(in reactionIn) (any, error) { return w.react(in, false) }))
	mux.HandleFunc("POST /api/command", takes(w.command))
	mux.HandleFunc("POST /api/press", takes(w.press))
	mux.HandleFunc("POST /api/choose", takes(w.choose))
	mux.HandleFunc("POST /api/submit", takes(w.submit))
	mux.HandleFunc("POST /api/clock", takes(w.moveClock))
}

// actor finds who acts. The caller holds w.mu.
func (w *World) actor(id string) (*Person, *platform, error) {
	who := w.people[id]
	if who == nil {
		return nil, nil, missing("there is nobody called %q; as is a person's id such as \"ada\"", id)
	}
	return who, w.platform(who.Platform), nil
}

// where finds the room and thread in which somebody acts: a room of their own
// platform, or their direct messages with the bot.
func (w *World) where(who *Person, p *platform, id, thread string) (*room, string, error) {
	r, thread, err := w.place(p, id, thread)
	if err == nil && r.Direct && r.ID != "@"+who.ID {
		err = forbidden("%s cannot look into other people's direct messages", who.Name)
	}
	return r, thread, err
}

// seen finds a message that somebody can see and that still stands.
func (w *World) seen(who *Person, id string) (*Post, error) {
	post := w.posts[id]
	if post == nil || post.Platform != who.Platform || !mayBeSeen(post, []string{who.ID}) {
		return nil, missing("%s sees no message %q", who.Name, id)
	}
	if post.Deleted {
		return nil, gone("message %s was deleted", id)
	}
	return post, nil
}

func words(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return "", wrong("text is missing")
	}
	if n := utf8.RuneCountInString(text); n > mostText {
		return "", wrong("that is %d characters; a message holds %d", n, mostText)
	}
	return text, nil
}

type newPerson struct {
	Platform  string `json:"platform"`
	Name      string `json:"name"`
	ID        string `json:"id"` // made from the name when empty
	Organiser bool   `json:"organiser"`
	About     string `json:"about"`
}

func (w *World) addPerson(in newPerson) (any, error) {
	name := strings.Join(strings.Fields(in.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > 80 {
		return nil, wrong("name is missing, or longer than 80 characters")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.platform(in.Platform)
	if p == nil {
		return nil, missing("there is no platform %q; there are north and south", in.Platform)
	}
	id := in.ID
	switch {
	case id == "":
		base := slug(name)
		id = base
		for n := 2; w.people[id] != nil || id == BotID || id == worldID; n++ {
			id = base + "-" + strconv.Itoa(n)
		}
	case id != slug(id):
		return nil, wrong("an id is like olive or olive-2: small letters, digits and dashes")
	case w.people[id] != nil || id == BotID || id == worldID:
		return nil, &problem{http.StatusConflict, "somebody is called " + id + " already"}
	}
	if len(w.order) >= 5000 {
		return nil, wrong("the playground is full: there are 5,000 people")
	}
	who := Person{ID: id, Platform: p.ID, Name: name, Organiser: in.Organiser, About: in.About}
	if who.About == "" && who.Organiser {
		who.About = "organiser"
	}
	if err := w.commit(entry{Person: &who}); err != nil {
		return nil, err
	}
	for _, r := range w.roomsOf(p) {
		if err := w.commit(w.event(p, Event{ID: "joined/" + r.ID + "/" + id, Kind: "joined", Room: r.ID, User: user(&who)})...); err != nil {
			return nil, err
		}
	}
	return who, nil
}

// slug makes an id out of a name: "Olive O'Neil" becomes "olive-o-neil".
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = "p-" + s
	}
	return strings.Trim(s, "-")
}

type sayIn struct {
	As     string `json:"as"`
	Room   string `json:"room"`
	Thread string `json:"thread"`
	Text   string `json:"text"`
	ID     string `json:"id"` // the caller's own: said once however often it is sent
}

func (w *World) say(in sayIn) (any, error) {
	text, err := words(in.Text)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	who, p, err := w.actor(in.As)
	if err != nil {
		return nil, err
	}
	if in.ID != "" {
		if id := w.once[onceKey(who.ID, in.ID)]; id != "" {
			return written{ID: id, At: w.posts[id].At}, nil
		}
	}
	r, thread, err := w.where(who, p, in.Room, in.Thread)
	if err != nil {
		return nil, err
	}
	now := w.now()
	post := &Post{ID: w.number("m"), Platform: p.ID, Room: r.ID, Thread: thread, By: who.ID, Name: who.Name,
		Text: w.mentions(p, text), At: now, Changed: now, Rev: 1, Once: in.ID, Everyone: everyone.MatchString(text)}
	e := w.about(post, "message", who)
	e.ID = "message/" + post.ID
	if err := w.commit(append([]entry{{Post: post}}, w.event(p, e)...)...); err != nil {
		return nil, err
	}
	return written{ID: post.ID, At: post.At}, nil
}

// about is an event of that kind about a message, with its words.
func (w *World) about(post *Post, kind string, who *Person) Event {
	return Event{Kind: kind, Room: post.Room, Thread: post.Thread, Message: post.ID, Text: post.Text, Rev: post.Rev,
		User: user(who), At: post.Changed, Addressed: addressed(post.Text)}
}

type messageIn struct {
	As      string `json:"as"`
	Message string `json:"message"`
	Text    string `json:"text"`
}

func (w *World) editOwn(in messageIn) (any, error) {
	text, err := words(in.Text)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	who, p, err := w.actor(in.As)
	if err != nil {
		return nil, err
	}
	old, err := w.seen(who, in.Message)
	if err != nil {
		return nil, err
	}
	if old.By != who.ID {
		return nil, forbidden("%s can edit only what %s wrote", who.Name, who.Name)
	}
	next := *old
	next.Text, next.Edited, next.Changed, next.Rev = w.mentions(p, text), true, w.now(), old.Rev+1
	next.Everyone = everyone.MatchString(text)
	e := w.about(&next, "edited", who)
	e.ID = "edited/" + next.ID + "/" + strconv.Itoa(next.Rev)
	if err := w.commit(append([]entry{{Post: &next}}, w.event(p, e)...)...); err != nil {
		return nil, err
	}
	return written{ID: next.ID, At: next.At}, nil
}

// deleteMessage takes away one's own message; an organiser may take away
// anybody's, the bot's included.
func (w *World) deleteMessage(in messageIn) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	who, p, err := w.actor(in.As)
	if err != nil {
		return nil, err
	}
	old, err := w.seen(who, in.Message)
	if err != nil {
		return nil, err
	}
	if old.By != who.ID && old.Only != who.ID && !who.Organiser {
		return nil, forbidden("%s can delete only what %s wrote", who.Name, who.Name)
	}
	next := w.tombstone(old, who.ID)
	entries := []entry{{Post: next}}
	if old.Only == "" { // one's private replies are one's own affair
		e := w.about(next, "deleted", who)
		e.ID = "deleted/" + next.ID
		entries = append(entries, w.event(p, e)...)
	}
	if err := w.commit(entries...); err != nil {
		return nil, err
	}
	return written{ID: next.ID, At: next.At}, nil
}

type reactionIn struct {
	As      string `json:"as"`
	Message string `json:"message"`
	Name    string `json:"name"` // the mark itself: "👍"
}

func (w *World) react(in reactionIn, on bool) (any, error) {
	if n := utf8.RuneCountInString(in.Name); n == 0 || n > 32 {
		return nil, wrong("name is the mark to leave, such as 👍")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	who, p, err := w.actor(in.As)
	if err != nil {
		return nil, err
	}
	old, err := w.seen(who, in.Message)
	if err != nil {
		return nil, err
	}
	if old.Only != "" {
		return nil, forbidden("nobody else would see a reaction to a private message")
	}
	next := *old
	next.Reactions = reacted(old.Reactions, in.Name, who.ID, on)
	if next.Reactions == nil {
		return written{ID: old.ID, At: old.At}, nil // as it was already
	}
	if len(next.Reactions) > 50 {
		return nil, wrong("a message holds 50 different marks")
	}
	kind := "reacted"
	if !on {
		kind = "unreacted"
	}
	e := w.about(&next, kind, who)
	// One may come and go: each time is another thing done.
	e.ID = kind + "/" + next.ID + "/" + who.ID + "/" + in.Name + "/" + strconv.FormatUint(p.stream.last+1, 10)
	e.Text, e.Addressed, e.Reaction, e.At = "", false, in.Name, w.now()
	if err := w.commit(append([]entry{{Post: &next}}, w.event(p, e)...)...); err != nil {
		return nil, err
	}
	return written{ID: next.ID, At: next.At}, nil
}

// reacted is the list with that person's mark added or taken away; nil when that
// changes nothing.
func reacted(old []Reaction, name, who string, on bool) []Reaction {
	out := make([]Reaction, 0, len(old)+1)
	found := false
	for _, r := range old {
		if r.Name != name {
			out = append(out, r)
			continue
		}
		found = true
		if slices.Contains(r.People, who) == on {
			return nil
		}
		people := slices.Clone(r.People)
		if on {
			people = append(people, who)
		} else {
			people = slices.DeleteFunc(people, func(p string) bool { return p == who })
		}
		if len(people) > 0 {
			out = append(out, Reaction{name, people})
		}
	}
	switch {
	case found:
		return out
	case on:
		return append(out, Reaction{name, []string{who}})
	}
	return nil
}

type clockMove struct {
	To string `json:"to"`
}

// moveClock passes the wish on to the bot, whose clock it is. One platform asks,
// and one that is connected, since the bot has only one clock.
func (w *World) moveClock(in clockMove) (any, error) {
	if _, err := time.Parse(time.RFC3339, in.To); err != nil && in.To != "start" {
		if d, err := time.ParseDuration(strings.TrimPrefix(in.To, "+")); err != nil || d <= 0 || in.To[0] != '+' {
			return nil, wrong(`to is "start", a step such as "+10m" or "+24h", or a moment such as "2026-12-02T20:00:00Z"`)
		}
	}
	w.mu.Lock()
	p := w.platforms[0]
	for _, other := range w.platforms {
		if p.stream.socket == nil {
			p = other
		}
	}
	connected := p.stream.socket != nil
	w.mu.Unlock()
	if !connected {
		return nil, &problem{http.StatusServiceUnavailable, "The bot is not connected, and the clock is its own."}
	}
	return w.ask(p, &Person{ID: worldID, Name: "Playground"}, Event{Kind: "clock", To: in.To}, w.opt.ClockPatience)
}
