package mattermost

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"datahour/bot"
)

// sinceAtMost is how many changed posts the server gives at once; of more it
// gives any.
const sinceAtMost = 1000

// History hands in what people wrote, edited, deleted and reacted with since an
// instant: each message as it is now. What was taken away again, a reaction
// removed while nobody listened, cannot be known.
func (c *Chat) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	channel, err := c.channelID(ctx, room)
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", room, err)
	}
	if _, err := c.identify(ctx); err != nil {
		return err
	}
	posts, err := c.changedSince(ctx, channel, since)
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", room, err)
	}
	for _, p := range posts {
		all, err := c.past(ctx, p)
		if err != nil {
			return fmt.Errorf("reading the history of %s: %w", room, err)
		}
		for _, in := range all {
			if err := hear(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedSince gives the posts that were made, edited, deleted or reacted to
// since an instant, the oldest first.
func (c *Chat) changedSince(ctx context.Context, channel string, since time.Time) ([]posted, error) {
	from := since.UnixMilli()
	var changed postList
	path := "/channels/" + url.PathEscape(channel) + "/posts?"
	// The server gives what is strictly later.
	if err := c.call(ctx, http.MethodGet, fmt.Sprintf("%ssince=%d", path, max(0, from-1)), nil, &changed); err != nil {
		return nil, err
	}
	found := map[string]posted{}
	for _, p := range changed.Posts {
		found[p.ID] = p
	}
	if len(changed.Posts) >= sinceAtMost { // perhaps not all: the rest page by page
		for before, more := "", true; more; {
			var list postList
			query := url.Values{"per_page": {fmt.Sprint(perPage)}}
			if before != "" {
				query.Set("before", before)
			}
			if err := c.call(ctx, http.MethodGet, path+query.Encode(), nil, &list); err != nil {
				return nil, err
			}
			more = len(list.Order) >= perPage
			for _, id := range list.Order {
				p := list.Posts[id]
				if _, known := found[id]; !known {
					found[id] = p
				}
				before = id
				more = more && p.CreateAt >= from
			}
		}
	}
	var out []posted
	for _, p := range found {
		if p.UpdateAt >= from { // the first posts of threads come unasked
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b posted) int { return cmp.Or(cmp.Compare(a.CreateAt, b.CreateAt), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// past says a post of the history in the core's words.
func (c *Chat) past(ctx context.Context, p posted) ([]bot.Inbound, error) {
	said, err := c.message(ctx, p, "posted")
	if err != nil || said.Kind == "" {
		return nil, err
	}
	all := []bot.Inbound{said}
	if said.Kind == bot.Deleted {
		return all, nil
	}
	if p.EditAt != 0 {
		edited, err := c.message(ctx, p, "post_edited")
		if err != nil {
			return nil, err
		}
		all = append(all, edited)
	}
	for _, r := range p.Metadata.Reactions {
		r.PostID = p.ID
		in, err := c.reacted(ctx, p.ChannelID, r, bot.Reacted)
		if err != nil {
			return nil, err
		}
		if in.Kind != "" {
			in.Thread = said.Thread
			all = append(all, in)
		}
	}
	return all, nil
}
