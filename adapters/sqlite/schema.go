package sqlite

import (
	"context"
	"errors"
	"fmt"

	"datahour/bot"
)

// schema makes the tables of an empty file. All are without rowid: a row is
// found and written in one tree.
//
//	meta     format and rev, the last revision given
//	record   places is the record's Index, encoded (see places.go), so that
//	         overwriting knows where it was found before
//	found    one row for each place of each record
//	seen     what was answered, and when on the real clock
//	alarm    until is 0 when nobody rings it; lease stays when a lease ran out,
//	         since it is its holder's until somebody else takes it
//	entry    the logs
//	trimmed  the last place of each log that was ever trimmed
//
// The indexes on alarm are partial so that taking what is due never walks over
// what is leased, however much that is.
const schema = `
create table meta(name text primary key, value integer not null) without rowid;
create table record(key text primary key, kind text not null, version integer not null,
	rev integer not null, born integer not null, places blob not null, value blob) without rowid;
create table found(place text not null, key text not null, primary key(place, key)) without rowid;
create table seen(id text primary key, at integer not null) without rowid;
create index seen_at on seen(at);
create table alarm(key text primary key, due integer not null, data blob, rev integer not null,
	lease integer not null default 0, until integer not null default 0) without rowid;
create index alarm_due on alarm(due, key) where until = 0;
create index alarm_until on alarm(until) where lease <> 0;
create table entry(log text not null, seq integer not null, data blob, primary key(log, seq)) without rowid;
create table trimmed(log text primary key, last integer not null) without rowid;
`

// applicationID stands in the header of our files, "DtHr", so that another
// program's database named by mistake is refused and not written to.
const applicationID = 0x44744872

// settings of every connection. Statement journals and sorting stay in memory,
// because people's words must not get into temporary files.
var settings = []string{"busy_timeout(2000)", "synchronous(full)", "fullfsync(on)", "secure_delete(on)", "temp_store(memory)"}

// prepareFile makes the tables in a new file, and checks one that is not new
// before anything in it is touched.
func prepareFile(c *connection, path string) error {
	tables, err := c.number("select count(*) from sqlite_schema")
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if tables > 0 {
		if err := checkFile(c, path); err != nil {
			return err
		}
	}
	ctx := context.Background()
	if err := c.exec(ctx, "pragma journal_mode = wal"); err != nil {
		return fmt.Errorf("turning on the write-ahead log of %s: %w", path, err)
	}
	if tables > 0 {
		return nil
	}
	err = c.exec(ctx, fmt.Sprintf("begin immediate; %s pragma application_id = %d; insert into meta values('format', %d), ('rev', 0); commit",
		schema, applicationID, bot.Format))
	if err != nil {
		return fmt.Errorf("making the tables in %s: %w", path, err)
	}
	return nil
}

func checkFile(c *connection, path string) error {
	id, err := c.number("pragma application_id")
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if id != applicationID {
		return fmt.Errorf("%s is a database of another program; name another file", path)
	}
	format, err := c.number("select value from meta where name = 'format'")
	if err != nil {
		return fmt.Errorf("reading the format of %s: %w", path, err)
	}
	if format > bot.Format {
		return fmt.Errorf("%s has data format %d and this program knows %d: %w", path, format, bot.Format, bot.ErrNewer)
	}
	return nil
}

// openLock takes the lock that lets one process open path. It is a lock of
// SQLite's own on an empty file, so it works wherever SQLite does and ends with the process.
func openLock(path string) (*connection, error) {
	lock, err := connect(path + ".lock")
	if err != nil {
		return nil, err
	}
	err = lock.exec(context.Background(), "begin exclusive")
	if busy(err) {
		err = fmt.Errorf("%s is in use by another datahour process: stop that one first, or name another file", path)
	}
	if err != nil {
		return nil, errors.Join(err, lock.close())
	}
	return lock, nil
}
