package web

import (
	"html"
	"testing"

	"github.com/microcosm-cc/bluemonday"

	"datahour/bot"
)

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"Thank you, *saved*, as **" + bot.Plain("A*da <b> & [x](y)") + "** (web).":           "<p>Thank you, <em>saved</em>, as <strong>A*da &lt;b&gt; &amp; [x](y)</strong> (web).</p>\n",
		"`code`  \nand <!user:north:ada>this":                                                "<p><code>code</code><br>\nand this</p>\n",
		"![x](https://a.example/x.png)<img src=x>[words](javascript:alert(1))<javascript:x>": "<p>xwords</p>\n",
		"<script>\nalert(1)\n</script>":                                                      "",
	} {
		if got := string(markdown(in)); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// The judge is a sanitiser: it finds nothing to take out.
func TestMarkdownIsHarmless(t *testing.T) {
	safe := bluemonday.NewPolicy()
	safe.AllowElements("p", "em", "strong", "code", "br")
	for _, text := range append(hostile, "[x](javascript:alert(1))", "<javascript:alert(1)>", "![x](https://a.example/)", "[x]: data:x\n[x]", "&#60;script&#62;", "<b onclick=x>", "# a\n- <i>b</i>\n\n    <u>c</u>\n\n```html\n<s>\n```") {
		for _, words := range []string{text, "as **" + bot.Plain(text) + "**"} {
			out := string(markdown(words))
			plain := html.UnescapeString // some signs can be written in two ways
			if clean := safe.Sanitize(out); plain(clean) != plain(out) {
				t.Errorf("%q became %q, of which a sanitiser leaves %q", words, out, clean)
			}
		}
	}
}
