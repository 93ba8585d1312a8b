package bottest

import (
	"context"
	"sync"
	"time"

	"datahour/bot"
)

// Frozen is a shared store as one of several processes sees it. While the process
// is frozen its calls wait, as those of a process under SIGSTOP.
type Frozen struct {
	bot.Store

	mu   sync.Mutex
	thaw chan struct{}        // nil: running
	at   func(bot.Batch) bool // freezes just before this commit; nil: never
}

// Freeze stops the process.
func (f *Frozen) Freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.thaw == nil {
		f.thaw = make(chan struct{})
	}
}

// FreezeAt stops it just before the first commit of which at says so.
func (f *Frozen) FreezeAt(at func(bot.Batch) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = at
}

// Thaw lets it go on.
func (f *Frozen) Thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.thaw != nil {
		close(f.thaw)
		f.thaw = nil
	}
}

// Wait returns when the process is not frozen: for what else it has of the world.
func (f *Frozen) Wait() {
	f.mu.Lock()
	thaw := f.thaw
	f.mu.Unlock()
	if thaw != nil {
		<-thaw
	}
}

// Get implements bot.Store.
func (f *Frozen) Get(ctx context.Context, keys ...string) ([]bot.Record, error) {
	f.Wait()
	return f.Store.Get(ctx, keys...)
}

// Commit implements bot.Store.
func (f *Frozen) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	f.mu.Lock()
	here := f.at != nil && f.at(b)
	if here {
		f.at = nil
	}
	f.mu.Unlock()
	if here {
		f.Freeze()
	}
	f.Wait()
	return f.Store.Commit(ctx, m, b)
}

// Due implements bot.Store.
func (f *Frozen) Due(ctx context.Context, m bot.Moment, lease time.Duration, most int) ([]bot.Alarm, time.Time, error) {
	f.Wait()
	return f.Store.Due(ctx, m, lease, most)
}
