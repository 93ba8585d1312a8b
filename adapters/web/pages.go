package web

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

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
	Canonical  string
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
		out, known := outputs[ending]
		if !known {
			s.notFound(w, r)
			return
		}
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

// pagesKept bounds the memory that read pages take.
const pagesKept = 32

// pages keeps the pages read last. Everything that changes a page is in the
// log of its hour, so one is good as long as its log has not grown.
type pages struct {
	r    bot.Reader
	once singleflight.Group

	mu   sync.Mutex
	kept map[string]hours.Page
	used []string // oldest first
}

func newPages(r bot.Reader) *pages { return &pages{r: r, kept: map[string]hours.Page{}} }

func (p *pages) get(ctx context.Context, id string) (hours.Page, bool, error) {
	p.mu.Lock()
	page, kept := p.kept[id]
	p.mu.Unlock()
	if kept {
		grown, err := p.r.Entries(ctx, hours.Log(id), page.Upto, 1, 0)
		if err != nil {
			return page, false, err
		}
		if len(grown) == 0 {
			return page, true, nil
		}
	}
	type read struct {
		page hours.Page
		ok   bool
	}
	// Many readers of one page read it once; none of them is tied to another's patience.
	v, err, _ := p.once.Do(id, func() (any, error) {
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer stop()
		page, ok, err := hours.Public(within, p.r, id)
		if err == nil && ok {
			p.keep(id, page)
		}
		return read{page, ok}, err
	})
	if err != nil {
		return hours.Page{}, false, err
	}
	return v.(read).page, v.(read).ok, nil
}

func (p *pages) keep(id string, page hours.Page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.kept[id]; !there {
		p.used = append(p.used, id)
	}
	p.kept[id] = page
	if len(p.used) > pagesKept {
		delete(p.kept, p.used[0])
		p.used = p.used[1:]
	}
}
