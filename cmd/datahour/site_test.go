package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// openSite fails the test when closing had to cut anything off.
func openSite(t *testing.T) (*site, string) {
	t.Helper()
	var logged printed
	listener, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(listener, slog.New(slog.NewTextHandler(&logged, nil)))
	failed := s.serve()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if text := logged.String(); text != "" {
			t.Error(text)
		}
		select {
		case err := <-failed:
			t.Error(err)
		default:
		}
	})
	return s, listener.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// While the store does not answer, the process is well and says what it waits for.
func TestASiteThatIsStarting(t *testing.T) {
	s, at := openSite(t)
	defer s.close()
	if status, words := get(t, "http://"+at+"/healthz"); status != http.StatusOK || !strings.HasPrefix(words, "ok") {
		t.Errorf("healthz: %d %s", status, words)
	}
	for _, path := range []string{"/", "/readyz", "/playground/"} {
		if status, words := get(t, "http://"+at+path); status != http.StatusServiceUnavailable || !strings.Contains(words, "starting") {
			t.Errorf("%s: %d %s", path, status, words)
		}
	}
	s.show(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "here") }))
	if _, words := get(t, "http://"+at+"/"); words != "here" {
		t.Errorf("after the start: %s", words)
	}
}

// Live pages stay open for hours, and connections are opened that nobody uses;
// neither holds up the end, while a request that is being answered is.
func TestASiteThatCloses(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, at := openSite(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.show(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			io.WriteString(w, "open\n")
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		close(begun)
		<-goOn
		io.WriteString(w, "whole")
	}))
	live, err := http.Get("http://" + at + "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	if line, err := bufio.NewReader(live.Body).ReadString('\n'); line != "open\n" {
		t.Fatal(line, err)
	}
	unused, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	answered := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + at + "/slow")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		answered <- string(body)
	}()
	<-begun
	closed := make(chan error, 1)
	go func() { closed <- s.close() }()
	// The live page ends first; only then is the slow one let go on.
	if _, err := io.ReadAll(live.Body); err != nil && err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	close(goOn)
	if got := <-answered; got != "whole" {
		t.Errorf("the request that was under way got %q", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := unused.Read(make([]byte, 1)); err == nil {
		t.Error("the unused connection is still open")
	}
}

func TestHealth(t *testing.T) {
	withoutOurs(t)
	s, at := openSite(t)
	defer s.close()
	t.Setenv("DATAHOUR_ADDR", at)
	ask := func() (string, error) {
		var out bytes.Buffer
		err := healthCommand{}.Run(context.Background(), terminal{&out, io.Discard})
		return out.String(), err
	}
	if words, err := ask(); err != nil || words != "ok: starting\n" {
		t.Errorf("%q, %v", words, err)
	}
	s.show(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "the store hangs", 500) }))
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "the store hangs") {
		t.Errorf("not well: %v", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(); err == nil {
		t.Error("well although it is not there")
	}
}
