package events

import (
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// State is where an event is in its life.
type State string

const (
	Scheduled State = "scheduled"
	Cancelled State = "cancelled"
	Over      State = "over"
)

// Kind is what an event is called.
type Kind string

const (
	Breakfast    Kind = "breakfast"
	Meetup       Kind = "meetup"
	Workshop     Kind = "workshop"
	Unconference Kind = "unconference"
)

// Event is one date of something that people come to.
type Event struct {
	ID     string        `json:"id"`
	What   Kind          `json:"what"`
	Title  string        `json:"title"`
	About  string        `json:"about,omitempty"` // a few sentences, as the organiser wrote them
	Start  time.Time     `json:"start"`
	Length time.Duration `json:"length"`
	Zone   string        `json:"zone"`             // in which its times are spoken of
	Venue  string        `json:"venue,omitempty"`  // name and address; "": it is online only
	Access string        `json:"access,omitempty"` // how to get in, for everybody: steps, lifts, parking
	Link   string        `json:"link,omitempty"`   // for taking part online; shown only to those who do
	By     bot.UserID    `json:"by"`               // who scheduled it
	Hosts  []bot.UserID  `json:"hosts"`
	Rooms  []bot.RoomID  `json:"rooms"`            // in which it is announced; the first is its home
	Public bool          `json:"public,omitempty"` // has a page that anyone can read

	NoFeedback bool `json:"no_feedback,omitempty"` // people are not asked how it was

	Seats       int           `json:"seats,omitempty"`        // in person; 0: no limit
	Visitors    int           `json:"visitors,omitempty"`     // of those, kept for visitors
	Release     time.Duration `json:"release,omitempty"`      // so long before the start they are kept no longer
	OnlineSeats int           `json:"online_seats,omitempty"` // 0: no limit
	Plus        int           `json:"plus,omitempty"`         // how many people each may bring
	Deadline    time.Duration `json:"deadline,omitempty"`     // answers are taken until so long before the start
	Window      time.Duration `json:"window"`                 // for taking a seat that is offered, at most

	Reminders []time.Duration `json:"reminders"` // so long before the start, longest first

	Series     string    `json:"series,omitempty"`     // of which it is a date; "": it stands alone
	Date       int       `json:"date,omitempty"`       // its number there
	Announced  bool      `json:"announced,omitempty"`  // it stands in its rooms, or stood there
	AnnounceAt time.Time `json:"announce_at,omitzero"` // until when it does not

	Changes int       `json:"changes,omitempty"` // of its time, its words, or its being cancelled
	Changed time.Time `json:"changed,omitzero"`  // when that was last

	State    State     `json:"state"`
	WasStart time.Time `json:"was_start,omitzero"` // before it was last moved
	Reason   string    `json:"reason,omitempty"`   // why it was cancelled
	Dated    string    `json:"dated,omitempty"`    // key of its place in the diary; see date

	Reminded time.Duration `json:"reminded,omitempty"` // the last reminder that was dealt with: so long before the start
	Listed   bool          `json:"listed,omitempty"`   // the hosts' list of the day before was dealt with
	// Lists are the hosts who get that list: those who announced the event or asked
	// for its list, since nobody gets direct messages who did not act first.
	Lists []bot.UserID `json:"lists,omitempty"`
}

func eventKey(id string) string { return "event/" + id }

func (e *Event) Key() string         { return eventKey(e.ID) }
func (e *Event) Kind() (string, int) { return "event", 1 }

// Index finds events by host and by whom they name. Those to come are found by
// room and in the order of their dates: see date.
func (e *Event) Index() []string {
	var idx []string
	for _, u := range e.about() {
		idx = append(idx, "event.about:"+string(u))
	}
	for _, u := range e.Hosts {
		idx = append(idx, "event.hosted:"+string(u))
	}
	if e.Public && e.Announced && e.Series == "" {
		idx = append(idx, publicIn(e.Start))
	}
	return idx
}

// about are all whom the record names, so that it can be found to forget them.
func (e *Event) about() []bot.UserID {
	all := slices.Concat(e.Hosts, e.Lists, []bot.UserID{e.By})
	for _, words := range e.texts() {
		all = append(all, bot.Mentioned(*words)...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(u bot.UserID) bool { return u == "" })
}

// texts are all words in the record, in which people may be mentioned.
func (e *Event) texts() []*string {
	return []*string{&e.Title, &e.About, &e.Venue, &e.Access, &e.Reason}
}

// End is when it is over.
func (e *Event) End() time.Time { return e.Start.Add(e.Length) }

// Location is the zone in which the event's times are spoken of.
func (e *Event) Location() *time.Location {
	loc, err := time.LoadLocation(e.Zone)
	if err != nil { // checked when it was set
		return time.UTC
	}
	return loc
}

// IsHost tells whether u hosts this event.
func (e *Event) IsHost(u bot.UserID) bool { return slices.Contains(e.Hosts, u) }

// InPerson and IsOnline tell how people can take part.
func (e *Event) InPerson() bool { return e.Venue != "" }
func (e *Event) IsOnline() bool { return e.Link != "" }

// platforms are those that hold rooms of the event.
func (e *Event) platforms() []string {
	var all []string
	for _, r := range e.Rooms {
		if !slices.Contains(all, r.Platform()) {
			all = append(all, r.Platform())
		}
	}
	return all
}

// capacity is how its seats are given at a moment.
func (e *Event) capacity(now time.Time) Capacity {
	return Capacity{InPerson: e.Seats, Visitors: e.Visitors, Online: e.OnlineSeats, Released: !now.Before(e.releaseAt()), Open: !now.Before(e.lastHour())}
}

// date is the place of an event in the diary, so that those to come are found in
// their order, in all rooms or in one, however many there are.
type date struct {
	Start time.Time    `json:"start"`
	Event string       `json:"event"`
	Rooms []bot.RoomID `json:"rooms"`
}

const dates = "event.dates"

func dateKey(start time.Time, event string) string {
	return "event.date/" + start.UTC().Format(time.RFC3339) + "/" + event
}

func (d *date) Key() string         { return dateKey(d.Start, d.Event) }
func (d *date) Kind() (string, int) { return "event.date", 1 }
func (d *date) Index() []string {
	idx := []string{dates}
	for _, r := range d.Rooms {
		idx = append(idx, dates+":"+string(r))
	}
	return idx
}

// eventOf is the event whose place in the diary has a key.
func eventOf(dateKey string) string { return dateKey[strings.LastIndexByte(dateKey, '/')+1:] }

// Guest is what somebody who answered said besides, and how they are found: one
// record for each person and event. Whether they have a seat is in Seats alone.
type Guest struct {
	Event string     `json:"event"`
	Who   bot.UserID `json:"who"`
	Since time.Time  `json:"since"`          // of their first answer
	Name  string     `json:"name,omitempty"` // of somebody without an account

	// What somebody from outside said on the event's page, for hosts only.
	Organisation string `json:"organisation,omitempty"`
	Email        string `json:"email,omitempty"`
	Needs        string `json:"needs,omitempty"` // to take part
	Online       bool   `json:"online,omitempty"`
	Asking       bool   `json:"asking,omitempty"` // no host has decided yet, so they are not in Seats
	Code         string `json:"code,omitempty"`   // by which hosts decide about them
}

func guestKey(event string, who bot.UserID) string { return "event.guest/" + event + "/" + string(who) }

func (g *Guest) Key() string         { return guestKey(g.Event, g.Who) }
func (g *Guest) Kind() (string, int) { return "event.guest", 1 }
func (g *Guest) Index() []string {
	idx := []string{"event.guest:" + string(g.Who), "event.guests:" + g.Event}
	if g.Asking {
		idx = append(idx, askingAt(g.Event))
	}
	if g.Code != "" {
		idx = append(idx, codeOf(g.Event, g.Code))
	}
	return idx
}
