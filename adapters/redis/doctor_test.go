package redis

import (
	"slices"
	"strings"
	"testing"

	"datahour/bot"
)

// finds fails unless what was found about something is so, and says so.
func finds(t *testing.T, checks bot.Checks, about string, verdict bot.Verdict, words string) {
	t.Helper()
	i := slices.IndexFunc(checks, func(c bot.Check) bool { return c.About == "store: "+about })
	if i < 0 {
		t.Errorf("nothing was found about %s: %+v", about, checks)
	} else if c := checks[i]; c.Verdict != verdict || !strings.Contains(c.Found+" "+c.Do, words) {
		t.Errorf("%s: found %+v, want %s with %q", about, c, verdict, words)
	}
}

func TestCheck(t *testing.T) {
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--requirepass", "secret-word")
	url := strings.Replace(server.url(), "redis://", "redis://:secret-word@", 1)
	client := server.client()
	ctx := t.Context()
	if err := client.Do(ctx, "auth", "secret-word").Err(); err != nil {
		t.Fatal(err)
	}
	check := func(url string) bot.Checks {
		t.Helper()
		checks := Check(ctx, Options{URL: url, Community: "north"})
		for _, c := range checks {
			if strings.Contains(c.Found+c.Do, "secret-word") {
				t.Errorf("the password was told: %+v", c)
			}
		}
		return checks
	}
	checks := check(url)
	for about, words := range map[string]string{"Redis": "answers at 127.0.0.1", "data": "first start makes it", "durability": "on the disk", "memory": "MB used", "clock": "agrees"} {
		finds(t, checks, about, bot.Fine, words)
	}
	if n, err := client.DBSize(ctx).Result(); n != 0 || err != nil {
		t.Errorf("looking left %d keys, %v", n, err)
	}
	store := openURL(t, url, "north")
	before, err := client.ZCard(ctx, store.prefix+"processes").Result()
	if err != nil || before != 1 {
		t.Fatal(before, err)
	}
	finds(t, check(url), "data", bot.Fine, "format")
	if after, err := client.ZCard(ctx, store.prefix+"processes").Result(); after != before || err != nil {
		t.Errorf("%d processes are known after looking, %v", after, err)
	}

	finds(t, check(server.url()), "Redis", bot.Broken, "password in REDIS_URL")
	finds(t, check("redis://127.0.0.1:1"), "Redis", bot.Broken, "does not answer")
	finds(t, check("postgres://x"), "Redis", bot.Broken, "redis://localhost")
	for _, c := range []struct{ setting, value, about, words string }{
		{"appendfsync", "everysec", "durability", "last second or two"},
		{"maxmemory-policy", "allkeys-lru", "durability", "throws saved things away"},
		{"maxmemory", "1500000", "memory", "maxmemory is used"},
	} {
		if err := client.ConfigSet(ctx, c.setting, c.value).Err(); err != nil {
			t.Fatal(err)
		}
		finds(t, check(url), c.about, bot.Warning, c.words)
	}
	if err := client.ConfigSet(ctx, "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, value, words string }{
		{"format", "99", "newer program"}, {"format", "x", "none of this program's"}, {"format", "1", ""}, {"id", restoring + "x", "import is under way"},
	} {
		if err := client.HSet(ctx, store.prefix+"head", c.field, c.value).Err(); err != nil {
			t.Fatal(err)
		}
		if c.words != "" {
			finds(t, check(url), "data", bot.Broken, c.words)
		}
	}
}
