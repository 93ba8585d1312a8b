package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// erasedFile remembers in DATA_DIR/erased who was erased, a line each: a code
// from which nobody can read an account without the store, and when. It is beside
// the store so that going back to a backup does not bring people back.
type erasedFile struct{ config }

func (f erasedFile) path() string { return filepath.Join(string(f.DataDir), "erased") }

// Add implements bot.ErasedList. It returns when the line is on the disk.
func (f erasedFile) Add(code string, at time.Time) (err error) {
	if err := f.makeDataDir(); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("noting an erasure: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// A line that was cut off by a crash ends here, and is passed over by All.
	if _, err := fmt.Fprintf(file, "\n%s %s\n", code, at.UTC().Format(time.RFC3339Nano)); err != nil {
		return fmt.Errorf("noting an erasure: %w", err)
	}
	return file.Sync()
}

// All implements bot.ErasedList.
func (f erasedFile) All() (map[string]time.Time, error) {
	all := map[string]time.Time{}
	file, err := os.Open(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		code, when, _ := strings.Cut(lines.Text(), " ")
		at, err := time.Parse(time.RFC3339Nano, when)
		if err == nil && at.After(all[code]) {
			all[code] = at
		}
	}
	return all, lines.Err()
}
