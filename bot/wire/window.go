package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

var errWindow = errors.New("the window for sending is over")

// Send makes a call that has an effect, through a client of [New] and with the
// context that it is given. Nothing is written after ctx's deadline. sent tells,
// of a call that went wrong, whether something was written: when it is false the
// call had no effect and never will.
func Send(ctx context.Context, call func(context.Context) error) (sent bool, err error) {
	w := &window{}
	w.until, _ = ctx.Deadline()
	err = call(context.WithValue(ctx, windowKey{}, w))
	return err == nil || !w.unused(), err
}

type windowKey struct{}

// window is the time in which one call may write, and whether it did. A context
// alone is not enough: a process that was stopped and wakes up would write
// before its timers fire.
type window struct {
	until time.Time // zero: no end
	state atomic.Int32
}

// States of a window.
const (
	untouched int32 = iota
	written         // something went onto the wire
	shut            // nothing did, and nothing will
)

// writes asks whether something may be written now. The deadline is held against
// both clocks: one stands still while a machine sleeps, the other can be set back.
func (w *window) writes(now time.Time) bool {
	if !w.until.IsZero() && (now.After(w.until) || now.Round(0).After(w.until.Round(0))) {
		return false
	}
	return w.state.CompareAndSwap(untouched, written) || w.state.Load() == written
}

// unused shuts the window, and tells whether nothing was written through it. A
// call can return before the transport has begun to write, so that asking alone
// would not settle it.
func (w *window) unused() bool {
	return w.state.CompareAndSwap(untouched, shut) || w.state.Load() == shut
}

// windowConn is a connection that serves one call after the other, each within
// its window; those that only read have none.
type windowConn struct {
	net.Conn
	window atomic.Pointer[window]
}

func (c *windowConn) Write(b []byte) (int, error) {
	if w := c.window.Load(); w != nil && !w.writes(time.Now()) {
		return 0, errWindow
	}
	return c.Conn.Write(b)
}

// transport gives each call's window to the connection that the call gets.
type transport struct{ *http.Transport }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w, _ := r.Context().Value(windowKey{}).(*window)
	return t.Transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		conn := info.Conn
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn()
		}
		if conn, ok := conn.(*windowConn); ok {
			conn.window.Store(w)
		}
	}})))
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport speaks HTTP/1.1 alone, where a connection carries one call at a
// time and so has one window.
func newTransport(dial dialFunc) transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return transport{&http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		Protocols:           protocols,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     time.Minute,
		TLSHandshakeTimeout: 5 * time.Second,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &windowConn{Conn: conn}, nil
		},
	}}
}
