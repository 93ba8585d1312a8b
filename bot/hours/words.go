package hours

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

// emphasised is the hour's name inside a sentence.
func (h *Hour) emphasised() string { return "*" + bot.Plain(h.Name()) + "*" }

// heading is the hour's name as the first words of a post.
func (h *Hour) heading() string {
	if h.Title == "" {
		return "**Open data hour**"
	}
	return "**Data hour: " + bot.Plain(h.Title) + "**"
}

// Path is the address of the hour's page below the public one.
func (h *Hour) Path() string { return "/hour/" + h.ID }

// hasPage tells whether anyone can read the hour: it is public, and there are
// public pages.
func (h *Hour) hasPage(tx *bot.Tx) bool {
	return h.Public && !h.Rehearsal && strings.HasPrefix(tx.URL(""), "http")
}

// times is when the hour is, in its own zone in full and in each reader's.
func (h *Hour) times() string {
	return when.Format(h.Start, h.Location()) + ", " + when.Length(h.Length) + bot.YourTime(h.Start)
}

// clock is a time of day in the hour's zone: "9:00pm GMT".
func (h *Hour) clock(t time.Time) string { return when.FormatClock(t, h.Location()) }

// named lists rooms, with their platforms when there are several of those:
// "#data (north) and ~data (south)".
func named(rooms []bot.RoomID) string { return namedFrom("", rooms) }

// namedFrom lists rooms for people of one platform, to whom its name says nothing.
func namedFrom(platform string, rooms []bot.RoomID) string {
	one := true
	for _, r := range rooms {
		one = one && r.Platform() == cmp.Or(platform, rooms[0].Platform())
	}
	var all []string
	for _, r := range rooms {
		if one {
			all = append(all, bot.InRoom(r))
		} else {
			all = append(all, bot.InRoom(r)+" ("+bot.Home(r.Platform())+")")
		}
	}
	return bot.Listed(all)
}

// elsewhere are the hour's rooms besides this one.
func (h *Hour) elsewhere(room bot.RoomID) []bot.RoomID {
	var all []bot.RoomID
	for _, r := range h.Rooms {
		if r != room {
			all = append(all, r)
		}
	}
	return all
}

// choices are the three ways of being shown, with their question.
const choicesLead = "The transcript is public, and shows only people who say yes."

func choices() []bot.Button {
	return []bot.Button{
		{Label: "By my name", Command: "my shown name"},
		{Label: "By my role", Command: "my shown role"},
		{Label: "Not at all", Command: "my shown no"},
	}
}

// sentence makes the first letter a capital.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// counted is a number with its word: "1 question", "4 questions", "no questions".
func counted(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// notice is a post of the hour under its stable key.
func (h *Hour) notice(room bot.RoomID, what string, p bot.Post) bot.Notice {
	if h.Rehearsal {
		p.Small = "This is a rehearsal: nothing is kept, and nobody else sees it."
	}
	return bot.Notice{Room: room, Key: h.noticeKey(what), Post: p}
}

func (h *Hour) noticeKey(what string) bot.Key { return bot.Key("hour/" + h.ID + "/" + what) }
