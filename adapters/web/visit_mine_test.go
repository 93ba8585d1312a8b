package web_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

// link is where a visitor is sent after they wrote something.
func (s *stage) link(w *httptest.ResponseRecorder) string {
	s.Helper()
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/hour/"+s.id+"/mine/") {
		s.Fatalf("answer %d to %q: %s", w.Code, to, w.Body)
	}
	return to
}

// do sends one of the forms on a private page. line is the message that it is
// about, by its place on the page.
func (s *stage) do(link, what string, line int, words string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.Helper()
	fields := url.Values{"do": {what}, "words": {words}, "at": {fmt.Sprint(s.Now().UnixMilli())}}
	if line > 0 {
		parts := strings.Split(s.get(link).Body.String(), `aria-labelledby="said-`)
		if len(parts) <= line {
			s.Fatalf("there is no message %d", line)
		}
		id, _, _ := strings.Cut(parts[line], `"`)
		fields.Set("line", id)
	}
	r := httptest.NewRequest(http.MethodPost, link, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = fmt.Sprintf("192.0.2.%d:4000", 100+s.Now().Unix()%100)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	s.Advance(time.Second)
	return w
}

// host looks at what waits, and presses a button.
func (s *stage) host(button string) {
	s.Helper()
	s.Command(olga, "north:data", "datahour waiting")
	s.Press(olga, "north:data", button)
	s.Advance(time.Second)
}

func (s *stage) wants(where, page string, want ...string) {
	s.Helper()
	body := s.get(page).Body.String()
	for _, w := range want {
		if not, is := strings.CutPrefix(w, "not "); is && strings.Contains(body, not) {
			s.Errorf("%s: the page has %q", where, not)
		} else if !is && !strings.Contains(body, w) {
			s.Errorf("%s: the page lacks %q", where, w)
		}
	}
}

func (s *stage) visitor(words string) string {
	s.Helper()
	defer s.Advance(time.Second)
	return s.link(s.send("198.51.100.7", url.Values{"name": {"Vera"}, "organisation": {"Rivers Trust"}, "words": {words}}))
}

func TestAVisitorChangesAndTakesBackWhatTheyWrote(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		hour := "/hour/" + s.id
		mine := s.visitor("Who maps culverts?")
		s.do(mine, "change", 1, "Who maps weirs?")
		s.wants("changed while it waits", mine, "weirs", "not culverts")
		s.host("Show 1")
		s.wants("shown", hour, "weirs", "<b>Vera, Rivers Trust</b>", "not culverts")
		s.wants("shown", mine, "Shown here and in the rooms", "as Vera, Rivers Trust (web)")

		s.do(mine, "change", 1, "Who maps ponds?")
		s.wants("before a host has looked", hour, "weirs", "not ponds")
		s.wants("before a host has looked", mine, "weirs", "ponds")
		s.host("Show 1")
		s.wants("changed", hour, "ponds", "(edited)", "not weirs")

		s.do(mine, "say", 0, "And who pays?")
		s.wants("a second one", mine, "ponds", "And who pays?", "Waiting for a host")
		s.do(mine, "withdraw", 2, "")
		s.wants("the second one taken back", mine, "ponds", "not And who pays?")
		if w := s.do(mine, "withdraw", 1, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Taken back") {
			t.Errorf("the last one taken back: %d %s", w.Code, w.Body)
		}
		s.wants("taken back", hour, "not ponds", "not Vera")
		if w := s.get(mine); w.Code != http.StatusNotFound {
			t.Errorf("the private page of nothing: %d", w.Code)
		}
		s.leavesNothing("vera", "rivers trust", "ponds", "weirs", "culverts")
	})
}

func TestAVisitorIsForgotten(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		mine := s.visitor("Who maps culverts?")
		s.host("Show 1")
		s.do(mine, "say", 0, "Nobody does, I think")
		s.Command(olga, "north:data", "datahour close")
		s.Advance(4 * time.Hour) // it is settled
		s.wants("after the close", mine, "not Change it", "The hour is over")
		if w := s.do(mine, "change", 1, "Other words"); !strings.Contains(w.Body.String(), "can be withdrawn, but not changed") {
			t.Errorf("after the close a change is answered %d %s", w.Code, w.Body)
		}
		s.do(mine, "forget", 0, "")
		s.Advance(time.Minute)
		s.wants("forgotten", "/hour/"+s.id, "not culverts", "not Vera")
		if w := s.get(mine); w.Code != http.StatusNotFound {
			t.Errorf("the private page: %d", w.Code)
		}
		s.leavesNothing("vera", "rivers trust", "culverts", "nobody does")
	})
}

// leavesNothing looks through everything that is stored and everything that stands.
func (s *stage) leavesNothing(traces ...string) {
	s.Helper()
	s.Advance(time.Minute)
	var all []string
	for item, err := range s.Store.(bot.Dumper).Dump(s.Context()) {
		if err != nil {
			s.Fatal(err)
		}
		switch {
		case item.Record != nil:
			all = append(all, item.Record.Key+" "+strings.Join(item.Record.Index, " ")+string(item.Record.Value))
		case item.Entry != nil:
			all = append(all, item.Entry.Log+" "+string(item.Entry.Data))
		case item.Alarm != nil:
			all = append(all, item.Alarm.Key+" "+string(item.Alarm.Data))
		case item.Seen != nil:
			all = append(all, item.Seen.ID)
		}
	}
	for _, room := range []bot.RoomID{"north:data", "south:data", bot.UserID(olga).Direct()} {
		for _, p := range s.Posts(room) {
			all = append(all, bottest.PostWords(p.Post))
		}
	}
	for _, text := range all {
		for _, trace := range traces {
			if strings.Contains(strings.ToLower(text), trace) {
				s.Errorf("%q is left in %.300s", trace, text)
			}
		}
	}
}

func TestVisitorsComeThroughAfterTheFirst(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		hour := "/hour/" + s.id
		s.Command(olga, "north:data", "datahour visitors through")
		mine := s.visitor("First words")
		s.do(mine, "say", 0, "Second words")
		s.wants("before a host has looked", hour, "not First words", "not Second words")
		s.host("Show 1")
		s.do(mine, "say", 0, "Third words")
		s.wants("after it", hour, "First words", "not Second words", "Third words", "Vera, Rivers Trust")
		s.do(mine, "change", 2, "Better words") // the one that waits was written before it was shown
		s.wants("changed", hour, "Better words", "not First words")

		other := s.link(s.send("198.51.100.9", url.Values{"name": {"Vera"}, "words": {"Somebody else's words"}}))
		s.wants("another visitor of that name", hour, "not Somebody else")
		s.wants("another visitor of that name", other, "Waiting for a host")

		s.Command(olga, "north:data", "datahour hide")
		s.Press(olga, "north:data", "Vera, Rivers Trust: Third words")
		s.do(mine, "say", 0, "Fourth words")
		s.wants("after one was hidden", hour, "not Third words", "not Fourth words", "Better words")
		s.wants("after one was hidden", mine, "Hidden by a host")
		s.Command(olga, "north:data", "datahour visitors held")
		s.host("Show 1")
		s.do(mine, "say", 0, "Fifth words")
		s.wants("when each one waits", hour, "not Fifth words")
	})
}

func TestAPrivateLinkIsOfUseToNobodyElse(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		mine := s.visitor("Who maps culverts?")
		secret := mine[strings.LastIndexByte(mine, '/')+1:]
		if len(secret) < 26 {
			t.Errorf("the secret has %d letters", len(secret))
		}
		theirs := s.link(s.send("198.51.100.8", url.Values{"name": {"Tom"}, "words": {"Hello"}}))
		if mine == theirs {
			t.Fatal("two visitors have one link")
		}
		line := strings.Split(strings.Split(s.get(mine).Body.String(), `aria-labelledby="said-`)[1], `"`)[0]
		foreign := url.Values{"do": {"withdraw"}, "line": {line}}
		post := func(link string, fields url.Values, change ...func(*http.Request)) int {
			r := httptest.NewRequest(http.MethodPost, link, strings.NewReader(fields.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for _, c := range change {
				c(r)
			}
			w := httptest.NewRecorder()
			s.site.ServeHTTP(w, r)
			return w.Code
		}
		if code := post(theirs, foreign); code == http.StatusSeeOther {
			t.Errorf("somebody else's message taken back: %d", code)
		}
		if code := post(mine, foreign, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); code != http.StatusForbidden {
			t.Errorf("taken back from another site: %d", code)
		}
		if code := post(mine, url.Values{"do": {"change"}, "line": {line}, "words": {strings.Repeat("long ", 5000)}}); code != http.StatusRequestEntityTooLarge {
			t.Errorf("25,000 characters: %d", code)
		}
		for _, guess := range []string{"", "aaaaaaaaaaaaaaaaaaaaaaaaaa", strings.ToUpper(secret), secret + "a"} {
			if w := s.get("/hour/" + s.id + "/mine/" + guess); w.Code != http.StatusNotFound {
				t.Errorf("%q: %d, want 404", guess, w.Code)
			}
		}
		w := s.get(mine)
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Robots-Tag") != "noindex" || w.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("headers are %v", w.Header())
		}
		s.wants("still there", mine, "Who maps culverts?")
		s.leavesNothing(secret)

		s.Command(olga, "north:data", "datahour privacy "+s.id+" public=no")
		s.Advance(time.Minute)
		if w := s.get(mine); w.Code != http.StatusNotFound {
			t.Errorf("when the hour has no page: %d", w.Code)
		}
	})
}

func TestNoLogHasAPrivateLink(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		mine := s.visitor("Who maps culverts?")
		secret := mine[strings.LastIndexByte(mine, '/')+1:]
		var log bytes.Buffer
		site, err := web.New(web.Options{Bot: s.Bot, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			t.Fatal(err)
		}
		s.Store.Close()
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, mine, nil))
		site.Close()
		if w.Code != http.StatusServiceUnavailable || log.Len() == 0 {
			t.Errorf("without a store: %d, and logged %q", w.Code, log.String())
		}
		if strings.Contains(log.String(), secret) || strings.Contains(w.Body.String(), secret) {
			t.Errorf("the secret is in the log: %s", log.String())
		}
	})
}

func TestAProxysClientsAreToldApart(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		via := func(client string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9, "+client) }
		}
		send := func(peer, client string, n int) (code int) {
			for i := range n {
				code = s.send(peer, url.Values{"name": {"Vera"}, "words": {fmt.Sprint("Words ", i, client)}}, via(client)).Code
			}
			return code
		}
		if code := send("127.0.0.1", "198.51.100.1", 5); code != http.StatusTooManyRequests {
			t.Errorf("five of one client: %d", code)
		}
		if code := send("10.1.2.3", "198.51.100.2", 1); code != http.StatusSeeOther {
			t.Errorf("one of another client: %d", code)
		}
		if code := send("192.0.2.1", "198.51.100.3", 4) + send("192.0.2.1", "198.51.100.4", 1); code != http.StatusSeeOther+http.StatusTooManyRequests {
			t.Errorf("a stranger says that they ask for others, and is believed: %d", code)
		}
		for i := range 4 {
			send("127.0.0.1", fmt.Sprintf("2001:db8::%d", i), 1)
		}
		if code := send("127.0.0.1", "2001:db8::ffff", 1); code != http.StatusTooManyRequests {
			t.Errorf("five addresses of one network: %d", code)
		}
	})
}

func TestWhatNoHostLookedAtIsDeleted(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		s.visitor("Who maps culverts?")
		s.Command(olga, "north:data", "datahour close")
		s.Advance(4 * time.Hour)
		s.leavesNothing("culverts", "vera")
		if _, ok, err := hours.Public(s.Context(), s.Bot.View(), s.id); !ok || err != nil {
			t.Errorf("the page: %v, %v", ok, err)
		}
	})
}

func TestAnOrganiserErasesAVisitorWhoAsks(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		s.visitor("Who maps culverts?")
		s.host("Show 1")
		s.send("198.51.100.8", url.Values{"name": {"Tom"}, "words": {"Hello"}})
		s.Advance(time.Second)
		s.Command(olga, "north:data", "datahour close")
		s.Advance(time.Minute)
		if got := bottest.Words(s.Command(tim, "north:data", "datahour forget")); !strings.Contains(got, "Only organisers") {
			t.Errorf("a member is told %s", got)
		}
		if got := bottest.Words(s.Command("south:oskar", "south:data", "datahour forget hour="+s.id)); !strings.Contains(got, "Only its hosts and organisers") {
			t.Errorf("the organiser of a platform without a room in it is told %s", got)
		}
		if r := s.Command(olga, "north:data", "datahour forget"); r.Post == nil || r.Post.Select == nil || len(r.Post.Select.Options) != 2 {
			t.Fatalf("offered %+v, want two visitors", r.Post)
		}
		if got := bottest.Words(s.Press(olga, "north:data", "Vera, Rivers Trust, 1 message")); !strings.Contains(got, "cannot be undone") {
			t.Errorf("before it is confirmed: %s", got)
		}
		s.wants("before it is confirmed", "/hour/"+s.id, "culverts")
		s.Press(olga, "north:data", "Erase them")
		s.Advance(time.Minute)
		s.wants("erased", "/hour/"+s.id, "not culverts", "not Vera")
		s.leavesNothing("vera", "rivers trust", "culverts")
		var told []string
		for _, p := range s.Direct(olga) {
			told = append(told, p.Text)
		}
		if all := strings.Join(told, "\n"); !strings.Contains(all, "/hour/"+s.id+">: 1 thing that they wrote") {
			t.Errorf("organisers are told %q", told)
		}
		lines, err := bot.Find[bot.Audit](s.Context(), s.Bot.View(), "audit")
		if err != nil || len(lines) == 0 {
			t.Errorf("the audit log: %v, %v", lines, err)
		}
		for _, line := range lines {
			if strings.Contains(line.About, "web:") {
				t.Errorf("the audit log names the visitor: %+v", line)
			}
		}
	})
}

// Whoever is named on a page that is kept ready, in a title, in what it is about or
// in a question, is off it as soon as they say no.
func TestAKeptPageFollowsThoseWhomItsWordsMention(t *testing.T) {
	for where, line := range map[string]string{
		"the title":  `datahour new "With <!user:north:tim>" "25 Nov 8pm"`,
		"the about":  `datahour new Flood "25 Nov 8pm" about="With <!user:north:tim>"`,
		"a question": `datahour new Flood "25 Nov 8pm" questions="What does <!user:north:tim> say?"`,
	} {
		t.Run(where, func(t *testing.T) {
			play(t, func(s *stage) {
				s.Command(olga, "north:data", line)
				s.Press(olga, "north:data", "Post")
				s.Command(tim, "north:data", "my shown name")
				list, err := hours.PublicList(s.Context(), s.Bot.View(), 1)
				if err != nil || len(list.Upcoming) != 1 {
					t.Fatalf("%+v, %v", list, err)
				}
				s.id = list.Upcoming[0].ID
				s.AdvanceTo(time.Date(2026, 11, 25, 20, 10, 0, 0, time.UTC))
				for round, forget := range []string{"my shown no", "my erase yes"} {
					for _, path := range []string{"/hour/" + s.id, "/hour/" + s.id + ".md", "/hour/" + s.id + ".json", "/hour/" + s.id + ".txt"} {
						s.wants(fmt.Sprint(path, round), path, "Tim")
					}
					s.Command(tim, "north:data", forget)
					s.Advance(time.Minute)
					for _, path := range []string{"/", "/hour/" + s.id, "/hour/" + s.id + ".md", "/hour/" + s.id + ".json", "/hour/" + s.id + ".txt"} {
						s.wants(fmt.Sprint(path, " after ", forget), path, "not Tim ", "not Tim<", "not Tim\n", `not Tim"`)
					}
					s.Command(tim, "north:data", "my shown name")
				}
			})
		})
	}
}
