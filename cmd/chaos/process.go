//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// process is a program that was started here. What it writes to standard error
// goes to a log that outlives it.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	out   *bufio.Reader
}

// start runs program with only the environment given. It never outlives us.
func start(log, program string, env []string, args ...string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the child has its own
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stderr = file
	p.cmd.SysProcAttr = endsWithUs
	read, write, err := os.Pipe() // not StdoutPipe, which Wait would close while it is read
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout = write
	p.out = bufio.NewReader(read)
	err = p.cmd.Start()
	write.Close()
	if err != nil {
		read.Close()
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program), err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // it is killed: its status says nothing
	}()
	return p, nil
}

// says waits for a line that the process prints, and then drains the rest.
func (p *process) says(line *regexp.Regexp) ([]string, error) {
	for {
		text, err := p.out.ReadString('\n')
		if m := line.FindStringSubmatch(text); m != nil {
			go io.Copy(io.Discard, p.out)
			return m, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it ended before it printed %q", line)
		}
	}
}

// kill is kill -9; it returns when the process is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

func (p *process) signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// freeAddress is a loopback address on which nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// build makes the real program in dir.
func build(dir string) (string, error) {
	program := filepath.Join(dir, "datahour")
	out, err := exec.Command("go", "build", "-o", program, "datahour/cmd/datahour").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building datahour: %w\n%s", err, out)
	}
	return program, nil
}

var playgroundAt = regexp.MustCompile(`^The playground is at (\S+)`)

// startPlayground runs the world as a process of its own, which nobody kills.
func startPlayground(program, dir string) (*process, *worldClient, error) {
	p, err := start(filepath.Join(dir, "playground.log"), program, []string{
		"DATAHOUR_ADDR=127.0.0.1:0", "DATAHOUR_DATA_DIR=" + filepath.Join(dir, "world")}, "playground")
	if err != nil {
		return nil, nil, err
	}
	at, err := p.says(playgroundAt)
	if err != nil {
		p.kill()
		return nil, nil, err
	}
	return p, newWorldClient(at[1]), nil
}

var redisReady = regexp.MustCompile("ready to accept connections")

// startRedis runs a redis-server set up as compose.yaml does it, on a socket in
// dir, and gives its address.
func startRedis(dir string) (*process, string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, "", errors.New("redis-server is not here: apt-get install redis-server")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	socket := filepath.Join(dir, "socket")
	p, err := start(filepath.Join(dir, "redis.log"), path, nil, "--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")
	if err != nil {
		return nil, "", err
	}
	if _, err := p.says(redisReady); err != nil {
		p.kill()
		return nil, "", err
	}
	return p, "unix://" + socket, nil
}

// until looks again and again, and tells whether it was there in time.
func until(patience time.Duration, look func() bool) bool {
	for deadline := time.Now().Add(patience); !look(); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
