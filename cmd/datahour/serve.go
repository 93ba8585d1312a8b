package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"datahour/adapters/playground"
	"datahour/adapters/playground/world"
	"datahour/adapters/web"
	"datahour/bot"
)

// stopWithin is the longest that stopping may take: less than the ten seconds
// after which Docker kills.
const stopWithin = 8 * time.Second

// settledAfter is when the memory that a start took, for reading what is left to
// do and rendering what has changed, goes back to the system. Nothing else that a
// bot does takes as much, and then it idles for days.
const settledAfter = 2 * time.Second

type serveCommand struct{}

// Run serves until ctx is done. It starts from the outside in (the address, the
// store, the bot) and stops from the inside out, so that the bot can still post
// what it has begun, and is still answered, when it stops.
func (serveCommand) Run(ctx context.Context, t terminal) error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	log := newLog(c, t)
	listener, err := listen(c.Addr)
	if err != nil {
		return err
	}
	c.Addr = c.Addr.on(listener)
	site := newSite(listener, log)
	failed := site.serve()

	in, err := open(ctx, c, log)
	if err != nil {
		err = errors.Join(err, site.close())
		if ctx.Err() != nil {
			return nil // stopped while it waited for the store
		}
		return err
	}
	site.show(in.handler())
	if err := in.tell(ctx, t); err != nil {
		log.Warn("what is configured could not be told", "err", err)
	}
	settled := time.AfterFunc(settledAfter, debug.FreeOSMemory)
	defer settled.Stop()
	err = in.run(ctx, failed)
	if errors.Is(err, errStuck) {
		return err // whatever hangs would hang closing too; the store needs no closing to be whole
	}
	err = errors.Join(err, in.closeWorld(), site.close())
	in.pages.Close() // what it reads from the store ends before the store does
	return errors.Join(err, in.store.Close())
}

// installation is everything behind the address.
type installation struct {
	config
	log   *slog.Logger
	store bot.Store
	world *world.World // the playground inside; nil when there is none
	bot   *bot.Bot
	pages *web.Site
	chats []bot.Chat
}

// open ties everything together. Nothing is connected yet.
func open(ctx context.Context, c config, log *slog.Logger) (*installation, error) {
	in := &installation{config: c, log: log}
	var err error
	if in.store, err = openStore(ctx, c, log); err != nil {
		return nil, err
	}
	if err = in.openBot(ctx); err != nil {
		return nil, errors.Join(err, in.closeWorld(), in.store.Close())
	}
	return in, nil
}

func (in *installation) openBot(ctx context.Context) error {
	var offset time.Duration
	var err error
	if in.playgroundInside() {
		if in.world, err = openWorld(in.config, in.publicURL()); err != nil {
			return err
		}
	}
	if in.playing() {
		if offset, err = bot.ClockOffset(ctx, in.store); err != nil {
			return fmt.Errorf("reading how far the playground's clock was moved: %w", err)
		}
	}
	if in.chats, err = in.connectTo(ctx); err != nil {
		return err
	}
	parts := features()
	if in.LinkTitles == "yes" {
		readTitles(parts)
	}
	in.bot, err = bot.New(bot.Config{
		Store:      in.store,
		Chats:      in.chats,
		Features:   parts,
		Clock:      bot.NewClock(offset),
		Log:        in.log,
		Defaults:   bot.Community{Name: string(in.Community), Hashtag: string(in.Hashtag), Zone: string(in.Timezone), Policy: bot.DefaultPolicy},
		Organisers: in.organisers(),
		PublicURL:  string(in.publicURL()),
		Erased:     erasedFile{in.config},
		Prefix:     string(in.Prefix),
		Pace:       in.Pace,
	})
	if err != nil {
		return fmt.Errorf("tying everything together: %w", err)
	}
	options := web.Options{Bot: in.bot, Log: in.log, Version: versionName()}
	for _, part := range parts {
		if d, ok := part.(web.Diarist); ok {
			options.Diaries = append(options.Diaries, d)
		}
	}
	if in.world != nil {
		options.Playground = "/playground/"
	}
	if in.pages, err = web.New(options); err != nil {
		return fmt.Errorf("making the pages: %w", err)
	}
	return nil
}

// playgroundInside tells whether the playground is part of this process: when no
// other and no real platform is named, and when nobody but this machine is meant to come. The world
// refuses others by itself, but a proxy in front would look like this machine.
func (c config) playgroundInside() bool {
	return c.Playground == "" && !c.real() && c.Addr.local() && c.PublicURL.local()
}

// playing tells whether the bot plays, rather than serves real platforms.
func (c config) playing() bool { return c.playgroundURL() != "" }

// playgroundURL is where the playground's world is, "" when there is none.
func (c config) playgroundURL() string {
	switch {
	case c.Playground != "":
		return string(c.Playground)
	case c.playgroundInside():
		return "http://" + c.Addr.dialled() + "/playground"
	}
	return ""
}

// publicURL is where people read the public pages.
func (c config) publicURL() webAddress {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return webAddress("http://" + c.Addr.dialled())
}

// connectTo makes the platforms: the real ones, else those of the playground.
func (in *installation) connectTo(ctx context.Context) ([]bot.Chat, error) {
	if url := in.playgroundURL(); url != "" {
		return playground.New(playground.Options{URL: url, Log: in.log}), nil
	}
	buttons, err := bot.Secret(ctx, in.store, "buttons")
	if err != nil {
		return nil, err
	}
	return in.realChats(in.log, buttons)
}

func (in *installation) organisers() map[string][]bot.UserID {
	if in.Organiser == nil && in.playing() {
		return playgroundOrganisers()
	}
	return in.named()
}

// handler is what the address serves.
func (in *installation) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", in.pages)
	if in.world != nil {
		mux.Handle("/playground/", http.StripPrefix("/playground", in.world.Handler()))
	}
	mountPlatforms(mux, in.config, in.chats)
	return mux
}

var errStuck = errors.New("stopping took too long and was given up; what was not finished goes on at the next start")

// run runs the bot until ctx is done, it fails, or the address does.
func (in *installation) run(ctx context.Context, failed <-chan error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- in.bot.Run(running) }()
	var cause error
	select {
	case err := <-ended:
		if ctx.Err() != nil {
			return nil
		}
		return err
	case cause = <-failed:
	case <-ctx.Done():
		in.log.Info("stopping; again at once stops without finishing")
	}
	stop()
	limit := time.NewTimer(stopWithin)
	defer limit.Stop()
	select {
	case err := <-ended:
		if errors.Is(err, context.Canceled) {
			err = nil // it was still standing by
		}
		return errors.Join(cause, err)
	case <-limit.C:
		return errors.Join(cause, errStuck)
	}
}

func (in *installation) closeWorld() error {
	if in.world == nil {
		return nil
	}
	return in.world.Close()
}
