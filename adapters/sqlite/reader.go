package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"datahour/bot"
)

// reader is a connection that only reads. It sees what was committed when it
// begins, and neither waits for the writer nor keeps it waiting.
type reader struct {
	connection                               *connection
	begin, end, record, list, entries, pages *statement
}

// readerCache is how much of the file each reader keeps in memory, in KiB with
// a minus. It holds the upper pages of the trees, which every call needs. For the
// others the system's own cache is as fast: reading an hour of 10,000 messages
// takes as long as with 2 MiB, which all readers would fill with the same.
const readerCache = "cache_size(-128)"

func openReader(path string) (*reader, error) {
	c, err := connect(path, append([]string{"query_only(on)", readerCache}, settings...)...)
	if err != nil {
		return nil, err
	}
	r := &reader{connection: c}
	err = c.prepare(map[**statement]string{
		&r.begin:  "begin",
		&r.end:    "commit",
		&r.record: "select key, kind, version, rev, born, places, value from record where key = ?1",
		&r.list: `select record.key, kind, version, rev, born, places, value from found cross join record on record.key = found.key
			where found.place = ?1 and found.key > ?2 order by found.key limit ?3`,
		&r.entries: "select seq, data from entry where log = ?1 and seq > ?2 order by seq limit ?3",
		&r.pages:   "select pgno, data from sqlite_dbpage",
	})
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return r, nil
}

// borrow gives a reader of the store's to one call, which must give it back.
func (s *Store) borrow(ctx context.Context) (*reader, error) {
	if s.closed() {
		return nil, bot.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case r := <-s.readers:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closing:
		return nil, bot.ErrClosed
	}
}

func (s *Store) giveBack(r *reader) { s.readers <- r }

// recordOf reads the columns key, kind, version, rev, born, places, value.
func recordOf(row []driver.Value) (bot.Record, error) {
	r := bot.Record{
		Key: row[0].(string), Kind: row[1].(string), Version: int(row[2].(int64)),
		Rev: bot.Rev(row[3].(int64)), Born: bot.Rev(row[4].(int64)), Value: bytesOf(row[6]),
	}
	var err error
	if r.Index, err = indexOf(bytesOf(row[5])); err != nil {
		return bot.Record{}, fmt.Errorf("%w: %q", err, r.Key)
	}
	return r, nil
}

// Get implements bot.Store.
func (s *Store) Get(ctx context.Context, keys ...string) (records []bot.Record, err error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.giveBack(r)
	if len(keys) > 1 { // one statement sees one moment by itself
		if _, err := r.begin.run(); err != nil {
			return nil, fmt.Errorf("beginning to read: %w", err)
		}
		defer func() {
			if _, e := r.end.run(); e != nil && err == nil {
				err = fmt.Errorf("ending to read: %w", e)
			}
		}()
	}
	records = make([]bot.Record, len(keys))
	for i, key := range keys {
		row, err := r.record.first(key)
		if err != nil {
			return nil, fmt.Errorf("reading a record: %w", err)
		}
		if row == nil {
			records[i].Key = key
			continue
		}
		if records[i], err = recordOf(row); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// List implements bot.Store.
func (s *Store) List(ctx context.Context, index, after string, max int) (records []bot.Record, err error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.giveBack(r)
	if max <= 0 { // SQLite takes a negative limit for none
		return nil, nil
	}
	var damaged error
	err = r.list.each(func(row []driver.Value) bool {
		var record bot.Record
		if record, damaged = recordOf(row); damaged == nil {
			damaged = ctx.Err()
		}
		records = append(records, record)
		return damaged == nil
	}, index, after, int64(max))
	if err = errors.Join(err, damaged); err != nil {
		return nil, fmt.Errorf("listing records: %w", err)
	}
	return records, nil
}
