package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"datahour/bot"
)

// job is something that the writer does in a group's transaction. It may be
// done again after a rollback. When it is refused it has changed nothing; when
// it failed, the transaction is of no use any more.
type job interface {
	do(w *writer) (refused, failed error)
}

// request is a job on its way through the queue.
type request struct {
	job      job
	deadline time.Time // last time to reach COMMIT; zero: none
	stage    atomic.Int32
	refused  error         // what do said last
	err      error         // the answer, once done is closed
	done     chan struct{} // closed by the writer
}

// The stages of a request. Whoever asked may leave, with certainty that nothing
// happens, until the request is sealed.
const (
	waiting int32 = iota // in the queue, or while the file is locked by others
	taken                // being done: its batch is being read
	sealed               // nothing holds COMMIT any more
	left                 // whoever asked is gone; it must not be applied
)

// answer ends a request. Nothing of it may be used by the writer afterwards.
func (r *request) answer(err error) {
	r.err = err
	close(r.done)
}

// late tells whether the deadline has passed.
func (r *request) late(now time.Time) bool { return !r.deadline.IsZero() && now.After(r.deadline) }

var errLate = fmt.Errorf("%w: its deadline had passed", bot.ErrNotSaved)

// patience is how long somebody who wants to leave waits for the disk's answer
// before being told that it is not known.
const patience = 500 * time.Millisecond

// ask hands a job to the writer and waits for the answer, for the deadline, or
// for the end of ctx, whichever comes first.
func (s *Store) ask(ctx context.Context, j job, deadline time.Time) error {
	if s.closed() {
		return bot.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{job: j, deadline: deadline, done: make(chan struct{})}
	var late <-chan time.Time
	if !deadline.IsZero() {
		left := time.Until(deadline)
		if left < 0 {
			return errLate
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case s.queue <- r:
	case <-late:
		return errLate
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return bot.ErrClosed
	}
	select {
	case <-r.done:
		return r.err
	case <-late:
		return r.leave(errLate)
	case <-ctx.Done():
		return r.leave(ctx.Err())
	case <-s.ended:
		return r.leave(bot.ErrClosed)
	}
}

// leave gives up on a request, and gives why when it is certain that nothing
// happens, the answer when that comes first, or ErrUnknown.
func (r *request) leave(why error) error {
	if r.stage.CompareAndSwap(waiting, left) {
		return why
	}
	// The writer is reading the batch, which is the caller's again once this
	// returns: wait until it is through, which takes milliseconds.
	certain := r.stage.CompareAndSwap(taken, left)
	over := time.NewTimer(patience)
	defer over.Stop()
	select {
	case <-r.done:
		if errors.Is(r.err, errLeft) {
			return why
		}
		return r.err
	case <-over.C:
	}
	if certain || r.stage.CompareAndSwap(taken, left) {
		return why
	}
	return fmt.Errorf("%w: the disk has not answered (%w)", bot.ErrUnknown, why)
}

// errLeft answers a request that nobody waits for; leave turns it into its reason.
var errLeft = errors.New("whoever asked has left")
