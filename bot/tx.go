package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Tx is what a handler reads and says. It records every record read with Get
// and its revision, so that the commit holds only when all of them are as they
// were; otherwise the handler runs again. Nothing happens until then.
type Tx struct {
	b      *Bot
	moment Moment
	who    UserID // who acts; "" in an alarm

	// The maps of what is decided are made when they are needed: most handlers
	// decide one or two things, and there is a handler for all that is said.
	read    map[string]*Record // as read from the store
	puts    map[string]*Record
	order   []string // keys of puts, as first put
	deletes map[string]bool
	alarms  map[string]*Alarm // nil: cancelled
	entries []Entry
	locked  []string // keys queued for, after a conflict
	forgets bool     // somebody is being forgotten, which no pause holds back
}

func (b *Bot) newTx(who UserID) *Tx {
	return &Tx{b: b, moment: b.clock.Moment(), who: who, read: map[string]*Record{}}
}

// Now is the moment at which the handler was started.
func (tx *Tx) Now() time.Time { return tx.moment.Now }

// Get reads the noun under key into n and tells whether there is one. It sees
// what this Tx has put and deleted.
func (tx *Tx) Get(ctx context.Context, key string, n Noun) (bool, error) {
	if tx.deletes[key] {
		return false, nil
	}
	if rec, ok := tx.puts[key]; ok {
		return true, decode(*rec, n)
	}
	rec, ok := tx.read[key]
	if !ok {
		if len(tx.locked) == 0 && tx.b.locks.busy(key) { // holding nothing, it may wait without a knot
			if err := tx.b.locks.lockOne(ctx, key); err != nil {
				return false, fmt.Errorf("waiting for others at %s: %w", key, err)
			}
			tx.locked = []string{key}
		}
		recs, err := tx.b.store.Get(ctx, key)
		if err != nil {
			return false, fmt.Errorf("reading %s: %w", key, err)
		}
		rec = &recs[0]
		tx.read[key] = rec
	}
	if rec.Rev == 0 {
		return false, nil
	}
	return true, decode(*rec, n)
}

// Need is Get for something that must be there: otherwise its error says words.
func (tx *Tx) Need(ctx context.Context, key string, n Noun, words string, args ...any) error {
	ok, err := tx.Get(ctx, key, n)
	if err == nil && !ok {
		return Sayf(Missing, words, args...)
	}
	return err
}

// Records reads a page of an index. It is not checked at the commit: do not
// decide from it.
func (tx *Tx) Records(ctx context.Context, index, after string, max int) ([]Record, error) {
	return tx.b.store.List(ctx, index, after, max)
}

// Entries reads a log. It is not checked at the commit.
func (tx *Tx) Entries(ctx context.Context, log string, after Seq, max int, wait time.Duration) ([]Entry, error) {
	return tx.b.store.Read(ctx, log, after, max, wait)
}

// Put stores n. When its key was read, the commit holds only if it is still as
// it was read; when not, n overwrites whatever is there.
func (tx *Tx) Put(n Noun) {
	rec, err := encode(n)
	if err != nil {
		panic(err) // a noun that cannot be written is a mistake in the program
	}
	tx.put(rec)
}

func (tx *Tx) put(rec Record) {
	if _, there := tx.puts[rec.Key]; !there {
		tx.order = append(tx.order, rec.Key)
	}
	delete(tx.deletes, rec.Key)
	if tx.puts == nil {
		tx.puts = map[string]*Record{}
	}
	tx.puts[rec.Key] = &rec
}

// Create stores n and conflicts when its key is taken: for new ids.
func (tx *Tx) Create(n Noun) {
	tx.read[n.Key()] = &Record{Key: n.Key()}
	tx.Put(n)
}

// Delete removes the record under key, if there is one.
func (tx *Tx) Delete(key string) {
	if _, there := tx.puts[key]; there {
		delete(tx.puts, key)
		tx.order = slices.DeleteFunc(tx.order, func(k string) bool { return k == key })
	}
	if tx.deletes == nil {
		tx.deletes = map[string]bool{}
	}
	tx.deletes[key] = true
}

// Promise sets the alarm kind/about for due; setting it again moves it. It
// carries data, which never holds words of people.
func (tx *Tx) Promise(kind, about string, due time.Time, data ...byte) {
	key := kind + "/" + about
	if _, ok := tx.b.alarmKinds[kind]; !ok {
		panic("no feature rings " + kind) // a mistake in the program, found by its first test
	}
	tx.setAlarm(key, &Alarm{Key: key, Due: due, Data: data})
}

func (tx *Tx) setAlarm(key string, a *Alarm) {
	if tx.alarms == nil {
		tx.alarms = map[string]*Alarm{}
	}
	tx.alarms[key] = a
}

// Cancel removes the alarm kind/about, if it is there.
func (tx *Tx) Cancel(kind, about string) { tx.setAlarm(kind+"/"+about, nil) }

// Append adds an entry to a log: keys and numbers, never words or names.
func (tx *Tx) Append(log string, data any) {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	tx.entries = append(tx.entries, Entry{Log: log, Data: b})
}

// Log writes to the operator's log: what was done, never words or names.
func (tx *Tx) Log() *slog.Logger { return tx.b.log }

// Community is what this installation serves, and its settings.
func (tx *Tx) Community(ctx context.Context) (Community, error) { return tx.b.community(ctx, tx) }

// URL is the public address of a path, such as "/hour/7k2".
func (tx *Tx) URL(path string) string { return tx.b.publicURL + path }

// Command writes a command as it is typed here: "/dh-datahour ask", in code marks.
func (tx *Tx) Command(line string) string { return "`/" + tx.b.table.prefix + line + "`" }

// Knows tells whether a command has a row, so that a feature may offer what
// another brings.
func (tx *Tx) Knows(line string) bool { return tx.b.table.Knows(line) }

// FormFor is the form of a command, filled with args: the answer to Edit.
func (tx *Tx) FormFor(name string, args Args) Reply { return tx.b.table.FormFor(name, args) }

// Platforms are the names of the connected platforms, in their configured order.
func (tx *Tx) Platforms() []string { return tx.b.platforms() }

// about is "kind" and "what" of an alarm's key.
func alarmKind(key string) (kind, about string) {
	kind, about, _ = strings.Cut(key, "/")
	return kind, about
}

// About is what the alarm is about: its key without its kind.
func (a Alarm) About() string { _, about := alarmKind(a.Key); return about }

// batch is what the commit does for this Tx.
func (tx *Tx) batch() Batch {
	var b Batch
	for _, key := range tx.order {
		rec := *tx.puts[key]
		rec.Rev = Any
		if read, ok := tx.read[key]; ok {
			rec.Rev = read.Rev
		}
		b.Put = append(b.Put, rec)
	}
	for key := range tx.deletes {
		rec := Record{Key: key, Rev: Any}
		if read, ok := tx.read[key]; ok {
			if read.Rev == 0 {
				b.Check = append(b.Check, rec.at(0))
				continue
			}
			rec.Rev = read.Rev
		}
		b.Delete = append(b.Delete, rec)
	}
	for key, read := range tx.read {
		if _, put := tx.puts[key]; !put && !tx.deletes[key] {
			b.Check = append(b.Check, Record{Key: key, Rev: read.Rev})
		}
	}
	for key, a := range tx.alarms {
		if a == nil {
			b.Cancel = append(b.Cancel, key)
		} else {
			b.Set = append(b.Set, *a)
		}
	}
	b.Append = tx.entries
	return b
}

func (r Record) at(rev Rev) Record { r.Rev = rev; return r }

// empty tells that the handler decided nothing, so there is nothing to commit.
func (tx *Tx) empty() bool {
	return len(tx.puts) == 0 && len(tx.deletes) == 0 && len(tx.alarms) == 0 && len(tx.entries) == 0
}

// contested are the keys that this Tx read and writes: those for which it queues
// up when somebody else wrote one of them meanwhile.
func (tx *Tx) contested() []string {
	var keys []string
	for key := range tx.read {
		if _, put := tx.puts[key]; put || tx.deletes[key] {
			keys = append(keys, key)
		}
	}
	return keys
}
