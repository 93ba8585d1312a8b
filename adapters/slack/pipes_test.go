package slack

import (
	"context"
	"net"
	"sync"
	"time"
)

// pipes is a network in memory, for tests in a bubble of time: what waits for a
// real one keeps the bubble's time from passing. As on a real one, who writes
// does not wait for who reads.
type pipes struct {
	arriving chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes { return &pipes{arriving: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	one, other := net.Pipe()
	here, there, err := buffer(one), buffer(other), net.ErrClosed
	select {
	case p.arriving <- there:
		return here, nil
	case <-p.closed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = here.Close(), there.Close()
	return nil, err
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arriving:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "tcp" }
func (pipeAddr) String() string  { return "slack.test:80" }

// buffered is a connection with room for what was written and not yet read.
type buffered struct {
	net.Conn
	out    chan []byte
	closed chan struct{}
	once   sync.Once
}

func buffer(c net.Conn) net.Conn {
	b := &buffered{Conn: c, out: make(chan []byte, 10_000), closed: make(chan struct{})}
	go func() {
		defer c.Close()
		for {
			select {
			case p := <-b.out:
				if _, err := c.Write(p); err != nil {
					return
				}
			case <-b.closed:
				for len(b.out) > 0 { // what was written before still arrives
					if _, err := c.Write(<-b.out); err != nil {
						return
					}
				}
				return
			}
		}
	}()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	select {
	case <-b.closed:
		return 0, net.ErrClosed
	default:
	}
	b.out <- append([]byte(nil), p...)
	return len(p), nil
}

func (b *buffered) Close() error {
	b.once.Do(func() {
		_ = b.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // for who reads no more
		_ = b.Conn.SetReadDeadline(time.Unix(1, 0))
		close(b.closed)
	})
	return nil
}

func (b *buffered) SetWriteDeadline(time.Time) error { return nil } // nobody waits for a write
func (b *buffered) SetDeadline(t time.Time) error    { return b.SetReadDeadline(t) }
