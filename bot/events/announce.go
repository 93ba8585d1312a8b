package events

import (
	"fmt"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// announcement is the post that says that there will be an event, and later what
// became of it. It is made from the event and its seats alone, so showing it again
// after any change is enough. It tells how many come, never who.
func (f *Feature) announcement(tx *bot.Tx, e *Event, s *Seats) bot.Post {
	now := tx.Now()
	lines := []string{"**" + bot.Plain(e.Title) + "** — " + e.times()}
	switch {
	case e.State == Cancelled:
		lines[0] = "**Cancelled:** " + lines[0]
		if e.Reason != "" {
			lines = append(lines, bot.Quote(e.Reason))
		}
		return bot.Post{Text: paragraph(lines)}
	case e.State == Scheduled && !e.WasStart.IsZero():
		lines = append(lines, "Moved from "+when.Format(e.WasStart, e.Location())+".")
	}
	if about := strings.TrimSpace(e.hostedBy() + " " + bot.Quote(e.About)); about != "" {
		lines = append(lines, about)
	}
	lines = append(lines, e.wherePeopleMeet()...)
	if e.State == Over {
		return bot.Post{Text: paragraph(append(lines, "It is over. Thank you to everybody who came.")), Select: e.feedbackMenu()}
	}
	lines = append(lines, e.numbers(s, now))
	if e.hasPage(tx) {
		lines = append(lines, "On the web: <"+tx.URL(e.Path())+">")
	}
	if e.Deadline > 0 {
		lines = append(lines, "Please answer by "+when.Format(e.deadline(), e.Location())+".")
	}
	return bot.Post{Text: paragraph(lines), Buttons: e.answers(tx, s, now)}
}

// wherePeopleMeet are the lines about the place.
func (e *Event) wherePeopleMeet() []string {
	var lines []string
	if e.InPerson() {
		lines = append(lines, "Where: "+bot.Plain(e.Venue))
		if e.Access != "" {
			lines = append(lines, "Getting in: "+bot.Quote(e.Access))
		}
	}
	switch {
	case e.IsOnline() && e.InPerson():
		lines = append(lines, "Or online: you get the link when you answer.")
	case e.IsOnline():
		lines = append(lines, "Online: you get the link when you answer.")
	}
	return lines
}

// hostedBy names the hosts, if there are any left.
func (e *Event) hostedBy() string {
	if len(e.Hosts) == 0 {
		return ""
	}
	return "Hosted by " + bot.Listed(bot.Mentions(e.Hosts)) + "."
}

// answers are the buttons under the announcement.
func (e *Event) answers(tx *bot.Tx, s *Seats, now time.Time) []bot.Button {
	line := "event rsvp " + e.ID + " "
	var all []bot.Button
	if e.InPerson() {
		label := "Going"
		if c := e.capacity(now); s.full(c, c.queueOf(Seat{})) {
			label = "Join the waitlist"
		}
		all = append(all, bot.Button{Label: label, Command: line + going, Style: bot.Primary})
	}
	if e.IsOnline() {
		all = append(all, bot.Button{Label: "Online", Command: line + goingOnline})
	}
	if e.Plus > 0 {
		all = append(all, bot.Button{Label: "Bring somebody", Command: line + bringing})
	}
	all = append(all, bot.Button{Label: "Can't go", Command: line + notGoing})
	all = append(all, e.intoDiary(tx)...)
	if len(e.withoutList()) > 0 {
		all = append(all, bot.Button{Label: "Guest list (hosts)", Command: "event guests " + e.ID})
	}
	return all
}

// intoDiary is the button that adds the event to one's own calendar, if it has a page.
func (e *Event) intoDiary(tx *bot.Tx) []bot.Button {
	if !e.hasPage(tx) {
		return nil
	}
	return []bot.Button{{Label: "Add to diary", URL: tx.URL(e.Path() + ".ics")}}
}

// full tells whether whoever asks now has to wait.
func (s *Seats) full(c Capacity, q queue) bool {
	return s.free(c, q) == 0 || !c.Open && len(s.waiting(c, q)) > 0
}

// numbers says how many come and how many more can.
func (e *Event) numbers(s *Seats, now time.Time) string {
	c := e.capacity(now)
	var parts []string
	if e.InPerson() {
		in := s.count(func(x Seat) bool { return x.State == Taken && !x.Online })
		text := crowdOf(in, "going")
		switch {
		case c.kept():
			text += ", " + e.left(s, c, members) + ", and for people from outside " + e.left(s, c, visitors)
		case c.InPerson > 0:
			text += ", " + e.left(s, c, everybody)
		}
		parts = append(parts, sentence(text)+".")
	}
	if e.IsOnline() {
		on := s.count(func(x Seat) bool { return x.State == Taken && x.Online })
		text := crowdOf(on, "online")
		if c.Online > 0 {
			text += ", " + e.left(s, c, online)
		}
		parts = append(parts, sentence(text)+".")
	}
	return strings.Join(parts, " ")
}

// crowdOf tells how many people do something.
func crowdOf(n int, what string) string {
	if n == 0 {
		return "nobody " + what + " yet"
	}
	return counted(n, "person", "people") + " " + what
}

// left says how many seats of a queue are left, or how many wait.
func (e *Event) left(s *Seats, c Capacity, q queue) string {
	if n := len(s.waiting(c, q)); n > 0 {
		return "full, " + counted(n, "person waits", "people wait")
	}
	if n := s.free(c, q); n > 0 {
		return fmt.Sprintf("%d of %s left", n, counted(c.seats(q), "seat", "seats"))
	}
	return "full"
}

// announce makes the announcement stand, as it is now, in every room. A date of a
// series stands nowhere until its time has come.
func (f *Feature) announce(tx *bot.Tx, e *Event, s *Seats) {
	if !e.Announced {
		return
	}
	post := f.announcement(tx, e, s)
	for _, room := range e.Rooms {
		tx.Show(bot.Notice{Room: room, Key: e.noticeKey("announcement"), Post: post})
	}
}

// remark makes the one line under the announcement say something new.
func (f *Feature) remark(tx *bot.Tx, e *Event, text string) {
	if !e.Announced {
		return
	}
	for _, room := range e.Rooms {
		tx.Show(bot.Notice{Room: room, Key: e.noticeKey("reminder"), Under: e.noticeKey("announcement"), Post: bot.Say(text)})
	}
}
