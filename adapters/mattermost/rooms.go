package mattermost

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"datahour/bot"
)

// Kinds of channels, as the server writes them.
const (
	public  = "O"
	private = "P"
	direct  = "D"
)

// channel is what the server tells about a room. As model.Channel, as far as it
// matters here.
type channel struct {
	ID       string `json:"id"`
	Team     string `json:"team_id"` // "" of direct messages
	Type     string `json:"type"`
	Name     string `json:"name"` // of a direct one: the two people's ids with "__" between them
	DeleteAt int64  `json:"delete_at"`
}

// rooms are the channels that were met.
type rooms struct {
	mu     sync.Mutex
	byID   map[string]channel
	byName map[string]string // of the team's: ids; "" when there is none
	direct map[string]string // people's direct channels with the bot
	in     map[string]bool   // where the bot is a member, as far as is known
	left   map[string]bool   // where somebody removed the bot
	doubts int               // how often in and left may have become wrong; 0: they are right
}

func (r *rooms) init() {
	r.byID, r.byName, r.direct = map[string]channel{}, map[string]string{}, map[string]string{}
	r.in, r.left, r.doubts = map[string]bool{}, map[string]bool{}, 1
}

func (r *rooms) keep(ch channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.byID[ch.ID]; old.Name != ch.Name {
		delete(r.byName, old.Name)
	}
	r.byID[ch.ID] = ch
	if ch.Type != direct {
		r.byName[ch.Name] = ch.ID
	}
}

func (r *rooms) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byName, r.byID[id].Name)
	delete(r.byID, id)
	maps.DeleteFunc(r.byName, func(_, of string) bool { return of == "" }) // it may be called so now
}

// channel gives a room of the server.
func (c *Chat) channel(ctx context.Context, id string) (channel, error) {
	c.rooms.mu.Lock()
	ch, known := c.rooms.byID[id]
	c.rooms.mu.Unlock()
	if known {
		return ch, nil
	}
	if err := c.call(ctx, http.MethodGet, "/channels/"+url.PathEscape(id), nil, &ch); err != nil {
		return channel{}, fmt.Errorf("asking for a room: %w", err)
	}
	c.rooms.keep(ch)
	return ch, nil
}

// ours tells whether a room is of this team, or of direct messages. Somebody can
// have put the bot on other teams too, and all that it is in is told to it.
func (c *Chat) ours(ch channel) bool { return ch.Team == "" || ch.Team == c.who().team }

// roomOf is the core's name of a channel: of a direct one with the bot, the
// other person's.
func (c *Chat) roomOf(ch channel) bot.RoomID {
	if other, ok := c.with(ch); ok {
		return bot.UserID(c.id(other)).Direct()
	}
	return bot.RoomID(c.id(ch.ID))
}

// with tells whose direct channel with the bot this is.
func (c *Chat) with(ch channel) (person string, ok bool) {
	a, b, two := strings.Cut(ch.Name, "__")
	me := c.who().id
	switch {
	case !two || ch.Type != direct && ch.Type != "":
		return "", false
	case a == me:
		return b, true
	case b == me:
		return a, true
	}
	return "", false
}

// channelID is the channel of a room; a person's direct one is made when there
// is none yet.
func (c *Chat) channelID(ctx context.Context, room bot.RoomID) (string, error) {
	who, ok := room.Person()
	if !ok {
		return room.Rest(), nil
	}
	c.rooms.mu.Lock()
	id := c.rooms.direct[who.Rest()]
	c.rooms.mu.Unlock()
	if id != "" {
		return id, nil
	}
	me, err := c.identify(ctx)
	if err != nil {
		return "", err
	}
	var ch channel
	if err := c.call(ctx, http.MethodPost, "/channels/direct", []string{me.id, who.Rest()}, &ch); err != nil {
		return "", fmt.Errorf("opening direct messages: %w", err)
	}
	c.rooms.keep(ch)
	c.rooms.mu.Lock()
	defer c.rooms.mu.Unlock()
	c.rooms.direct[who.Rest()] = ch.ID
	return ch.ID, nil
}

// named gives the ids of the team's rooms with these names, as far as the bot
// can see them.
func (c *Chat) named(ctx context.Context, names []string) map[string]string {
	found := map[string]string{}
	for _, name := range names {
		c.rooms.mu.Lock()
		id, known := c.rooms.byName[name]
		c.rooms.mu.Unlock()
		if !known {
			var ch channel
			err := c.call(ctx, http.MethodGet, "/teams/"+url.PathEscape(c.who().team)+"/channels/name/"+url.PathEscape(name), nil, &ch)
			switch status := statusOf(err); {
			case err == nil:
				c.rooms.keep(ch)
				id = ch.ID
			case status == http.StatusNotFound || status == http.StatusForbidden || status == http.StatusBadRequest:
				c.rooms.mu.Lock()
				if len(c.rooms.byName) < mostKnown {
					c.rooms.byName[name] = ""
				}
				c.rooms.mu.Unlock()
			}
		}
		if id != "" {
			found[name] = id
		}
	}
	return found
}

// mine are the rooms of the team where the bot is.
func (c *Chat) mine(ctx context.Context) (mine []channel, err error) {
	me, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.call(ctx, http.MethodGet, "/users/me/teams/"+url.PathEscape(me.team)+"/channels", nil, &mine); err != nil {
		return nil, fmt.Errorf("listing rooms: %w", err)
	}
	return mine, nil
}

// Rooms lists the rooms of the team where the bot is, and the public ones, which
// it joins when it has something to post there.
func (c *Chat) Rooms(ctx context.Context) ([]bot.RoomInfo, error) {
	mine, err := c.mine(ctx)
	if err != nil {
		return nil, err
	}
	for page := 0; ; page++ {
		var more []channel
		err := c.call(ctx, http.MethodGet, fmt.Sprintf("/teams/%s/channels?per_page=%d&page=%d", url.PathEscape(c.who().team), perPage, page), nil, &more)
		if statusOf(err) == http.StatusForbidden {
			break // a guest sees only where it is
		}
		if err != nil {
			return nil, fmt.Errorf("listing public rooms: %w", err)
		}
		mine = append(mine, more...)
		if len(more) < perPage {
			break
		}
	}
	var out []bot.RoomInfo
	seen := map[string]bool{}
	for _, ch := range mine {
		if seen[ch.ID] || ch.DeleteAt != 0 || ch.Type != public && ch.Type != private {
			continue
		}
		seen[ch.ID] = true
		c.rooms.keep(ch)
		out = append(out, bot.RoomInfo{Room: bot.RoomID(c.id(ch.ID)), Name: "~" + ch.Name, Private: ch.Type == private})
	}
	return out, nil
}
