package hours

import (
	"slices"
	"time"

	"datahour/bot"
)

// Said is one message in an hour, as it was said in its own room.
type Said struct {
	Hour         string        `json:"hour"`
	ID           bot.MessageID `json:"id"`
	Line         string        `json:"line"`  // its name on pages and in commands: says nothing of the platform's id
	Place        int           `json:"place"` // in the order of hearing; settles which of two said at the same instant came first
	Room         bot.RoomID    `json:"room"`
	Who          bot.UserID    `json:"who"`
	Visitor      string        `json:"visitor,omitempty"`      // name given on the web; Who is of platform "web"
	Organisation string        `json:"organisation,omitempty"` // of a visitor, when they gave one
	At           time.Time     `json:"at"`
	Text         string        `json:"text"`
	Rev          string        `json:"rev,omitempty"`     // the platform's revision of the words
	Early        bool          `json:"early,omitempty"`   // an edit or a deletion came before the message itself
	Edited       bool          `json:"edited,omitempty"`  // its words were changed after it was said
	Deleted      bool          `json:"deleted,omitempty"` // its words are gone; the record stays, so that a late event does not bring them back
	Hidden       bool          `json:"hidden,omitempty"`  // everywhere, by a host or by the organisers of its own platform
	HiddenIn     []string      `json:"hidden_in,omitempty"`
	Under        bot.MessageID `json:"under,omitempty"`    // Said.ID of the message whose thread it is in
	Asked        int           `json:"asked,omitempty"`    // it is in the thread of this question's post
	Question     int           `json:"question,omitempty"` // that it belongs to; 0: before the first one

	Reacted map[string][]bot.UserID `json:"reacted,omitempty"` // by emoji name, each person once
}

func saidKey(hour string, id bot.MessageID) string { return "said/" + hour + "/" + string(id) }

func (s *Said) Key() string         { return saidKey(s.Hour, s.ID) }
func (s *Said) Kind() (string, int) { return "said", 1 }

// Index finds what was said in an hour, by a person, under a message, about a
// person, and by its line; "message:" finds it when its hour is over.
func (s *Said) Index() []string {
	idx := []string{"said:" + s.Hour, "message:" + string(s.ID)}
	if s.Line != "" {
		idx = append(idx, "line:"+s.Line)
	}
	if s.Who != "" {
		idx = append(idx, "said:"+s.Hour+":"+string(s.Who), "words:"+string(s.Who))
	}
	if s.Under != "" {
		idx = append(idx, "under:"+s.Hour+":"+string(s.Under))
	}
	for u := range s.reactors() {
		idx = append(idx, "reacted:"+string(u))
	}
	for _, u := range bot.Mentioned(s.Text) {
		idx = append(idx, "mentions:"+s.Hour+":"+string(u), "mentions:"+string(u))
	}
	return idx
}

// Stands tells whether the message is there for anybody at all.
func (s *Said) Stands() bool { return !s.Early && !s.Deleted && !s.Hidden }

// reactors are the people who reacted.
func (s *Said) reactors() map[bot.UserID]bool {
	if len(s.Reacted) == 0 {
		return nil
	}
	people := map[bot.UserID]bool{}
	for _, who := range s.Reacted {
		for _, u := range who {
			people[u] = true
		}
	}
	return people
}

// react notes or takes back a reaction and tells whether that changed anything.
func (s *Said) react(emoji string, u bot.UserID, on bool) bool {
	who := s.Reacted[emoji]
	if slices.Contains(who, u) == on {
		return false
	}
	if on {
		if s.Reacted == nil {
			s.Reacted = map[string][]bot.UserID{}
		}
		s.Reacted[emoji] = append(who, u)
		return true
	}
	if who = slices.DeleteFunc(who, func(x bot.UserID) bool { return x == u }); len(who) > 0 {
		s.Reacted[emoji] = who
	} else {
		delete(s.Reacted, emoji)
	}
	return true
}

// part is what one person does in one hour.
type part struct {
	Hour         string      `json:"hour"`
	Who          bot.UserID  `json:"who"`
	Visitor      string      `json:"visitor,omitempty"`
	Organisation string      `json:"organisation,omitempty"` // of a visitor
	Admitted     bool        `json:"admitted,omitempty"`     // a host showed something of this visitor's, and hid nothing since
	Said         map[int]int `json:"said,omitempty"`         // messages that stand, by question
	Asked        bool        `json:"asked,omitempty"`        // whether they may be shown: once
	Muted        bool        `json:"muted,omitempty"`        // everywhere, by a host or by the organisers of their own platform, for this hour
	MutedIn      []string    `json:"muted_in,omitempty"`
}

func partKey(hour string, u bot.UserID) string { return "part/" + hour + "/" + string(u) }

func (p *part) Key() string         { return partKey(p.Hour, p.Who) }
func (p *part) Kind() (string, int) { return "part", 1 }
func (p *part) Index() []string {
	idx := []string{"parts:" + p.Hour, "spoke:" + string(p.Who)}
	if p.Who.Platform() == bot.Web {
		idx = append(idx, visitorsIndex)
	}
	return idx
}

// messages are those of this person that stand in the hour.
func (p *part) messages() int {
	if p.Muted {
		return 0
	}
	n := 0
	for _, k := range p.Said {
		n += k
	}
	return n
}

// count adds n to what the person said under a question.
func (p *part) count(question, n int) {
	if p.Said == nil {
		p.Said = map[int]int{}
	}
	if p.Said[question] += n; p.Said[question] <= 0 {
		delete(p.Said, question)
	}
}

// tally counts an hour while it runs, and afterwards.
type tally struct {
	Hour     string `json:"hour"`
	Messages int    `json:"messages"` // that stand, shown or not
	People   int    `json:"people"`   // who said them
	Places   int    `json:"places"`   // given to messages so far: Said.Place
	Entries  int    `json:"entries"`  // at least so many are in the hour's log
}

func tallyKey(hour string) string { return "tally/" + hour }

func (t *tally) Key() string         { return tallyKey(t.Hour) }
func (t *tally) Kind() (string, int) { return "tally", 1 }

// Index lets the run sheet read it without checking it at the commit: it
// changes with every message, and the sheet only shows it.
func (t *tally) Index() []string { return []string{"tally:" + t.Hour} }

// change makes a change to p and keeps the tally right.
func (t *tally) change(p *part, do func()) {
	before := p.messages()
	do()
	after := p.messages()
	t.Messages += after - before
	switch {
	case before == 0 && after > 0:
		t.People++
	case before > 0 && after == 0:
		t.People--
	}
}

// Report is what somebody told hosts and organisers in private about an hour.
type Report struct {
	ID   string        `json:"id"`
	Hour string        `json:"hour"`
	By   bot.UserID    `json:"by"`
	To   []bot.UserID  `json:"to,omitempty"`   // who was told
	Said bot.MessageID `json:"said,omitempty"` // what it is about, if it is about a message
	Text string        `json:"text,omitempty"`
	At   time.Time     `json:"at"`
	Done bool          `json:"done,omitempty"` // the message was hidden, or a host has looked
}

func reportKey(id string) string { return "report/" + id }

func (r *Report) Key() string         { return reportKey(r.ID) }
func (r *Report) Kind() (string, int) { return "report", 1 }
func (r *Report) Index() []string {
	idx := []string{"reports:" + r.Hour, "reported:" + string(r.By)}
	for _, u := range append(bot.Mentioned(r.Text), r.To...) {
		idx = append(idx, "told:"+string(u))
	}
	if r.Said != "" {
		idx = append(idx, "reports:"+r.Hour+":"+string(r.Said))
	}
	return idx
}
