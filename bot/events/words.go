package events

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// emphasised is the event's name inside a sentence.
func (e *Event) emphasised() string { return "*" + bot.Plain(e.Title) + "*" }

// inFull is the event's name with its time, inside a sentence.
func (e *Event) inFull() string {
	return e.emphasised() + ", " + when.Format(e.Start, e.Location())
}

// times is when the event is, in its own zone in full and in each reader's.
func (e *Event) times() string {
	return when.Format(e.Start, e.Location()) + ", " + when.Length(e.Length) + " (your time: " + bot.MomentToken(e.Start) + ")"
}

// clock is a time of day in the event's zone: "8:30am GMT".
func (e *Event) clock(t time.Time) string { return when.FormatClock(t, e.Location()) }

// noticeKey names a post of the event.
func (e *Event) noticeKey(what string) bot.Key { return bot.Key("event/" + e.ID + "/" + what) }

// named lists rooms for people of one platform, to whom its name says nothing;
// with "" they are told whenever there are several.
func named(platform string, rooms []bot.RoomID) string {
	one := true
	for _, r := range rooms {
		one = one && r.Platform() == cmp.Or(platform, rooms[0].Platform())
	}
	var all []string
	for _, r := range rooms {
		if one {
			all = append(all, bot.InRoom(r))
		} else {
			all = append(all, bot.InRoom(r)+" ("+r.Platform()+")")
		}
	}
	return bot.Listed(all)
}

// counted is a number with its word: "1 seat", "4 seats", "no seats".
func counted(n int, one, more string) string {
	switch n {
	case 0:
		return "no " + more
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// ordinal is a place in a queue: "1st", "22nd", "13th".
func ordinal(n int) string {
	ending := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return strconv.Itoa(n) + ending
}

// paragraph puts lines under one another: CommonMark's hard line breaks.
func paragraph(lines []string) string { return strings.Join(lines, "  \n") }

// quoted puts CommonMark into a block quote.
func quoted(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }

// tidied puts words on one line.
func tidied(s string) string { return strings.Join(strings.Fields(s), " ") }

// sentence makes the first letter, which is ours and not a person's, a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
