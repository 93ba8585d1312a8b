package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"datahour/bot"
)

// A commit goes through three hands. Commit encodes the batch, takes a lane and
// waits; a sender (group.go) writes many of them at once and repeats those whose
// answer was lost; and when the deadline comes first, settle finds out what became of it.
//
// A lane is a number under which one commit at a time is under way, and each
// commit in it has a higher number than the one before. The script keeps the last
// number of each lane and its answer: so a batch that arrives twice is done once, one that
// was given up is refused, and settle can end the doubt.

// lane is held by one commit or lease at a time.
type lane struct {
	number int
	last   uint64 // the number that was used last
}

// take gives a lane, waiting for one when all are in use.
func (s *Store) take(ctx context.Context, giveUp <-chan time.Time) (*lane, error) {
	select {
	case l := <-s.lanes:
		l.last++
		return l, nil
	default:
	}
	select {
	case l := <-s.lanes:
		l.last++
		return l, nil
	case <-giveUp:
		return nil, errorOf(bot.ErrNotSaved, errors.New("too many commits are under way"))
	case <-ctx.Done():
		return nil, errorOf(bot.ErrNotSaved, ctx.Err())
	case <-s.closed:
		return nil, bot.ErrClosed
	}
}

// pending is a commit under way.
type pending struct {
	lane     int
	args     []any // for the script; the first six are the head, see commit.lua
	deadline time.Time
	answer   chan answer // takes one

	mu      sync.Mutex
	sent    bool  // something of it may have reached Redis
	givenUp bool  // its Commit waits no longer: it must not be sent again
	failure error // of the last attempt
}

type answer struct {
	rev bot.Rev
	err error
}

// Places in the head of args.
const (
	argNumber   = 0
	argDeadline = 1
	argRepeat   = 4
)

// Commit implements bot.Store. It returns at the batch's deadline at the latest,
// but for the moment that settling takes.
func (s *Store) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	p := &pending{deadline: b.Deadline, answer: make(chan answer, 1)}
	if p.deadline.IsZero() {
		p.deadline = s.now().Add(noDeadline)
	}
	left := p.deadline.Sub(s.now())
	if left < 0 {
		return 0, refusal(answerLate)
	}
	over := time.NewTimer(left)
	defer over.Stop()
	lane, err := s.take(ctx, over.C)
	if err != nil {
		return 0, err
	}
	defer func() { s.lanes <- lane }()
	p.lane = lane.number
	if p.args, err = encode(lane, m, b); err != nil {
		return 0, err
	}
	select {
	case s.queue <- p: // as long as there are lanes, and so always has room
	case <-s.closed:
		return 0, bot.ErrClosed
	}

	var cause error
	select {
	case a := <-p.answer:
		return a.rev, a.err
	case <-over.C:
		cause = errors.New("no answer from Redis before its deadline")
	case <-ctx.Done():
		cause = ctx.Err()
	case <-s.stopped:
		cause = bot.ErrClosed
	}
	sent, failure := p.giveUp()
	if failure != nil {
		cause = errorOf(cause, failure)
	}
	if sent {
		return s.settle(p, lane, cause)
	}
	if errors.Is(cause, bot.ErrClosed) {
		return 0, cause
	}
	return 0, errorOf(bot.ErrNotSaved, cause)
}

// giveUp ends sending, and tells whether the batch may have reached Redis, and
// why the last attempt failed.
func (p *pending) giveUp() (sent bool, failure error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.givenUp = true
	return p.sent, p.failure
}

// settle ends the doubt about a batch that was sent and not answered, as far as
// Redis can be reached: it was done, or now never will be.
func (s *Store) settle(p *pending, l *lane, cause error) (bot.Rev, error) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	settled := make(chan answer, 1)
	go func() {
		n, err := settleScript.Run(ctx, s.rdb, s.head(), s.process, l.number, l.last).Int64()
		switch {
		case err != nil:
			settled <- answer{err: errorOf(bot.ErrUnknown, cause)}
		case n > 0:
			settled <- answer{rev: bot.Rev(n)}
		case n == answerSettled:
			settled <- answer{err: errorOf(bot.ErrNotSaved, cause)}
		default:
			settled <- answer{err: refusal(n)}
		}
	}()
	select {
	case a := <-p.answer:
		return a.rev, a.err
	case a := <-settled:
		return a.rev, a.err
	case <-ctx.Done():
		return 0, errorOf(bot.ErrUnknown, cause)
	}
}

// encode writes a batch as commit.lua reads it. Deadline and repeat are set when it is sent.
func encode(l *lane, m bot.Moment, b bot.Batch) ([]any, error) {
	void := ""
	if b.Void {
		void = "1"
	}
	size := 16 + len(b.Seen) + 2*len(b.Check) + 6*len(b.Put) + 2*len(b.Delete) + 2*len(b.Clear) +
		3*len(b.Done) + len(b.Cancel) + 3*len(b.Hold) + 3*len(b.Set) + 2*len(b.Append)
	args := make([]any, 0, size)
	add := func(all ...any) { args = append(args, all...) }
	add(l.last, "", micros(m.Wall), micros(m.Wall.Add(-bot.SeenFor)), "", void)
	add(len(b.Seen))
	for _, id := range b.Seen {
		add(id)
	}
	stands := func(records []bot.Record) {
		add(len(records))
		for _, r := range records {
			add(r.Key, revision(r.Rev))
		}
	}
	stands(b.Check)
	add(len(b.Put))
	for _, r := range b.Put {
		add(r.Key, revision(r.Rev), r.Kind, r.Version, r.Value, packed(r.Index))
	}
	stands(b.Delete)
	stands(b.Clear)
	add(len(b.Done))
	for _, a := range b.Done {
		add(a.Key, uint64(a.Lease), uint64(a.Rev))
	}
	add(len(b.Cancel))
	for _, key := range b.Cancel {
		add(key)
	}
	add(len(b.Hold))
	for _, a := range b.Hold {
		until := ""
		if a.Until.After(m.Wall) {
			until = micros(a.Until)
		}
		add(a.Key, uint64(a.Lease), until)
	}
	add(len(b.Set))
	for _, a := range b.Set {
		if us := a.Due.UnixMicro(); us > maxMicros || us < -maxMicros {
			return nil, fmt.Errorf("%w: alarm %q is due at %v, which is too far away", bot.ErrNotSaved, a.Key, a.Due)
		}
		add(a.Key, micros(a.Due), a.Data)
	}
	add(len(b.Append))
	for _, e := range b.Append {
		add(e.Log, e.Data)
	}
	return args, nil
}

func revision(r bot.Rev) string {
	if r == bot.Any {
		return "*"
	}
	return strconv.FormatUint(uint64(r), 10)
}

// errorOf joins what callers look for with why it came to that.
func errorOf(is, cause error) error { return fmt.Errorf("%w: %w", is, cause) }
