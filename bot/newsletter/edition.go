package newsletter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datahour/bot"
)

// Edition is one issue: what its editors decided about it and, once it is
// published, what is in it. What it says is worked out anew by compose each time,
// so that it always shows what people agreed to by then.
type Edition struct {
	Number  int        `json:"number"`
	Intro   string     `json:"intro,omitempty"` // an editor's own words before everything else
	IntroBy bot.UserID `json:"intro_by,omitempty"`
	Without []string   `json:"without,omitempty"` // parts that an editor took out; see Part
	Since   time.Time  `json:"since,omitzero"`    // it gathers what happened from here on
	Secret  string     `json:"secret,omitempty"`  // of the address at which editors preview it

	// The calendar; see promises.
	Comes    time.Time  `json:"comes,omitzero"` // when it is to come out; zero: whenever an editor publishes it
	Called   bool       `json:"called,omitempty"`
	LastCall bool       `json:"last_call,omitempty"`
	Drafted  bool       `json:"drafted,omitempty"`  // the deadline has passed and the editors were shown the draft
	Reminded bool       `json:"reminded,omitempty"` // it was to come out, and nobody had approved it
	Approved bot.UserID `json:"approved,omitempty"` // who said that it may come out by itself

	// Of a published edition.
	Out         time.Time    `json:"out,omitzero"` // zero: it is the one that is coming
	By          bot.UserID   `json:"by,omitempty"`
	Items       []string     `json:"items,omitempty"`  // in their order
	Agenda      []Upcoming   `json:"agenda,omitempty"` // what was coming up then
	Rooms       []bot.RoomID `json:"rooms,omitempty"`
	Parts       int          `json:"parts,omitempty"` // posts below the first one that ever stood in a room
	Told        int          `json:"told,omitempty"`  // of Items: so many whose members know
	Corrections []Correction `json:"corrections,omitempty"`
}

// Upcoming is something that was coming up when an edition came out.
type Upcoming struct {
	Kind  string    `json:"kind"` // "data hour"
	Title string    `json:"title"`
	Start time.Time `json:"start"`
	Path  string    `json:"path,omitempty"` // of its public page, or ""
}

// Correction is a change to an edition that people have read.
type Correction struct {
	At   time.Time  `json:"at"`
	By   bot.UserID `json:"by,omitempty"`
	Item string     `json:"item"`
	Note string     `json:"note"` // what was wrong, in an editor's words
}

// Part is what an edition has besides its items. An editor can take each one out.
const (
	partAgenda = "agenda" // what is coming up
	partHeld   = "hours"  // the hours that were held
	partNew    = "new"    // who contributed for the first time
	partThanks = "thanks" // who contributed
)

var parts = [...]struct{ name, label string }{
	{partAgenda, "What is coming up"}, {partHeld, "Data hours that were held"}, {partNew, "New contributors"}, {partThanks, "Thanks"},
}

func editionKey(number int) string { return fmt.Sprintf("edition/%d", number) }

func (e *Edition) Key() string         { return editionKey(e.Number) }
func (e *Edition) Kind() (string, int) { return "edition", 1 }
func (e *Edition) Index() []string {
	idx := []string{"editions"}
	for _, u := range e.names() {
		idx = append(idx, "editions:about:"+string(u))
	}
	return idx
}

// names are all whom the record names, so that it can be found to forget them.
func (e *Edition) names() []bot.UserID {
	all := []bot.UserID{e.IntroBy, e.Approved, e.By}
	all = append(all, bot.Mentioned(e.Intro)...)
	for _, c := range e.Corrections {
		all = append(append(all, c.By), bot.Mentioned(c.Note)...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(u bot.UserID) bool { return u == "" })
}

// forget takes somebody out of the record.
func (e *Edition) forget(who bot.UserID) {
	if e.IntroBy == who {
		e.Intro, e.IntroBy = "", ""
	}
	for _, u := range [...]*bot.UserID{&e.Approved, &e.By} {
		if *u == who {
			*u = bot.Nobody(who.Platform())
		}
	}
	e.Intro = bot.WithoutMention(e.Intro, who)
	for i := range e.Corrections {
		c := &e.Corrections[i]
		if c.By == who {
			c.By = ""
		}
		c.Note = bot.WithoutMention(c.Note, who)
	}
}

// Published tells whether the edition is out.
func (e *Edition) Published() bool { return !e.Out.IsZero() }

// Path is the address of the edition's page below the public one.
func (e *Edition) Path() string { return editionPath(e.Number) }

// has tells whether the editors left a part in.
func (e *Edition) has(part string) bool { return !slices.Contains(e.Without, part) }

// turn takes a part out, or puts it back.
func (e *Edition) turn(part string) {
	if e.has(part) {
		e.Without = append(slices.Clone(e.Without), part)
	} else {
		e.Without = slices.DeleteFunc(slices.Clone(e.Without), func(x string) bool { return x == part })
	}
}

// drop takes an item out of a published edition.
func (e *Edition) drop(id string) {
	at := slices.Index(e.Items, id)
	if at < 0 {
		return
	}
	e.Items = slices.Delete(slices.Clone(e.Items), at, at+1)
	if at < e.Told {
		e.Told--
	}
}

func (e *Edition) noticeKey(what string) bot.Key { return bot.Key(e.Key() + "/" + what) }

// firstWindow is how far back the first edition of all looks.
const firstWindow = 28 * 24 * time.Hour

// comingEdition is the edition that is being gathered, as it is kept or as it begins.
func comingEdition(ctx context.Context, r bot.Reader, s Settings) (Edition, error) {
	e := Edition{Number: s.Coming, Since: s.Since}
	if _, err := r.Get(ctx, e.Key(), &e); err != nil {
		return e, err
	}
	if e.Since.IsZero() {
		e.Since = r.Now().Add(-firstWindow)
	}
	return e, nil
}

// Of a calendar: the deadline and the calls are so long before an edition comes.
const (
	deadlineBefore = 24 * time.Hour
	lastCallBefore = deadlineBefore + 24*time.Hour
	callBefore     = deadlineBefore + 7*24*time.Hour
)

// Deadline is when the draft goes to the editors.
func (e *Edition) Deadline() time.Time { return e.Comes.Add(-deadlineBefore) }

// The promises of an edition: kinds of alarms, each about its number.
const (
	callAlarm     = "newsletter.call"
	lastCallAlarm = "newsletter.lastcall"
	deadlineAlarm = "newsletter.deadline"
	publishAlarm  = "newsletter.publish"
	renderAlarm   = "newsletter.render"
	tellAlarm     = "newsletter.tell"
)

var calendarAlarms = [...]string{callAlarm, lastCallAlarm, deadlineAlarm, publishAlarm}

// promises are all that is to happen to the edition from now on by itself. Whoever
// changes an edition sets its alarms from this and cancels all others, so that no
// change can forget one.
func (e *Edition) promises() map[string]time.Time {
	due := map[string]time.Time{}
	if e.Published() || e.Comes.IsZero() {
		return due
	}
	if !e.Called {
		due[callAlarm] = e.Comes.Add(-callBefore)
	}
	if !e.LastCall {
		due[lastCallAlarm] = e.Comes.Add(-lastCallBefore)
	}
	if !e.Drafted {
		due[deadlineAlarm] = e.Deadline()
	}
	if !e.Reminded {
		due[publishAlarm] = e.Comes
	}
	return due
}

// moveTo gives the edition another time. What is to happen before it happens
// again only when that is still to come; a call that stands is not made again
// within a week.
func (e *Edition) moveTo(comes, now time.Time) {
	e.Comes, e.Reminded, e.Approved = comes, false, "" // an approval was for that time
	if comes.IsZero() {
		e.Called, e.LastCall, e.Drafted = false, false, false
		return
	}
	call := comes.Add(-callBefore)
	e.Called = !call.After(now) || e.Called && call.Sub(now) < 7*24*time.Hour
	e.LastCall = !comes.Add(-lastCallBefore).After(now)
	e.Drafted = !e.Deadline().After(now)
}

// keep stores a changed edition with its alarms.
func (f *Feature) keep(tx *bot.Tx, e *Edition) {
	due := e.promises()
	for _, kind := range calendarAlarms {
		if at, ok := due[kind]; ok {
			tx.Promise(kind, number(e.Number), at)
		} else {
			tx.Cancel(kind, number(e.Number))
		}
	}
	tx.Put(e)
}
