package bot

import (
	"crypto/rand"
	"strings"
)

// IDs are "platform:rest". Only the adapter of that platform reads the rest.
type (
	// RoomID names a room, or a person's direct messages with the bot ("north:@ada").
	RoomID string
	// UserID names a person's account on one platform.
	UserID string
	// MessageID names a message of a person or of the bot.
	MessageID string
	// Key names a notice within its room: what the post is for ("hour/7k2/q/2").
	Key string
)

// Web is the platform that visitors act from: the public pages.
const Web = "web"

func split(id string) (platform, rest string) {
	platform, rest, _ = strings.Cut(id, ":")
	return platform, rest
}

// Platform is the part before the colon.
func (r RoomID) Platform() string { p, _ := split(string(r)); return p }

// Rest is the part after the colon, for the platform's adapter.
func (r RoomID) Rest() string { _, s := split(string(r)); return s }

// Person tells whose direct messages this is, if it is that kind of room.
func (r RoomID) Person() (UserID, bool) {
	p, s := split(string(r))
	if who, ok := strings.CutPrefix(s, "@"); ok {
		return UserID(p + ":" + who), true
	}
	return "", false
}

// Platform is the part before the colon.
func (u UserID) Platform() string { p, _ := split(string(u)); return p }

// Nobody stands for somebody of a platform who is forgotten, where it matters
// of which platform they were.
func Nobody(platform string) UserID { return UserID(platform + ":") }

// Rest is the part after the colon, for the platform's adapter.
func (u UserID) Rest() string { _, s := split(string(u)); return s }

// Direct is the room of this person's direct messages with the bot.
func (u UserID) Direct() RoomID { return RoomID(u.Platform() + ":@" + u.Rest()) }

// Platform is the part before the colon.
func (m MessageID) Platform() string { p, _ := split(string(m)); return p }

// Rest is the part after the colon, for the platform's adapter.
func (m MessageID) Rest() string { _, s := split(string(m)); return s }

// idLetters has no two that look alike (no 0 o, 1 l i) and no u, so that an id
// can be read aloud and seldom spells anything.
const idLetters = "23456789abcdefghjkmnpqrstvwxyz"

// ShortID makes an id of four letters that a person can type. It is not unique
// by itself: put the record with Rev 0 and try another when it is taken.
func ShortID() string { return randomLetters(4) }

// Reference makes the short name under which a failure is logged and told.
func Reference() string { return strings.ToUpper(randomLetters(4)) }

func randomLetters(n int) string {
	raw := make([]byte, 2*n)
	rand.Read(raw) // never fails, by its documentation
	out := make([]byte, n)
	for i := range out {
		out[i] = idLetters[(int(raw[2*i])<<8|int(raw[2*i+1]))%len(idLetters)]
	}
	return string(out)
}
