package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// newcomer is the whole way of somebody who has just started the program, by
// mouse and keyboard, with the public page in a second window.
func newcomer(t *testing.T, b *browser) {
	p := startProgram(t)
	w := b.window(t)
	w.visit(p.url + "/playground/")
	w.reads("#north .title", "Data Hour is here")
	w.reads("#south .title", "Data Hour is here")
	w.click("#hide-steps", "Got it")

	// Ada schedules an hour in both rooms: the command completes itself, a form opens.
	w.click("#say-north", "")
	w.keys("/datahour n")
	w.reads("#completion-north li", "/datahour new")
	w.keys(kb.Tab)
	w.until("the command to be completed", `document.getElementById("say-north").value === "/datahour new "`)
	w.keys(kb.Enter)
	w.reads("#form-title", "New data hour")
	w.fill("Title or topic", "Flood data people really use")
	w.fill("When", "25:99")
	w.fill("Questions", "What did you last look up?\nWhich dataset is missing?")
	w.click("#form .checks label", "#data (north)")
	w.click("#form .checks label", "~data-chat (south)")
	w.click("#form .go", "Preview")
	w.reads("#form .error", "There is no 25:99 on a clock")
	w.fill("When", "tomorrow 8pm") // nothing else that was typed is lost
	w.click("#form .go", "Preview")
	w.reads("#north .private", "Flood data people really use")
	w.click("#north .private button", "Post")
	w.reads("#north .say:not(.private) h3, #north .say:not(.private) .text", "Data hour: Flood data people really use")

	// South has to agree.
	w.reads("#south .rooms .direct i", "1")
	w.click("#south .rooms .direct", "")
	w.click("#south .actions button", "Link them")
	w.reads("#south .log", "are linked")
	w.click(`#south .rooms [data-room="data-chat"]`, "")
	w.reads("#south .log", "Data hour: Flood data people really use")

	// A second window follows the public page from before the start.
	page := ask[string](w, `document.querySelector('#north .log a[href*="/hour/"]').href`)
	public := w.another()
	public.visit(page)
	public.reads("#hero .live", "Coming up")

	w.click("[data-to=start]", "To the start")
	w.reads("#north .log", "is open until 9:00pm GMT")
	w.reads("#south .log", "is open until 9:00pm GMT")
	public.reads("#hero .live", "Live until 9:00pm GMT")

	// Four people choose how they are shown, and speak.
	w.as("north", "Tim Berners")
	w.click("#north .actions button", "By my name")
	w.reads("#north .private", "Saved")
	w.write("north", "Hello from Leeds <b>here</b>")
	w.reads("#south .log", "Hello from Leeds <b>here</b>")
	public.reads("#q0 .say", "Tim Berners #data (north)")
	public.reads("#q0 .say", "Hello from Leeds <b>here</b>")

	w.as("south", "Alan Marsh")
	w.click("#south .actions button", "By my role")
	w.fill("What you do", "Data analyst")
	w.fill("Where", "Environment Agency")
	w.click("#form .go", "")
	w.write("south", "Hello, I work on culverts")
	w.reads("#north .log", "Hello, I work on culverts")
	public.reads("#q0 .say b", "Data analyst, Environment Agency")

	w.as("south", "Sam Okoro")
	w.click("#south .actions button", "Not at all")
	w.write("south", "Unspeakable things")
	w.reads("#north .log", "Unspeakable things")
	public.reads("#q0 .gap", "1 person prefers not to be shown.")

	w.as("north", "Mary Somerville")
	w.write("north", "I have not chosen yet")
	w.reads("#south .log", "I have not chosen yet")
	public.reads("#q0 .gap", "2 people prefer not to be shown.")
	w.reads("#north .private", "May we show what you write?")
	w.click("#north .private button", "By my name")
	public.reads("#q0 .say", "I have not chosen yet")
	public.reads("#q0 .gap", "1 person prefers not to be shown.")

	// A thread, an edit, a reaction, a deletion.
	w.tool("north", "I work on culverts", "Reply")
	w.enter("Which ones?")
	w.reads("#south .replies", "Which ones?")
	public.reads("#q0 .say .say", "Which ones?")
	w.tool("north", "Which ones?", "Edit")
	w.keys("a", chromedp.ModifierCtrl)
	w.enter("Which culverts?")
	w.reads("#south .replies", "Which culverts?")
	public.reads("#q0 .say .say", "Which culverts?")
	public.reads("#q0 .say .say .at", "(edited)")
	w.tool("north", "I work on culverts", "👍")
	public.reads("#q0 .count", "1 agrees")
	w.tool("north", "I have not chosen yet", "Delete")
	w.click("#form .go", "Delete")
	public.gone("I have not chosen yet")
	w.until("the copy to be gone", `!document.querySelector("#south .log").innerText.includes("I have not chosen yet")`)

	// Somebody puts a question forward; the host asks it from the run sheet.
	w.write("north", "/datahour ask Who pays when the money ends?")
	w.reads("#north .private", "the hosts of Flood data people really use see it")
	w.as("north", "Ada Byron")
	w.click("#north .rooms .direct", "")
	w.reads("#north .log", "1 question put forward")
	w.click("#north .actions button", "Ask now")
	w.reads("#south .log", "Q1")
	public.reads("#q1 h2", "Q1 What did you last look up?")
	public.reads("#where li", "Q1 What did you last look up?")
	public.until("the open question to be first", `document.querySelector("#sections > section").id === "q1"`)

	w.click(`#north .rooms [data-room="data"]`, "")
	w.as("north", "Tim Berners")
	w.write("north", "A1 River levels, see https://example.org/levels.")
	public.reads("#q1 .say", "River levels")
	public.reads("#links", "https://example.org/levels")
	public.reads("#where li", "Q1 What did you last look up? 1")

	// Somebody changes their mind in the middle of it.
	w.write("north", "/my shown no")
	public.gone("River levels")
	public.gone("Tim Berners")
	public.reads("#q1 .gap", "1 person prefers not to be shown.")
	public.reads("#q0 .gap", "2 people prefer not to be shown.")

	// Ten minutes pass, and the host closes.
	ring := ask[string](public, `document.querySelector(".ring text").textContent`)
	w.click("[data-to='+10m']", "+10 min")
	public.until("the clock to follow", js(`(was) => Number(document.querySelector(".ring text").textContent) <= Number(was) - 10`, ring))
	w.as("north", "Ada Byron")
	w.write("north", "/datahour close")
	w.reads("#north .log", "That was Flood data people really use")
	public.reads(".note", "The hour has closed.")
	public.reads("#hero .live", "Transcript")
	public.reads("#q0 .say b", "Data analyst, Environment Agency")
	public.not("Tim Berners", "Unspeakable", "Sam Okoro", "Alan Marsh")
	w.reads("#south .log", "That was Flood data people really use")
}

// as becomes somebody else on one side, with one click.
func (w *window) as(side, name string) {
	w.Helper()
	w.click("#"+side+` .people label[title^="`+name+`"]`, "")
	w.until("to be "+name, js(`(side, name) => document.querySelector("label[for=say-" + side + "]").textContent.endsWith(", as " + name)`, side, name))
}

// write says something on one side, in the room that is open there.
func (w *window) write(side, words string) {
	w.Helper()
	w.click("#say-"+side, "")
	w.keys(words)
	w.keys(kb.Escape) // no completion
	w.click("#say-"+side, "")
	w.keys(kb.Enter)
	w.until("it to be sent", js(`(side) => { const c = document.querySelector("#" + side + " .composer");
		return !c.querySelector("textarea").value && !c.querySelector(".said").textContent; }`, side))
}

// fill types into the field of the form with that label, in place of what is there.
func (w *window) fill(label, words string) {
	w.Helper()
	w.until("the field "+label, js(`(label) => {
		const l = [...document.querySelectorAll("#form[open] .field > label")].find((l) => l.innerText.startsWith(label));
		return l && (window.found = document.getElementById(l.htmlFor)); }`, label))
	ask[bool](w, `found.focus() || true`)
	w.keys("a", chromedp.ModifierCtrl)
	for i, line := range strings.Split(words, "\n") {
		if i > 0 {
			w.keys(kb.Enter)
		}
		w.keys(line)
	}
}

// tool does to the last message with the words what its tools offer.
func (w *window) tool(side, words, label string) {
	w.Helper()
	w.clickOn(label+" at "+words, js(`(side, words, label) => {
		const say = [...document.querySelectorAll("#" + side + " .say:not(.deleted)")].filter((e) => e.querySelector(":scope > .body")?.innerText.includes(words)).at(-1);
		if (!say) return null;
		say.focus(); // its tools are shown while it has the focus
		return [...say.querySelectorAll(":scope > .tools button")].find((b) => b.innerText === label); }`, side, words, label))
}
