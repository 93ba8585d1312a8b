// Package redis keeps the bot's state in Redis 7 or newer: the store for
// production, which several processes can share.
//
// Everything of a community lives under keys that begin with
// {datahour:<community>}: and so in one slot of a cluster. Whatever changes more
// than one key is a Lua script in lua/, whose head says what goes in and comes out;
// README.md lists the keys and the settings that Redis needs. Start reading at
// commit.go: how a batch is sent, and what is known about it when no answer comes.
//
// The package knows nothing of what it keeps, and decides nothing about it.
package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"datahour/bot"
)

// Options say where the state is.
type Options struct {
	URL       string // redis://[user:password@]host:port/db, rediss://… or unix://…
	Community string // whose state; part of every key, without { and }
	Log       *slog.Logger
}

const (
	attemptTime = time.Second            // the longest wait for one answer before asking again
	commitTime  = 500 * time.Millisecond // the longest wait for the answers to commits before sending them again
	patience    = 2 * time.Second        // how long reading is tried again while Redis is away
	noDeadline  = 10 * time.Second       // how long a batch without a deadline is tried
	settleTime  = 150 * time.Millisecond // after a deadline, for finding out what became of a batch
	retryPause  = 20 * time.Millisecond  // the first pause between two attempts; it doubles up to retryPauses
	retryPauses = 500 * time.Millisecond
	beatEvery   = 10 * time.Second       // how often the clocks are compared and the process is marked alive
	forgotten   = 7 * 24 * time.Hour     // after this much silence a process and its lanes are forgotten
	maxLanes    = 512                    // commits under way in this process at one time
	senders     = 1                      // connections that send commits: with two, groups are half as big, and each costs a write, an answer and an fsync
	quickAnswer = 100 * time.Millisecond // an answer with Redis's time that came so soon is believed in any case
	groupSize   = 256                    // commits in one write
	groupBytes  = 8 << 20                // bytes in it, give or take one commit: Redis breaks off at 1 GB
	maxMicros   = int64(1) << 53         // times are scores: exact up to here, the year 2255
	restoring   = "restoring:"           // the id of data that are being restored begins so
)

// Store is a bot.Store in Redis, with every optional power but Exclusive.
type Store struct {
	rdb     redis.UniversalClient
	prefix  string
	process string // names the lanes of this process; never used again
	log     *slog.Logger
	now     func() time.Time // the real clock

	id     atomic.Pointer[string] // of the data that were opened
	offset atomic.Int64           // what Redis's clock shows more than ours, µs
	asking atomic.Int64           // how long asking took when the offset was measured, ns

	lanes     chan *lane
	queue     chan *pending
	waiters   waiters
	news      *redis.PubSub // what waiters wait for
	lookAgain time.Duration

	questions chan *question

	closeOnce sync.Once
	closed    chan struct{} // Close was called
	stopped   chan struct{} // nobody sends commits any more
	stop      context.CancelFunc
	life      context.Context // ends with the store
	sending   sync.WaitGroup
	keeping   sync.WaitGroup
}

// Open connects to Redis and reads the head of the community's state, or makes
// it when there is none. While Redis is away it waits until ctx is done, and says
// once in the log what for. It fails at once on what waiting cannot mend: a URL
// that cannot be read, a refused password, or data that a newer program wrote (bot.ErrNewer).
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, time.Now)
}

func open(ctx context.Context, o Options, now func() time.Time) (*Store, error) {
	if o.Community == "" || strings.ContainsAny(o.Community, "{}") {
		return nil, fmt.Errorf("redis: the community %q must have a name without { and }", o.Community)
	}
	options, err := clientOptions(o.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{
		rdb:     redis.NewClient(options),
		prefix:  prefixOf(o.Community),
		process: rand.Text(),
		log:     o.Log,
		now:     now,
		lanes:   make(chan *lane, maxLanes),
		queue:   make(chan *pending, maxLanes),
		closed:  make(chan struct{}),
		stopped: make(chan struct{}),

		questions: make(chan *question, readTogether),
		lookAgain: lookAgain,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for n := range maxLanes {
		s.lanes <- &lane{number: n}
	}
	s.life, s.stop = context.WithCancel(context.Background())
	if err := s.await(ctx, options.Addr); err != nil {
		s.stop()
		_ = s.rdb.Close()
		return nil, fmt.Errorf("redis: opening %s: %w", s.prefix, err)
	}
	for range senders {
		s.sending.Go(s.send)
	}
	for range readersAtOnce {
		s.keeping.Go(s.read)
	}
	s.keeping.Go(s.beat)
	s.news = s.rdb.Subscribe(s.life, s.prefix+"woken") // which tells of every new connection
	s.keeping.Go(s.listen)
	return s, nil
}

func clientOptions(address string) (*redis.Options, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New("redis: the URL cannot be read; an example is redis://localhost:6379/0") // the cause may hold a password
	}
	logging.Disable() // go-redis writes to stderr; what matters comes back as errors
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.ReadTimeout, options.WriteTimeout, options.DialTimeout = 2*attemptTime, 2*attemptTime, attemptTime
	options.ContextTimeoutEnabled = true
	options.Protocol = 2
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options, nil
}

// prefixOf begins all keys of a community.
func prefixOf(community string) string { return "{datahour:" + community + "}:" }

// await reads the head as soon as Redis is there.
func (s *Store) await(ctx context.Context, address string) error {
	for pause := retryPause; ; pause = min(2*pause, retryPauses) {
		err := s.readHead(ctx)
		if err == nil || !worthRepeating(err) {
			if err == nil && pause > retryPause {
				s.log.Info("Redis has answered; going on", "address", address)
			}
			return err
		}
		if pause == retryPause {
			s.log.Warn("waiting for Redis, which does not answer; nothing can be kept until it does", "address", address, "error", err)
		}
		if rest(ctx, pause) != nil {
			return fmt.Errorf("no answer from Redis at %s: %w", address, errors.Join(ctx.Err(), err))
		}
	}
}

func (s *Store) readHead(ctx context.Context) error {
	if err := s.compareClocks(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	wall := s.now()
	head, err := openScript.Run(ctx, s.rdb, s.head(),
		bot.Format, rand.Text(), micros(wall), micros(wall.Add(-forgotten)), s.process).StringSlice()
	if err != nil {
		return err
	}
	var format int
	if _, err := fmt.Sscan(head[0], &format); err != nil {
		return fmt.Errorf("the data format %q cannot be read", head[0])
	}
	if format > bot.Format {
		return bot.ErrNewer
	}
	if strings.HasPrefix(head[1], restoring) {
		return errors.New("a restore is under way or broke off here; remove the keys of this community and restore again (see README.md)")
	}
	s.id.Store(&head[1])
	return nil
}

// Close lets waiting readers go, ends what is being sent, and disconnects.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closed)
		s.stop()
		s.sending.Wait()
		close(s.stopped)
		s.keeping.Wait()
		_ = s.rdb.Close()
	})
	return nil
}

// beat compares the clocks and marks this process alive, every now and then.
func (s *Store) beat() {
	for rest(s.life, beatEvery) == nil {
		if s.compareClocks(s.life) == nil {
			ctx, cancel := context.WithTimeout(s.life, attemptTime)
			s.rdb.ZAdd(ctx, s.prefix+"processes", redis.Z{Score: float64(s.now().UnixMicro()), Member: s.process})
			cancel()
		}
	}
}

// compareClocks asks Redis for its time, so that a deadline on our clock can be
// held against Redis's clock. The error is at most half of what asking took, so a
// slow answer is only believed when there is no better one.
func (s *Store) compareClocks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	began, asked := s.now(), time.Now()
	theirs, err := s.rdb.Time(ctx).Result()
	if err != nil {
		return err
	}
	took := time.Since(asked)
	before := time.Duration(s.asking.Load())
	if before == 0 || took < max(quickAnswer, 2*before) {
		s.asking.Store(int64(took))
		s.offset.Store(theirs.Sub(began.Add(took / 2)).Microseconds())
	}
	return nil
}

// head is the key that every script is given; all others are made from it.
func (s *Store) head() []string { return []string{s.prefix + "head"} }

// ready refuses who comes too late.
func (s *Store) ready(ctx context.Context) error {
	select {
	case <-s.closed:
		return bot.ErrClosed
	default:
		return ctx.Err()
	}
}

// again repeats what may be repeated while Redis is away, for as long as patience lasts.
func (s *Store) again(ctx context.Context, ask func(context.Context) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	until := time.Now().Add(patience)
	for pause := retryPause; ; pause = min(2*pause, retryPauses) {
		attempt, cancel := context.WithTimeout(ctx, attemptTime)
		err := ask(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if gone := s.ready(ctx); gone != nil {
			return gone
		}
		if !worthRepeating(err) || time.Now().Add(pause).After(until) {
			return fmt.Errorf("redis: %w", err)
		}
		_ = rest(ctx, pause)
	}
}

// rest waits, or gives the error of ctx when that ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passing are the beginnings of answers by which Redis says that it cannot now, but soon may.
var passing = []string{"LOADING ", "READONLY ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "BUSY ", "MOVED ", "ASK ", "NOSCRIPT "}

// worthRepeating tells whether the same question may get a better answer later:
// it never arrived, or Redis is only just starting.
func worthRepeating(err error) bool {
	if isAnswer(err) {
		return startsWith(err, passing)
	}
	return isOfConnection(err)
}

// whole are the beginnings of answers by which Redis refuses a script before it runs.
var whole = []string{"OOM ", "MISCONF ", "NOREPLICAS ", "NOAUTH "}

// refusedWhole tells whether Redis took nothing of what was sent, and will not soon.
func refusedWhole(err error) bool { return isAnswer(err) && startsWith(err, whole) }

// isAnswer tells an error that Redis answered from one of the way there.
func isAnswer(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer)
}

func startsWith(err error, beginnings []string) bool {
	return slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(err.Error(), b) })
}

// neverSent tells whether an attempt failed before anything was written.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" || errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrClosed)
}
