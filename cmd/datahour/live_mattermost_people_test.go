//go:build live

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

// mmPerson acts on a real Mattermost server as a person's program does: through
// its REST API, and with a web socket for what is shown to that person alone.
type mmPerson struct {
	*testing.T
	url   string
	token string
	id    string
	name  string
	team  string

	mu      sync.Mutex
	private []*model.Post // ephemeral ones and the bot's direct messages, oldest first
	read    int           // of them
	forms   []model.OpenDialogRequest
}

// asks calls the API. An answer that is no success is an error that says which.
func (p *mmPerson) asks(method, path string, in, out any) error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+"/api/v4"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests { // as a person's program does
		select {
		case <-time.After(time.Second):
			return p.asks(method, path, in, out)
		case <-ctx.Done():
		}
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if token := resp.Header.Get("Token"); token != "" { // after a login
		p.token = token
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// does is asks for what has to succeed.
func (p *mmPerson) does(method, path string, in, out any) {
	p.Helper()
	if err := p.asks(method, path, in, out); err != nil {
		p.Fatal(err)
	}
}

// listens collects what is shown to this person alone, until the test ends.
func (p *mmPerson) listens() {
	p.Helper()
	conn, _, err := websocket.Dial(p.Context(), p.url+"/api/v4/websocket", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + p.token}}})
	if err != nil {
		p.Fatal(err)
	}
	conn.SetReadLimit(16 << 20)
	p.Cleanup(func() { conn.CloseNow() })
	go func() {
		for {
			_, b, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			p.hears(b)
		}
	}()
}

func (p *mmPerson) hears(event []byte) {
	var e struct {
		Event string
		Data  struct {
			Post        string
			ChannelType string `json:"channel_type"`
			Dialog      string
		}
	}
	if json.Unmarshal(event, &e) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Event == "open_dialog":
		var form model.OpenDialogRequest
		if json.Unmarshal([]byte(e.Data.Dialog), &form) == nil {
			p.forms = append(p.forms, form)
		}
	case e.Event == "ephemeral_message" || e.Event == "posted" && e.Data.ChannelType == "D":
		var post model.Post
		if json.Unmarshal([]byte(e.Data.Post), &post) == nil && (post.UserId != p.id || e.Event == "ephemeral_message") {
			p.private = append(p.private, &post)
		}
	}
}

// told waits for the next private words like these, and gives the post.
func (p *mmPerson) told(l *liveProgram, words string) (got *model.Post) {
	p.Helper()
	l.until(fmt.Sprintf("%s to be told %q; told: %s", p.name, words, p.heard()), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := p.read; i < len(p.private); i++ {
			if strings.Contains(p.private[i].Message, words) {
				got, p.read = p.private[i], i+1
				return true
			}
		}
		return false
	})
	return got
}

func (p *mmPerson) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, post := range p.private {
		all = append(all, post.Message)
	}
	return strings.Join(all, "\n--\n")
}

// types gives a slash command in a room.
func (p *mmPerson) types(room, line string) {
	p.Helper()
	p.does("POST", "/commands/execute", map[string]string{"channel_id": room, "team_id": p.team, "command": line}, nil)
}

// says posts a message, in a thread when there is one.
func (p *mmPerson) says(room, thread, words string) (id string) {
	p.Helper()
	var post model.Post
	p.does("POST", "/posts", map[string]string{"channel_id": room, "root_id": thread, "message": words}, &post)
	return post.Id
}

func (p *mmPerson) edits(id, words string) {
	p.Helper()
	p.does("PUT", "/posts/"+id+"/patch", map[string]string{"message": words}, nil)
}

func (p *mmPerson) deletes(id string) {
	p.Helper()
	p.does("DELETE", "/posts/"+id, nil, nil)
}

func (p *mmPerson) reacts(id, emoji string) {
	p.Helper()
	p.does("POST", "/reactions", map[string]string{"user_id": p.id, "post_id": id, "emoji_name": emoji}, nil)
}

// presses a button of a post by its label.
func (p *mmPerson) presses(on *model.Post, label string) {
	p.Helper()
	for _, a := range on.Attachments() {
		for _, action := range a.Actions {
			if action.Name == label {
				p.does("POST", "/posts/"+on.Id+"/actions/"+action.Id, map[string]string{"cookie": action.Cookie}, nil)
				return
			}
		}
	}
	p.Fatalf("%q has no button %q", on.Message, label)
}

// fills waits for a form and sends it off; errs is what it says to that.
func (p *mmPerson) fills(l *liveProgram, room string, values map[string]any) (errs map[string]string) {
	p.Helper()
	var form model.OpenDialogRequest
	l.until("a form for "+p.name, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.forms) == 0 {
			return false
		}
		form = p.forms[len(p.forms)-1]
		return true
	})
	submission := map[string]any{} // as the page does: what it shows, unless it is changed
	for _, e := range form.Dialog.Elements {
		if e.Default != "" {
			submission[e.Name] = e.Default
		}
		if e.Type == "bool" {
			submission[e.Name] = e.Default == "true"
		}
		if e.MultiSelect && e.Default != "" {
			submission[e.Name] = strings.Split(e.Default, ",")
		}
	}
	maps.Copy(submission, values)
	var answer model.SubmitDialogResponse
	p.does("POST", "/actions/dialogs/submit", model.SubmitDialogRequest{URL: form.URL, CallbackId: form.Dialog.CallbackId, State: form.Dialog.State,
		UserId: p.id, ChannelId: room, TeamId: p.team, Submission: submission}, &answer)
	if len(answer.Errors) == 0 && answer.Error == "" {
		p.mu.Lock()
		p.forms = nil
		p.mu.Unlock()
	}
	return answer.Errors
}

// sees is what stands in a room, oldest first.
func (p *mmPerson) sees(room string) []*model.Post {
	p.Helper()
	var list model.PostList
	if p.asks("GET", "/channels/"+room+"/posts?per_page=200", nil, &list) != nil {
		return nil // the server may be on its way back
	}
	var all []*model.Post
	for _, id := range list.Order {
		all = append(all, list.Posts[id])
	}
	slices.Reverse(all)
	return all
}

// finds waits for a post with these words, and gives the newest.
func (p *mmPerson) finds(l *liveProgram, room, words string) (got *model.Post) {
	p.Helper()
	l.within(3*patience, fmt.Sprintf("%q in the room", words), func() bool {
		for _, post := range p.sees(room) {
			if strings.Contains(post.Message, words) {
				got = post
			}
		}
		return got != nil
	})
	return got
}
