package floor

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// CommitOptions says how much to commit.
type CommitOptions struct {
	Writers int // goroutines that commit at the same time, each waiting for its answer
	Commits int // in all; writer w does commits w, w+Writers, …
	Value   int // bytes in the record that a commit puts
}

// CommitResult is what a commit floor measured. Latency is that of one commit,
// from handing it in to the answer.
type CommitResult struct {
	Commits int
	Took    time.Duration
	Rate    float64 // commits per second
	Latency Spread
}

// keysPerWriter is how many records and alarms a writer has: it makes them in
// its first commits and overwrites them in turn afterwards.
const keysPerWriter = 64

// commitWork is one commit, made by writer in its own n-th turn:
//
//	check   "check/<writer>"       is read and must be at checked
//	put     "put/<writer>/<n mod keysPerWriter>"
//	seen    "seen/<writer>/<n>"    must be new
//	alarm   "alarm/<writer>/<n mod keysPerWriter>", due in an hour
type commitWork struct {
	check, put, seen, alarm string
	value                   []byte
	now                     int64 // microseconds
}

func newCommitWork(writer, n int, value []byte) commitWork {
	w, turn := strconv.Itoa(writer), strconv.Itoa(n%keysPerWriter)
	return commitWork{
		check: "check/" + w,
		put:   "put/" + w + "/" + turn,
		seen:  "seen/" + w + "/" + strconv.Itoa(n),
		alarm: "alarm/" + w + "/" + turn,
		value: value,
		now:   time.Now().UnixMicro(),
	}
}

const inAnHour = int64(time.Hour / time.Microsecond)

// checkedRev is the revision at which all checked records stand.
const checkedRev = 1

// SQLiteCommits measures durable commits to a new SQLite file in dir. One
// goroutine takes whatever waits and does it in one transaction with prepared
// statements: for each commit one record read and checked, one record, one seen
// and one alarm written; then the revision, COMMIT and its fsync.
func SQLiteCommits(ctx context.Context, dir string, o CommitOptions) (r CommitResult, err error) {
	f, err := openFile(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	apply, err := sqliteCommitter(f)
	if err != nil {
		return r, err
	}
	err = f.together(func() error {
		f.revNow = checkedRev
		for w := range o.Writers {
			if err := apply.putRecord("check/"+strconv.Itoa(w), value(o.Value)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	return commits(ctx, o, func(works []commitWork) error {
		return f.together(func() error {
			for i := range works {
				if err := apply.commit(&works[i]); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sqliteCommits holds the statements of one commit.
type sqliteCommits struct {
	file                    *file
	check, put, seen, alarm *statement
}

func sqliteCommitter(f *file) (*sqliteCommits, error) {
	c := &sqliteCommits{file: f}
	return c, f.prepare(map[**statement]string{
		&c.check: "select rev from record where key = ?1",
		&c.put: `insert into record(key, kind, version, rev, born, places, value) values(?1, ?2, ?3, ?4, ?4, ?5, ?6)
			on conflict(key) do update set kind = excluded.kind, version = excluded.version, rev = excluded.rev,
			places = excluded.places, value = excluded.value`,
		&c.seen: "insert into seen(id, at) values(?1, ?2)",
		&c.alarm: `insert into alarm(key, due, data, rev) values(?1, ?2, ?3, ?4)
			on conflict(key) do update set due = excluded.due, data = excluded.data, rev = excluded.rev`,
	})
}

var noPlaces = []byte{}

func (c *sqliteCommits) putRecord(key string, value []byte) error {
	if _, err := c.put.run(key, "floor", int64(1), c.file.revNow, noPlaces, value); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return nil
}

func (c *sqliteCommits) commit(w *commitWork) error {
	c.file.revNow++
	rev := int64(0)
	err := c.check.each(func(row []driver.Value) bool { rev = row[0].(int64); return false }, w.check)
	if err != nil {
		return fmt.Errorf("checking a record: %w", err)
	}
	if rev != checkedRev {
		return fmt.Errorf("%s is at revision %d", w.check, rev)
	}
	if err := c.putRecord(w.put, w.value); err != nil {
		return err
	}
	if _, err := c.seen.run(w.seen, w.now); err != nil {
		return fmt.Errorf("writing a seen: %w", err)
	}
	if _, err := c.alarm.run(w.alarm, w.now+inAnHour, noPlaces, c.file.revNow); err != nil {
		return fmt.Errorf("writing an alarm: %w", err)
	}
	return nil
}

// commitScript does one commit.
//
//	KEYS  checked record, record, seen, due times, alarms, revision
//	ARGV  revision to find, value, alarm's name, its due time, seconds to remember the seen
//	gives the revision of the commit, or an error that says what was not as expected
var commitScript = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'rev') ~= ARGV[1] then return redis.error_reply('CHANGED') end
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then return redis.error_reply('SEEN') end
local rev = redis.call('INCR', KEYS[6])
redis.call('HSET', KEYS[2], 'kind', 'floor', 'version', 1, 'rev', rev, 'value', ARGV[2])
redis.call('HSETNX', KEYS[2], 'born', rev)
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[3])
redis.call('HSET', KEYS[5], ARGV[3], rev)
return rev`)

const weekInSeconds = 7 * 24 * 60 * 60

// RedisCommits measures the same commits against the Redis at url, which must
// have appendonly yes and appendfsync always. One goroutine takes whatever waits
// and sends it as one pipeline, one EVALSHA for each commit: the server reads a
// pipeline at once and does one fsync for it.
func RedisCommits(ctx context.Context, url string, o CommitOptions) (r CommitResult, err error) {
	k, err := openRedis(ctx, url)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	if err := k.load(ctx, commitScript); err != nil {
		return r, err
	}
	for w := range o.Writers {
		err := k.client.HSet(ctx, k.key("record:check/"+strconv.Itoa(w)), "kind", "floor", "version", 1,
			"rev", checkedRev, "born", checkedRev, "value", value(o.Value)).Err()
		if err != nil {
			return r, fmt.Errorf("writing a record to check: %w", err)
		}
	}
	return commits(ctx, o, func(works []commitWork) error {
		_, err := k.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, w := range works {
				commitScript.EvalSha(ctx, p, []string{
					k.key("record:" + w.check), k.key("record:" + w.put), k.key("seen:" + w.seen),
					k.key("due"), k.key("alarms"), k.key("rev"),
				}, checkedRev, w.value, w.alarm, w.now+inAnHour, weekInSeconds)
			}
			return nil
		})
		return err // the first one of the pipeline
	})
}

// commits lets the writers commit through one grouper and measures.
func commits(ctx context.Context, o CommitOptions, together func([]commitWork) error) (CommitResult, error) {
	g := gather(together)
	latencies := make([]time.Duration, o.Commits)
	errs := make([]error, o.Writers)
	v := value(o.Value)
	start := time.Now()
	var writers sync.WaitGroup
	for w := range o.Writers {
		writers.Go(func() {
			answer := make(chan error, 1)
			for n, i := 0, w; i < o.Commits; n, i = n+1, i+o.Writers {
				began := time.Now()
				if err := g.do(ctx, newCommitWork(w, n, v), answer); err != nil {
					errs[w] = fmt.Errorf("commit %d of writer %d: %w", n, w, err)
					return
				}
				latencies[i] = time.Since(began)
			}
		})
	}
	writers.Wait()
	took := time.Since(start)
	g.end()
	if err := errors.Join(errs...); err != nil {
		return CommitResult{}, err
	}
	return CommitResult{Commits: o.Commits, Took: took, Rate: perSecond(o.Commits, took), Latency: SpreadOf(latencies)}, nil
}
