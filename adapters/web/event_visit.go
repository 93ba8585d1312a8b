package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"datahour/bot"
	"datahour/bot/events"
)

// guestForm is "Come along" as it is shown: empty, or with what was typed and what is
// wrong with it.
type guestForm struct {
	Event                           string
	Name, Organisation, Email, Need string
	Online, Consent                 bool
	Choice                          bool              // there are both ways of taking part
	Wrong                           map[string]string // by field; "": of the whole
}

func (s *Site) guestRoutes() {
	s.handle("POST /event/{id}/come", s.come)
	s.handle("GET /event/{id}/mine/{secret}", s.guest)
	s.handle("POST /event/{id}/mine/{secret}", s.changeGuest)
}

func guestPath(event, secret string) string { return "/event/" + event + "/mine/" + secret }

// eventFor is the page of the event that somebody means; when there is none, it has
// answered that.
func (s *Site) eventFor(w http.ResponseWriter, r *http.Request) (page events.Page, ok bool) {
	id := r.PathValue("id")
	var err error
	if couldBeID(id) {
		page, ok, err = events.Public(r.Context(), s.o.Bot.View(), id)
	}
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !ok:
		s.notFound(w, r)
	}
	return page, ok && err == nil
}

// come takes the wish of somebody from outside. They become somebody of the platform
// "web", and get the private link that tells how it stands.
func (s *Site) come(w http.ResponseWriter, r *http.Request) {
	page, ok := s.eventFor(w, r)
	if !ok || !s.readVisit(w, r) {
		return
	}
	form := guestForm{Event: page.ID, Name: field(r, "name"), Organisation: field(r, "organisation"), Email: field(r, "email"), Need: field(r, "needs"),
		Online: field(r, "online") == "yes", Consent: field(r, "consent") == "yes", Choice: page.Online && page.Venue != ""}
	if r.PostForm.Get(trap) != "" { // a machine: it is told what a person is told, and nothing happens
		s.tellGuest(w, r, page, "guested.html", "Thank you.", http.StatusOK)
		return
	}
	secret, ok := s.visitors.secretFor(r, page.ID, form.Name, form.Email)
	if !ok {
		form.Wrong = map[string]string{"": tooQuick}
		s.tellGuest(w, r, page, "come.html", form, http.StatusTooManyRequests)
		return
	}
	wrong, status := s.eventCommand(w, r, secret, "event visit "+page.ID, map[string]string{"name": form.Name, "organisation": form.Organisation, "email": form.Email, "needs": form.Need,
		"online": yesNo(form.Online), "consent": yesNo(form.Consent)})
	switch {
	case wrong != nil:
		form.Wrong = wrong
		s.tellGuest(w, r, page, "come.html", form, status)
	case status == http.StatusOK:
		http.Redirect(w, r, guestPath(page.ID, secret), http.StatusSeeOther)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// guestPage is how it stands for somebody from outside.
type guestPage struct {
	events.Visiting
	Event, Path string
}

// guest shows somebody from outside how it stands.
func (s *Site) guest(w http.ResponseWriter, r *http.Request) {
	if page, mine, _, ok := s.guesting(w, &r); ok {
		s.tellGuest(w, r, page, "guest.html", mine, http.StatusOK)
	}
}

// guesting reads how it stands for whoever has a private link, or has answered that
// there is nothing. It takes the secret out of the request, so that no log has it.
func (s *Site) guesting(w http.ResponseWriter, r **http.Request) (page events.Page, mine guestPage, secret string, ok bool) {
	id, secret := (*r).PathValue("id"), (*r).PathValue("secret")
	masked := **r
	masked.URL, masked.RequestURI = &url.URL{Path: guestPath(id, "secret")}, ""
	*r = &masked
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	page, ok = s.eventFor(w, *r)
	if !ok {
		return page, mine, secret, false
	}
	found, ok, err := events.VisitingOf((*r).Context(), s.o.Bot.View(), id, visitor(secret))
	switch {
	case err != nil:
		s.failed(w, *r, err)
		ok = false
	case !ok:
		s.problem(w, *r, http.StatusNotFound, "Nothing of yours is here", "You gave up your seat, a host said no, it is some time ago, or the address was mistyped.")
	}
	return page, guestPage{found, id, guestPath(id, secret)}, secret, ok
}

// changeGuest takes a seat that is held for somebody from outside, or gives theirs up.
func (s *Site) changeGuest(w http.ResponseWriter, r *http.Request) {
	page, mine, secret, ok := s.guesting(w, &r)
	if !ok || !s.readVisit(w, r) {
		return
	}
	do := r.PostForm.Get("do")
	line := map[string]string{"accept": "event accept " + page.ID, "leave": "event rsvp " + page.ID + " no"}[do]
	if line == "" {
		s.notFound(w, r)
		return
	}
	wrong, status := s.eventCommand(w, r, secret, line, map[string]string{})
	switch {
	case wrong != nil:
		mine.Words = strings.Join([]string{wrong[""], mine.Words}, " ")
		s.tellGuest(w, r, page, "guest.html", mine, status)
	case status == http.StatusOK && do == "leave":
		s.tellGuest(w, r, page, "guested.html", "You are not coming, and what you told the hosts is deleted. Thank you for saying so.", http.StatusOK)
	case status == http.StatusOK:
		http.Redirect(w, r, mine.Path, http.StatusSeeOther)
	}
}

// eventCommand runs a command of events for whoever has a secret; see command.
func (s *Site) eventCommand(w http.ResponseWriter, r *http.Request, secret, line string, fields map[string]string) (wrong map[string]string, status int) {
	reply, err := s.o.Bot.Receive(r.Context(), bot.Inbound{Kind: bot.Command, From: visitor(secret), At: s.now(), Text: line, Form: fields})
	switch {
	case errors.Is(err, bot.ErrStandby):
		w.Header().Set("Retry-After", "5")
		return map[string]string{"": "Not sent: we are just handing over to another machine. Please send it again in a few seconds."}, http.StatusServiceUnavailable
	case err != nil:
		s.failed(w, r, fmt.Errorf("answering somebody from outside: %w", err))
		return nil, 0
	case len(reply.Errors) > 0:
		return reply.Errors, http.StatusUnprocessableEntity
	}
	return nil, http.StatusOK
}

func (s *Site) tellGuest(w http.ResponseWriter, r *http.Request, page events.Page, name string, content any, status int) {
	f, err := s.frame(r.Context(), page.Title, content)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	var body strings.Builder
	if err := s.templates.ExecuteTemplate(&body, name, f); err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(body.String()))
}
