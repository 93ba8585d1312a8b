package hours

import (
	"fmt"
	"slices"
	"time"

	"datahour/bot"
)

// State is where an hour is in its life.
type State string

const (
	Scheduled State = "scheduled"
	Open      State = "open"
	Closed    State = "closed"
	Cancelled State = "cancelled"
)

// Hour is one data hour.
type Hour struct {
	ID         string        `json:"id"`
	Title      string        `json:"title,omitempty"` // "" is an open hour, without a topic
	About      string        `json:"about,omitempty"` // a sentence or two, as the organiser wrote them
	Start      time.Time     `json:"start"`
	Length     time.Duration `json:"length"`
	Zone       string        `json:"zone"` // in which its times are spoken of
	By         bot.UserID    `json:"by"`   // who scheduled it
	Hosts      []bot.UserID  `json:"hosts"`
	Rooms      []bot.RoomID  `json:"rooms"`             // in which it is held; the first is its home
	Invited    []bot.RoomID  `json:"invited,omitempty"` // whose organisers have not said yes to the link
	Questions  []Question    `json:"questions,omitempty"`
	Automatic  bool          `json:"automatic,omitempty"`   // questions come at their minute
	Public     bool          `json:"public"`                // has a page that anyone can read
	LetThrough bool          `json:"let_through,omitempty"` // visitors' messages come at once after a host showed the first; else each one waits for a host
	KeepDays   int           `json:"keep_days"`             // the transcript is kept so long; 0: for good
	Rehearsal  bool          `json:"rehearsal,omitempty"`
	AtOnce     bool          `json:"at_once,omitempty"` // begun here and now, without an announcement

	State    State         `json:"state"`
	Opened   time.Time     `json:"opened,omitzero"`
	Ended    time.Time     `json:"ended,omitzero"`
	Now      int           `json:"now,omitempty"`       // number of the question that is open; 0: none yet
	Missed   bool          `json:"missed,omitempty"`    // it came too late to be opened; its organisers were told
	WasStart time.Time     `json:"was_start,omitzero"`  // before it was last moved
	Extended time.Duration `json:"extended,omitempty"`  // by how much in all, beyond what was announced
	Reason   string        `json:"reason,omitempty"`    // why it was cancelled
	Late     string        `json:"late,omitempty"`      // why it opened after its time; "": it did not
	LateEnd  string        `json:"late_end,omitempty"`  // why it closed after its time; "": it did not
	ClosedBy bot.UserID    `json:"closed_by,omitempty"` // who closed it early; "": it closed by itself
	Visited  bool          `json:"visited,omitempty"`   // a visitor was heard: a room that is the only one is told of that too

	// What was dealt with of that which happens by itself; see promises.
	Reminded  time.Duration `json:"reminded,omitempty"`  // the last reminder: so long before the start
	Warned    time.Time     `json:"warned,omitzero"`     // the end of which the room was warned
	Settled   bool          `json:"settled,omitempty"`   // late edits are not carried any more
	Numbers   *numbers      `json:"numbers,omitempty"`   // counted before the transcript was deleted; nil: it is there
	Forgotten bool          `json:"forgotten,omitempty"` // the transcript was deleted when its time had come

	Changed time.Time `json:"changed,omitzero"`  // when this record last changed
	Changes int       `json:"changes,omitempty"` // and how often: calendars take the higher one for the newer

	// Sheets are the hosts who see the run sheet: those who scheduled it or
	// pressed something, since nobody gets direct messages who did not act first.
	Sheets []bot.UserID `json:"sheets,omitempty"`

	Summary   string     `json:"summary,omitempty"`    // the host's own words about it, after the hour
	SummaryBy bot.UserID `json:"summary_by,omitempty"` // who wrote them
}

// Question is a numbered prompt. Its number is given when it is asked.
type Question struct {
	ID      string       `json:"id"` // stays while the queue is reordered
	Text    string       `json:"text"`
	By      bot.UserID   `json:"by,omitempty"`    // who put it forward; "" for the organiser's own. Somebody else's words: on public pages only as its author agreed to be shown
	With    []bot.UserID `json:"with,omitempty"`  // whose words were merged into it; the same holds for each
	Hosts   []bot.UserID `json:"hosts,omitempty"` // hosts whose own words these are: anyone may read them, and they are theirs all the same
	Taken   bool         `json:"taken,omitempty"` // put forward, and a host took it into the plan
	Number  int          `json:"number,omitempty"`
	Asked   time.Time    `json:"asked,omitzero"`
	Skipped bool         `json:"skipped,omitempty"`
}

// Authors are those who put the words of a question forward; none for the
// organiser's own.
func (q Question) Authors() []bot.UserID {
	if q.By == "" {
		return q.With
	}
	return append([]bot.UserID{q.By}, q.With...)
}

// theirs tells whether somebody wrote the question, or a part of it.
func (q Question) theirs(u bot.UserID) bool {
	return slices.Contains(q.Authors(), u) || slices.Contains(q.Hosts, u)
}

func hourKey(id string) string { return "hour/" + id }

// logOf is the log of what happened in an hour: see entry.
func logOf(id string) string { return "hour/" + id }

// Log names the log of an hour. It grows whenever its page changes.
func Log(id string) string { return logOf(id) }

func (h *Hour) Key() string         { return hourKey(h.ID) }
func (h *Hour) Kind() (string, int) { return "hour", 1 }

// Index finds hours by state, by host and by room. A rehearsal is found by its
// id and by whom it names, so that no page, list or calendar has it.
func (h *Hour) Index() []string {
	var idx []string
	for _, u := range h.about() {
		idx = append(idx, "about:"+string(u))
	}
	if h.Rehearsal {
		return idx
	}
	idx = append(idx, "hours", "hours:"+string(h.State))
	for _, u := range h.Hosts {
		idx = append(idx, "hosted:"+string(u))
	}
	for _, r := range slices.Concat(h.Rooms, h.Invited) {
		idx = append(idx, "hours:"+string(r))
	}
	return idx
}

// about are all whom the record names, so that it can be found to forget them.
func (h *Hour) about() []bot.UserID {
	all := slices.Concat(h.Hosts, h.Sheets, []bot.UserID{h.By, h.ClosedBy, h.SummaryBy})
	for _, q := range h.Questions {
		all = slices.Concat(all, q.Authors(), q.Hosts)
	}
	for _, words := range h.texts() {
		all = append(all, bot.Mentioned(*words)...)
	}
	for _, room := range h.Rooms { // a rehearsal in somebody's direct messages
		if u, direct := room.Person(); direct {
			all = append(all, u)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(u bot.UserID) bool { return u == "" })
}

// texts are all words in the record, in which people may be mentioned.
func (h *Hour) texts() []*string {
	all := []*string{&h.Title, &h.About, &h.Reason, &h.Summary}
	for i := range h.Questions {
		all = append(all, &h.Questions[i].Text)
	}
	return all
}

// End is when the hour closes.
func (h *Hour) End() time.Time { return h.Start.Add(h.Length) }

// Name is the title, or what an hour without one is called.
func (h *Hour) Name() string {
	if h.Title == "" {
		return "Open data hour"
	}
	return h.Title
}

// Location is the zone in which the hour's times are spoken of.
func (h *Hour) Location() *time.Location {
	loc, err := time.LoadLocation(h.Zone)
	if err != nil { // checked when it was set
		return time.UTC
	}
	return loc
}

// IsHost tells whether u hosts this hour.
func (h *Hour) IsHost(u bot.UserID) bool { return slices.Contains(h.Hosts, u) }

// In tells whether the hour is held in room.
func (h *Hour) In(room bot.RoomID) bool { return slices.Contains(h.Rooms, room) }

// Asked are the questions that were asked, in their order.
func (h *Hour) Asked() []Question {
	var out []Question
	for _, q := range h.Questions {
		if q.Number > 0 {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b Question) int { return a.Number - b.Number })
	return out
}

// questionKey is the notice of question n in every room of an hour. What is said
// in its thread belongs to the question.
func questionKey(hour string, n int) bot.Key { return bot.Key(fmt.Sprintf("hour/%s/q/%d", hour, n)) }

// live tells which hour is held in a room now. What is said there belongs to it.
type live struct {
	Room bot.RoomID `json:"room"`
	Hour string     `json:"hour"`
}

func liveKey(r bot.RoomID) string { return "live/" + string(r) }

func (l *live) Key() string         { return liveKey(l.Room) }
func (l *live) Kind() (string, int) { return "live", 1 }
func (l *live) Index() []string     { return []string{"live"} }

// entry is one line of an hour's log: what changed, by keys and numbers only.
// Whoever follows the log reads the records as they are now.
type entry struct {
	What    change        `json:"w"`
	Message bot.MessageID `json:"m,omitempty"` // Said.ID
	Number  int           `json:"q,omitempty"`
	Alias   string        `json:"a,omitempty"` // of a person; see alias
}

type change string

const (
	wasSaid    change = "said"
	wasEdited  change = "edited" // words or hidden: look again
	wasReacted change = "reacted"
	wasDeleted change = "deleted"
	wasAsked   change = "asked"  // question Number
	stateIs    change = "state"  // the hour's own record changed: look again
	personIs   change = "person" // Alias changed how they are shown or carried
)

func (e entry) String() string { return fmt.Sprintf("%s %s %d", e.What, e.Message, e.Number) }
