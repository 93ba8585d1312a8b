package world

import "time"

// BotID is the bot's own name among the people of each platform; somebody who
// writes "@datahour" addresses it.
const BotID = "datahour"

const botName = "Data Hour"

// worldID signs the notices of the world itself, such as that nobody answered.
const worldID = "playground"

// Person is somebody to act as. IDs are unique over both platforms, so that
// "as" alone says who and where.
type Person struct {
	ID        string `json:"id"`
	Platform  string `json:"platform"`
	Name      string `json:"name"`
	Organiser bool   `json:"organiser,omitempty"` // a hint for the page; the bot decides from its own configuration
	About     string `json:"about,omitempty"`     // one line for the page: "host", "would rather not be shown"
}

// Room is where people and the bot write. Direct rooms are called "@" and the
// person's id, and hold what that person and the bot say to each other.
type Room struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Name     string `json:"name"`
	Direct   bool   `json:"direct,omitempty"`
}

// Post is one message as it stands now. A Post is never changed once it can be
// seen: a change is a new Post in the old one's place.
type Post struct {
	ID        string     `json:"id"`
	Platform  string     `json:"platform"`
	Room      string     `json:"room"`
	Thread    string     `json:"thread,omitempty"` // the message this one replies under
	By        string     `json:"by"`
	Name      string     `json:"name"`
	Only      string     `json:"only,omitempty"` // private: seen by this person alone
	Text      string     `json:"text,omitempty"` // what a person wrote
	Content   *Content   `json:"post,omitempty"` // what the bot shows
	Key       string     `json:"key,omitempty"`
	Mark      string     `json:"mark,omitempty"`
	At        time.Time  `json:"at"`
	Changed   time.Time  `json:"changed"` // the last edit or deletion; At when there was none
	Rev       int        `json:"rev"`     // 1 when written, one more with each edit or deletion
	Edited    bool       `json:"edited,omitempty"`
	Deleted   bool       `json:"deleted,omitempty"` // the words are gone; place, key and mark stay
	DeletedBy string     `json:"deletedBy,omitempty"`
	Everyone  bool       `json:"everyone,omitempty"` // it would have called the whole room (@channel, @here, @all)
	Reactions []Reaction `json:"reactions,omitempty"`
	Once      string     `json:"once,omitempty"` // the caller's own id for it, see API.md
}

// Bot says whether the post is the bot's own, or the world's.
func (p *Post) Bot() bool { return p.By == BotID || p.By == worldID }

// Reaction is one mark under a message and who left it, in order.
type Reaction struct {
	Name   string   `json:"name"`
	People []string `json:"people"`
}

// Content is a post of the bot: what to show, not how. Text is CommonMark with
// three tokens: <!time:UNIXSECONDS>, <!user:ID> and <!room:ID>.
type Content struct {
	Title   string   `json:"title,omitempty"`
	Text    string   `json:"text,omitempty"`
	Fields  []Field  `json:"fields,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Select  *Select  `json:"select,omitempty"`
	Image   *Image   `json:"image,omitempty"`
	Small   string   `json:"small,omitempty"`
	Meta    []string `json:"meta,omitempty"`
}

// Field is a name and its value, shown as a row.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Button says a command line when it is pressed, or opens an address.
type Button struct {
	Label   string `json:"label"`
	Command string `json:"command,omitempty"`
	Style   string `json:"style,omitempty"`   // "primary", "danger" or nothing
	Confirm string `json:"confirm,omitempty"` // a question to answer first
	URL     string `json:"url,omitempty"`
}

// Select is a menu: choosing says its command line with the option's value.
type Select struct {
	Label   string   `json:"label"`
	Command string   `json:"command"`
	Options []Option `json:"options"`
}

// Option is one choice of a Select or of a form's field.
type Option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Image is shown with the post; Alt is its words.
type Image struct {
	URL string `json:"url"`
	Alt string `json:"alt,omitempty"`
}

// Form is what the bot may answer with: the page opens it as a dialog.
type Form struct {
	Title   string      `json:"title"`
	Command string      `json:"command"`
	Submit  string      `json:"submit,omitempty"`
	Intro   string      `json:"intro,omitempty"`
	Fields  []FormField `json:"fields"`
}

// FormField is one thing to fill in. Kind is text, area, number, select, multi,
// bool, when, people, room or rooms. Max counts characters (0: no limit).
type FormField struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Hint     string   `json:"hint,omitempty"`
	Kind     string   `json:"kind"`
	Value    string   `json:"value,omitempty"`
	Options  []Option `json:"options,omitempty"`
	Optional bool     `json:"optional,omitempty"`
	Max      int      `json:"max,omitempty"`
}

// Command is one row of the bot's table, used for completion.
type Command struct {
	Name       string `json:"name"` // "datahour new"
	Arguments  string `json:"arguments,omitempty"`
	Summary    string `json:"summary,omitempty"`
	Organisers bool   `json:"organisers,omitempty"`
}

// User is how an event names a person.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Event is one thing that happened on a platform, as told to the bot. ID names
// the thing done and not the delivery: a repeated event has the same ID under
// another Cursor.
type Event struct {
	Cursor    uint64            `json:"cursor"`
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Platform  string            `json:"platform"`
	Room      string            `json:"room,omitempty"`
	User      *User             `json:"user,omitempty"`
	Text      string            `json:"text,omitempty"`
	Value     string            `json:"value,omitempty"`
	Values    map[string]string `json:"values,omitempty"`
	Message   string            `json:"message,omitempty"`
	Private   bool              `json:"private,omitempty"` // Message is seen by User alone
	Thread    string            `json:"thread,omitempty"`
	Trigger   string            `json:"trigger,omitempty"`
	Form      string            `json:"form,omitempty"` // a submit: the trigger that the form had answered
	Reaction  string            `json:"reaction,omitempty"`
	Rev       int               `json:"rev,omitempty"`
	At        time.Time         `json:"at"`
	Addressed bool              `json:"addressed,omitempty"`
	Direct    bool              `json:"direct,omitempty"`
	To        string            `json:"to,omitempty"` // clock: where to
}
