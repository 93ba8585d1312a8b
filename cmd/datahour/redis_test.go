package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startRedis runs a Redis for one test.
func startRedis(t testing.TB) string {
	t.Helper()
	url, stop, err := runRedis()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// runRedis runs a redis-server of the test's own, and gives its address: a
// socket in a folder, so that no port can be taken.
func runRedis() (url string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "datahour-redis-") // short: a socket's path has about 100 letters
	if err != nil {
		return "", nil, err
	}
	return runRedisIn(dir)
}

// runRedisIn runs it with its files in dir, which go with it, set up as
// compose.yaml does it.
func runRedisIn(dir string) (url string, stop func(), err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, errors.New("redis-server is not here: apt-get install redis-server, or run make test")
	}
	socket := filepath.Join(dir, "socket")
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it never outlives a test that was killed
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	ended := make(chan struct{})
	stop = func() {
		server.Process.Kill()
		<-ended
		server.Wait()
		os.RemoveAll(dir)
	}
	said := bufio.NewScanner(out)
	var lines []string
	for said.Scan() {
		lines = append(lines, said.Text())
		if strings.Contains(said.Text(), "ready to accept connections") {
			go func() {
				defer close(ended)
				for said.Scan() {
				}
			}()
			return "unix://" + socket, stop, nil
		}
	}
	close(ended)
	stop()
	return "", nil, fmt.Errorf("redis-server ended:\n%s", strings.Join(lines, "\n"))
}
