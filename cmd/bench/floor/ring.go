package floor

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// AlarmOptions says which alarms there are.
type AlarmOptions struct {
	Alarms int // in all, each with a key of its own
	Rate   int // due per second, evenly spread; AlarmResult speaks of it, DrainResult has all due at once
	Batch  int // the most that are claimed together
}

// AlarmResult is what an alarm floor measured. An alarm rings when its claim is
// stored; Late is from its due time to that moment.
type AlarmResult struct {
	Rung  int
	Early int // rung before their due time, which must not happen
	Late  Spread
}

// DrainResult is what a drain floor measured, from the first claim to the last
// finished alarm.
type DrainResult struct {
	Alarms int
	Took   time.Duration
	Rate   float64 // alarms per second
}

// rung is an alarm that was claimed. Due is in microseconds.
type rung struct {
	key string
	due int64
}

// belfry keeps alarms: what SQLite and Redis each do for the two floors.
type belfry interface {
	// set stores alarms that fall due at these times.
	set(ctx context.Context, due []int64) error
	// claim takes up to most alarms that are due at now under a lease, durably,
	// and tells when the next one is due (0: there is none). All times are in microseconds.
	claim(ctx context.Context, now int64, most int, into []rung) (claimed []rung, next int64, err error)
	// finish removes claimed alarms, durably.
	finish(ctx context.Context, claimed []rung) error
}

// SQLiteAlarms measures how late alarms ring that fall due at a steady rate. A
// loop waits until the next due time, claims what is due in one transaction
// (select by due time, write the leases) and finishes it in another, on a new
// file in dir.
func SQLiteAlarms(ctx context.Context, dir string, o AlarmOptions) (r AlarmResult, err error) {
	b, err := openSQLiteBelfry(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.file.close()) }()
	return ring(ctx, b, o)
}

// RedisAlarms measures the same on the Redis at url: a sorted set of due times,
// one script to claim and one command pair to finish, both with an fsync.
func RedisAlarms(ctx context.Context, url string, o AlarmOptions) (r AlarmResult, err error) {
	b, err := openRedisBelfry(ctx, url)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.keys.close()) }()
	return ring(ctx, b, o)
}

// SQLiteDrain measures how fast alarms are claimed and finished that are all due
// at once: the loop of SQLiteAlarms without waiting.
func SQLiteDrain(ctx context.Context, dir string, o AlarmOptions) (r DrainResult, err error) {
	b, err := openSQLiteBelfry(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.file.close()) }()
	return drain(ctx, b, o)
}

// RedisDrain measures the same on the Redis at url.
func RedisDrain(ctx context.Context, url string, o AlarmOptions) (r DrainResult, err error) {
	b, err := openRedisBelfry(ctx, url)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.keys.close()) }()
	return drain(ctx, b, o)
}

// headStart is how long before the first alarm the loop begins to wait.
const headStart = 20 * time.Millisecond

func ring(ctx context.Context, b belfry, o AlarmOptions) (AlarmResult, error) {
	due := make([]int64, o.Alarms)
	// Times are written on the wall clock and measured on the monotonic one, so
	// that a clock that is set meanwhile spoils nothing. The alarms are stored
	// first: their start is chosen far enough away for that and then waited for.
	settled := headStart + time.Duration(o.Alarms)*20*time.Microsecond
	base := time.Now()
	first := base.Add(settled).UnixMicro()
	now := func() int64 { return base.UnixMicro() + time.Since(base).Microseconds() }
	for i := range due {
		due[i] = first + int64(i)*int64(time.Second/time.Microsecond)/int64(o.Rate)
	}
	if err := b.set(ctx, due); err != nil {
		return AlarmResult{}, err
	}
	if now() >= first {
		return AlarmResult{}, fmt.Errorf("storing %d alarms took longer than %v, so the first ones were due before the loop began", o.Alarms, settled)
	}

	var r AlarmResult
	late := make([]time.Duration, 0, o.Alarms)
	claimed := make([]rung, 0, o.Batch)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for r.Rung < o.Alarms {
		var next int64
		var err error
		if claimed, next, err = b.claim(ctx, now(), o.Batch, claimed[:0]); err != nil {
			return AlarmResult{}, err
		}
		at := now()
		for _, a := range claimed {
			r.Rung++
			late = append(late, time.Duration(at-a.due)*time.Microsecond)
			if at < a.due {
				r.Early++
			}
		}
		if len(claimed) > 0 {
			if err := b.finish(ctx, claimed); err != nil {
				return AlarmResult{}, err
			}
		}
		if next == 0 {
			break
		}
		timer.Reset(time.Duration(next-now()) * time.Microsecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return AlarmResult{}, ctx.Err()
		}
	}
	if r.Rung != o.Alarms {
		return AlarmResult{}, fmt.Errorf("%d of %d alarms rang", r.Rung, o.Alarms)
	}
	r.Late = SpreadOf(late)
	return r, nil
}

func drain(ctx context.Context, b belfry, o AlarmOptions) (DrainResult, error) {
	now := time.Now().UnixMicro()
	due := make([]int64, o.Alarms)
	for i := range due {
		due[i] = now
	}
	if err := b.set(ctx, due); err != nil {
		return DrainResult{}, err
	}
	done := 0
	claimed := make([]rung, 0, o.Batch)
	start := time.Now()
	for {
		var err error
		if claimed, _, err = b.claim(ctx, now, o.Batch, claimed[:0]); err != nil {
			return DrainResult{}, err
		}
		if len(claimed) == 0 {
			break
		}
		if err := b.finish(ctx, claimed); err != nil {
			return DrainResult{}, err
		}
		done += len(claimed)
	}
	took := time.Since(start)
	if done != o.Alarms {
		return DrainResult{}, fmt.Errorf("%d of %d alarms were finished", done, o.Alarms)
	}
	return DrainResult{Alarms: done, Took: took, Rate: perSecond(done, took)}, nil
}

// leaseFor is how long a claim holds, in microseconds: longer than any floor runs.
const leaseFor = int64(time.Hour / time.Microsecond)

func alarmKey(i int) string { return "alarm/" + strconv.Itoa(i) }

type sqliteBelfry struct {
	file                    *file
	insert, take, next, end *statement
}

func openSQLiteBelfry(dir string) (*sqliteBelfry, error) {
	f, err := openFile(dir)
	if err != nil {
		return nil, err
	}
	b := &sqliteBelfry{file: f}
	err = f.prepare(map[**statement]string{
		&b.insert: "insert into alarm(key, due, data, rev) values(?1, ?2, ?3, ?4)",
		&b.take: `update alarm set lease = ?1, until = ?2 where key in
			(select key from alarm where until = 0 and due <= ?3 order by due, key limit ?4) returning key, due`,
		&b.next: "select due from alarm where until = 0 order by due, key limit 1",
		&b.end:  "delete from alarm where key = ?1 and lease <> 0",
	})
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	return b, nil
}

func (b *sqliteBelfry) set(_ context.Context, due []int64) error {
	return b.file.together(func() error {
		b.file.revNow++
		for i, d := range due {
			if _, err := b.insert.run(alarmKey(i), d, noPlaces, b.file.revNow); err != nil {
				return fmt.Errorf("storing an alarm: %w", err)
			}
		}
		return nil
	})
}

func (b *sqliteBelfry) claim(_ context.Context, now int64, most int, into []rung) (_ []rung, next int64, err error) {
	err = b.file.together(func() error {
		b.file.revNow++
		err := b.take.each(func(row []driver.Value) bool {
			into = append(into, rung{row[0].(string), row[1].(int64)})
			return true
		}, b.file.revNow, now+leaseFor, now, int64(most))
		if err != nil {
			return fmt.Errorf("claiming alarms: %w", err)
		}
		return b.next.each(func(row []driver.Value) bool { next = row[0].(int64); return false })
	})
	// SQLite returns the rows of an update in no particular order.
	slices.SortFunc(into, func(a, b rung) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.key, b.key)) })
	return into, next, err
}

func (b *sqliteBelfry) finish(_ context.Context, claimed []rung) error {
	return b.file.together(func() error {
		b.file.revNow++
		for _, a := range claimed {
			switch n, err := b.end.run(a.key); {
			case err != nil:
				return fmt.Errorf("finishing an alarm: %w", err)
			case n != 1:
				return fmt.Errorf("alarm %s was not there to finish", a.key)
			}
		}
		return nil
	})
}

type redisBelfry struct{ keys *keyspace }

func openRedisBelfry(ctx context.Context, url string) (*redisBelfry, error) {
	k, err := openRedis(ctx, url)
	if err != nil {
		return nil, err
	}
	for _, s := range []*redis.Script{claimScript, finishScript} {
		if err := k.load(ctx, s); err != nil {
			return nil, errors.Join(err, k.close())
		}
	}
	return &redisBelfry{k}, nil
}

// claimScript moves what is due from the due times to the leases.
//
//	KEYS  due times, ends of leases, revision
//	ARGV  now, how many at most, end of the lease
//	gives the next due time ("0": none), then key and due time of each claimed alarm
var claimScript = redis.NewScript(`
local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
if #due > 0 then redis.call('INCR', KEYS[3]) end
for i = 1, #due, 2 do
	redis.call('ZREM', KEYS[1], due[i])
	redis.call('ZADD', KEYS[2], ARGV[3], due[i])
end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
table.insert(due, 1, next[2] or '0')
return due`)

// finishScript removes claimed alarms.
//
//	KEYS  ends of leases, alarms, revision
//	ARGV  the alarms
//	gives how many were there
var finishScript = redis.NewScript(`
redis.call('INCR', KEYS[3])
local done = 0
for i = 1, #ARGV do
	done = done + redis.call('ZREM', KEYS[1], ARGV[i])
	redis.call('HDEL', KEYS[2], ARGV[i])
end
return done`)

func (b *redisBelfry) set(ctx context.Context, due []int64) error {
	const most = 1000
	for from := 0; from < len(due); from += most {
		members, fields := make([]redis.Z, 0, most), make([]any, 0, 2*most)
		for i := from; i < min(from+most, len(due)); i++ {
			members = append(members, redis.Z{Score: float64(due[i]), Member: alarmKey(i)})
			fields = append(fields, alarmKey(i), 1)
		}
		_, err := b.keys.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.ZAdd(ctx, b.keys.key("due"), members...)
			p.HSet(ctx, b.keys.key("alarms"), fields...)
			return nil
		})
		if err != nil {
			return fmt.Errorf("storing alarms: %w", err)
		}
	}
	return nil
}

func (b *redisBelfry) claim(ctx context.Context, now int64, most int, into []rung) ([]rung, int64, error) {
	got, err := claimScript.EvalSha(ctx, b.keys.client, []string{b.keys.key("due"), b.keys.key("leased"), b.keys.key("rev")},
		now, most, now+leaseFor).StringSlice()
	if err != nil {
		return into, 0, fmt.Errorf("claiming alarms: %w", err)
	}
	next, err := microseconds(got[0])
	for i := 1; i < len(got) && err == nil; i += 2 {
		var due int64
		due, err = microseconds(got[i+1])
		into = append(into, rung{got[i], due})
	}
	return into, next, err
}

// microseconds reads a score, which Redis may write as 1.7e+15.
func microseconds(score string) (int64, error) {
	f, err := strconv.ParseFloat(score, 64)
	if err != nil {
		return 0, fmt.Errorf("reading a due time: %w", err)
	}
	return int64(f), nil
}

func (b *redisBelfry) finish(ctx context.Context, claimed []rung) error {
	keys := make([]any, len(claimed))
	for i, a := range claimed {
		keys[i] = a.key
	}
	done, err := finishScript.EvalSha(ctx, b.keys.client, []string{b.keys.key("leased"), b.keys.key("alarms"), b.keys.key("rev")}, keys...).Int()
	if err != nil {
		return fmt.Errorf("finishing alarms: %w", err)
	}
	if done != len(claimed) {
		return fmt.Errorf("%d of %d alarms were there to finish", done, len(claimed))
	}
	return nil
}
