package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"datahour/bot"
)

// tell prints one address, and then in five lines what is configured, what is
// not, and what to do next.
func (in *installation) tell(ctx context.Context, t terminal) error {
	lines := []struct {
		about string
		words func(context.Context) (string, error)
	}{
		{"State", in.tellState}, {"Community", in.tellCommunity}, {"Pages", in.tellPages}, {"Chat", in.tellChat}, {"Next", in.tellNext},
	}
	if _, err := fmt.Fprintf(t.out, "Data Hour is at %s\n\n", in.front()); err != nil {
		return err
	}
	for _, l := range lines {
		words, err := l.words(ctx)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(t.out, "  %-10s %s\n", l.about, words); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(t.out)
	return err
}

// front is the address to open first.
func (in *installation) front() string {
	if url := in.playgroundURL(); url != "" {
		return url + "/"
	}
	return string(in.publicURL()) + "/"
}

func (in *installation) tellState(ctx context.Context) (string, error) {
	where := "in " + filepath.Clean(in.database()) + " (SQLite)"
	if in.Redis != "" {
		where = "in Redis at " + in.Redis.named()
	}
	if d, ok := in.store.(bot.Durability); ok {
		warning, err := d.Durability(ctx)
		if err != nil {
			return "", fmt.Errorf("asking how durable the store is: %w", err)
		}
		if warning != "" {
			in.log.Warn("acknowledged writes could be lost", "why", warning)
			return where + ", which could lose what it has acknowledged: " + warning, nil
		}
	}
	return where + ", and goes on where it was at the next start", nil
}

func (in *installation) tellCommunity(ctx context.Context) (string, error) {
	community, err := in.bot.Community(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the community's settings: %w", err)
	}
	words := community.Name + ", #" + community.Hashtag + ", " + community.Zone
	if in.Community == "" && !community.SetUp {
		words += fmt.Sprintf(", until it is set up: /%scommunity setup, or set %s_COMMUNITY, _HASHTAG and _TIMEZONE", in.Prefix, prefix)
	}
	return words, nil
}

func (in *installation) tellPages(context.Context) (string, error) {
	if in.PublicURL == "" && !in.Addr.local() {
		return fmt.Sprintf("their links lead to %s: set %s_PUBLIC_URL to the address that people use", in.publicURL(), prefix), nil
	}
	if in.publicURL().local() {
		return fmt.Sprintf("%s, for this machine alone: set %s_PUBLIC_URL to let others follow", in.publicURL(), prefix), nil
	}
	return fmt.Sprintf("%s, public", in.publicURL()), nil
}

func (in *installation) tellChat(context.Context) (string, error) {
	switch {
	case in.world != nil:
		return "a playground with two pretend platforms, North and South; neither Slack nor Mattermost is connected", nil
	case in.real():
		var names []string
		for _, chat := range in.chats {
			names = append(names, chat.Platform())
		}
		return strings.Join(names, ", ") + ": being connected; /" + string(in.Prefix) + "community status and /readyz tell how they are", nil
	case in.playing():
		return "the playground in another process at " + in.playgroundURL() + "; neither Slack nor Mattermost is connected", nil
	}
	return fmt.Sprintf("nothing is connected, and the playground is left out because others can come here (%s_ADDR, %[1]s_PUBLIC_URL)", prefix), nil
}

func (in *installation) tellNext(context.Context) (string, error) {
	connect := fmt.Sprintf("To connect Slack or Mattermost, name it in %s_SLACK or %[1]s_MATTERMOST: adapters/slack/README.md and adapters/mattermost/README.md walk through it.", prefix)
	switch {
	case in.playing():
		return "open the address, act as Ada, and type /" + string(in.Prefix) + "datahour new. " + connect, nil
	case in.real():
		return "invite the bot to a room, and type /" + string(in.Prefix) + "community setup there.", nil
	}
	return fmt.Sprintf("%s To try it now, leave both out, or use %s_ADDR=127.0.0.1:8080.", connect, prefix), nil
}
