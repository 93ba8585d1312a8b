package redis

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

// BenchmarkCommit measures durable commits (appendfsync always), each a thing
// seen, a record and an alarm, and beside them their floor: the bare commands that such a
// commit comes down to, in one transaction each, 64 in one write, from one loop that
// checks nothing.
//
//	go test -run '^$' -bench Commit -benchtime 2s ./adapters/redis
func BenchmarkCommit(b *testing.B) {
	server := "127.0.0.1:" + startServer(b, "--appendonly", "yes", "--appendfsync", "always").port
	b.Run("floor: bare pipelined loop of 64", func(b *testing.B) {
		c := redis.NewClient(&redis.Options{Addr: server, Protocol: 2})
		defer func() { _ = c.Close() }()
		value := strings.Repeat("x", 100)
		for i := 0; i < b.N; {
			pipe := c.Pipeline()
			for range 64 {
				key := strconv.Itoa(i % 5000)
				pipe.Do(b.Context(), "MULTI")
				pipe.Do(b.Context(), "ZADD", "{f}seen", i, "press:"+strconv.Itoa(i))
				pipe.Do(b.Context(), "HSET", "{f}r:"+key, "rev", i, "born", i, "kind", "note", "version", 1, "value", value, "index", "")
				pipe.Do(b.Context(), "HSET", "{f}a:"+key, "due", i, "data", "", "rev", i, "lease", 0, "until", "")
				pipe.Do(b.Context(), "ZADD", "{f}due", i, key)
				pipe.Do(b.Context(), "EXEC")
				i++
			}
			if _, err := pipe.Exec(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b)
	})
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprint("writers ", writers), func(b *testing.B) {
			s, err := Open(b.Context(), Options{URL: "redis://" + server, Community: fmt.Sprint(b.Name(), b.N)})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			value := []byte(strings.Repeat("x", 100))
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range writers {
				all.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						key := strconv.FormatInt(i%5000, 10)
						_, err := s.Commit(b.Context(), bot.Moment{Now: time.Now(), Wall: time.Now()}, bot.Batch{
							Seen:     []string{"press:" + strconv.FormatInt(i, 10)},
							Put:      []bot.Record{{Key: key, Kind: "note", Version: 1, Rev: bot.Any, Value: value}},
							Set:      []bot.Alarm{{Key: key, Due: time.Now().Add(time.Hour)}},
							Deadline: time.Now().Add(2 * time.Second),
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			perSecond(b)
		})
	}
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
