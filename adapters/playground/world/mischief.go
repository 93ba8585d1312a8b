package world

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// Misbehaviour is what a platform has been told to do wrong. Chances are from 0
// to 1. The same seed and the same order of requests give the same mischief.
type Misbehaviour struct {
	Platform  string   `json:"platform,omitempty"` // empty: both
	Seed      uint64   `json:"seed,omitempty"`
	Ops       []string `json:"ops,omitempty"` // which of the bot's calls suffer; post, edit and delete when empty
	Lose      float64  `json:"lose,omitempty"`
	Late      Late     `json:"late,omitzero"`
	Refuse    Refuse   `json:"refuse,omitzero"`
	Fail      float64  `json:"fail,omitempty"`      // 503 and no effect
	FailAfter float64  `json:"failAfter,omitempty"` // the effect, and then 502
	Repeat    float64  `json:"repeat,omitempty"`    // an event comes twice
	Unknown   float64  `json:"unknown,omitempty"`   // before an event comes one of a kind that nobody knows
	Reorder   float64  `json:"reorder,omitempty"`   // an event comes after the one that follows it
	Drop      float64  `json:"drop,omitempty"`      // the socket is cut after an event
	Silent    float64  `json:"silent,omitempty"`    // or says nothing more, without being cut
	Next      []Deed   `json:"next,omitempty"`      // done first, once each, in order
}

// Late is an effect that comes after so many seconds, whether or not the bot
// still waits.
type Late struct {
	P       float64 `json:"p"`
	Seconds float64 `json:"seconds"`
}

// Refuse is 429 without an effect; RetryAfter is in whole seconds.
type Refuse struct {
	P          float64 `json:"p"`
	RetryAfter int     `json:"retryAfter"`
}

// Deed is one scripted misdeed. Op is one of the bot's calls, "event" or
// "socket", or empty for any call; Do is lose, hang, late, refuse, fail or failAfter
// for a call; repeat or unknown for an event; drop, silent or reorder for a
// socket; and "well" for something that shall go well in between. Seconds are those of late, and of
// Retry-After.
type Deed struct {
	Op      string  `json:"op,omitempty"`
	Do      string  `json:"do"`
	Seconds float64 `json:"seconds,omitempty"`
}

// calls are the bot's calls by the names that Ops and Deed use.
var calls = []string{"post", "edit", "delete", "whisper", "answer", "find", "history", "users", "rooms", "commands", "clock"}

var deeds = map[string][]string{
	"event":  {"repeat", "unknown", "well"},
	"socket": {"drop", "silent", "reorder", "well"},
}

var callDeeds = []string{"lose", "hang", "late", "refuse", "fail", "failAfter", "well"}

// mischief is a platform's Misbehaviour at work. World.mu guards it.
type mischief struct {
	Misbehaviour
	calls, events, sockets *rand.Rand     // apart, so that one's number does not change another's luck
	Done                   map[string]int // how often each was done
}

func (m *mischief) reset(b Misbehaviour, platform string) {
	b.Platform = platform
	if len(b.Ops) == 0 {
		b.Ops = []string{"post", "edit", "delete"}
	}
	h := fnv.New64a()
	h.Write([]byte(platform)) // the two platforms shall not do the same at the same time
	b.Next = slices.Clone(b.Next)
	luck := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(b.Seed, h.Sum64()+n)) }
	*m = mischief{Misbehaviour: b, calls: luck(0), events: luck(1), sockets: luck(2), Done: map[string]int{}}
}

// take takes the next deed that was written down for op, if there is one.
func (m *mischief) take(op string) Deed {
	call := op != "event" && op != "socket"
	for i, d := range m.Next {
		if d.Op == op || d.Op == "" && call {
			m.Next = slices.Delete(m.Next, i, i+1)
			m.count(d.Do)
			return d
		}
	}
	return Deed{}
}

func (m *mischief) count(do string) {
	if do != "" && do != "well" {
		m.Done[do]++
	}
}

// call decides how one of the bot's calls goes.
func (m *mischief) call(op string) Deed {
	if d := m.take(op); d.Do != "" {
		return d
	}
	if m.calls == nil || !slices.Contains(m.Ops, op) {
		return Deed{}
	}
	x := m.calls.Float64()
	for _, d := range []struct {
		p float64
		Deed
	}{
		{m.Lose, Deed{Do: "lose"}},
		{m.Late.P, Deed{Do: "late", Seconds: m.Late.Seconds}},
		{m.Refuse.P, Deed{Do: "refuse", Seconds: float64(m.Refuse.RetryAfter)}},
		{m.Fail, Deed{Do: "fail"}},
		{m.FailAfter, Deed{Do: "failAfter"}},
	} {
		if x < d.p {
			m.count(d.Do)
			return d.Deed
		}
		x -= d.p
	}
	return Deed{}
}

// event decides how an event is told.
func (m *mischief) event() string {
	if do := m.take("event").Do; do != "" {
		return do
	}
	switch {
	case m.toss(m.events, "repeat", m.Repeat):
		return "repeat"
	case m.toss(m.events, "unknown", m.Unknown):
		return "unknown"
	}
	return ""
}

// idle is what happens to a socket on which nothing is said.
func (m *mischief) idle() string {
	for _, d := range m.Next {
		if d.Op == "socket" {
			if d.Do != "drop" && d.Do != "silent" {
				return "" // that waits for an event
			}
			return m.take("socket").Do
		}
	}
	return ""
}

// socket decides what happens to the socket with the event that is sent next.
func (m *mischief) socket() string {
	if do := m.take("socket").Do; do != "" {
		return do
	}
	switch {
	case m.toss(m.sockets, "reorder", m.Reorder):
		return "reorder"
	case m.toss(m.sockets, "drop", m.Drop):
		return "drop"
	case m.toss(m.sockets, "silent", m.Silent):
		return "silent"
	}
	return ""
}

func (m *mischief) toss(luck *rand.Rand, do string, p float64) bool {
	if p == 0 || luck.Float64() >= p {
		return false
	}
	m.count(do)
	return true
}

func (m Misbehaviour) check() error {
	for _, p := range []float64{m.Lose, m.Late.P, m.Refuse.P, m.Fail, m.FailAfter, m.Repeat, m.Unknown, m.Reorder, m.Drop, m.Silent} {
		if p < 0 || p > 1 {
			return wrong("a chance is between 0 and 1")
		}
	}
	if m.Lose+m.Late.P+m.Refuse.P+m.Fail+m.FailAfter > 1 {
		return wrong("the chances for a call add up to more than 1")
	}
	for _, op := range m.Ops {
		if !slices.Contains(calls, op) {
			return wrong("there is no call %q; there are %q", op, calls)
		}
	}
	for _, d := range m.Next {
		can := deeds[d.Op]
		if d.Op == "" || slices.Contains(calls, d.Op) {
			can = callDeeds
		}
		if !slices.Contains(can, d.Do) {
			return wrong("%q cannot %q; it can %q", d.Op, d.Do, can)
		}
		if d.Seconds < 0 || d.Seconds > 600 {
			return wrong("seconds are from 0 to 600")
		}
	}
	return nil
}

func (w *World) routeMischief(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/misbehave", takes(w.misbehave))
	mux.HandleFunc("DELETE /api/misbehave", takes(func(struct{}) (any, error) { return w.misbehave(Misbehaviour{}) }))
	mux.HandleFunc("GET /api/misbehave", gives(func(*http.Request) (any, error) { return w.behaviour(), nil }))
}

func (w *World) misbehave(b Misbehaviour) (any, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if b.Platform != "" && w.platform(b.Platform) == nil {
		return nil, missing("there is no platform %q", b.Platform)
	}
	w.mu.Lock()
	for _, p := range w.platforms {
		if b.Platform == "" || b.Platform == p.ID {
			p.mischief.reset(b, p.ID)
			p.stream.nudge() // a socket that waits shall suffer now
		}
	}
	w.mu.Unlock()
	return w.behaviour(), nil
}

// behaviour tells what each platform has been told, and what it has done since.
func (w *World) behaviour() any {
	type told struct {
		Misbehaviour
		Done map[string]int `json:"done"`
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []told{}
	for _, p := range w.platforms {
		t := told{p.mischief.Misbehaviour, map[string]int{}}
		t.Platform, t.Next = p.ID, slices.Clone(p.mischief.Next)
		for do, n := range p.mischief.Done {
			t.Done[do] = n
		}
		out = append(out, t)
	}
	return out
}

func (d Deed) delay() time.Duration { return time.Duration(d.Seconds * float64(time.Second)) }
