package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Noun is a kept thing of the product: an hour, a person, a room. It is stored
// as JSON under its key.
type Noun interface {
	Key() string
	Kind() (name string, version int)
	Index() []string // where it can be found besides its key; may be nil
}

// Upgrader is a noun that can read its own older versions.
type Upgrader interface {
	Upgrade(version int, value []byte) error
}

// Reader reads kept things. A Tx is one, and so is the View that pages use.
type Reader interface {
	// Get reads the noun under key into n and tells whether there is one.
	Get(ctx context.Context, key string, n Noun) (bool, error)
	// Records reads a page of what is found under index; see Store.List.
	Records(ctx context.Context, index, after string, max int) ([]Record, error)
	// Entries reads a log; see Store.Read.
	Entries(ctx context.Context, log string, after Seq, max int, wait time.Duration) ([]Entry, error)
	// Now is the time, on the community's clock.
	Now() time.Time
}

// Find reads all nouns found under index, by key. It is for showing; a handler
// decides from Get alone, since a list may have grown by the time it commits.
func Find[T any, P interface {
	*T
	Noun
}](ctx context.Context, r Reader, index string) ([]T, error) {
	var out []T
	after := ""
	for {
		page, err := r.Records(ctx, index, after, 500)
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", index, err)
		}
		for _, rec := range page {
			var n T
			if err := decode(rec, P(&n)); err != nil {
				return nil, err
			}
			out = append(out, n)
		}
		if len(page) < 500 {
			return out, nil
		}
		after = page[len(page)-1].Key
	}
}

func decode(rec Record, n Noun) error {
	kind, version := n.Kind()
	switch {
	case rec.Kind != kind:
		return fmt.Errorf("%s holds a %s, not a %s", rec.Key, rec.Kind, kind)
	case rec.Version > version:
		return fmt.Errorf("%s: %w", rec.Key, ErrNewer)
	case rec.Version < version:
		up, ok := n.(Upgrader)
		if !ok {
			return fmt.Errorf("%s: a %s of version %d cannot be read any more", rec.Key, kind, rec.Version)
		}
		return up.Upgrade(rec.Version, rec.Value)
	}
	if err := json.Unmarshal(rec.Value, n); err != nil {
		return fmt.Errorf("reading %s: %w", rec.Key, err)
	}
	return nil
}

func encode(n Noun) (Record, error) {
	kind, version := n.Kind()
	value, err := json.Marshal(n)
	if err != nil {
		return Record{}, fmt.Errorf("writing %s: %w", n.Key(), err)
	}
	return Record{Key: n.Key(), Kind: kind, Version: version, Index: n.Index(), Value: value}, nil
}

// view is the read-only way in, for pages.
type view struct{ b *Bot }

func (v view) Get(ctx context.Context, key string, n Noun) (bool, error) {
	recs, err := v.b.store.Get(ctx, key)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", key, err)
	}
	if recs[0].Rev == 0 {
		return false, nil
	}
	return true, decode(recs[0], n)
}

func (v view) Records(ctx context.Context, index, after string, max int) ([]Record, error) {
	return v.b.store.List(ctx, index, after, max)
}

func (v view) Entries(ctx context.Context, log string, after Seq, max int, wait time.Duration) ([]Entry, error) {
	return v.b.store.Read(ctx, log, after, max, wait)
}

func (v view) Now() time.Time { return v.b.clock.Now() }
