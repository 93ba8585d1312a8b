package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
	"datahour/bot/when"
)

// frame is what every page has around its content.
type frame struct {
	Title      string
	About      string // a sentence for whoever shares the page's address
	Base, Path string // whole, they are the page's address
	Community  bot.Community
	Style      string
	Script     string // "" where nothing is live
	Icon       string
	Playground string
	Now        time.Time
	Zone       *time.Location
	Content    any
}

func (s *Site) frame(ctx context.Context, title string, content any) (frame, error) {
	c, err := s.o.Bot.Community(ctx)
	return frame{Title: title, Base: s.o.Bot.PublicURL(), Community: c, Style: s.style, Icon: s.icon, Playground: s.o.Playground, Now: s.now(), Zone: c.Location(), Content: content}, err
}

// show writes a page that anyone may see.
func (s *Site) show(w http.ResponseWriter, r *http.Request, template string, f frame) {
	if f.Path == "" {
		f.Path = r.URL.EscapedPath()
	}
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, template, f); err != nil {
		s.failed(w, r, err)
		return
	}
	if !f.Community.Policy.Indexed {
		w.Header().Set("X-Robots-Tag", "noindex")
	}
	send(w, r, "text/html; charset=utf-8", body.Bytes())
}

// page shows a page that needs no more than its content.
func (s *Site) page(w http.ResponseWriter, r *http.Request, template, title, about string, content any, err error) {
	var f frame
	if err == nil {
		f, err = s.frame(r.Context(), title, content)
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f.About = about
	s.show(w, r, template, f)
}

// latestShown is how many past hours the home page lists.
const latestShown = 6

// home shows what is live, what comes next, and what was.
func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	lists, err := hours.PublicList(r.Context(), s.o.Bot.View(), latestShown)
	s.page(w, r, "home.html", "", whatThisIs, lists, err)
}

const whatThisIs = "Data hours: timed chats between people who work with data. Anyone can follow, ask and answer here, without an account."

// hour shows one hour: before, while it is live, and as a transcript.
func (s *Site) hour(w http.ResponseWriter, r *http.Request) {
	id, ending, other := strings.Cut(r.PathValue("file"), ".")
	if ending == "ics" {
		s.hourFile(w, r, id)
		return
	}
	out, known := outputs[ending]
	if other && !known {
		s.notFound(w, r)
		return
	}
	page, ok, err := s.pages.get(r.Context(), id)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.notFound(w, r)
		return
	}
	if other {
		w.Header().Set("X-Robots-Tag", "noindex")
		send(w, r, out.kind, out.write(page))
		return
	}
	f, err := s.frame(r.Context(), page.Title, newHourPage(page, s.now()))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f.About = about(page)
	if page.State == hours.Open || page.State == hours.Scheduled {
		f.Script = s.script
	}
	s.show(w, r, "hour.html", f)
}

// about is an hour in a sentence or two, for whoever shares its address.
func about(p hours.Page) string {
	words := when.FormatRange(p.Start, p.End, p.Zone) + ", in " + join(p.Rooms) + "."
	switch p.State {
	case hours.Cancelled:
		words = "Cancelled. " + words
	case hours.Closed:
		words = fmt.Sprintf("Transcript: %s, %s. %s", count(p.People, "person", "people"), count(p.Messages, "message", "messages"), words)
	}
	return bot.ClipTo(strings.TrimSpace(words+" "+strings.Join(strings.Fields(p.About), " ")), aboutMost)
}

// aboutMost is in characters: what shows a page's address cuts off more.
const aboutMost = 280

func (s *Site) words(name string) http.HandlerFunc {
	titles := map[string]string{"conduct": "Code of conduct", "privacy": "How we show people", "accessibility": "Accessibility"}
	return func(w http.ResponseWriter, r *http.Request) { s.page(w, r, name+".html", titles[name], "", nil, nil) }
}

// unknown answers what no page is for.
func (s *Site) unknown(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Allow", "GET, HEAD")
	s.problem(w, r, http.StatusMethodNotAllowed, "That can only be read", "Nothing can be sent to this address.")
}

func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	s.problem(w, r, http.StatusNotFound, "There is no such page", "The address may have been mistyped, or what was here is not public any more.")
}

func (s *Site) crossSite(w http.ResponseWriter, r *http.Request) {
	s.problem(w, r, http.StatusForbidden, "That came from another site", "A form of ours was sent from a page that is not ours, so nothing was done with it. Open the page here, and send it again.")
}

func (s *Site) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the reader is gone
	}
	ref := bot.Reference()
	s.o.Log.Error("page failed", "ref", ref, "path", r.URL.Path, "err", err)
	s.problem(w, r, http.StatusServiceUnavailable, "Something went wrong on our side", "It is logged under "+ref+". Please try again in a minute.")
}

func (s *Site) problem(w http.ResponseWriter, r *http.Request, status int, title, words string) {
	f := frame{Title: title, Base: s.o.Bot.PublicURL(), Style: s.style, Icon: s.icon, Playground: s.o.Playground, Now: s.now(), Zone: time.UTC, Content: words}
	if c, err := s.o.Bot.Community(r.Context()); err == nil {
		f.Community, f.Zone = c, c.Location()
	}
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, "problem.html", f); err != nil {
		http.Error(w, title, status)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	w.Write(body.Bytes())
}
