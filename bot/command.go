package bot

import (
	"context"
	"time"
)

// Row is one command: the only place from which help, usage, completion, the
// reference in docs/ and every platform's registration are made.
type Row struct {
	Name     string // "datahour new": the first word is the slash command
	Args     []Arg
	Summary  string   // one line, begins with a capital, no full stop
	Examples []string // without the slash; each is parsed by a test
	Who      Who
	Form     string // title of the form that opens when a required argument is left out; "": no form
	Submit   string // the form's button; "": "Save"
	Hidden   bool   // only ever pressed: left out of help and reference
	Run      CommandFunc
}

// CommandFunc decides what a command does. It reads through tx, changes what it
// read, and says through tx what to store, show and do later; nothing happens
// until it has returned without an error. It may be run again on a conflict.
type CommandFunc func(ctx context.Context, tx *Tx, c Call) (Reply, error)

// Who may run a command, and what somebody is: each may do what those before it
// may. Organisers is checked by the core; Hosts by the feature, which knows whose
// host somebody is.
type Who int

const (
	Anyone Who = iota
	Hosts
	Organisers
)

func (w Who) String() string {
	return [...]string{"anyone", "hosts and organisers", "organisers"}[w]
}

// Arg is an argument of a command and, where it has a form, a field of the form.
// Arguments are typed in order, or by name in any order: when="Wed 8pm".
type Arg struct {
	Name     string // lower-case letters
	Label    string // for forms; "": Name with a capital
	Hint     string
	Kind     ArgKind
	Required bool
	Named    bool // only ever by name, never by its place
	Many     bool // may be given several times; in a form, a line each
	Max      int  // characters of each value; 0: 500
	Options  []Option
	Default  string // what the form shows at first
}

// ArgKind is what kind of value an argument takes. The core checks Choice, Yes
// and Number; a feature reads the others itself.
type ArgKind string

const (
	Text   ArgKind = "text"
	Rest   ArgKind = "rest" // all the words that are left, as typed; in a form, a text area
	Area   ArgKind = "area" // several lines
	Number ArgKind = "number"
	Choice ArgKind = "select"
	Yes    ArgKind = "bool" // "yes" or "no"
	When   ArgKind = "when"
	Length ArgKind = "length"
	People ArgKind = "people" // mentions
	Rooms  ArgKind = "rooms"
	ID     ArgKind = "id" // the short id of something; goes into the audit log
)

// Call is a command as its function sees it.
type Call struct {
	Inbound
	Row       *Row
	Args      Args
	Person    Person // who calls, as kept; Shown and so on
	Organiser bool   // of the platform that the call came from
}

// Args are the values given, by name.
type Args map[string][]string

// Get is the value of an argument, or "".
func (a Args) Get(name string) string {
	if v := a[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// All are the values of an argument that may be given several times.
func (a Args) All(name string) []string { return a[name] }

// Has tells whether an argument was given, even empty.
func (a Args) Has(name string) bool { return len(a[name]) > 0 }

// Yes reads a yes-or-no argument; absent means def.
func (a Args) Yes(name string, def bool) bool {
	switch a.Get(name) {
	case "yes":
		return true
	case "no":
		return false
	}
	return def
}

// RowInfo is what platforms and documents need to know of a row.
type RowInfo struct {
	Name     string   `json:"name"`
	Usage    string   `json:"usage"` // "datahour new title when=… [length=…]"
	Summary  string   `json:"summary"`
	Who      string   `json:"who"`
	Examples []string `json:"examples,omitempty"`
}

// AlarmFunc does what was promised for a time: it reads the state again and
// decides. The core finishes the alarm in the same commit.
type AlarmFunc func(ctx context.Context, tx *Tx, a Alarm) error

// AlarmKind is one kind of promise, with its rule for being late.
type AlarmKind struct {
	Ring AlarmFunc
	// Late is how late it still makes sense; 0 means always.
	Late time.Duration
	// Missed is what happens when it is later than that. nil means that there
	// is nothing to do and nobody to tell; otherwise it usually ends in
	// Tx.TellOrganisers.
	Missed AlarmFunc
}

// Feature is one part of the product: its commands and its promises. What else
// it offers it says by further interfaces below.
type Feature interface {
	Rows() []Row
	Alarms() map[string]AlarmKind // by kind: the part of an alarm's key before the first "/"
}

// Further interfaces of features, gathered by the core.
type (
	// Listener hears messages, edits, deletions and reactions in rooms. All
	// listeners of one Inbound share one Tx, so that all of it is stored or none.
	Listener interface {
		Heard(ctx context.Context, tx *Tx, in Inbound) error
	}
	// Carrier turns new entries of a log into notices for a room; see Tx.Carry.
	Carrier interface {
		// Carries tells whether the log is this feature's.
		Carries(log string) bool
		// CarryOn declares what entries mean for room. posts is how many posts
		// the room's rate allows at once (at least 1): more entries than that
		// are to be combined. It returns how many of the entries it dealt with.
		CarryOn(ctx context.Context, tx *Tx, log string, room RoomID, entries []Entry, posts int) (int, error)
	}
	// Agenda tells what is coming up between two moments, earliest first.
	Agenda interface {
		Agenda(ctx context.Context, r Reader, from, to time.Time) ([]AgendaItem, error)
	}
	// Mine tells what concerns a person, for /my: each a line of CommonMark.
	Mine interface {
		Mine(ctx context.Context, r Reader, who UserID) ([]string, error)
	}
	// Hoster tells whether a person hosts something of the feature's, or did:
	// help shows them what hosts may do.
	Hoster interface {
		IsHosting(ctx context.Context, r Reader, who UserID) (bool, error)
	}
	// ChoiceListener is told when a person changed how they are shown, whether
	// they are carried, or their role, organisation or name. The new Person is
	// already put in tx.
	ChoiceListener interface {
		ChoiceChanged(ctx context.Context, tx *Tx, p Person) error
	}
	// LinkListener is told when two rooms were linked or unlinked.
	LinkListener interface {
		LinkChanged(ctx context.Context, tx *Tx, l Link) error
	}
	// Eraser forgets a person in the feature's records, about EraseAtOnce of them
	// in one go, and makes what was published stand again without them. It is
	// called again until there is no more, and then perhaps once more.
	Eraser interface {
		Erase(ctx context.Context, tx *Tx, who UserID) (Erased, error)
	}
	// Remaker is an Eraser that makes again what [Erased.Remake] names, when
	// nothing of the person is in the store any more.
	Remaker interface {
		Remake(ctx context.Context, tx *Tx, what string) error
	}
	// Acquainted is a feature that knows people of whom the core holds nothing:
	// visitors. A backup that was put back may bring them back too.
	Acquainted interface {
		Visitors(ctx context.Context, r Reader) ([]UserID, error)
	}
	// Copier gives a person everything that the feature holds about them.
	Copier interface {
		Copy(ctx context.Context, r Reader, who UserID) ([]Copied, error)
	}
)

// AgendaItem is something coming up.
type AgendaItem struct {
	Kind  string // "data hour"
	ID    string
	Title string
	Start time.Time
	End   time.Time
	Rooms []RoomID
	URL   string // its public page, or ""
	Live  bool
}
