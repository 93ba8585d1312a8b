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
// together: commits publish on a channel of each log that grew, and the channel of
// a log is listened to while somebody here waits for it.
func (s *Store) Read(ctx context.Context, log string, after bot.Seq, max int, wait time.Duration) ([]bot.Entry, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		var grown <-chan struct{}
		if wait > 0 {
			grown = s.waitFor(log) // before looking, so that nothing slips between
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
		look := time.NewTimer(s.lookAgain)
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

	listening sync.Mutex // orders the calls that begin and end listening to a log
	heard     map[string]bool
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

// wake lets those go who wait for log, and tells whether there were any.
func (w *waiters) wake(log string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	grown := w.logs[log]
	if grown != nil {
		close(grown)
		delete(w.logs, log)
	}
	return grown != nil
}

func (w *waiters) wakeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for log, grown := range w.logs {
		close(grown)
		delete(w.logs, log)
	}
}

func (w *waiters) waitsFor(log string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs[log] != nil
}

// waitFor gives a channel that is closed when log has grown, and listens to it.
func (s *Store) waitFor(log string) <-chan struct{} {
	grown := s.waiters.on(log)
	w := &s.waiters
	w.listening.Lock()
	defer w.listening.Unlock()
	if !w.heard[log] && s.news.Subscribe(s.life, s.wokenBy(log)) == nil { // else lookAgain is what there is
		if w.heard == nil {
			w.heard = map[string]bool{}
		}
		w.heard[log] = true
	}
	return grown
}

// leave ends listening to a log that grew while nobody waited for it.
func (s *Store) leave(log string) {
	w := &s.waiters
	w.listening.Lock()
	defer w.listening.Unlock()
	if w.heard[log] && !w.waitsFor(log) && s.news.Unsubscribe(s.life, s.wokenBy(log)) == nil {
		delete(w.heard, log)
	}
}

// wokenBy is the channel on which commits tell that log has grown.
func (s *Store) wokenBy(log string) string { return s.prefix + "woken:" + log }

// listen wakes the waiters of this process when any process appended, and when
// it has only begun to listen: something may have been missed until then. After
// every new connection that is so for all.
func (s *Store) listen() {
	defer func() { _ = s.news.Close() }()
	said := s.news.ChannelWithSubscriptions()
	for {
		select {
		case what, ok := <-said:
			if !ok {
				return
			}
			switch m := what.(type) {
			case *redis.Message:
				if log := strings.TrimPrefix(m.Channel, s.wokenBy("")); !s.waiters.wake(log) {
					s.leave(log)
				}
			case *redis.Subscription:
				if log, one := strings.CutPrefix(m.Channel, s.wokenBy("")); one {
					s.waiters.wake(log)
				} else {
					s.waiters.wakeAll()
				}
			}
		case <-s.life.Done():
			return
		}
	}
}
