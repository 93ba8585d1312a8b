package bot

import (
	"context"
	"fmt"
	"time"
)

// Notice is a post that shall stand: in this room, under this key, this post.
// The engine makes it so, and keeps it so when it is shown again with other words.
type Notice struct {
	Room  RoomID    `json:"room"`
	Key   Key       `json:"key"`             // unique in its room; the same key again changes the post
	Under Key       `json:"under,omitempty"` // in the thread of this notice of ours
	Reply MessageID `json:"reply,omitempty"` // or in the thread of this message of a person
	To    UserID    `json:"to,omitempty"`    // whispered to this person in the room: once at most, never edited
	First bool      `json:"first,omitempty"` // goes before others that wait: a question, an opening
	Post  Post      `json:"post"`
}

// todo is what shall stand and does not yet. Features write it blind.
type todo struct {
	Notice
	Retract bool `json:"retract,omitempty"`
	Forgets bool `json:"forgets,omitempty"` // leaves somebody out who is forgotten: no pause holds it back
	Place   int  `json:"place,omitempty"`   // among those declared in one commit

	rev, born Rev
	stopped   bool      // waits for an organiser; see shown.Stopped
	doubted   time.Time // real time: stands, and is looked at again then; see shown.Doubt
}

func todoKey(room RoomID, key Key) string { return "todo/" + string(room) + "/" + string(key) }

func (t *todo) Key() string         { return todoKey(t.Notice.Room, t.Notice.Key) }
func (t *todo) Kind() (string, int) { return "todo", 1 }
func (t *todo) Index() []string     { return []string{"todo", "todo:" + string(t.Notice.Room)} }

// shown is what stands on the platform, as far as is known. Only the engine writes it.
type shown struct {
	Room    RoomID    `json:"room"`
	Name    Key       `json:"key"`
	ID      MessageID `json:"id,omitempty"`
	Thread  MessageID `json:"thread,omitempty"`
	Mark    string    `json:"mark,omitempty"`    // of the content that stands
	Attempt *attempt  `json:"attempt,omitempty"` // a send under way, or of unsure end
	Gone    bool      `json:"gone,omitempty"`    // a person removed it: it stays removed
	Leaving bool      `json:"leaving,omitempty"` // we are removing it: that it is gone is our own doing
	Doubt   time.Time `json:"doubt,omitzero"`    // an edit ended unsure: look again after this (real time)
	Stopped bool      `json:"stopped,omitempty"` // looking was impossible for too long; organisers were told
}

type attempt struct {
	Mark  string    `json:"mark"`
	Began time.Time `json:"began"` // real time
}

func shownKey(room RoomID, key Key) string { return "shown/" + string(room) + "/" + string(key) }

func (s *shown) Key() string         { return shownKey(s.Room, s.Name) }
func (s *shown) Kind() (string, int) { return "shown", 1 }
func (s *shown) Index() []string {
	if s.ID == "" {
		return []string{"shown:" + string(s.Room)}
	}
	return []string{"shown:" + string(s.Room), "posted:" + string(s.ID)}
}

// Show says that a post shall stand. Showing the same content again costs nothing.
func (tx *Tx) Show(n Notice) {
	n.Post = tx.b.known(n.Post)
	tx.Put(&todo{Notice: n, Forgets: tx.forgets, Place: len(tx.order)})
}

// Retract says that a post shall not stand any more.
func (tx *Tx) Retract(room RoomID, key Key) {
	tx.Put(&todo{Notice: Notice{Room: room, Key: key}, Retract: true, Forgets: tx.forgets, Place: len(tx.order)})
}

// Posted tells under which key the bot's own message id stands, for replies and
// reactions to it.
func (tx *Tx) Posted(ctx context.Context, room RoomID, id MessageID) (Key, bool, error) {
	recs, err := tx.b.store.List(ctx, "posted:"+string(id), "", 1)
	if err != nil || len(recs) == 0 {
		return "", false, err
	}
	var s shown
	if err := decode(recs[0], &s); err != nil {
		return "", false, err
	}
	return s.Name, true, nil
}

// carry is the place in a log up to which a room was told.
type carry struct {
	Log  string `json:"log"`
	Room RoomID `json:"room"`
	Upto Seq    `json:"upto"`
	Last bool   `json:"last,omitempty"` // it ends when the room has been told all of it
}

func carryKey(log string, room RoomID) string { return "carry/" + string(room) + "/" + log }

func (c *carry) Key() string         { return carryKey(c.Log, c.Room) }
func (c *carry) Kind() (string, int) { return "carry", 1 }
func (c *carry) Index() []string {
	return []string{"carry", "carry:" + c.Log, "carried:" + string(c.Room)}
}

// Carry makes room follow log from the place after upto on: the engine hands
// new entries to the feature's Carrier when the room has nothing else to say.
func (tx *Tx) Carry(log string, room RoomID, upto Seq) {
	tx.Put(&carry{Log: log, Room: room, Upto: upto})
}

// FinishCarry lets it end by itself once the room has been told all that the log
// has: after an interruption that may be a while from now.
func (tx *Tx) FinishCarry(ctx context.Context, log string, room RoomID) error {
	c := carry{Log: log, Room: room}
	if there, err := tx.Get(ctx, c.Key(), &c); err != nil || !there {
		return err
	}
	c.Last = true
	tx.Put(&c)
	return nil
}

// EndCarry stops it at once; what was not carried by then is not.
func (tx *Tx) EndCarry(log string, room RoomID) { tx.Delete(carryKey(log, room)) }

// known drops buttons and menus whose command has no row.
func (b *Bot) known(p Post) Post {
	var kept []Button
	for _, btn := range p.Buttons {
		if btn.URL != "" || b.table.Knows(btn.Command) {
			kept = append(kept, btn)
		} else {
			b.log.Debug("button left out", "command", fmt.Sprintf("%.20s", btn.Command))
		}
	}
	p.Buttons = kept
	if p.Select != nil && !b.table.Knows(p.Select.Command) {
		p.Select = nil
	}
	return p
}
