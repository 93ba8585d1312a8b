package sqlite

import (
	"fmt"
	"time"

	"datahour/bot"
)

const (
	// mostTogether bounds a group, so that nobody waits for a crowd.
	mostTogether = 256
	// retryLocked is how often a file is tried that another program has locked.
	// SQLite has no way of waiting for a lock and for a deadline at once.
	retryLocked = 5 * time.Millisecond
)

// write is the loop of the one goroutine that commits.
func (s *Store) write() {
	defer close(s.ended)
	group := make([]*request, 0, mostTogether)
	for {
		select {
		case r := <-s.queue:
			group = s.gather(append(group[:0], r))
		case <-s.closing:
			return // who still waits sees s.ended
		}
		s.writing.Lock()
		s.serve(group)
		s.writing.Unlock()
	}
}

// gather adds what waits in the queue.
func (s *Store) gather(group []*request) []*request {
	for len(group) < mostTogether {
		select {
		case r := <-s.queue:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// serve does a group and answers each of its requests. The caller holds s.writing.
func (s *Store) serve(group []*request) {
	for len(group) > 0 {
		if group = s.begin(group); len(group) == 0 {
			return
		}
		group = s.together(group)
	}
}

// begin opens a transaction and takes the group, waiting as long as another
// program has locked the file. It gives back who is still there, and nobody
// when there is no transaction.
func (s *Store) begin(group []*request) []*request {
	for {
		if group = present(group); len(group) == 0 {
			return nil
		}
		err := s.writer.start()
		if err == nil {
			return takeAll(group)
		}
		if !busy(err) {
			answerAll(group, fmt.Errorf("%w: beginning to write: %w", bot.ErrNotSaved, err))
			return nil
		}
		s.writing.Unlock() // no transaction is open, and others need not wait for this
		select {
		case <-time.After(retryLocked):
			s.writing.Lock()
			group = s.gather(group)
		case <-s.closing:
			s.writing.Lock()
			answerAll(group, bot.ErrClosed)
			return nil
		}
	}
}

// present answers who is late or has left, and gives back the others.
func present(group []*request) []*request {
	now := time.Now()
	there := group[:0]
	for _, r := range group {
		r.stage.CompareAndSwap(taken, waiting)
		switch {
		case r.stage.Load() == left:
			r.answer(errLeft)
		case r.late(now):
			r.answer(errLate)
		default:
			there = append(there, r)
		}
	}
	return there
}

// takeAll answers who has left, and gives back the others: their batches may be
// read from now on.
func takeAll(group []*request) []*request {
	there := group[:0]
	for _, r := range group {
		if r.stage.CompareAndSwap(waiting, taken) {
			there = append(there, r)
		} else {
			r.answer(errLeft)
		}
	}
	return there
}

func answerAll(group []*request, err error) {
	for _, r := range group {
		r.answer(err)
	}
}

// together does the group in the open transaction and commits it. It gives back
// those who have to be done again because somebody among them has left.
func (s *Store) together(group []*request) (again []*request) {
	w := s.writer
	if err := w.doAll(group); err != nil {
		w.undo()
		if len(group) == 1 {
			group[0].answer(fmt.Errorf("%w: %w", bot.ErrNotSaved, err))
			return nil
		}
		for _, r := range group { // so that the one which cannot be done fails alone
			s.serve([]*request{r})
		}
		return nil
	}
	if !w.changed {
		w.undo()
	} else {
		if !seal(group) {
			w.undo()
			return group
		}
		if err := w.end(); err != nil {
			// Also for who was refused, perhaps because of a neighbour that is not there now.
			answerAll(group, err)
			return nil
		}
		for log := range w.appended {
			s.bells.ring(log)
		}
		if w.erased {
			s.erased.Store(true)
		}
		s.untidy()
	}
	for _, r := range group {
		r.answer(r.refused)
	}
	return nil
}

// doAll does everything of a transaction but its end.
func (w *writer) doAll(group []*request) error {
	for _, r := range group {
		var failed error
		if r.refused, failed = r.job.do(w); failed != nil {
			return failed
		}
	}
	if !w.changed {
		return nil
	}
	if w.rev == w.stored {
		w.rev++ // trimming gives none, and settle tells transactions apart by theirs
	}
	if _, err := w.forget.run(w.wall - bot.SeenFor.Microseconds()); err != nil {
		return fmt.Errorf("forgetting what was seen long ago: %w", err)
	}
	if _, err := w.setRev.run(w.rev); err != nil {
		return fmt.Errorf("writing the revision: %w", err)
	}
	return nil
}

// seal makes sure that everyone in the group is still there, and from then on
// nobody can leave. It is the last thing before COMMIT.
func seal(group []*request) bool {
	now := time.Now()
	for _, r := range group {
		if r.late(now) {
			return false
		}
	}
	for i, r := range group {
		if !r.stage.CompareAndSwap(taken, sealed) {
			for _, r := range group[:i] {
				r.stage.Store(taken)
			}
			return false
		}
	}
	return true
}
