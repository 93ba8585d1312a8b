package redis

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a store and its server and can be told to misbehave.
type proxy struct {
	t      *testing.T
	listen net.Listener
	server string

	mu    sync.Mutex
	count int // answers seen
	// spoil is asked for each piece of an answer, with its number, what to do with it.
	spoil func(n int) mischief
	conns map[net.Conn]bool
}

type mischief int

const (
	pass    mischief = iota
	swallow          // this answer and all that follow on the connection never arrive
	cut              // the connection breaks instead of the answer
)

func newProxy(t *testing.T, s *server) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, listen: l, server: "127.0.0.1:" + s.port, conns: map[net.Conn]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cutAll()
		all.Wait()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.listen.Addr().String() + "/0" }

// misbehave sets what is done with the answers from now on.
func (p *proxy) misbehave(spoil func(n int) mischief) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count, p.spoil = 0, spoil
}

// cutAll breaks every connection.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) next() mischief {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spoil == nil {
		return pass
	}
	p.count++
	return p.spoil(p.count)
}

func (p *proxy) keep(c net.Conn, there bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if there {
		p.conns[c] = true
	} else {
		delete(p.conns, c)
		_ = c.Close()
	}
}

// carry serves one connection. Requests always arrive; answers as spoil says.
func (p *proxy) carry(from net.Conn) {
	to, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = from.Close()
		return
	}
	p.keep(from, true)
	p.keep(to, true)
	defer p.keep(from, false)
	defer p.keep(to, false)
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := to.Read(buffer)
		if err != nil {
			return
		}
		switch p.next() {
		case cut:
			return
		case swallow:
			_, _ = io.Copy(io.Discard, to) // until the store gives the connection up
			return
		}
		if _, err := from.Write(buffer[:n]); err != nil {
			return
		}
	}
}
