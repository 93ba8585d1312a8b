package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
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

// serve puts the site behind a server, and gives a way to connect to it.
func (s *stage) serve() (dial func() net.Conn, stop func()) {
	w := make(wire)
	server := &http.Server{Handler: s.site}
	go server.Serve(w)
	return func() net.Conn {
			near, far := net.Pipe()
			w <- far
			return near
		}, func() {
			server.Close()
			synctest.Wait()
		}
}

// until tells how long it takes until the other side has closed a connection.
func until(c net.Conn) time.Duration {
	began := time.Now()
	io.Copy(io.Discard, c)
	return time.Since(began)
}

func TestABodyThatComesSlowly(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		dial, stop := s.serve()
		defer stop()
		c := dial()
		fmt.Fprintf(c, "POST /hour/%s/say HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n", s.id)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for { // a byte now and then, for ever
				if _, err := c.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(3 * time.Second)
			}
		}()
		if took := until(c); took > 15*time.Second {
			t.Errorf("it may take %s", took)
		}
		c.Close()
		<-ended
	})
}

func TestReadersWhoDoNotRead(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		dial, stop := s.serve()
		defer stop()
		for path, most := range map[string]time.Duration{"/": 65 * time.Second, "/hour/" + s.id + "/live": 15 * time.Second} {
			c := dial()
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
			began := time.Now()
			time.Sleep(most) // nothing is read
			synctest.Wait()
			c.SetDeadline(time.Now().Add(time.Minute))
			io.Copy(io.Discard, c)
			if took := time.Since(began); took > most {
				t.Errorf("%s: still connected after %s", path, took)
			}
			c.Close()
		}
	})
}

// Who reads is not cut off, however long they stay.
func TestAReaderWhoStays(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		dial, stop := s.serve()
		defer stop()
		c := dial()
		defer c.Close()
		lines := make(chan string, 1000)
		go func() {
			for r := bufio.NewScanner(c); r.Scan(); {
				lines <- r.Text()
			}
			close(lines)
		}()
		fmt.Fprintf(c, "GET /hour/%s/live HTTP/1.1\r\nHost: x\r\n\r\n", s.id)
		s.Advance(20 * time.Minute)
		time.Sleep(20 * time.Minute)
		beats := 0
		for len(lines) > 0 {
			if <-lines == ": still here" {
				beats++
			}
		}
		if beats < 40*60/20-5 || beats > 40*60/10 {
			t.Errorf("%d signs of life in 40 minutes", beats)
		}
		s.Say(tim, "north:data", "After a while")
		s.Advance(2 * time.Second)
		if len(lines) == 0 {
			t.Error("nothing comes any more")
		}
	})
}
