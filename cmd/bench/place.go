package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	storeredis "datahour/adapters/redis"
	"datahour/adapters/sqlite"
	"datahour/bot"
)

// place is where state is kept: SQLite files in a folder, or a Redis.
type place struct {
	dir string
	url string // of the Redis, "" for SQLite
}

func (p place) name() string {
	if p.url != "" {
		return "Redis"
	}
	return "SQLite"
}

// openPlaces makes the places that are named; stop ends what was started for them.
func openPlaces(dir string, names []string) (places []place, stop func(), err error) {
	stop = func() {}
	for _, name := range names {
		switch strings.TrimSpace(name) {
		case "sqlite":
			places = append(places, place{dir: dir})
		case "redis":
			var url string
			if url, stop, err = startRedis(filepath.Join(dir, "redis")); err != nil {
				return nil, nil, err
			}
			places = append(places, place{dir: dir, url: url})
		default:
			return nil, nil, fmt.Errorf("there is no store %q; there are sqlite and redis", name)
		}
	}
	return places, stop, nil
}

// fresh gives a new folder, for a file that nobody has written yet.
func (p place) fresh() (string, error) { return os.MkdirTemp(p.dir, "store-") }

// open opens an empty store. done closes it and removes what it kept.
func (p place) open(ctx context.Context) (store bot.Store, done func() error, err error) {
	if p.url != "" {
		store, err = storeredis.Open(ctx, storeredis.Options{URL: p.url, Community: "bench" + strconv.FormatInt(time.Now().UnixNano(), 36)})
		return store, func() error { return errors.Join(store.Close(), p.empty(ctx)) }, err
	}
	dir, err := p.fresh()
	if err != nil {
		return nil, nil, err
	}
	store, err = sqlite.Open(filepath.Join(dir, "datahour.db"))
	return store, func() error { return errors.Join(store.Close(), os.RemoveAll(dir)) }, err
}

// empty removes all that was kept in the database of a Redis.
func (p place) empty(ctx context.Context) error {
	o, err := redis.ParseURL(p.url)
	if err != nil {
		return err
	}
	client := redis.NewClient(o)
	return errors.Join(client.FlushDB(context.WithoutCancel(ctx)).Err(), client.Close())
}

// startRedis runs a redis-server of our own, as durable as README says one must
// be. It never rewrites its log: a rewrite would fall into one side of a round.
func startRedis(dir string) (url string, stop func(), err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, errors.New("redis-server is not here (Debian: apt-get install redis-server); -stores sqlite does without")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	socket := filepath.Join(dir, "socket")
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--databases", "2",
		"--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--maxmemory-policy", "noeviction")
	end, err := startAndWaitFor(server, "ready to accept connections")
	if err != nil {
		return "", nil, err
	}
	return "unix://" + socket, end, nil
}

// startAndWaitFor starts a program that ends with us at the latest, and waits
// until it prints a line with these words.
func startAndWaitFor(program *exec.Cmd, words string) (stop func(), err error) {
	dieWithUs(program)
	out, err := program.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := program.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program.Path), err)
	}
	stop = func() {
		_ = program.Process.Kill()
		_ = program.Wait() // it was killed: its status says nothing
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), words) {
			go func() { _, _ = io.Copy(io.Discard, out) }() // an unread pipe would stop it
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("%s ended before it was ready", filepath.Base(program.Path))
}

// running is a bot at work.
type running struct {
	*bot.Bot
	stop func() error
}

// run runs a bot until stop. Errors that it logs go to standard error.
func run(c bot.Config) (*running, error) {
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	b, err := bot.New(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop := func() error { cancel(); return <-ended }
	if err := until(10*time.Second, func() bool { return b.Ready() == nil }); err != nil {
		return nil, errors.Join(fmt.Errorf("waiting for the bot: %w", err), stop())
	}
	return &running{b, stop}, nil
}

// connected waits for every platform.
func (r *running) connected() error {
	err := until(10*time.Second, func() bool {
		return !slices.ContainsFunc(r.Connections(), func(c bot.Connection) bool { return c.State != "connected" })
	})
	if err != nil {
		return fmt.Errorf("waiting for the platforms: %w", err)
	}
	return nil
}

// until looks every millisecond whether something is so.
func until(patience time.Duration, so func() bool) error {
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("it was not so within %v", patience)
		}
	}
	return nil
}
