package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	markup "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// hostile are words that want to be more than words, somewhere.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title><svg/onload=alert(1)>`, `' onmouseover='alert(1)`, `{{.Content}}`, `javascript:alert(1)`,
	`[x](javascript:alert(1))`, "x\r\nATTACH:https://evil.example", "a\u2028END:VCALENDAR\nBEGIN:VEVENT", `]]><entry><id>x</id></entry>`, `<!--`, `&lt;b&gt;&amp;`,
	`=HYPERLINK("https://evil.example","x")`, `+1+1`, `@SUM(A1)`, "\t=1+1", "data: x\n\nevent: remove", "x\nid: 999999\n", `<!user:north:sam>`, `@channel <!channel> @all`,
	"\x00\x01\x1b[2J", "\u202etxt.exe", strings.Repeat("é", 100), "*bold* _x_ `code` # h\n> q\n1. x", `https://example.org/"><b>`, "\ufeff", "\ufffe",
}

// Nothing that people write becomes more than words in any output. The fuzzer
// goes on from the seeds.
func FuzzOutputs(f *testing.F) {
	for _, words := range hostile {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if len(words) > 1000 {
			return
		}
		play(t, func(s *stage) { staysWords(t, s, words) })
	})
}

// staysWords puts words wherever people can write some, and reads every output.
func staysWords(t *testing.T, s *stage, words string) {
	s.open()
	s.Command(olga, "north:data", "datahour edit "+s.id)
	if reply := s.Submit(olga, "north:data", map[string]string{"title": "x" + words, "about": words, "questions": "x" + words}); len(reply.Errors) == 0 {
		s.Press(olga, "north:data", "Post")
	}
	stream := s.follow("0")
	defer stream.stop()
	s.Say(tim, "north:data", words)
	s.Say(tim, "north:data", "Something plain")
	s.send("192.0.2.1", url.Values{"name": {words}, "organisation": {words}, "words": {words}})
	s.Command(olga, "north:data", "datahour waiting")
	s.Advance(2 * time.Second)
	for _, put := range stream.events("put") {
		var line struct{ HTML string }
		if err := json.Unmarshal([]byte(put), &line); err != nil {
			t.Errorf("an event is no JSON: %v", err)
		}
		harmlessPage(t, "a live line", line.HTML)
	}
	live := s.get("/hour/" + s.id).Body.String()
	if !strings.Contains(live, "Something plain") {
		t.Error("what was said is not on the page")
	}
	harmlessPage(t, "the live page", live)
	s.Command(olga, "north:data", "datahour close")
	s.Advance(time.Minute)
	at := "/hour/" + s.id
	for _, path := range []string{"/", "/calendar", "/archive", at, at + "/slide"} {
		harmlessPage(t, path, s.get(path).Body.String())
	}
	readsAtom(t, s.get("/feed.atom").Body.Bytes(), 1)
	readsCalendar(t, s.get("/calendar.ics").Body.String(), 1)
	readsCalendar(t, s.get(at+".ics").Body.String(), 1)
	if body := s.get(at + ".json").Body.Bytes(); !json.Valid(body) {
		t.Errorf("the JSON is none:\n%s", body)
	}
	readsTable(t, s.get(at+".csv").Body.Bytes())
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithRendererOptions(markup.WithUnsafe())).Convert(s.get(at+".md").Body.Bytes(), &page); err != nil {
		t.Error(err)
	}
	harmlessPage(t, theMarkdown, page.String())
}

const theMarkdown = "the Markdown" // has no rel for its links

// harmlessPage checks that a page has only tags, attributes and addresses of ours.
func harmlessPage(t *testing.T, what, page string) {
	t.Helper()
	ours := []string{"html", "head", "body", "meta", "title", "link", "script", "a", "header", "div", "span", "nav", "main", "footer", "section", "article", "aside", "h1", "h2", "h3", "p", "ol", "ul", "li", "b", "i", "time",
		"svg", "circle", "text", "path", "form", "label", "input", "textarea", "button", "br", "code", "strong", "em"}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Errorf("%s: %v", what, z.Err())
			}
			return
		case html.CommentToken:
			t.Errorf("%s has a comment: %s", what, z.Token())
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if !slices.Contains(ours, tag.Data) {
				t.Errorf("%s has a tag that is not ours: %s", what, tag)
			}
			for _, a := range tag.Attr {
				lower := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					t.Errorf("%s: %s", what, tag)
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(lower, "/") && !strings.HasPrefix(lower, "#") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "webcal://") {
					t.Errorf("%s leads to %q", what, a.Val)
				}
				if a.Key == "href" && what != theMarkdown && strings.Contains(lower, "example.org") && !strings.Contains(fmt.Sprint(tag.Attr), "noopener") {
					t.Errorf("%s: a link of somebody's without rel: %s", what, tag)
				}
			}
			if tag.Data == "script" && z.Next() == html.TextToken && len(strings.TrimSpace(string(z.Text()))) > 0 {
				t.Errorf("%s has a script: %s", what, z.Text())
			}
		}
	}
}

// readsAtom checks a feed against what RFC 4287 requires.
func readsAtom(t *testing.T, feed []byte, entries int) (titles []string) {
	t.Helper()
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	var f struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Author  []string `xml:"author>name"`
		Links   []link   `xml:"link"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Summary string `xml:"summary"`
			Links   []link `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(feed, &f); err != nil {
		t.Errorf("the feed: %v\n%s", err, feed)
		return nil
	}
	if f.ID == "" || f.Title == "" || len(f.Author) != 1 || !slices.Contains(f.Links, link{"self", "https://hour.example/feed.atom"}) {
		t.Errorf("the feed lacks what it needs: %+v", f)
	}
	if len(f.Entries) != entries {
		t.Errorf("the feed has %d entries, want %d", len(f.Entries), entries)
	}
	seen, latest := map[string]bool{}, ""
	for _, e := range f.Entries {
		at, err := time.Parse(time.RFC3339, e.Updated)
		if err != nil || e.ID == "" || seen[e.ID] || e.Title == "" || len(e.Links) != 1 || !strings.HasPrefix(e.Links[0].Href, "https://hour.example/hour/") {
			t.Errorf("an entry: %+v, %v", e, err)
		}
		seen[e.ID] = true
		latest = max(latest, at.UTC().Format(time.RFC3339))
		titles = append(titles, e.Title)
	}
	if entries > 0 && f.Updated != latest {
		t.Errorf("the feed was updated at %s, its latest entry at %s", f.Updated, latest)
	}
	return titles
}

// readsCalendar checks the lines of a calendar file, and gives those of its entries.
func readsCalendar(t *testing.T, file string, entries int) []string {
	t.Helper()
	lines := strings.Split(strings.ReplaceAll(file, "\r\n ", ""), "\r\n")
	name := regexp.MustCompile(`^(BEGIN|END|VERSION|PRODID|CALSCALE|METHOD|NAME|X-WR-CALNAME|REFRESH-INTERVAL;VALUE=DURATION|X-PUBLISHED-TTL|TZID|DTSTART|DTEND|(DTSTART|DTEND);TZID=[A-Za-z/_]+|TZOFFSETFROM|TZOFFSETTO|TZNAME|UID|DTSTAMP|LAST-MODIFIED|SEQUENCE|SUMMARY|DESCRIPTION|LOCATION|URL|STATUS|TRANSP):`)
	for _, line := range lines[:len(lines)-1] {
		if !name.MatchString(line) || strings.ContainsAny(line, "\r\n\x00\u2028\u2029\u0085") {
			t.Errorf("a line is %q", line)
		}
	}
	if n := strings.Count(file, "\r\nBEGIN:VEVENT\r\n"); n != entries || !strings.HasPrefix(file, "BEGIN:VCALENDAR\r\n") || !strings.HasSuffix(file, "END:VCALENDAR\r\n") {
		t.Errorf("%d entries, want %d:\n%s", n, entries, file)
	}
	return lines
}

// readsTable checks that no cell is a formula.
func readsTable(t *testing.T, table []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(table, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Errorf("the table: %v", err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if trimmed := strings.TrimSpace(cell); trimmed != "" && strings.ContainsRune("=+-@", rune(trimmed[0])) {
				t.Errorf("a cell is a formula: %q", cell)
			}
		}
	}
}

func TestFeedAndCalendarFollowAnHour(t *testing.T) {
	play(t, func(s *stage) {
		readsAtom(t, s.get("/feed.atom").Body.Bytes(), 0)
		readsCalendar(t, s.get("/calendar.ics").Body.String(), 0)
		s.Command(olga, "north:data", "my shown name")
		s.open()
		if titles := readsAtom(t, s.get("/feed.atom").Body.Bytes(), 1); titles[0] != "Flood data: Wednesday 25 November 2026, 8:00pm GMT" {
			t.Errorf("the feed tells %q", titles)
		}
		lines := readsCalendar(t, s.get("/calendar.ics").Body.String(), 1)
		for _, want := range []string{"UID:hour-" + s.id + "@hour.example", "DTSTART;TZID=Europe/London:20261125T200000", "SUMMARY:Flood data", "LOCATION:#data (north)", "URL:https://hour.example/hour/" + s.id, "DESCRIPTION:https://hour.example/hour/" + s.id, "STATUS:CONFIRMED"} {
			if !slices.Contains(lines, want) {
				t.Errorf("the calendar lacks %q:\n%s", want, strings.Join(lines, "\n"))
			}
		}
		s.Say(tim, "north:data", "River levels")
		s.Command(olga, "north:data", "datahour close")
		s.Advance(time.Minute)
		if titles := readsAtom(t, s.get("/feed.atom").Body.Bytes(), 1); titles[0] != "Flood data: transcript" {
			t.Errorf("the feed tells %q", titles)
		}
		for _, path := range []string{"/feed.atom", "/calendar.ics", "/hour/" + s.id + ".ics"} {
			w := s.get(path)
			if body := w.Body.String(); strings.Contains(body, "Olga") || strings.Contains(body, "Tim") || strings.Contains(body, "River levels") {
				t.Errorf("%s holds a name, or what was said:\n%s", path, body)
			}
			if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/atom+xml") && !strings.HasPrefix(kind, "text/calendar") {
				t.Errorf("%s is a %q", path, kind)
			}
		}
	})
}

func TestACancelledHourGoesFromCalendars(t *testing.T) {
	play(t, func(s *stage) {
		s.Command(olga, "north:data", `datahour new "Flood data" "25 Nov 8pm"`)
		s.Press(olga, "north:data", "Post")
		id := regexp.MustCompile(`/hour/([a-z0-9]+)`).FindStringSubmatch(s.get("/").Body.String())[1]
		s.Command(olga, "north:data", "datahour cancel "+id)
		s.Press(olga, "north:data", "Cancel the hour")
		if lines := readsCalendar(t, s.get("/calendar.ics").Body.String(), 1); !slices.Contains(lines, "STATUS:CANCELLED") {
			t.Errorf("the calendar says\n%s", strings.Join(lines, "\n"))
		}
		readsAtom(t, s.get("/feed.atom").Body.Bytes(), 0)
		if body := s.get("/calendar").Body.String(); strings.Contains(body, "Flood data") {
			t.Error("the page lists it as coming up")
		}
	})
}

func TestTheSlideLeadsToTheHour(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		body := s.get("/hour/" + s.id + "/slide").Body.String()
		for _, want := range []string{"hour.example/h/" + s.id, "Flood data", "<svg"} {
			if !strings.Contains(body, want) {
				t.Errorf("the slide lacks %q", want)
			}
		}
		if w := s.get("/h/" + strings.ToUpper(s.id)); w.Code != http.StatusFound || w.Header().Get("Location") != "/hour/"+s.id {
			t.Errorf("the short address: %d to %q", w.Code, w.Header().Get("Location"))
		}
		if w := s.get("/hour/" + s.id + "/qr.svg"); w.Header().Get("Content-Type") != "image/svg+xml" || xml.Unmarshal(w.Body.Bytes(), new(struct{})) != nil {
			t.Errorf("the code is %q: %s", w.Header().Get("Content-Type"), w.Body)
		}
	})
}

func TestPreviewsOfLinks(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		for path, wants := range map[string][]string{
			"/hour/" + s.id: {`<meta property="og:title" content="Flood data">`, `<meta name="description" content="Wednesday 25 November 2026, 8:00pm to 9:00pm GMT, in #data (north).">`,
				`<link rel="canonical" href="https://hour.example/hour/` + s.id + `">`},
			"/":        {`<meta property="og:description" content="Data hours:`, `<link rel="canonical" href="https://hour.example/">`},
			"/archive": {`<link rel="canonical" href="https://hour.example/archive">`},
		} {
			body := s.get(path).Body.String()
			for _, want := range wants {
				if !strings.Contains(body, want) {
					t.Errorf("%s lacks %s", path, want)
				}
			}
		}
	})
}

func TestTheArchiveIsPaged(t *testing.T) {
	play(t, func(s *stage) {
		for path, want := range map[string]int{"/archive": 200, "/archive?page=1": 200, "/archive?page=2": 404, "/archive?page=0": 404, "/archive?page=x": 404, "/archive?page=99999999999999999999": 404} {
			if w := s.get(path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
		for day := range 25 {
			start := time.Date(2026, 11, 22+day, 20, 0, 0, 0, time.UTC)
			s.Command(olga, "north:data", fmt.Sprintf(`datahour new "Hour %d" "%s"`, day, start.Format("2 Jan 2006 15:04")))
			s.Press(olga, "north:data", "Post")
			s.AdvanceTo(start.Add(61 * time.Minute))
		}
		first, second := s.get("/archive").Body.String(), s.get("/archive?page=2").Body.String()
		if strings.Count(first, "/hour/") != 24 || strings.Count(second, "/hour/") != 1 || !strings.Contains(first, `href="/archive?page=2" rel="next"`) || !strings.Contains(second, `href="/archive" rel="prev"`) || !strings.Contains(second, "Page 2 of 2") {
			t.Errorf("%d and %d hours on two pages:\n%s", strings.Count(first, "/hour/"), strings.Count(second, "/hour/"), second)
		}
	})
}
