package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Durability implements bot.Durability: it looks at the settings that decide
// whether an acknowledged write can be lost. Nothing is promised across a failover.
// See https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/
func (s *Store) Durability(ctx context.Context) (string, error) {
	settings := map[string]string{}
	err := s.again(ctx, func(ctx context.Context) error {
		for _, name := range []string{"appendonly", "appendfsync", "maxmemory-policy"} {
			got, err := s.rdb.ConfigGet(ctx, name).Result()
			if err != nil {
				return err
			}
			settings[name] = got[name]
		}
		return nil
	})
	var refused redis.Error
	if errors.As(err, &refused) {
		return "Redis does not let me look at its settings (CONFIG is refused), so I cannot tell whether saved things survive a crash; " + wanted, nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the settings of Redis: %w", err)
	}
	return judge(settings["appendonly"], settings["appendfsync"], settings["maxmemory-policy"]), nil
}

const wanted = "it should run with appendonly yes, appendfsync always and maxmemory-policy noeviction."

// judge tells what can go wrong with these settings.
func judge(appendonly, appendfsync, policy string) string {
	var wrong []string
	switch {
	case appendonly != "yes":
		wrong = append(wrong, "everything saved since its last snapshot is lost when it stops (appendonly is "+appendonly+")")
	case appendfsync == "everysec":
		wrong = append(wrong, "the last second or two before a crash of the machine is lost (appendfsync is everysec)")
	case appendfsync != "always":
		wrong = append(wrong, "the last half minute or more before a crash of the machine is lost (appendfsync is "+appendfsync+")")
	}
	if policy != "noeviction" {
		wrong = append(wrong, "it throws saved things away when its memory is full (maxmemory-policy is "+policy+")")
	}
	if len(wrong) == 0 {
		return ""
	}
	return "Redis can lose what was saved: " + strings.Join(wrong, ", and ") + "; " + wanted
}
