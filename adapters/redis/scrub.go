package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Scrub implements bot.Scrubber: Redis writes its append-only file anew, which
// holds every write since it did so last, and its snapshot, where it has one. Both
// go on in the background after Scrub has returned. A rewriting that is under way
// may have begun too early, and is an error: it is to be asked for again.
// See https://redis.io/docs/latest/commands/bgrewriteaof/
func (s *Store) Scrub(ctx context.Context) error {
	settings, err := s.rdb.Info(ctx, "persistence").Result()
	if err != nil {
		return fmt.Errorf("asking Redis what it writes to disk: %w", err)
	}
	if strings.Contains(settings, "aof_enabled:1") {
		err = s.rdb.BgRewriteAOF(ctx).Err()
	}
	if saves, off := s.rdb.ConfigGet(ctx, "save").Result(); err == nil && off == nil && saves["save"] != "" {
		err = s.rdb.Do(ctx, "bgsave", "schedule").Err()
	}
	var said redis.Error
	switch {
	case errors.As(err, &said) && (strings.HasPrefix(said.Error(), "NOPERM") || strings.HasPrefix(said.Error(), "ERR unknown command")):
		return nil // whoever runs it keeps these from us, and sees to them
	case err != nil:
		return fmt.Errorf("having Redis write its files anew: %w", err)
	}
	return nil
}
