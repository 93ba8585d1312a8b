package web

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

// frame is what every page has around its content.
type frame struct {
	Title      string
	Community  bot.Community
	Style      string
	Script     string // "" where nothing is live
	Playground string
	Now        time.Time
	Zone       *time.Location
	Content    any
}

func (s *Site) frame(ctx context.Context, title string, content any) (frame, error) {
	c, err := s.o.Bot.Community(ctx)
	return frame{Title: title, Community: c, Style: s.style, Playground: s.o.Playground, Now: s.now(), Zone: c.Location(), Content: content}, err
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, template string, f frame) {
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

// latestShown is how many past hours the home page lists.
const latestShown = 12

// home shows what is live, what comes next, and what was.
func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	lists, err := hours.PublicList(r.Context(), s.o.Bot.View(), latestShown)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f, err := s.frame(r.Context(), "", lists)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.show(w, r, "home.html", f)
}

// hour shows one hour: before, while it is live, and as a transcript.
func (s *Site) hour(w http.ResponseWriter, r *http.Request) {
	id, ending, other := strings.Cut(r.PathValue("file"), ".")
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
	if page.State == hours.Open || page.State == hours.Scheduled {
		f.Script = s.script
	}
	s.show(w, r, "hour.html", f)
}

func (s *Site) words(name string) http.HandlerFunc {
	titles := map[string]string{"conduct": "Code of conduct", "privacy": "How we show people", "accessibility": "Accessibility"}
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := s.frame(r.Context(), titles[name], nil)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		s.show(w, r, name+".html", f)
	}
}

func (s *Site) notFound(w http.ResponseWriter, r *http.Request) {
	s.problem(w, r, http.StatusNotFound, "There is no such page", "The address may have been mistyped, or what was here is not public any more.")
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
	f := frame{Title: title, Style: s.style, Now: s.now(), Zone: time.UTC, Content: words}
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
	w.WriteHeader(status)
	w.Write(body.Bytes())
}
