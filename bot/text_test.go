package bot

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

// drawn is the text that a reader sees, without tags.
func drawn(t *testing.T, commonMark string) string {
	t.Helper()
	var out bytes.Buffer
	if err := markdown.Convert([]byte(commonMark), &out); err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(out.String(), ""))
}

// markup lists what in a text is more than words and web links.
func markup(commonMark string) []string {
	var found []string
	source := []byte(commonMark)
	doc := markdown.Parser().Parse(text.NewReader(source))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.Text, *ast.String, *ast.TextBlock:
		case *ast.AutoLink:
			if url := strings.ToLower(string(n.URL(source))); !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
				found = append(found, "link to "+url)
			}
		default:
			found = append(found, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	ReplaceTokens(commonMark, func(token Token) string {
		found = append(found, "token "+token.Kind)
		return ""
	})
	return found
}

var everyone = regexp.MustCompile(`(?i)@(channel|here|all|everyone|group)`)

// hostile are words of people who try what could go wrong.
var hostile = []string{
	"", " ", "plain words, nothing else", "don't (really) say \"this\" & that; 3 > 2 < 5, a_b_c, 50% off!",
	"*bold* _it_ `code` ~~gone~~ [a](javascript:alert(1)) ![x](http://evil/x.png)", "# heading", "- item", "+ item", "1. one", "1) one", "12345. x", "> quote",
	"---", "===", "***", "~~~", "```", ":--", ":-:", "a | b", "| a |", "|-|", "[x]: http://evil", "[^1]", "- [ ] task", "&lt;b&gt; &#64;channel", "<b>bold</b>", "<script>alert(1)</script>",
	"<!user:north:ada>", `\<!user:north:ada>`, `\\<!user:north:ada>`, `\\\<!time:1796241600>`, "<!<!room:north:data>", "<\u200b!user:north:ada>", "<!channel>", "<!subteam^S1|x>", "<@U123>", "<#C123>",
	"@channel", "@here now", "@ALL of you", "@\u200bchannel", "@\u2060here", "x@everyone", "@\u00adall", "@@channel", "@group",
	"\u200b# heading", "\u202eevil", "a\u200bb", "zero\u0000byte", "bell\a", "a\rb", "\r# b", "tab\tted", "\u2028# x", "\x80\xff broken", "👩\u200d💻 works",
	"https://example.org/a_b_c*d?x=1&y=2#z.", "(see https://example.org/a(b))", "HTTPS://EXAMPLE.ORG/Ü", "https://", "http://[::1", "https://user:pw@evil.example/", "ftp://example.org/x", "javascript:alert(1)", "data:text/html,x",
	"xhttp://example.org", "http://exa\u200bmple.org", "https://example.org/\u202egnp.exe", "www.example.org", "mail ada@example.org please", "mailto:ada@example.org", "https://example.org/<script>", "https://a.example,https://b.example",
	"http://example.org/`x`", `http://example.org/\x`, "https://example.org/**bold**", "http://example.org/]", "trailing \\", "a\\", "two  \nlines", "one\n\n# two", "a\n---", "a\n===", "a\n:--", "a\n    code", "\n\n- x\n1. y",
	strings.Repeat("*", 3000), strings.Repeat("https://example.org/ ", 200), strings.Repeat("x", 5000), strings.Repeat("= ", 2000),
}

func FuzzPlain(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, safe := range map[string]string{"Plain": Plain(s), "Quote": Quote(s), "clipped": Plain(ClipTo(s, 20)),
			"in a post": "**Said:** " + Plain(s) + " · more", "as an item": "- " + Plain(s)} {
			bad := markup(safe)
			if name == "in a post" || name == "as an item" {
				bad = nil // the post's own markup is there
			}
			if len(bad) > 0 {
				t.Errorf("%s(%q) = %q holds %v", name, s, safe, bad)
			}
			if everyone.MatchString(safe) {
				t.Errorf("%s(%q) = %q calls everyone", name, s, safe)
			}
		}
		if got, want := legible(drawn(t, Plain(s))), legible(s); got != want {
			t.Errorf("Plain(%q) = %q is read as %q, want %q", s, Plain(s), got, want)
		}
		if got, want := legible(drawn(t, Quote(s))), legible(s); got != want {
			t.Errorf("Quote(%q) = %q is read as %q, want %q", s, Quote(s), got, want)
		}
	})
}

// legible leaves what a person can tell apart: no spaces, controls, broken bytes.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// TestPlainHuge takes minutes, and so fails, when the work grows with the square of the length.
func TestPlainHuge(t *testing.T) {
	for _, s := range []string{"=", "-", "# ", "1", "1.", "+", "@", "http://", "http:// ", "<!", "a@", "\u200b"} {
		long := strings.Repeat(s, 60_000/len(s))
		Plain(long)
		Quote(long)
		Links(long)
		ReplaceTokens(long, func(Token) string { return "" })
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"we match them by hand, every quarter - it takes 2.5 days!": "we match them by hand, every quarter - it takes 2.5 days!",
		"a  b\n c":                         "a b c",
		"see https://example.org/a_b.":     "see <https://example.org/a_b>.",
		"(https://example.org/x)":          "(<https://example.org/x>)",
		"https://example.org/wiki/A_(b)":   "<https://example.org/wiki/A_(b)>",
		"@channel":                         "@\u200bchannel",
		"@chanel":                          "@chanel",
		"<!user:north:ada>":                `\<!user:north:ada\>`,
		"C# and F#":                        "C# and F#",
		"# C":                              `\# C`,
		"1. first":                         `1\. first`,
		"it is 1. not 2.":                  "it is 1. not 2.",
		"👩\u200d💻":                         "👩\u200d💻",
		"\u202eabc":                        "abc",
		"javascript:alert(1)":              "javascript:alert(1)",
		"https://user:pw@evil.example/all": `https\://user:pw\@evil.example/all`,
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := Quote(" one\r\n\r\n two # \n# three"), "one  \n  \ntwo #  \n\\# three"; got != want {
		t.Errorf("Quote = %q, want %q", got, want)
	}
}

func TestTokens(t *testing.T) {
	at := time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)
	draw := func(token Token) string { return "{" + token.Kind + " " + token.ID + "}" }
	for in, want := range map[string]string{
		"at " + MomentToken(at) + ", by " + Mention("north:ada") + " in " + InRoom("south:data"): "at {time 1796241600}, by {user north:ada} in {room south:data}",
		Mention("north:a") + Mention("north:b"):                                                  "{user north:a}{user north:b}",
		`\<!user:north:ada>`:                                                                     `\<!user:north:ada>`,
		`\\<!user:north:ada>`:                                                                    `\\{user north:ada}`,
		`\\\<!user:north:ada>`:                                                                   `\\\<!user:north:ada>`,
		"<!time:soon>":                                                                           "<!time:soon>",
		"<!user:ada>":                                                                            "<!user:ada>",
		"<!user:north:a b>":                                                                      "<!user:north:a b>",
		"<!channel>":                                                                             "<!channel>",
		"<!user:north:ada":                                                                       "<!user:north:ada",
		"<!<!user:north:ada>":                                                                    "<!{user north:ada}",
		"<!user:" + strings.Repeat("x", 300) + ">":                                               "<!user:" + strings.Repeat("x", 300) + ">",
	} {
		if got := ReplaceTokens(in, draw); got != want {
			t.Errorf("ReplaceTokens(%q) = %q, want %q", in, got, want)
		}
	}
	if got := (Token{Kind: "time", ID: "1796241600"}).Time(); !got.Equal(at) {
		t.Errorf("the token's time is %v", got)
	}
}

func TestLinks(t *testing.T) {
	for in, want := range map[string]string{
		"none here": "",
		"https://a.example and (http://b.example/x).":   "https://a.example http://b.example/x",
		"HTTPS://A.example/Q?x=1&y=2#z!":                "HTTPS://A.example/Q?x=1&y=2#z",
		"javascript:alert(1) ftp://a.example":           "",
		"xhttps://a.example":                            "",
		"https://user:pw@a.example":                     "",
		"https://":                                      "",
		"https://a.example/\u202egnp":                   "https://a.example/",
		"<https://a.example/x>, 'https://b.example'":    "https://a.example/x https://b.example",
		"https://en.wikipedia.org/wiki/Tide_(gauge), x": "https://en.wikipedia.org/wiki/Tide_(gauge)",
	} {
		if got := strings.Join(Links(in), " "); got != want {
			t.Errorf("Links(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClipTo(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"äöü", 2, "ä…"}, {"", 0, ""}, {"abc", 1, "…"}} {
		if got := ClipTo(c.in, c.n); got != c.want {
			t.Errorf("ClipTo(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestWithoutYourTime(t *testing.T) {
	at := time.Unix(1796241600, 0)
	for text, want := range map[string]string{
		"Wed 8pm" + YourTime(at) + ".":                                 "Wed 8pm.",
		YourTime(at) + YourTime(at):                                    "",
		"Wed 8pm (your time: " + MomentToken(at):                       "Wed 8pm (your time: " + MomentToken(at),
		" (your time: <!user:north:ada>)" + YourTime(at):               " (your time: <!user:north:ada>)",
		" (your time: <!" + YourTime(at) + " (your time: 8pm)":         " (your time: <! (your time: 8pm)",
		Plain("I said (your time: <!time:1796241600>)") + YourTime(at): Plain("I said (your time: <!time:1796241600>)"),
	} {
		if got := WithoutYourTime(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
