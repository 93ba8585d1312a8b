package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// One entry of the log may stand for many changes. Who joins just before it
// gets them all, and so does who was cut off between two of them.
func TestEverybodyIsToldAllOfAnEntry(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		for i := range 3 {
			s.Say(tim, "north:data", fmt.Sprintf("Words %d", i))
		}
		s.Advance(2 * time.Second)
		f := s.follow("")
		defer f.stop()
		before := f.last()
		s.Command(tim, "north:data", "my shown no")
		s.Advance(2 * time.Second)
		if removes := f.events("remove"); len(removes) != 3 {
			s.Fatalf("removes = %q, want each of Tim's three lines", removes)
		}
		ids := f.ids("remove")
		if len(ids) != 3 || ids[0] != before || ids[1] != before || ids[2] == before {
			s.Fatalf("the three come with the places %q; all but the last lead back to %s", ids, before)
		}
		g := s.follow(ids[1]) // was cut off before the third
		defer g.stop()
		if removes := g.events("remove"); len(removes) != 3 {
			t.Errorf("after the cut removes = %q, want the three again", removes)
		}
	})
}

// ids are the places of the events of a kind.
func (f *follower) ids(kind string) (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, block := range strings.Split(f.text.String(), "\n\n") {
		if id, _, ok := strings.Cut(block, "\nevent: "+kind+"\n"); ok {
			out = append(out, strings.TrimPrefix(id, "id: "))
		}
	}
	return out
}

// A place that the log does not know means that the page came from elsewhere:
// it is asked for again, rather than left with what nobody knows.
func TestPlacesThatMakeNoSense(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		for _, last := range []string{"9999999", "-1", "1e3", "x", "18446744073709551616"} {
			f := s.follow(last)
			if anew, others := len(f.events("anew")), len(f.events("head")); anew != 1 || others != 0 {
				t.Errorf("from %q: %d anew and %d heads, want one and none", last, anew, others)
			}
			f.stop()
		}
		f := s.follow("0") // the whole log again does no harm
		defer f.stop()
		if len(f.events("anew")) != 0 || len(f.events("head")) == 0 {
			t.Error("from 0 the page is not followed")
		}
	})
}

func TestAPageThatIsNotPublicAnyMore(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		f := s.follow("")
		defer f.stop()
		s.Command(olga, "north:data", "datahour privacy "+s.id+" public=no")
		s.Advance(2 * time.Second)
		if len(f.events("anew")) == 0 {
			t.Error("who follows is not told")
		}
		for _, path := range []string{"/hour/" + s.id, "/hour/" + s.id + ".json", "/hour/" + s.id + "/live"} {
			if w := s.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s: status %d, want 404", path, w.Code)
			}
		}
	})
}

func TestTheHeadCarriesTheTime(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		f := s.follow("")
		defer f.stop()
		heads := f.events("head")
		if want := fmt.Sprintf(`"now":%d`, s.Now().UnixMilli()); len(heads) == 0 || !strings.Contains(heads[len(heads)-1], want) {
			t.Errorf("heads = %q, want %s", heads, want)
		}
	})
}

func TestMethods(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		for _, path := range []string{"/", "/hour/" + s.id, "/hour/" + s.id + "/live", "/healthz", "/nowhere"} {
			w := httptest.NewRecorder()
			s.site.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader("x=1")))
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("POST %s: status %d, want 405", path, w.Code)
			}
		}
		done := make(chan int)
		go func() { // a stream has no end, its head has
			w := httptest.NewRecorder()
			s.site.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/hour/"+s.id+"/live", nil))
			done <- w.Code
		}()
		synctest.Wait()
		select {
		case code := <-done:
			if code != http.StatusOK {
				t.Errorf("HEAD of a stream: status %d", code)
			}
		default:
			t.Error("HEAD of a stream does not end")
			s.site.Close()
			<-done
		}
	})
}

// What stands by, or has stopped, still shows its pages.
func TestStandingBy(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		s.Say(tim, "north:data", "River levels")
		s.StopBot()
		for path, want := range map[string]int{"/": 200, "/hour/" + s.id: 200, "/hour/" + s.id + ".md": 200, "/healthz": 200, "/readyz": 503} {
			if w := s.get(path); w.Code != want {
				t.Errorf("%s: status %d, want %d", path, w.Code, want)
			}
		}
		f := s.follow("0")
		defer f.stop()
		if puts := f.events("put"); len(puts) != 1 {
			t.Errorf("puts = %q, want Tim's words", puts)
		}
		s.StartBot()
	})
}

var assets = regexp.MustCompile(`/static/[a-z]+-[0-9a-f]+\.[a-z]+`)

const mostBeforeMessages = 30 << 10 // bytes

func TestPagesAreSmall(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		body := s.get("/hour/" + s.id).Body
		size := body.Len()
		for _, asset := range assets.FindAllString(body.String(), -1) {
			size += s.get(asset).Body.Len()
		}
		t.Logf("%d bytes with stylesheet and script, not compressed", size)
		if size > mostBeforeMessages {
			t.Errorf("a page takes %d bytes before its messages, want at most %d", size, mostBeforeMessages)
		}
	})
}
