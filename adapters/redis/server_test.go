package redis

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server of the test's own, on a free loopback port.
type server struct {
	t    testing.TB
	port string
	dir  string
	args []string
	cmd  *exec.Cmd
}

// newServer prepares one that is not running yet. Settings are as on its command
// line; it saves nothing unless they say so.
func newServer(t testing.TB, settings ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	s := &server{t: t, port: port, dir: t.TempDir()}
	s.args = append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no"}, settings...)
	t.Cleanup(s.kill)
	return s
}

// startServer gives a running one.
func startServer(t testing.TB, settings ...string) *server {
	t.Helper()
	s := newServer(t, settings...)
	s.start()
	return s
}

func (s *server) start() {
	s.t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		s.t.Fatal("install redis-server (Debian: apt-get install redis-server), or run make test")
	}
	s.cmd = exec.Command(path, s.args...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd.Stderr = os.Stderr
	// Should the test itself be killed, its server goes with it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return
		}
	}
	s.t.Fatalf("redis-server ended:\n%s", said.String())
}

func (s *server) signal(sig syscall.Signal) {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

// kill ends it like a crash.
func (s *server) kill() {
	if s.cmd != nil {
		s.signal(syscall.SIGKILL)
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *server) url() string { return "redis://127.0.0.1:" + s.port + "/0" }

func (s *server) client() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + s.port})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// openStore opens a community's store and closes it at the end of the test.
func (s *server) openStore(community string) *Store {
	s.t.Helper()
	return openURL(s.t, s.url(), community)
}

func openURL(t testing.TB, url, community string) *Store {
	t.Helper()
	store, err := Open(t.Context(), Options{URL: url, Community: community})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// lines is a log that a test can read as it grows.
type lines struct {
	mu  sync.Mutex
	all []string
	new chan string
}

func newLines() *lines { return &lines{new: make(chan string, 1000)} }

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	l.new <- string(p)
	return len(p), nil
}

func (l *lines) count(part string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
