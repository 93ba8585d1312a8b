package redis

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

// lookAgain is how often a waiting reader looks by itself. Commits wake it long
// before; this is for a wake-up that was lost with a connection.
const lookAgain = 2 * time.Second

// Read implements bot.Store. However many readers wait, they take one connection
// together: commits publish the names of the logs that grew.
func (s *Store) Read(ctx context.Context, log string, after bot.Seq, max int, wait time.Duration) ([]bot.Entry, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		var grown <-chan struct{}
		if wait > 0 {
			grown = s.waiters.on(log) // before looking, so that nothing slips between
		}
		var got []bot.Entry
		err := s.again(ctx, func(ctx context.Context) error {
			messages, err := s.rdb.XRangeN(ctx, s.prefix+"l:"+log, fmt.Sprintf("(0-%d", after), "+", int64(max)).Result()
			if err != nil {
				return err
			}
			got, err = logEntries(log, messages)
			return err
		})
		if err != nil || len(got) > 0 || wait <= 0 {
			return got, err
		}
		look := time.NewTimer(lookAgain)
		select {
		case <-grown:
		case <-look.C:
		case <-over.C:
			wait = 0 // look once more: it may have grown in the last moment
		case <-ctx.Done():
		case <-s.closed:
		}
		look.Stop()
	}
}

// Trim implements bot.Trimmer.
func (s *Store) Trim(ctx context.Context, log string, upTo bot.Seq) error {
	if upTo == math.MaxUint64 {
		upTo--
	}
	return s.again(ctx, func(ctx context.Context) error {
		return s.rdb.XTrimMinID(ctx, s.prefix+"l:"+log, fmt.Sprintf("0-%d", upTo+1)).Err()
	})
}

func logEntries(log string, messages []redis.XMessage) ([]bot.Entry, error) {
	var got []bot.Entry
	for _, m := range messages {
		seq, err := place(m.ID)
		if err != nil {
			return nil, err
		}
		got = append(got, bot.Entry{Log: log, Seq: seq, Data: []byte(text(m.Values["d"]))})
	}
	return got, nil
}

// place reads the id of an entry in a stream: "0-7" is place 7.
func place(id string) (bot.Seq, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(id, "0-"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the place %q in a log cannot be read", id)
	}
	return bot.Seq(n), nil
}

// waiters are those who wait for logs to grow.
type waiters struct {
	mu   sync.Mutex
	logs map[string]chan struct{}
}

// on gives a channel that is closed when log has grown.
func (w *waiters) on(log string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.logs == nil {
		w.logs = map[string]chan struct{}{}
	}
	if w.logs[log] == nil {
		w.logs[log] = make(chan struct{})
	}
	return w.logs[log]
}

// wake lets those go who wait for log.
func (w *waiters) wake(log string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if grown := w.logs[log]; grown != nil {
		close(grown)
		delete(w.logs, log)
	}
}

func (w *waiters) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for log, grown := range w.logs {
		close(grown)
		delete(w.logs, log)
	}
}

// listen wakes the waiters of this process when any process appended. After
// every new connection it wakes all: something may have been missed.
func (s *Store) listen() {
	news := s.rdb.Subscribe(s.life, s.prefix+"woken")
	defer func() { _ = news.Close() }()
	said := news.ChannelWithSubscriptions()
	for {
		select {
		case what, ok := <-said:
			if !ok {
				return
			}
			if m, ok := what.(*redis.Message); ok {
				s.waiters.wake(m.Payload)
			} else {
				s.waiters.wakeAll()
			}
		case <-s.life.Done():
			return
		}
	}
}
