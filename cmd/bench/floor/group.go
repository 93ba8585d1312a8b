package floor

import "context"

// mostTogether bounds a group, so that nobody waits for a crowd.
const mostTogether = 256

// asked is one piece of work handed to a grouper, and where its answer goes.
type asked[T any] struct {
	work   T
	answer chan error // room for one, so that the grouper never waits for a reader
}

// grouper hands whatever waits to one function, all together. That is the whole
// trick behind every fast durable store: while one group waits for its fsync
// the next one gathers, so 64 writers need hardly more fsyncs than one.
type grouper[T any] struct {
	waiting chan asked[T]
	ended   chan struct{}
}

// gather starts a grouper. It calls together from one goroutine, with 1 to
// mostTogether pieces of work; its error is everybody's answer.
func gather[T any](together func([]T) error) *grouper[T] {
	g := &grouper[T]{waiting: make(chan asked[T], mostTogether), ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		works := make([]T, 0, mostTogether)
		answers := make([]chan error, 0, mostTogether)
		for first := range g.waiting {
			works, answers = append(works[:0], first.work), append(answers[:0], first.answer)
		more:
			for len(works) < mostTogether {
				select {
				case next, ok := <-g.waiting:
					if !ok {
						break more
					}
					works, answers = append(works, next.work), append(answers, next.answer)
				default:
					break more
				}
			}
			err := together(works)
			for _, a := range answers {
				a <- err
			}
		}
	}()
	return g
}

// do hands in one piece of work and waits until it is done. The answer channel
// is the caller's, used again for each of its calls.
func (g *grouper[T]) do(ctx context.Context, work T, answer chan error) error {
	select {
	case g.waiting <- asked[T]{work, answer}:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-answer
}

// end waits for the last group. Nobody may call do any more.
func (g *grouper[T]) end() {
	close(g.waiting)
	<-g.ended
}
