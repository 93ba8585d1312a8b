package world

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// journal keeps the World on disk: one line of JSON, a list of entries, for each
// commit. A line is handed to the operating system before anybody is told, so
// what was acknowledged outlives a kill -9. It is not forced onto the disk with
// each commit: a playground need not outlive a power cut.
type journal struct {
	path    string
	file    *os.File
	size    int64 // bytes in the file
	settled int64 // bytes in it when it was last compacted
}

// growth is how much may be appended before the journal is compacted while the
// World runs; at a start it always is.
const growth = 64 << 20

// openJournal replays what the file holds, then starts it anew with only what
// still matters.
func openJournal(w *World, path string) (*journal, error) {
	old, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("playground: opening the journal: %w", err)
	default:
		err = replay(w, old)
		old.Close()
		if err != nil {
			return nil, fmt.Errorf("playground: reading the journal %s: %w", path, err)
		}
	}
	for _, t := range w.asked {
		t.late = true // whoever waited for it went with the process
	}
	j := &journal{path: path}
	if err := j.compact(w); err != nil {
		return nil, fmt.Errorf("playground: writing the journal: %w", err)
	}
	return j, nil
}

// replay applies every whole line. A last line without its end was being
// written when the process died: nobody was told of it, so it never was.
func replay(w *World, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var entries []entry
		if err := json.Unmarshal(line, &entries); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		for _, e := range entries {
			w.apply(e)
		}
	}
}

func (j *journal) append(entries []entry) error {
	line := append(encode(entries), '\n')
	n, err := j.file.Write(line)
	j.size += int64(n)
	if err != nil && n > 0 {
		// Half a line must not spoil the next one.
		j.size -= int64(n)
		err = errors.Join(err, j.file.Truncate(j.size))
		_, seek := j.file.Seek(j.size, io.SeekStart)
		err = errors.Join(err, seek)
	}
	return err
}

func (j *journal) grown() bool { return j.size > j.settled+max(growth, 2*j.settled) }

// compact writes the state into a new file and puts it in the old one's place,
// which is atomic: whoever looks finds one or the other, whole.
func (j *journal) compact(w *World) error {
	next, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if j.file != next {
			next.Close()
			os.Remove(next.Name())
		}
	}()
	out := bufio.NewWriterSize(next, 1<<20)
	var size int64
	err = w.snapshot(func(entries ...entry) error {
		line := append(encode(entries), '\n')
		size += int64(len(line))
		_, err := out.Write(line)
		return err
	})
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := next.Sync(); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), j.path); err != nil {
		return err
	}
	if j.file != nil {
		j.file.Close()
	}
	j.file, j.size, j.settled = next, size, size
	return nil
}
