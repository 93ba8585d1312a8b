package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"datahour/adapters/slack"
	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/hours"
	"datahour/bot/my"
	"datahour/cmd/bench/floor"
)

const signingSecret = "bench"

// slackRound measures what adapters/slack costs: a slash command over the route
// that Slack calls, verified and stored before the answer; and a message that is
// carried from one workspace to another.
func slackRound(ctx context.Context, b *bench, at place) error {
	for _, connections := range commandConnections {
		o := floor.HTTPOptions{Connections: connections, Requests: b.commands, Secret: signingSecret}
		var bare, real floor.HTTPResult
		err := b.both(func() (err error) {
			if at.url != "" {
				bare, err = floor.RedisHTTP(ctx, at.url, o)
				return err
			}
			dir, err := at.fresh()
			if err != nil {
				return err
			}
			bare, err = floor.SQLiteHTTP(ctx, dir, o)
			return err
		}, func() (err error) {
			real, err = slackCommands(ctx, at, o)
			return err
		})
		if err != nil {
			return err
		}
		what := fmt.Sprintf("Slack command, verified and stored, %d connections", connections)
		b.table.note(line{what, at.name(), "/s", ratioAtLeast(0.75)}, bare.Rate, real.Rate)
		b.table.note(line{what + ": p99", at.name(), "ms", ratioAtMost(1.5)}, ms(bare.Latency.P99), ms(real.Latency.P99))
	}
	var bare, carried floor.Spread
	err := b.both(func() (err error) {
		bare, err = floor.SlackRelay(ctx, b.paced)
		return err
	}, func() (err error) {
		carried, err = slackCarry(ctx, at, b.paced)
		return err
	})
	if err != nil {
		return err
	}
	what := "a message carried between two Slack workspaces"
	b.table.note(line{what, at.name(), "ms", target{}}, ms(bare.P50), ms(carried.P50))
	b.table.note(line{what + ": beyond the workspaces' own time", at.name(), "ms", oursAtMost(10)}, 0, ms(carried.P50-bare.P50))
	return nil
}

// slackCommands serves a workspace's routes, as the program does, and loads them
// with signed commands.
func slackCommands(ctx context.Context, at place, o floor.HTTPOptions) (r floor.HTTPResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	workspace := floor.NewWorkspace(func(string, time.Time) {})
	defer workspace.Close()
	chat, err := slack.New(slack.Options{Name: "bench", BotToken: "xoxb-bench", SigningSecret: o.Secret, APIURL: workspace.URL})
	if err != nil {
		return r, err
	}
	bot, err := run(bot.Config{Store: store, Chats: []bot.Chat{chat}, Features: []bot.Feature{&feature{}}})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, bot.stop()) }()
	if err := bot.connected(); err != nil {
		return r, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	mux := http.NewServeMux()
	mux.Handle("/slack/bench/", http.StripPrefix("/slack/bench", chat.Routes()))
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: mux}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Shutdown(context.WithoutCancel(ctx)))
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}()
	r, err = floor.Load(ctx, "http://"+listener.Addr().String()+"/slack/bench/commands", o, func(request int) (string, http.Header) {
		body := floor.Command(request).Encode()
		return body, floor.Sign(body, o.Secret)
	})
	if err != nil {
		return r, err
	}
	return r, allStored(ctx, store, o.Requests)
}

// allStored is an error unless each command left its line, so that nothing
// unsaved is counted: Slack is answered with 200 in any case.
func allStored(ctx context.Context, store bot.Store, commands int) error {
	n := 0
	for after := bot.Seq(0); ; {
		entries, err := store.Read(ctx, "shared", after, 1000, 0)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		n += len(entries)
		after = entries[len(entries)-1].Seq
	}
	if n != commands {
		return fmt.Errorf("%d commands were answered and %d stored", commands, n)
	}
	return nil
}

// hurried is a workspace without rates, so that what is timed is ours.
type hurried struct{ *slack.Chat }

// Limits implements bot.Limiter.
func (hurried) Limits() bot.Limits { return bot.Limits{} }

// slackCarry holds an hour in two workspaces and times messages from when the one
// sends them until the other has them, one after the other.
func slackCarry(ctx context.Context, at place, messages int) (s floor.Spread, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, done()) }()
	posted := make(chan post, 100)
	north := floor.NewWorkspace(func(string, time.Time) {})
	south := floor.NewWorkspace(func(words string, at time.Time) { posted <- post{words, at} })
	defer north.Close()
	defer south.Close()
	var chats []bot.Chat
	for name, w := range map[string]*floor.Workspace{"north": north, "south": south} {
		chat, err := slack.New(slack.Options{Name: name, BotToken: "xoxb-bench", AppToken: "xapp-bench", APIURL: w.URL})
		if err != nil {
			return s, err
		}
		chats = append(chats, hurried{chat})
	}
	h := &scene{}
	if h.running, err = run(bot.Config{Store: store, Chats: chats, PublicURL: "http://127.0.0.1", Features: []bot.Feature{hours.New(), my.New(), community.New()},
		Organisers: map[string][]bot.UserID{"north": {"north:ada"}, "south": {"south:florence"}}, Defaults: bot.Community{Policy: bot.DefaultPolicy}}); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	if err := h.connected(); err != nil {
		return s, err
	}
	if err := h.openIn(ctx, bot.RoomInfo{Room: "north:C1", Name: "#data"}, bot.RoomInfo{Room: "south:C1", Name: "#data"}); err != nil {
		return s, err
	}
	took := make([]time.Duration, messages)
	for n := range took {
		words := fmt.Sprintf("m%dx We match them by hand, every quarter, and it takes two days", n)
		said, err := north.Say(ctx, "U1", words)
		if err != nil {
			return s, err
		}
		at, err := arrival(posted, words)
		if err != nil {
			return s, err
		}
		took[n] = at.Sub(said)
	}
	return floor.SpreadOf(took), nil
}

// post is what arrived in a workspace.
type post struct {
	words string
	at    time.Time
}

// arrival waits for a post with some words, and tells when it was there.
func arrival(posted <-chan post, words string) (time.Time, error) {
	late := time.After(10 * time.Second)
	for {
		select {
		case p := <-posted:
			if strings.Contains(p.words, words) {
				return p.at, nil
			}
		case <-late:
			return time.Time{}, fmt.Errorf("%q was not carried", words)
		}
	}
}
