package bot

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Rev is the number of a commit. It grows over the whole store and is never
// used twice, so a record that was deleted and made again never looks unchanged.
type Rev uint64

// Any, as the Rev of a Record to put or delete, means whatever stands there now.
const Any Rev = 1<<64 - 1

// Seq is a place in a log. The first entry of a log has Seq 1; numbers grow, and
// after trimming they go on growing.
type Seq uint64

// Record is one kept thing.
type Record struct {
	Key     string   // unique in the store, at most 512 bytes of UTF-8
	Kind    string   // what Value is, in the owner's words ("hour", "person")
	Version int      // version of the shape of Value
	Rev     Rev      // commit that wrote it; 0 means that there is no such record
	Born    Rev      // commit that created it; kept by the store while it is overwritten
	Index   []string // where it can be found besides its key; kept by the store
	Value   []byte
}

// Alarm is something promised for a time.
type Alarm struct {
	Key   string    // "kind/about what"; setting the same key again moves the alarm
	Due   time.Time // kept to the microsecond, on the bot's clock
	Data  []byte    // what it is about; never words of people
	Rev   Rev       // commit that set it
	Lease Rev       // fencing token given by Due; 0 means nobody is ringing it
	Until time.Time // end of that lease, on the real clock
}

// Entry is one line of a log. Logs hold keys and numbers, never words or names,
// so that forgetting a person never has to rewrite one.
type Entry struct {
	Log  string
	Seq  Seq // given by the store
	Data []byte
}

// Moment is one instant on two clocks: due times are on Now, which a playground
// can move; leases, deadlines and the life of Seen are on Wall, the real time.
type Moment struct{ Now, Wall time.Time }

// Batch is what one commit does. All of it happens, or none of it.
type Batch struct {
	Seen   []string // things done that this answers; ErrSeen when one was answered before
	Check  []Record // read and not written: must still be at Rev (0: must still be absent)
	Put    []Record // written when still at Rev (0: must not exist; Any: whatever is there)
	Delete []Record // deleted when still at Rev (Any: whatever is there)
	Clear  []Record // deleted when still at Rev, else left alone; never a conflict
	Set    []Alarm  // written whatever is there; a running lease goes on, and its holder's Done will conflict
	Cancel []string // alarms to remove, if they are there
	Hold   []Alarm  // the lease is mine: extend it to Until (a past Until gives it back); else ErrConflict
	Done   []Alarm  // the lease is mine and the alarm was not Set since (same Rev): remove it; else ErrConflict
	Append []Entry  // added to their logs in this order
	Void   bool     // end every running lease: what a new active process does to its predecessor's

	// Deadline, when set, is the last real time at which this may be applied.
	// The store looks at it as late as it can, so that a commit which was given
	// up on can never appear later.
	Deadline time.Time
}

// Store keeps everything. It has two implementations, and both pass
// bottest.TestStore. All methods may be called from many goroutines.
//
// Errors: ErrConflict, ErrSeen, ErrClosed, ErrNotSaved and ErrUnknown as
// described there, the context's error, or a failure of the medium.
type Store interface {
	// Get returns one record for each key, in the order of the keys; a record
	// that does not exist has its Key and Rev 0. All are from one moment.
	Get(ctx context.Context, keys ...string) ([]Record, error)

	// List returns up to max records found under index, ordered by Key
	// (bytewise), beginning after the key after ("" begins at the first).
	List(ctx context.Context, index, after string, max int) ([]Record, error)

	// Commit applies b whole or not at all and returns its Rev. When it returns
	// nil, b survives a crash of the process and of the machine, as far as the
	// medium's own settings allow.
	Commit(ctx context.Context, m Moment, b Batch) (Rev, error)

	// Due leases up to max alarms that are due at m.Now and under no lease at
	// m.Wall, earliest first (then by Key), until m.Wall+lease, and tells when
	// the next alarm beyond those could be taken (zero: none): the due time of
	// the earliest unleased one. Alarms under somebody's running lease are left
	// out of next; they come back when the lease runs out (ask again then).
	Due(ctx context.Context, m Moment, lease time.Duration, max int) (due []Alarm, next time.Time, err error)

	// Read returns up to max entries of log after the place after. When there
	// are none it waits up to wait for one, and returns none without an error
	// when the wait is over. Entries that were trimmed are skipped.
	Read(ctx context.Context, log string, after Seq, max int, wait time.Duration) ([]Entry, error)

	Close() error
}

var (
	// ErrConflict: something in the batch was not as it was read. Nothing was done; read again.
	ErrConflict = errors.New("changed meanwhile")
	// ErrSeen: one of Seen was answered by an earlier commit. Nothing was done.
	ErrSeen = errors.New("answered before")
	// ErrNotSaved: it is certain that nothing was done and nothing will be
	// (the deadline passed first, the medium is full, or nothing was ever sent).
	ErrNotSaved = errors.New("not saved")
	// ErrUnknown: the store did not answer in time, and the batch may or may not have been applied.
	ErrUnknown = errors.New("not known whether it was saved")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrNewer: the data were written by a newer version of the program, which this one refuses to touch.
	ErrNewer = errors.New("the data were written by a newer version of datahour")
)

// Optional powers of a Store.
type (
	// Exclusive is a store that only one process can open. Others are shared,
	// and their processes agree through a record which of them is active.
	Exclusive interface{ Exclusive() }

	// Trimmer drops the entries of a log up to and with a place.
	Trimmer interface {
		Trim(ctx context.Context, log string, upTo Seq) error
	}

	// Dumper gives everything as it stood at one moment, in the order first the
	// head, then records, alarms, seen and entries, each ordered by key.
	Dumper interface {
		Dump(ctx context.Context) iter.Seq2[Item, error]
	}

	// Restorer fills an empty store with what a Dumper gave; revisions and
	// places in logs are kept. It refuses a store that holds anything.
	Restorer interface {
		Restore(ctx context.Context, items iter.Seq2[Item, error]) error
	}

	// Scrubber takes what was deleted out of the medium's own files, where
	// those keep what was written before. It may go on after it has returned.
	Scrubber interface {
		Scrub(ctx context.Context) error
	}

	// Durability tells in a sentence how acknowledged writes could be lost by
	// the way in which the store is set up; "" when they cannot.
	Durability interface {
		Durability(ctx context.Context) (warning string, err error)
	}
)

// Item is one thing in a dump: exactly one of its fields is set.
type Item struct {
	Head   *Head
	Record *Record
	Alarm  *Alarm // without its lease
	Seen   *Seen
	Entry  *Entry
	Log    *LogHead
}

// Head is the state of a store besides what it holds.
type Head struct {
	Format int // data format; see Format
	Rev    Rev // the last commit
}

// LogHead tells the last place given in a log, which trimming may have removed.
type LogHead struct {
	Log  string
	Last Seq
}

// Seen is a thing done that was answered, and when (real time).
type Seen struct {
	ID string
	At time.Time
}

const (
	// Format is the data format that this program reads and writes.
	Format = 1
	// SeenFor is how long a store remembers a Seen.
	SeenFor = 7 * 24 * time.Hour
)
