package playground

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

var errWindow = errors.New("the window for sending is over")

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

// opens gives a context whose call writes only before ctx's deadline.
func opens(ctx context.Context) (context.Context, *window) {
	w := &window{}
	w.until, _ = ctx.Deadline()
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if conn, ok := info.Conn.(*windowConn); ok {
			conn.window.Store(w)
		}
	}}), w
}

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
// its window.
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
