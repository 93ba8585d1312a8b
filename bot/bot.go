package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config is what a Bot is made of.
type Config struct {
	Store    Store
	Chats    []Chat
	Features []Feature
	Clock    *Clock // nil: real time
	Log      *slog.Logger

	Defaults   Community           // until its organisers change it
	Organisers map[string][]UserID // by platform, from the configuration
	Erased     ErasedList          // nil: only the store remembers who was erased
	PublicURL  string              // without a slash at its end; "" when there are no public pages
	Prefix     string              // before every slash command: "dh-"
	Pace       Pace                // zero values mean DefaultPace
}

// Pace are the real-time distances that keep posts once in effect. They come
// from a trial with thousands of kills (architecture.md, Declared posts).
type Pace struct {
	Window    time.Duration // a send may write to the wire for so long
	Grace     time.Duration // after an unsure send, before it is sent again
	HoldBack  time.Duration // so long an unsure send holds its room back
	EditEvery time.Duration // the same post is edited at most this often
	GiveUp    time.Duration // when looking for a post is impossible for so long, organisers are told
	Lease     time.Duration // of an alarm being rung
	Active    time.Duration // an active process that does not renew for so long is taken for dead
	Answer    time.Duration // a command is answered after so long, whatever the store does
}

// DefaultPace suits real platforms.
var DefaultPace = Pace{Window: 8 * time.Second, Grace: 30 * time.Second, HoldBack: 3 * time.Second, EditEvery: 2 * time.Second,
	GiveUp: 15 * time.Minute, Lease: 15 * time.Second, Active: 6 * time.Second, Answer: 2 * time.Second}

func (p Pace) orDefault() Pace {
	d := DefaultPace
	for _, f := range []struct{ have, def *time.Duration }{{&p.Window, &d.Window}, {&p.Grace, &d.Grace}, {&p.HoldBack, &d.HoldBack}, {&p.EditEvery, &d.EditEvery},
		{&p.GiveUp, &d.GiveUp}, {&p.Lease, &d.Lease}, {&p.Active, &d.Active}, {&p.Answer, &d.Answer}} {
		if *f.have == 0 {
			*f.have = *f.def
		}
	}
	return p
}

// Bot is the engine: it hands what people do to the features, commits what they
// decide, keeps promises on time, and makes declared posts stand.
type Bot struct {
	store     Store
	chats     []*connection
	clock     *Clock
	log       *slog.Logger
	table     *Table
	pace      Pace
	defaults  Community
	publicURL string

	organisers      map[string][]UserID
	alarmKinds      map[string]AlarmKind
	listeners       []Listener
	carriers        []Carrier
	choiceListeners []ChoiceListener
	linkListeners   []LinkListener
	agendas         []Agenda
	digests         []Digest
	mine            []Mine
	hosters         []Hoster
	erasers         []Eraser
	copiers         []Copier

	locks   queue
	erased  erased
	active  *active
	alarms  *ringer
	posts   *poster
	paused  atomic.Bool
	running atomic.Bool
	started time.Time // on the community's clock
	resumed atomic.Int64
	Stats   Stats
}

// New ties the parts together. It fails when two features want the same words.
func New(c Config) (*Bot, error) {
	b := &Bot{store: c.Store, clock: c.Clock, log: c.Log, pace: c.Pace.orDefault(), defaults: c.Defaults,
		publicURL: c.PublicURL, organisers: c.Organisers, erased: erased{list: c.Erased}}
	b.alarmKinds = map[string]AlarmKind{
		eraseAlarm:  {Ring: b.eraseOn},    // late: at once
		scrubAlarm:  {Ring: b.scrubOn},    // late: at once
		outageAlarm: {Ring: b.tellOutage}, // late: tells what is true by then
	}
	if b.clock == nil {
		b.clock = NewClock(0)
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	b.defaults.Name = cmp.Or(b.defaults.Name, "Data Hour")
	b.defaults.Hashtag = cmp.Or(b.defaults.Hashtag, "DataHour")
	b.defaults.Zone = cmp.Or(b.defaults.Zone, "Europe/London")
	rows := []Row{b.helpRow(), againRow}
	for _, f := range c.Features {
		rows = append(rows, f.Rows()...)
		for kind, a := range f.Alarms() {
			if _, twice := b.alarmKinds[kind]; twice {
				return nil, fmt.Errorf("two features ring %q", kind)
			}
			b.alarmKinds[kind] = a
		}
		b.gather(f)
	}
	var err error
	if b.table, err = NewTable(c.Prefix, rows...); err != nil {
		return nil, err
	}
	for _, chat := range c.Chats {
		b.chats = append(b.chats, newConnection(chat))
	}
	b.locks.init()
	b.active = newActive(b)
	b.alarms = newRinger(b)
	b.posts = newPoster(b)
	return b, nil
}

func (b *Bot) gather(f Feature) {
	if x, ok := f.(Listener); ok {
		b.listeners = append(b.listeners, x)
	}
	if x, ok := f.(Carrier); ok {
		b.carriers = append(b.carriers, x)
	}
	if x, ok := f.(ChoiceListener); ok {
		b.choiceListeners = append(b.choiceListeners, x)
	}
	if x, ok := f.(LinkListener); ok {
		b.linkListeners = append(b.linkListeners, x)
	}
	if x, ok := f.(Agenda); ok {
		b.agendas = append(b.agendas, x)
	}
	if x, ok := f.(Digest); ok {
		b.digests = append(b.digests, x)
	}
	if x, ok := f.(Mine); ok {
		b.mine = append(b.mine, x)
	}
	if x, ok := f.(Hoster); ok {
		b.hosters = append(b.hosters, x)
	}
	if x, ok := f.(Eraser); ok {
		b.erasers = append(b.erasers, x)
	}
	if x, ok := f.(Copier); ok {
		b.copiers = append(b.copiers, x)
	}
}

// Table is the table of commands.
func (b *Bot) Table() *Table { return b.table }

// View is the read-only way in, for pages. Nothing read through it is private
// by itself: use the features' public queries.
func (b *Bot) View() Reader { return view{b} }

// Community is what this installation serves, as it is now.
func (b *Bot) Community(ctx context.Context) (Community, error) { return b.community(ctx, b.View()) }

// PublicURL is the address of the public pages, without a slash at its end.
func (b *Bot) PublicURL() string { return b.publicURL }

// Agenda is what is coming up between two moments, over all features.
func (b *Bot) Agenda(ctx context.Context, from, to time.Time) ([]AgendaItem, error) {
	return agenda(ctx, b.View(), b.agendas, from, to)
}

// Agenda is what is coming up between two moments, over all features.
func (tx *Tx) Agenda(ctx context.Context, from, to time.Time) ([]AgendaItem, error) {
	return agenda(ctx, tx, tx.b.agendas, from, to)
}

func agenda(ctx context.Context, r Reader, from []Agenda, start, end time.Time) ([]AgendaItem, error) {
	var all []AgendaItem
	for _, a := range from {
		items, err := a.Agenda(ctx, r, start, end)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	slices.SortStableFunc(all, func(a, b AgendaItem) int { return a.Start.Compare(b.Start) })
	return all, nil
}

// Mine are the lines about a person from all features, for /my.
func (tx *Tx) Mine(ctx context.Context, who UserID) ([]string, error) {
	var all []string
	for _, m := range tx.b.mine {
		lines, err := m.Mine(ctx, tx, who)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

func (b *Bot) platforms() []string {
	var names []string
	for _, l := range b.chats {
		names = append(names, l.Platform())
	}
	return names
}

// Run does everything until ctx is done. On a shared store it first stands by
// until no other process is active, and goes back to standing by when another
// one took over.
func (b *Bot) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := b.active.acquire(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		err := b.runActive(ctx)
		if errors.Is(err, ErrStandby) {
			b.log.Warn("another process took over; standing by")
			continue
		}
		return err
	}
	return nil
}

func (b *Bot) runActive(ctx context.Context) error {
	group, run := errgroup.WithContext(ctx)
	group.Go(func() error { return b.active.keep(run) })
	group.Go(func() error {
		if err := b.takeOver(run); err != nil || run.Err() != nil {
			return err
		}
		b.running.Store(true)
		group.Go(func() error { return b.alarms.run(run) })
		group.Go(func() error { return b.posts.run(run) })
		for _, l := range b.chats {
			l.forget(b.clock.Now())
			group.Go(func() error { return b.attend(run, l) })
			group.Go(func() error { return b.herald(run, l) })
		}
		return nil
	})
	err := group.Wait()
	b.running.Store(false)
	if ctx.Err() != nil {
		b.active.release()
		return nil
	}
	return err
}

// takeOver reads what the last active process left. While the store does not
// answer it goes on trying.
func (b *Bot) takeOver(ctx context.Context) error {
	for wait := 50 * time.Millisecond; ; wait = min(5*time.Second, 2*wait) {
		err := b.readState(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrStandby) || errors.Is(err, ErrClosed) {
			return err
		}
		b.log.Error("what was left cannot be read; trying again", "err", err)
		if !b.clock.pause(ctx, wait) {
			return nil
		}
	}
}

func (b *Bot) readState(ctx context.Context) error {
	if err := b.readClock(ctx); err != nil {
		return err
	}
	b.started = b.clock.Now()
	c, err := b.Community(ctx)
	if err != nil {
		return fmt.Errorf("reading the community's settings: %w", err)
	}
	b.paused.Store(c.Paused())
	if err := b.loadNames(ctx); err != nil {
		return fmt.Errorf("reading what the platforms are called: %w", err)
	}
	if err := b.loadErased(ctx); err != nil {
		return fmt.Errorf("reading who was erased: %w", err)
	}
	if err := b.posts.load(ctx); err != nil {
		return fmt.Errorf("reading what is to be posted: %w", err)
	}
	return nil
}

// Ready tells whether this process answers commands, and if not, why.
func (b *Bot) Ready() error {
	if !b.running.Load() {
		return ErrStandby
	}
	return nil
}

// ErrStandby: this process is not the active one; another one answers.
var ErrStandby = errors.New("standing by: another process is active")

// Stats count what the engine did since it started.
type Stats struct {
	Commands, Messages, Commits, Conflicts, Failures atomic.Int64
	AlarmsRung, AlarmsMissed                         atomic.Int64
	Posted, PostEdited, PostDeleted, PostUnsure      atomic.Int64
}

// queue makes handlers that touch the same keys go one after another, once
// bare compare-and-set has failed.
type queue struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when let go
}

func (q *queue) init() { q.held = map[string]chan struct{}{} }

// lock waits for all keys, which are taken in their order so that two callers
// never wait for each other.
func (q *queue) lock(ctx context.Context, keys []string) error {
	slices.Sort(keys)
	for i, key := range keys {
		if err := q.lockOne(ctx, key); err != nil {
			q.unlock(keys[:i])
			return err
		}
	}
	return nil
}

func (q *queue) lockOne(ctx context.Context, key string) error {
	for {
		q.mu.Lock()
		busy, taken := q.held[key]
		if !taken {
			q.held[key] = make(chan struct{})
			q.mu.Unlock()
			return nil
		}
		q.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *queue) unlock(keys []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, key := range keys {
		close(q.held[key])
		delete(q.held, key)
	}
}

func (q *queue) busy(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, taken := q.held[key]
	return taken
}
