package bot

import (
	"context"
	"slices"
	"time"
)

// Digest is a feature that tells what happened between two moments, for whoever
// sums it up. It is a public query: words, names and ids of people who have not
// agreed to be shown are not in it.
type Digest interface {
	Digest(ctx context.Context, r Reader, from, to time.Time) ([]DigestItem, error)
}

// DigestItem is something that happened. All its words are plain text.
type DigestItem struct {
	Kind  string // "data hour"
	ID    string
	Title string
	At    time.Time // when it was over
	Words string    // what came of it, in a few sentences, or ""
	Lines []string  // the questions of an hour
	Count string    // "34 people, 187 messages"
	URL   string    // the path of its public page, or ""
}

// Digest is what happened from one moment until just before another, over all
// features, earliest first.
func (b *Bot) Digest(ctx context.Context, from, to time.Time) ([]DigestItem, error) {
	return digest(ctx, b.View(), b.digests, from, to)
}

// Digest is what happened from one moment until just before another, over all
// features, earliest first.
func (tx *Tx) Digest(ctx context.Context, from, to time.Time) ([]DigestItem, error) {
	return digest(ctx, tx, tx.b.digests, from, to)
}

func digest(ctx context.Context, r Reader, from []Digest, start, end time.Time) ([]DigestItem, error) {
	var all []DigestItem
	for _, d := range from {
		items, err := d.Digest(ctx, r, start, end)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	slices.SortStableFunc(all, func(a, b DigestItem) int { return a.At.Compare(b.At) })
	return all, nil
}
