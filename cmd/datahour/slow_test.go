package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a listener for connections in memory, whose time is that of the test.
type wire chan net.Conn

func (w wire) Accept() (net.Conn, error) {
	c, open := <-w
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (w wire) Close() error   { close(w); return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{} }

func (w wire) dial() net.Conn {
	near, far := net.Pipe()
	w <- far
	return near
}

// Whoever asks very slowly, too much, or nothing at all is not waited for.
func TestClientsThatTakeTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		most time.Duration
		ask  func(c net.Conn) // until it cannot
		want string
	}{
		"a head that never ends": {headerTime + time.Second, func(c net.Conn) {
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n")
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(c, "X-%d: x\r\n", i); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, ""},
		"a head that is too big": {time.Second, func(c net.Conn) {
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 2*biggestHead))
		}, "HTTP/1.1 431 "},
		"a connection of which nothing is made": {headerTime + time.Second, func(net.Conn) {}, ""},
		"one that was of use, and then is not":  {idleTime + time.Second, func(c net.Conn) { io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") }, "HTTP/1.1 200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := make(wire)
				s := newSite(w, slog.New(slog.DiscardHandler))
				s.serve()
				defer s.close()
				conn, asked := w.dial(), make(chan struct{})
				go func() { defer close(asked); c.ask(conn) }()
				began := time.Now()
				said, _ := io.ReadAll(conn)
				if took := time.Since(began); took > c.most {
					t.Errorf("it is connected for %s", took)
				}
				if !strings.HasPrefix(string(said), c.want) {
					t.Errorf("it is told %q", said)
				}
				conn.Close()
				<-asked
			})
		})
	}
}
