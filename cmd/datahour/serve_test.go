package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
)

// awaited keeps what is printed, and tells when certain words came.
type awaited struct {
	printed
	words string
	came  chan struct{}
	once  sync.Once
}

func await(words string) *awaited { return &awaited{words: words, came: make(chan struct{})} }

func (a *awaited) Write(b []byte) (int, error) {
	n, err := a.printed.Write(b)
	if strings.Contains(a.String(), a.words) {
		a.once.Do(func() { close(a.came) })
	}
	return n, err
}

// A Redis that is away at the start is waited for, which is said, and nothing is
// offered before it has answered.
func TestServeWaitsForRedis(t *testing.T) {
	withoutOurs(t)
	dir, err := os.MkdirTemp("", "datahour-redis-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t.Setenv("DATAHOUR_ADDR", "127.0.0.1:0")
	t.Setenv("DATAHOUR_DATA_DIR", t.TempDir())
	t.Setenv("DATAHOUR_REDIS_URL", "unix://"+dir+"/socket")

	serve := func(goOn func(), out *awaited) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		logged, ended := await("waiting for Redis"), make(chan error, 1)
		go func() { ended <- serveCommand{}.Run(ctx, terminal{out, logged}) }()
		<-logged.came
		if out.String() != "" {
			t.Errorf("told before the store was there: %s", out)
		}
		goOn()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v\n%s", err, logged)
		}
	}
	t.Run("and can be stopped meanwhile", func(t *testing.T) {
		serve(func() {}, await("Next"))
	})
	t.Run("and goes on", func(t *testing.T) {
		out := await("Next")
		serve(func() {
			_, stop, err := runRedisIn(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			<-out.came
		}, out)
		if !strings.Contains(out.String(), "in Redis at") {
			t.Errorf("told: %s", out)
		}
	})
}

// What the five lines say depends on what is configured.
func TestTheStartTellsTheTruth(t *testing.T) {
	cases := map[string]struct {
		settings map[string]string
		want     []string
	}{
		"with others let in, there is no playground": {
			map[string]string{"PUBLIC_URL": "https://datahour.example.org/"},
			[]string{"Data Hour is at https://datahour.example.org/\n", "  Pages      https://datahour.example.org, public", "  Chat       nothing is connected, and the playground is left out"},
		},
		"in a container": {
			map[string]string{"ADDR": "0.0.0.0:0", "COMMAND_PREFIX": "dh-"},
			[]string{"  Pages      their links lead to http://127.0.0.1:", "  Chat       nothing is connected", "/dh-community setup", "leave both out, or use DATAHOUR_ADDR=127.0.0.1:8080"},
		},
		"with a playground elsewhere": {
			map[string]string{"PLAYGROUND_URL": "http://127.0.0.1:1", "COMMUNITY": "Data people", "HASHTAG": "DataPeople", "TIMEZONE": "UTC"},
			[]string{"Data Hour is at http://127.0.0.1:1/\n", "  Community  Data people, #DataPeople, UTC\n", "  Chat       the playground in another process at http://127.0.0.1:1;"},
		},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			withoutOurs(t)
			t.Setenv("DATAHOUR_ADDR", "127.0.0.1:0")
			t.Setenv("DATAHOUR_DATA_DIR", t.TempDir())
			for name, value := range c.settings {
				t.Setenv(prefix+"_"+name, value)
			}
			ctx, stop := context.WithCancel(t.Context())
			out, ended := await("  Next "), make(chan error, 1)
			var logged printed
			go func() { ended <- serveCommand{}.Run(ctx, terminal{out, &logged}) }()
			select {
			case <-out.came:
			case err := <-ended:
				t.Fatalf("ended with %v\n%s", err, &logged)
			}
			stop()
			if err := <-ended; err != nil {
				t.Errorf("ended with %v\n%s", err, &logged)
			}
			for _, part := range c.want {
				if !strings.Contains(out.String(), part) {
					t.Errorf("%q is not in:\n%s", part, out)
				}
			}
			if n := strings.Count(strings.TrimSpace(out.String()), "\n"); n != 6 {
				t.Errorf("not one address and five lines:\n%s", out)
			}
		})
	}
}
