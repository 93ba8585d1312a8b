package hours

import (
	"context"
	"slices"

	"datahour/bot"
)

// PublicList is every hour with a public page, without lines and gaps. Of the
// closed ones it gives at most closed, the latest.
func PublicList(ctx context.Context, r bot.Reader, closed int) (Listing, error) {
	all, err := withPage(ctx, r)
	if err != nil {
		return Listing{}, err
	}
	var list Listing
	for i := range all {
		h := &all[i]
		if h.State == Closed && len(list.Closed) == closed {
			continue
		}
		p, err := outline(ctx, r, h, newCrowd(r, h))
		if err != nil {
			return Listing{}, err
		}
		switch h.State {
		case Open:
			list.Live = append(list.Live, p)
		case Closed:
			list.Closed = append(list.Closed, p)
		default:
			list.Upcoming = append(list.Upcoming, p)
		}
	}
	slices.Reverse(list.Upcoming)
	return list, nil
}

// PublicArchive is the closed hours with a public page, without lines and gaps,
// the latest first: at most most of them after the first skip. It tells how many
// there are in all.
func PublicArchive(ctx context.Context, r bot.Reader, skip, most int) (page []Page, all int, err error) {
	hours, err := withPage(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	hours = slices.DeleteFunc(hours, func(h Hour) bool { return h.State != Closed })
	for i := range hours[min(skip, len(hours)):min(skip+most, len(hours))] {
		h := &hours[skip+i]
		p, err := outline(ctx, r, h, newCrowd(r, h))
		if err != nil {
			return nil, 0, err
		}
		page = append(page, p)
	}
	return page, len(hours), nil
}

// withPage are the hours that public lists show, the latest first.
func withPage(ctx context.Context, r bot.Reader) ([]Hour, error) {
	all, err := bot.Find[Hour](ctx, r, "hours")
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(h Hour) bool { return !hasPage(&h) || h.State == Cancelled || h.Missed })
	slices.SortFunc(all, func(a, b Hour) int { return b.Start.Compare(a.Start) })
	return all, nil
}
