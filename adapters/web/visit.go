package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"datahour/bot"
	"datahour/bot/hours"
)

// What visitors may send. Nothing is stored about them but the name and the
// organisation that they give and their words; no cookie is set, and addresses
// are forgotten.
const (
	biggestVisit  = 16 << 10  // bytes of a whole form
	trap          = "website" // a field that people do not see, and machines fill in
	visitNameMost = 60        // characters, as the command takes
	visitHomeMost = 80
	visitWordMost = 2000
)

// visitForm is "Ask or answer" as it is shown: empty, or with what was typed and
// what is wrong with it.
type visitForm struct {
	Hour                                    string
	Name, Home, Words                       string
	NameWrong, HomeWrong, WordsWrong, Wrong string
	NameMost, HomeMost, WordsMost           int
}

func newVisitForm(hour string) visitForm {
	return visitForm{Hour: hour, NameMost: visitNameMost, HomeMost: visitHomeMost, WordsMost: visitWordMost}
}

// visitRoutes are the addresses at which visitors take part.
func (s *Site) visitRoutes() {
	s.handle("POST /hour/{id}/say", s.visit)
	s.handle("POST /hour/{id}/mine/{secret}", s.changeMine)
	s.handle("GET /hour/{id}/mine/{secret}", s.mine)
}

// visit takes what a visitor says in an hour for the first time. They become
// somebody of the platform "web", and get the private link to what they wrote.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	page, ok := s.visitedPage(w, r, id)
	if !ok || !s.readVisit(w, r) {
		return
	}
	form := newVisitForm(id)
	form.Name, form.Home, form.Words = field(r, "name"), field(r, "organisation"), field(r, "words")
	if r.PostForm.Get(trap) != "" { // a machine: it is told what a person is told, and nothing happens
		s.visited(w, r, page, "Thank you.")
		return
	}
	secret, ok := s.visitors.secretFor(r, id, form.Name, form.Home, form.Words)
	if !ok {
		form.Wrong = tooQuick
		s.again(w, r, page, form, http.StatusTooManyRequests)
		return
	}
	wrong, status := s.command(w, r, secret, "visit "+id, map[string]string{"name": form.Name, "organisation": form.Home, "words": form.Words})
	switch {
	case wrong != nil:
		form.NameWrong, form.HomeWrong, form.WordsWrong, form.Wrong = wrong["name"], wrong["organisation"], wrong["words"], wrong[""]
		s.again(w, r, page, form, status)
	case status == http.StatusOK:
		http.Redirect(w, r, minePath(id, secret), http.StatusSeeOther)
	}
}

const tooQuick = "That was quick. Please wait half a minute, and send it again."

// field is what was typed, as far as it can be seen.
func field(r *http.Request, name string) string {
	return strings.TrimSpace(bot.Visible(r.PostForm.Get(name)))
}

// visitedPage is the page of the hour that a visitor means; when there is none,
// it has answered that.
func (s *Site) visitedPage(w http.ResponseWriter, r *http.Request, id string) (hours.Page, bool) {
	page, ok, err := s.pages.get(r.Context(), id)
	if err != nil {
		s.failed(w, r, err)
		return page, false
	}
	if !ok {
		s.notFound(w, r)
	}
	return page, ok
}

// readVisit reads a form of at most so many bytes, or has answered that it cannot.
func (s *Site) readVisit(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, biggestVisit)
	if err := r.ParseForm(); err != nil {
		s.problem(w, r, http.StatusRequestEntityTooLarge, "That is too long", "A message can have up to 2,000 characters. Go back, and send a shorter one.")
		return false
	}
	return true
}

// command is run for a command of data hours.
func (s *Site) command(w http.ResponseWriter, r *http.Request, secret, line string, fields map[string]string) (wrong map[string]string, status int) {
	return s.run(w, r, secret, "datahour "+line, fields)
}

// run does a command for the visitor who has a secret, as everything that people
// do becomes one. It gives what is wrong with their fields and the status to say
// it with, or 200; 0 when it has answered already.
func (s *Site) run(w http.ResponseWriter, r *http.Request, secret, line string, fields map[string]string) (wrong map[string]string, status int) {
	// The same from the same page is one thing, however often the button is pressed.
	reply, err := s.o.Bot.Receive(r.Context(), bot.Inbound{
		ID: "visit:" + fingerprint(fmt.Appendf(nil, "%s %s %q %q", secret, line, fields, r.PostForm.Get("at"))), Kind: bot.Command, From: visitor(secret), At: s.now(),
		Text: line, Form: fields,
	})
	switch {
	case errors.Is(err, bot.ErrStandby):
		w.Header().Set("Retry-After", "5")
		return map[string]string{"": "Not sent: we are just handing over to another machine. Please send it again in a few seconds."}, http.StatusServiceUnavailable
	case err != nil:
		s.failed(w, r, err)
		return nil, 0
	case len(reply.Errors) > 0:
		return reply.Errors, http.StatusUnprocessableEntity
	}
	return nil, http.StatusOK
}

// visited tells what became of a visitor's message.
func (s *Site) visited(w http.ResponseWriter, r *http.Request, page hours.Page, words string) {
	s.answer(w, r, page, "visited.html", struct {
		Hour  string
		Words template.HTML
	}{page.ID, markdown(words)}, http.StatusOK)
}

// again shows the form with what was typed and what is wrong with it.
func (s *Site) again(w http.ResponseWriter, r *http.Request, page hours.Page, form visitForm, status int) {
	s.answer(w, r, page, "visit.html", form, status)
}

func (s *Site) answer(w http.ResponseWriter, r *http.Request, page hours.Page, name string, content any, status int) {
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
