package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/hours"
)

const (
	writeWithin = 10 * time.Second // one message to one reader
)

// render writes the changes up to a place as events, each with the place from
// which a follower who comes back goes on: for all changes of one entry but the
// last, that is before the entry. It tells whether the head changed.
func (s *Site) render(changes []hours.Change, upto bot.Seq, zone *time.Location) (out []message, head bool, err error) {
	for _, c := range changes {
		b := bytes.NewBuffer(fmt.Appendf(nil, "id: %d\n", c.Seq))
		head = head || c.Head
		switch {
		case c.Put != nil:
			if err := s.writePut(b, *c.Put, zone); err != nil {
				return nil, false, err
			}
		case c.Remove != "":
			fmt.Fprintf(b, "event: remove\ndata: %s\n\n", c.Remove)
		default:
			continue
		}
		out = append(out, message{upto: upto, data: b.Bytes()})
	}
	return out, head, nil
}

func (s *Site) writePut(b *bytes.Buffer, l hours.Line, zone *time.Location) error {
	var html strings.Builder
	said := newLine(l, zone)
	said.write(&html)
	data, err := jsonLine(struct {
		ID       string `json:"id"`
		Under    string `json:"under,omitempty"`
		Question int    `json:"question"`
		At       int64  `json:"at"`
		HTML     string `json:"html"`
	}{l.ID, l.Under, l.Question, l.At.UnixMilli(), html.String()})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "event: put\ndata: %s\n\n", data)
	return nil
}

// jsonLine is JSON on one line. The browser reads it from the stream and never
// as HTML, so that tags need not be escaped: thousands get it.
func jsonLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// pageAnew is told when following on makes no sense: the page is not public any
// more, or shows what the log does not know. The script asks for it again.
const pageAnew = "event: anew\ndata: {}\n\n"

// head is what followers are told of all of a page but its lines.
type head struct {
	Hero     string        `json:"hero"` // as HTML
	State    hours.State   `json:"state"`
	Messages string        `json:"messages"` // "12 messages"
	Silent   bool          `json:"silent"`   // nothing was said yet
	Start    int64         `json:"start"`    // this and the next two in milliseconds since 1970
	End      int64         `json:"end"`
	Now      int64         `json:"now"`
	Sections []headSection `json:"sections"`
}

type headSection struct {
	Number int    `json:"number"`
	HTML   string `json:"html"` // of the section without its lines
	Open   bool   `json:"open"`
	Gap    string `json:"gap"`
}

// renderHead tells followers the page's head, its questions and its gaps anew.
func (s *Site) renderHead(ctx context.Context, id string, upto bot.Seq) (message, error) {
	page, ok, err := hours.Head(ctx, s.o.Bot.View(), id)
	if err != nil {
		return message{}, err
	}
	if !ok {
		return message{upto: upto, data: []byte(pageAnew)}, nil
	}
	h := newHourPage(page, s.now())
	var hero bytes.Buffer
	if err := s.templates.ExecuteTemplate(&hero, "hero", h); err != nil {
		return message{}, err
	}
	told := head{Hero: hero.String(), State: page.State, Messages: count(page.Messages, "message", "messages"), Silent: page.Messages == 0,
		Start: page.Start.UnixMilli(), End: page.End.UnixMilli(), Now: h.Now.UnixMilli(), Sections: []headSection{}}
	for _, p := range h.Parts {
		var html bytes.Buffer
		if err := s.templates.ExecuteTemplate(&html, "section", p); err != nil {
			return message{}, err
		}
		told.Sections = append(told.Sections, headSection{Number: p.Question.Number, HTML: html.String(), Open: p.Open, Gap: gapWords(p.Gap)})
	}
	data, err := jsonLine(told)
	if err != nil {
		return message{}, err
	}
	return message{upto: upto, data: fmt.Appendf(nil, "id: %d\nevent: head\ndata: %s\n\n", upto, data)}, nil
}

// follow is the stream of updates of one hour, from the place in Last-Event-ID
// or, the first time, in the page's address.
func (s *Site) follow(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	page, ok, err := s.pages.get(r.Context(), id)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.notFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return
	}
	out := newStream(w)
	if !out.write([]byte("retry: 2000\n\n")) { // at once, so that the browser knows it is connected
		return
	}
	after, known := place(r, page.Upto)
	if !known {
		out.write([]byte(pageAnew))
		return
	}
	mine, hubAt, leave := s.hubs.join(id, page.Zone, page.Upto)
	defer leave()
	after, err = s.catchUp(r.Context(), out, page, after, hubAt)
	if err != nil {
		return // the browser comes back from where it was
	}
	for {
		select {
		case m, open := <-mine: // which the hub closes when the site does
			if !open || m.upto > after && !out.write(m.data) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// place is where the reader is in the log, which goes up to end. It is not known
// when it makes no sense: the page came from another store, or one set back.
func place(r *http.Request, end bot.Seq) (after bot.Seq, known bool) {
	said := r.Header.Get("Last-Event-ID")
	if said == "" {
		said = r.URL.Query().Get("after")
	}
	if said == "" {
		return end, true
	}
	n, err := strconv.ParseUint(said, 10, 64)
	return bot.Seq(n), err == nil && bot.Seq(n) <= end
}

var errReaderGone = errors.New("the reader is gone")

// catchUp writes what happened between the reader's place and the hub's, and
// the head as it is now. It tells the place up to which the reader has seen all.
func (s *Site) catchUp(ctx context.Context, out *stream, page hours.Page, after, hubAt bot.Seq) (bot.Seq, error) {
	for after < hubAt {
		changes, upto, err := hours.Changes(ctx, s.o.Bot.View(), page.ID, after, readAhead, 0)
		if err != nil {
			return after, err
		}
		if upto == after {
			return after, errReaderGone // the log was emptied meanwhile: the next connection is told
		}
		messages, _, err := s.render(changes, upto, page.Zone)
		if err != nil {
			return after, err
		}
		for _, m := range messages {
			if !out.write(m.data) {
				return after, errReaderGone
			}
		}
		after = upto
	}
	m, err := s.hubs.headAt(ctx, page.ID, after)
	if err == nil && !out.write(m.data) {
		err = errReaderGone
	}
	return after, err
}

// stream writes events to one reader, who has some time for each.
type stream struct {
	w     http.ResponseWriter
	out   *http.ResponseController
	limit time.Time // for what is being written
}

func newStream(w http.ResponseWriter) *stream {
	return &stream{w: w, out: http.NewResponseController(w)}
}

func (s *stream) write(b []byte) bool {
	if now := time.Now(); s.limit.Sub(now) < writeWithin-time.Second { // not anew for each of many
		s.limit = now.Add(writeWithin)
		s.out.SetWriteDeadline(s.limit) // not every writer can; then the server's own time-out holds
	}
	if _, err := s.w.Write(b); err != nil {
		return false
	}
	return s.out.Flush() == nil
}
