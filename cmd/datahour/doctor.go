package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/adapters/redis"
	"datahour/adapters/sqlite"
	"datahour/bot"
	"datahour/bot/when"
)

// examineWithin is the longest that all questions together may take.
const examineWithin = time.Minute

type doctorCommand struct {
	JSON bool `name:"json" help:"Print one JSON object instead of a line for each check."`
}

// Run looks at everything that the bot needs and prints what it found. It changes
// nothing, and may run beside the bot: it opens no store, holds no lease,
// registers no command, and takes no event from anybody.
func (d doctorCommand) Run(ctx context.Context, t terminal) error {
	ctx, stop := context.WithTimeout(ctx, examineWithin)
	defer stop()
	checks := examine(ctx)
	count := map[bot.Verdict]int{}
	for _, c := range checks {
		count[c.Verdict]++
	}
	if err := d.print(t, checks, count[bot.Broken] == 0); err != nil {
		return err
	}
	if n := count[bot.Broken]; n > 0 {
		return fmt.Errorf("%d of %d checks found something wrong", n, len(checks))
	}
	return nil
}

func (d doctorCommand) print(t terminal, checks bot.Checks, well bool) error {
	if d.JSON {
		out := json.NewEncoder(t.out)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"ok": well, "checks": checks})
	}
	width := 0
	for _, c := range checks {
		width = max(width, len(c.About))
	}
	for _, c := range checks {
		line := c.Found
		if c.Do != "" {
			line += ". " + c.Do
		}
		if _, err := fmt.Fprintf(t.out, "%-8s %-*s  %s\n", c.Verdict, width, c.About, line); err != nil {
			return err
		}
	}
	return nil
}

// examine looks at everything that is configured.
func examine(ctx context.Context) bot.Checks {
	var checks bot.Checks
	c, err := readConfig()
	if err != nil {
		for _, problem := range problemsOf(err) {
			checks.Broken("settings", "docs/operations.md lists all settings.", "%s", strings.TrimSuffix(strings.TrimSpace(problem.Error()), "."))
		}
		return checks
	}
	checks.Fine("settings", "all can be read")
	checkZone(c, &checks)
	checkStore(ctx, c, &checks)
	running := checkRunning(ctx, c, &checks)
	checkPublic(ctx, c, running, &checks)
	checkPlatforms(ctx, c, &checks)
	return checks
}

// problemsOf takes the error of readConfig apart.
func problemsOf(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

func checkZone(c config, checks *bot.Checks) {
	zone, err := time.LoadLocation(string(c.Timezone))
	if err != nil { // checked when it was read
		checks.Broken("time zone", "Set TIMEZONE to a name such as Europe/London.", "%s is unknown", c.Timezone)
		return
	}
	checks.Fine("time zone", "%s, where it is %s", c.Timezone, when.Format(time.Now(), zone))
}

func checkStore(ctx context.Context, c config, checks *bot.Checks) {
	if c.Redis != "" {
		*checks = append(*checks, redis.Check(ctx, redis.Options{URL: string(c.Redis), Community: string(c.RedisKeys)})...)
	} else {
		*checks = append(*checks, sqlite.Check(c.database())...)
	}
	checkFolder(string(c.DataDir), c.Redis == "", checks)
}

// checkPlatforms asks all platforms side by side, and lists what each says in turn.
func checkPlatforms(ctx context.Context, c config, checks *bot.Checks) {
	if !c.real() {
		if c.playing() {
			checks.Fine("platforms", "a playground; neither Slack nor Mattermost is configured")
		} else {
			checks.Warn("platforms", "Name one in SLACK or MATTERMOST: adapters/slack/README.md and adapters/mattermost/README.md walk through it.", "none is configured")
		}
		return
	}
	chats, err := c.realChats(slog.New(slog.DiscardHandler), nil)
	if err != nil {
		checks.Broken("platforms", "Put right what it says.", "%v", err)
		return
	}
	found := make([]bot.Checks, len(chats))
	var all sync.WaitGroup
	for i, chat := range chats {
		all.Go(func() {
			if p, ok := chat.(interface {
				Check(context.Context) bot.Checks
			}); ok {
				found[i] = p.Check(ctx)
			}
			if p, ok := chat.(interface {
				CheckCallback(context.Context, string) bot.Checks
			}); ok && c.overHTTP(chat.Platform()) {
				found[i] = append(found[i], p.CheckCallback(ctx, string(c.publicURL())+"/slack/"+chat.Platform())...)
			}
		})
	}
	all.Wait()
	*checks = append(*checks, slices.Concat(found...)...)
	named := c.named()
	for _, chat := range chats {
		name := chat.Platform()
		if len(named[name]) > 0 {
			checks.Fine(name+": organisers", "%d named in the configuration", len(named[name]))
			continue
		}
		kind := "MATTERMOST"
		if slices.Contains(c.SlackNames, name) {
			kind = "SLACK"
		}
		checks.Warn(name+": organisers", fmt.Sprintf("Put somebody's id into %s_%s_%s_ORGANISERS.", prefix, kind, strings.ToUpper(name)),
			"none is named in the configuration: until one is, nobody there may schedule or set anything up")
	}
}

// overHTTP tells whether a Slack workspace is heard over HTTP.
func (c config) overHTTP(platform string) bool {
	i := slices.Index(c.SlackNames, platform)
	return i >= 0 && c.slack[i].AppToken == ""
}
