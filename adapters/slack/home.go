package slack

import (
	"context"
	"encoding/json"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

// homeOpened tells whose App Home was opened.
func homeOpened(raw json.RawMessage) (user string, ok bool) {
	var e event
	if json.Unmarshal(raw, &e) != nil || e.Type != "app_home_opened" || e.Tab != "home" {
		return "", false
	}
	user = word(e.User)
	return user, user != ""
}

// showHome publishes a person's App Home: the answers to the commands of
// Options.Home, one below the other. It is only ever a view of what is stored.
func (c *Chat) showHome(s *session, user string) {
	s.goes(func() {
		defer c.contain("showing the home", nil)
		ctx, stop := context.WithTimeout(s.ctx, answerWithin)
		defer stop()
		if err := c.publishHome(ctx, s, user); err != nil {
			c.log.Warn("the home was not shown", "err", wire.WithoutAddress(err))
		}
	})
}

func (c *Chat) publishHome(ctx context.Context, s *session, user string) error {
	var blocks []slackapi.Block
	for _, line := range c.o.Home {
		// No ID: looking again is another deed, and it changes nothing.
		in := bot.Inbound{Kind: bot.Command, Room: c.userID(user).Direct(), From: c.userID(user), At: time.Now(), Text: line, Direct: true}
		in.People = c.profiles(ctx, in)
		reply, err := s.hand(in)
		if err != nil {
			return err
		}
		if reply.Post == nil {
			continue
		}
		part, _, err := c.render(*reply.Post)
		if err != nil {
			return err
		}
		if len(blocks) > 0 {
			blocks = append(blocks, slackapi.NewDividerBlock())
		}
		blocks = append(blocks, part...)
	}
	blocks = blocks[:min(len(blocks), maxViewBlocks)]
	_, err := c.api.PublishViewContext(ctx, slackapi.PublishViewContextRequest{UserID: user,
		View: slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, Blocks: slackapi.Blocks{BlockSet: blocks}}})
	return err
}
