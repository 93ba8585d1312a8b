package main

import (
	"context"
	"strconv"
	"sync"

	"datahour/bot"
)

// chat is a platform that costs nothing and sets no limits, so that what is
// measured is ours. It keeps no more of a post than is needed to find it again.
type chat struct {
	platform string
	room     bot.RoomInfo
	arrived  func(bot.RoomID, bot.Post) // called for every post and edit

	mu    sync.Mutex
	count int
	found map[bot.Key][]bot.Found
}

func newChat(platform, room string, arrived func(bot.RoomID, bot.Post)) *chat {
	return &chat{platform: platform, room: bot.RoomInfo{Room: bot.RoomID(platform + ":" + room), Name: "#" + room}, arrived: arrived, found: map[bot.Key][]bot.Found{}}
}

// Platform implements bot.Chat.
func (c *chat) Platform() string { return c.platform }

// Run implements bot.Chat: the benchmark hands things in itself.
func (c *chat) Run(ctx context.Context, _ bot.Receive, gap func(bot.RoomID)) error {
	gap("") // it is connected
	<-ctx.Done()
	return ctx.Err()
}

// Post implements bot.Chat.
func (c *chat) Post(_ context.Context, room bot.RoomID, _ bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	c.arrived(room, p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	id := bot.MessageID(c.platform + ":p" + strconv.Itoa(c.count))
	c.found[key] = append(c.found[key], bot.Found{ID: id, Mark: mark})
	return id, nil
}

// Edit implements bot.Editor.
func (c *chat) Edit(_ context.Context, room bot.RoomID, _ bot.MessageID, _ bot.Key, _ string, p bot.Post) error {
	c.arrived(room, p)
	return nil
}

// Delete implements bot.Deleter.
func (c *chat) Delete(context.Context, bot.RoomID, bot.MessageID) error { return nil }

// Find implements bot.Finder.
func (c *chat) Find(_ context.Context, _ bot.RoomID, _ bot.MessageID, key bot.Key) ([]bot.Found, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found[key], nil
}

// Whisper implements bot.Whisperer.
func (c *chat) Whisper(context.Context, bot.RoomID, bot.UserID, bot.Post) error { return nil }

// Rooms implements bot.Directory.
func (c *chat) Rooms(context.Context) ([]bot.RoomInfo, error) { return []bot.RoomInfo{c.room}, nil }

// People implements bot.Directory.
func (c *chat) People(context.Context) ([]bot.Profile, error) { return nil, nil }
