package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"datahour/adapters/playground/world"
)

// call does in the playground what its page does: arranging what a test is not about.
func (p *program) call(t *testing.T, path string, in map[string]any) world.Outcome {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(p.url+"/playground/api/"+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var out world.Outcome
	if raw, err = io.ReadAll(answer.Body); err == nil && answer.StatusCode == http.StatusOK && path != "say" {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s %s %v", path, in, answer.Status, raw, err)
	}
	return out
}

func (p *program) say(t *testing.T, who, room, words string) {
	t.Helper()
	p.call(t, "say", map[string]any{"as": who, "room": room, "text": words})
}

func (p *program) command(t *testing.T, who, room, line string) world.Outcome {
	t.Helper()
	return p.call(t, "command", map[string]any{"as": who, "room": room, "text": line})
}

// hour schedules an hour in #data for tomorrow at eight, with Tim and Mary shown by
// name and by role and Grace not at all, and tells its page's address.
func (p *program) hour(t *testing.T) string {
	t.Helper()
	p.untilConnected(t)
	p.command(t, "tim", "data", "/my shown name")
	p.command(t, "mary", "data", `/my shown role role="Service designer" organisation="County council"`)
	p.command(t, "grace", "data", "/my shown no")
	preview := p.command(t, "ada", "data", `/datahour new "Flood data people really use" "tomorrow 8pm" questions="What did you last look up?" questions="Which dataset is missing?" public=yes about="River levels, and what https://example.org/about says."`)
	post := preview.Post.Content.Buttons[0]
	p.call(t, "press", map[string]any{"as": "ada", "message": preview.Post.ID, "button": post.Command})
	return p.url + p.find(t, "/", `/hour/[a-z0-9]+`)
}

// live opens that hour, and lets the three say something.
func (p *program) live(t *testing.T) string {
	t.Helper()
	at := p.hour(t)
	p.call(t, "clock", map[string]any{"to": "start"})
	p.say(t, "tim", "data", "Hello from Leeds")
	p.say(t, "grace", "data", "Unspeakable things")
	p.call(t, "clock", map[string]any{"to": "+10m"})
	p.say(t, "mary", "data", "A1 River levels, see https://example.org/levels.")
	return at
}

func (p *program) untilConnected(t *testing.T) {
	t.Helper()
	p.find(t, "/readyz", `"north":\{"state":"connected".*"south":\{"state":"connected"`)
}

// find waits until what is served at a path has something, and gives it.
func (p *program) find(t *testing.T, path, pattern string) string {
	t.Helper()
	like := regexp.MustCompile(pattern)
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; <-again.C {
		answer, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if found := like.Find(raw); found != nil {
			return string(found)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s never has %s:\n%s", path, pattern, raw)
		}
	}
}

// plainPages: without JavaScript the pages are complete and right.
func plainPages(t *testing.T, b *browser) {
	p := startProgram(t)
	at := p.live(t)
	p.find(t, strings.TrimPrefix(at, p.url), "River levels, see")
	w := b.window(t)
	if _, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	w.visit(p.url + "/")
	w.click("main a", "Flood data people really use")
	w.reads("h1", "Flood data people really use")
	for selector, words := range map[string]string{
		"#hero .live": "Live until 9:00pm GMT", "#hero": "3 people so far, in #data (north)", ".ring": "50",
		"#q0 .say": "Tim Berners #data (north) 8:00pm Hello from Leeds", "#q0 .gap": "1 person prefers not to be shown.",
		"#q1.now .say": "Service designer, County council", "#where": "Q1 What did you last look up? 1", "#links": "https://example.org/levels",
		".about": "River levels, and what https://example.org/about says.",
	} {
		w.reads(selector, words)
	}
	w.not("Unspeakable", "Grace", "Mary")
	if ask[bool](w, `[...document.querySelectorAll("button")].some((b) => b.checkVisibility() && !b.form)`) {
		t.Error("there is a button that does nothing without JavaScript")
	}
	w.click("footer a", "How we show people")
	w.reads("h1", "How we show people")
}

// keyboardAlone goes from the playground's first key to the public page's pause
// button without a mouse; what has the focus is always to be seen.
func keyboardAlone(t *testing.T, b *browser) {
	p := startProgram(t)
	at := p.live(t)
	w := b.window(t)
	w.visit(p.url + "/playground/")
	w.reads("#north .log", "Hello from Leeds")
	w.tabTo("Got it")
	w.keys(kb.Enter)
	w.until("the first steps to go", `document.getElementById("steps").hidden`)
	w.keys("/")
	w.until("a command to begin", `document.activeElement.id === "say-north" && document.activeElement.value === "/"`)
	w.keys("my sh")
	w.reads("#completion-north li", "/my shown")
	w.keys(kb.Tab)
	w.keys(kb.Enter)
	w.reads("#form-title", "How I am shown")
	w.keys(kb.Escape)
	w.until("the form to go", `!document.querySelector("#form[open]")`)
	ask[bool](w, `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))`) // the dialog tells its end a little later
	w.until("the focus to be where it was", `document.activeElement.id === "say-north"`)
	w.keys(kb.Escape) // from writing to the messages
	w.until("a message to have the focus", `document.activeElement.classList.contains("say")`)
	w.seen()
	w.keys(kb.ArrowUp)
	w.keys("r")
	w.reads("#north .about", "Replying to")
	w.enter("From the keyboard")
	w.reads("#north .replies", "From the keyboard")

	w.visit(at)
	w.reads("#q1 .say", "River levels")
	w.keys(kb.Tab)
	if got := w.focused(); got != "Skip to the content" {
		t.Errorf("the first Tab goes to %q", got)
	}
	w.seen()
	w.tabTo("Pause updates")
	w.keys(" ")
	w.until("updates to be paused", `document.getElementById("pause").ariaPressed === "true"`)
}

// tabTo presses Tab until what has the focus is called so, and checks on the way
// that each thing can be seen to have it.
func (w *window) tabTo(name string) {
	w.Helper()
	for range 80 {
		w.keys(kb.Tab)
		w.seen()
		if w.focused() == name {
			return
		}
	}
	w.Fatalf("80 Tabs do not lead to %q", name)
}

// seen checks that what has the focus is marked, and on the screen.
func (w *window) seen() {
	w.Helper()
	type look struct {
		Name   string
		Marked bool
		Inside bool
	}
	l := ask[look](w, `(() => {
		const e = document.activeElement, r = e.getBoundingClientRect();
		const marked = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
		return { name: e.outerHTML.slice(0, 120), marked: marked(e) || [...e.parentElement.children].some(marked),
			inside: r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth }; })()`)
	if !l.Marked || !l.Inside {
		w.Errorf("the focus on %s cannot be seen (marked %v, on the screen %v)", l.Name, l.Marked, l.Inside)
	}
}

// narrow: nothing has to be scrolled sideways at 320 pixels.
func narrow(t *testing.T, b *browser) {
	p := startProgram(t)
	at := p.live(t)
	p.say(t, "tim", "data", "A1 "+strings.Repeat("Donaudampfschifffahrt", 12)+" https://example.org/"+strings.Repeat("long/", 40))
	p.find(t, strings.TrimPrefix(at, p.url), "Donaudampf")
	w := b.window(t)
	w.size(320, 640)
	for _, path := range []string{"/", strings.TrimPrefix(at, p.url), strings.TrimPrefix(at, p.url) + "/slide", "/calendar", "/archive", "/conduct", "/privacy", "/accessibility", "/nowhere", "/playground/"} {
		w.visit(p.url + path)
		w.reads("h1", "")
		if path == "/playground/" {
			w.reads("#north .log", "Donaudampf")
			w.keys("/")
			w.reads("#completion-north", "/datahour new")
		}
		type measure struct {
			Wide  int
			Where []string
		}
		m := ask[measure](w, `({ wide: document.documentElement.scrollWidth,
			where: [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 321 && e.checkVisibility()).slice(-3).map((e) => e.outerHTML.slice(0, 80)) })`)
		if m.Wide > 320 {
			t.Errorf("%s is %d pixels wide at 320: %q", path, m.Wide, m.Where)
		}
	}
}

// accessible: axe finds nothing wrong with any page, light or dark, and each
// page's headings and landmarks are as they should be.
func accessible(t *testing.T, b *browser) {
	axe := axeCore(t)
	p := startProgram(t)
	at := p.live(t)
	p.say(t, "tim", "data", "A1 Said again")
	path := strings.TrimPrefix(at, p.url)
	p.find(t, path, "Said again")
	month := regexp.MustCompile(`[A-Z][a-z]+ 20\d\d`).FindString(p.find(t, "/calendar", `<h2>[A-Z][a-z]+ 20\d\d</h2>`))
	around := []string{"banner", "navigation Site", "main", "contentinfo", "navigation About these pages"}
	pages := []struct {
		name, path string
		headings   []string
		landmarks  []string
	}{
		{"home", "/", []string{"1 Data people, loosely joined", "2 Live now", "3 Flood data people really use", "2 Coming up", "2 Archive"},
			[]string{"region Live now", "region Coming up", "region Archive"}},
		{"live hour", path, []string{"1 Flood data people really use", "2 Q1 What did you last look up?", "2 Hello", "2 Questions", "2 Links that were shared", "2 Ask or answer", "2 Bring it to others", "2 Who is shown"},
			[]string{"region Q1 What did you last look up?", "region Hello", "complementary About this hour", "navigation Questions", "region Links that were shared", "form Ask or answer", "region Bring it to others", "region Who is shown"}},
		{"slide", path + "/slide", []string{"1 Flood data people really use"}, nil},
		{"calendar", "/calendar", []string{"1 Coming up", "2 " + month, "3 Flood data people really use", "2 In your own calendar", "2 In a feed reader"},
			[]string{"region " + month, "complementary In your own calendar", "region In your own calendar", "region In a feed reader"}},
		{"conduct", "/conduct", []string{"1 Code of conduct", "2 What is not welcome", "2 When something is wrong"}, nil},
		{"privacy", "/privacy", []string{"1 How we show people", "2 Changing your mind", "2 What is kept, and how long", "2 Visitors", "2 These pages"}, nil},
		{"accessibility", "/accessibility", []string{"1 Accessibility", "2 What you can count on", "2 What is not as good", "2 How we know", "2 When something is in your way"}, nil},
		{"not found", "/nowhere", []string{"1 There is no such page"}, nil},
		{"playground", "/playground/", nil, nil},
		{"door", p.deskLink(t), []string{"1 For organisers"}, nil},
		{"desk", "/desk", []string{"1 Organisers of north", "2 Flood data people really use", "3 What waits for a host", "3 Questions", "2 Who did what here", "2 What is connected and coming up"},
			[]string{"region Flood data people really use", "region Who did what here", "complementary The installation", "form Leave"}},
		{"transcript", path, []string{"1 Flood data people really use", "2 Hello", "2 Q1 What did you last look up?", "2 Questions", "2 Links that were shared", "2 Take it with you", "2 Who is shown"}, nil},
		{"archive", "/archive", []string{"1 Archive", "2 " + month, "3 Flood data people really use"}, []string{"region " + month}},
	}
	w := b.window(t)
	for _, page := range pages {
		switch page.name {
		case "transcript":
			p.command(t, "ada", "data", "/datahour close")
			p.find(t, path, "Take it with you")
		case "desk": // from its door
			w.click("main button", "Come in")
			w.reads("h1", "Organisers of north")
		}
		for _, scheme := range []string{"light", "dark"} {
			w.prefers("screen", scheme)
			w.visit(p.url + page.path)
			w.reads("h1", "")
			if page.name == "playground" {
				w.reads("#north .log", "Said again")
			}
			ask[bool](w, axe+`; true`)
			found := ask[[]string](w, `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then((r) =>
				r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.failureSummary + " " + n.html.slice(0, 160))))`)
			for _, f := range found {
				t.Errorf("%s, %s: %s", page.name, scheme, f)
			}
		}
		if page.headings == nil {
			continue
		}
		headings := ask[[]string](w, `[...document.querySelectorAll("h1,h2,h3,h4")].filter((h) => h.checkVisibility()).map((h) => h.tagName[1] + " " + h.innerText.replace(/\s+/g, " "))`)
		if !slices.Equal(headings, page.headings) {
			t.Errorf("%s has the headings\n%q, want\n%q", page.name, headings, page.headings)
		}
		if page.name != "transcript" {
			landmarks := ask[[]string](w, landmarks)
			for _, want := range slices.Concat(around, page.landmarks) {
				if !slices.Contains(landmarks, want) {
					t.Errorf("%s has the landmarks %q, and not %q", page.name, landmarks, want)
				}
			}
		}
	}
}

// deskLink is an organiser's way in, with a visitor's words waiting behind it.
func (p *program) deskLink(t *testing.T) string {
	t.Helper()
	hour := p.find(t, "/", `/hour/[a-z0-9]+`)
	answer, err := http.PostForm(p.url+hour+"/say", url.Values{"name": {"Vera"}, "words": {"Who maps culverts?"}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	p.command(t, "tim", "data", "/datahour ask Who pays for it?")
	return regexp.MustCompile(`/desk/[A-Z2-7]+`).FindString(p.command(t, "ada", "data", "/community web").Post.Content.Text)
}

// landmarks gives the role and name of each.
const landmarks = `[...document.querySelectorAll("header, nav, main, footer, aside, section, form")].filter((e) => e.checkVisibility()).map((e) => {
	const name = e.ariaLabel || (e.ariaLabelledByElements || []).map((x) => x.innerText.replace(/\s+/g, " ")).join(" ");
	const role = { HEADER: "banner", NAV: "navigation", MAIN: "main", FOOTER: "contentinfo", ASIDE: "complementary", SECTION: name ? "region" : "", FORM: name ? "form" : "" }[e.tagName];
	return (role + " " + name).trim(); })`

// axeCore is Deque's checker, which npm fetches: it is no part of Data Hour.
func axeCore(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", ".tools", "axe"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		ctx, stop := context.WithTimeout(t.Context(), 2*patience)
		defer stop()
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(ctx, "npm", "install", "--prefix", folder, "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", axePackage).CombinedOutput()
		if err != nil {
			t.Fatalf("the accessibility check needs %s, and npm could not bring it: %v\n%s\nInstall npm (Debian: apt-get install npm) and let it reach its registry; make test does the first.", axePackage, err, out)
		}
	}
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// axePackage names the version, so that a new rule of axe does not fail an old commit.
const axePackage = "axe-core@4.14.1"

// pauseAndPrint: updates wait while they are paused, and paper has the words only.
func pauseAndPrint(t *testing.T, b *browser) {
	p := startProgram(t)
	at := p.live(t)
	w := b.window(t)
	w.visit(at)
	w.reads("#q1 .say", "River levels")
	w.reads("#messages", "3 messages")
	w.click("#pause", "Pause updates")
	p.say(t, "tim", "data", "A1 Said while paused")
	p.find(t, strings.TrimPrefix(at, p.url), "Said while paused")
	other := w.another()
	other.visit(at) // by the time that this one follows, the first was told too
	p.say(t, "tim", "data", "A1 Said a little later")
	other.reads("#q1 .say", "Said a little later")
	w.not("Said while paused")
	w.click("#pause", "Pause updates")
	w.reads("#q1 .say", "Said while paused")
	w.reads("#q1 .say", "Said a little later")
	w.until("the news to be told", `/new message/.test(document.getElementById("news").textContent)`)

	w.prefers("print", "light")
	for selector, want := range map[string]bool{"h1": true, "#q1 .say": true, "#q0 .gap": true, "aside": false, "#pause": false, "nav": false, ".ring": false} {
		if got := ask[bool](w, fmt.Sprintf(`document.querySelector(%q).checkVisibility()`, selector)); got != want {
			t.Errorf("%s is printed: %v, want %v", selector, got, want)
		}
	}
}

// networkCut: what was said, and who said no, while the page was cut off and the
// program away is there once when they are back, in order, without a new page.
func networkCut(t *testing.T, b *browser) {
	p := startProgram(t)
	at := p.live(t)
	target, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	c := newCable(t, target.Host)
	w := b.window(t)
	w.visit("http://" + c.address() + target.Path)
	w.reads("#q1 .say", "River levels")
	ask[bool](w, `(window.same = true)`) // gone if the page is ever loaded anew

	p.say(t, "tim", "data", "A1 Before the cut")
	w.reads("#q1 .say", "Before the cut")
	c.cut()
	w.reads("#line", "Not connected, trying again")
	for i := range 30 {
		p.say(t, "tim", "data", fmt.Sprintf("A1 In the dark %d.", i))
	}
	p.command(t, "mary", "data", "/my shown no")
	p.find(t, target.Path, "In the dark 29")
	select {
	case <-c.refused: // after which the browser itself would not try again
	case <-time.After(patience):
		t.Fatal("the page does not try to connect again")
	}
	c.mend()
	w.reads("#q1 .say", "In the dark 29.")
	w.gone("Service designer")
	w.reads("#q1 .gap", "1 person prefers not to be shown.")
	w.until("to be connected", `document.getElementById("line").textContent === ""`)
	p.say(t, "tim", "data", "A1 After the cut")
	w.reads("#q1 .say", "After the cut")
	said := ask[[]string](w, `[...document.querySelectorAll("#q1 .say p")].map((p) => p.textContent)`)
	want := []string{"A1 Before the cut"}
	for i := range 30 {
		want = append(want, fmt.Sprintf("A1 In the dark %d.", i))
	}
	want = append(want, "A1 After the cut")
	if !slices.Equal(said, want) {
		t.Errorf("the page says\n%q, want\n%q", said, want)
	}
	if !ask[bool](w, `window.same === true`) {
		t.Error("the page was loaded anew")
	}
}
