package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	modernc "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// connection is one connection with its prepared statements, for one goroutine
// at a time. It talks to the driver itself: database/sql would add a pool, locks
// and conversions to each statement, and hide which connection does what.
type connection struct {
	conn       driver.Conn
	statements []*statement
}

// connect opens path. The pragmas are set in this connection only.
func connect(path string, pragmas ...string) (*connection, error) {
	return connectTo(url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas}.Encode()})
}

func connectTo(at url.URL) (*connection, error) {
	connector, err := modernc.NewConnector(at.String())
	if err != nil {
		return nil, fmt.Errorf("naming %s: %w", at.Path, err)
	}
	conn, err := connector.Connect(context.Background())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", at.Path, err)
	}
	return &connection{conn: conn}, nil
}

// exec runs SQL that is needed once; several statements are parted by semicolons.
func (c *connection) exec(ctx context.Context, sql string, values ...driver.Value) error {
	var s statement
	s.bind(values)
	_, err := c.conn.(driver.ExecerContext).ExecContext(ctx, sql, s.args)
	return err
}

// number runs a query that is needed once and gives one number.
func (c *connection) number(sql string) (int64, error) {
	value, err := c.value(sql)
	n, _ := value.(int64)
	return n, err
}

// text is number for words.
func (c *connection) text(sql string) (string, error) {
	value, err := c.value(sql)
	words, _ := value.(string)
	return words, err
}

func (c *connection) value(sql string) (v driver.Value, err error) {
	prepared, err := c.conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	s := &statement{prepared: prepared}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	row, err := s.first()
	if err != nil || row == nil {
		return nil, err
	}
	return row[0], nil
}

func (c *connection) prepare(statements map[**statement]string) error {
	for into, sql := range statements {
		prepared, err := c.conn.Prepare(sql)
		if err != nil {
			return fmt.Errorf("preparing %q: %w", sql, err)
		}
		*into = &statement{sql: sql, prepared: prepared}
		c.statements = append(c.statements, *into)
	}
	return nil
}

func (c *connection) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.prepared.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// statement is prepared once and keeps the room for its arguments and one row.
// It never runs with a context: the driver would start a goroutine for each
// call, and calls here take microseconds.
type statement struct {
	sql      string
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
func (s *statement) run(values ...driver.Value) (changed int64, err error) {
	s.bind(values)
	result, err := s.prepared.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each calls row for each row that the statement gives, until row wants no
// more. The slice is used again for the next row; what it points at is the caller's.
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

// first gives the first row, nil when there is none.
func (s *statement) first(values ...driver.Value) (row []driver.Value, err error) {
	err = s.each(func(r []driver.Value) bool { row = r; return false }, values...)
	return row, err
}

// bytesOf reads a blob, which SQLite gives as nil when it is empty.
func bytesOf(v driver.Value) []byte {
	b, _ := v.([]byte)
	return b
}

// code is SQLite's extended result code of an error, 0 when it has none.
func code(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return codes.SQLITE_OK
}

// busy tells whether another connection's lock is in the way.
func busy(err error) bool { return code(err)&0xff == codes.SQLITE_BUSY }

// uncertain tells whether a COMMIT that failed like this may come back after a
// crash. A commit is there when its last frame is; a write that failed left
// that frame out, while an fsync that failed tells nothing about it.
func uncertain(err error) bool {
	switch code(err) {
	case codes.SQLITE_IOERR_WRITE, codes.SQLITE_NOMEM, codes.SQLITE_IOERR_NOMEM:
		return false
	}
	switch code(err) & 0xff {
	case codes.SQLITE_FULL, codes.SQLITE_BUSY:
		return false
	}
	return true
}
