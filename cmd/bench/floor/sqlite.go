package floor

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// schema is that of adapters/sqlite, table for table and index for index.
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
insert into meta values('format', 1), ('rev', 0);
`

// file is one open SQLite file with its prepared statements, used by one
// goroutine. It talks to the driver itself: database/sql would add a pool, a
// lock and a conversion to each statement.
type file struct {
	conn       driver.Conn
	statements []*statement

	begin, commit, rev *statement
	revNow             int64
}

// openFile makes a new database in dir with the settings of the real store.
func openFile(dir string) (*file, error) {
	f, err := openExisting(dir)
	if err != nil {
		return nil, err
	}
	if _, err := f.conn.(driver.ExecerContext).ExecContext(context.Background(), schema, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("making the floor's tables: %w", err), f.close())
	}
	err = f.prepare(map[**statement]string{
		&f.begin:  "begin immediate",
		&f.commit: "commit",
		&f.rev:    "update meta set value = ?1 where name = 'rev'",
	})
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// openExisting opens the database in dir as it is.
func openExisting(dir string) (*file, error) {
	path, err := filepath.Abs(filepath.Join(dir, "floor.db"))
	if err != nil {
		return nil, fmt.Errorf("place of the floor's file: %w", err)
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": {
		"journal_mode(wal)", "synchronous(full)", "fullfsync(on)", "secure_delete(on)", "temp_store(memory)",
	}}.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("naming the floor's file: %w", err)
	}
	conn, err := connector.Connect(context.Background())
	if err != nil {
		return nil, fmt.Errorf("opening the floor's file: %w", err)
	}
	return &file{conn: conn}, nil
}

func (f *file) prepare(statements map[**statement]string) error {
	for into, sql := range statements {
		prepared, err := f.conn.Prepare(sql)
		if err != nil {
			return fmt.Errorf("preparing %q: %w", sql, err)
		}
		*into = &statement{prepared: prepared}
		f.statements = append(f.statements, *into)
	}
	return nil
}

// together runs body in one transaction that also writes the number of the last commit.
func (f *file) together(body func() error) error {
	if _, err := f.begin.run(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := body(); err != nil {
		return err
	}
	if _, err := f.rev.run(f.revNow); err != nil {
		return fmt.Errorf("writing the revision: %w", err)
	}
	if _, err := f.commit.run(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (f *file) close() error {
	var errs []error
	for _, s := range f.statements {
		errs = append(errs, s.prepared.Close())
	}
	return errors.Join(append(errs, f.conn.Close())...)
}

// statement is prepared once and keeps the room for its arguments and one row.
type statement struct {
	prepared driver.Stmt
	args     []driver.NamedValue
	row      []driver.Value
}

func (s *statement) bind(values []driver.Value) {
	s.args = s.args[:0]
	for i, v := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
}

// run executes a statement that gives no rows and tells how many it changed.
func (s *statement) run(values ...driver.Value) (int64, error) {
	s.bind(values)
	result, err := s.prepared.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each calls row for each row that the statement gives, until row says stop.
// The slice is used again for the next row.
func (s *statement) each(row func([]driver.Value) (more bool), values ...driver.Value) (err error) {
	s.bind(values)
	rows, err := s.prepared.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if s.row == nil {
		s.row = make([]driver.Value, len(rows.Columns()))
	}
	for {
		switch err := rows.Next(s.row); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !row(s.row):
			return nil
		}
	}
}
