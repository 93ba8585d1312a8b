package hours

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
)

// Public is an hour's page as anyone may see it, with all its lines. It tells
// false when there is no such page: an unknown hour, one that is not public,
// or a rehearsal.
func Public(ctx context.Context, r bot.Reader, id string) (Page, bool, error) {
	h, p, c, err := head(ctx, r, id)
	if err != nil || h == nil {
		return Page{}, false, err
	}
	said, err := allSaid(ctx, r, id)
	if err != nil {
		return Page{}, false, err
	}
	byID := make(map[bot.MessageID]*Said, len(said))
	for _, s := range said {
		byID[s.ID] = s
	}
	linked := map[string]bool{}
	for _, s := range said {
		l, err := c.line(ctx, s, byID[s.Under])
		if err != nil {
			return Page{}, false, err
		}
		if l == nil {
			continue
		}
		p.Lines = append(p.Lines, *l)
		if !strings.Contains(l.Text, "://") {
			continue
		}
		for _, link := range bot.Links(l.Text) {
			if !linked[link] {
				linked[link] = true
				p.Links = append(p.Links, link)
			}
		}
	}
	return p, true, nil
}

// Head is an hour's page without its lines and links: cheap enough to be read
// whenever [Changes] says so.
func Head(ctx context.Context, r bot.Reader, id string) (Page, bool, error) {
	h, p, _, err := head(ctx, r, id)
	return p, h != nil, err
}

// head reads all of a page but its lines. It first reads how far the log goes,
// so that what it then finds is at least as new, and a follower misses nothing.
func head(ctx context.Context, r bot.Reader, id string) (*Hour, Page, *crowd, error) {
	upto, err := endOfLog(ctx, r, id)
	if err != nil {
		return nil, Page{}, nil, err
	}
	h, err := publicHour(ctx, r, id)
	if err != nil || h == nil {
		return nil, Page{}, nil, err
	}
	c := newCrowd(r, h)
	p, err := outline(ctx, r, h, c)
	if err != nil {
		return nil, Page{}, nil, err
	}
	p.Upto = upto
	if err := c.everybody(ctx); err != nil {
		return nil, Page{}, nil, err
	}
	p.Gaps, err = c.gaps(ctx)
	return h, p, c, err
}

// publicHour reads an hour that has a public page, or nil.
func publicHour(ctx context.Context, r bot.Reader, id string) (*Hour, error) {
	var h Hour
	there, err := r.Get(ctx, hourKey(id), &h)
	if err != nil {
		return nil, fmt.Errorf("reading an hour for its page: %w", err)
	}
	if !there || !hasPage(&h) {
		return nil, nil
	}
	return &h, nil
}

func hasPage(h *Hour) bool { return h.Public && !h.Rehearsal }

// outline is what can be told of an hour without reading who spoke in it.
func outline(ctx context.Context, r bot.Reader, h *Hour, c *crowd) (p Page, err error) {
	var t tally
	if _, err := r.Get(ctx, tallyKey(h.ID), &t); err != nil {
		return Page{}, err
	}
	p = Page{ID: h.ID, Title: h.Name(), Start: h.Start, End: h.End(), Zone: h.Location(), State: h.State, Now: h.Now,
		People: t.People, Messages: t.Messages, Changed: h.lastChange()}
	if h.State == Closed && !h.Ended.IsZero() {
		p.End = h.Ended
	}
	for _, w := range []struct {
		to    *string
		words string
	}{{&p.Title, h.Name()}, {&p.About, h.About}, {&p.Summary, h.Summary}} {
		if *w.to, err = c.words(ctx, w.words); err != nil {
			return Page{}, err
		}
	}
	for _, q := range h.Asked() {
		text, err := c.question(ctx, q)
		if err != nil {
			return Page{}, err
		}
		p.Questions = append(p.Questions, PageQuestion{Number: q.Number, Text: text, Asked: q.Asked})
	}
	for _, u := range h.Hosts {
		name, shown, err := c.public(ctx, u)
		if err != nil {
			return Page{}, err
		}
		if !shown {
			name = UnnamedHost
		}
		if shown || !slices.Contains(p.Hosts, name) {
			p.Hosts = append(p.Hosts, name)
		}
	}
	for _, room := range h.Rooms {
		name, err := c.home(ctx, room)
		if err != nil {
			return Page{}, err
		}
		p.Rooms = append(p.Rooms, name)
	}
	return p, nil
}

// question is a question in words for the page. One that somebody put forward
// is that person's writing, and stands there only as all who wrote it agreed.
func (c *crowd) question(ctx context.Context, q Question) (string, error) {
	for _, author := range q.Authors() {
		visitor := ""
		if author.Platform() == bot.Web {
			visitor = "a visitor"
		}
		if _, shown, err := c.speaker(ctx, author, visitor); err != nil {
			return "", err
		} else if !shown {
			return "A question from somebody who prefers not to be shown", nil
		}
	}
	return c.words(ctx, q.Text)
}

// gaps counts, by question, who spoke and is not shown.
func (c *crowd) gaps(ctx context.Context) ([]Gap, error) {
	people := map[int]int{}
	for u, p := range c.parts {
		if p.messages() == 0 {
			continue
		}
		_, shown, err := c.speaker(ctx, u, p.Visitor)
		if err != nil {
			return nil, err
		}
		if !shown {
			for question := range p.Said {
				people[question]++
			}
		}
	}
	var gaps []Gap
	for question, n := range people {
		gaps = append(gaps, Gap{Question: question, People: n})
	}
	slices.SortFunc(gaps, func(a, b Gap) int { return a.Question - b.Question })
	return gaps, nil
}

// endOfLog is the last place in an hour's log. The tally knows a place that is
// not behind it, from which the rest is read.
func endOfLog(ctx context.Context, r bot.Reader, id string) (bot.Seq, error) {
	const page = 1000
	var t tally
	if _, err := r.Get(ctx, tallyKey(id), &t); err != nil {
		return 0, err
	}
	upto := bot.Seq(t.Entries)
	for {
		entries, err := r.Entries(ctx, logOf(id), upto, page, 0)
		if err != nil {
			return 0, fmt.Errorf("reading an hour's log: %w", err)
		}
		if len(entries) > 0 {
			upto = entries[len(entries)-1].Seq
		}
		if len(entries) < page {
			return upto, nil
		}
	}
}

// allSaid reads what was said in an hour, in the order of saying.
func allSaid(ctx context.Context, r bot.Reader, id string) ([]*Said, error) {
	var all []*Said
	err := eachSaid(ctx, r, id, func(s *Said) error {
		all = append(all, s)
		return nil
	})
	slices.SortFunc(all, inOrder)
	return all, err
}

// saidAtOnce is how many messages are read in one go: few enough that counting
// the longest hour takes no more memory than counting a short one.
const saidAtOnce = 250

// eachSaid does something with each message of an hour, in no order that means
// anything.
func eachSaid(ctx context.Context, r bot.Reader, id string, do func(*Said) error) error {
	for after := ""; ; {
		recs, err := r.Records(ctx, "said:"+id, after, saidAtOnce)
		if err != nil {
			return fmt.Errorf("reading what was said: %w", err)
		}
		for _, rec := range recs {
			s, err := readSaid(rec)
			if err != nil {
				return err
			}
			if err := do(s); err != nil {
				return err
			}
		}
		if len(recs) < saidAtOnce {
			return nil
		}
		after = recs[len(recs)-1].Key
	}
}

// inOrder compares two messages by when they were said.
func inOrder(a, b *Said) int { return cmp.Or(a.At.Compare(b.At), a.Place-b.Place) }

func readSaid(rec bot.Record) (*Said, error) {
	s := new(Said)
	kind, version := s.Kind()
	if rec.Kind != kind || rec.Version != version {
		return s, fmt.Errorf("%s is a %s of version %d, not a %s of version %d", rec.Key, rec.Kind, rec.Version, kind, version)
	}
	if err := json.Unmarshal(rec.Value, s); err != nil {
		return s, fmt.Errorf("reading %s: %w", rec.Key, err)
	}
	return s, nil
}
