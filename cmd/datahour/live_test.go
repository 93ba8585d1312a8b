//go:build live

package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"datahour/bot"
)

// TestLiveRedis moves everything into a real Redis and out again. make live runs
// it; the keys are its own, and it removes them.
func TestLiveRedis(t *testing.T) {
	url := os.Getenv("LIVE_REDIS_URL")
	if url == "" {
		t.Fatal("LIVE_REDIS_URL is not set. Example: LIVE_REDIS_URL=redis://localhost:6379/0 make live")
	}
	c := defaults()
	if err := c.Redis.Decode(url); err != nil {
		t.Fatalf("LIVE_REDIS_URL: %v", err)
	}
	c.RedisKeys = namespace("live-" + strings.ToLower(rand.Text()))
	store, err := openStore(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeKeys(t, url, "{datahour:"+string(c.RedisKeys)+"}:*") })
	t.Cleanup(func() { store.Close() })
	warning, err := store.(bot.Durability).Durability(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if warning != "" {
		t.Errorf("how this server is set up: %s", warning)
	}
	whole := exported(t, each(everyKindOfItem()))
	if _, err := importFrom(t.Context(), store, strings.NewReader(whole), exportStart); err != nil {
		t.Fatal(err)
	}
	if exported(t, each(dumped(t, store))) != whole {
		t.Error("not the same after moving in and out")
	}
	goesOn(t, store)
}

func removeKeys(t *testing.T, url, pattern string) {
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Error(err)
		return
	}
	client := goredis.NewClient(options)
	defer client.Close()
	keys := client.Scan(context.Background(), 0, pattern, 1000).Iterator()
	for keys.Next(context.Background()) {
		if err := client.Unlink(context.Background(), keys.Val()).Err(); err != nil {
			t.Error(err)
		}
	}
	if err := keys.Err(); err != nil {
		t.Error(err)
	}
}
