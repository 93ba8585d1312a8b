package redis

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

const (
	checkWithin = 5 * time.Second // for one question of the doctor's
	oldestRedis = 7               // major version: commit.lua needs it
	nearlyFull  = 0.8             // of maxmemory
)

// Check looks at the Redis that o names, beside a bot that may be running on it.
// It only reads: unlike [Open] it leaves no trace of itself there.
func Check(ctx context.Context, o Options) bot.Checks {
	var checks bot.Checks
	options, err := clientOptions(o.URL)
	if err != nil {
		checks.Broken("store: Redis", "Put an address such as redis://localhost:6379/0 into REDIS_URL.", "%v", err)
		return checks
	}
	s := &Store{rdb: redis.NewClient(options), prefix: prefixOf(o.Community), closed: make(chan struct{})}
	defer func() { _ = s.rdb.Close() }()
	ctx, stop := context.WithTimeout(ctx, 4*checkWithin)
	defer stop()
	if !s.checkAnswer(ctx, options.Addr, &checks) {
		return checks
	}
	s.checkHead(ctx, &checks)
	s.checkDurability(ctx, &checks)
	s.checkMemory(ctx, &checks)
	asked := time.Now()
	if theirs, err := s.rdb.Time(ctx).Result(); err == nil {
		checks.Clock("store: clock", theirs, asked, time.Now())
	}
	return checks
}

func (s *Store) checkAnswer(ctx context.Context, address string, checks *bot.Checks) bool {
	about := "store: Redis"
	info, err := s.info(ctx, "server")
	var answer redis.Error
	switch {
	case errors.As(err, &answer):
		checks.Broken(about, "Look at the user and the password in REDIS_URL.", "Redis at %s refuses: %v", address, answer)
		return false
	case err != nil:
		checks.Broken(about, "Start it, or look at REDIS_URL. The bot waits for it at its start.", "Redis at %s does not answer", address)
		return false
	}
	version := info["redis_version"]
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestRedis {
		checks.Broken(about, "Run Redis 7.0 or newer.", "Redis at %s is version %s, which is too old", address, version)
		return false
	}
	checks.Fine(about, "version %s answers at %s", version, address)
	if role, err := s.info(ctx, "replication"); err == nil && role["role"] == "slave" {
		checks.Broken("store: role", "Name the primary in REDIS_URL.", "this Redis is a replica, which takes no writes")
	}
	return true
}

// checkHead looks whether the data there are this program's.
func (s *Store) checkHead(ctx context.Context, checks *bot.Checks) {
	const about = "store: data"
	head, err := s.rdb.HMGet(ctx, s.head()[0], "format", "id").Result()
	if err != nil {
		checks.Broken(about, "Look at the rights of the user in REDIS_URL.", "they cannot be read: %v", err)
		return
	}
	if head[0] == nil {
		checks.Fine(about, "nothing is there yet under %s; the first start makes it", s.prefix)
		return
	}
	text, _ := head[0].(string)
	id, _ := head[1].(string)
	format, err := strconv.Atoi(text)
	switch {
	case err != nil:
		checks.Broken(about, "Choose another REDIS_NAMESPACE.", "what is under %s is none of this program's", s.prefix)
	case format > bot.Format:
		checks.Broken(about, "Start the newer program again, or go back to a backup from before it (docs/operations.md).", "a newer program wrote them (format %d, and this one knows %d)", format, bot.Format)
	case strings.HasPrefix(id, restoring):
		checks.Broken(about, "Remove the keys under "+s.prefix+" and import again.", "an import is under way or broke off")
	default:
		checks.Fine(about, "format %d, under %s", format, s.prefix)
	}
}

func (s *Store) checkDurability(ctx context.Context, checks *bot.Checks) {
	const about = "store: durability"
	switch warning, err := s.Durability(ctx); {
	case err != nil:
		checks.Warn(about, "Look again in a minute.", "its settings could not be read: %v", err)
	case warning != "":
		words, _, _ := strings.Cut(warning, "; ")
		checks.Warn(about, "Run Redis with appendonly yes, appendfsync always and maxmemory-policy noeviction, as compose.yaml does.", "%s", words)
	default:
		checks.Fine(about, "what is acknowledged is on the disk (appendonly, appendfsync always, noeviction); nothing is promised across a failover")
	}
}

func (s *Store) checkMemory(ctx context.Context, checks *bot.Checks) {
	const about = "store: memory"
	info, err := s.info(ctx, "memory")
	used, _ := strconv.ParseFloat(info["used_memory"], 64)
	most, _ := strconv.ParseFloat(info["maxmemory"], 64)
	switch {
	case err != nil:
		checks.Warn(about, "Look again in a minute.", "it could not be read: %v", err)
	case most > 0 && used/most > nearlyFull:
		checks.Warn(about, "Give Redis more maxmemory, or shorten how long transcripts are kept: /community policy.", "%.0f %% of maxmemory is used; when it is full nothing more can be saved", 100*used/most)
	default:
		checks.Fine(about, "%.0f MB used", used/(1<<20))
	}
}

// info reads a section of Redis's own account of itself.
func (s *Store) info(ctx context.Context, section string) (map[string]string, error) {
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	text, err := s.rdb.Info(ctx, section).Result()
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields, err
}
