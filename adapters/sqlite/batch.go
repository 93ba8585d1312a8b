package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"datahour/bot"
)

// Commit implements bot.Store.
func (s *Store) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if err := checkNames(&b); err != nil {
		return 0, err
	}
	j := &commit{moment: m, batch: b}
	if err := s.ask(ctx, j, b.Deadline); err != nil {
		return 0, err
	}
	return bot.Rev(j.rev), nil
}

const longestKey = 512 // bytes, see bot.Record

// checkNames refuses names that List, Read or a dump could not tell apart or put in order.
func checkNames(b *bot.Batch) error {
	var errs []error
	check := func(what, name string) {
		if name == "" || len(name) > longestKey || !utf8.ValidString(name) {
			errs = append(errs, fmt.Errorf("%s %q: want 1 to %d bytes of UTF-8", what, name, longestKey))
		}
	}
	for i := range b.Put {
		check("record", b.Put[i].Key)
	}
	for i := range b.Set {
		check("alarm", b.Set[i].Key)
	}
	for i := range b.Append {
		check("log", b.Append[i].Log)
	}
	return errors.Join(errs...)
}

// commit is a batch as a job.
type commit struct {
	moment bot.Moment
	batch  bot.Batch
	rev    int64
}

// stand is what stands under a key before a batch; rev is 0 when there is none.
type stand struct {
	rev, born int64
	places    []byte
}

func (j *commit) do(w *writer) (refused, failed error) {
	w.stood = w.stood[:0]
	if refused, failed = w.see(j.moment, j.batch.Seen); refused != nil || failed != nil {
		return refused, failed
	}
	if refused, failed = w.judge(&j.batch); refused != nil || failed != nil {
		return refused, errors.Join(failed, w.unsee(j.batch.Seen))
	}
	w.rev++
	j.rev = w.rev
	w.changed = true
	w.wall = max(w.wall, micro(j.moment.Wall))
	return nil, w.apply(j.moment, &j.batch)
}

// see remembers what a batch has seen, and refuses when some of it was seen
// before. Looking and remembering are one statement, since every command has one.
func (w *writer) see(m bot.Moment, ids []string) (refused, failed error) {
	forgotten := micro(m.Wall) - bot.SeenFor.Microseconds()
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		n, err := w.seen.run(id, micro(m.Wall), forgotten)
		if err != nil {
			return nil, fmt.Errorf("remembering what was seen: %w", err)
		}
		if n == 0 {
			return bot.ErrSeen, w.unsee(ids[:i])
		}
	}
	return nil, nil
}

// unsee takes back what see did for a batch that is refused.
func (w *writer) unsee(ids []string) error {
	for _, id := range ids {
		if _, err := w.unseen.run(id); err != nil {
			return fmt.Errorf("taking back what was seen: %w", err)
		}
	}
	return nil
}

// judge compares a batch with what stands, and only reads. It leaves what stood
// under the keys of Delete, Clear and Put, in this order, in w.stood.
func (w *writer) judge(b *bot.Batch) (refused, failed error) {
	for i := range b.Check {
		if b.Check[i].Rev == bot.Any {
			continue
		}
		if refused, failed = w.unchanged(&b.Check[i]); refused != nil || failed != nil {
			return refused, failed
		}
	}
	w.stood = w.stood[:0] // what was checked is not written
	for i := range b.Delete {
		if refused, failed = w.unchanged(&b.Delete[i]); refused != nil || failed != nil {
			return refused, failed
		}
	}
	for i := range b.Clear {
		if _, failed = w.unchanged(&b.Clear[i]); failed != nil { // never a conflict
			return nil, failed
		}
	}
	for i := range b.Put {
		if refused, failed = w.unchanged(&b.Put[i]); refused != nil || failed != nil {
			return refused, failed
		}
	}
	return w.judgeLeases(b)
}

// unchanged looks up what stands under a record's key, adds it to w.stood, and
// refuses when it is not what the record says was read.
func (w *writer) unchanged(r *bot.Record) (refused, failed error) {
	s, err := w.standOf(r.Key)
	if err != nil {
		return nil, err
	}
	w.stood = append(w.stood, s)
	if r.Rev != bot.Any && r.Rev != bot.Rev(s.rev) {
		return fmt.Errorf("%w: record %q", bot.ErrConflict, r.Key), nil
	}
	return nil, nil
}

// standOf is what stands under a key by now. Only this writer changes records, so
// what it once looked up or wrote it knows.
func (w *writer) standOf(key string) (stand, error) {
	if s, ok := w.changes[key]; ok {
		return s, nil
	}
	if s, ok := w.stands[key]; ok {
		return s, nil
	}
	row, err := w.stand.first(key)
	if err != nil {
		return stand{}, fmt.Errorf("looking up a record: %w", err)
	}
	var s stand
	if row != nil {
		s = stand{rev: row[0].(int64), born: row[1].(int64), places: bytesOf(row[2])}
	}
	w.know(key, s)
	return s, nil
}

// apply does what a batch says, at revision w.rev, in the order that
// bottest.TestStore settles.
func (w *writer) apply(m bot.Moment, b *bot.Batch) error {
	if b.Void {
		if _, err := w.void.run(); err != nil {
			return fmt.Errorf("ending all leases: %w", err)
		}
	}
	if err := w.applyRecords(b); err != nil {
		return err
	}
	if err := w.applyAlarms(m, b); err != nil {
		return err
	}
	for i := range b.Append {
		if err := w.appendEntry(&b.Append[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) applyRecords(b *bot.Batch) error {
	stood := w.stood
	next := func() (s stand) { s, stood = stood[0], stood[1:]; return s }
	for i := range b.Delete {
		if err := w.removeRecord(b.Delete[i].Key, next()); err != nil {
			return err
		}
	}
	for i := range b.Clear {
		s := next()
		if r := &b.Clear[i]; r.Rev == bot.Any || r.Rev == bot.Rev(s.rev) {
			if err := w.removeRecord(r.Key, s); err != nil {
				return err
			}
		}
	}
	for i := range b.Put {
		if err := w.putRecord(&b.Put[i], next()); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putRecord(r *bot.Record, old stand) error {
	born := old.born
	if old.rev == 0 {
		born = w.rev
	} else {
		w.erased = true
	}
	now := places(r.Index)
	if _, err := w.put.run(r.Key, r.Kind, int64(r.Version), w.rev, born, now, r.Value); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	w.changes[r.Key] = stand{rev: w.rev, born: born, places: now}
	if bytes.Equal(now, old.places) {
		return nil
	}
	if err := w.unfindAll(r.Key, old.places); err != nil {
		return err
	}
	return w.findAll(r.Key, now)
}

func (w *writer) removeRecord(key string, old stand) error {
	if old.rev == 0 {
		return nil
	}
	if _, err := w.remove.run(key); err != nil {
		return fmt.Errorf("deleting a record: %w", err)
	}
	w.changes[key] = stand{}
	w.erased = true
	return w.unfindAll(key, old.places)
}

func (w *writer) findAll(key string, places []byte) error {
	index, err := indexOf(places)
	if err != nil {
		return err
	}
	for _, place := range index {
		if _, err := w.find.run(place, key); err != nil {
			return fmt.Errorf("indexing a record: %w", err)
		}
	}
	return nil
}

func (w *writer) unfindAll(key string, places []byte) error {
	index, err := indexOf(places)
	if err != nil {
		return err
	}
	for _, place := range index {
		if _, err := w.unfind.run(place, key); err != nil {
			return fmt.Errorf("taking a record out of an index: %w", err)
		}
	}
	return nil
}
