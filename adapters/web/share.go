package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datahour/bot/newsletter"
)

// shareRoutes are the addresses at which visitors offer something for the
// newsletter, and change or take back what they offered.
func (s *Site) shareRoutes() {
	s.handle("GET /share", s.shareForm)
	s.handle("POST /share", s.share)
	s.handle("GET /share/mine/{secret}", s.shared)
	s.handle("POST /share/mine/{secret}", s.changeShared)
}

// shareFields are those of the form, by their names in the command.
var shareFields = []string{"name", "organisation", "title", "words", "link", "section", "credit", "licence"}

// sharePage is the form as it is shown: empty, or with what was typed and what is
// wrong with it.
type sharePage struct {
	Fields   map[string]string
	Wrong    map[string]string // by field; "": of all of it
	Sections []string
	Done     bool // a machine filled it in, and is thanked
}

func (s *Site) shareForm(w http.ResponseWriter, r *http.Request) {
	s.showShare(w, r, sharePage{Fields: map[string]string{"credit": "name"}}, http.StatusOK)
}

func (s *Site) showShare(w http.ResponseWriter, r *http.Request, p sharePage, status int) {
	var err error
	if p.Sections, err = newsletter.Sections(r.Context(), s.o.Bot.View()); err != nil {
		s.failed(w, r, err)
		return
	}
	s.onlyFor(w, r, "share.html", "Share something", p, status)
}

// onlyFor shows a page that is one visitor's.
func (s *Site) onlyFor(w http.ResponseWriter, r *http.Request, template, title string, content any, status int) {
	f, err := s.frame(r.Context(), title, content)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	var body strings.Builder
	if err := s.templates.ExecuteTemplate(&body, template, f); err != nil {
		s.failed(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	w.Write([]byte(body.String()))
}

// share takes what a visitor offers, and leads them to the private link to it.
func (s *Site) share(w http.ResponseWriter, r *http.Request) {
	if !s.readVisit(w, r) {
		return
	}
	p := sharePage{Fields: map[string]string{}}
	var typed []string
	for _, name := range shareFields {
		p.Fields[name] = field(r, name)
		typed = append(typed, p.Fields[name])
	}
	if r.PostForm.Get(trap) != "" { // a machine: it is told what a person is told, and nothing happens
		p.Done = true
		s.showShare(w, r, p, http.StatusOK)
		return
	}
	secret, ok := s.visitors.secretFor(r, typed...)
	if !ok {
		p.Wrong = map[string]string{"": tooQuick}
		s.showShare(w, r, p, http.StatusTooManyRequests)
		return
	}
	wrong, status := s.run(w, r, secret, "share visit", p.Fields)
	switch {
	case wrong != nil:
		p.Wrong = wrong
		s.showShare(w, r, p, status)
	case status == http.StatusOK:
		http.Redirect(w, r, sharedPath(secret), http.StatusSeeOther)
	}
}

func sharedPath(secret string) string { return "/share/mine/" + secret }

// sharedPage is what a visitor shared, as they see it.
type sharedPage struct {
	Items    []newsletter.Shared
	Path     string
	Sections []string
	Wrong    string
	WrongID  string            // the item that they wanted to change
	Fields   map[string]string // as they typed it
	Now      time.Time         // so that the same said again is not taken for a button pressed twice
}

// sharedBy reads what the visitor behind a private link shared, or has answered
// that there is nothing. It takes the secret out of the request, so that no log
// has it.
func (s *Site) sharedBy(w http.ResponseWriter, r **http.Request) (p sharedPage, secret string, ok bool) {
	secret = (*r).PathValue("secret")
	masked := **r
	masked.URL, masked.RequestURI = &url.URL{Path: sharedPath("secret")}, ""
	*r = &masked
	items, err := newsletter.SharedBy((*r).Context(), s.o.Bot.View(), visitor(secret))
	if err == nil {
		p.Sections, err = newsletter.Sections((*r).Context(), s.o.Bot.View())
	}
	if err != nil {
		s.failed(w, *r, err)
		return p, secret, false
	}
	if len(items) == 0 {
		w.Header().Set("X-Robots-Tag", "noindex")
		s.problem(w, *r, http.StatusNotFound, "Nothing of yours is here", "What you shared was taken back, or the address was mistyped.")
		return p, secret, false
	}
	p.Items, p.Path, p.Now = items, sharedPath(secret), s.now()
	return p, secret, true
}

func (s *Site) shared(w http.ResponseWriter, r *http.Request) {
	if p, _, ok := s.sharedBy(w, &r); ok {
		s.onlyFor(w, r, "shared.html", "What you shared", p, http.StatusOK)
	}
}

// changeShared does what a visitor asks for on their page, and shows it again.
func (s *Site) changeShared(w http.ResponseWriter, r *http.Request) {
	p, secret, ok := s.sharedBy(w, &r)
	if !ok || !s.readVisit(w, r) {
		return
	}
	id := strings.ToLower(field(r, "item"))
	do := r.PostForm.Get("do")
	if !couldBeID(id) && do != "forget" {
		s.notFound(w, r)
		return
	}
	if do == "change" && !s.visitors.allow(r) {
		p.Wrong = tooQuick
		s.onlyFor(w, r, "shared.html", "What you shared", p, http.StatusTooManyRequests)
		return
	}
	fields := map[string]string{}
	var line string
	switch do {
	case "change":
		line = "share edit " + id
		for _, name := range []string{"title", "words", "link", "section", "licence"} {
			fields[name] = field(r, name)
		}
	case "withdraw":
		line = "share withdraw " + id
	case "name", "anonymous":
		line = "share credit " + id + " " + do
	case "forget":
		line = "share forget"
	default:
		s.notFound(w, r)
		return
	}
	wrong, status := s.run(w, r, secret, line, fields)
	switch {
	case wrong != nil:
		for _, words := range wrong {
			p.Wrong = cmp.Or(p.Wrong, words)
		}
		p.WrongID, p.Fields = id, fields
		s.onlyFor(w, r, "shared.html", "What you shared", p, status)
	case status == http.StatusOK && (do == "forget" || do == "withdraw" && len(p.Items) == 1):
		s.problem(w, r, http.StatusOK, "Taken back", "Nothing of yours is here any more. What had been published is made again without it.")
	case status == http.StatusOK:
		http.Redirect(w, r, p.Path, http.StatusSeeOther)
	}
}

// fieldsOf are the fields of one item in a form.
type fieldsOf struct {
	ID       string // of the item; "" of a new one
	Fields   map[string]string
	Wrong    map[string]string
	Sections []string
}

// Form are the fields of a new item.
func (p sharePage) Form() fieldsOf {
	return fieldsOf{Fields: p.Fields, Wrong: p.Wrong, Sections: p.Sections}
}

// Form are the fields of an item as it is, or as the visitor typed them when that
// was wrong.
func (p sharedPage) Form(i newsletter.Shared) fieldsOf {
	f := fieldsOf{ID: i.ID, Fields: p.Fields, Sections: p.Sections}
	if i.ID != p.WrongID {
		f.Fields = map[string]string{"title": i.Title, "words": i.Words, "link": i.Link, "section": i.Section, "licence": i.Licence}
	}
	return f
}
