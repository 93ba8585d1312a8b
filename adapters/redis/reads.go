package redis

import (
	"context"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

const (
	readersAtOnce = 2   // connections that read records: one waits while the other gathers
	readTogether  = 128 // calls of Get in one write
)

// question is a call of Get on its way.
type question struct {
	keys   []string
	answer chan found // takes one
}

type found struct {
	records []bot.Record
	err     error
}

// Get implements bot.Store. Calls that come at the same time are asked in one
// write: a write and an answer of its own for each would cost more than what it reads.
func (s *Store) Get(ctx context.Context, keys ...string) ([]bot.Record, error) {
	var records []bot.Record
	err := s.again(ctx, func(ctx context.Context) error {
		if len(keys) == 0 {
			return nil
		}
		q := &question{keys, make(chan found, 1)}
		select {
		case s.questions <- q:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return bot.ErrClosed
		}
		select {
		case f := <-q.answer:
			records = f.records
			return f.err
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stopped:
			return bot.ErrClosed
		}
	})
	return records, err
}

// read takes what has gathered, asks it in one go, and hands out the answers. It
// repeats nothing: who asked has patience of their own.
func (s *Store) read() {
	group := make([]*question, 0, readTogether)
	for {
		select {
		case q := <-s.questions:
			group = append(group[:0], q)
		case <-s.closed:
			return
		}
	more:
		for len(group) < readTogether {
			select {
			case q := <-s.questions:
				group = append(group, q)
			default:
				break more
			}
		}
		s.askTogether(group)
	}
}

func (s *Store) askTogether(group []*question) {
	ctx, cancel := context.WithTimeout(s.life, attemptTime)
	defer cancel()
	// What one call reads has to be from one moment; a lone key is anyway.
	ask := s.rdb.Pipelined
	for _, q := range group {
		if len(q.keys) > 1 {
			ask = s.rdb.TxPipelined
		}
	}
	var rows []*redis.SliceCmd
	_, _ = ask(ctx, func(p redis.Pipeliner) error {
		for _, q := range group {
			for _, key := range q.keys {
				rows = append(rows, p.HMGet(ctx, s.prefix+"r:"+key, recordFields...))
			}
		}
		return nil
	}) // each row has its own error, so that one which cannot be read is nobody else's
	for _, q := range group {
		records, err := recordsOf(q.keys, rows[:len(q.keys)])
		q.answer <- found{records, err}
		rows = rows[len(q.keys):]
	}
}

func recordsOf(keys []string, rows []*redis.SliceCmd) ([]bot.Record, error) {
	records := make([]bot.Record, len(keys))
	for i, key := range keys {
		fields, err := rows[i].Result()
		if err != nil {
			return nil, err
		}
		if records[i], err = record(key, fields); err != nil {
			return nil, err
		}
	}
	return records, nil
}
