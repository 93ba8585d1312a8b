// Package floor holds the bare loops that our benchmarks are measured against.
//
// A figure such as "20,000 commits a second" says little: it is the disk and
// the processor that set it. So every benchmark of ours runs a floor beside it,
// in the same run on the same machine, and only the ratio counts. A floor is
// the simplest loop that does the same rows and waits for the same fsyncs as
// the real store must, written as well as we know how, and nothing else: no
// conflicts, deadlines, notification, recovery or dumps.
//
// For the ratio to mean something, this package imports nothing of ours: only
// the standard library, the two drivers, modernc.org/sqlite and go-redis, and
// what any bot for Slack uses: slack-go's check of signatures and a websocket.
// The schema in sqlite.go is the one of adapters/sqlite written out again; when
// that one changes so that other rows are written, change this one with it.
//
// Each floor is a function that takes where to keep its data (an empty folder,
// or a Redis address), how much to do, and gives back what it measured:
//
//	SQLiteCommits, RedisCommits   durable commits from one or many writers
//	SQLiteAlarms, RedisAlarms     alarms falling due at a steady rate
//	SQLiteDrain, RedisDrain       many alarms due at once
//	SQLiteHTTP, RedisHTTP         a form over HTTP, stored before the answer; signed and verified if wished
//	SlackRelay                    a message from one workspace to another
//	Hub                           a message to all who follow a live page, whom Follow plays
//
// Everything is measured on the monotonic clock. A floor returns an error, and
// no figures, as soon as anything is not as it should be.
package floor

import (
	"fmt"
	"slices"
	"time"
)

// Spread tells how a number of measured durations lie. P50 is the median, P99
// the one that 99 of 100 do not exceed.
type Spread struct{ P50, P99, Max time.Duration }

func (s Spread) String() string {
	return fmt.Sprintf("p50 %v, p99 %v, max %v", s.P50, s.P99, s.Max)
}

// SpreadOf sorts the durations in place and describes them; of none, all are zero.
func SpreadOf(d []time.Duration) Spread {
	if len(d) == 0 {
		return Spread{}
	}
	slices.Sort(d)
	at := func(percent int) time.Duration { return d[(len(d)*percent+99)/100-1] }
	return Spread{P50: at(50), P99: at(99), Max: d[len(d)-1]}
}

// perSecond is the rate of n things in the time taken.
func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// value makes what a record holds: bytes that no layer can leave out as empty.
func value(size int) []byte {
	v := make([]byte, size)
	for i := range v {
		v[i] = 'a' + byte(i%26)
	}
	return v
}
