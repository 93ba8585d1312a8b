package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/hours"
	"datahour/bot/my"
	"datahour/cmd/bench/floor"
)

const (
	saidEvery  = time.Second / 10
	putSize    = 600             // bytes of an event, as our pages send it for a message of some length
	stalledPer = 20              // one of so many stops reading
	followMost = 3 * time.Minute // for one crowd
)

// followersRound lets a crowd follow a live page while ten messages a second are
// said there: from Bot.Receive through the store and the log to each of them. The
// followers are a process of their own.
func followersRound(ctx context.Context, b *bench, at place) (err error) {
	crowd := floor.FollowOptions{Followers: b.messages / 2, Messages: min(100, max(10, b.messages/50))}
	hub, err := floor.NewHub(putSize)
	if err != nil {
		return err
	}
	bare, err := b.follow(ctx, crowd, func() (string, error) { return hub.URL, nil }, hub.Say)
	if err = errors.Join(err, hub.Close()); err != nil {
		return fmt.Errorf("the floor: %w", err)
	}
	live, err := b.openLive(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, live.close()) }()
	ours, err := b.follow(ctx, crowd, live.url, live.say)
	if err != nil {
		return err
	}
	crowd.From += crowd.Messages
	crowd.Stalled = max(1, crowd.Followers/stalledPer)
	stalled, err := b.follow(ctx, crowd, live.url, live.say)
	if err != nil {
		return fmt.Errorf("with some who stop reading: %w", err)
	}
	crowd.From += crowd.Messages
	crowd.Stalled, crowd.Followers = 0, max(1, crowd.Followers/100)
	crowd.Cut = true
	cut, err := b.follow(ctx, crowd, live.url, live.say)
	if err != nil {
		return fmt.Errorf("with connections that are cut: %w", err)
	}
	what := fmt.Sprintf("%d followers, 10 messages/s", b.messages/2)
	b.table.note(line{what + ": p99", at.name(), "ms", ratioAtMost(1.25)}, ms(bare.Latency.P99), ms(ours.Latency.P99))
	b.table.note(line{what + ": memory of each", at.name(), "KiB", oursAtMost(32)}, bare.each, ours.each)
	b.table.note(line{what + ": p99 with 5 % that stop reading, to without", at.name(), "ms", ratioAtMost(1.1)}, ms(ours.Latency.P99), ms(stalled.Latency.P99))
	b.table.note(line{"connections that are cut: reconnects", at.name(), "", target{}}, 0, float64(cut.Reconnects))
	b.table.note(line{"connections that are cut: gaps and repeats", at.name(), "", oursAtMost(0)}, 0, float64(cut.Gaps+cut.Repeats))
	return nil
}

// crowded is what a crowd saw, and what each of them cost the server.
type crowded struct {
	floor.Followed
	each float64 // KiB of heap and stacks
}

// follow lets a crowd follow a page while messages are said there. But for connections that are cut, it
// fails when anything is not delivered exactly once.
func (b *bench) follow(ctx context.Context, o floor.FollowOptions, url func() (string, error), say func(n int) error) (c crowded, err error) {
	ctx, stop := context.WithTimeout(ctx, followMost)
	defer stop()
	if o.URL, err = url(); err != nil {
		return c, err
	}
	asked, err := json.Marshal(o)
	if err != nil {
		return c, err
	}
	program, err := os.Executable()
	if err != nil {
		return c, err
	}
	crowd := exec.CommandContext(ctx, program)
	crowd.Env = append(os.Environ(), followEnv+"="+string(asked))
	crowd.Stderr = os.Stderr
	dieWithUs(crowd)
	told, err := crowd.StdoutPipe()
	if err != nil {
		return c, err
	}
	before := taken()
	if err := crowd.Start(); err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, crowd.Wait()) }()
	out := bufio.NewReader(told)
	if line, err := out.ReadString('\n'); err != nil {
		return c, fmt.Errorf("the followers did not connect: %q, %w", line, err)
	}
	c.each = (taken() - before) / float64(o.Followers) / 1024
	tick := time.NewTicker(saidEvery)
	defer tick.Stop()
	for n := range o.Messages {
		<-tick.C
		if err := say(o.From + n); err != nil {
			return c, err
		}
	}
	if err := json.NewDecoder(out).Decode(&c.Followed); err != nil {
		return c, fmt.Errorf("reading what the followers saw: %w", err)
	}
	if want := (o.Followers - o.Stalled) * o.Messages; !o.Cut && (c.Delivered != want || c.Gaps+c.Repeats > 0) {
		return c, fmt.Errorf("%d of %d were delivered, with %d gaps and %d repeats", c.Delivered, want, c.Gaps, c.Repeats)
	}
	return c, nil
}

// taken is what this process holds in heap and stacks, in bytes.
func taken() float64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

// followEnv makes this program be the followers instead.
const followEnv = "DATAHOUR_BENCH_FOLLOW"

// The followers are this program again, also when it is a test.
func init() {
	asked := os.Getenv(followEnv)
	if asked == "" {
		return
	}
	var o floor.FollowOptions
	err := json.Unmarshal([]byte(asked), &o)
	if err == nil {
		var f floor.Followed
		f, err = floor.Follow(context.Background(), o, func() { fmt.Println("ready") })
		err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(f))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "followers:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// liveHour is an hour under way, with its page served on loopback.
type liveHour struct {
	url   func() (string, error) // for somebody who has the page as it is now
	say   func(n int) error
	close func() error
}

func (b *bench) openLive(ctx context.Context, at place) (*liveHour, error) {
	store, _, err := b.keep(ctx, at)
	if err != nil {
		return nil, err
	}
	s := &scene{said: map[int]time.Time{}, lags: map[int]time.Duration{}}
	north, south := newChat("north", "data", s.arrived), newChat("south", "data-chat", s.arrived)
	s.running, err = run(bot.Config{Store: store, Chats: []bot.Chat{north, south}, PublicURL: "http://127.0.0.1",
		Features:   []bot.Feature{hours.New(), my.New(), community.New()},
		Organisers: map[string][]bot.UserID{"north": {"north:ada"}, "south": {"south:florence"}},
		Defaults:   bot.Community{Policy: bot.DefaultPolicy}})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if s.site, err = web.New(web.Options{Bot: s.Bot}); err != nil {
		return nil, errors.Join(err, s.stop(), store.Close())
	}
	server := &http.Server{Handler: s.site, ReadHeaderTimeout: 10 * time.Second}
	live := &liveHour{close: func() error {
		s.site.Close()
		return errors.Join(server.Close(), s.stop(), store.Close())
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		go server.Serve(listener)
		err = s.open(ctx, north, south)
	}
	if err != nil {
		return nil, errors.Join(err, live.close())
	}
	live.url = func() (string, error) {
		page, _, err := hours.Head(ctx, s.View(), s.id)
		return fmt.Sprintf("http://%s/hour/%s/live?after=%d", listener.Addr(), s.id, page.Upto), err
	}
	live.say = func(n int) error {
		who := speaker(2 * n % (speakers / 2)) // of those who agreed to be shown, the ones in the north
		_, err := s.Receive(ctx, bot.Inbound{ID: "live:" + strconv.Itoa(n), Kind: bot.Message, Room: roomOf(who), From: who, At: time.Now(), People: profile(who),
			Message: message(roomOf(who), n), Text: floor.Mark(n) + " We match them by hand, every quarter, and it takes two days; see https://example.org/how."})
		return err
	}
	return live, nil
}
