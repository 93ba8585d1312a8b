package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// Room is a channel that the bot knows, and its organisers' policies for it.
type Room struct {
	Room    RoomID `json:"room"`
	Name    string `json:"name"` // with the platform's sign: "#data"
	Private bool   `json:"private,omitempty"`
}

func roomKey(r RoomID) string { return "room/" + string(r) }

func (r *Room) Key() string         { return roomKey(r.Room) }
func (r *Room) Kind() (string, int) { return "room", 1 }
func (r *Room) Index() []string     { return []string{"rooms", "rooms:" + r.Room.Platform()} }

// RoomOf reads what is known of a room; an unknown one is named by its id.
func RoomOf(ctx context.Context, r Reader, id RoomID) (Room, error) {
	room := Room{Room: id}
	_, err := r.Get(ctx, roomKey(id), &room)
	room.Name = cmp.Or(room.Name, id.Rest())
	return room, err
}

// RoomNamed finds the room that a person on platform means by what they typed:
// a room token, "#data", "data", or "south:data-chat" for another platform's.
func (tx *Tx) RoomNamed(ctx context.Context, platform, typed string) (Room, error) {
	typed = strings.TrimSpace(typed)
	var token Token
	ReplaceTokens(typed, func(t Token) string { token = t; return "" })
	if token.Kind == "room" {
		return RoomOf(ctx, tx, RoomID(token.ID))
	}
	name := typed
	if p, rest, ok := strings.Cut(typed, ":"); ok {
		platform, name = strings.ToLower(p), rest
	}
	name = strings.TrimLeft(strings.ToLower(name), "#~")
	rooms, err := Find[Room](ctx, tx, "rooms")
	if err != nil {
		return Room{}, err
	}
	advice := "If it is there, invite me to it first."
	for _, r := range rooms {
		if strings.TrimLeft(strings.ToLower(r.Name), "#~") != name && r.Room.Rest() != name {
			continue
		}
		if r.Room.Platform() == platform {
			return r, nil
		}
		if !r.Private { // that it exists is nobody's business elsewhere
			advice = fmt.Sprintf("There is one on %s: write `%s:%s`.", tx.Called(r.Room.Platform()), r.Room.Platform(), name)
		}
	}
	return Room{}, Sayf(Missing, "I know no room “%s” on %s. %s", Plain(ClipTo(name, 40)), tx.Called(platform), advice)
}

// Link joins two rooms of different platforms, so that hours can span them. It
// needs a yes from an organiser on each side, and either side can end it.
type Link struct {
	A     RoomID    `json:"a"`
	B     RoomID    `json:"b"`
	Asked UserID    `json:"asked"`         // who asked, on one side
	Yes   UserID    `json:"yes,omitempty"` // who agreed, on the other; "": not yet
	At    time.Time `json:"at"`
}

func linkKey(a, b RoomID) string {
	if b < a {
		a, b = b, a
	}
	return "link/" + string(a) + "/" + string(b)
}

func (l *Link) Key() string         { return linkKey(l.A, l.B) }
func (l *Link) Kind() (string, int) { return "link", 1 }
func (l *Link) Index() []string {
	return []string{"links", "links:" + string(l.A), "links:" + string(l.B)}
}

// Stands tells whether both sides said yes.
func (l *Link) Stands() bool { return l.Yes != "" }

// Other is the room at the other end.
func (l *Link) Other(r RoomID) RoomID {
	if l.A == r {
		return l.B
	}
	return l.A
}

// LinkBetween reads the link of two rooms. Rooms of one platform need none:
// their organisers are the same.
func (tx *Tx) LinkBetween(ctx context.Context, a, b RoomID) (Link, error) {
	l := Link{A: a, B: b}
	if a.Platform() == b.Platform() {
		l.Asked, l.Yes = tx.who, tx.who
		return l, nil
	}
	_, err := tx.Get(ctx, linkKey(a, b), &l)
	return l, err
}

// AskLink asks the organisers of b's platform to link it with a, for an
// organiser of a's. When b's side asked for the same before, this is the yes to
// that; it does nothing when the same side asks again, or the link stands.
func (tx *Tx) AskLink(ctx context.Context, a, b RoomID) (Link, error) {
	l, err := tx.LinkBetween(ctx, a, b)
	switch {
	case err != nil || l.Stands():
		return l, err
	case l.Asked == "":
	case l.Asked.Platform() == b.Platform():
		return tx.AnswerLink(ctx, a, b, true)
	default:
		return l, nil
	}
	l.Asked, l.At = tx.who, tx.Now()
	tx.Put(&l)
	return l, tx.showLinkRequest(ctx, l, a, b)
}

func linkNotice(a, b RoomID) Key { return Key(linkKey(a, b)) }

func (tx *Tx) showLinkRequest(ctx context.Context, l Link, from, to RoomID) error {
	room, err := RoomOf(ctx, tx, from)
	if err != nil {
		return err
	}
	who, err := tx.Person(ctx, l.Asked)
	if err != nil {
		return err
	}
	pair := string(from) + " " + string(to)
	return tx.TellOrganisers(ctx, to.Platform(), linkNotice(from, to), Post{
		Title: "Link two rooms?",
		Text: Plain(who.Called()) + " of " + tx.Called(from.Platform()) + " asks to link " + InRoom(to) + " with " + Plain(room.Name) +
			" there. Data hours could then be held in both, and what people say there would be carried across, with their names. You can unlink at any time.",
		Buttons: []Button{
			{Label: "Link them", Command: "community rooms accept " + pair, Style: Primary},
			{Label: "No thanks", Command: "community rooms decline " + pair},
		},
	})
}

// AnswerLink is an organiser's yes or no to a link that the other side asked
// for, and ends one that stands.
func (tx *Tx) AnswerLink(ctx context.Context, a, b RoomID, yes bool) (Link, error) {
	l := Link{A: a, B: b}
	if err := tx.Need(ctx, linkKey(a, b), &l, "Nobody has asked to link those rooms."); err != nil {
		return l, err
	}
	asked := l.Asked.Platform()
	other := a
	if a.Platform() == asked {
		other = b
	}
	words := "linked"
	switch {
	case yes && l.Stands():
		return l, nil
	case yes && tx.who.Platform() == asked:
		return l, Sayf(Forbidden, "The other side has to agree: an organiser on %s.", tx.Called(other.Platform()))
	case yes:
		l.Yes = tx.who
		tx.Put(&l)
	default:
		words = "not linked"
		tx.Delete(l.Key())
		l.Yes = ""
	}
	for _, side := range [...]RoomID{a, b} {
		far := l.Other(side)
		room, err := RoomOf(ctx, tx, far)
		if err != nil {
			return l, err
		}
		if err := tx.TellOrganisers(ctx, side.Platform(), linkNotice(a, b), Post{
			Text: InRoom(side) + " and " + Plain(room.Name) + " on " + tx.Called(far.Platform()) + " are " + words + "."}); err != nil {
			return l, err
		}
	}
	for _, listener := range tx.b.linkListeners {
		if err := listener.LinkChanged(ctx, tx, l); err != nil {
			return l, err
		}
	}
	return l, nil
}
