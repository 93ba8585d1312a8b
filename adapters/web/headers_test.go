package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

// routed runs a test on a site with one live hour.
func routed(t *testing.T, test func(s *Site, id string)) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New()}})
		id := openHour(h)
		s, err := New(Options{Bot: h.Bot, Diaries: []Diarist{hours.New()}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		test(s, id)
	})
}

// ask sends a request; a stream is left as soon as it has nothing more to say.
func (s *Site) ask(method, path string) *httptest.ResponseRecorder {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, path, nil).WithContext(ctx))
	return w
}

var inPattern = regexp.MustCompile(`\{[a-z$]+\}`)

// paths are addresses for every route: of what is there, and of what is not.
func (s *Site) paths(id string) (all []string) {
	for _, pattern := range s.patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if path == "" {
			method, path = http.MethodGet, "/nowhere"
		}
		for _, part := range []string{id, "zzzz", "%3Cscript%3E", "..%2f..%2fetc%2fpasswd"} {
			all = append(all, method+" "+inPattern.ReplaceAllString(strings.Replace(path, "{$}", "", 1), part))
		}
	}
	return all
}

var (
	inline  = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:`)
	foreign = regexp.MustCompile(`(?i)\s(src|action|srcset|poster)="(https?:)?//`)
)

// Every answer of every route, found or not, has the headers; no page brings
// script or style of its own, or asks another site for something.
func TestEveryRouteIsGuarded(t *testing.T) {
	routed(t, func(s *Site, id string) {
		ok := 0
		for _, route := range s.paths(id) {
			method, path, _ := strings.Cut(route, " ")
			w := s.ask(method, path)
			h := w.Header()
			for name, want := range guarded {
				if h.Get(name) != want {
					t.Errorf("%s: %s is %q", route, name, h.Get(name))
				}
			}
			if h.Get("Strict-Transport-Security") == "" {
				t.Errorf("%s: http is as good as https", route)
			}
			if h.Get("Set-Cookie") != "" {
				t.Errorf("%s sets a cookie", route)
			}
			if to := h.Get("Location"); to != "" && !regexp.MustCompile(`^/([a-z]|$)`).MatchString(to) {
				t.Errorf("%s leads to %q", route, to)
			}
			if kind := h.Get("Content-Type"); kind == "" && w.Body.Len() > 0 || !strings.Contains(kind, "charset=utf-8") && strings.HasPrefix(kind, "text/html") {
				t.Errorf("%s: type %q", route, kind)
			}
			if body := w.Body.String(); strings.HasPrefix(h.Get("Content-Type"), "text/html") && (inline.MatchString(body) || foreign.MatchString(body)) {
				t.Errorf("%s: %s", route, inline.FindString(body)+foreign.FindString(body))
			}
			if w.Code == http.StatusOK {
				ok++
			}
			if w.Code >= 500 {
				t.Errorf("%s: status %d", route, w.Code)
			}
		}
		if least := len(s.patterns) - 5; ok < least {
			t.Errorf("%d routes were answered well, want %d: the test asks for the wrong ones", ok, least)
		}
	})
}

// What is stored may be taken back: nothing between us and the reader keeps it.
func TestNothingButAssetsIsKeptByOthers(t *testing.T) {
	routed(t, func(s *Site, id string) {
		for _, route := range s.paths(id) {
			method, path, _ := strings.Cut(route, " ")
			w := s.ask(method, path)
			asked := w.Header().Get("Cache-Control")
			if w.Code == http.StatusOK && asked != "no-cache" && asked != "no-store" || w.Code != http.StatusOK && strings.Contains(asked, "max-age") {
				t.Errorf("%s: status %d, may be kept: %q", route, w.Code, asked)
			}
		}
		for path := range s.assets {
			if got := s.ask(http.MethodGet, path).Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("%s: %q", path, got)
			}
		}
	})
}

// Guessing gives nothing: an hour that is not public is like one that is not there.
func TestAnHourThatIsNotPublicIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New()}})
		id := openHour(h)
		h.Command("north:olga", "north:data", "datahour privacy "+id+" public=no")
		s, err := New(Options{Bot: h.Bot, Diaries: []Diarist{hours.New()}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		there, nowhere := s.paths(id), s.paths("zzzz")
		for i, route := range there {
			method, path, _ := strings.Cut(route, " ")
			_, other, _ := strings.Cut(nowhere[i], " ")
			a, b := s.ask(method, path), s.ask(method, other)
			if a.Code != b.Code || strings.ReplaceAll(a.Body.String(), id, "zzzz") != b.Body.String() || strings.Contains(a.Body.String(), "Flood") {
				t.Errorf("%s: status %d, and %d for an hour that is not there\n%s", route, a.Code, b.Code, a.Body)
			}
		}
	})
}

// A form of another site changes nothing anywhere, and is told so on a page.
func TestNothingComesFromAnotherSite(t *testing.T) {
	routed(t, func(s *Site, id string) {
		for _, pattern := range s.patterns {
			method, path, _ := strings.Cut(pattern, " ")
			if method != http.MethodPost {
				continue
			}
			for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
				r := httptest.NewRequest(method, inPattern.ReplaceAllString(path, id), strings.NewReader(url.Values{"name": {"x"}, "words": {"x"}}.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set(header, value)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") {
					t.Errorf("%s with %s: %d", pattern, header, w.Code)
				}
			}
		}
	})
}

func TestRobots(t *testing.T) {
	routed(t, func(s *Site, id string) {
		if txt := s.ask(http.MethodGet, "/robots.txt").Body.String(); !strings.HasSuffix(txt, "\nUser-agent: *\nDisallow: /\n") || !strings.Contains(txt, "User-agent: Slackbot\n") {
			t.Errorf("robots.txt is %q", txt)
		}
		for _, path := range []string{"/", "/calendar", "/archive", "/feed.atom", "/calendar.ics", "/hour/" + id, "/hour/" + id + ".md", "/hour/" + id + ".ics", "/hour/" + id + "/slide", "/nowhere"} {
			if got := s.ask(http.MethodGet, path).Header().Get("X-Robots-Tag"); got != "noindex" {
				t.Errorf("%s: %q", path, got)
			}
		}
	})
}
