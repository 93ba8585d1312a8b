package world

import (
	"strconv"
	"strings"
)

// stream is what a platform has to tell the bot: the last so many events, each
// under a cursor one higher than the one before.
type stream struct {
	kept   []kept
	last   uint64        // the cursor given last
	lost   uint64        // the newest event that was dropped before it was acknowledged; 0 when none was
	wake   chan struct{} // closed and replaced when there is something new
	socket *socket       // who is listening, if anybody
}

type kept struct {
	event *Event
	acked bool
}

func (s *stream) add(e *Event, acked bool, most int) {
	s.kept = append(s.kept, kept{e, acked})
	s.last = e.Cursor
	for len(s.kept) > most {
		if !s.kept[0].acked {
			s.lost = s.kept[0].event.Cursor
		}
		s.kept = s.kept[1:]
	}
	s.nudge()
}

// nudge wakes whoever waits for something to send.
func (s *stream) nudge() {
	close(s.wake)
	s.wake = make(chan struct{})
}

func (s *stream) ack(m mark) {
	if m.Cursor == s.lost || m.Upto && m.Cursor > s.lost {
		s.lost = 0 // a gap is acknowledged by its cursor, like an event
	}
	i := s.index(m.Cursor)
	if m.Upto {
		for j := 0; j <= i && j < len(s.kept); j++ {
			s.kept[j].acked = true
		}
		return
	}
	if i >= 0 && i < len(s.kept) {
		s.kept[i].acked = true
	}
}

// index is the place of that cursor in kept: cursors have no holes. It may lie
// outside.
func (s *stream) index(cursor uint64) int {
	if len(s.kept) == 0 {
		return -1
	}
	return int(int64(cursor) - int64(s.kept[0].event.Cursor))
}

// event makes the entries for one event: one, or two when the platform has been
// told to repeat itself or to babble. The caller holds w.mu.
func (w *World) event(p *platform, e Event) []entry {
	e.Platform = p.ID
	e.Cursor = p.stream.last + 1
	e.Direct = strings.HasPrefix(e.Room, "@")
	if e.At.IsZero() {
		e.At = w.now()
	}
	made := w.opt.Now()
	switch p.mischief.event() {
	case "repeat":
		again := e
		again.Cursor++
		return []entry{{Event: &e, Made: made}, {Event: &again, Made: made}}
	case "unknown":
		strange := Event{Cursor: e.Cursor, ID: "weather/" + strconv.FormatUint(e.Cursor, 10), Kind: "weather", Platform: p.ID, Room: e.Room, At: e.At}
		e.Cursor++
		return []entry{{Event: &strange, Made: made}, {Event: &e, Made: made}}
	}
	return []entry{{Event: &e, Made: made}}
}

func user(p *Person) *User { return &User{ID: p.ID, Name: p.Name} }
