package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// cable is what lies between a browser and the program, and can be cut. While it
// is cut, it answers as a proxy does whose program is away.
type cable struct {
	listener net.Listener
	to       string
	refused  chan struct{} // has something when somebody was answered so

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, to: to, refused: make(chan struct{}, 1), conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		l.Close()
		c.cut()
	})
	go c.accept()
	return c
}

func (c *cable) address() string { return c.listener.Addr().String() }

func (c *cable) accept() {
	for {
		in, err := c.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", c.to)
		if err != nil || !c.plug(in, out) {
			go c.refuse(in)
			continue
		}
		go c.carry(in, out)
		go c.carry(out, in)
	}
}

// plug keeps both ends, to cut them; it fails while the cable is cut.
func (c *cable) plug(in, out net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		out.Close()
		return false
	}
	c.conns[in], c.conns[out] = true, true
	return true
}

func (c *cable) refuse(in net.Conn) {
	defer in.Close()
	in.Read(make([]byte, 4096)) // the request, or what there is of it
	io.WriteString(in, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	select {
	case c.refused <- struct{}{}:
	default:
	}
}

func (c *cable) carry(from, to net.Conn) {
	io.Copy(to, from) // ends with the connection
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range []net.Conn{from, to} {
		end.Close()
		delete(c.conns, end)
	}
}

// cut ends all connections, and lets nobody connect until mend.
func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	for end := range c.conns {
		end.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = false
}
