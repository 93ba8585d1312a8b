package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"

	"datahour/bot"
)

// Dump implements bot.Dumper. It reads from a connection of its own, at one
// moment, while writing goes on; the write-ahead log cannot be emptied meanwhile.
func (s *Store) Dump(ctx context.Context) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		if s.closed() {
			yield(bot.Item{}, bot.ErrClosed)
			return
		}
		d, err := openDump(ctx, s.path)
		if err != nil {
			yield(bot.Item{}, fmt.Errorf("dumping: %w", err))
			return
		}
		wanted, err := d.all(func(i bot.Item) bool { return yield(i, nil) })
		if err = errors.Join(err, d.connection.close()); err != nil && wanted {
			yield(bot.Item{}, fmt.Errorf("dumping: %w", err))
		}
	}
}

// dump is one pass over everything.
type dump struct {
	ctx        context.Context
	connection *connection

	begin, end, head, records, alarms, seen, nextLog, lastPlace, entries *statement
}

func openDump(ctx context.Context, path string) (*dump, error) {
	c, err := connect(path, append([]string{"query_only(on)"}, settings...)...)
	if err != nil {
		return nil, err
	}
	d := &dump{ctx: ctx, connection: c}
	err = c.prepare(map[**statement]string{
		&d.begin:   "begin",
		&d.end:     "commit",
		&d.head:    "select (select value from meta where name = 'format'), (select value from meta where name = 'rev')",
		&d.records: "select key, kind, version, rev, born, places, value from record order by key",
		&d.alarms:  "select key, due, data, rev from alarm order by key",
		&d.seen:    "select id, at from seen order by id",
		// One step per log, not one per entry.
		&d.nextLog: `select min(log) from (select min(log) as log from entry where log > ?1
			union all select min(log) from trimmed where log > ?1)`,
		&d.lastPlace: lastPlace,
		&d.entries:   "select seq, data from entry where log = ?1 order by seq",
	})
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return d, nil
}

// all gives everything to yield, until that wants no more.
func (d *dump) all(yield func(bot.Item) bool) (wanted bool, err error) {
	if _, err := d.begin.run(); err != nil {
		return true, err
	}
	defer func() {
		_, e := d.end.run()
		err = errors.Join(err, e)
	}()
	for _, part := range []func(func(bot.Item) bool) (bool, error){d.meta, d.tables, d.logs} {
		if wanted, err := part(yield); err != nil || !wanted {
			return wanted, err
		}
	}
	return true, nil
}

// each gives an item for each row of a statement, until ctx ends.
func (d *dump) each(s *statement, yield func(bot.Item) bool, item func([]driver.Value) (bot.Item, error), values ...driver.Value) (wanted bool, err error) {
	wanted = true
	var failed error
	err = s.each(func(row []driver.Value) bool {
		if failed = d.ctx.Err(); failed != nil {
			return false
		}
		var i bot.Item
		if i, failed = item(row); failed != nil {
			return false
		}
		wanted = yield(i)
		return wanted
	}, values...)
	return wanted, errors.Join(err, failed)
}

func (d *dump) meta(yield func(bot.Item) bool) (bool, error) {
	return d.each(d.head, yield, func(row []driver.Value) (bot.Item, error) {
		return bot.Item{Head: &bot.Head{Format: int(row[0].(int64)), Rev: bot.Rev(row[1].(int64))}}, nil
	})
}

func (d *dump) tables(yield func(bot.Item) bool) (bool, error) {
	wanted, err := d.each(d.records, yield, func(row []driver.Value) (bot.Item, error) {
		r, err := recordOf(row)
		return bot.Item{Record: &r}, err
	})
	if err != nil || !wanted {
		return wanted, err
	}
	wanted, err = d.each(d.alarms, yield, func(row []driver.Value) (bot.Item, error) {
		return bot.Item{Alarm: &bot.Alarm{
			Key: row[0].(string), Due: moment(row[1].(int64)), Data: bytesOf(row[2]), Rev: bot.Rev(row[3].(int64)),
		}}, nil
	})
	if err != nil || !wanted {
		return wanted, err
	}
	return d.each(d.seen, yield, func(row []driver.Value) (bot.Item, error) {
		return bot.Item{Seen: &bot.Seen{ID: row[0].(string), At: moment(row[1].(int64))}}, nil
	})
}

func (d *dump) logs(yield func(bot.Item) bool) (bool, error) {
	for log := ""; ; {
		row, err := d.nextLog.first(log)
		if err != nil {
			return true, err
		}
		next, more := row[0].(string)
		if !more {
			return true, nil
		}
		log = next
		if row, err = d.lastPlace.first(log); err != nil {
			return true, err
		}
		if !yield(bot.Item{Log: &bot.LogHead{Log: log, Last: bot.Seq(row[0].(int64))}}) {
			return false, nil
		}
		wanted, err := d.each(d.entries, yield, func(row []driver.Value) (bot.Item, error) {
			return bot.Item{Entry: &bot.Entry{Log: log, Seq: bot.Seq(row[0].(int64)), Data: bytesOf(row[1])}}, nil
		}, log)
		if err != nil || !wanted {
			return wanted, err
		}
	}
}
