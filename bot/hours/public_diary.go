package hours

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	calendar "datahour/bot/diary" // "diary" is a room's own here
)

// Diary is every hour with a public page that is, or was to be, held between two
// moments, as calendars take it. An hour that was cancelled is there too, so that
// it goes from the calendars that had it. Nobody is named: what has once been read
// into somebody's calendar can be taken back from there no more.
//
// The UID lacks the installation's name, and the URL its address: both are for
// whoever writes the file.
func (f *Feature) Diary(ctx context.Context, r bot.Reader, from, to time.Time) ([]calendar.Entry, error) {
	all, err := bot.Find[Hour](ctx, r, "hours")
	if err != nil {
		return nil, err
	}
	var entries []calendar.Entry
	for i := range all {
		h := &all[i]
		if !hasPage(h) || h.Missed || !h.End().After(from) || !h.Start.Before(to) {
			continue
		}
		e, err := newCrowd(r, h).entry(ctx, h)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b calendar.Entry) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.UID, b.UID)) })
	return entries, nil
}

// DiaryEntry is one hour as calendars take it; false when it has no public page.
// See [Feature.Diary].
func DiaryEntry(ctx context.Context, r bot.Reader, id string) (calendar.Entry, bool, error) {
	h, err := publicHour(ctx, r, id)
	if err != nil || h == nil {
		return calendar.Entry{}, false, err
	}
	e, err := newCrowd(r, h).entry(ctx, h)
	return e, err == nil, err
}

func (c *crowd) entry(ctx context.Context, h *Hour) (e calendar.Entry, err error) {
	e = calendar.Entry{UID: "hour-" + h.ID, Sequence: h.Changes, Changed: h.lastChange(),
		Start: h.Start.In(h.Location()), End: h.End().In(h.Location()), URL: h.Path(), Cancelled: h.State == Cancelled}
	if e.Title, err = c.words(ctx, h.Name()); err != nil {
		return e, err
	}
	text := h.About
	if e.Cancelled && h.Reason != "" {
		text = strings.TrimSpace(h.Reason + "\n\n" + text)
	}
	if e.Text, err = c.words(ctx, text); err != nil {
		return e, err
	}
	var rooms []string
	for _, room := range h.Rooms {
		name, err := c.home(ctx, room)
		if err != nil {
			return e, err
		}
		rooms = append(rooms, name)
	}
	e.Place = strings.Join(rooms, ", ")
	return e, nil
}

// lastChange is when the hour's own record last changed.
func (h *Hour) lastChange() time.Time {
	if h.Changed.IsZero() { // kept before that was
		return h.Start
	}
	return h.Changed
}
