package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"datahour/bot"
)

// writer is the connection that writes, with what it has to remember.
type writer struct {
	connection *connection
	writerStatements

	rev      int64            // last revision given, in the open transaction or before it
	stored   int64            // last revision that is not given again
	places   map[string]int64 // last place of each log that was appended to since the start
	appended map[string]int64 // the same in the open transaction, not yet committed
	changed  bool             // whether the open transaction has anything to commit
	erased   bool             // whether it deletes or overwrites anything
	wall     int64            // latest real time that the open transaction was told

	stands  map[string]stand // what stands under some keys, as it was committed: most commits look at the same few
	changes map[string]stand // the same for keys that the open transaction has written
	stood   []stand          // room for what commits find, see batch.go
}

// mostStands bounds what is known without looking; beyond it all is forgotten.
const mostStands = 2048

// know remembers what stands under a key.
func (w *writer) know(key string, s stand) {
	if len(w.stands) == mostStands {
		clear(w.stands)
	}
	w.stands[key] = s
}

// writerStatements are prepared once.
type writerStatements struct {
	begin, commit, rollback, getRev, setRev, checkpoint   *statement
	stand, put, remove, find, unfind                      *statement
	seen, unseen, forget                                  *statement
	leaseOf, set, cancel, hold, void, expire, claim, next *statement
	lastPlace, append, trim, trimmed, page, setPage       *statement
}

// openWriter opens the file, makes the tables in a new one, and reads where it stands.
func openWriter(path string) (*writer, error) {
	c, err := connect(path, settings...)
	if err != nil {
		return nil, err
	}
	w := &writer{connection: c, places: map[string]int64{}, appended: map[string]int64{}, stands: map[string]stand{}, changes: map[string]stand{}}
	if err := w.open(path); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return w, nil
}

func (w *writer) open(path string) error {
	if err := prepareFile(w.connection, path); err != nil {
		return err
	}
	// From here on waiting for locks is ours, since SQLite knows no deadlines.
	if err := w.connection.exec(context.Background(), "pragma busy_timeout = 0"); err != nil {
		return fmt.Errorf("setting up %s: %w", path, err)
	}
	var err error
	if w.stored, err = w.connection.number("select value from meta where name = 'rev'"); err != nil {
		return fmt.Errorf("reading the revision of %s: %w", path, err)
	}
	w.rev = w.stored
	return w.connection.prepare(map[**statement]string{
		&w.begin:      "begin immediate",
		&w.commit:     "commit",
		&w.rollback:   "rollback",
		&w.getRev:     "select value from meta where name = 'rev'",
		&w.setRev:     "update meta set value = ?1 where name = 'rev'",
		&w.checkpoint: "pragma wal_checkpoint(truncate)",

		&w.stand: "select rev, born, places from record where key = ?1",
		&w.put: `insert into record(key, kind, version, rev, born, places, value) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)
			on conflict(key) do update set kind = excluded.kind, version = excluded.version, rev = excluded.rev,
			places = excluded.places, value = excluded.value`,
		&w.remove: "delete from record where key = ?1",
		&w.find:   "insert into found(place, key) values(?1, ?2)",
		&w.unfind: "delete from found where place = ?1 and key = ?2",

		&w.seen: `insert into seen(id, at) values(?1, ?2)
			on conflict(id) do update set at = excluded.at where seen.at <= ?3`,
		&w.unseen: "delete from seen where id = ?1",
		// A bounded piece at a time: after a quiet month one commit must not pay for all of it.
		&w.forget: "delete from seen where id in (select id from seen where at <= ?1 order by at limit 256)",

		&w.leaseOf: "select lease, rev from alarm where key = ?1",
		&w.set: `insert into alarm(key, due, data, rev) values(?1, ?2, ?3, ?4)
			on conflict(key) do update set due = excluded.due, data = excluded.data, rev = excluded.rev`,
		&w.cancel: "delete from alarm where key = ?1",
		&w.hold:   "update alarm set lease = ?3, until = ?4 where key = ?1 and lease = ?2",
		&w.void:   "update alarm set lease = 0, until = 0 where lease <> 0",
		&w.expire: "update alarm set until = 0 where lease <> 0 and until > 0 and until <= ?1",
		&w.claim: `update alarm set lease = ?1, until = ?2 where key in
			(select key from alarm where until = 0 and due <= ?3 order by due, key limit ?4) returning key, due, data, rev`,
		&w.next: "select due from alarm where until = 0 order by due, key limit 1",

		&w.lastPlace: lastPlace,
		&w.append:    "insert into entry(log, seq, data) values(?1, ?2, ?3)",
		&w.trim:      "delete from entry where log = ?1 and seq <= ?2",
		&w.trimmed:   "insert into trimmed(log, last) values(?1, ?2) on conflict(log) do update set last = excluded.last",

		&w.page:    "select data from sqlite_dbpage where pgno = ?1",
		&w.setPage: "update sqlite_dbpage set data = ?2 where pgno = ?1",
	})
}

// start opens a transaction.
func (w *writer) start() error {
	clear(w.appended)
	clear(w.changes)
	w.changed, w.erased, w.wall = false, false, 0
	_, err := w.begin.run()
	return err
}

// undo ends the open transaction without a trace. SQLite has already ended it
// itself after some errors, and then the statement's own error says nothing new.
func (w *writer) undo() {
	_, _ = w.rollback.run()
	w.rev = w.stored
}

// end commits. When that fails it finds out what happened: the error wraps
// ErrNotSaved, or ErrUnknown when even that is not possible.
func (w *writer) end() error {
	_, err := w.commit.run()
	if err != nil {
		err = w.settle(err)
	}
	if err == nil {
		maps.Copy(w.places, w.appended)
		for key, s := range w.changes {
			w.know(key, s)
		}
	} else {
		clear(w.stands) // it may not be known what was committed
	}
	// Also when it failed: a revision that was on its way is not used again.
	w.stored = w.rev
	return err
}

// settle makes sure what became of a transaction whose COMMIT failed with why.
// Where a crash could still bring it back, it commits something else in its
// place: the pages in the write-ahead log are its only trace, and the next
// commit that succeeds is written over them.
func (w *writer) settle(why error) error {
	_, _ = w.rollback.run() // see undo
	if !uncertain(why) {
		return fmt.Errorf("%w: %w", bot.ErrNotSaved, why)
	}
	unknown := func(doing string, err error) error {
		_, _ = w.rollback.run()
		return fmt.Errorf("%w: %w; then %s: %w", bot.ErrUnknown, why, doing, err)
	}
	if _, err := w.begin.run(); err != nil {
		return unknown("beginning to settle it", err)
	}
	row, err := w.getRev.first()
	if err != nil {
		return unknown("looking whether it is there", err)
	}
	if row[0].(int64) == w.rev {
		_, _ = w.rollback.run()
		return nil // it failed after it had happened
	}
	if _, err := w.setRev.run(w.rev); err != nil {
		return unknown("overwriting it", err)
	}
	if _, err := w.commit.run(); err != nil {
		return unknown("overwriting it", err)
	}
	return fmt.Errorf("%w: %w", bot.ErrNotSaved, why)
}
