package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"datahour/bot"
)

// Store is a bot.Store in one SQLite file, with the powers Exclusive, Trimmer,
// Dumper, Restorer and Durability, and Backup.
type Store struct {
	path    string
	lock    *connection
	queue   chan *request
	readers chan *reader
	bells   bells

	writing sync.Mutex // whoever uses writer; the loop in group.go most of the time
	writer  *writer

	written chan struct{} // wakes keepTidy
	erased  atomic.Bool   // whether words may be left in unused parts of pages

	closing   chan struct{} // closed when Close begins
	ended     chan struct{} // closed when the writer's loop has ended
	tidied    chan struct{} // closed when keepTidy has ended
	closeOnce sync.Once
	closeErr  error
}

var _ interface {
	bot.Store
	bot.Exclusive
	bot.Trimmer
	bot.Dumper
	bot.Restorer
	bot.Durability
} = (*Store)(nil)

// readersAtOnce is how many calls read at the same time; more wait a little.
// Each has a connection with a cache of its own.
const readersAtOnce = 4

// Open opens the file at path, and makes it when it is not there; its folder
// must be. It fails when another process has it open, and with an error that
// wraps bot.ErrNewer when a newer program wrote it. Close the store at the end.
func Open(path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", path, err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // so that two names of one file have one lock
	}
	s := &Store{
		path:    path,
		queue:   make(chan *request, 4*mostTogether),
		readers: make(chan *reader, readersAtOnce),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		tidied:  make(chan struct{}),
		written: make(chan struct{}, 1),
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.closeConnections())
	}
	s.erased.Store(true) // by a run that ended before it could tidy, perhaps
	s.untidy()
	go s.write()
	go s.keepTidy()
	return s, nil
}

func (s *Store) open() (err error) {
	if _, err := os.Stat(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("looking for the folder of the data file: %w", err)
	}
	// The lock comes first. Even opening and closing the file would take away
	// the locks of another store on it in this process, as POSIX has it.
	if s.lock, err = openLock(s.path); err != nil {
		return err
	}
	// People's words are in it: the file is its owner's alone. SQLite gives the
	// files beside it the same mode.
	switch file, err := os.OpenFile(s.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); {
	case err == nil:
		if err := file.Close(); err != nil {
			return fmt.Errorf("making %s: %w", s.path, err)
		}
	case !errors.Is(err, os.ErrExist):
		return fmt.Errorf("making the data file: %w", err)
	}
	if s.writer, err = openWriter(s.path); err != nil {
		return err
	}
	for range readersAtOnce {
		r, err := openReader(s.path)
		if err != nil {
			return err
		}
		s.readers <- r
	}
	return nil
}

// Close answers who waits with ErrClosed, folds the write-ahead log into the
// file, and gives the lock back.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		<-s.ended
		<-s.tidied
		s.writing.Lock()
		defer s.writing.Unlock()
		for range readersAtOnce {
			r := <-s.readers
			s.closeErr = errors.Join(s.closeErr, r.connection.close())
		}
		s.closeErr = errors.Join(s.closeErr, s.closeConnections())
	})
	return s.closeErr
}

// closeConnections closes what is open, the readers first and the lock last.
func (s *Store) closeConnections() error {
	var errs []error
	for len(s.readers) > 0 {
		errs = append(errs, (<-s.readers).connection.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.connection.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.close())
	}
	return errors.Join(errs...)
}

// closed tells whether Close has begun.
func (s *Store) closed() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Exclusive marks a store that only one process can open.
func (s *Store) Exclusive() {}

// Durability asks SQLite for the settings that decide whether an acknowledged
// commit survives a crash of the machine.
func (s *Store) Durability(ctx context.Context) (warning string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if s.closed() {
		return "", bot.ErrClosed
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed() {
		return "", bot.ErrClosed
	}
	const full = 2
	level, err := s.writer.connection.number("pragma synchronous")
	if err != nil {
		return "", fmt.Errorf("asking how durable the file is: %w", err)
	}
	if level < full {
		return "SQLite does not wait for the disk (synchronous is below FULL): a crash of the machine may lose what was acknowledged.", nil
	}
	return "", nil
}

// micro is a time as it is stored.
func micro(t time.Time) int64 { return t.UnixMicro() }

// moment is a stored time.
func moment(micro int64) time.Time { return time.UnixMicro(micro).UTC() }
