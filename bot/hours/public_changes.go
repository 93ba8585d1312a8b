package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"datahour/bot"
)

// Changes tells what to do to a page that shows everything up to the place
// after: see [Page].Upto. It reads no more than most entries of the hour's log, and
// when there are none it waits up to wait for one. The place that it returns is
// where to go on. Each change tells how things are now, so doing one twice is
// harmless, and following on from any place leaves nothing out.
//
// An hour whose page is gone gives one change with Head.
func Changes(ctx context.Context, r bot.Reader, id string, after bot.Seq, most int, wait time.Duration) ([]Change, bot.Seq, error) {
	entries, err := r.Entries(ctx, logOf(id), after, most, wait)
	if err != nil || len(entries) == 0 {
		return nil, after, err
	}
	last := entries[len(entries)-1].Seq
	h, err := publicHour(ctx, r, id)
	if err != nil {
		return nil, after, err
	}
	if h == nil {
		return []Change{{Seq: last, Head: true}}, last, nil
	}
	f := follow{r: r, hour: id, crowd: newCrowd(r, h), told: map[bot.MessageID]bool{}}
	for _, e := range entries {
		f.before, f.at = max(after, f.at), e.Seq
		var what entry
		if err := json.Unmarshal(e.Data, &what); err != nil {
			return nil, after, fmt.Errorf("reading entry %d of an hour's log: %w", e.Seq, err)
		}
		if err := f.take(ctx, what); err != nil {
			return nil, after, err
		}
	}
	// The numbers change with nearly every entry: once is enough.
	return append(f.changes, Change{Seq: last, Head: true}), last, nil
}

// follow turns entries of a log into changes.
type follow struct {
	r          bot.Reader
	hour       string
	crowd      *crowd
	before, at bot.Seq // the place before the entry at hand, and its own
	told       map[bot.MessageID]bool
	changes    []Change
}

// take adds what an entry means. When that is several changes, all but the last
// lead back to before the entry, so that whoever stops between them gets them again.
func (f *follow) take(ctx context.Context, e entry) error {
	from := len(f.changes)
	var err error
	switch e.What {
	case wasSaid, wasEdited, wasReacted, wasDeleted:
		var s Said
		var there bool
		if there, err = f.r.Get(ctx, saidKey(f.hour, e.Message), &s); err == nil && there {
			err = f.tell(ctx, &s, e.What != wasReacted)
		}
	case personIs:
		var u bot.UserID
		if u, err = aliased(ctx, f.r, f.hour, e.Alias); err == nil && u != "" {
			err = f.person(ctx, u)
		}
	}
	for i := from; i < len(f.changes); i++ {
		f.changes[i].Seq = f.before
	}
	if n := len(f.changes); n > from {
		f.changes[n-1].Seq = f.at
	}
	return err
}

// person tells all lines that show a person: their own, those in their threads,
// and those that mention them.
func (f *follow) person(ctx context.Context, u bot.UserID) error {
	for _, index := range []string{"said:" + f.hour + ":" + string(u), "mentions:" + f.hour + ":" + string(u)} {
		said, err := bot.Find[Said](ctx, f.r, index)
		if err != nil {
			return err
		}
		slices.SortFunc(said, func(a, b Said) int { return inOrder(&a, &b) })
		for i := range said {
			if err := f.tell(ctx, &said[i], true); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell adds how a line is now, once, and with replies how those in its thread
// are: whether they point at it depends on whether it is shown.
func (f *follow) tell(ctx context.Context, s *Said, replies bool) error {
	if !f.told[s.ID] && !s.Early {
		f.told[s.ID] = true
		var above *Said
		if s.Under != "" {
			var head Said
			there, err := f.r.Get(ctx, saidKey(f.hour, s.Under), &head)
			if err != nil {
				return err
			}
			if there {
				above = &head
			}
		}
		l, err := f.crowd.line(ctx, s, above)
		if err != nil {
			return err
		}
		if l != nil {
			f.changes = append(f.changes, Change{Put: l})
		} else {
			f.changes = append(f.changes, Change{Remove: s.Line})
		}
	}
	if !replies {
		return nil
	}
	under, err := bot.Find[Said](ctx, f.r, "under:"+f.hour+":"+string(s.ID))
	if err != nil {
		return err
	}
	for i := range under {
		if err := f.tell(ctx, &under[i], false); err != nil {
			return err
		}
	}
	return nil
}
