package hours

import (
	"context"
	"fmt"
	"time"

	"datahour/bot"
)

// Digest tells which public hours were closed between two moments: their
// questions, their numbers, and where to read them again.
func (f *Feature) Digest(ctx context.Context, r bot.Reader, from, to time.Time) ([]bot.DigestItem, error) {
	all, err := withPage(ctx, r)
	if err != nil {
		return nil, err
	}
	var items []bot.DigestItem
	for i := range all {
		h := &all[i]
		if h.State != Closed || h.Ended.Before(from) || !h.Ended.Before(to) {
			continue
		}
		p, err := outline(ctx, r, h, newCrowd(r, h))
		if err != nil {
			return nil, err
		}
		item := bot.DigestItem{Kind: "data hour", ID: h.ID, Title: p.Title, At: h.Ended, Words: p.Summary, URL: h.Path(),
			Count: counted(p.People, "person", "people") + ", " + counted(p.Messages, "message", "messages")}
		for _, q := range p.Questions {
			item.Lines = append(item.Lines, fmt.Sprintf("Q%d %s", q.Number, q.Text))
		}
		items = append(items, item)
	}
	return items, nil
}
