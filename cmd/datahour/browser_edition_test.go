package main

import (
	"regexp"
	"testing"
)

// readers: somebody without an account shares something from the page, an editor
// publishes it beside what a member shared, and everybody can read it: axe finds
// nothing wrong on the way, light or dark, and nothing is wider than a phone.
func readers(t *testing.T, b *browser) {
	axe := axeCore(t)
	p := startProgram(t)
	p.untilConnected(t)
	w := b.window(t)
	look := func(what, path string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			w.prefers("screen", scheme)
			w.size(320, 640)
			w.visit(p.url + path)
			w.reads("h1", "")
			ask[bool](w, axe+`; true`)
			for _, f := range ask[[]string](w, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) =>
				r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.failureSummary + " " + n.html.slice(0, 160))))`) {
				t.Errorf("%s, %s: %s", what, scheme, f)
			}
			if wide := ask[int](w, `document.documentElement.scrollWidth`); wide > 320 {
				t.Errorf("%s is %d pixels wide at 320", what, wide)
			}
		}
	}
	look("no editions yet", "/editions")
	look("nobody yet", "/contributors")

	w.size(900, 900)
	w.visit(p.url + "/editions")
	w.click("a", "Share something")
	w.reads("h1", "Share something")
	for _, field := range [][2]string{{"share-name", "Vera"}, {"share-home", "Rivers Trust"}, {"title", "Gauges of the Wear"}, {"words", "Hourly, from 1990 on."}, {"link", "javascript:x"}} {
		w.click("#"+field[0], "")
		w.keys(field[1])
	}
	w.click("form button", "Send to the editors")
	w.reads(".wrong", "That is no web address")
	if kept := ask[string](w, `document.querySelector("#words").value`); kept != "Hourly, from 1990 on." {
		t.Errorf("what was typed is %q", kept)
	}
	w.click("#link", "")
	ask[bool](w, `(document.querySelector("#link").value = "") || true`)
	w.keys("https://example.org/gauges")
	w.click("form button", "Send to the editors")
	w.reads("h1", "What you shared")
	w.reads(".card", "It waits for an editor. It is credited to Vera, Rivers Trust.")
	mine := ask[string](w, `location.pathname`)
	look("what a visitor shared", mine)
	look("the form", "/share")

	p.command(t, "tim", "data", "/share credit=name https://example.org/lidar We mapped 300 ponds. From LiDAR tiles.")
	desk := p.command(t, "ada", "data", "/newsletter queue")
	for range 2 {
		desk = p.call(t, "press", map[string]any{"as": "ada", "message": desk.Post.ID, "button": "Accept"})
		if desk.Post == nil {
			desk.Post = desk.Update
		}
	}
	preview := p.command(t, "ada", "data", "/newsletter preview")
	draft := regexp.MustCompile(`/edition/draft\?key=\w+`).FindString(readable(*preview.Post))
	look("the draft", draft)
	p.command(t, "ada", "data", "/newsletter publish 1 sure=yes")
	look("the edition", "/edition/1")
	w.reads("h3", "Gauges of the Wear")
	w.reads("p", "Shared by Vera, Rivers Trust.")
	w.reads("p", "Shared by Tim Berners.")
	look("the list of editions", "/editions")
	look("contributors", "/contributors")
	w.reads("h2", "Tim Berners")

	w.visit(p.url + mine)
	w.click("button", "Take my name off")
	w.reads(".card", "It is credited to nobody by name.")
	p.find(t, "/edition/1", `Gauges of the Wear`)
	w.visit(p.url + "/edition/1")
	w.not("Vera")
}
