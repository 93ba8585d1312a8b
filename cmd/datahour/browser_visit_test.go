package main

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// visitors take part without an account and without JavaScript: they ask, a host
// shows it, and by their private link they change it, and take it back.
func visitors(t *testing.T, b *browser) {
	axe := axeCore(t)
	p := startProgram(t)
	at := p.live(t)
	path := strings.TrimPrefix(at, p.url)
	w := b.window(t)
	script := func(off bool) {
		if _, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
			t.Fatal(err)
		}
	}
	host := func() {
		waiting := p.command(t, "ada", "data", "/datahour waiting")
		p.call(t, "press", map[string]any{"as": "ada", "message": waiting.Post.ID, "button": waiting.Post.Content.Buttons[0].Command})
	}
	script(true)
	w.visit(at)
	w.click("#visit-name", "")
	w.keys("Vera <b>")
	w.click("#visit-home", "")
	w.keys("Rivers Trust")
	w.click("#visit-words", "")
	w.keys("Who maps culverts?")
	w.click("#visit button", "")
	w.reads("h1", "What you wrote")
	w.reads("li.card h2", "Waiting for a host")
	mine := ask[string](w, "location.href")
	host()
	p.find(t, path, "Who maps culverts")
	p.find(t, path, "Vera &lt;b&gt;, Rivers Trust")

	w.visit(mine)
	w.reads("li.card h2", "Shown here and in the rooms")
	w.click("li.card summary", "")
	w.click("li.card textarea", "")
	w.keys(" And weirs?")
	w.click("li.card details button", "")
	w.reads("li.card", "When a host has looked, it says:")
	host()
	p.find(t, path, `And weirs\?`)

	script(false)
	for _, size := range []int64{320, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			w.prefers("screen", scheme)
			w.size(size, 900)
			w.visit(mine)
			ask[bool](w, `[...document.querySelectorAll("details")].forEach((d) => d.open = true), `+axe+`; true`)
			for _, f := range ask[[]string](w, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then((r) =>
				r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.failureSummary + " " + n.html.slice(0, 160))))`) {
				t.Errorf("%d pixels, %s: %s", size, scheme, f)
			}
			if wide := ask[int64](w, `document.documentElement.scrollWidth`); wide > size {
				t.Errorf("the private page is %d pixels wide at %d", wide, size)
			}
		}
	}
	script(true)
	w.visit(mine)
	w.click("li.card > form button", "Take it back")
	w.reads("[role=status]", "Taken back")
	w.visit(at)
	w.reads("h1", "Flood data people really use")
	w.not("culverts", "Vera", "Rivers Trust")
}
