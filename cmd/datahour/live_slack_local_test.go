//go:build live

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// openLiveSlack finds out which emulator answers at an address.
func openLiveSlack(t *testing.T, url string) liveSlack {
	t.Helper()
	l := &localSlack{t: t, url: url}
	l.does("/reset", nil)
	state := l.look()
	for _, name := range []string{ada, grace} {
		if !slices.ContainsFunc(state.Users, func(u localUser) bool { return u.Name == name }) {
			t.Fatalf("nobody there is called %s: start it with the workspace that adapters/slack/README.md shows", name)
		}
	}
	l.ids, l.room = state.Users, state.Channels[0].ID
	return l
}

// localSlack is parvalabs/local-slack: the Web API and Socket Mode, with a
// control API and a socket for its page, through which people act.
type localSlack struct {
	t    *testing.T
	url  string
	room string
	ids  []localUser
}

type localUser struct{ ID, Name string }

// localState is what its page is shown.
type localState struct {
	Users      []localUser
	Channels   []struct{ ID string }
	Messages   map[string][]liveMessage
	ModalStack []map[string]any
	HomeViews  map[string]map[string]struct{ Blocks json.RawMessage }
}

func (l *localSlack) settings() map[string]string {
	return map[string]string{"BOT_TOKEN": "xoxb-live-bot", "APP_TOKEN": "xapp-live-app", "API_URL": l.url + "/api/", "ORGANISERS": l.id(ada)}
}

func (l *localSlack) id(name string) string {
	for _, u := range l.ids {
		if u.Name == name {
			return u.ID
		}
	}
	return name
}

// page speaks as its page does: it is shown everything, and may do one thing.
func (l *localSlack) page(do map[string]any) (state localState) {
	l.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience) // also when the test is over and tells what stands
	defer stop()
	conn, _, err := websocket.Dial(ctx, strings.Replace(l.url, "http", "ws", 1)+"/ui", nil)
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(64 << 20)
	_, frame, err := conn.Read(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	first := struct{ State *localState }{&state}
	if err := json.Unmarshal(frame, &first); err != nil {
		l.t.Fatal(err)
	}
	if do == nil {
		return state
	}
	frame, _ = json.Marshal(do)
	if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
		l.t.Fatal(err)
	}
	for !bytes.Contains(frame, []byte(`"ack `)) { // the program's, so that it is done
		if _, frame, err = conn.Read(ctx); err != nil {
			l.t.Fatal(err)
		}
	}
	return state
}

func (l *localSlack) look() localState { return l.page(nil) }

func (l *localSlack) does(path string, body map[string]any) []byte {
	l.t.Helper()
	b, _ := json.Marshal(body)
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url+"/_control"+path, bytes.NewReader(b))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		l.t.Fatalf("%s: %s %s %v", path, resp.Status, answer, err)
	}
	return answer
}

func (l *localSlack) command(who, line string) {
	name, text, _ := strings.Cut(line, " ")
	l.does("/command", map[string]any{"channel": l.room, "user": l.id(who), "command": name, "text": text})
}

func (l *localSlack) says(who, thread, words string) string {
	var answer struct{ Message liveMessage }
	if err := json.Unmarshal(l.does("/message", map[string]any{"channel": l.room, "user": l.id(who), "text": words, "thread_ts": thread}), &answer); err != nil {
		l.t.Fatal(err)
	}
	return answer.Message.TS
}

func (l *localSlack) edits(who, ts, words string) {
	l.does("/edit-message", map[string]any{"channel": l.room, "ts": ts, "user": l.id(who), "text": words})
}

func (l *localSlack) deletes(who, ts string) {
	l.does("/delete-message", map[string]any{"channel": l.room, "ts": ts, "user": l.id(who)})
}

func (l *localSlack) reacts(who, ts, name string) {
	l.does("/reaction", map[string]any{"channel": l.room, "ts": ts, "user": l.id(who), "name": name})
}

func (l *localSlack) presses(who string, on liveMessage, button map[string]any) {
	l.does("/interact", map[string]any{"channel": l.room, "messageTs": on.TS, "user": l.id(who), "action": button})
}

func (l *localSlack) modal() map[string]any {
	stack := l.look().ModalStack
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

func (l *localSlack) submits(who string, values map[string]map[string]any) {
	l.page(map[string]any{"t": "view_submit", "user": l.id(who), "values": values})
}

func (l *localSlack) opensHome(who string) string {
	l.does("/open-home", map[string]any{"user": l.id(who)})
	deadline, stop := context.WithTimeout(l.t.Context(), patience)
	defer stop()
	for deadline.Err() == nil {
		for _, view := range l.look().HomeViews[l.id(who)] {
			return string(view.Blocks)
		}
	}
	return ""
}

func (l *localSlack) messages() []liveMessage {
	all := l.look().Messages[l.room]
	for i, m := range all {
		for _, u := range l.ids {
			if m.For == u.ID {
				all[i].For = u.Name
			}
			if m.User == u.ID {
				all[i].User = u.Name
			}
		}
	}
	return all
}
