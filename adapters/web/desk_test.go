package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/community"
	"datahour/bot/hours"
	"datahour/bot/my"
)

// behind plays on a stage whose organisers have /community.
func behind(t *testing.T, test func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{Harness: bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), my.New(), community.New()}})}
		var err error
		if s.site, err = web.New(web.Options{Bot: s.Bot}); err != nil {
			t.Fatal(err)
		}
		defer s.site.Close()
		test(s)
	})
}

// link asks for the way in, and gives its path.
func (s *stage) deskLink(who bot.UserID) string {
	s.Helper()
	return regexp.MustCompile(`/desk/[A-Z2-7]+`).FindString(bottest.Words(s.Command(who, bot.RoomID(who.Platform()+":data"), "community web")))
}

// at sends a request with a cookie, and fields when there are any.
func (s *stage) at(method, path string, cookie *http.Cookie, fields ...string) *httptest.ResponseRecorder {
	s.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	return w
}

// enter comes in by a link.
func (s *stage) enter(link string) *http.Cookie {
	s.Helper()
	w := s.at(http.MethodPost, link, nil)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/desk" || len(cookies) != 1 {
		s.Fatalf("the way in: %d to %q with %v", w.Code, w.Header().Get("Location"), cookies)
	}
	return cookies[0]
}

func TestTheWayToTheDesk(t *testing.T) {
	behind(t, func(s *stage) {
		if s.deskLink(tim) != "" {
			t.Error("a member gets a link")
		}
		if w := s.get("/desk"); w.Code != http.StatusForbidden {
			t.Errorf("without a session: %d", w.Code)
		}
		link := s.deskLink(olga)
		for range 2 { // whatever shows previews of links comes first
			if w := s.get(link); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("the door: %d, %q", w.Code, w.Header())
			}
		}
		c := s.enter(link)
		if c.Name != "__Host-desk" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 3600 {
			t.Errorf("the cookie is %v", c)
		}
		if w := s.at(http.MethodPost, link, nil); w.Code != http.StatusForbidden {
			t.Errorf("the link opens twice: %d", w.Code)
		}
		w := s.at(http.MethodGet, "/desk", c)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), "Organisers of north") {
			t.Errorf("the desk: %d %q", w.Code, w.Header())
		}
		stored, err := s.Bot.View().Records(s.Context(), "passes:"+olga, "", 10)
		if err != nil || len(stored) != 1 || strings.Contains(string(stored[0].Value)+stored[0].Key, c.Value) {
			t.Errorf("stored: %+v, %v", stored, err)
		}
		for _, guess := range []string{"/desk/x", "/desk/" + strings.Repeat("A", 26), "/desk/" + c.Value} {
			if w := s.at(http.MethodPost, guess, nil); w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: %d", guess, w.Code)
			}
		}
	})
}

func TestTheDeskCloses(t *testing.T) {
	for name, close := range map[string]func(s *stage, c *http.Cookie){
		"after an hour":        func(s *stage, c *http.Cookie) { s.Advance(61 * time.Minute) },
		"when they leave":      func(s *stage, c *http.Cookie) { s.at(http.MethodPost, "/desk/leave", c) },
		"when they are erased": func(s *stage, c *http.Cookie) { s.Command(tim, "north:data", "my erase yes"); s.Advance(time.Hour / 2) },
		"when they are organisers no more": func(s *stage, c *http.Cookie) {
			s.Command(olga, "north:data", "community organisers remove <!user:north:tim>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			behind(t, func(s *stage) {
				s.Command(olga, "north:data", "community organisers add <!user:north:tim>")
				c := s.enter(s.deskLink(tim))
				if w := s.at(http.MethodGet, "/desk", c); w.Code != http.StatusOK {
					t.Fatalf("before: %d", w.Code)
				}
				close(s, c)
				if w := s.at(http.MethodGet, "/desk", c); w.Code != http.StatusForbidden {
					t.Errorf("afterwards: %d", w.Code)
				}
				if w := s.at(http.MethodPost, "/desk", c, "line", "datahour queue"); w.Code != http.StatusForbidden {
					t.Errorf("pressing afterwards: %d", w.Code)
				}
			})
		})
	}
	behind(t, func(s *stage) {
		link := s.deskLink(olga)
		s.Advance(11 * time.Minute)
		if w := s.at(http.MethodPost, link, nil); w.Code != http.StatusForbidden {
			t.Errorf("a link that is too old: %d", w.Code)
		}
		if kept, err := s.Bot.View().Records(s.Context(), "passes:"+olga, "", 10); err != nil || len(kept) != 0 {
			t.Errorf("it is kept: %v, %v", kept, err)
		}
	})
}

func TestWhatOrganisersDoAtTheDesk(t *testing.T) {
	behind(t, func(s *stage) {
		s.open()
		s.send("192.0.2.1", url.Values{"name": {"Vera"}, "words": {"Who maps culverts?"}})
		s.Command(tim, "north:data", "datahour ask Who pays for it?")
		c := s.enter(s.deskLink(olga))
		body := s.at(http.MethodGet, "/desk", c).Body.String()
		for _, want := range []string{"Flood data", "Who maps culverts?", "Vera", "Who pays for it?", "community web", "Olga"} {
			if !strings.Contains(body, want) {
				t.Errorf("the desk lacks %q:\n%s", want, body)
			}
		}
		admit := regexp.MustCompile(`datahour admit [a-z0-9]+`).FindString(body)
		w := s.at(http.MethodPost, "/desk", c, "line", admit)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Shown, as <strong>Vera</strong>") {
			t.Errorf("%s: %d\n%s", admit, w.Code, w.Body)
		}
		s.Advance(2 * time.Second)
		if page := s.get("/hour/" + s.id).Body.String(); !strings.Contains(page, "Who maps culverts?") {
			t.Error("what was let in is not on the page")
		}
		if log := bottest.Words(s.Command(olga, "north:data", "community audit")); !strings.Contains(log, "datahour admit") {
			t.Errorf("the audit log says %q", log)
		}
		asked := regexp.MustCompile(`ask:[a-z0-9]+`).FindAllString(body, -1)
		if w := s.at(http.MethodPost, "/desk", c, "line", "datahour queue hour="+s.id, "chosen", asked[len(asked)-1]); w.Code != http.StatusOK {
			t.Errorf("asking a question: %d", w.Code)
		}
		s.Advance(2 * time.Second)
		if page := s.get("/hour/" + s.id).Body.String(); !strings.Contains(page, "<span>Q1</span>") {
			t.Error("the question is not asked")
		}
		for _, line := range []string{"community organisers add <!user:north:tim>", "my erase yes", "datahour admitted", "", "community export"} {
			if w := s.at(http.MethodPost, "/desk", c, "line", line); w.Code != http.StatusForbidden {
				t.Errorf("%q is done: %d", line, w.Code)
			}
		}
		if body := s.at(http.MethodGet, "/desk", s.enter(s.deskLink("south:oskar"))).Body.String(); strings.Contains(body, "Who pays for it?") || strings.Contains(body, "Vera") {
			t.Error("another platform's organiser sees what waits")
		}
	})
}
