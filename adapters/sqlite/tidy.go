package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const (
	// tidyAfter is how long erased words may stay in the files.
	tidyAfter = time.Minute
	// scrubTogether bounds how many pages one transaction scrubs, so that commits get in between.
	scrubTogether = 64
	// scrubPages is where the first byte of a page stops telling trees from
	// other pages, see gap: 128 GiB.
	scrubPages = 0x02000000
)

// keepTidy tidies a while after something was written, until the store closes.
func (s *Store) keepTidy() {
	defer close(s.tidied)
	for {
		select {
		case <-s.written:
		case <-s.closing:
			return
		}
		select {
		case <-time.After(tidyAfter):
		case <-s.closing:
			return
		}
		if s.tidy() != nil { // busy with others: once more, a while later
			s.untidy()
		}
	}
}

// untidy tells keepTidy that there is something to do.
func (s *Store) untidy() {
	select {
	case s.written <- struct{}{}:
	default:
	}
}

var errInUse = errors.New("somebody is still reading an older state")

// tidy removes what was erased from the files: first the copies that SQLite
// leaves in the pages, then the older versions in the write-ahead log.
func (s *Store) tidy() error {
	var scrubbed error
	if s.erased.Swap(false) {
		if scrubbed = s.scrub(); scrubbed != nil {
			s.erased.Store(true)
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed() {
		return nil // closing does the rest
	}
	// Also when scrubbing failed: on a full disk this makes room.
	row, err := s.writer.checkpoint.first()
	if err == nil && row[0].(int64) != 0 {
		err = errInUse
	}
	return errors.Join(scrubbed, err)
}

// scrub overwrites the unused parts of all pages. secure_delete overwrites a
// deleted row where it stands, but not the copies that stay behind in unused
// parts when rows move from page to page as the tree is balanced.
func (s *Store) scrub() error {
	pages, err := s.pagesToScrub()
	if err != nil {
		return err
	}
	for len(pages) > 0 {
		n := min(len(pages), scrubTogether)
		if err := s.scrubSome(pages[:n]); err != nil {
			return err
		}
		pages = pages[n:]
	}
	return nil
}

// pagesToScrub looks through the file while writing goes on.
func (s *Store) pagesToScrub() (numbers []int64, err error) {
	r, err := s.borrow(context.Background())
	if err != nil {
		return nil, err
	}
	defer s.giveBack(r)
	err = r.pages.each(func(row []driver.Value) bool {
		number := row[0].(int64)
		if len(gap(number, bytesOf(row[1]))) > 0 {
			numbers = append(numbers, number)
		}
		return !s.closed() && number < scrubPages
	})
	if err != nil {
		return nil, fmt.Errorf("looking through the pages: %w", err)
	}
	return numbers, nil
}

// scrubSome does some pages in one transaction. They are looked at again, since
// they may have changed.
func (s *Store) scrubSome(pages []int64) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed() {
		return nil
	}
	w := s.writer
	if err := w.start(); err != nil {
		return err
	}
	for _, number := range pages {
		row, err := w.page.first(number)
		if err == nil && row != nil {
			page := bytesOf(row[0])
			clear(gap(number, page))
			_, err = w.setPage.run(number, page)
		}
		if err != nil {
			w.undo()
			return fmt.Errorf("scrubbing a page: %w", err)
		}
	}
	if _, err := w.commit.run(); err != nil {
		w.undo()
		return fmt.Errorf("scrubbing pages: %w", err)
	}
	return nil
}

// gap is the part of a page between the list of its cells and the cells
// themselves, when it is not empty already. Nothing in it is in use. Pages that
// are not of a tree have none: they begin with the number of another page, whose
// first byte is 0 or 1 in files below scrubPages (pages of the kind that maps
// pointers exist only with auto_vacuum, which our files are made without).
//
// https://www.sqlite.org/fileformat2.html#b_tree_pages
func gap(number int64, page []byte) []byte {
	header := 0
	if number == 1 {
		header = 100 // the file's own header comes first
	}
	if number >= scrubPages || len(page) < header+12 {
		return nil
	}
	var size int
	switch page[header] {
	case 0x02, 0x05: // inner pages
		size = 12
	case 0x0a, 0x0d: // leaves
		size = 8
	default:
		return nil
	}
	cells := int(binary.BigEndian.Uint16(page[header+3:]))
	from := header + size + 2*cells
	to := int(binary.BigEndian.Uint16(page[header+5:]))
	if to == 0 {
		to = 1 << 16
	}
	if from > to || to > len(page) {
		return nil
	}
	for _, b := range page[from:to] {
		if b != 0 {
			return page[from:to]
		}
	}
	return nil
}
