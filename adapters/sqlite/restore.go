package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"datahour/bot"
)

// Restore implements bot.Restorer. All items go in as one transaction, outside
// the queue: items can come from anywhere and only once, so nothing of it could
// be done again with a group.
func (s *Store) Restore(ctx context.Context, items iter.Seq2[bot.Item, error]) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed() {
		return bot.ErrClosed
	}
	w := s.writer
	for err := w.start(); err != nil; err = w.start() {
		if !busy(err) {
			return fmt.Errorf("restoring: %w: %w", bot.ErrNotSaved, err)
		}
		select {
		case <-time.After(retryLocked):
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return bot.ErrClosed
		}
	}
	if err := w.restore(ctx, items); err != nil {
		w.undo()
		return fmt.Errorf("restoring: %w", err)
	}
	if err := w.end(); err != nil {
		return fmt.Errorf("restoring: %w", err)
	}
	for log := range w.appended {
		s.bells.ring(log)
	}
	return nil
}

func (w *writer) restore(ctx context.Context, items iter.Seq2[bot.Item, error]) error {
	for _, table := range []string{"record", "alarm", "seen", "entry", "trimmed"} {
		n, err := w.connection.number("select exists(select 1 from " + table + ")")
		if err != nil {
			return fmt.Errorf("looking whether the store is empty: %w", err)
		}
		if n != 0 {
			return errors.New("the store is not empty; restore into a new file")
		}
	}
	headed := false
	for item, err := range items {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if (item.Head != nil) == headed {
			return errors.New("a dump begins with its head, and has one")
		}
		headed = true
		if err := w.restoreItem(item); err != nil {
			return err
		}
	}
	if !headed {
		return errors.New("the dump is empty")
	}
	if _, err := w.setRev.run(w.rev); err != nil {
		return fmt.Errorf("writing the revision: %w", err)
	}
	return nil
}

func (w *writer) restoreItem(item bot.Item) (err error) {
	switch {
	case item.Head != nil:
		if item.Head.Format > bot.Format {
			return fmt.Errorf("the dump has data format %d and this program knows %d: %w", item.Head.Format, bot.Format, bot.ErrNewer)
		}
		if item.Head.Rev > math.MaxInt64 {
			return fmt.Errorf("the dump's revision %d is too high", item.Head.Rev)
		}
		// Never back, in case that this store gave some already; and see settle.
		w.rev = max(w.stored+1, int64(item.Head.Rev))
	case item.Record != nil:
		r := item.Record
		delete(w.stands, r.Key)
		if _, err = w.put.run(r.Key, r.Kind, int64(r.Version), int64(r.Rev), int64(r.Born), places(r.Index), r.Value); err != nil {
			break
		}
		err = w.findAll(r.Key, places(r.Index))
	case item.Alarm != nil:
		a := item.Alarm
		_, err = w.set.run(a.Key, micro(a.Due), a.Data, int64(a.Rev))
	case item.Seen != nil:
		_, err = w.seen.run(item.Seen.ID, micro(item.Seen.At), int64(math.MaxInt64))
	case item.Log != nil:
		w.appended[item.Log.Log] = seqOf(item.Log.Last)
		_, err = w.trimmed.run(item.Log.Log, seqOf(item.Log.Last))
	case item.Entry != nil:
		e := item.Entry
		w.appended[e.Log] = max(w.appended[e.Log], seqOf(e.Seq))
		_, err = w.append.run(e.Log, seqOf(e.Seq), e.Data)
	}
	if err != nil {
		return fmt.Errorf("writing what was dumped: %w", err)
	}
	return nil
}
