package main

import (
	"bytes"
	"context"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"datahour/bot"
	"datahour/bot/bottest"
)

// outside is a store in Redis for a test in a bubble of testing/synctest, where
// time stands still while somebody waits for a network. So whatever is asked of
// it is done by goroutines outside, by the clock that Redis has too.
type outside struct {
	store bot.Store
	do    chan func()
	ready chan chan struct{} // for telling that it is done: of no bubble
}

// inRedis lets a test act in a bubble.
func inRedis(t *testing.T, url string, test func(t *testing.T, store *outside)) {
	t.Helper()
	store, err := openStore(t.Context(), config{Redis: redisAddress(url), RedisKeys: "test"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const side = 16 // at a time
	o := &outside{store: store, do: make(chan func()), ready: make(chan chan struct{}, side)}
	var workers sync.WaitGroup
	for range side {
		o.ready <- make(chan struct{})
		workers.Go(func() {
			for f := range o.do {
				f()
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { test(t, o) })
	close(o.do)
	workers.Wait()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func (o *outside) ask(f func(context.Context)) {
	done := <-o.ready
	o.do <- func() { f(context.Background()); done <- struct{}{} }
	<-done
	o.ready <- done
}

func (o *outside) Exclusive() {}

func (o *outside) Get(_ context.Context, keys ...string) (recs []bot.Record, err error) {
	o.ask(func(ctx context.Context) { recs, err = o.store.Get(ctx, keys...) })
	return recs, err
}

func (o *outside) List(_ context.Context, index, after string, max int) (recs []bot.Record, err error) {
	o.ask(func(ctx context.Context) { recs, err = o.store.List(ctx, index, after, max) })
	return recs, err
}

// Commit leaves deadlines out: Redis judges them by its own clock.
func (o *outside) Commit(_ context.Context, m bot.Moment, b bot.Batch) (rev bot.Rev, err error) {
	b.Deadline = time.Time{}
	o.ask(func(ctx context.Context) { rev, err = o.store.Commit(ctx, m, b) })
	return rev, err
}

func (o *outside) Due(_ context.Context, m bot.Moment, lease time.Duration, max int) (due []bot.Alarm, next time.Time, err error) {
	o.ask(func(ctx context.Context) { due, next, err = o.store.Due(ctx, m, lease, max) })
	return due, next, err
}

func (o *outside) Read(_ context.Context, log string, after bot.Seq, max int, _ time.Duration) (all []bot.Entry, err error) {
	o.ask(func(ctx context.Context) { all, err = o.store.Read(ctx, log, after, max, 0) })
	return all, err
}

func (o *outside) Scrub(context.Context) (err error) {
	o.ask(func(ctx context.Context) { err = o.store.(bot.Scrubber).Scrub(ctx) })
	return err
}

func (o *outside) Restore(_ context.Context, items iter.Seq2[bot.Item, error]) (err error) {
	o.ask(func(ctx context.Context) { err = o.store.(bot.Restorer).Restore(ctx, items) })
	return err
}

func (o *outside) Dump(context.Context) iter.Seq2[bot.Item, error] {
	var items []bot.Item
	var failed error
	o.ask(func(ctx context.Context) {
		for item, err := range o.store.(bot.Dumper).Dump(ctx) {
			items, failed = append(items, item), err
		}
	})
	return func(yield func(bot.Item, error) bool) {
		for _, item := range items {
			if !yield(item, failed) {
				return
			}
		}
	}
}

func (o *outside) Close() error { return nil }

// In Redis, whichever way one looks, and in its files nothing of her is left.
func TestNothingOfSomebodyErasedIsInRedis(t *testing.T) {
	dir, err := os.MkdirTemp("", "datahour-redis-")
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := runRedisIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	var before, after []string
	inRedis(t, url, func(t *testing.T, store *outside) {
		h := newPast(t, store, false)
		for i := range 4 * len(pastSteps) {
			h.do(pastSteps[i%len(pastSteps)], i, 7*i)
		}
		store.ask(func(context.Context) { before = append(inFiles(t, dir), inKeys(t, url)...) })
		h.forget()
		for _, wrong := range h.leftOf() {
			t.Error(wrong)
		}
		h.Advance(2 * time.Minute) // what is deleted is scrubbed
		h.StopBot()
	})
	waitForRewriting(t, url)
	after = append(inFiles(t, dir), inKeys(t, url)...)
	if len(before) < 2 {
		t.Errorf("before, only %q had anything of her", before)
	}
	for _, where := range after {
		t.Error("something of her is in " + where)
	}
}

// inFiles tells which files have any trace of her.
func inFiles(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, trace := range traces {
			if bytes.Contains(bytes.ToLower(raw), []byte(trace)) {
				found = append(found, path)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// inKeys tells which keys have any trace of her: all that Redis has, known to the
// store or not.
func inKeys(t *testing.T, url string) (found []string) {
	t.Helper()
	ctx := context.Background()
	client := client(t, url)
	defer client.Close()
	keys := client.Scan(ctx, 0, "*", 1000).Iterator()
	for keys.Next(ctx) {
		key := keys.Val()
		kind, err := client.Type(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		read, known := map[string][]any{
			"string": {"get", key}, "hash": {"hgetall", key}, "list": {"lrange", key, 0, -1},
			"set": {"smembers", key}, "zset": {"zrange", key, 0, -1}, "stream": {"xrange", key, "-", "+"},
		}[kind]
		if !known {
			t.Fatalf("%s is a %s", key, kind)
		}
		got, err := client.Do(ctx, read...).Result()
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(key + " " + written(got))
		for _, trace := range traces {
			if strings.Contains(text, trace) {
				found = append(found, key)
			}
		}
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// written is an answer of Redis with all that is in it.
func written(answer any) string {
	var all []string
	switch x := answer.(type) {
	case string:
		return x
	case []any:
		for _, part := range x {
			all = append(all, written(part))
		}
	case map[any]any:
		for key, value := range x {
			all = append(all, written(key), written(value))
		}
	}
	return strings.Join(all, " ")
}

func client(t *testing.T, url string) *goredis.Client {
	t.Helper()
	o, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return goredis.NewClient(o)
}

// waitForRewriting waits until Redis has written its file anew.
func waitForRewriting(t *testing.T, url string) {
	t.Helper()
	client := client(t, url)
	defer client.Close()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; <-again.C {
		info, err := client.Info(t.Context(), "persistence").Result()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("Redis goes on writing: %v\n%s", err, info)
		}
		if strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") {
			return
		}
	}
}

// A backup of Redis from before somebody was erased brings nobody back.
func TestABackupPutBackIntoRedisForgetsAgain(t *testing.T) {
	list := erasedFile{config{DataDir: folder(t.TempDir())}}
	url := startRedis(t)
	var backup []bot.Item
	inRedis(t, url, func(t *testing.T, store *outside) {
		h := newPast(t, store, false, list)
		h.do("name", 0, 0)
		h.do("say", 0, 0)
		h.do("mention", 2, 0)
		h.Command("web:v0", "web:page", `datahour visit `+h.hour+` "Zephyrine from the web" words="`+h.own()+`"`)
		h.StopBot()
		backup = dumped(t, store)
		h.StartBot()
		h.forget()
		h.Command("web:v0", "web:page", "datahour withdraw "+h.hour)
		h.Advance(time.Minute)
		h.StopBot()
	})
	empty := startRedis(t)
	var before []string
	inRedis(t, empty, func(t *testing.T, store *outside) {
		if err := store.Restore(t.Context(), each(backup)); err != nil {
			t.Fatal(err)
		}
		store.ask(func(context.Context) { before = inKeys(t, empty) })
		h := bottest.Start(t, bottest.Config{Features: features(), Store: store, Erased: list, Start: time.Date(2026, 11, 21, 13, 30, 0, 0, time.UTC)})
		h.Advance(time.Minute)
		h.StopBot()
	})
	if len(before) == 0 {
		t.Error("nothing of her is in the backup")
	}
	for _, key := range inKeys(t, empty) {
		t.Errorf("something of her is in %s", key)
	}
}
