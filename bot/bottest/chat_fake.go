package bottest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/bot"
)

// Chat is a bot.Chat in memory with every power, for tests of the core and of
// features. Rooms come to be when they are first named. It goes wrong only when
// told to: see Next and Misbehave.
type Chat struct {
	platform string
	limits   bot.Limits
	now      func() time.Time // the platform's clock

	mu       sync.Mutex
	receive  bot.Receive // nil while nobody is connected
	gap      func(bot.RoomID)
	rooms    []bot.RoomInfo
	removed  map[bot.RoomID]bool
	people   map[bot.UserID]bot.Profile
	order    []bot.UserID
	posts    []*Posted
	whispers []Posted
	past     []bot.Inbound // what people said, edited, deleted, in order
	commands []bot.RowInfo
	count    int
	faults
}

// Posted is a post of the bot's as it stands on the platform.
type Posted struct {
	bot.Post
	ID     bot.MessageID
	Room   bot.RoomID
	Thread bot.MessageID
	Key    bot.Key
	Mark   string
	To     bot.UserID // of a whisper
	At     time.Time
	Edits  int // how often it was edited
}

// NewChat gives an empty platform with the room "data" (shown as #data).
func NewChat(platform string) *Chat {
	c := &Chat{platform: platform, now: time.Now, removed: map[bot.RoomID]bool{}, people: map[bot.UserID]bot.Profile{}}
	c.AddRoom(bot.RoomInfo{Room: bot.RoomID(platform + ":data"), Name: "#data"})
	return c
}

// AddRoom makes a room known, or known under another name.
func (c *Chat) AddRoom(info bot.RoomInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addRoom(info)
}

func (c *Chat) addRoom(info bot.RoomInfo) {
	i := slices.IndexFunc(c.rooms, func(r bot.RoomInfo) bool { return r.Room == info.Room })
	if i < 0 {
		c.rooms = append(c.rooms, info)
	} else {
		c.rooms[i] = info
	}
}

// RemoveRoom makes a room one that takes no posts: each is refused.
func (c *Chat) RemoveRoom(room bot.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed[room] = true
	c.rooms = slices.DeleteFunc(c.rooms, func(r bot.RoomInfo) bool { return r.Room == room })
}

// AddPerson makes a person known.
func (c *Chat) AddPerson(p bot.Profile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addPerson(p)
}

func (c *Chat) addPerson(p bot.Profile) {
	if _, there := c.people[p.User]; !there {
		c.order = append(c.order, p.User)
	}
	c.people[p.User] = p
}

// profile is that of a person, who is made known as "Ada" when new as "ada".
func (c *Chat) profile(u bot.UserID) bot.Profile {
	p, there := c.people[u]
	if !there {
		name := u.Rest()
		p = bot.Profile{User: u, Name: strings.ToUpper(name[:1]) + name[1:]}
		c.addPerson(p)
	}
	return p
}

// Limit sets the rates that the platform tells. Call it before the bot is made.
func (c *Chat) Limit(l bot.Limits) { c.limits = l }

// Posts are the bot's posts that stand in a room, oldest first.
func (c *Chat) Posts(room bot.RoomID) []Posted {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Posted
	for _, p := range c.posts {
		if p.Room == room {
			all = append(all, *p)
		}
	}
	return all
}

// Whispers are all that were shown to a person alone, in whichever room.
func (c *Chat) Whispers(to bot.UserID) []Posted {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Posted
	for _, p := range c.whispers {
		if p.To == to {
			all = append(all, p)
		}
	}
	return all
}

// Commands are those that were registered.
func (c *Chat) Commands() []bot.RowInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commands
}

// RemovePost removes a post of the bot's, as a moderator of the platform does.
func (c *Chat) RemovePost(id bot.MessageID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts = slices.DeleteFunc(c.posts, func(p *Posted) bool { return p.ID == id })
}

func (c *Chat) newID() bot.MessageID {
	c.count++
	return bot.MessageID(fmt.Sprintf("%s:m%d", c.platform, c.count))
}

func (c *Chat) post(id bot.MessageID) *Posted {
	for _, p := range c.posts {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Platform implements bot.Chat.
func (c *Chat) Platform() string { return c.platform }

// Limits implements bot.Limiter.
func (c *Chat) Limits() bot.Limits { return c.limits }

// Run implements bot.Chat. Like every adapter that cannot know what was said
// before it was connected, it reports a gap first.
func (c *Chat) Run(ctx context.Context, r bot.Receive, gap func(bot.RoomID)) error {
	c.mu.Lock()
	c.receive, c.gap = r, gap
	c.mu.Unlock()
	gap("")
	<-ctx.Done()
	c.mu.Lock()
	c.receive, c.gap = nil, nil
	c.mu.Unlock()
	return ctx.Err()
}

var errNotConnected = errors.New("nobody is connected")

// Hand gives the bot one thing that a person did, as it is.
func (c *Chat) Hand(ctx context.Context, in bot.Inbound) (bot.Reply, error) {
	c.mu.Lock()
	receive := c.receive
	c.mu.Unlock()
	if receive == nil {
		return bot.Reply{}, errNotConnected
	}
	return receive(ctx, in)
}

// Post implements bot.Chat.
func (c *Chat) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	var id bot.MessageID
	err := c.call(ctx, Call{Do: "post", Room: room, Key: key, Mark: mark, Thread: thread}, func() error {
		if c.removed[room] {
			return &bot.SendError{Outcome: bot.Refused, Err: errors.New("no such room")}
		}
		id = c.newID()
		c.posts = append(c.posts, &Posted{Post: p, ID: id, Room: room, Thread: thread, Key: key, Mark: mark, At: c.now()})
		return nil
	})
	if err != nil { // and id may still come to be
		return "", err
	}
	return id, nil
}

// Edit implements bot.Editor.
func (c *Chat) Edit(ctx context.Context, room bot.RoomID, id bot.MessageID, key bot.Key, mark string, p bot.Post) error {
	return c.call(ctx, Call{Do: "edit", Room: room, Key: key, Mark: mark, ID: id}, func() error {
		stands := c.post(id)
		if stands == nil {
			return &bot.SendError{Outcome: bot.Gone, Err: errors.New("no such post")}
		}
		stands.Post, stands.Mark = p, mark
		stands.Edits++
		return nil
	})
}

// Delete implements bot.Deleter.
func (c *Chat) Delete(ctx context.Context, room bot.RoomID, id bot.MessageID) error {
	return c.call(ctx, Call{Do: "delete", Room: room, ID: id}, func() error {
		if c.post(id) == nil {
			return &bot.SendError{Outcome: bot.Gone, Err: errors.New("no such post")}
		}
		c.posts = slices.DeleteFunc(c.posts, func(p *Posted) bool { return p.ID == id })
		return nil
	})
}

// Find implements bot.Finder.
func (c *Chat) Find(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key) ([]bot.Found, error) {
	var found []bot.Found
	err := c.call(ctx, Call{Do: "find", Room: room, Key: key, Thread: thread}, func() error {
		for _, p := range c.posts {
			if p.Room == room && p.Thread == thread && p.Key == key {
				found = append(found, bot.Found{ID: p.ID, Mark: p.Mark})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Whisper implements bot.Whisperer.
func (c *Chat) Whisper(ctx context.Context, room bot.RoomID, to bot.UserID, p bot.Post) error {
	return c.call(ctx, Call{Do: "whisper", Room: room}, func() error {
		c.whispers = append(c.whispers, Posted{Post: p, ID: c.newID(), Room: room, To: to, At: c.now()})
		return nil
	})
}

// Rooms implements bot.Directory.
func (c *Chat) Rooms(ctx context.Context) ([]bot.RoomInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.rooms), ctx.Err()
}

// People implements bot.Directory.
func (c *Chat) People(ctx context.Context) ([]bot.Profile, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []bot.Profile
	for _, u := range c.order {
		all = append(all, c.people[u])
	}
	return all, ctx.Err()
}

// Register implements bot.Registrar.
func (c *Chat) Register(ctx context.Context, rows []bot.RowInfo) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands = slices.Clone(rows)
	return ctx.Err()
}

// History implements bot.Historian.
func (c *Chat) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	c.mu.Lock()
	past := slices.Clone(c.past)
	c.mu.Unlock()
	for _, in := range past {
		if in.Room != room || in.At.Before(since) {
			continue
		}
		if err := hear(in); err != nil {
			return err
		}
	}
	return ctx.Err()
}
