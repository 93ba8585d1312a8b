package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
	"datahour/bot/my"
)

const (
	olga = "north:olga" // organiser and host
	tim  = "north:tim"  // shown by name
	sam  = "north:sam"  // not at all
)

// stage is a bot with a site in front of it.
type stage struct {
	*bottest.Harness
	site *web.Site
	id   string // of the hour
}

func play(t *testing.T, test func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{Harness: bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), my.New()}})}
		var err error
		if s.site, err = web.New(web.Options{Bot: s.Bot, Diaries: []web.Diarist{hours.New()}}); err != nil {
			t.Fatal(err)
		}
		defer s.site.Close()
		test(s)
	})
}

// open schedules an hour and moves to just after its start.
func (s *stage) open() {
	s.Helper()
	s.Command(olga, "north:data", `datahour new "Flood data" "25 Nov 8pm" questions="What did you look up?"`)
	s.Press(olga, "north:data", "Post")
	list, err := hours.PublicList(s.Context(), s.Bot.View(), 10)
	if err != nil || len(list.Upcoming) != 1 {
		s.Fatalf("upcoming = %+v, %v; want the hour", list.Upcoming, err)
	}
	s.id = list.Upcoming[0].ID
	s.Command(tim, "north:data", "my shown name")
	s.Command(sam, "north:data", "my shown no")
	s.AdvanceTo(time.Date(2026, 11, 25, 20, 1, 0, 0, time.UTC))
}

func (s *stage) get(path string) *httptest.ResponseRecorder {
	s.Helper()
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestHomeAndHourThroughAnHour(t *testing.T) {
	play(t, func(s *stage) {
		if body := s.get("/").Body.String(); !strings.Contains(body, "Nothing is scheduled yet") {
			t.Errorf("an empty home says %q", body)
		}
		s.open()
		if body := s.get("/").Body.String(); !strings.Contains(body, "Live now") || !strings.Contains(body, "Flood data") {
			t.Error("the home page does not show the live hour")
		}
		s.Say(tim, "north:data", `River <script>alert(1)</script> levels, see https://example.org/a?b=1&c=2.`)
		s.Say(sam, "north:data", "unspeakable")
		body := s.get("/hour/" + s.id).Body.String()
		for _, want := range []string{"Live until", "River &lt;script&gt;", `<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener noreferrer">`, "1 person prefers not to be shown."} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(body, "unspeakable") || strings.Contains(body, "Sam") {
			t.Error("the page shows somebody who said no")
		}
		s.Command(olga, "north:data", "datahour close")
		s.Advance(time.Minute)
		if body := s.get("/hour/" + s.id).Body.String(); !strings.Contains(body, "Transcript") || strings.Contains(body, "Pause updates") {
			t.Error("a closed hour is not shown as a transcript")
		}
	})
}

func TestOutputs(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		s.Say(tim, "north:data", "River levels")
		s.Say(sam, "north:data", "unspeakable")
		for ending, kind := range map[string]string{"md": "text/markdown", "json": "application/json", "csv": "text/csv", "txt": "text/plain"} {
			w := s.get("/hour/" + s.id + "." + ending)
			if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) {
				t.Errorf(".%s: status %d, type %q", ending, w.Code, w.Header().Get("Content-Type"))
			}
			if body := w.Body.String(); !strings.Contains(body, "River levels") || strings.Contains(body, "unspeakable") {
				t.Errorf(".%s says %q", ending, body)
			}
		}
	})
}

func TestUnknownAddresses(t *testing.T) {
	play(t, func(s *stage) {
		for _, path := range []string{"/nowhere", "/hour/zzzz", "/hour/zzzz.md", "/hour/zzzz/live", "/hour/", "/static/style.css", "/hour/..%2f..%2fetc"} {
			if w := s.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s: status %d, want 404", path, w.Code)
			}
		}
	})
}

func TestHeadersAndCaching(t *testing.T) {
	play(t, func(s *stage) {
		w := s.get("/")
		h := w.Header()
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q", csp)
		}
		if h.Get("X-Robots-Tag") != "noindex" || !strings.Contains(s.get("/robots.txt").Body.String(), "Disallow: /\n") {
			t.Error("search engines are not asked to stay away")
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("If-None-Match", h.Get("ETag"))
		again := httptest.NewRecorder()
		s.site.ServeHTTP(again, r)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("the same page again: status %d with %d bytes, want 304 and none", again.Code, again.Body.Len())
		}
		body := regexp.MustCompile(`<link rel="canonical"[^>]*>`).ReplaceAllString(w.Body.String(), "")
		style := regexp.MustCompile(`/static/style-\w+\.css`).FindString(body)
		if got := s.get(style); got.Code != http.StatusOK || !strings.Contains(got.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %q", style, got.Code, got.Header().Get("Cache-Control"))
		}
		if strings.Contains(body, "style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(body) || regexp.MustCompile(`(src|href)="https?:`).MatchString(body) {
			t.Error("the page has inline style or script, or asks another site for something")
		}
	})
}

func TestHealth(t *testing.T) {
	play(t, func(s *stage) {
		if w := s.get("/healthz"); w.Code != http.StatusOK {
			t.Errorf("healthz: %d", w.Code)
		}
		var ready web.Readiness
		w := s.get("/readyz")
		if err := json.Unmarshal(w.Body.Bytes(), &ready); err != nil || !ready.Ready || ready.Platforms["north"].State != "connected" || !ready.Platforms["north"].Since.Equal(s.Now()) {
			t.Errorf("readyz: %d %s", w.Code, w.Body)
		}
		s.Command(tim, "north:data", "my")
		if body := s.get("/metrics").Body.String(); !strings.Contains(body, "datahour_commands_total 1") || !strings.Contains(body, "datahour_active 1") {
			t.Error("metrics do not count the command, or the process is not active")
		}
		s.StopBot()
		if w := s.get("/readyz"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("readyz of a stopped bot: %d, want 503", w.Code)
		}
		s.StartBot()
	})
}

// follower reads a live stream and applies its events as the script does.
type follower struct {
	mu     sync.Mutex
	header http.Header
	text   strings.Builder
	stop   context.CancelFunc
}

func (f *follower) Header() http.Header { return f.header }
func (f *follower) WriteHeader(int)     {}
func (f *follower) Flush()              {}
func (f *follower) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.text.Write(b)
}

// events are the data of all events of a kind so far.
func (f *follower) events(kind string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, block := range strings.Split(f.text.String(), "\n\n") {
		if _, data, ok := strings.Cut(block, "event: "+kind+"\ndata: "); ok {
			out = append(out, data)
		}
	}
	return out
}

// last is the id of the last event.
func (f *follower) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := regexp.MustCompile(`(?m)^id: (\d+)$`).FindAllStringSubmatch(f.text.String(), -1)
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1][1]
}

func (s *stage) follow(last string) *follower {
	ctx, stop := context.WithCancel(s.Context())
	f := &follower{header: http.Header{}, stop: stop}
	r := httptest.NewRequest(http.MethodGet, "/hour/"+s.id+"/live", nil).WithContext(ctx)
	r.Header.Set("Last-Event-ID", last)
	go s.site.ServeHTTP(f, r)
	synctest.Wait()
	return f
}

func TestFollowingAnHour(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		f := s.follow("")
		defer f.stop()
		m := s.Say(tim, "north:data", "River levels")
		s.Say(sam, "north:data", "unspeakable")
		s.Advance(2 * time.Second)
		if puts := f.events("put"); len(puts) != 1 || !strings.Contains(puts[0], "River levels") {
			t.Fatalf("puts = %q, want Tim's words and nothing else", puts)
		}
		s.Edit(tim, "north:data", m, "River flows")
		s.Advance(2 * time.Second)
		if puts := f.events("put"); len(puts) != 2 || !strings.Contains(puts[1], "River flows") {
			t.Fatalf("puts = %q, want the edit", puts)
		}
		if heads := f.events("head"); len(heads) == 0 || !strings.Contains(heads[len(heads)-1], "1 person prefers not to be shown.") {
			t.Errorf("heads = %q, want the gap", heads)
		}

		// A network cut: what happens meanwhile comes once, when the reader is back.
		at := f.last()
		f.stop()
		s.Delete(tim, "north:data", m)
		s.Say(tim, "north:data", "Back again")
		s.Advance(2 * time.Second)
		g := s.follow(at)
		defer g.stop()
		if puts := g.events("put"); len(puts) != 1 || !strings.Contains(puts[0], "Back again") {
			t.Errorf("after the cut puts = %q, want what was said meanwhile", puts)
		}
		if removes := g.events("remove"); len(removes) != 1 {
			t.Errorf("after the cut removes = %q, want the deleted line", removes)
		}

		// Somebody changes their mind in the middle.
		s.Command(tim, "north:data", "my shown no")
		s.Advance(2 * time.Second)
		if removes := g.events("remove"); len(removes) < 2 {
			t.Errorf("removes = %q, want all of Tim's lines gone", removes)
		}
	})
}
