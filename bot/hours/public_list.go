package hours

import (
	"context"
	"slices"

	"datahour/bot"
)

// PublicList is every hour with a public page, without lines and gaps. Of the
// closed ones it gives at most closed, the latest.
func PublicList(ctx context.Context, r bot.Reader, closed int) (Listing, error) {
	all, err := bot.Find[Hour](ctx, r, "hours")
	if err != nil {
		return Listing{}, err
	}
	all = slices.DeleteFunc(all, func(h Hour) bool { return !hasPage(&h) })
	slices.SortFunc(all, func(a, b Hour) int { return b.Start.Compare(a.Start) })
	var list Listing
	for i := range all {
		h := &all[i]
		if h.State == Cancelled || h.Missed || h.State == Closed && len(list.Closed) == closed {
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
