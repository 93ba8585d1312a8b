package newsletter

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"datahour/bot"
)

var update = flag.Bool("update", false, "write the golden files anew")

// example is an edition with everything that one can have.
func example() Page {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	out := time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)
	return Page{Number: 12, Community: "Data People", Hashtag: "DataPeople", Site: "https://hour.example", Zone: london, Out: out, Changed: out.Add(24 * time.Hour), Licence: "CC BY 4.0",
		Intro: "Ponds, rivers and a request.\nThank you for all of it.",
		Sections: []Section{
			{Name: "Tools", Items: []PageItem{
				{ID: "7k2f", Title: "We mapped 312 ponds", Words: "From LiDAR tiles, in two days. The method is simple enough to repeat it for a whole county in a week, and we say how.\nAsk us.", Link: "https://example.org/lidar?a=1&b=2", Credit: "Ada Byron", Corrected: true},
				{ID: "9x4b", Title: "River names, cleaned", Licence: "OGL v3", Credit: "Data analyst, Environment Agency"},
			}},
			{Name: "Can you help?", Items: []PageItem{{ID: "abcd", Title: "Who has gauges in the Wear?"}}},
		},
		Agenda: []Upcoming{{Kind: "data hour", Title: "Ponds, again", Start: time.Date(2026, 12, 16, 20, 0, 0, 0, time.UTC), Path: "/hour/9x4b"}, {Kind: "breakfast", Title: "DataJam", Start: time.Date(2027, 2, 5, 8, 30, 0, 0, time.UTC)}},
		Held: []bot.DigestItem{{Kind: "data hour", ID: "7k2f", Title: "Flood data people really use", At: time.Date(2026, 12, 2, 21, 0, 0, 0, time.UTC), Count: "34 people, 187 messages",
			Words: "Most of us match by hand.", Lines: []string{"Q1 Which river?", "Q2 Which dataset?"}, URL: "/hour/7k2f"}},
		New: []string{"Ada Byron"}, Thanks: []string{"Ada Byron", "Data analyst, Environment Agency"}, Unnamed: 3,
		Corrections: []PageCorrection{{At: out.Add(24 * time.Hour), Note: "There are 312 ponds, not 300."}},
	}
}

// posted is the edition as it stands in a room.
func posted(p Page) []byte {
	first, below := p.posts()
	text := first.Text
	for _, post := range below {
		text += "\n---\n" + post.Text
	}
	return []byte(text + "\n")
}

var outputs = map[string]func(Page) []byte{"md": Markdown, "html": HTML, "txt": Text, "post": posted}

func TestOutputs(t *testing.T) {
	for ending, write := range outputs {
		file := "testdata/edition." + ending
		got := write(example())
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// hostile are words that want to be more than words, somewhere.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `{{.Title}}`, `[x](javascript:alert(1))`, "x\r\nBcc: all@example.org\r\n\r\nx",
	`]]><entry/>`, `<!--`, `&lt;b&gt;`, `<!user:north:sam>`, `@channel @here @everyone <!channel>`, "\x00\x01\x1b[2J", "\u202etxt.exe\u200b", "*bold* _x_ `code`\n# h\n> q\n1. x\n---\n- x",
	"```\ncode", "\ufeff\ufffe", strings.Repeat("a", 100_000), "ends with a backslash \\", "| a | b |", "https://evil.example/\"><b>",
}

// Nothing that people write becomes more than words in any output. What an item may
// hold was cleaned when it was stored, so these are put through the same.
func TestOutputsOfHostileWords(t *testing.T) {
	for _, words := range hostile {
		p := example()
		w, section, err := Settings{Sections: []string{"Tools"}}.readWording(bot.Args{"title": {words + "x"}, "words": {words}, "licence": {words}})
		if err != nil {
			t.Fatal(err)
		}
		p.Intro, p.Community = w.Words, w.Title
		p.Sections = []Section{{Name: section, Items: []PageItem{{Title: w.Title, Words: w.Words, Licence: w.Licence, Credit: line(words)}}}}
		p.Agenda[0].Title, p.Held[0].Title, p.Held[0].Words, p.Thanks, p.Corrections[0].Note = w.Title, w.Title, w.Words, []string{line(words)}, w.Words
		short := bot.ClipTo(words, 30)

		onlyWords(t, short, HTML(p))
		for _, text := range [][]byte{Markdown(p), posted(p)} {
			unescaped := regexp.MustCompile(`\\.`).ReplaceAll(text, nil)
			if regexp.MustCompile(`(?i)<(script|img|!user|!channel|b>)|\]\(|@(channel|here|everyone)`).Match(unescaped) {
				t.Errorf("%q: more than words in %s", short, bot.ClipTo(string(text), 600))
			}
		}
		for ending, write := range outputs {
			text := string(write(p))
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00\x1b\u202e\u200b\ufeff") && ending != "post" && ending != "md" { // a zero-width space breaks mentions there
				t.Errorf("%q: the .%s has what cannot be seen", short, ending)
			}
		}
	}
}

// onlyWords reads HTML and holds it to the few elements that an edition is made of.
func onlyWords(t *testing.T, what string, page []byte) {
	t.Helper()
	elements := []string{"h2", "h3", "h4", "p", "br", "em", "a", "ul", "li"}
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%q: %s", what, z.Token())
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if !slices.Contains(elements, token.Data) {
				t.Errorf("%q: <%s>", what, token.Data)
			}
			for _, a := range token.Attr {
				if a.Key != "rel" && (a.Key != "href" || !strings.HasPrefix(a.Val, "https://")) {
					t.Errorf("%q: <%s %s=%q>", what, token.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		blocks []string
		want   []string
	}{
		{nil, nil},
		{[]string{"aa", "bb"}, []string{"aa\n\nbb"}},
		{[]string{"aaaa", "bbbb", "cc"}, []string{"aaaa\n\nbbbb", "cc"}},
		{[]string{"a long block alone", "b", "c"}, []string{"a long block alone", "b\n\nc"}},
	} {
		if diff := cmp.Diff(c.want, split(c.blocks, 10)); diff != "" {
			t.Errorf("%q: %s", c.blocks, diff)
		}
	}
}
