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

// Backup does the same for a file that another process may have open. Never
// call it for a file that a Store of this process has open: closing the file
// would take away that store's locks.
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
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // its owner's alone, like the data
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	defer func() {
		err = errors.Join(err, part.Close())
		if e := os.Remove(part.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := copyInto(ctx, from, part.Name()); err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	if err := part.Sync(); err != nil {
		return fmt.Errorf("backing up: waiting for the disk: %w", err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func copyInto(ctx context.Context, from, to string) (err error) {
	c, err := connect(from, settings...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	return c.exec(ctx, "vacuum into ?1", to)
}

// syncFolder makes a new name survive a crash of the machine.
func syncFolder(path string) (err error) {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("backing up: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("backing up: waiting for the disk: %w", err)
	}
	return nil
}
