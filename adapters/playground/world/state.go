package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// entry is one change. Everything that happens becomes entries, which are
// written down, applied, and told to those who watch, in that order.
type entry struct {
	Person   *Person       `json:"person,omitempty"`
	Post     *Post         `json:"post,omitempty"` // new, or in the place of the one with its id
	Event    *Event        `json:"event,omitempty"`
	Made     time.Time     `json:"made,omitzero"`   // of an Event: on the real clock, which people's patience follows
	Acked    bool          `json:"acked,omitempty"` // of an Event, in a compacted journal
	Ack      *mark         `json:"ack,omitempty"`
	Lost     *mark         `json:"lost,omitempty"` // up to here events were dropped without having been acknowledged
	Commands *commandTable `json:"commands,omitempty"`
	Clock    *clockOffset  `json:"clock,omitempty"`
	Form     *openForm     `json:"form,omitempty"`
}

type mark struct {
	Platform string `json:"platform"`
	Cursor   uint64 `json:"cursor"`
	Upto     bool   `json:"upto,omitempty"` // all up to Cursor, not that one alone
}

type commandTable struct {
	Platform string    `json:"platform"`
	Commands []Command `json:"commands"`
}

type clockOffset struct {
	Offset time.Duration `json:"offset"` // the bot's clock minus the real one
}

type openForm struct {
	Trigger string `json:"trigger"`
	Form    *Form  `json:"form"`
}

type platform struct {
	ID, Name, Sigil string
	commands        []Command
	stream          stream
	mischief        mischief
}

type room struct {
	Room
	posts []*Post // by serial
	count int     // posts that stand: neither deleted nor private
	keys  map[string][]string
}

var firstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// begin sets up the two platforms and their rooms.
func (w *World) begin() {
	w.people = map[string]*Person{}
	w.rooms = map[string]*room{}
	w.posts = map[string]*Post{}
	w.once = map[string]string{}
	w.triggers = map[string]*trigger{}
	w.followers = map[*follower]bool{}
	w.platforms = []*platform{
		{ID: "north", Name: "North", Sigil: "#"},
		{ID: "south", Name: "South", Sigil: "~"},
	}
	// Numbers begin at the time of day, so that a World that kept nothing does
	// not give today's messages the ids of yesterday's, which a bot with a better
	// memory would take for the same.
	w.serial = uint64(max(0, w.opt.Now().Sub(firstDay)/(100*time.Microsecond)))
	for _, p := range w.platforms {
		p.stream.wake = make(chan struct{})
		p.stream.last = w.serial
	}
	for _, r := range []Room{
		{ID: "data", Platform: "north", Name: "#data"}, {ID: "help", Platform: "north", Name: "#help"},
		{ID: "data-chat", Platform: "south", Name: "~data-chat"}, {ID: "general", Platform: "south", Name: "~general"},
	} {
		w.rooms[r.ID] = &room{Room: r, keys: map[string][]string{}}
	}
}

// commit writes the entries down as one, applies them, and tells the followers.
// The caller holds w.mu. After an error nothing has changed.
func (w *World) commit(entries ...entry) error {
	if w.journal != nil {
		if err := w.journal.append(entries); err != nil {
			return fmt.Errorf("playground: writing the journal: %w", err)
		}
	}
	for _, e := range entries {
		w.apply(e)
		w.tell(e)
	}
	if w.journal != nil && w.journal.grown() {
		if err := w.journal.compact(w); err != nil {
			return fmt.Errorf("playground: compacting the journal: %w", err)
		}
	}
	return nil
}

// apply is the only place that changes the state.
func (w *World) apply(e entry) {
	switch {
	case e.Person != nil:
		w.applyPerson(*e.Person)
	case e.Post != nil:
		w.applyPost(e.Post)
	case e.Event != nil:
		p := w.platform(e.Event.Platform)
		p.stream.add(e.Event, e.Acked, w.opt.Events)
		w.applyTrigger(e.Event, e.Made)
	case e.Ack != nil:
		w.platform(e.Ack.Platform).stream.ack(*e.Ack)
	case e.Lost != nil:
		w.platform(e.Lost.Platform).stream.lost = e.Lost.Cursor
	case e.Commands != nil:
		w.platform(e.Commands.Platform).commands = e.Commands.Commands
	case e.Clock != nil:
		w.offset = e.Clock.Offset
	case e.Form != nil:
		if t := w.triggers[e.Form.Trigger]; t != nil {
			t.form = e.Form.Form
		}
	}
}

func (w *World) applyPerson(p Person) {
	if old := w.people[p.ID]; old != nil {
		*old = p
		return
	}
	w.people[p.ID] = &p
	w.order = append(w.order, &p)
	id := "@" + p.ID
	w.rooms[id] = &room{Room: Room{ID: id, Platform: p.Platform, Name: p.Name, Direct: true}, keys: map[string][]string{}}
}

func (w *World) applyPost(p *Post) {
	r := w.rooms[p.Room]
	n := serialOf(p.ID)
	w.serial = max(w.serial, n)
	i := r.index(n)
	if i < len(r.posts) && r.posts[i].ID == p.ID {
		r.count -= standing(r.posts[i])
		r.posts[i] = p
	} else {
		r.posts = append(r.posts, p)
		if p.Key != "" {
			r.keys[p.Key] = append(r.keys[p.Key], p.ID)
		}
	}
	r.count += standing(p)
	w.posts[p.ID] = p
	if p.Once != "" {
		w.once[onceKey(p.By, p.Once)] = p.ID
	}
	for len(r.posts) > w.opt.Posts {
		w.forget(r, r.posts[0])
		r.posts = r.posts[1:]
	}
}

func (w *World) forget(r *room, p *Post) {
	r.count -= standing(p)
	delete(w.posts, p.ID)
	delete(w.once, onceKey(p.By, p.Once))
	if p.Key == "" {
		return
	}
	left := slices.DeleteFunc(r.keys[p.Key], func(id string) bool { return id == p.ID })
	if len(left) == 0 {
		delete(r.keys, p.Key)
	} else {
		r.keys[p.Key] = left
	}
}

func onceKey(by, once string) string { return by + "/" + once }

// standing counts a post that everybody in the room can read.
func standing(p *Post) int {
	if p.Deleted || p.Only != "" {
		return 0
	}
	return 1
}

// index is where the post with that serial is, or would be.
func (r *room) index(serial uint64) int {
	return sort.Search(len(r.posts), func(i int) bool { return serialOf(r.posts[i].ID) >= serial })
}

// serialOf reads the number out of an id such as "mcx4k1" or "tcx4k2".
func serialOf(id string) uint64 {
	if id == "" {
		return 0
	}
	n, _ := strconv.ParseUint(id[1:], 36, 64)
	return n
}

// number gives the next id of a kind: "m" for messages, "t" for triggers. The
// caller holds w.mu.
func (w *World) number(kind string) string {
	w.serial++
	return kind + strconv.FormatUint(w.serial, 36)
}

func (w *World) platform(id string) *platform {
	for _, p := range w.platforms {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// snapshot is the whole state as entries, for a compacted journal.
func (w *World) snapshot(write func(...entry) error) error {
	if err := write(entry{Clock: &clockOffset{w.offset}}); err != nil {
		return err
	}
	for _, p := range w.order {
		if err := write(entry{Person: p}); err != nil {
			return err
		}
	}
	for _, p := range w.platforms {
		if err := write(entry{Commands: &commandTable{p.ID, p.commands}}); err != nil {
			return err
		}
		for _, k := range p.stream.kept {
			if err := write(entry{Event: k.event, Acked: k.acked, Made: w.made(k.event)}); err != nil {
				return err
			}
		}
		if p.stream.lost > 0 {
			if err := write(entry{Lost: &mark{Platform: p.ID, Cursor: p.stream.lost}}); err != nil {
				return err
			}
		}
	}
	for _, t := range w.asked {
		if t.form != nil {
			if err := write(entry{Form: &openForm{t.id, t.form}}); err != nil {
				return err
			}
		}
	}
	for _, r := range w.rooms {
		for _, p := range r.posts {
			if err := write(entry{Post: p}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) made(e *Event) time.Time {
	if t := w.triggers[e.Trigger]; t != nil {
		return t.made
	}
	return time.Time{}
}

// mayBeSeen says whether somebody acting as one of those people sees the post.
func mayBeSeen(p *Post, as []string) bool {
	if p.Only != "" {
		return slices.Contains(as, p.Only)
	}
	if who, direct := strings.CutPrefix(p.Room, "@"); direct {
		return slices.Contains(as, who)
	}
	return true
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("playground: %T cannot be written as JSON: %v", v, err)) // our own types: a bug
	}
	return b
}
