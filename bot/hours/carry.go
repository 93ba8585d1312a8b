package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

const (
	// carriedLimit is how many characters a carried notice has at most.
	carriedLimit = 3000
	// carriedAtOnce is how many messages are combined at most, so that a reply
	// or reaction to them still means something.
	carriedAtOnce = 20
	// countsEvery is how often reactions alone make carried messages be edited.
	countsEvery = 30 * time.Second
)

// carried is one notice in which messages of other rooms stand in a room.
type carried struct {
	Hour  string          `json:"hour"`
	Room  bot.RoomID      `json:"room"`
	Name  bot.Key         `json:"key"`  // of the notice
	Said  []bot.MessageID `json:"said"` // what it carries, in order
	Under bot.Key         `json:"under,omitempty"`
	Reply bot.MessageID   `json:"reply,omitempty"`
	Stale bool            `json:"stale,omitempty"` // its reactions are to be counted again
}

func carriedKey(room bot.RoomID, name bot.Key) string {
	return "carried/" + string(room) + "/" + string(name)
}

func (c *carried) Key() string         { return carriedKey(c.Room, c.Name) }
func (c *carried) Kind() (string, int) { return "carried", 1 }
func (c *carried) Index() []string {
	idx := []string{"copies:" + c.Hour}
	if c.Stale {
		idx = append(idx, "stale:"+c.Hour)
	}
	return idx
}

// copied tells in which notice a message was carried to a room.
type copied struct {
	Hour string        `json:"hour"`
	Room bot.RoomID    `json:"room"`
	Said bot.MessageID `json:"said"`
	In   bot.Key       `json:"in"`
}

func copiedKey(room bot.RoomID, id bot.MessageID) string {
	return "copied/" + string(room) + "/" + string(id)
}

func (c *copied) Key() string         { return copiedKey(c.Room, c.Said) }
func (c *copied) Kind() (string, int) { return "copied", 1 }
func (c *copied) Index() []string     { return []string{"copies:" + c.Hour} }

// Carries tells that the logs of hours are this feature's.
func (f *Feature) Carries(log string) bool { return strings.HasPrefix(log, logOf("")) }

// CarryOn tells a room what was said in the hour's other rooms, and what became
// of what it was told before. When more messages wait than the room's rate takes
// posts, those that follow one another are combined.
func (f *Feature) CarryOn(ctx context.Context, tx *bot.Tx, log string, room bot.RoomID, entries []bot.Entry, posts int) (int, error) {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(strings.TrimPrefix(log, logOf(""))), &h); err != nil || !there {
		return len(entries), err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return 0, err
	}
	changes := make([]entry, len(entries))
	for i, e := range entries {
		if err := json.Unmarshal(e.Data, &changes[i]); err != nil {
			return 0, fmt.Errorf("reading entry %d of %s: %w", e.Seq, log, err)
		}
	}
	c := carrier{f: f, tx: tx, crowd: newCrowd(tx, &h), room: room, hour: h.ID}
	dealt := len(entries)
	if community.Policy.Carrying && h.In(room) {
		if dealt, err = c.carryNew(ctx, changes, posts); err != nil {
			return 0, err
		}
	}
	for _, e := range changes[:dealt] {
		if err := c.again(ctx, e); err != nil {
			return 0, err
		}
	}
	return dealt, c.show(ctx)
}

// carrier tells one room of one hour.
type carrier struct {
	f     *Feature
	tx    *bot.Tx
	crowd *crowd
	room  bot.RoomID
	hour  string
	stale []bot.Key // notices to show again
}

// carryNew carries messages that the room has not, and tells how many entries
// that dealt with: as many as fit into so many posts.
func (c *carrier) carryNew(ctx context.Context, changes []entry, posts int) (int, error) {
	type message struct {
		said  *Said
		entry int
	}
	var fresh []message
	for i, e := range changes {
		if e.What != wasSaid && e.What != wasEdited || slices.ContainsFunc(fresh, func(m message) bool { return m.said.ID == e.Message }) {
			continue
		}
		s, err := c.uncarried(ctx, e.Message)
		if err != nil {
			return 0, err
		}
		if s != nil {
			fresh = append(fresh, message{s, i})
		}
	}
	combine := len(fresh) > posts
	var into *carried
	size := 0
	for _, m := range fresh {
		under, reply, err := c.thread(ctx, m.said)
		if err != nil {
			return 0, err
		}
		line, err := c.line(ctx, m.said, carriedLimit)
		if err != nil {
			return 0, err
		}
		more := length(line) + len(between)
		fits := into != nil && combine && into.Under == under && into.Reply == reply && len(into.Said) < carriedAtOnce && size+more <= carriedLimit
		if !fits {
			if posts == 0 {
				return m.entry, nil
			}
			posts--
			into = &carried{Hour: c.hour, Room: c.room, Name: carriedName(m.said), Under: under, Reply: reply}
			size = 0
			c.stale = append(c.stale, into.Name)
		}
		size += more
		into.Said = append(into.Said, m.said.ID)
		c.tx.Put(into)
		c.tx.Put(&copied{Hour: c.hour, Room: c.room, Said: m.said.ID, In: into.Name})
	}
	return len(changes), nil
}

// carriedName is the key of a notice whose first message is s. Notices that are
// declared together are posted in the order of their keys, hence the place.
func carriedName(s *Said) bot.Key { return bot.Key(fmt.Sprintf("hour/%s/said/%06d", s.Hour, s.Place)) }

// uncarried reads a message that the room has not been told and may be; else nil.
func (c *carrier) uncarried(ctx context.Context, id bot.MessageID) (*Said, error) {
	var before copied
	if there, err := c.tx.Get(ctx, copiedKey(c.room, id), &before); err != nil || there {
		return nil, err
	}
	s, err := saidAt(ctx, c.tx, saidKey(c.hour, id))
	if err != nil || s == nil {
		return nil, err
	}
	if ok, err := c.carries(ctx, s); err != nil || !ok {
		return nil, err
	}
	return s, nil
}

// carries tells whether a message may stand in the room: it was said elsewhere,
// stands, and neither its speaker nor anybody for the room said no.
func (c *carrier) carries(ctx context.Context, s *Said) (bool, error) {
	platform := c.room.Platform()
	if s.Room == c.room || !s.Stands() || s.Who == "" || slices.Contains(s.HiddenIn, platform) {
		return false, nil
	}
	p, err := c.crowd.part(ctx, s.Who)
	if err != nil || p.Muted || slices.Contains(p.MutedIn, platform) {
		return false, err
	}
	person, err := c.crowd.person(ctx, s.Who)
	return err == nil && !person.StaysHome, err
}

// thread finds where in the room a message goes: into the thread of a person's
// message there, of the carried head of its thread, or of the question's post.
func (c *carrier) thread(ctx context.Context, s *Said) (under bot.Key, reply bot.MessageID, err error) {
	if s.Under == "" {
		if s.Asked > 0 {
			under = questionKey(c.hour, s.Asked)
		}
		return under, "", nil
	}
	head, err := saidAt(ctx, c.tx, saidKey(c.hour, s.Under))
	if err != nil || head == nil {
		return "", "", err
	}
	if head.Room == c.room {
		return "", head.ID, nil
	}
	var copy copied
	if _, err := c.tx.Get(ctx, copiedKey(c.room, head.ID), &copy); err != nil {
		return "", "", err
	}
	return copy.In, "", nil
}

// again notes which notices are to be shown again because of an entry.
func (c *carrier) again(ctx context.Context, e entry) error {
	switch e.What {
	case wasEdited, wasDeleted:
		return c.againFor(ctx, e.Message)
	case wasReacted:
		return c.countLater(ctx, e.Message)
	case personIs:
		u, err := aliased(ctx, c.tx, c.hour, e.Alias)
		if err != nil || u == "" {
			return err
		}
		return c.againForPerson(ctx, u)
	}
	return nil
}

func (c *carrier) againForPerson(ctx context.Context, u bot.UserID) error {
	for _, index := range [...]string{"said:" + c.hour + ":" + string(u), "mentions:" + c.hour + ":" + string(u)} {
		said, err := bot.Find[Said](ctx, c.tx, index)
		if err != nil {
			return err
		}
		for i := range said {
			if err := c.againFor(ctx, said[i].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *carrier) againFor(ctx context.Context, id bot.MessageID) error {
	var copy copied
	there, err := c.tx.Get(ctx, copiedKey(c.room, id), &copy)
	if err == nil && there && !slices.Contains(c.stale, copy.In) {
		c.stale = append(c.stale, copy.In)
	}
	return err
}

// countLater has reactions counted at the next moment for it: not each one is
// worth an edit.
func (c *carrier) countLater(ctx context.Context, id bot.MessageID) error {
	var copy copied
	if there, err := c.tx.Get(ctx, copiedKey(c.room, id), &copy); err != nil || !there {
		return err
	}
	notice := carried{Room: c.room, Name: copy.In}
	if there, err := c.tx.Get(ctx, notice.Key(), &notice); err != nil || !there || notice.Stale {
		return err
	}
	notice.Stale = true
	c.tx.Put(&notice)
	c.tx.Promise(countsAlarm, c.hour, c.tx.Now().Truncate(countsEvery).Add(countsEvery))
	return nil
}

// showCounts makes carried messages whose reactions changed be shown again.
func (f *Feature) showCounts(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	stale, err := bot.Find[carried](ctx, tx, "stale:"+h.ID)
	if err != nil {
		return err
	}
	crowd := newCrowd(tx, &h)
	for _, notice := range stale {
		c := carrier{f: f, tx: tx, crowd: crowd, room: notice.Room, hour: h.ID, stale: []bot.Key{notice.Name}}
		if err := c.show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// copyAgain shows the copies of one message again in every room of its hour.
func (f *Feature) copyAgain(ctx context.Context, tx *bot.Tx, h *Hour, s *Said) error {
	return f.eachRoom(ctx, tx, h, func(c *carrier) error { return c.againFor(ctx, s.ID) })
}

// copyPersonAgain shows the copies of all that a person said in an hour again.
func (f *Feature) copyPersonAgain(ctx context.Context, tx *bot.Tx, h *Hour, u bot.UserID) error {
	return f.eachRoom(ctx, tx, h, func(c *carrier) error { return c.againForPerson(ctx, u) })
}

func (f *Feature) eachRoom(ctx context.Context, tx *bot.Tx, h *Hour, find func(*carrier) error) error {
	crowd := newCrowd(tx, h)
	for _, room := range h.Rooms {
		c := carrier{f: f, tx: tx, crowd: crowd, room: room, hour: h.ID}
		if err := find(&c); err != nil {
			return err
		}
		if err := c.show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lastCarried is the message that a reply or a reaction under a carried notice is
// about: the last one in it. nil when the key is of another post.
func (f *Feature) lastCarried(ctx context.Context, tx *bot.Tx, room bot.RoomID, name bot.Key) (*Said, error) {
	notice := carried{Room: room, Name: name}
	if there, err := tx.Get(ctx, notice.Key(), &notice); err != nil || !there {
		return nil, err
	}
	return saidAt(ctx, tx, saidKey(notice.Hour, notice.Said[len(notice.Said)-1]))
}
