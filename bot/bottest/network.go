package bottest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"datahour/bot"
)

// Network is a network in memory with one server on it, for tests in a bubble of
// time: what waits for a real one keeps the bubble's time from passing. As on a
// real one, who writes does not wait for who reads. It is the server's Listener.
type Network struct {
	address  string
	arriving chan net.Conn
	closed   chan struct{}
	once     sync.Once

	mu    sync.Mutex
	conns []*wireConn
}

// NewNetwork makes a network whose server is at address: "chat.test:80".
func NewNetwork(address string) *Network {
	return &Network{address: address, arriving: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects to the server, whatever the address.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	dead := &atomic.Bool{}
	a, b := newWireConn(here, dead), newWireConn(there, dead)
	err := net.ErrClosed
	select {
	case n.arriving <- b:
		err = nil
	case <-n.closed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		_, _ = a.Close(), b.Close()
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, a, b)
	return a, nil
}

// FallSilent makes every connection that there is swallow what is written to it,
// for ever, and tell nobody. Those that are made afterwards are well.
func (n *Network) FallSilent() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		c.dead.Store(true)
	}
	n.conns = nil
}

func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.arriving:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *Network) Addr() net.Addr { return networkAddr(n.address) }

type networkAddr string

func (networkAddr) Network() string  { return "tcp" }
func (a networkAddr) String() string { return string(a) }

// wireConn is an end of a connection, with room for what was written and not yet read.
type wireConn struct {
	net.Conn
	dead   *atomic.Bool // of both ends
	out    chan []byte
	closed chan struct{}
	once   sync.Once
}

func newWireConn(c net.Conn, dead *atomic.Bool) *wireConn {
	w := &wireConn{Conn: c, dead: dead, out: make(chan []byte, 10_000), closed: make(chan struct{})}
	go w.carry()
	return w
}

func (w *wireConn) carry() {
	for {
		select {
		case b := <-w.out:
			if w.dead.Load() {
				continue
			}
			if _, err := w.Conn.Write(b); err != nil {
				w.Conn.Close()
				return
			}
		case <-w.closed:
			for len(w.out) > 0 && !w.dead.Load() { // what was written before still arrives
				if _, err := w.Conn.Write(<-w.out); err != nil {
					break
				}
			}
			if !w.dead.Load() { // else the other end is not told
				w.Conn.Close()
			}
			return
		}
	}
}

func (w *wireConn) Write(b []byte) (int, error) {
	select {
	case <-w.closed:
		return 0, net.ErrClosed
	default:
	}
	w.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (w *wireConn) Close() error {
	w.once.Do(func() {
		_ = w.Conn.SetWriteDeadline(time.Now().Add(time.Second)) // for who reads no more
		_ = w.Conn.SetReadDeadline(time.Unix(1, 0))
		close(w.closed)
	})
	return nil
}

func (w *wireConn) SetWriteDeadline(time.Time) error { return nil } // nobody waits for a write
func (w *wireConn) SetDeadline(t time.Time) error    { return w.SetReadDeadline(t) }

// Lifeline is what a process has to the world: its store and its network. When
// it is cut, as by kill -9, what is on its way arrives and nothing else does.
type Lifeline struct {
	bot.Store
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	dead  atomic.Bool
	mu    sync.Mutex
	conns []net.Conn
}

// NewLifeline connects a process to a store and, through dial, to platforms.
func NewLifeline(store bot.Store, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Lifeline {
	return &Lifeline{Store: store, dial: dial}
}

// Exclusive is how the store says that no other process uses it.
func (l *Lifeline) Exclusive() {}

func (l *Lifeline) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if l.dead.Load() {
		return 0, net.ErrClosed
	}
	return l.Store.Commit(ctx, m, b)
}

func (l *Lifeline) Due(ctx context.Context, m bot.Moment, lease time.Duration, most int) ([]bot.Alarm, time.Time, error) {
	if l.dead.Load() {
		return nil, time.Time{}, net.ErrClosed
	}
	return l.Store.Due(ctx, m, lease, most)
}

// Dial connects to a platform, while the process lives.
func (l *Lifeline) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.dead.Load() {
		return nil, net.ErrClosed
	}
	conn, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, conn)
	return conn, nil
}

// Cut ends it.
func (l *Lifeline) Cut() {
	l.dead.Store(true)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		_ = c.Close()
	}
}
