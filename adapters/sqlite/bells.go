package sqlite

import "sync"

// bells wake those who wait for entries of a log.
type bells struct {
	mu    sync.Mutex
	hangs map[string]*bell
}

type bell struct {
	rung      chan struct{} // closed when the log has grown
	listeners int
}

// listen gives the log's bell. Listen first and read then, so that no entry
// comes in between. Whoever listens must leave.
func (b *bells) listen(log string) *bell {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hangs == nil {
		b.hangs = map[string]*bell{}
	}
	if b.hangs[log] == nil {
		b.hangs[log] = &bell{rung: make(chan struct{})}
	}
	b.hangs[log].listeners++
	return b.hangs[log]
}

// leave takes the bell down after its last listener, so that logs which nobody
// follows any more cost nothing.
func (b *bells) leave(log string, from *bell) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if from.listeners--; from.listeners == 0 && b.hangs[log] == from {
		delete(b.hangs, log)
	}
}

// ring wakes all who listen to the log.
func (b *bells) ring(log string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bell := b.hangs[log]; bell != nil {
		close(bell.rung)
		delete(b.hangs, log)
	}
}
