package mattermost

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"datahour/bot"
)

// Where the bot is, and where it may not come back by itself: it has to know
// before it posts, since the server would let it post where it hears nothing.

// joined notes that the bot is in a room.
func (r *rooms) joined(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in[id] = true
	delete(r.left, id)
	r.moved()
}

// removed notes that somebody removed the bot from a room: it does not come back
// by itself then.
func (r *rooms) removed(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.in, id)
	r.left[id] = true
	r.moved()
}

// moved makes an answer on its way, to where the bot is, worth no more.
func (r *rooms) moved() {
	if r.doubts > 0 {
		r.doubts++
	}
}

// welcome notes that somebody calls the bot in a room, where it may be again then.
func (r *rooms) welcome(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.left, id)
}

// doubt notes that events were missed: the bot may be in other rooms than it knows.
func (r *rooms) doubt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts++
}

var (
	errLeft    = errors.New("somebody removed me from that room")
	errPrivate = errors.New("not in that private room: somebody has to invite me there")
)

// enter makes the bot a member of a public room before it posts there. The server
// lets a team admin post without being one, in private rooms too, and then tells
// it nothing of what is said, nor lets it edit.
func (c *Chat) enter(ctx context.Context, id string) error {
	if err := c.membership(ctx); err != nil {
		return beforeSending(err)
	}
	c.rooms.mu.Lock()
	in, left := c.rooms.in[id], c.rooms.left[id]
	c.rooms.mu.Unlock()
	if in {
		return nil
	}
	if left {
		return &bot.SendError{Outcome: bot.Refused, Err: errLeft}
	}
	ch, err := c.channel(ctx, id)
	switch {
	case statusOf(err) == http.StatusForbidden: // of private ones it is not even told what they are
		return &bot.SendError{Outcome: bot.Refused, Err: errPrivate}
	case err != nil:
		return beforeSending(err)
	case ch.Type != public:
		return &bot.SendError{Outcome: bot.Refused, Err: errPrivate}
	}
	if err := c.call(ctx, http.MethodPost, "/channels/"+url.PathEscape(id)+"/members", map[string]string{"user_id": c.who().id}, nil); err != nil {
		return beforeSending(err)
	}
	c.rooms.joined(id)
	return nil
}

// membership finds out where the bot was removed, or let in again, while it did
// not hear of it.
func (c *Chat) membership(ctx context.Context) error {
	for {
		c.rooms.mu.Lock()
		doubts := c.rooms.doubts
		c.rooms.mu.Unlock()
		if doubts == 0 {
			return nil
		}
		mine, err := c.mine(ctx)
		if err != nil {
			return err
		}
		c.rooms.settle(mine, doubts)
	}
}

// settle takes what was asked while there were so many doubts, unless there are
// others by now.
func (r *rooms) settle(mine []channel, doubts int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.doubts != doubts {
		return
	}
	before := r.in
	r.doubts, r.in = 0, map[string]bool{}
	for _, ch := range mine {
		r.in[ch.ID] = true
		delete(r.left, ch.ID)
	}
	for id := range before {
		if !r.in[id] {
			r.left[id] = true
		}
	}
}
