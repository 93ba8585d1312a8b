//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"datahour/adapters/playground/world"
)

// hour is a data hour as its people know it: what they planned, what they were
// told, and what was said in it.
type hour struct {
	title     string
	id        string // from the key of its announcement
	rooms     [2]string
	organiser string
	other     string
	start     time.Time
	length    time.Duration
	planned   int // questions

	cancelled bool
	closed    bool // early, by its host
	extended  int  // extensions that were confirmed
	tried     int  // extensions that were asked for; an unanswered one may have come true
	messages  []*message
}

// message is something that a person wrote; its words carry its number and version.
type message struct {
	n, version       int
	by, room, thread string
	id               string
	deleted          bool
	outside          bool // said when the hour was over
}

func (m *message) text() string {
	return fmt.Sprintf("%s%s", token(m.n, m.version), tails[m.n%len(tails)])
}

func token(n, version int) string { return fmt.Sprintf("m%dv%dz", n, version) }

// tails are what people write after the token; none of it may break anything.
var tails = []string{" we match them by *hand*", " ask @channel and <b>see</b>", " A1 river_levels & LiDAR", "", " [map](https://example.org/map) > 5m", " Ünïcödé 💧"}

const hourLength = 20 * time.Minute

// round tells one story in both pairs of rooms at the same time, from the
// scheduling to what people do when it is over.
func (t *trial) round(ctx context.Context, number int, luck *rand.Rand) error {
	now, err := t.w.now()
	if err != nil {
		return err
	}
	start := now.Add(time.Duration(25+luck.IntN(20)) * time.Hour).Truncate(10 * time.Minute)
	var hours []*hour
	for _, p := range pairs {
		hours = append(hours, &hour{title: fmt.Sprintf("%s %d", titles[luck.IntN(len(titles))], 2*number+len(hours)), rooms: p.rooms, organiser: p.organiser, other: p.other,
			start: start, length: hourLength, planned: luck.IntN(4)})
	}
	luckOf := make([]*rand.Rand, len(hours))
	for i := range hours {
		luckOf[i] = rand.New(rand.NewPCG(luck.Uint64(), uint64(i)))
	}
	both := func(do func(h *hour, luck *rand.Rand) error) error {
		var g errgroup.Group
		for i, h := range hours {
			g.Go(func() error { return do(h, luckOf[i]) })
		}
		return g.Wait()
	}
	if err := both(t.schedule); err != nil {
		return err
	}
	t.mu.Lock()
	t.hours = append(t.hours, hours...)
	t.mu.Unlock()
	if err := both(t.change); err != nil {
		return err
	}
	for _, r := range reminders {
		if err := t.moveTo(ctx, start.Add(-r.before)); err != nil {
			return err
		}
		both(func(h *hour, _ *rand.Rand) error {
			if !h.cancelled {
				t.see(h, "reminder", func(p world.Post) bool { return r.says.MatchString(words(&p)) })
			}
			return nil
		})
	}
	t.choose("edith", luck.IntN(2) == 0)
	if err := t.moveTo(ctx, start); err != nil {
		return err
	}
	both(func(h *hour, _ *rand.Rand) error {
		if !h.cancelled {
			t.see(h, "opening", func(p world.Post) bool { return strings.Contains(words(&p), "is open until") })
		}
		return nil
	})
	for step := 0; step <= 6; step++ {
		if step > 0 {
			both(func(h *hour, _ *rand.Rand) error { t.seeQuestions(h); return nil })
			if err := t.moveTo(ctx, start.Add(time.Duration(step)*3*time.Minute+10*time.Second)); err != nil {
				return err
			}
		}
		if err := both(func(h *hour, luck *rand.Rand) error { return t.talk(h, luck, step) }); err != nil {
			return err
		}
	}
	if err := t.moveTo(ctx, start.Add(hourLength+10*time.Minute+time.Second)); err != nil { // extensions are five minutes, two at most
		return err
	}
	both(func(h *hour, _ *rand.Rand) error {
		if !h.cancelled {
			t.see(h, "wrapup", func(world.Post) bool { return true })
		}
		return nil
	})
	if err := both(t.afterwards); err != nil {
		return err
	}
	if luck.IntN(2) == 0 { // edits after the hour was settled are followed too
		if err := t.moveTo(ctx, start.Add(hourLength+25*time.Minute)); err != nil {
			return err
		}
		return both(t.afterwards)
	}
	return nil
}

// reminders are one post that says something new each time; when the bot was off
// for a moment, it says how much is left.
var reminders = []struct {
	before time.Duration
	says   *regexp.Regexp
}{
	{24 * time.Hour, regexp.MustCompile(`^\s*(One day|24 hours|23 hours)`)},
	{time.Hour, regexp.MustCompile(`^\s*(One hour|60 minutes|59 minutes)`)},
	{10 * time.Minute, regexp.MustCompile(`^\s*(Ten minutes|Nine minutes)`)},
}

var titles = []string{"Flood data people use", "River levels", "Bathing water", "Ponds and ditches", "Who maintains it", "Open LiDAR"}

// schedule drafts an hour and presses Post, again until it stands.
func (t *trial) schedule(h *hour, _ *rand.Rand) error {
	line := fmt.Sprintf(`/datahour new "%s" "%s" length=%dm keep=0 rooms=%s rooms=%s`, h.title, london(h.start), int(h.length.Minutes()), h.rooms[0], h.other)
	for q := range h.planned {
		line += fmt.Sprintf(` questions="Question %d of %s?"`, q+1, h.title)
	}
	if !t.post(h.organiser, h.rooms[0], line, func() bool { return t.announced(h) }) {
		return fmt.Errorf("%s could not be scheduled", h.title)
	}
	if !until(patience, func() bool { return t.announced(h) }) {
		t.note("lost: the announcement of %s in %s", h.title, h.rooms[0])
		return fmt.Errorf("%s was confirmed, and is not announced", h.title)
	}
	return nil
}

// patience is how long people wait for what must come. Kills go on meanwhile.
const patience = 90 * time.Second

// post makes a draft and presses Post until that is confirmed. An unanswered
// press may have been heard: then the draft is not there any more. done tells
// whether it can be seen that it was.
func (t *trial) post(as, room, line string, done func() bool) bool {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		draft, err := t.w.command(as, room, line)
		if err != nil || !draft.Answered || draft.Post == nil || draft.Post.Content == nil || len(draft.Post.Content.Buttons) == 0 {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		for time.Now().Before(deadline) {
			out, err := t.w.press(as, draft.Post.ID, "Post")
			if err == nil && out.Answered {
				text := answer(out)
				for _, l := range []string{"Announced", "Changed", "not there any more"} {
					if strings.Contains(text, l) {
						return true
					}
				}
			}
			if err != nil && done() { // the answer took the buttons away
				return true
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return false
}

var zone = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return l
}()

func london(at time.Time) string { return at.In(zone).Format("2 Jan 2006 15:04") }

// announced looks for the announcement in the home room, and learns the hour's id.
func (t *trial) announced(h *hour) bool {
	posts, err := t.w.room(h.rooms[0], "")
	if err != nil {
		return false
	}
	for _, p := range standing(posts) {
		if m := announcementKey.FindStringSubmatch(p.Key); m != nil && strings.Contains(words(&p), h.title) {
			h.id = m[1]
			return true
		}
	}
	return false
}

var announcementKey = regexp.MustCompile(`^hour/([^/]+)/announcement$`)

// see waits until a post of the hour stands in both rooms, and notes its loss
// when it does not.
func (t *trial) see(h *hour, what string, like func(world.Post) bool) {
	for _, room := range h.rooms {
		if !until(patience, func() bool { return t.stands(h, room, what, like) }) {
			t.note("lost: %s of %s (%s) in %s did not come", what, h.title, h.id, room)
		}
	}
}

// seeQuestions waits until all that was asked, as the page tells it, stands in
// both rooms. The clock is moved minutes at a time, and a post of unsure end
// holds its room back only for seconds: hurried on, two questions could change places.
func (t *trial) seeQuestions(h *hour) {
	if h.cancelled || h.closed || h.planned == 0 {
		return
	}
	var page struct{ Questions []struct{ Number int } }
	until(patience, func() bool {
		status, body, err := t.page("/hour/" + h.id + ".json")
		return err == nil && status == 200 && json.Unmarshal([]byte(body), &page) == nil
	})
	for _, q := range page.Questions {
		t.see(h, fmt.Sprintf("q/%d", q.Number), func(world.Post) bool { return true })
	}
}

func (t *trial) stands(h *hour, room, what string, like func(world.Post) bool) bool {
	posts, err := t.w.room(room, "")
	if err != nil {
		return false
	}
	for _, p := range standing(posts) {
		if p.Key == "hour/"+h.id+"/"+what && like(p) {
			return true
		}
	}
	return false
}

// change lets the organiser think again: another title, or no hour at all.
func (t *trial) change(h *hour, luck *rand.Rand) error {
	switch luck.IntN(8) {
	case 0:
		if got, ok := t.insist(h.organiser, h.rooms[0], "/datahour cancel "+h.id+" sure=yes", "Cancelled, and", "was cancelled"); !ok {
			return fmt.Errorf("cancelling %s: %s", h.title, got)
		}
		h.cancelled = true
	case 1, 2:
		title := h.title + " again"
		line := fmt.Sprintf(`/datahour edit %s title="%s"`, h.id, title)
		if !t.post(h.organiser, h.rooms[0], line, func() bool {
			return t.stands(h, h.rooms[0], "announcement", func(p world.Post) bool { return strings.Contains(words(&p), title) })
		}) {
			return fmt.Errorf("changing %s failed", h.title)
		}
		h.title = title
	}
	return nil
}

// talk is one burst: people say, edit, delete, react and reply, and the host
// sometimes makes the hour longer or closes it.
func (t *trial) talk(h *hour, luck *rand.Rand, step int) error {
	if h.cancelled || h.closed {
		return nil
	}
	for range 2 + luck.IntN(5) {
		if err := t.act(h, luck); err != nil {
			return err
		}
		time.Sleep(time.Duration(luck.IntN(120)) * time.Millisecond)
	}
	switch x := luck.IntN(40); {
	case x < 2 && h.tried < 2:
		h.tried++
		out, err := t.w.command(h.organiser, h.rooms[0], "/datahour extend 5m hour="+h.id)
		if err == nil && out.Answered && strings.Contains(answer(out), "It closes at") {
			h.extended++
		}
	case x == 2 && step > 1:
		if got, ok := t.insist(h.organiser, h.rooms[0], "/datahour close "+h.id, "Closed. Thank you", "was closed at"); !ok {
			return fmt.Errorf("closing %s: %s", h.title, got)
		}
		h.closed = true
	}
	return nil
}

// act is one thing that one person does in an open hour.
func (t *trial) act(h *hour, luck *rand.Rand) error {
	mine := h.messages
	if len(mine) > 4 {
		mine = mine[len(mine)-4:] // what people change is usually what they just wrote
	}
	x := luck.IntN(100)
	if len(mine) == 0 || x < 60 {
		return t.speak(h, luck, false)
	}
	m := mine[luck.IntN(len(mine))]
	switch {
	case m.deleted:
		return nil
	case x < 82:
		return t.reword(m)
	case x < 90:
		m.deleted = true
		return t.w.remove(m.by, m.id)
	}
	speakers := people[m.room]
	return t.w.react(speakers[luck.IntN(len(speakers))], m.id, "👍")
}

func (t *trial) reword(m *message) error {
	next := *m
	next.version++
	if err := t.w.edit(m.by, m.id, next.text()); err != nil {
		return err
	}
	m.version++
	return nil
}

// speak says something new, every fifth time in a thread.
func (t *trial) speak(h *hour, luck *rand.Rand, outside bool) error {
	room := h.rooms[luck.IntN(2)]
	speakers := people[room]
	t.mu.Lock()
	t.said++
	m := &message{n: t.said, version: 1, by: speakers[luck.IntN(len(speakers))], room: room, outside: outside}
	t.mu.Unlock()
	if luck.IntN(5) == 0 && !outside {
		m.thread = t.head(h, room, luck)
	}
	out, err := t.w.say(m.by, room, m.thread, m.text())
	if err != nil {
		return err
	}
	m.id = out.ID
	h.messages = append(h.messages, m)
	return nil
}

// head picks a message to reply to: a person's in the room, or a question or a
// carried message of the bot's.
func (t *trial) head(h *hour, room string, luck *rand.Rand) string {
	posts, err := t.w.room(room, "")
	if err != nil {
		return ""
	}
	var heads []string
	for _, p := range posts {
		ours := strings.HasPrefix(p.Key, "hour/"+h.id+"/q/") || strings.HasPrefix(p.Key, "hour/"+h.id+"/said/")
		if ours && !p.Deleted && p.Thread == "" {
			heads = append(heads, p.ID)
		}
	}
	for _, m := range h.messages {
		if m.room == room && !m.deleted && m.thread == "" {
			heads = append(heads, m.id)
		}
	}
	if len(heads) == 0 {
		return ""
	}
	return heads[luck.IntN(len(heads))]
}

// afterwards is what people do when the hour is over: they go on talking, which
// belongs to no hour, and they edit and delete what they said in it.
func (t *trial) afterwards(h *hour, luck *rand.Rand) error {
	if h.cancelled {
		return nil
	}
	if err := t.speak(h, luck, true); err != nil {
		return err
	}
	for _, m := range h.messages {
		if m.deleted || m.outside {
			continue
		}
		switch luck.IntN(20) {
		case 0, 1:
			if err := t.reword(m); err != nil {
				return err
			}
		case 2:
			m.deleted = true
			if err := t.w.remove(m.by, m.id); err != nil {
				return err
			}
		}
	}
	return nil
}
