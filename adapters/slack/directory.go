package slack

import (
	"cmp"
	"context"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

const (
	listPage     = 999              // as many as Slack gives at once: listing is limited to 20 calls a minute
	profileWait  = 2 * time.Second  // for asking about somebody new
	profileAgain = 10 * time.Minute // after Slack would not tell
)

// People lists the workspace's people: guests and people of shared channels too,
// who are members like any, but no apps and nobody who left.
func (c *Chat) People(ctx context.Context) ([]bot.Profile, error) {
	var all []bot.Profile
	for page := c.api.GetUsersPaginated(slackapi.GetUsersOptionLimit(listPage)); ; {
		err := read(ctx, func() error {
			next, err := page.Next(ctx)
			if err == nil {
				page = next
			}
			return err
		})
		if page.Done(err) {
			return all, nil
		}
		if err != nil {
			return nil, c.explain("listing people", err)
		}
		for _, u := range page.Users {
			if p, ok := c.keep(u); ok && !u.Deleted {
				all = append(all, p)
			}
		}
	}
}

// keep notes what Slack tells of a person; false for an app.
func (c *Chat) keep(u slackapi.User) (bot.Profile, bool) {
	if u.ID == "" || u.IsBot || u.ID == "USLACKBOT" {
		return bot.Profile{}, false
	}
	p := bot.Profile{User: c.userID(u.ID), Name: cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name), Zone: u.TZ}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.people[u.ID] = p
	return p, true
}

// profile is what is known of a person. Somebody new is asked about once.
func (c *Chat) profile(ctx context.Context, user string) (bot.Profile, bool) {
	c.mu.Lock()
	p, known := c.people[user]
	failed, tried := c.failing[user]
	c.mu.Unlock()
	if known {
		return p, true
	}
	if !isID(user) || tried && time.Since(failed) < profileAgain {
		return bot.Profile{}, false
	}
	ctx, stop := context.WithTimeout(ctx, profileWait)
	defer stop()
	u, err := c.api.GetUserInfoContext(ctx, user)
	if err == nil {
		if p, ok := c.keep(*u); ok {
			return p, true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing[user] = time.Now()
	return bot.Profile{}, false
}

// Rooms lists the channels in which the bot can post: public ones, which it joins
// when it is needed there, and private ones that it was invited to.
func (c *Chat) Rooms(ctx context.Context) ([]bot.RoomInfo, error) {
	all, err := c.channels(ctx, "public_channel", "private_channel")
	if codeOf(err) == "missing_scope" { // private rooms are left out where the app has no groups:read
		all, err = c.channels(ctx, "public_channel")
	}
	if err != nil {
		return nil, c.explain("listing rooms", err)
	}
	return all, nil
}

func (c *Chat) channels(ctx context.Context, kinds ...string) ([]bot.RoomInfo, error) {
	var all []bot.RoomInfo
	for cursor := ""; ; {
		var page []slackapi.Channel
		var next string
		err := read(ctx, func() (err error) {
			page, next, err = c.api.GetConversationsContext(ctx, &slackapi.GetConversationsParameters{Types: kinds, ExcludeArchived: true, Limit: listPage, Cursor: cursor})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, ch := range page {
			if !ch.IsArchived && (ch.IsMember || !ch.IsPrivate) {
				all = append(all, bot.RoomInfo{Room: bot.RoomID(c.platform + ":" + ch.ID), Name: "#" + ch.Name, Private: ch.IsPrivate})
			}
		}
		if next == "" {
			return all, nil
		}
		cursor = next
	}
}
