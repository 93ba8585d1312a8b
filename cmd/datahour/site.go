package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	headerTime  = 10 * time.Second // for the head of a request, from its first byte
	idleTime    = 2 * time.Minute  // for a connection between two requests
	biggestHead = 64 << 10         // bytes
	closeWithin = 3 * time.Second  // for requests that are still being answered at the end
)

// site is the one address on which everything is served. It answers from the
// first moment: until show was called, that Data Hour is starting.
//
// It has no time-out for whole requests and answers, since live pages and the
// playground's socket stay open; who serves those watches over slow readers.
type site struct {
	server   *http.Server
	listener net.Listener
	shown    atomic.Pointer[http.Handler]
	end      context.CancelFunc // ends what stays open
	log      *slog.Logger

	mu    sync.Mutex
	fresh map[net.Conn]bool // connections on which nothing was asked yet
}

func newSite(listener net.Listener, log *slog.Logger) *site {
	open, end := context.WithCancel(context.Background())
	s := &site{listener: listener, end: end, log: log, fresh: map[net.Conn]bool{}}
	s.show(http.HandlerFunc(starting))
	s.server = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    biggestHead,
		ConnState:         s.note,
		BaseContext:       func(net.Listener) context.Context { return open },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // mostly strangers who do not speak HTTP
	}
	return s
}

// show serves h from now on.
func (s *site) show(h http.Handler) { s.shown.Store(&h) }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*s.shown.Load()).ServeHTTP(w, r) }

// starting is what is served before the store has answered. The process is
// well, but it is not ready.
func starting(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path == "/healthz" {
		io.WriteString(w, "ok: starting\n")
		return
	}
	w.Header().Set("Retry-After", "2")
	http.Error(w, "Data Hour is starting: it waits for its memory to answer.", http.StatusServiceUnavailable)
}

// serve begins to answer, and tells when that failed.
func (s *site) serve() <-chan error {
	failed := make(chan error, 1)
	go func() {
		if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serving: %w", err)
		}
	}()
	return failed
}

// note keeps track of fresh connections, which clients open in advance and may
// never use.
func (s *site) note(c net.Conn, now http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now == http.StateNew {
		s.fresh[c] = true
	} else {
		delete(s.fresh, c)
	}
}

// close lets running requests finish, and what stays open end.
func (s *site) close() error {
	s.end()
	ctx, stop := context.WithTimeout(context.Background(), closeWithin)
	defer stop()
	s.mu.Lock()
	for c := range s.fresh {
		c.Close() // Shutdown would wait for their first request
	}
	s.mu.Unlock()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("some requests were cut off", "after", closeWithin)
		return s.server.Close()
	}
	return err
}
