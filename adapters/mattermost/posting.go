package mattermost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/bot"
)

// Properties of our own, by which a post is found again.
const (
	propKey  = "datahour_key"
	propMark = "datahour_mark"
)

const (
	mostPages = 50              // of history that are read to find a post: 10,000 posts
	skew      = 2 * time.Minute // by which the server's clock may be behind ours
	triesKept = 10_000
)

// posted is a post of the server, as far as it matters here. As model.Post.
type posted struct {
	ID         string         `json:"id"`
	CreateAt   int64          `json:"create_at"` // milliseconds since 1970, as all of them
	UpdateAt   int64          `json:"update_at"`
	EditAt     int64          `json:"edit_at"`
	DeleteAt   int64          `json:"delete_at"`
	UserID     string         `json:"user_id"`
	ChannelID  string         `json:"channel_id"`
	RootID     string         `json:"root_id"`
	OriginalID string         `json:"original_id"` // of an old revision
	Message    string         `json:"message"`
	Type       string         `json:"type"`
	Props      map[string]any `json:"props"`
	Metadata   struct {
		Reactions []reaction `json:"reactions"`
	} `json:"metadata"`
}

// postList is how the server lists posts: the newest first in Order.
type postList struct {
	Order []string          `json:"order"`
	Posts map[string]posted `json:"posts"`
}

// outgoingPost is a post to be made.
type outgoingPost struct {
	Channel string         `json:"channel_id"`
	Root    string         `json:"root_id,omitempty"`
	Message string         `json:"message"`
	Props   map[string]any `json:"props,omitempty"`
	Pending string         `json:"pending_post_id,omitempty"`
}

// tries are the posts that may or may not have arrived: the server knows one by
// its pending id for some thirty seconds, and gives the first for the second.
type tries struct {
	mu    sync.Mutex
	since map[string]try
}

type try struct {
	mark, pending string
	began         time.Time // the first of them
	looked        bool      // for it, in vain: the next one is the same again
}

// begin gives the pending id of a post: that of the one in doubt when this is
// the same again.
func (t *tries) begin(of, mark, me string) (pending string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since == nil || len(t.since) > triesKept {
		t.since = map[string]try{}
	}
	current, known := t.since[of]
	if !known {
		current.began = time.Now()
	}
	if !current.looked || current.mark != mark {
		current.mark, current.pending = mark, me+":"+nonce()
	}
	current.looked = false
	t.since[of] = current
	return current.pending
}

func (t *tries) end(of string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.since, of)
}

// lookedFor notes that the post in doubt was not found.
func (t *tries) lookedFor(of string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if current, known := t.since[of]; known {
		current.looked = true
		t.since[of] = current
	}
}

func (t *tries) began(of string) (at time.Time, doubted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	current, doubted := t.since[of]
	return current.began, doubted
}

// Post shows a post, once. In a public room where the bot is not yet, it joins.
func (c *Chat) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	channel, err := c.channelID(ctx, room)
	if err != nil {
		return "", beforeSending(err)
	}
	if _, direct := room.Person(); !direct {
		if err := c.enter(ctx, channel); err != nil {
			return "", err
		}
	}
	r := c.render(ctx, p, c.placeFor(ctx, room, channel, key))
	of := fingerprint(channel, string(key))
	pending := c.tries.begin(of, mark, c.who().id)
	var answer posted
	body := outgoingPost{Channel: channel, Root: thread.Rest(), Message: r.Message, Props: r.props(key, mark), Pending: pending}
	err = c.send(ctx, http.MethodPost, "/posts", body, &answer)
	var send *bot.SendError
	if !errors.As(err, &send) || send.Outcome != bot.Unsure {
		c.tries.end(of)
	}
	if err == nil && answer.ID == "" {
		err = &bot.SendError{Outcome: bot.Unsure, Err: errors.New("the answer names no post")}
	}
	if err != nil {
		return "", threadGone(thread, err)
	}
	return bot.MessageID(c.id(answer.ID)), nil
}

// placeFor is the place of a post with a key: in direct messages there is one reader.
func (c *Chat) placeFor(ctx context.Context, room bot.RoomID, channel string, key bot.Key) place {
	if who, ok := room.Person(); ok {
		at := c.toPerson(ctx, channel, who.Rest())
		at.key = key
		return at
	}
	return c.toRoom(channel, key)
}

// beforeSending is for what went wrong before anything was sent.
func beforeSending(err error) error {
	out := &bot.SendError{Outcome: bot.NotSent, Err: err}
	var status *statusError
	if errors.As(err, &status) {
		out.RetryAfter = status.retry
		if status.code < 500 && status.code != http.StatusTooManyRequests && status.code != http.StatusUnauthorized {
			out.Outcome = bot.Refused
		}
	}
	return out
}

// threadGone: a thread whose first message was removed takes no more.
func threadGone(thread bot.MessageID, err error) error {
	var status *statusError
	if thread != "" && errors.As(err, &status) && status.code == http.StatusBadRequest && strings.Contains(status.name, "root_id") {
		return &bot.SendError{Outcome: bot.Gone, Err: err}
	}
	return err
}

// Edit changes a post of ours.
func (c *Chat) Edit(ctx context.Context, room bot.RoomID, id bot.MessageID, key bot.Key, mark string, p bot.Post) error {
	channel, err := c.channelID(ctx, room)
	if err != nil {
		return beforeSending(err)
	}
	r := c.render(ctx, p, c.placeFor(ctx, room, channel, key))
	err = c.send(ctx, http.MethodPut, "/posts/"+url.PathEscape(id.Rest())+"/patch", map[string]any{"message": r.Message, "props": r.props(key, mark)}, nil)
	return c.perhapsGone(ctx, id, err)
}

// Delete removes a post of ours.
func (c *Chat) Delete(ctx context.Context, _ bot.RoomID, id bot.MessageID) error {
	return c.perhapsGone(ctx, id, c.send(ctx, http.MethodDelete, "/posts/"+url.PathEscape(id.Rest()), nil, nil))
}

// perhapsGone tells a post that is gone from one that may not be changed: of a
// deleted one the server says 403 as well as 404.
func (c *Chat) perhapsGone(ctx context.Context, id bot.MessageID, err error) error {
	switch statusOf(err) {
	case http.StatusNotFound:
		return &bot.SendError{Outcome: bot.Gone, Err: err}
	case http.StatusForbidden, http.StatusBadRequest:
		var p posted
		look := c.call(ctx, http.MethodGet, "/posts/"+url.PathEscape(id.Rest()), nil, &p)
		if statusOf(look) == http.StatusNotFound || look == nil && p.DeleteAt != 0 {
			return &bot.SendError{Outcome: bot.Gone, Err: err}
		}
	}
	return err
}

// Find gives the posts of ours with this key. It reads the room's history back
// to before the send that is in doubt, or as far as is reasonable; when that is
// not far enough to be sure, it says so.
func (c *Chat) Find(ctx context.Context, room bot.RoomID, _ bot.MessageID, key bot.Key) ([]bot.Found, error) {
	channel, err := c.channelID(ctx, room)
	if err != nil {
		return nil, err
	}
	me, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	of := fingerprint(channel, string(key))
	began, doubted := c.tries.began(of)
	var found []posted
	before := ""
	for page := 0; ; page++ {
		if page == mostPages {
			if len(found) > 0 {
				break
			}
			return nil, fmt.Errorf("the post is not among the last %d of the room, and may be older", mostPages*perPage)
		}
		var list postList
		path := fmt.Sprintf("/channels/%s/posts?per_page=%d", url.PathEscape(channel), perPage)
		if before != "" {
			path += "&before=" + url.QueryEscape(before)
		}
		if err := c.call(ctx, http.MethodGet, path, nil, &list); err != nil {
			return nil, fmt.Errorf("looking for a post: %w", err)
		}
		oldest := int64(0)
		for _, id := range list.Order {
			p := list.Posts[id]
			oldest = p.CreateAt
			if p.UserID == me.id && p.DeleteAt == 0 && p.OriginalID == "" && p.Props[propKey] == string(key) {
				found = append(found, p)
			}
		}
		if len(list.Order) < perPage || doubted && oldest < began.Add(-skew).UnixMilli() {
			break
		}
		before = list.Order[len(list.Order)-1]
	}
	if len(found) > 0 {
		c.tries.end(of)
	} else {
		c.tries.lookedFor(of)
	}
	slices.SortStableFunc(found, func(a, b posted) int { return int(a.CreateAt - b.CreateAt) })
	var out []bot.Found
	for _, p := range found {
		mark, _ := p.Props[propMark].(string)
		out = append(out, bot.Found{ID: bot.MessageID(c.id(p.ID)), Mark: mark})
	}
	return out, nil
}
