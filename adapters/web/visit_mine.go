package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

// A visitor's private link ends in a secret of 130 random bits. What is kept is
// the hash of it, as the account of whoever wrote the messages; so who has the
// link is who wrote them, and nobody who reads the store can make the link.

// visitor is the account that belongs to a secret.
func visitor(secret string) bot.UserID {
	return bot.UserID(bot.Web + ":" + fingerprint([]byte("visitor " + secret))[:32])
}

func minePath(hour, secret string) string { return "/hour/" + hour + "/mine/" + secret }

// minePage is what a visitor wrote in an hour, as they see it.
type minePage struct {
	hours.Visiting
	Hour, Path string
	Zone       *time.Location
	Wrong      string // what went wrong with what they just sent
	WrongID    string // the message that they wanted to change; "": a new one
	Words      string // as they typed them
	WordsMost  int
	Now        time.Time // so that the same words said again are not taken for a button pressed twice
}

// mine shows a visitor what they wrote. A link that was made up, and one to what
// is gone, get the same answer.
func (s *Site) mine(w http.ResponseWriter, r *http.Request) {
	if page, mine, _, ok := s.visiting(w, &r); ok {
		s.answer(w, r, page, "mine.html", mine, http.StatusOK)
	}
}

// visiting reads what the visitor behind a private link wrote, or has answered
// that there is nothing. It takes the secret out of the request, so that no log
// has it.
func (s *Site) visiting(w http.ResponseWriter, r **http.Request) (page hours.Page, mine minePage, secret string, ok bool) {
	id, secret := (*r).PathValue("id"), (*r).PathValue("secret")
	masked := **r
	masked.URL, masked.RequestURI = &url.URL{Path: minePath(id, "secret")}, ""
	*r = &masked
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	page, ok = s.visitedPage(w, *r, id)
	if !ok {
		return page, mine, secret, false
	}
	found, ok, err := hours.VisitingOf((*r).Context(), s.o.Bot.View(), id, visitor(secret))
	if err != nil {
		s.failed(w, *r, err)
		return page, mine, secret, false
	}
	if !ok {
		s.problem(w, *r, http.StatusNotFound, "Nothing of yours is here", "What you wrote was taken back, a host decided not to show it, or the address was mistyped.")
	}
	return page, minePage{Visiting: found, Hour: id, Path: minePath(id, secret), Zone: page.Zone, WordsMost: visitWordMost, Now: s.now()}, secret, ok
}

// changeMine does what a visitor asks for on their page, and shows it again.
func (s *Site) changeMine(w http.ResponseWriter, r *http.Request) {
	page, mine, secret, ok := s.visiting(w, &r)
	if !ok || !s.readVisit(w, r) {
		return
	}
	line := strings.ToLower(field(r, "line"))
	if !couldBeID(line) {
		line = ""
	}
	mine.WrongID, mine.Words = line, field(r, "words")
	words := map[string]string{"words": mine.Words}
	do := r.PostForm.Get("do")
	if (do == "say" || do == "change") && !s.visitors.allow(r) {
		mine.Wrong = tooQuick
		s.answer(w, r, page, "mine.html", mine, http.StatusTooManyRequests)
		return
	}
	var wrong map[string]string
	var status int
	switch {
	case do == "say":
		words["name"], words["organisation"] = mine.Name, mine.Organisation
		wrong, status = s.command(w, r, secret, "visit "+mine.Hour, words)
	case do == "change" && line != "":
		wrong, status = s.command(w, r, secret, "revise "+mine.Hour+" "+line, words)
	case do == "withdraw" && line != "":
		wrong, status = s.command(w, r, secret, "withdraw "+mine.Hour+" "+line, map[string]string{})
	case do == "forget":
		if wrong, status = s.command(w, r, secret, "withdraw "+mine.Hour, map[string]string{}); status == http.StatusOK {
			s.visited(w, r, page, "Everything that you wrote is being taken back. It takes a moment.")
			return
		}
	default:
		s.notFound(w, r)
		return
	}
	switch {
	case wrong != nil:
		mine.Wrong = cmp.Or(wrong["words"], wrong[""])
		s.answer(w, r, page, "mine.html", mine, status)
	case status == http.StatusOK && do == "withdraw" && len(mine.Messages) == 1:
		s.visited(w, r, page, "Taken back. Nothing of yours is here any more.")
	case status == http.StatusOK:
		http.Redirect(w, r, mine.Path, http.StatusSeeOther)
	}
}
