package redis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

func TestOpenWaitsForRedis(t *testing.T) {
	server := newServer(t)
	log := newLines()
	opened := make(chan error, 1)
	var s *Store
	go func() {
		var err error
		s, err = Open(t.Context(), Options{URL: strings.Replace(server.url(), "//", "//someone:hushhush@", 1), Community: "c", Log: log.logger()})
		opened <- err
	}()
	first := <-log.new
	if !strings.Contains(first, "waiting for Redis") || !strings.Contains(first, "127.0.0.1:"+server.port) {
		t.Errorf("it says %q", first)
	}
	server.args = append(server.args, "--user", "someone", "on", ">hushhush", "~*", "&*", "+@all")
	server.start()
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if n := log.count("waiting for Redis"); n != 1 {
		t.Errorf("it said %d times what it waits for", n)
	}
	if log.count("hushhush") != 0 {
		t.Error("the password is in the log")
	}
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
}

// The rights that README.md names are enough.
func TestAUserWithFewRights(t *testing.T) {
	server := startServer(t, "--user", "few", "on", ">secret", "~{datahour:c}:*", "&{datahour:c}:*", "+@all", "-@admin", "-@dangerous", "+config|get")
	s := openURL(t, strings.Replace(server.url(), "//", "//few:secret@", 1), "c")
	b := line("one", 10*time.Second)
	b.Set, b.Seen = []bot.Alarm{{Key: "ring", Due: moment.Now}}, []string{"press"}
	if _, err := s.Commit(t.Context(), moment, b); err != nil {
		t.Error("commit:", err)
	}
	if _, _, err := s.Due(t.Context(), moment, time.Minute, 1); err != nil {
		t.Error("due:", err)
	}
	if _, err := s.Get(t.Context(), "one", "two"); err != nil {
		t.Error("get:", err)
	}
	if _, err := s.List(t.Context(), "index", "", 1); err != nil {
		t.Error("list:", err)
	}
	if there := linesOf(t, s); len(there) != 1 {
		t.Error("lines:", there)
	}
	for _, err := range s.Dump(t.Context()) {
		if err != nil {
			t.Error("dump:", err)
		}
	}
	if warning, err := s.Durability(t.Context()); err != nil || !strings.Contains(warning, "appendonly is no") {
		t.Error("durability:", warning, err)
	}
}

func TestOpenGivesUpWithItsContext(t *testing.T) {
	server := newServer(t)
	log := newLines()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-log.new
		cancel()
	}()
	if _, err := Open(ctx, Options{URL: server.url(), Community: "c", Log: log.logger()}); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v, want %v", err, context.Canceled)
	}
}

func TestOpenRefuses(t *testing.T) {
	server := startServer(t, "--requirepass", "right")
	for name, o := range map[string]Options{
		"a URL that cannot be read":  {URL: "http://user:hushhush@127.0.0.1", Community: "c"},
		"a community without a name": {URL: server.url()},
		"braces in a community":      {URL: server.url(), Community: "a}b"},
		"a wrong password":           {URL: strings.Replace(server.url(), "//", "//:hushhush@", 1), Community: "c"},
		"no password":                {URL: server.url(), Community: "c"},
	} {
		s, err := Open(t.Context(), o)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if strings.Contains(err.Error(), "hushhush") {
			t.Errorf("%s: the password is in the error %v", name, err)
		}
	}
}

// Data that vanish or are exchanged under a running store must not be written over:
// to it they would look like records that nobody ever wrote.
func TestOtherDataAreNotTouched(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	client := server.client()
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	untouched := func() {
		t.Helper()
		if _, err := s.Commit(t.Context(), moment, line("two", 10*time.Second)); !errors.Is(err, bot.ErrNotSaved) || !errors.Is(err, errOtherData) {
			t.Errorf("commit: %v", err)
		}
		if _, _, err := s.Due(t.Context(), moment, time.Minute, 1); !errors.Is(err, errOtherData) {
			t.Errorf("due: %v", err)
		}
	}
	untouched()
	if n := client.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys were written", n)
	}
	other := server.openStore("c")
	untouched()
	if there := linesOf(t, other); len(there) != 0 {
		t.Errorf("there are %v", there)
	}
}

func TestAFormatThatComesLaterIsNotTouched(t *testing.T) {
	s := startServer(t).openStore("c")
	if err := s.rdb.HSet(t.Context(), s.head()[0], "format", bot.Format+1).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); !errors.Is(err, bot.ErrNewer) {
		t.Errorf("commit: %v, want ErrNewer", err)
	}
}

func TestABrokenOffRestoreIsNotOpened(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	if err := s.restoreStep(t.Context(), "begin", *s.id.Load(), restoring+"x", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{URL: server.url(), Community: "c"}); err == nil || !strings.Contains(err.Error(), "restore") {
		t.Errorf("open: %v", err)
	}
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); !errors.Is(err, bot.ErrNotSaved) {
		t.Errorf("commit: %v, want ErrNotSaved", err)
	}
}

func TestClocksThatDiffer(t *testing.T) {
	server := startServer(t)
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		clock := func() time.Time { return time.Now().Add(skew) }
		s, err := open(t.Context(), Options{URL: server.url(), Community: "skew " + skew.String()}, clock)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		b := line("in time", 0)
		b.Deadline = clock().Add(2 * time.Second)
		if _, err := s.Commit(t.Context(), moment, b); err != nil {
			t.Errorf("skew %v: %v", skew, err)
		}
		// Past ours before it is sent: the script itself must refuse.
		b.Deadline = clock().Add(-50 * time.Millisecond)
		p, err := encode(&lane{number: 500, last: 1}, moment, b)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.sendOne(t, p, false); err != nil || n != answerLate {
			t.Errorf("skew %v: answered %d, %v", skew, n, err)
		}
	}
}

func TestScriptsAreLoadedAgain(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	client := server.client()
	for range 3 {
		if err := client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullMemoryIsNotSaved(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	client := server.client()
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := client.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), moment, line("two", 10*time.Second)); !errors.Is(err, bot.ErrNotSaved) {
		t.Errorf("commit: %v, want ErrNotSaved", err)
	}
	if there := linesOf(t, s); len(there) != 1 {
		t.Errorf("there are %v", there)
	}
}

func TestManyWaitingReadersTakeOneConnection(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	client := server.client()
	done := make(chan error, 100)
	for range cap(done) {
		go func() {
			got, err := s.Read(t.Context(), "lines", 0, 1, time.Minute)
			if err == nil && len(got) == 0 {
				err = errors.New("waited in vain")
			}
			done <- err
		}()
	}
	if n := client.ClientList(t.Context()).Val(); strings.Count(n, "\n") > 40 {
		t.Errorf("%d connections", strings.Count(n, "\n"))
	}
	if _, err := s.Commit(t.Context(), moment, line("one", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestDurability(t *testing.T) {
	for name, c := range map[string]struct {
		settings []string
		want     []string
	}{
		"all is well":       {[]string{"--appendonly", "yes", "--appendfsync", "always"}, nil},
		"nothing is kept":   {nil, []string{"snapshot", "appendonly is no"}},
		"every second":      {[]string{"--appendonly", "yes", "--appendfsync", "everysec"}, []string{"second", "everysec"}},
		"never":             {[]string{"--appendonly", "yes", "--appendfsync", "no"}, []string{"half minute", "appendfsync is no"}},
		"throws away":       {[]string{"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"}, []string{"allkeys-lru"}},
		"two at once":       {[]string{"--maxmemory-policy", "volatile-ttl"}, []string{"appendonly is no", ", and ", "volatile-ttl"}},
		"CONFIG is renamed": {[]string{"--rename-command", "CONFIG", ""}, []string{"does not let me look"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, c.settings...).openStore("c")
			warning, err := s.Durability(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want) == 0 && warning != "" {
				t.Errorf("it warns: %s", warning)
			}
			for _, part := range c.want {
				if !strings.Contains(warning, part) {
					t.Errorf("it says %q, without %q", warning, part)
				}
			}
		})
	}
}
