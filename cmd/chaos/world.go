//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datahour/adapters/playground/world"
)

// worldClient acts for people in the playground and reads what they can read.
// Its calls and their JSON are described in adapters/playground/world/API.md.
type worldClient struct {
	url  string
	http *http.Client
}

func newWorldClient(url string) *worldClient {
	return &worldClient{url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
}

func (w *worldClient) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, w.url+path, body)
	if err != nil {
		return err
	}
	answer, err := w.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// said is what the world answers to something written.
type said struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

func (w *worldClient) say(as, room, thread, text string) (said, error) {
	var out said
	err := w.call(context.Background(), "POST", "/api/say", map[string]any{"as": as, "room": room, "thread": thread, "text": text}, &out)
	return out, err
}

func (w *worldClient) edit(as, message, text string) error {
	return w.call(context.Background(), "POST", "/api/edit", map[string]any{"as": as, "message": message, "text": text}, nil)
}

func (w *worldClient) remove(as, message string) error {
	return w.call(context.Background(), "POST", "/api/delete", map[string]any{"as": as, "message": message}, nil)
}

func (w *worldClient) react(as, message, mark string) error {
	return w.call(context.Background(), "POST", "/api/react", map[string]any{"as": as, "message": message, "name": mark}, nil)
}

func (w *worldClient) command(as, room, text string) (world.Outcome, error) {
	var out world.Outcome
	err := w.call(context.Background(), "POST", "/api/command", map[string]any{"as": as, "room": room, "text": text}, &out)
	return out, err
}

func (w *worldClient) press(as, message, button string) (world.Outcome, error) {
	var out world.Outcome
	err := w.call(context.Background(), "POST", "/api/press", map[string]any{"as": as, "message": message, "button": button}, &out)
	return out, err
}

// now is the time on the bot's clock, as the world was last told.
func (w *worldClient) now() (time.Time, error) {
	var out struct{ Now time.Time }
	err := w.call(context.Background(), "GET", "/api/clock", nil, &out)
	return out.Now, err
}

// connected tells whether a bot listens on both platforms.
func (w *worldClient) connected() bool {
	var platforms []struct{ Connected bool }
	err := w.call(context.Background(), "GET", "/api/platforms", nil, &platforms)
	return err == nil && len(platforms) == 2 && platforms[0].Connected && platforms[1].Connected
}

// room reads all of a room, oldest first, with the private posts of as.
func (w *worldClient) room(room, as string) ([]world.Post, error) {
	return w.roomAfter(room, as, "")
}

func (w *worldClient) roomAfter(room, as, after string) ([]world.Post, error) {
	var all []world.Post
	for {
		var out struct{ Posts []world.Post }
		path := "/api/rooms/" + url.PathEscape(room) + "?max=1000&as=" + url.QueryEscape(as) + "&after=" + url.QueryEscape(after)
		if err := w.call(context.Background(), "GET", path, nil, &out); err != nil {
			return nil, err
		}
		all = append(all, out.Posts...)
		if len(out.Posts) < 1000 {
			return all, nil
		}
		after = out.Posts[len(out.Posts)-1].ID
	}
}

// standing are the bot's own posts in a room, those under keys that the feature
// of hours uses, deleted and private ones left out.
func standing(posts []world.Post) []world.Post {
	var out []world.Post
	for _, p := range posts {
		if p.By == world.BotID && p.Key != "" && p.Only == "" && !p.Deleted {
			out = append(out, p)
		}
	}
	return out
}

// words is all that a post says.
func words(p *world.Post) string {
	if p == nil {
		return ""
	}
	if p.Content == nil {
		return p.Text
	}
	lines := []string{p.Content.Title, p.Content.Text, p.Content.Small}
	for _, f := range p.Content.Fields {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return strings.Join(lines, "\n")
}

// answer is what an outcome tells the person, "" when it was left without one.
func answer(o world.Outcome) string {
	text := words(o.Post) + words(o.Update)
	for _, wrong := range o.Errors {
		text += wrong
	}
	return text
}
