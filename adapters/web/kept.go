package web

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

const (
	pagesKept  = 32               // at most, and as many as fit into
	bytesKept  = 16 << 20         // which bound the memory that read pages take; the page read last stays in any case
	readWithin = 10 * time.Second // for one page
	longestID  = 32               // letters; an hour's id has fewer
)

// pages keeps the pages read last. Everything that changes a page is in the
// log of its hour, so one is good as long as its log has not grown.
//
// Who is not shown any more is on no page from the commit on that said so:
// nobody is given a page that began to be read before they asked for it.
type pages struct {
	r          bot.Reader
	background *background

	mu      sync.Mutex
	kept    map[string]hours.Page
	sizes   map[string]int      // of the pages kept, in bytes
	used    []string            // whose page is kept, the one used last at the end
	next    map[string]*reading // what will be read when the reading under way has ended
	reading map[string]bool     // hours whose page is being read
}

// reading is one reading of a page, for all who asked before it began.
type reading struct {
	done chan struct{}
	page hours.Page
	ok   bool
	err  error
}

func newPages(r bot.Reader, b *background) *pages {
	return &pages{r: r, background: b, kept: map[string]hours.Page{}, sizes: map[string]int{}, next: map[string]*reading{}, reading: map[string]bool{}}
}

// get tells the page of an hour as it is now, and false when there is none.
func (p *pages) get(ctx context.Context, id string) (hours.Page, bool, error) {
	if !couldBeID(id) {
		return hours.Page{}, false, nil
	}
	if page, kept := p.look(id); kept {
		grown, err := p.r.Entries(ctx, hours.Log(id), page.Upto, 1, 0)
		if err != nil {
			return page, false, err
		}
		if len(grown) == 0 {
			return page, true, nil
		}
	}
	read := p.join(id)
	select {
	case <-read.done:
		return read.page, read.ok, read.err
	case <-ctx.Done():
		return hours.Page{}, false, ctx.Err()
	case <-p.background.ctx.Done():
		return hours.Page{}, false, errClosed
	}
}

var errClosed = errors.New("the site is closed")

// couldBeID spares the store what people and robots make up.
func couldBeID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return id != "" && len(id) <= longestID && strings.Trim(id, letters) == ""
}

func (p *pages) look(id string) (hours.Page, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page, kept := p.kept[id]
	if kept {
		p.use(id)
	}
	return page, kept
}

// join takes part in the next reading of a page. One that is under way may have
// read already what has changed since, so it is not joined.
func (p *pages) join(id string) *reading {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.next[id]
	if next == nil {
		next = &reading{done: make(chan struct{})}
		p.next[id] = next
	}
	if !p.reading[id] {
		p.reading[id] = p.background.start(func() { p.readAll(id) })
	}
	return next
}

// readAll reads a page as long as somebody waits for it. A reading is bound to
// no one's request, since others share it.
func (p *pages) readAll(id string) {
	for {
		p.mu.Lock()
		read := p.next[id]
		delete(p.next, id)
		if read == nil {
			delete(p.reading, id)
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		ctx, stop := context.WithTimeout(p.background.ctx, readWithin)
		read.page, read.ok, read.err = hours.Public(ctx, p.r, id)
		stop()
		if read.err == nil {
			p.keep(id, read.page, read.ok)
		}
		close(read.done)
	}
}

func (p *pages) keep(id string, page hours.Page, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ok {
		p.forget(id)
		return
	}
	p.kept[id], p.sizes[id] = page, sizeOf(page)
	p.use(id)
	total := 0
	for _, size := range p.sizes {
		total += size
	}
	for len(p.used) > pagesKept || total > bytesKept && len(p.used) > 1 {
		total -= p.sizes[p.used[0]]
		p.forget(p.used[0])
	}
}

// sizeOf is about how much memory a page takes. Names and homes are shared by
// its lines.
func sizeOf(page hours.Page) int {
	size := len(page.Lines) * int(reflect.TypeFor[hours.Line]().Size())
	for _, l := range page.Lines {
		size += len(l.ID) + len(l.Under) + len(l.Text)
	}
	return size
}

func (p *pages) use(id string) {
	p.used = append(slices.DeleteFunc(p.used, func(x string) bool { return x == id }), id)
}

func (p *pages) forget(id string) {
	delete(p.kept, id)
	delete(p.sizes, id)
	p.used = slices.DeleteFunc(p.used, func(x string) bool { return x == id })
}
