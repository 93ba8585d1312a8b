package web

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `https://a.example/"onmouseover="alert(1)`, `https://a.example/'><b>`,
	`javascript:alert(1)`, `https://a.example javascript:alert(1)`, `data:text/html,<script>`, `https://a.example/<script>`, `HTTPS://A.example/?x=%22`,
	`see http://a.example/?a=1&b=2.`, `xhttp://a.example http://a.example`, "https://a.example/\njavascript:alert(1)", `https://a.example/?q=</a><a href="javascript:x">`,
	"https://a.example/\u202egpj.exe", "\x00<\x00b>", "https://a.example/\x00\"", `&lt;b&gt; &amp; https://a.example/?x=&lt;`, `<!user:north:ada>`, "a\r\nb", `https://`, `http://[::1]/"`,
}

// harmless tells what is wrong with what words made of a text.
func harmless(t *testing.T, text string) {
	t.Helper()
	out := string(words(text))
	z := html.NewTokenizer(strings.NewReader(out))
	var said strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			want := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(text, "\x00", "\ufffd"), "\r\n", "\n"), "\r", "\n") // as every parser of HTML does
			if got := strings.ReplaceAll(said.String(), "\x00", "\ufffd"); got != want {
				t.Errorf("of %q people read %q", text, got)
			}
			return
		case html.TextToken:
			said.WriteString(z.Token().Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			switch tag.Data {
			case "br":
				said.WriteString("\n")
				if len(tag.Attr) > 0 {
					t.Errorf("%q makes %s", text, tag)
				}
			case "a":
				names := []string{}
				for _, a := range tag.Attr {
					names = append(names, a.Key)
					if lower := strings.ToLower(a.Val); a.Key == "href" && !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
						t.Errorf("%q makes a link to %q", text, a.Val)
					}
				}
				if !slices.Equal(names, []string{"href", "rel"}) {
					t.Errorf("%q makes %s", text, tag)
				}
			default:
				t.Errorf("%q makes %s", text, tag)
			}
		}
	}
}

func TestWordsAreHarmless(t *testing.T) {
	for _, text := range hostile {
		harmless(t, text)
	}
}

func FuzzWords(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { harmless(t, text) })
}
