package floor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// keyspace is one Redis with a prefix of its own, so that a floor can run beside
// other data and remove what it made. The braces keep it on one node of a cluster.
type keyspace struct {
	client *redis.Client
	prefix string
}

// openRedis connects and makes sure that writes are as durable as the floor
// says: appendonly with an fsync before each answer.
func openRedis(ctx context.Context, url string) (*keyspace, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("reading the Redis address: %w", err)
	}
	options.MaxRetries = -1 // a repeated write would be counted once and done twice
	k := &keyspace{client: redis.NewClient(options), prefix: "{floor:" + rand.Text() + "}"}
	for name, want := range map[string]string{"appendonly": "yes", "appendfsync": "always"} {
		got, err := k.client.ConfigGet(ctx, name).Result()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("asking Redis for %s: %w", name, err), k.client.Close())
		}
		if got[name] != want {
			return nil, errors.Join(fmt.Errorf("the floor needs a Redis with %s %s, this one has %q", name, want, got[name]), k.client.Close())
		}
	}
	return k, nil
}

// key names one of the floor's own keys.
func (k *keyspace) key(name string) string { return k.prefix + name }

// load hands a script over once, so that each call sends only its hash.
func (k *keyspace) load(ctx context.Context, script *redis.Script) error {
	if err := script.Load(ctx, k.client).Err(); err != nil {
		return fmt.Errorf("loading the floor's script: %w", err)
	}
	return nil
}

// close removes everything that the floor made.
func (k *keyspace) close() error {
	ctx := context.Background() // also when the caller's has ended
	keys := k.client.Scan(ctx, 0, k.prefix+"*", 1000).Iterator()
	var errs []error
	some := make([]string, 0, 1000)
	remove := func() {
		if len(some) > 0 {
			errs = append(errs, k.client.Unlink(ctx, some...).Err())
			some = some[:0]
		}
	}
	for keys.Next(ctx) {
		if some = append(some, keys.Val()); len(some) == cap(some) {
			remove()
		}
	}
	remove()
	return errors.Join(append(errs, keys.Err(), k.client.Close())...)
}
