package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// secret is a key of this installation's own. It is made once, and goes with the
// store wherever that is copied to.
type secret struct {
	name  string
	Value []byte `json:"value"`
}

func (s *secret) Key() string         { return "secret/" + s.name }
func (s *secret) Kind() (string, int) { return "secret", 1 }
func (s *secret) Index() []string     { return nil }

// Secret is the installation's own 32 random bytes for a purpose, which every
// process on the same store is given. They are made when they are first asked for.
func Secret(ctx context.Context, s Store, purpose string) ([]byte, error) {
	key := secret{name: purpose}
	for {
		recs, err := s.Get(ctx, key.Key())
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", key.Key(), err)
		}
		if recs[0].Rev != 0 {
			err := decode(recs[0], &key)
			return key.Value, err
		}
		key.Value = make([]byte, 32)
		if _, err := rand.Read(key.Value); err != nil {
			return nil, err
		}
		rec, err := encode(&key)
		if err != nil {
			return nil, err
		}
		_, err = s.Commit(ctx, NewClock(0).Moment(), Batch{Put: []Record{rec}})
		if err == nil || errors.Is(err, ErrConflict) { // another process's are as good
			continue
		}
		return nil, fmt.Errorf("keeping %s: %w", key.Key(), err)
	}
}
