package redis

import (
	"context"
	"fmt"
	"time"

	"datahour/bot"
)

// send is a sender: it takes what has gathered in the queue, writes it in one go,
// hands out the answers, and repeats what got none. Redis reads such a write in one
// turn and makes it durable with one fsync, which is where the speed comes from.
func (s *Store) send() {
	var group []*pending
	reachable := true
	for pause := retryPause; ; {
		if !reachable {
			// Nothing new is written until Redis answers, so that what comes
			// meanwhile is certainly not saved when its deadline passes.
			if rest(s.life, pause) != nil {
				return
			}
			pause = min(2*pause, retryPauses)
			reachable = s.compareClocks(s.life) == nil
			continue
		}
		if group = s.gather(group); group == nil {
			return
		}
		if group, reachable = s.attempt(group); reachable {
			pause = retryPause
		}
	}
}

// gather adds what is in the queue to a group, and waits for the first when there
// is nothing at all. It gives nil at the end of the store.
func (s *Store) gather(group []*pending) []*pending {
	if len(group) == 0 {
		select {
		case p := <-s.queue:
			group = append(group, p)
		case <-s.closed:
			return nil
		}
	}
	bytes := 0
	for _, p := range group {
		bytes += p.bytes
	}
	for len(group) < groupSize && bytes < groupBytes {
		select {
		case p := <-s.queue:
			group = append(group, p)
			bytes += p.bytes
		default:
			return group
		}
	}
	return group
}

// attempt sends a group once. It gives those that have to be sent again, and
// whether Redis answered at all.
func (s *Store) attempt(group []*pending) (again []*pending, reachable bool) {
	shortest := 2 * commitTime
	now := s.now()
	sent := group[:0:len(group)]
	for _, p := range group {
		left := p.deadline.Sub(now)
		if !p.begin(left) {
			continue
		}
		sent = append(sent, p)
		shortest = min(shortest, left)
	}
	if len(sent) == 0 {
		return nil, true
	}
	// Not s.life: what was begun when the store is closed is ended.
	ctx, cancel := context.WithTimeout(context.Background(), max(shortest/2, commitTime/10))
	defer cancel()
	answers, err := s.sendBatches(ctx, sent)
	if err == nil {
		for i, p := range sent {
			p.done(answers[i])
		}
		return nil, true
	}
	for _, p := range sent {
		switch {
		case p.first && refusedWhole(err):
			p.answer <- answer{err: errorOf(bot.ErrNotSaved, err)}
			continue
		case p.first && (neverSent(err) || isAnswer(err) && worthRepeating(err)):
			p.failed(err, false)
		default:
			p.failed(err, true)
		}
		again = append(again, p)
	}
	return again, false
}

// sendBatches runs the script on batches and gives its answers.
func (s *Store) sendBatches(ctx context.Context, group []*pending) ([]int64, error) {
	size := 4 + 2*len(group)
	for _, p := range group {
		size += len(p.items)
	}
	args := make([]any, 0, size)
	args = append(args, *s.id.Load(), bot.Format, s.process, len(group))
	for _, p := range group {
		args = append(args, p.lane)
	}
	offset := s.offset.Load()
	for _, p := range group {
		args = append(args, p.head(offset, !p.first))
		args = append(args, p.items...)
	}
	answers, err := commitScript.Run(ctx, s.rdb, s.head(), args...).Int64Slice()
	if err == nil && len(answers) != len(group) {
		err = fmt.Errorf("%d answers to %d batches", len(answers), len(group))
	}
	return answers, err
}

// begin marks p as sent, unless it was given up or its time is over. Those who
// wait for it find out by themselves then.
func (p *pending) begin(left time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.givenUp || left <= 0 {
		return false
	}
	p.first = !p.sent
	p.sent = true
	return true
}

// failed keeps why an attempt failed. Unless it is certain that nothing of p
// reached Redis, or that Redis did not take it, p stays marked as sent.
func (p *pending) failed(why error, sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure, p.sent = why, sent
}

func (p *pending) done(n int64) {
	if n > 0 {
		p.answer <- answer{rev: bot.Rev(n)}
	} else {
		p.answer <- answer{err: refusal(n)}
	}
}
