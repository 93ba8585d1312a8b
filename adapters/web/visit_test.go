package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// send posts the form of "Ask or answer" from an address.
func (s *stage) send(from string, fields url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hour/"+s.id+"/say", strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":4000"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	return w
}

func TestAVisitorAsksAndAHostShowsIt(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		if body := s.get("/hour/" + s.id).Body.String(); !strings.Contains(body, `action="/hour/`+s.id+`/say"`) {
			t.Fatal("a live page has no form")
		}
		words := url.Values{"name": {"Vera <b>"}, "words": {"Who <i>maps</i> culverts? <!user:north:tim>"}}
		link := s.link(s.send("192.0.2.1", words))
		if w := s.get(link); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Waiting for a host") || strings.Contains(w.Body.String(), "<b>") {
			t.Fatalf("the private page: %d %s", w.Code, w.Body)
		}
		if again := s.link(s.send("192.0.2.1", words)); again != link {
			t.Errorf("pressed twice, the link is another one")
		}
		if body := s.get("/hour/" + s.id).Body.String(); strings.Contains(body, "culverts") {
			t.Error("shown before a host looked at it")
		}
		s.Advance(time.Minute)
		s.Command(olga, "north:data", "datahour waiting")
		s.Press(olga, "north:data", "Show 1")
		s.Advance(time.Minute)
		body := s.get("/hour/" + s.id).Body.String()
		if strings.Count(body, "culverts") != 1 || !strings.Contains(body, "Vera &lt;b&gt;") {
			t.Errorf("once a host showed it the page has it %d times", strings.Count(body, "culverts"))
		}
	})
}

func TestWhatVisitorsMayNot(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		good := func(words string) url.Values { return url.Values{"name": {"Vera"}, "words": {words}} }
		waiting := func() int {
			recs, err := s.Bot.View().Records(s.Context(), "visits:"+s.id, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(recs)
		}

		w := s.send("192.0.2.1", url.Values{"name": {""}, "words": {"Kept words"}})
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Kept words") || !strings.Contains(w.Body.String(), "aria-invalid") {
			t.Errorf("without a name: %d, and what was typed is gone or not marked", w.Code)
		}
		trapped := good("Buy things")
		trapped.Set("website", "https://spam.example")
		if w := s.send("192.0.2.2", trapped); w.Code != http.StatusOK {
			t.Errorf("a machine is told %d", w.Code)
		}
		if w := s.send("192.0.2.3", good("From elsewhere"), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); w.Code != http.StatusForbidden {
			t.Errorf("another site's form: %d, want 403", w.Code)
		}
		if w := s.send("192.0.2.3", good(strings.Repeat("long ", 5000))); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("25,000 characters: %d, want 413", w.Code)
		}
		if n := waiting(); n != 0 {
			t.Fatalf("%d of those were stored", n)
		}
		for i, want := range []int{303, 303, 303, 303, 429} {
			if w := s.send("192.0.2.4", good("Message "+string(rune('a'+i)))); w.Code != want {
				t.Errorf("message %d of one address: %d, want %d", i+1, w.Code, want)
			}
		}
		if w := s.send("192.0.2.5", good("From another address")); w.Code != http.StatusSeeOther {
			t.Errorf("another address has to wait too: %d", w.Code)
		}
		s.Command(olga, "north:data", "datahour close")
		s.Advance(time.Minute)
		if w := s.send("192.0.2.6", good("Too late")); w.Code == http.StatusOK && !strings.Contains(w.Body.String(), "not open") {
			t.Errorf("after the close: %d %s", w.Code, w.Body)
		}
		if people, err := bot.Find[bot.Person](s.Context(), s.Bot.View(), "people:web"); err != nil || len(people) != 0 {
			t.Errorf("kept about visitors: %+v, %v", people, err)
		}
	})
}
