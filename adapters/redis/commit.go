package redis

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
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
	number   uint64 // in its lane
	wall     time.Time
	void     bool
	counts   [10]int // of the items in each section, and
	items    []any   // the items, as commit.lua reads them
	bytes    int     // about how much all this is
	deadline time.Time
	answer   chan answer // takes one
	first    bool        // not sent before, so that a refusal of the whole is certain; the sender's

	mu      sync.Mutex
	sent    bool  // something of it may have reached Redis
	givenUp bool  // its Commit waits no longer: it must not be sent again
	failure error // of the last attempt
}

type answer struct {
	rev bot.Rev
	err error
}

// Commit implements bot.Store. It returns at the batch's deadline at the latest,
// but for the moment that settling takes.
func (s *Store) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if b.Deadline.IsZero() {
		b.Deadline = s.now().Add(noDeadline)
	}
	left := b.Deadline.Sub(s.now())
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
	p, err := encode(lane, m, b)
	if err != nil {
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

// sectionSize is how many arguments an item has, in the order of pending.counts.
var sectionSize = [10]int{1, 2, 6, 2, 2, 3, 1, 3, 3, 2}

// encode makes of a batch what commit.lua reads.
func encode(l *lane, m bot.Moment, b bot.Batch) (*pending, error) {
	p := &pending{
		lane: l.number, number: l.last, wall: m.Wall, void: b.Void, deadline: b.Deadline, answer: make(chan answer, 1),
		counts: [10]int{
			len(b.Seen), len(b.Check), len(b.Put), len(b.Delete), len(b.Clear),
			len(b.Done), len(b.Cancel), len(b.Hold), len(b.Set), len(b.Append),
		},
	}
	size := 0
	for i, n := range p.counts {
		size += n * sectionSize[i]
	}
	p.items = make([]any, 0, size)
	add := func(all ...any) {
		p.items = append(p.items, all...)
		for _, item := range all {
			if data, ok := item.([]byte); ok {
				p.bytes += len(data)
			}
		}
	}
	for _, id := range b.Seen {
		add(id)
	}
	for _, r := range b.Check {
		add(r.Key, revision(r.Rev))
	}
	for _, r := range b.Put {
		add(r.Key, revision(r.Rev), r.Kind, r.Version, r.Value, packed(r.Index))
	}
	for _, r := range slices.Concat(b.Delete, b.Clear) {
		add(r.Key, revision(r.Rev))
	}
	for _, a := range b.Done {
		add(a.Key, uint64(a.Lease), uint64(a.Rev))
	}
	for _, key := range b.Cancel {
		add(key)
	}
	for _, a := range b.Hold {
		until := ""
		if a.Until.After(m.Wall) {
			until = micros(a.Until)
		}
		add(a.Key, uint64(a.Lease), until)
	}
	for _, a := range b.Set {
		if us := a.Due.UnixMicro(); us > maxMicros || us < -maxMicros {
			return nil, fmt.Errorf("%w: alarm %q is due at %v, which is too far away", bot.ErrNotSaved, a.Key, a.Due)
		}
		add(a.Key, micros(a.Due), a.Data)
	}
	for _, e := range b.Append {
		add(e.Log, e.Data)
	}
	return p, nil
}

// head is the binary head of a batch in commit.lua. The offset is what Redis's
// clock shows more than ours; repeat, whether it may have been sent before.
func (p *pending) head(offset int64, repeat bool) []byte {
	head := make([]byte, 0, 4*8+2+10*4)
	for _, n := range []int64{int64(p.number), p.deadline.UnixMicro() + offset, p.wall.UnixMicro(), p.wall.Add(-bot.SeenFor).UnixMicro()} {
		head = binary.BigEndian.AppendUint64(head, math.Float64bits(float64(n)))
	}
	for _, is := range []bool{repeat, p.void} {
		if is {
			head = append(head, 1)
		} else {
			head = append(head, 0)
		}
	}
	for _, n := range p.counts {
		head = binary.BigEndian.AppendUint32(head, uint32(n))
	}
	return head
}

func revision(r bot.Rev) string {
	if r == bot.Any {
		return "*"
	}
	return strconv.FormatUint(uint64(r), 10)
}

// errorOf joins what callers look for with why it came to that.
func errorOf(is, cause error) error { return fmt.Errorf("%w: %w", is, cause) }
