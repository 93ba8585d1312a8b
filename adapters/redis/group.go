package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

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
	for len(group) < groupSize {
		select {
		case p := <-s.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// attempt sends a group once. It gives those that have to be sent again, and
// whether Redis answered at all.
func (s *Store) attempt(group []*pending) (again []*pending, reachable bool) {
	shortest := 2 * attemptTime
	now := s.now()
	first := map[*pending]bool{} // sent for the first time, so that an answer that it failed is certain
	pipe := s.rdb.Pipeline()
	sent := group[:0:len(group)]
	for _, p := range group {
		left := p.deadline.Sub(now)
		isFirst, ok := p.begin(left)
		if !ok {
			continue
		}
		first[p] = isFirst
		shortest = min(shortest, left)
		p.args[argDeadline] = p.deadline.UnixMicro() + s.offset.Load()
		if !isFirst {
			p.args[argRepeat] = "1"
		}
		sent = append(sent, p)
		commitScript.EvalSha(s.life, pipe, s.head(), p.args...)
	}
	if len(sent) == 0 {
		return nil, true
	}
	// Not s.life: what was begun when the store is closed is ended.
	ctx, cancel := context.WithTimeout(context.Background(), max(min(shortest/2, commitTime), commitTime/10))
	defer cancel()
	answers, err := pipe.Exec(ctx)
	if hasNoScript(answers) {
		if commitScript.Load(ctx, s.rdb).Err() == nil {
			err = nil
		}
	}
	notSent := neverSent(err)
	reachable = true
	for i, p := range sent {
		n, err := answers[i].(*redis.Cmd).Int64()
		var said redis.Error
		switch {
		case err == nil:
			p.done(n)
			continue
		case errors.As(err, &said) && !worthRepeating(err) && first[p]:
			p.answer <- answer{err: errorOf(bot.ErrNotSaved, err)}
			continue
		case errors.As(err, &said):
			if first[p] {
				p.unsent()
			}
			reachable = reachable && redis.HasErrorPrefix(err, "NOSCRIPT")
		default:
			if first[p] && notSent {
				p.unsent()
			}
			reachable = false
		}
		again = append(again, p)
	}
	return again, reachable
}

func hasNoScript(answers []redis.Cmder) bool {
	for _, a := range answers {
		if redis.HasErrorPrefix(a.Err(), "NOSCRIPT") {
			return true
		}
	}
	return false
}

// begin marks p as sent, unless it was given up or its time is over. Those who
// wait for it find out by themselves then.
func (p *pending) begin(left time.Duration) (first, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.givenUp || left <= 0 {
		return false, false
	}
	first = !p.sent
	p.sent = true
	return first, true
}

// unsent takes the mark back: it is certain that nothing of p reached Redis, or that Redis did not take it.
func (p *pending) unsent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = false
}

func (p *pending) done(n int64) {
	if n > 0 {
		p.answer <- answer{rev: bot.Rev(n)}
	} else {
		p.answer <- answer{err: refusal(n)}
	}
}
