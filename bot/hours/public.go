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
	Hosts     []string // as they agreed to be shown; UnnamedHost for those who did not
	Rooms     []string // "#data (north)"
	Questions []PageQuestion
	Now       int // number of the open question
	People    int // everybody who spoke, shown or not
	Messages  int // everything said and still standing, shown or not
	Lines     []Line
	Gaps      []Gap
	Links     []string // shared by people who are shown
	Summary   string
	Changed   time.Time // when the hour itself last changed: its time, its questions, its state
	Upto      bot.Seq   // the place in the hour's log that this page shows: follow it with [Changes] from here
}

// UnnamedHost stands for a host who did not agree to be named.
const UnnamedHost = "a host"

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
	Agrees   int // people who reacted, shown or not
}

// Gap says that people who spoke under a question are not shown.
type Gap struct {
	Question int
	People   int
}

// Change is one thing to do to a page that is being followed. One of Put,
// Remove and Head is set.
type Change struct {
	Seq    bot.Seq // having done this, follow on from here
	Put    *Line   // new, or changed: it replaces the one with its ID, or goes in by At
	Remove string  // ID of a line that is not shown any more, or never was
	Head   bool    // the question, the state, the numbers or the gaps changed: read [Head] again
}

// Listing is every public hour, without lines: for the home page and the archive.
type Listing struct {
	Live     []Page
	Upcoming []Page // the next one first
	Closed   []Page // the latest first
}

// Section is what belongs to one question on a page.
type Section struct {
	Question PageQuestion // Number 0: what was said before the first one
	Threads  []Thread
	Gap      int // people who spoke here and are not shown
}

// Thread is a line and the lines in its thread, in their order.
type Thread struct {
	Line
	Replies []Line
}

// Sections groups a page's lines by question. A reply stands under the line
// that it answers, whatever its own question.
func (p Page) Sections() []Section {
	sections := []Section{{}}
	at := map[int]int{0: 0}
	for _, q := range p.Questions {
		at[q.Number] = len(sections)
		sections = append(sections, Section{Question: q})
	}
	for _, g := range p.Gaps {
		sections[at[g.Question]].Gap += g.People
	}
	type place struct{ section, thread int }
	heads := map[string]place{}
	for _, l := range p.Lines {
		if l.Under == "" {
			i := at[l.Question]
			heads[l.ID] = place{i, len(sections[i].Threads)}
			sections[i].Threads = append(sections[i].Threads, Thread{Line: l})
		}
	}
	for _, l := range p.Lines {
		if l.Under == "" {
			continue
		}
		if head, there := heads[l.Under]; there {
			t := &sections[head.section].Threads[head.thread]
			t.Replies = append(t.Replies, l)
		}
	}
	if first := sections[0]; len(first.Threads) == 0 && first.Gap == 0 {
		sections = sections[1:]
	}
	return sections
}
