package bottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"datahour/bot"
)

// Memory is a bot.Store in memory, for tests of the core and of features. It
// keeps every promise of the port but one: what it holds ends with the process.
type Memory struct {
	// Wall is the clock that Deadline is held against; time.Now unless a test
	// sets another before the first commit.
	Wall func() time.Time

	mu      sync.Mutex
	closed  bool
	changed chan struct{} // closed and replaced when entries were appended, and at the end
	memoryData
}

type memoryData struct {
	rev     bot.Rev // last one given, to a commit or a lease
	records map[string]bot.Record
	index   map[string]map[string]bool // index, keys
	alarms  map[string]bot.Alarm
	logs    map[string]*memoryLog
	seen    map[string]time.Time
}

type memoryLog struct {
	last    bot.Seq
	entries []bot.Entry
}

// NewStore gives an empty store in memory.
func NewStore() *Memory {
	return &Memory{Wall: time.Now, changed: make(chan struct{}), memoryData: emptyMemory()}
}

func emptyMemory() memoryData {
	return memoryData{
		records: map[string]bot.Record{}, index: map[string]map[string]bool{}, alarms: map[string]bot.Alarm{},
		logs: map[string]*memoryLog{}, seen: map[string]time.Time{},
	}
}

// Reopen closes the store and gives another one that holds what this one held,
// as after a restart.
func (s *Memory) Reopen() *Memory {
	_ = s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	again := NewStore()
	again.Wall = s.Wall
	again.memoryData = s.memoryData
	return again
}

// Close ends the store and lets waiting readers go.
func (s *Memory) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.changed)
	}
	return nil
}

// enter locks the store for one call, and refuses who comes too late.
func (s *Memory) enter(ctx context.Context) (leave func(), err error) {
	s.mu.Lock()
	err = ctx.Err()
	if s.closed {
		err = bot.ErrClosed
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return s.mu.Unlock, nil
}

// Get implements bot.Store.
func (s *Memory) Get(ctx context.Context, keys ...string) ([]bot.Record, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	got := make([]bot.Record, len(keys))
	for i, key := range keys {
		got[i] = copied(s.records[key])
		got[i].Key = key
	}
	return got, nil
}

// List implements bot.Store.
func (s *Memory) List(ctx context.Context, index, after string, max int) ([]bot.Record, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var got []bot.Record
	for _, key := range slices.Sorted(maps.Keys(s.index[index])) {
		if key > after && len(got) < max {
			got = append(got, copied(s.records[key]))
		}
	}
	return got, nil
}

// Commit implements bot.Store.
func (s *Memory) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	if !b.Deadline.IsZero() && s.Wall().After(b.Deadline) {
		return 0, fmt.Errorf("%w: its deadline had passed", bot.ErrNotSaved)
	}
	if err := s.refusal(m, b); err != nil {
		return 0, err
	}
	s.rev++
	s.apply(m, b)
	return s.rev, nil
}

// refusal tells why a batch cannot be applied to what is there.
func (s *Memory) refusal(m bot.Moment, b bot.Batch) error {
	for _, id := range b.Seen {
		if at, ok := s.seen[id]; ok && m.Wall.Before(at.Add(bot.SeenFor)) {
			return bot.ErrSeen
		}
	}
	for _, r := range slices.Concat(b.Check, b.Put, b.Delete) {
		if r.Rev != bot.Any && r.Rev != s.records[r.Key].Rev {
			return fmt.Errorf("%w: record %q", bot.ErrConflict, r.Key)
		}
	}
	for _, a := range slices.Concat(b.Hold, b.Done) {
		if a.Lease == 0 || a.Lease != s.alarms[a.Key].Lease {
			return fmt.Errorf("%w: alarm %q", bot.ErrConflict, a.Key)
		}
	}
	for _, a := range b.Done {
		if a.Rev != s.alarms[a.Key].Rev {
			return fmt.Errorf("%w: alarm %q", bot.ErrConflict, a.Key)
		}
	}
	return nil
}

// apply does what a batch says, at the revision that the store now has.
func (s *Memory) apply(m bot.Moment, b bot.Batch) {
	if b.Void {
		for key, a := range s.alarms {
			a.Lease, a.Until = 0, time.Time{}
			s.alarms[key] = a
		}
	}
	s.applyRecords(b)
	s.applyAlarms(m, b)
	for id, at := range s.seen {
		if !m.Wall.Before(at.Add(bot.SeenFor)) {
			delete(s.seen, id)
		}
	}
	for _, id := range b.Seen {
		s.seen[id] = m.Wall
	}
	for _, e := range b.Append {
		log := s.log(e.Log)
		log.last++
		log.entries = append(log.entries, bot.Entry{Log: e.Log, Seq: log.last, Data: bytes.Clone(e.Data)})
	}
	if len(b.Append) > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

func (s *Memory) applyRecords(b bot.Batch) {
	for _, r := range b.Delete {
		s.remove(r.Key)
	}
	for _, r := range b.Clear {
		if r.Rev == bot.Any || r.Rev == s.records[r.Key].Rev {
			s.remove(r.Key)
		}
	}
	for _, r := range b.Put {
		r = copied(r)
		r.Rev, r.Born = s.rev, s.rev
		if old := s.records[r.Key]; old.Rev != 0 {
			r.Born = old.Born
		}
		s.remove(r.Key)
		s.add(r)
	}
}

func (s *Memory) add(r bot.Record) {
	s.records[r.Key] = r
	for _, index := range r.Index {
		if s.index[index] == nil {
			s.index[index] = map[string]bool{}
		}
		s.index[index][r.Key] = true
	}
}

func (s *Memory) remove(key string) {
	for _, index := range s.records[key].Index {
		delete(s.index[index], key)
	}
	delete(s.records, key)
}

func (s *Memory) applyAlarms(m bot.Moment, b bot.Batch) {
	for _, a := range b.Done {
		delete(s.alarms, a.Key)
	}
	for _, key := range b.Cancel {
		delete(s.alarms, key)
	}
	for _, a := range b.Hold {
		held, ok := s.alarms[a.Key]
		if !ok || held.Lease == 0 { // gone, or ended by Void
			continue
		}
		held.Until = a.Until
		if !a.Until.After(m.Wall) {
			held.Lease, held.Until = 0, time.Time{}
		}
		s.alarms[a.Key] = held
	}
	for _, a := range b.Set {
		old := s.alarms[a.Key]
		s.alarms[a.Key] = bot.Alarm{
			Key: a.Key, Due: a.Due.Truncate(time.Microsecond), Data: bytes.Clone(a.Data),
			Rev: s.rev, Lease: old.Lease, Until: old.Until,
		}
	}
}

// Due implements bot.Store.
func (s *Memory) Due(ctx context.Context, m bot.Moment, lease time.Duration, max int) ([]bot.Alarm, time.Time, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer leave()
	var free []bot.Alarm
	for _, a := range s.alarms {
		if a.Lease == 0 || !m.Wall.Before(a.Until) {
			free = append(free, a)
		}
	}
	slices.SortFunc(free, func(a, b bot.Alarm) int {
		if order := a.Due.Compare(b.Due); order != 0 {
			return order
		}
		return strings.Compare(a.Key, b.Key)
	})
	var due []bot.Alarm
	for _, a := range free {
		if a.Due.After(m.Now) || len(due) == max {
			return due, a.Due, nil
		}
		if len(due) == 0 {
			s.rev++
		}
		a.Lease, a.Until = s.rev, m.Wall.Add(lease)
		s.alarms[a.Key] = a
		a.Data = bytes.Clone(a.Data)
		due = append(due, a)
	}
	return due, time.Time{}, nil
}

// Read implements bot.Store.
func (s *Memory) Read(ctx context.Context, log string, after bot.Seq, max int, wait time.Duration) ([]bot.Entry, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		leave, err := s.enter(ctx)
		if err != nil {
			return nil, err
		}
		var got []bot.Entry
		if l := s.logs[log]; l != nil {
			for _, e := range l.entries {
				if e.Seq > after && len(got) < max {
					e.Data = bytes.Clone(e.Data)
					got = append(got, e)
				}
			}
		}
		changed := s.changed
		leave()
		if len(got) > 0 || wait <= 0 {
			return got, nil
		}
		select {
		case <-changed:
		case <-over.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Trim implements bot.Trimmer.
func (s *Memory) Trim(ctx context.Context, log string, upTo bot.Seq) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if l := s.logs[log]; l != nil {
		l.entries = slices.DeleteFunc(l.entries, func(e bot.Entry) bool { return e.Seq <= upTo })
	}
	return nil
}

// log gives a log, made when it is not there yet.
func (s *Memory) log(name string) *memoryLog {
	if s.logs[name] == nil {
		s.logs[name] = &memoryLog{}
	}
	return s.logs[name]
}

// Dump implements bot.Dumper.
func (s *Memory) Dump(ctx context.Context) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		leave, err := s.enter(ctx)
		if err != nil {
			yield(bot.Item{}, err)
			return
		}
		items := s.items()
		leave()
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (s *Memory) items() []bot.Item {
	items := []bot.Item{{Head: &bot.Head{Format: bot.Format, Rev: s.rev}}}
	for _, key := range slices.Sorted(maps.Keys(s.records)) {
		r := copied(s.records[key])
		items = append(items, bot.Item{Record: &r})
	}
	for _, key := range slices.Sorted(maps.Keys(s.alarms)) {
		a := s.alarms[key]
		a.Lease, a.Until = 0, time.Time{}
		items = append(items, bot.Item{Alarm: &a})
	}
	for _, id := range slices.Sorted(maps.Keys(s.seen)) {
		items = append(items, bot.Item{Seen: &bot.Seen{ID: id, At: s.seen[id]}})
	}
	for _, name := range slices.Sorted(maps.Keys(s.logs)) {
		items = append(items, bot.Item{Log: &bot.LogHead{Log: name, Last: s.logs[name].last}})
		for _, e := range s.logs[name].entries {
			items = append(items, bot.Item{Entry: &e})
		}
	}
	return items
}

// Restore implements bot.Restorer.
func (s *Memory) Restore(ctx context.Context, items iter.Seq2[bot.Item, error]) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if len(s.records)+len(s.alarms)+len(s.logs)+len(s.seen) > 0 {
		return errors.New("restore: the store is not empty")
	}
	before := s.memoryData
	s.memoryData = emptyMemory()
	if err := s.take(items); err != nil {
		s.memoryData = before
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func (s *Memory) take(items iter.Seq2[bot.Item, error]) error {
	headed := false
	for item, err := range items {
		if err != nil {
			return err
		}
		if (item.Head != nil) == headed {
			return errors.New("a dump begins with its head, and has one")
		}
		headed = true
		switch {
		case item.Head != nil:
			if item.Head.Format > bot.Format {
				return bot.ErrNewer
			}
			s.rev = item.Head.Rev
		case item.Record != nil:
			s.add(copied(*item.Record))
		case item.Alarm != nil:
			s.alarms[item.Alarm.Key] = *item.Alarm
		case item.Seen != nil:
			s.seen[item.Seen.ID] = item.Seen.At
		case item.Log != nil:
			s.log(item.Log.Log).last = item.Log.Last
		case item.Entry != nil:
			log := s.log(item.Entry.Log)
			log.entries = append(log.entries, *item.Entry)
			log.last = max(log.last, item.Entry.Seq)
		}
	}
	if !headed {
		return errors.New("it is empty")
	}
	return nil
}

// copied gives a record that shares nothing with r.
func copied(r bot.Record) bot.Record {
	r.Value, r.Index = bytes.Clone(r.Value), slices.Clone(r.Index)
	return r
}
