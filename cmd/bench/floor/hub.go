package floor

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Hub is the least that feeds followers of a live page with net/http: each has a
// goroutine that writes what comes on a channel, and flushes it.
type Hub struct {
	URL string

	server   *http.Server
	ended    chan struct{}
	mu       sync.Mutex
	said     int
	messages map[chan []byte]bool
	filling  string
}

// NewHub serves events of about so many bytes on loopback.
func NewHub(size int) (*Hub, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &Hub{URL: "http://" + l.Addr().String() + "/?after=0", messages: map[chan []byte]bool{}, ended: make(chan struct{}), filling: strings.Repeat("x", max(0, size-80))}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go h.server.Serve(l)
	return h, nil
}

// ServeHTTP feeds one follower.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mine := make(chan []byte, 128)
	h.mu.Lock()
	h.messages[mine] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.messages, mine)
		h.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	fmt.Fprint(w, "retry: 2000\n\n")
	if out.Flush() != nil {
		return
	}
	for {
		select {
		case m := <-mine:
			if _, err := w.Write(m); err != nil || out.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		case <-h.ended:
			return
		}
	}
}

// Say tells everybody message n.
func (h *Hub) Say(n int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said++
	m := fmt.Appendf(nil, "id: %d\nevent: put\ndata: %s %s\n\n", h.said, Mark(n), h.filling)
	for f := range h.messages {
		select {
		case f <- m:
		default: // too slow: it would be dropped
		}
	}
	return nil
}

// Close ends everything.
func (h *Hub) Close() error {
	close(h.ended)
	return h.server.Close()
}
