package bot

import (
	"context"
	"fmt"
	"time"
)

// Inbound is one thing that a person did.
type Inbound struct {
	ID   string // of the thing done, not of its delivery: "msg:room:ts", "press:trigger"; of a typed command it names nobody
	Kind InboundKind
	Room RoomID
	From UserID
	At   time.Time // by the platform's clock

	// Text is a command line without its slash, or a message's words in plain
	// text with the tokens of Mention and InRoom.
	Text    string
	Message MessageID // the message said, edited, deleted, reacted to, or pressed on
	Thread  MessageID // the first message of the thread, when it is in one

	Form      map[string]string // a submitted form's fields; Text has its command line
	Pressed   bool              // a button or menu: Text has its command line
	Reaction  string            // "thumbsup", without colons
	Rev       string            // the platform's revision of an edited message, growing bytewise; "" when it has none
	Addressed bool              // to the bot, by mention
	Direct    bool              // in a direct message with the bot

	// People are the profiles, as far as the adapter has them at hand, of From
	// and of everybody mentioned in Text. The core keeps their names.
	People []Profile

	// Answer is the adapter's own handle for answering or opening a form. The
	// core hands it back unread.
	Answer any
}

// InboundKind is what was done.
type InboundKind string

const (
	Command   InboundKind = "command" // typed, pressed, or submitted
	Message   InboundKind = "message"
	Edited    InboundKind = "edited"
	Deleted   InboundKind = "deleted"
	Reacted   InboundKind = "reacted"
	Unreacted InboundKind = "unreacted"
	Joined    InboundKind = "joined"
)

// Profile is what a platform tells about a person.
type Profile struct {
	User UserID
	Name string // as people call them
	Zone string // IANA name, or ""
}

// RoomInfo is what a platform tells about a room.
type RoomInfo struct {
	Room    RoomID
	Name    string // with the platform's own sign: "#data", "~data"
	Private bool
}

// Reply is the private answer to a command, a press or a form. At most one of
// Form and Errors is set.
type Reply struct {
	Post   *Post             // shown to the person alone
	Form   *Form             // opened for the person
	Errors map[string]string // by field: the form stays open, values kept
	// Replace says that Post takes the place of the private message that was
	// pressed on, where the platform can; elsewhere it is a new one.
	Replace bool
}

// Answer makes a private answer of one text.
func Answer(format string, args ...any) Reply {
	p := Say(fmt.Sprintf(format, args...))
	return Reply{Post: &p}
}

// Receive is what adapters call for each Inbound. An error means that it was
// not stored: leave the event unacknowledged, so that the platform sends it again.
type Receive func(context.Context, Inbound) (Reply, error)

// Chat is one connected platform. Its methods try once; only the core tries again.
type Chat interface {
	// Platform is the name before the colon of all its ids.
	Platform() string

	// Run connects, hands everything that people do to r (in order within a
	// room, never the bot's own posts), and reconnects by itself until ctx is
	// done or nothing more can be done (revoked). It calls gap when it may have
	// missed something in a room, or in all its rooms (""), as when it is
	// connected for the first time; the core then catches up through Historian.
	Run(ctx context.Context, r Receive, gap func(RoomID)) error

	// Post shows p in room, in the thread of a message when thread is not
	// empty. key and mark are kept with the post for Find. Errors are
	// *SendError; any other is taken for Unsure. Nothing is written to the wire
	// after ctx's deadline.
	Post(ctx context.Context, room RoomID, thread MessageID, key Key, mark string, p Post) (MessageID, error)
}

// Optional powers of a Chat.
type (
	// Editor changes a post of ours.
	Editor interface {
		Edit(ctx context.Context, room RoomID, id MessageID, key Key, mark string, p Post) error
	}
	// Deleter removes a post of ours.
	Deleter interface {
		Delete(ctx context.Context, room RoomID, id MessageID) error
	}
	// Finder gives all posts of ours with this key, oldest first.
	Finder interface {
		Find(ctx context.Context, room RoomID, thread MessageID, key Key) ([]Found, error)
	}
	// Whisperer shows a post to one person in a room. It cannot be looked up or
	// edited afterwards, and is never the only copy of anything.
	Whisperer interface {
		Whisper(ctx context.Context, room RoomID, to UserID, p Post) error
	}
	// Directory tells about people and rooms.
	Directory interface {
		People(ctx context.Context) ([]Profile, error) // those known without asking one by one
		Rooms(ctx context.Context) ([]RoomInfo, error) // those that the bot can post in
	}
	// Historian hands in what was said, edited and deleted in a room since an
	// instant, oldest first, as Inbound like those of Run.
	Historian interface {
		History(ctx context.Context, room RoomID, since time.Time, hear func(Inbound) error) error
	}
	// Registrar makes the platform know the commands.
	Registrar interface {
		Register(ctx context.Context, rows []RowInfo) error
	}
	// Named tells what the workspace or team calls itself.
	Named interface {
		Name(ctx context.Context) (string, error)
	}
	// Reporter tells how its connection is, whenever that changes: nil when it
	// stands, else what is the matter. It calls report while Run runs. A Chat
	// without it counts as connected from its first gap of all rooms until Run ends.
	Reporter interface{ Report(report func(error)) }
	// Adviser says in plain words what somebody has to do on the platform before
	// everything works: grant a right, free a command. Nothing when all is well.
	Adviser interface{ Advice() []string }

	// Limiter tells the platform's rates. Without it there is none.
	Limiter interface{ Limits() Limits }

	// Clocked is a platform of a playground, whose people may move the clock.
	// The core hands it move, which takes "start", "+10m" or a time in RFC 3339
	// and returns when all that was due on the way is done; and tells it every
	// new time through ShowClock.
	Clocked interface {
		MoveClockBy(move func(ctx context.Context, to string) (time.Time, error))
		ShowClock(ctx context.Context, now time.Time) error
	}
)

// Found is a post of ours on a platform.
type Found struct {
	ID   MessageID
	Mark string
}

// Limits are a platform's rates for posts. Zero means no limit.
type Limits struct {
	RoomEvery     time.Duration // one post in a room this often
	RoomBurst     int           // and so many at once
	PlatformEvery time.Duration // one call of any kind this often
	PlatformBurst int
	EditEvery     time.Duration // the same post is edited at most this often
}

// Outcome is what became of a send.
type Outcome int

const (
	Unsure  Outcome = iota // it may have had its effect (time-out, broken connection, 5xx)
	NotSent                // it had none, and may be tried again (429, refused connection)
	Refused                // it had none and never will (no such room, not allowed)
	Gone                   // what should be changed is no longer there
)

func (o Outcome) String() string {
	return [...]string{"unsure", "not sent", "refused", "gone"}[o]
}

// SendError is why a send did not end well, and whether it may have had an effect.
type SendError struct {
	Outcome    Outcome
	RetryAfter time.Duration // the platform's wish, or 0
	Err        error
}

func (e *SendError) Error() string { return fmt.Sprintf("%s: %v", e.Outcome, e.Err) }
func (e *SendError) Unwrap() error { return e.Err }
