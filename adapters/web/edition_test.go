package web_test

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/newsletter"
)

// edition plays with a first edition that is published, with words of tim's in it.
func edition(t *testing.T, words string, test func(s *stage, item string)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{Harness: bottest.Start(t, bottest.Config{Features: []bot.Feature{newsletter.New()}})}
		var err error
		if s.site, err = web.New(web.Options{Bot: s.Bot}); err != nil {
			t.Fatal(err)
		}
		defer s.site.Close()
		s.Command(tim, "north:data", "share")
		shared := s.Submit(tim, "north:data", map[string]string{"title": "x" + bot.ClipTo(words, 100), "words": words, "link": "https://example.org/lidar", "credit": "name"})
		if shared.Post == nil {
			t.Fatalf("not shared: %s", bottest.Words(shared))
		}
		item := regexp.MustCompile(`share edit (\w+)`).FindStringSubmatch(shared.Post.Buttons[0].Command)[1]
		s.Command(olga, "north:data", "newsletter accept "+item)
		test(s, item)
	})
}

func TestEditionPages(t *testing.T) {
	edition(t, "From LiDAR <tiles>,\nin two days.", func(s *stage, item string) {
		preview := bottest.Words(s.Command(olga, "north:data", "newsletter preview"))
		draft := regexp.MustCompile(`/edition/draft\?key=\w+`).FindString(preview)
		for _, path := range []string{"/edition/1", "/edition/draft", "/edition/draft?key=", "/edition/draft?key=x", "/edition/01", "/edition/1.exe"} {
			if w := s.get(path); w.Code != http.StatusNotFound {
				t.Errorf("%s before it is published: %d", path, w.Code)
			}
		}
		w := s.get(draft)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "A draft, for editors") || !strings.Contains(body, strings.Replace(draft, "draft?", "draft.md?", 1)) || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the draft: %d %s", w.Code, body)
		}
		s.Command(olga, "north:data", "newsletter publish 1 sure=yes")
		if w := s.get(draft); w.Code != http.StatusNotFound {
			t.Errorf("the draft of what is published: %d", w.Code)
		}
		for path, want := range map[string]string{
			"/edition/1": "From LiDAR &lt;tiles&gt;,<br>in two days.", "/edition/1.md": `From LiDAR \<tiles\>,`, "/edition/1.html": "From LiDAR &lt;tiles&gt;,<br>in two days.", "/edition/1.txt": "From LiDAR <tiles>,",
			"/editions": `<a href="/edition/1">Edition 1</a>`, "/contributors": "<h2>Tim</h2>",
		} {
			w := s.get(path)
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, want) || path != "/editions" && !strings.Contains(body, "Tim") {
				t.Errorf("%s: %d, want %q in\n%s", path, w.Code, want, body)
			}
		}
		if kind := s.get("/edition/1.html").Header().Get("Content-Type"); kind != "text/plain; charset=utf-8" {
			t.Errorf("HTML to paste is %s", kind)
		}
		// Another choice shows at once.
		s.Command(tim, "north:data", "share credit "+item+" anonymous")
		for _, path := range []string{"/edition/1", "/edition/1.md", "/edition/1.html", "/edition/1.txt", "/editions.atom", "/contributors"} {
			if strings.Contains(s.get(path).Body.String(), "Tim") {
				t.Errorf("%s names somebody who took that back", path)
			}
		}
	})
}

func TestEditionFeed(t *testing.T) {
	edition(t, "From LiDAR <tiles>.", func(s *stage, item string) {
		feed := func() (updated string, content string) {
			t.Helper()
			var f struct {
				XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
				Updated string   `xml:"updated"`
				Entries []struct {
					ID      string `xml:"id"`
					Content struct {
						Type string `xml:"type,attr"`
						Text string `xml:",chardata"`
					} `xml:"content"`
				} `xml:"entry"`
			}
			if err := xml.Unmarshal(s.get("/editions.atom").Body.Bytes(), &f); err != nil {
				t.Fatal(err)
			}
			if len(f.Entries) == 0 {
				return f.Updated, ""
			}
			if e := f.Entries[0]; len(f.Entries) != 1 || e.ID != "https://hour.example/edition/1" || e.Content.Type != "html" {
				t.Fatalf("the feed is %+v", f)
			}
			return f.Updated, f.Entries[0].Content.Text
		}
		if _, content := feed(); content != "" {
			t.Fatal("it tells of what is not published")
		}
		s.Command(olga, "north:data", "newsletter publish 1 sure=yes")
		first, content := feed()
		if !strings.Contains(content, "From LiDAR &lt;tiles&gt;.") {
			t.Errorf("the content is %s", content)
		}
		s.Advance(60_000_000_000)
		s.Command(olga, "north:data", "newsletter correct "+item+` title=Ponds note="They were ponds."`)
		if again, content := feed(); again <= first || !strings.Contains(content, "They were ponds.") {
			t.Errorf("after a correction it is from %s, was %s: %s", again, first, content)
		}
	})
}

// Nothing that people share becomes more than words on a page.
func TestEditionPagesOfHostileWords(t *testing.T) {
	for _, words := range hostile {
		if strings.TrimSpace(bot.Visible(words)) == "" {
			continue
		}
		edition(t, words, func(s *stage, _ string) {
			s.Command(olga, "north:data", "newsletter intro "+words)
			s.Command(olga, "north:data", "newsletter publish 1 sure=yes")
			for _, path := range []string{"/edition/1", "/editions", "/contributors"} {
				w := s.get(path)
				if w.Code != http.StatusOK {
					t.Errorf("%q: %s is %d", words, path, w.Code)
				}
				harmlessPage(t, path, w.Body.String())
			}
			var feed struct{}
			if err := xml.Unmarshal(s.get("/editions.atom").Body.Bytes(), &feed); err != nil {
				t.Errorf("%q: the feed: %v", words, err)
			}
		})
	}
}
