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

// come is somebody from outside asking for a seat, from an address.
func (s *stage) come(from string, fields url.Values) *httptest.ResponseRecorder {
	s.Helper()
	return s.postTo(from, "/event/"+s.id+"/come", fields)
}

func (s *stage) postTo(from, path string, fields url.Values) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = from + ":1234"
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	s.Advance(0)
	return w
}

func vera() url.Values {
	return url.Values{"name": {"Vera <b>Bloggs</b>"}, "organisation": {"Rivers Trust"}, "email": {"vera@example.org"}, "needs": {"A seat by the door"}, "consent": {"yes"}}
}

func TestAVisitorsWholeWay(t *testing.T) {
	event(t, "visitors=1", func(s *stage) {
		if body := s.get("/event/" + s.id).Body.String(); !strings.Contains(body, "Come along") || !strings.Contains(body, "I take part online") {
			t.Fatal("the page has no form")
		}
		w := s.come("192.0.2.1", vera())
		mine := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(mine, "/event/"+s.id+"/mine/") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if again := s.come("192.0.2.1", vera()).Header().Get("Location"); again != mine {
			t.Errorf("the button pressed twice led to %s", again)
		}
		s.page(mine, "A host looks at this first")
		asked := bottest.PostWords(s.Direct(olga)[0].Post)
		for _, want := range []string{`Vera \<b\>Bloggs\</b\> (Rivers Trust) from outside asks to come`, `vera\@example.org`, "A seat by the door", "[Let them come] [No]"} {
			if !strings.Contains(asked, want) {
				t.Errorf("the host's message lacks %q: %s", want, asked)
			}
		}
		if n := len(s.Direct(olga)); n != 1 {
			t.Errorf("the host has %d messages, want one", n)
		}
		s.Press(olga, "north:@olga", "Let them come")
		s.page(mine, "You have a seat.")
		if list := bottest.Words(s.Command(olga, "north:data", "event guests "+s.id)); !strings.Contains(list, "(from outside; needs: A seat by the door)") {
			t.Error(list)
		}
		for _, path := range []string{"/event/" + s.id, "/event/" + s.id + ".ics", "/calendar", "/calendar.ics"} {
			if body := s.get(path).Body.String(); strings.Contains(body, "Vera") || strings.Contains(body, "door") {
				t.Errorf("%s names her", path)
			}
		}

		// The next one waits, and is offered the seat that she gives up.
		tom := url.Values{"name": {"Tom"}, "email": {"tom@example.org"}, "consent": {"yes"}}
		toms := s.come("192.0.2.2", tom).Header().Get("Location")
		s.Press(olga, "north:@olga", "Let them come")
		s.page(toms, "you are 1st on the waitlist")
		if body := s.postTo("192.0.2.1", mine, url.Values{"do": {"leave"}}).Body.String(); !strings.Contains(body, "what you told the hosts is deleted") {
			t.Error(body)
		}
		s.page(mine, "Nothing of yours is here")
		s.page(toms, "A seat is free for you")
		s.postTo("192.0.2.2", toms, url.Values{"do": {"accept"}})
		s.page(toms, "You have a seat.")

		// One who takes part online gets the link, and nobody else does.
		ann := url.Values{"name": {"Ann"}, "email": {"ann@example.org"}, "consent": {"yes"}, "online": {"yes"}}
		anns := s.come("192.0.2.3", ann).Header().Get("Location")
		s.Press(olga, "north:@olga", "Let them come")
		s.page(anns, "https://meet.example.org/secret")
		if body := s.get(toms).Body.String(); strings.Contains(body, "meet.example.org") {
			t.Error("the link is told to somebody who comes in person")
		}

		// Two weeks after, nothing that they said is kept.
		s.AdvanceTo(time.Date(2026, 12, 12, 9, 0, 0, 0, time.UTC))
		s.page(toms, "Nothing of yours is here")
	})
}

// page looks for words on a page.
func (s *stage) page(path, want string) {
	s.Helper()
	if body := s.get(path).Body.String(); !strings.Contains(body, want) {
		s.Errorf("%s lacks %q:\n%s", path, want, body)
	}
}

func TestVisitorsRefused(t *testing.T) {
	event(t, "", func(s *stage) {
		without := func(name string) url.Values { v := vera(); v.Del(name); return v }
		with := func(name, value string) url.Values { v := vera(); v.Set(name, value); return v }
		for i, c := range []struct {
			fields url.Values
			status int
			want   string
		}{
			{without("name"), http.StatusUnprocessableEntity, "is missing"},
			{with("email", "vera at example"), http.StatusUnprocessableEntity, "no e-mail address"},
			{with("email", "Vera <vera@example.org>\r\nBcc: x@example.org"), http.StatusUnprocessableEntity, "no e-mail address"},
			{without("consent"), http.StatusUnprocessableEntity, "Please tick it"},
			{with("needs", strings.Repeat("n", 400)), http.StatusUnprocessableEntity, "up to 300 characters"},
			{with("website", "x"), http.StatusOK, "Thank you"},
			{with("name", strings.Repeat("n", 40_000)), http.StatusRequestEntityTooLarge, "too long"},
		} {
			w := s.come("192.0.2."+string(rune('1'+i)), c.fields)
			if body := w.Body.String(); w.Code != c.status || !strings.Contains(body, c.want) || c.status == http.StatusUnprocessableEntity && !strings.Contains(body, "Rivers Trust") {
				t.Errorf("%d: %d, want %d with %q and what was typed:\n%s", i, w.Code, c.status, c.want, body)
			}
		}
		if n := len(s.Direct(olga)); n != 0 {
			t.Errorf("the host is asked %d times", n)
		}
		codes := map[int]int{}
		for i := range 8 {
			codes[s.come("192.0.2.99", with("email", "v"+string(rune('a'+i))+"@example.org")).Code]++
		}
		if codes[http.StatusTooManyRequests] == 0 || codes[http.StatusSeeOther] == 0 {
			t.Errorf("many from one address: %v", codes)
		}
		s.Press(olga, "north:@olga", "No")
		r := httptest.NewRequest(http.MethodPost, "/event/"+s.id+"/come", strings.NewReader(vera().Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		s.site.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("from another site: %d", w.Code)
		}
	})
}
