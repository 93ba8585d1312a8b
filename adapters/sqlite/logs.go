package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math"
	"time"

	"datahour/bot"
)

// lastPlace is the SQL for the last place ever given in a log, null when it has none.
const lastPlace = `select max(last) from (select max(seq) as last from entry where log = ?1
	union all select last from trimmed where log = ?1)`

// appendEntry adds an entry after the last place of its log.
func (w *writer) appendEntry(e *bot.Entry) error {
	last, err := w.last(e.Log)
	if err != nil {
		return err
	}
	if _, err := w.append.run(e.Log, last+1, e.Data); err != nil {
		return fmt.Errorf("appending to a log: %w", err)
	}
	w.appended[e.Log] = last + 1
	return nil
}

// last is the last place ever given in a log, 0 when it has none. It is looked
// up once; after that the only writer knows it.
func (w *writer) last(log string) (int64, error) {
	if last, ok := w.appended[log]; ok {
		return last, nil
	}
	if last, ok := w.places[log]; ok {
		return last, nil
	}
	row, err := w.lastPlace.first(log)
	if err != nil {
		return 0, fmt.Errorf("looking for the end of a log: %w", err)
	}
	last, _ := row[0].(int64) // null when the log has no entries
	return last, nil
}

// Trim implements bot.Trimmer.
func (s *Store) Trim(ctx context.Context, log string, upTo bot.Seq) error {
	return s.ask(ctx, &trim{log, seqOf(upTo)}, time.Time{})
}

type trim struct {
	log  string
	upTo int64
}

func (j *trim) do(w *writer) (refused, failed error) {
	last, err := w.last(j.log)
	if err != nil {
		return nil, err
	}
	n, err := w.trim.run(j.log, j.upTo)
	if err != nil {
		return nil, fmt.Errorf("trimming a log: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	w.changed = true
	if _, err := w.trimmed.run(j.log, last); err != nil {
		return nil, fmt.Errorf("keeping the end of a trimmed log: %w", err)
	}
	return nil, nil
}

// Read implements bot.Store. It waits for the writer's word, not by asking again.
func (s *Store) Read(ctx context.Context, log string, after bot.Seq, max int, wait time.Duration) ([]bot.Entry, error) {
	if wait <= 0 {
		return s.readNow(ctx, log, after, max)
	}
	var over <-chan time.Time
	for {
		bell := s.bells.listen(log)
		entries, err := s.readNow(ctx, log, after, max)
		if err != nil || len(entries) > 0 {
			s.bells.leave(log, bell)
			return entries, err
		}
		if over == nil {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			over = timer.C
		}
		select {
		case <-bell.rung:
			s.bells.leave(log, bell)
			continue
		case <-over:
		case <-ctx.Done():
			err = ctx.Err()
		case <-s.closing:
			err = bot.ErrClosed
		}
		s.bells.leave(log, bell)
		return nil, err
	}
}

func (s *Store) readNow(ctx context.Context, log string, after bot.Seq, max int) (entries []bot.Entry, err error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.giveBack(r)
	if max <= 0 { // SQLite takes a negative limit for none
		return nil, nil
	}
	err = r.entries.each(func(row []driver.Value) bool {
		entries = append(entries, bot.Entry{Log: log, Seq: bot.Seq(row[0].(int64)), Data: bytesOf(row[1])})
		return true
	}, log, seqOf(after), int64(max))
	if err != nil {
		return nil, fmt.Errorf("reading a log: %w", err)
	}
	return entries, nil
}

// seqOf is a place as it is stored; none is ever beyond it.
func seqOf(s bot.Seq) int64 { return int64(min(s, math.MaxInt64)) }
