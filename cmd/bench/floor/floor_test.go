package floor

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer starts a real server for one test, on a socket in a folder of its
// own, and gives its address.
func redisServer(t *testing.T, fsync string) string {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--dir", dir,
		"--appendonly", "yes", "--appendfsync", fsync, "--save", "")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatalf("starting redis-server (Debian package redis-server): %v", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") || strings.Contains(lines.Text(), "now ready") {
			go func() {
				for lines.Scan() { // an unread pipe would stop the server
				}
			}()
			return "unix://" + socket
		}
	}
	t.Fatal("redis-server ended before it was ready")
	return ""
}

// count tells how many rows a table of the floor's file in dir has.
func count(t *testing.T, dir, table string) int64 {
	t.Helper()
	connection, err := openExisting(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.close() }()
	var query *statement
	if err := connection.prepare(map[**statement]string{&query: "select count(*) from " + table}); err != nil {
		t.Fatal(err)
	}
	var n int64
	if err := query.each(func(row []driver.Value) bool { n = row[0].(int64); return false }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSQLiteCommitsWritesWhatItSays(t *testing.T) {
	for _, writers := range []int{1, 8} {
		dir := t.TempDir()
		r, err := SQLiteCommits(t.Context(), dir, CommitOptions{Writers: writers, Commits: 200, Value: 100})
		if err != nil {
			t.Fatal(err)
		}
		if r.Commits != 200 || r.Rate <= 0 || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P99 || r.Latency.P99 < r.Latency.P50 {
			t.Errorf("%d writers: implausible result %+v", writers, r)
		}
		// One writer comes round to its first keys again, eight do not.
		keys := int64(min(200, writers*keysPerWriter))
		for table, want := range map[string]int64{"seen": 200, "record": keys + int64(writers), "alarm": keys, "meta": 2} {
			if got := count(t, dir, table); got != want {
				t.Errorf("%d writers: %s holds %d rows, want %d", writers, table, got, want)
			}
		}
	}
}

func TestRedisFloorsDoWhatTheySayAndLeaveNothing(t *testing.T) {
	url := redisServer(t, "always")
	if r, err := RedisCommits(t.Context(), url, CommitOptions{Writers: 4, Commits: 100, Value: 100}); err != nil || r.Commits != 100 || r.Latency.P50 <= 0 {
		t.Errorf("commits: %+v, %v", r, err)
	}
	if r, err := RedisAlarms(t.Context(), url, AlarmOptions{Alarms: 50, Rate: 1000, Batch: 16}); err != nil || r.Rung != 50 || r.Early != 0 {
		t.Errorf("alarms: %+v, %v", r, err)
	}
	if r, err := RedisDrain(t.Context(), url, AlarmOptions{Alarms: 1500, Batch: 100}); err != nil || r.Alarms != 1500 {
		t.Errorf("drain: %+v, %v", r, err)
	}
	if r, err := RedisHTTP(t.Context(), url, HTTPOptions{Connections: 4, Requests: 50}); err != nil || r.Requests != 50 {
		t.Errorf("http: %+v, %v", r, err)
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer func() { _ = client.Close() }()
	if n, err := client.DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("%d keys were left behind, %v", n, err)
	}
}

func TestRedisFloorRefusesAServerThatCouldLose(t *testing.T) {
	url := redisServer(t, "everysec")
	_, err := RedisCommits(t.Context(), url, CommitOptions{Writers: 1, Commits: 1})
	if err == nil || !strings.Contains(err.Error(), "appendfsync always") {
		t.Errorf("got %v, want a refusal that names appendfsync", err)
	}
}

func TestSQLiteAlarmsRingsAllNoneEarly(t *testing.T) {
	dir := t.TempDir()
	r, err := SQLiteAlarms(t.Context(), dir, AlarmOptions{Alarms: 50, Rate: 1000, Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	if r.Rung != 50 || r.Early != 0 || r.Late.P50 < 0 {
		t.Errorf("got %+v", r)
	}
	if n := count(t, dir, "alarm"); n != 0 {
		t.Errorf("%d alarms were left", n)
	}
}

func TestSQLiteDrainFinishesAll(t *testing.T) {
	dir := t.TempDir()
	r, err := SQLiteDrain(t.Context(), dir, AlarmOptions{Alarms: 1000, Batch: 64})
	if err != nil || r.Alarms != 1000 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if n := count(t, dir, "alarm"); n != 0 {
		t.Errorf("%d alarms were left", n)
	}
}

func TestSQLiteHTTPStoresEachForm(t *testing.T) {
	dir := t.TempDir()
	r, err := SQLiteHTTP(t.Context(), dir, HTTPOptions{Connections: 4, Requests: 60})
	if err != nil || r.Requests != 60 || r.Latency.P50 <= 0 {
		t.Fatalf("got %+v, %v", r, err)
	}
	for _, table := range []string{"seen", "record", "entry"} {
		if n := count(t, dir, table); n != 60 {
			t.Errorf("%s holds %d rows, want 60", table, n)
		}
	}
}

func TestSignedFormsAreVerified(t *testing.T) {
	if _, err := SQLiteHTTP(t.Context(), t.TempDir(), HTTPOptions{Connections: 2, Requests: 20, Secret: "secret"}); err != nil {
		t.Error(err)
	}
	for body, header := range map[string]http.Header{"a=1": Sign("a=1", "another"), "a=2": Sign("a=1", "secret"), "a=3": nil} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		for name, v := range header {
			r.Header[name] = v
		}
		if verify(r, "secret") == nil {
			t.Errorf("%s was taken with %v", body, header)
		}
	}
}

func TestSlackRelayMeasures(t *testing.T) {
	if got, err := SlackRelay(t.Context(), 20); err != nil || got.P50 <= 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestLoadSendsEachRequestOnceAndReportsRefusals(t *testing.T) {
	var got atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Add(1)
		if r.Header.Get("X-Signature") != "s" || r.FormValue("user_id") == "" {
			http.Error(w, "not signed", http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	signed := func(n int) (string, http.Header) { return Command(n).Encode(), http.Header{"X-Signature": {"s"}} }
	if _, err := Load(t.Context(), server.URL, HTTPOptions{Connections: 3, Requests: 20}, signed); err != nil || got.Load() != 20 {
		t.Errorf("%d of 20 requests arrived, %v", got.Load(), err)
	}
	bare := func(n int) (string, http.Header) { return Command(n).Encode(), nil }
	if _, err := Load(t.Context(), server.URL, HTTPOptions{Connections: 3, Requests: 20}, bare); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("got %v, want the server's refusal", err)
	}
}

func TestGroupSharesOneErrorAndEnds(t *testing.T) {
	broken := errors.New("broken")
	g := gather(func(works []int) error {
		if len(works) == 0 {
			t.Error("called with nothing to do")
		}
		return broken
	})
	if err := g.do(context.Background(), 1, make(chan error, 1)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	g.end()
}

func TestSpreadOf(t *testing.T) {
	d := make([]time.Duration, 100)
	for i := range d {
		d[i] = time.Duration(100 - i)
	}
	if got, want := SpreadOf(d), (Spread{P50: 50, P99: 99, Max: 100}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := SpreadOf(nil); got != (Spread{}) {
		t.Errorf("of none: %v", got)
	}
}
