//go:build live

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hourPage finds the id of an hour in a post.
var hourPage = regexp.MustCompile(`/hour/([a-z0-9]+)`)

// liveProgram is the real program beside a real server. It keeps its address and
// its state over restarts, as an installation does.
type liveProgram struct {
	*testing.T
	*process
	settings map[string]string // without the prefix
	pages    string            // address of the public pages
}

// newLiveProgram chooses an address; begin starts it.
func newLiveProgram(t *testing.T, settings map[string]string) *liveProgram {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	p := &liveProgram{T: t, settings: map[string]string{"ADDR": address, "DATA_DIR": t.TempDir()}, pages: "http://" + address}
	for name, value := range settings {
		p.settings[name] = value
	}
	return p
}

// begin starts the program and waits until it answers.
func (l *liveProgram) begin() {
	l.Helper()
	name, err := exec.LookPath("datahour")
	if err != nil {
		l.Fatal(err)
	}
	p := &process{cmd: exec.Command(name), ended: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	for name, value := range l.settings {
		p.cmd.Env = append(p.cmd.Env, prefix+"_"+name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		l.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait()
	}()
	l.process = p
	l.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
		if l.Failed() {
			l.Logf("the program printed:\n%s%s", p.out.String(), p.err.String())
		}
	})
	l.until("the program to answer", func() bool {
		select {
		case <-p.ended:
			l.Fatal("the program ended")
		default:
		}
		_, err := l.page("/healthz")
		return err == nil
	})
}

// kill ends it as a power cut does.
func (l *liveProgram) kill() {
	l.cmd.Process.Kill()
	<-l.ended
}

// until looks again and again until it is there.
func (l *liveProgram) until(what string, look func() bool) {
	l.Helper()
	l.within(patience, what, look)
}

func (l *liveProgram) within(long time.Duration, what string, look func() bool) {
	l.Helper()
	late := time.After(long)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !look() {
		select {
		case <-again.C:
		case <-late:
			l.Fatalf("waited in vain for %s", what)
		}
	}
}

func (l *liveProgram) page(path string) (string, error) {
	ctx, stop := context.WithTimeout(l.Context(), patience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.pages+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: %s", path, resp.Status))
	}
	return string(b), err
}

// shows waits until a page has some words, or has not.
func (l *liveProgram) shows(path, words string, there bool) {
	l.Helper()
	l.until(fmt.Sprintf("%q on %s: %v", words, path, there), func() bool {
		page, err := l.page(path)
		return err == nil && strings.Contains(page, words) == there
	})
}
