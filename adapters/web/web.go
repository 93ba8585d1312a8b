// Package web is the public side: pages that anyone can read, live updates,
// transcripts in several forms, feeds and calendars, and health and metrics for
// the operator.
//
// It reads through the core's read-only view and the features' public queries
// alone, which leave out whoever has not agreed to be shown; no filter lives
// here or in a template. Pages are complete without JavaScript. Start with
// [New]; live.go has the updates.
package web

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"datahour/bot"
)

//go:embed static templates
var files embed.FS

// Options say what to serve.
type Options struct {
	Bot        *bot.Bot
	Log        *slog.Logger
	Playground string    // address of the playground's page, when there is one
	Diaries    []Diarist // what goes into people's calendars
	Version    string
}

// Site serves the public pages.
type Site struct {
	o         Options
	mux       *http.ServeMux
	patterns  []string // all that the mux knows
	templates *template.Template
	assets    map[string]asset // by path
	style     string           // path of the stylesheet
	script    string
	icon      string
	pages     *pages
	hubs      *hubs
	visitors  visitors
	began     time.Time

	background background
}

// background is what goes on beside requests, and ends with the site.
type background struct {
	ctx  context.Context
	stop context.CancelFunc

	mu      sync.Mutex
	ended   bool
	running sync.WaitGroup
}

// start runs do, unless the site is closed.
func (b *background) start(do func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		b.running.Go(do)
	}
	return !b.ended
}

func (b *background) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.stop()
	b.running.Wait()
}

type asset struct {
	content []byte
	kind    string
}

// New makes the site.
func New(o Options) (*Site, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Site{o: o, mux: http.NewServeMux(), assets: map[string]asset{}, began: time.Now()}
	s.background.ctx, s.background.stop = context.WithCancel(context.Background())
	s.pages = newPages(o.Bot.View(), &s.background)
	s.hubs = newHubs(s)
	for _, a := range []struct {
		path       *string
		name, kind string
	}{{&s.style, "style.css", "text/css; charset=utf-8"}, {&s.script, "live.js", "text/javascript; charset=utf-8"}, {&s.icon, "icon.svg", "image/svg+xml"}} {
		var err error
		if *a.path, err = s.addAsset(a.name, a.kind); err != nil {
			return nil, err
		}
	}
	var err error
	if s.templates, err = template.New("").Funcs(functions).ParseFS(files, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("reading the templates: %w", err)
	}
	s.routes()
	return s, nil
}

func (s *Site) routes() {
	s.handle("GET /{$}", s.home)
	s.handle("GET /calendar", s.calendar)
	s.handle("GET /calendar.ics", s.calendarFile)
	s.handle("GET /archive", s.archive)
	s.handle("GET /feed.atom", s.feed)
	s.handle("GET /h/{id}", s.short)
	s.handle("GET /hour/{file}", s.hour)
	s.handle("GET /hour/{id}/live", s.follow)
	s.handle("GET /hour/{id}/slide", s.slide)
	s.handle("GET /hour/{id}/qr.svg", s.code)
	s.eventRoutes()
	s.visitRoutes()
	s.deskRoutes()
	s.editionRoutes()
	s.handle("GET /conduct", s.words("conduct"))
	s.handle("GET /privacy", s.words("privacy"))
	s.handle("GET /accessibility", s.words("accessibility"))
	s.handle("GET /transcript.schema.json", s.schema)
	s.handle("GET /static/{file}", s.static)
	s.handle("GET /robots.txt", s.robots)
	s.handle("GET /healthz", s.healthz)
	s.handle("GET /readyz", s.readyz)
	s.handle("GET /metrics", s.metrics())
	s.handle("/", s.unknown)
}

// handle answers what matches pattern. A page of another site cannot make
// somebody's browser change anything here.
func (s *Site) handle(pattern string, answer http.HandlerFunc) {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(s.crossSite))
	s.patterns = append(s.patterns, pattern)
	s.mux.Handle(pattern, guard.Handler(answer))
}

// Close ends all live updates, so that the server can stop, and whatever reads
// from the store.
func (s *Site) Close() { s.background.end() }

// addAsset gives a file a name that changes with its content, so that browsers
// may keep it for good.
func (s *Site) addAsset(name, kind string) (string, error) {
	content, err := fs.ReadFile(files, "static/"+name)
	if err != nil {
		return "", err
	}
	base, ext, _ := strings.Cut(name, ".")
	path := "/static/" + base + "-" + fingerprint(content)[:10] + "." + ext
	s.assets[path] = asset{content: content, kind: kind}
	return path, nil
}

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (s *Site) static(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.URL.Path]
	if !ok {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(a.content)
}

// send writes a body with an ETag, and nothing but that when the browser has it.
func send(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	tag := `"` + fingerprint(body)[:20] + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache") // what is public can be taken back at any moment
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	w.Write(body)
}

// now is the time on the community's clock.
func (s *Site) now() time.Time { return s.o.Bot.View().Now() }

// ahead is how far that clock is ahead of this machine's.
func (s *Site) ahead() time.Duration { return time.Until(s.now()) }
