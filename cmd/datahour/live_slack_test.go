//go:build live

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// liveSlack is a workspace that somebody else has written, with people for whom
// the test acts: Ada, who is an organiser, and Grace, in a room #data.
type liveSlack interface {
	settings() map[string]string // DATAHOUR_SLACK_LIVE_… of the program
	command(who, line string)
	says(who, thread, words string) (ts string)
	edits(who, ts, words string)
	deletes(who, ts string)
	reacts(who, ts, name string)
	presses(who string, on liveMessage, button map[string]any)
	modal() map[string]any // the one that is open; nil when none is
	submits(who string, values map[string]map[string]any)
	opensHome(who string) (blocks string) // JSON
	messages() []liveMessage              // of #data, private ones too, oldest first
}

// Who and where, as every workspace calls them in its own way.
const (
	ada   = "ada"
	grace = "grace"
)

// liveMessage is what stands in the room.
type liveMessage struct {
	TS       string
	ThreadTS string `json:"thread_ts"`
	User     string
	BotID    string `json:"bot_id"`
	Subtype  string
	Text     string
	For      string `json:"ephemeral_to"`
	Blocks   []struct {
		Type     string
		BlockID  string           `json:"block_id"`
		Elements []map[string]any // of actions
	}
}

// button is the first button or link with a label.
func (m liveMessage) button(label string) map[string]any {
	for _, b := range m.Blocks {
		for _, e := range b.Elements {
			if text, _ := e["text"].(map[string]any); b.Type == "actions" && text["text"] == label {
				e["block_id"] = b.BlockID
				return e
			}
		}
	}
	return nil
}

// TestLiveSlack tells a whole hour in a Slack emulator: installing, scheduling,
// announcing, opening, talking, a kill in the middle, closing, the transcript.
// adapters/slack/README.md says which emulators, and how to start them.
func TestLiveSlack(t *testing.T) {
	url := os.Getenv("DATAHOUR_TEST_SLACK_URL")
	if url == "" {
		t.Fatal("DATAHOUR_TEST_SLACK_URL is not set: the address of a Slack emulator (adapters/slack/README.md). Example: DATAHOUR_TEST_SLACK_URL=http://127.0.0.1:3000 make live")
	}
	workspace := openLiveSlack(t, strings.TrimRight(url, "/"))
	settings := map[string]string{"SLACK": "live"}
	for name, value := range workspace.settings() {
		settings["SLACK_LIVE_"+name] = value
	}
	l := &liveHour{liveProgram: newLiveProgram(t, settings), liveSlack: workspace}
	t.Cleanup(func() {
		if t.Failed() {
			for _, m := range l.messages() {
				t.Logf("%s %s%s: %s", m.TS, m.User, m.For, m.Text)
			}
		}
	})
	l.begin()
	l.installed()
	l.scheduled()
	l.opened()
	l.talked()
	l.killed()
	l.closed()
}

// liveHour is the program and the workspace in which it is at work.
type liveHour struct {
	*liveProgram
	liveSlack
	hour string // id of the hour that is open
}

// begin starts the program, or starts it again, and waits until it is connected.
func (l *liveHour) begin() {
	l.liveProgram.begin()
	l.until("the workspace to be connected", func() bool {
		ready, err := l.page("/readyz")
		return err == nil && strings.Contains(ready, `"state":"connected"`)
	})
}

// stands waits for a message with these words, for somebody alone or ("") for all,
// and gives the newest.
func (l *liveHour) stands(who, words string) (got liveMessage) {
	l.Helper()
	l.until(fmt.Sprintf("%q", words), func() bool {
		for _, m := range l.messages() {
			if m.For == who && strings.Contains(m.Text, words) {
				got = m
			}
		}
		return got.TS != ""
	})
	return got
}

// press waits for a message and presses its button.
func (l *liveHour) press(who, private, words, label string) {
	l.Helper()
	m := l.stands(private, words)
	button := m.button(label)
	if button == nil {
		l.Fatalf("%q has no button %q", m.Text, label)
	}
	l.presses(who, m, button)
}

// shows waits until the page of the hour has some words, or has not.
func (l *liveHour) shows(words string, there bool) {
	l.Helper()
	l.liveProgram.shows("/hour/"+l.hour, words, there)
}

// installed: the manifest has what Slack needs.
func (l *liveHour) installed() {
	cmd := exec.Command("datahour", "manifest", "slack")
	cmd.Env = l.cmd.Env
	out, err := cmd.Output()
	if err != nil {
		l.Fatal(err)
	}
	var manifest struct {
		OAuth    struct{ Scopes struct{ Bot []string } } `json:"oauth_config"`
		Features struct {
			Commands []struct{ Command string } `json:"slash_commands"`
		}
	}
	if err := json.Unmarshal(out, &manifest); err != nil {
		l.Fatal(err)
	}
	if !slices.Contains(manifest.OAuth.Scopes.Bot, "chat:write") || len(manifest.Features.Commands) == 0 {
		l.Errorf("the manifest is %s", out)
	}
	l.command(ada, "/help")
	l.stands(ada, "What I can do")
}

// scheduled: a form, refused once with what was typed, then a preview and the announcement.
func (l *liveHour) scheduled() {
	l.command(ada, "/datahour new")
	l.until("the form", func() bool { return l.modal() != nil })
	values := map[string]map[string]any{
		"title": {"type": "plain_text_input", "value": "Rivers <people> & use"},
		"when":  {"type": "datetimepicker", "selected_date_time": time.Now().Add(-time.Hour).Unix()},
	}
	l.submits(ada, fieldsOf(values))
	l.until("the form to stay open", func() bool { return l.modal() != nil })
	values["when"]["selected_date_time"] = time.Now().Add(26 * time.Hour).Truncate(time.Hour).Unix()
	l.submits(ada, fieldsOf(values))
	l.press(ada, ada, "Nothing is posted yet", "Post")
	l.stands("", "Data hour: Rivers &lt;people&gt; &amp; use")
}

// fieldsOf puts each field in the block that has its name.
func fieldsOf(values map[string]map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	for name, value := range values {
		all[name] = map[string]any{name: value}
	}
	return all
}

var hourAddress = regexp.MustCompile(`/hour/([a-z0-9]+)`)

// opened: an hour that begins here and now.
func (l *liveHour) opened() {
	l.command(ada, `/datahour start "What people use" questions="Which river?" questions="Which dataset?"`)
	l.press(ada, ada, "Nothing is posted yet", "Open it now")
	opening := l.stands("", "Q1 comes in")
	at := hourAddress.FindStringSubmatch(opening.Text)
	if at == nil {
		l.Fatalf("the opening leads nowhere: %s", opening.Text)
	}
	l.hour = at[1]
	l.presses(grace, opening, opening.button("By my name"))
	l.stands(grace, "Saved.")
}

// talked: words, edits, deletions, reactions and threads reach the page.
func (l *liveHour) talked() {
	l.says(grace, "", "A1 We match them by hand & eye.")
	said := l.stands("", "by hand").TS
	l.shows("We match them by hand &amp; eye.", true)
	l.edits(grace, said, "A1 We match them by eye alone.")
	l.shows("by eye alone", true)
	slip := l.says(grace, "", "A slip of the pen")
	l.shows("A slip of the pen", true)
	l.deletes(grace, slip)
	l.shows("A slip of the pen", false)
	l.reacts(ada, said, "tada")
	l.command(ada, "/datahour next")
	question := l.stands("", "Which river?")
	l.says(grace, question.TS, "The Wye, in its thread")
	l.shows("The Wye, in its thread", true)
	if blocks := l.opensHome(grace); !strings.Contains(blocks, "What people use") {
		l.Errorf("the App Home is %s", blocks)
	}
}

// killed: what is said and done while nobody listens is caught up.
func (l *liveHour) killed() {
	// Some workspaces count ts in whole seconds, and what is said in the second in
	// which the hour was opened would seem to come before it.
	opened := time.Now().Unix()
	l.until("the next second", func() bool { return time.Now().Unix() > opened })
	l.kill()
	first := l.says(grace, "", "Said to nobody")
	l.says(grace, first, "and in its thread")
	l.begin()
	l.shows("Said to nobody", true)
	l.shows("and in its thread", true)
}

// closed: the wrap-up and the transcript, and every post once.
func (l *liveHour) closed() {
	l.command(ada, "/datahour close")
	l.until("the close to be confirmed or done", func() bool {
		for _, m := range l.messages() {
			if b := m.button("Close now"); b != nil && m.For == ada {
				l.presses(ada, m, b)
			}
			if m.For == "" && strings.Contains(m.Text, "That was") {
				return true
			}
		}
		return false
	})
	l.until("the transcript", func() bool {
		transcript, err := l.page("/hour/" + l.hour + ".json")
		return err == nil && strings.Contains(transcript, "by eye alone") && strings.Contains(transcript, "Said to nobody") && !strings.Contains(transcript, "slip of the pen")
	})
	for _, words := range []string{"Data hour: Rivers", "Q1 comes in", "*Q1* Which river?", "That was"} {
		n := 0
		for _, m := range l.messages() {
			if m.For == "" && m.BotID != "" && m.ThreadTS == "" && strings.Contains(m.Text, words) {
				n++
			}
		}
		if n != 1 {
			l.Errorf("%q stands %d times", words, n)
		}
	}
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil {
		l.Fatal(err)
	}
	<-l.ended
	if log := l.err.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "by eye alone") || strings.Contains(log, "xoxb") {
		l.Errorf("the log is\n%s", log)
	}
}
