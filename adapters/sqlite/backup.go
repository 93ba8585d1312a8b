package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"datahour/bot"
)

// Backup writes everything as it stands at one moment to a new file at path,
// while the store goes on working. The file can be opened like any other. It is
// rebuilt row by row, so nothing that was deleted is in it. It appears under its
// name only when it is whole and on the disk; it fails when there is one already.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.closed() {
		return bot.ErrClosed
	}
	return backup(ctx, s.path, path)
}

// Backup does the same for a file that another process may have open, or nobody.
func Backup(ctx context.Context, from, to string) error {
	from, err := filepath.Abs(from)
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	return backup(ctx, from, to)
}

func backup(ctx context.Context, from, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("backing up: %s is there already; name a new file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // its owner's alone, like the data
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	part := file.Name()
	defer func() {
		if e := os.Remove(part); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("backing up: %w", e))
		}
	}()
	for _, step := range []func() error{
		file.Close, // SQLite takes an empty file for a new one
		func() error { return copyInto(ctx, from, part) },
		func() error { return waitForDisk(part) },
		func() error { return os.Rename(part, path) },
		func() error { return waitForDisk(filepath.Dir(path)) }, // so that the name survives, too
	} {
		if err := step(); err != nil {
			return fmt.Errorf("backing up: %w", err)
		}
	}
	return nil
}

func copyInto(ctx context.Context, from, to string) (err error) {
	c, err := connect(from, settings...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return c.exec(ctx, "vacuum into ?1", to)
}

// waitForDisk returns when a file or folder would survive a crash of the machine.
func waitForDisk(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Sync()
}
