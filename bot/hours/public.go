package hours

import (
	"time"

	"datahour/bot"
)

// Page is an hour as anyone may see it. The queries that make it leave out
// whoever has not agreed to be shown, so whatever is in it may be printed.
type Page struct {
	ID        string
	Title     string
	About     string
	Start     time.Time
	End       time.Time
	Zone      *time.Location
	State     State
	Hosts     []string // as they agreed to be shown; "a host" for those who did not
	Rooms     []string // "#data (north)"
	Questions []PageQuestion
	Now       int // number of the open question
	People    int // everybody who spoke, shown or not
	Messages  int // everything said and still standing, shown or not
	Lines     []Line
	Gaps      []Gap
	Links     []string // shared by people who are shown
	Summary   string
	Upto      bot.Seq // the place in the hour's log that this page shows
}

// PageQuestion is a question that was asked.
type PageQuestion struct {
	Number int
	Text   string
	Asked  time.Time
}

// Line is one message on a page.
type Line struct {
	ID       string // for addresses and for telling lines apart; not the platform's id
	Under    string // the Line in whose thread it is, or ""
	Question int    // 0: before the first one
	Name     string // as agreed: a name, or a role and organisation
	Home     string // "#data (north)", or "visitor"
	At       time.Time
	Text     string // a person's words: plain text, never markup
	Edited   bool
	Agrees   int // reactions
}

// Gap says that people who spoke under a question are not shown.
type Gap struct {
	Question int
	People   int
}

// Change is one thing to do to a page that is being followed.
type Change struct {
	Seq    bot.Seq
	Put    *Line   // new, or changed: it replaces the one with its ID
	Remove string  // ID of a line that is not shown any more, or never was
	Head   bool    // the question, the state, the numbers or the gaps changed: read the page's head again
}
