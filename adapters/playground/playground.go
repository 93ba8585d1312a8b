// Package playground is the chat adapter for the playground: two pretend
// platforms, North and South, in a small world that is served by package world,
// in this process or in another one.
//
// It speaks to the world over HTTP and a websocket alone, as it would with a
// real platform (world/API.md describes the words), so that whatever goes wrong
// between a bot and a platform can go wrong here too. Start with [New] and
// [Chat.Run]. It knows the core and the world's API, and nothing of features.
package playground

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"datahour/bot"
	"datahour/bot/wire"
)

// Platforms are the playground's two.
var Platforms = []string{"north", "south"}

// Options say where the world is.
type Options struct {
	URL    string // of the world: "http://127.0.0.1:8081"
	Token  string // "": the world's usual one
	Log    *slog.Logger
	Limits bot.Limits    // zero: DefaultLimits
	Ping   time.Duration // a socket that does not answer for so long is dead; 0: 10 s
}

// DefaultLimits are quick, and slow enough that a busy hour is combined.
var DefaultLimits = bot.Limits{RoomEvery: 25 * time.Millisecond, RoomBurst: 20, EditEvery: 250 * time.Millisecond}

// New connects nothing yet; it gives one Chat for each platform of the world.
func New(o Options) []bot.Chat {
	if o.Token == "" {
		o.Token = "playground"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Limits == (bot.Limits{}) {
		o.Limits = DefaultLimits
	}
	if o.Ping == 0 {
		o.Ping = 10 * time.Second
	}
	known := &people{names: map[bot.UserID]string{}}
	var chats []bot.Chat
	for _, p := range Platforms {
		chats = append(chats, &Chat{o: o, platform: p, base: strings.TrimRight(o.URL, "/") + "/bot/" + p,
			http: wire.New(o.Token, callWithin), people: known, holds: mostWaiting})
	}
	return chats
}

// Chat is one platform of the playground.
type Chat struct {
	o        Options
	platform string
	base     string
	http     *wire.Client
	people   *people
	holds    int // bytes of messages that may wait

	mu   sync.Mutex
	move func(ctx context.Context, to string) (time.Time, error)

	report func(error) // how the connection is
}

var _ interface {
	bot.Chat
	bot.Editor
	bot.Deleter
	bot.Finder
	bot.Whisperer
	bot.Directory
	bot.Historian
	bot.Registrar
	bot.Limiter
	bot.Clocked
	bot.Reporter
} = (*Chat)(nil)

// Platform is "north" or "south".
func (c *Chat) Platform() string { return c.platform }

// Limits are those of the options.
func (c *Chat) Limits() bot.Limits { return c.o.Limits }

// MoveClockBy keeps the core's way of moving the clock, for people who press on it.
func (c *Chat) MoveClockBy(move func(ctx context.Context, to string) (time.Time, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.move = move
}

// Report takes whom to tell how the connection is.
func (c *Chat) Report(report func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report = report
}

func (c *Chat) reports(trouble error) {
	c.mu.Lock()
	report := c.report
	c.mu.Unlock()
	if report != nil {
		report(trouble)
	}
}

// ShowClock tells the world the bot's time.
func (c *Chat) ShowClock(ctx context.Context, now time.Time) error {
	return c.call(ctx, http.MethodPut, "/clock", map[string]any{"now": now, "sent": time.Now()}, nil)
}

// Register makes the world offer the commands for completion.
func (c *Chat) Register(ctx context.Context, rows []bot.RowInfo) error {
	type command struct {
		Name       string `json:"name"`
		Arguments  string `json:"arguments,omitempty"`
		Summary    string `json:"summary"`
		Organisers bool   `json:"organisers,omitempty"`
	}
	var commands []command
	for _, r := range rows {
		commands = append(commands, command{Name: r.Name, Arguments: strings.TrimSpace(strings.TrimPrefix(r.Usage, r.Name)),
			Summary: r.Summary, Organisers: r.Who == bot.Organisers.String()})
	}
	return c.call(ctx, http.MethodPut, "/commands", map[string]any{"commands": commands}, nil)
}

// People lists everybody on the platform.
func (c *Chat) People(ctx context.Context) ([]bot.Profile, error) {
	var answer struct {
		Users []struct{ ID, Name string }
	}
	if err := c.call(ctx, http.MethodGet, "/users", nil, &answer); err != nil {
		return nil, err
	}
	var out []bot.Profile
	for _, u := range answer.Users {
		who := bot.UserID(c.id(u.ID))
		c.people.meet(who, u.Name)
		out = append(out, bot.Profile{User: who, Name: u.Name})
	}
	return out, nil
}

// Rooms lists the platform's rooms.
func (c *Chat) Rooms(ctx context.Context) ([]bot.RoomInfo, error) {
	var answer struct {
		Rooms []struct{ ID, Name string }
	}
	if err := c.call(ctx, http.MethodGet, "/rooms", nil, &answer); err != nil {
		return nil, err
	}
	var out []bot.RoomInfo
	for _, r := range answer.Rooms {
		out = append(out, bot.RoomInfo{Room: bot.RoomID(c.id(r.ID)), Name: r.Name})
	}
	return out, nil
}

// Post shows a post, once.
func (c *Chat) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	var answer struct{ ID string }
	err := c.send(ctx, http.MethodPost, "/posts", map[string]any{
		"room": room.Rest(), "thread": thread.Rest(), "key": string(key), "mark": mark, "post": c.render(p)}, &answer)
	if err != nil && thread != "" {
		err = unknownIsGone(err) // if it is the room that is gone, the core finds out next
	}
	if err != nil {
		return "", err
	}
	return bot.MessageID(c.id(answer.ID)), nil
}

// Edit changes a post of ours.
func (c *Chat) Edit(ctx context.Context, _ bot.RoomID, id bot.MessageID, _ bot.Key, mark string, p bot.Post) error {
	return unknownIsGone(c.send(ctx, http.MethodPatch, "/posts/"+url.PathEscape(id.Rest()), map[string]any{"mark": mark, "post": c.render(p)}, nil))
}

// Delete removes a post of ours.
func (c *Chat) Delete(ctx context.Context, _ bot.RoomID, id bot.MessageID) error {
	return unknownIsGone(c.send(ctx, http.MethodDelete, "/posts/"+url.PathEscape(id.Rest()), nil, nil))
}

// Whisper shows a post to one person.
func (c *Chat) Whisper(ctx context.Context, room bot.RoomID, to bot.UserID, p bot.Post) error {
	return c.send(ctx, http.MethodPost, "/whisper", map[string]any{"room": room.Rest(), "user": to.Rest(), "post": c.render(p)}, nil)
}

// Find gives the posts of ours with this key.
func (c *Chat) Find(ctx context.Context, room bot.RoomID, _ bot.MessageID, key bot.Key) ([]bot.Found, error) {
	var answer struct {
		Posts []struct{ ID, Mark string }
	}
	query := url.Values{"room": {room.Rest()}, "key": {string(key)}}
	if err := c.call(ctx, http.MethodGet, "/posts?"+query.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	var out []bot.Found
	for _, p := range answer.Posts {
		out = append(out, bot.Found{ID: bot.MessageID(c.id(p.ID)), Mark: p.Mark})
	}
	return out, nil
}

// id puts the platform before an id of the world; "" stays "".
func (c *Chat) id(rest string) string {
	if rest == "" {
		return ""
	}
	return c.platform + ":" + rest
}
