package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/bot/bottest"
)

// post sends a form.
func (s *stage) post(path, from string, fields url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":1234"
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	s.Advance(time.Second)
	return w
}

// offered is what a visitor sends, with some of it changed.
func offered(more ...string) url.Values {
	v := url.Values{"name": {"Vera"}, "organisation": {"Rivers Trust"}, "title": {"Gauges"}, "words": {"Of the Wear."}, "link": {"https://example.org/gauges"}, "section": {"Tools"}, "credit": {"name"}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestAVisitorShares(t *testing.T) {
	edition(t, "Ponds", func(s *stage, _ string) {
		if body := s.get("/share").Body.String(); !strings.Contains(body, "Send to the editors") || !strings.Contains(body, "<option>Tools</option>") {
			t.Fatalf("the form is %s", body)
		}
		refused := s.post("/share", "192.0.2.1", offered("link", "javascript:alert(1)", "title", " \u200b "))
		if body := refused.Body.String(); refused.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "aria-invalid") || !strings.Contains(body, "Of the Wear.") || !strings.Contains(body, `value="Vera"`) {
			t.Fatalf("refused with %d: %s", refused.Code, body)
		}
		sent := s.post("/share", "192.0.2.1", offered())
		mine := sent.Header().Get("Location")
		if sent.Code != http.StatusSeeOther || !strings.HasPrefix(mine, "/share/mine/") {
			t.Fatalf("sent: %d, to %q", sent.Code, mine)
		}
		if again := s.post("/share", "192.0.2.1", offered()).Header().Get("Location"); again != mine {
			t.Error("a button pressed twice makes two")
		}
		shown := func(want ...string) {
			t.Helper()
			w := s.get(mine)
			for _, words := range want {
				if !strings.Contains(w.Body.String(), words) {
					t.Fatalf("%d: lacks %q:\n%s", w.Code, words, w.Body)
				}
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Robots-Tag") != "noindex" {
				t.Errorf("a private page may be kept: %v", w.Header())
			}
		}
		shown("Gauges", "It waits for an editor.", "It is credited to Vera, Rivers Trust.")

		// An editor sees whose it is, and nothing is public before that.
		desk := bottest.Words(s.Command(olga, "north:data", "newsletter queue"))
		id := strings.Fields(desk[strings.Index(desk, "Shared by"):])
		if !strings.Contains(desk, "Vera, Rivers Trust (web)") || len(id) == 0 {
			t.Fatalf("the desk is %s", desk)
		}
		item := itemOf(t, s.get(mine).Body.String())
		s.post(mine, "192.0.2.1", url.Values{"item": {item}, "do": {"change"}, "title": {"Gauges, all of them"}, "words": {"Of the Wear."}, "section": {"Data"}})
		shown("Gauges, all of them")
		s.Command(olga, "north:data", "newsletter accept "+item)
		shown("It will be in edition 1.")
		s.Command(olga, "north:data", "newsletter publish 1 sure=yes")
		shown("It is in edition 1.", "Take my name off")
		page := func() string { return s.get("/edition/1").Body.String() }
		if body := page(); !strings.Contains(body, "Gauges, all of them") || !strings.Contains(body, "Shared by Vera, Rivers Trust.") {
			t.Errorf("the edition is %s", body)
		}
		s.post(mine, "192.0.2.1", url.Values{"item": {item}, "do": {"anonymous"}})
		if body := page(); strings.Contains(body, "Vera") || !strings.Contains(body, "Gauges, all of them") {
			t.Errorf("without the name the edition is %s", body)
		}
		s.post(mine, "192.0.2.1", url.Values{"do": {"forget"}})
		s.Advance(time.Minute)
		if body := page() + s.get("/editions.atom").Body.String(); strings.Contains(body, "Gauges") {
			t.Errorf("after it was forgotten the edition is %s", body)
		}
		if w := s.get(mine); w.Code != http.StatusNotFound {
			t.Errorf("the private page is still %d", w.Code)
		}
	})
}

// itemOf is the id of the item on a visitor's page.
func itemOf(t *testing.T, page string) string {
	t.Helper()
	_, after, found := strings.Cut(page, `name="item" value="`)
	if !found {
		t.Fatalf("no item on %s", page)
	}
	return after[:4]
}

func TestVisitorsShareLittle(t *testing.T) {
	edition(t, "Ponds", func(s *stage, _ string) {
		for n := range 4 {
			s.post("/share", "192.0.2.1", offered("title", "Gauges "+string(rune('a'+n))))
		}
		if w := s.post("/share", "192.0.2.1", offered("title", "One more")); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "One more") {
			t.Errorf("a fifth at once is %d", w.Code)
		}
		if w := s.post("/share", "192.0.2.2", offered("title", "By a machine", "website", "x")); w.Code != http.StatusOK {
			t.Errorf("a machine is told %d", w.Code)
		}
		desk := bottest.Words(s.Command(olga, "north:data", "newsletter queue"))
		if !strings.Contains(desk, "4 items wait") || strings.Contains(desk, "machine") {
			t.Errorf("the desk is %s", desk)
		}
		// Nobody from there does what is not theirs, and the words of a visitor mention nobody.
		mine := s.post("/share", "192.0.2.3", offered("title", "Mine", "words", "<!user:north:tim> @channel")).Header().Get("Location")
		for _, item := range []string{"zzzz", "../x", ""} {
			if w := s.post(mine, "192.0.2.3", url.Values{"item": {item}, "do": {"withdraw"}}); w.Code < 400 {
				t.Errorf("withdrawing %q is %d", item, w.Code)
			}
		}
		if body := s.get(mine).Body.String(); !strings.Contains(body, "&lt; !user:north:tim&gt; @channel") {
			t.Errorf("their words are %s", body)
		}
	})
}
