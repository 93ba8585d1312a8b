package newsletter

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"datahour/bot"
)

// State is where an item is between being shared and being read.
type State string

const (
	Waiting   State = "waiting"   // no editor has decided yet
	Accepted  State = "accepted"  // it will be in the coming edition
	Later     State = "later"     // an editor looks again for a later edition
	Declined  State = "declined"  // it will be in none; the member knows why
	Published State = "published" // it is in an edition
)

// Item is one thing shared for the newsletter. Product words call it a submission
// while it waits; it is the same record when it is read.
type Item struct {
	ID      string     `json:"id"`
	By      bot.UserID `json:"by"`                // who shared it; "" when they are forgotten
	Visitor string     `json:"visitor,omitempty"` // of a visitor: the name, with the organisation, as they gave it
	Wording
	bot.Credit           // how the member wants to be credited: NotAtAll is without a name
	Section    string    `json:"section"`
	At         time.Time `json:"at"`

	State   State      `json:"state"`
	Wait    int        `json:"wait,omitempty"`    // Later: until this edition is out
	Changed bool       `json:"changed,omitempty"` // by the member, after an editor had accepted it
	Reason  string     `json:"reason,omitempty"`  // Declined: why, in an editor's kind words
	Own     *Wording   `json:"own,omitempty"`     // the member's own, when an editor changed it
	Editor  bot.UserID `json:"editor,omitempty"`  // who decided or changed it last
	Pinned  bool       `json:"pinned,omitempty"`  // stands before the others of its section
	Place   int        `json:"place,omitempty"`   // among the accepted ones of its section; 0: behind those that were placed
	Taken   time.Time  `json:"taken,omitzero"`    // when it was accepted
	Edition int        `json:"edition,omitempty"` // Published: in which
	Told    string     `json:"told,omitempty"`    // the direct message about it that stands; see tell
}

// Wording is what a member can say of an item, and an editor can change.
type Wording struct {
	Title   string `json:"title"`
	Words   string `json:"words,omitempty"` // a few sentences, as typed
	Link    string `json:"link,omitempty"`
	Licence string `json:"licence,omitempty"` // a note: "photo CC BY 4.0, A. Marsh"; "" is as the whole newsletter
}

const (
	titleMax   = 120
	wordsMax   = 1500
	linkMax    = 1000
	licenceMax = 100
	reasonMax  = 600

	mostWaiting = 20 // of one person; more would bury everybody else's
)

func itemKey(id string) string { return "item/" + id }

func (i *Item) Key() string         { return itemKey(i.ID) }
func (i *Item) Kind() (string, int) { return "item", 1 }

// Index finds items by state, by member, by edition, by link and by whom they name.
func (i *Item) Index() []string {
	idx := []string{"items:" + string(i.State)}
	if i.By != "" {
		idx = append(idx, itemsBy(i.By))
	}
	if i.Edition > 0 {
		idx = append(idx, itemsIn(i.Edition))
	}
	if key := linkKey(i.Link); key != "" {
		idx = append(idx, "items:link:"+key)
	}
	if i.By.Platform() == bot.Web {
		idx = append(idx, visitorsIndex)
	}
	for _, u := range i.about() {
		idx = append(idx, "items:about:"+string(u))
	}
	return idx
}

func itemsBy(u bot.UserID) string { return "items:by:" + string(u) }
func itemsIn(edition int) string  { return fmt.Sprintf("items:edition:%d", edition) }

// about are those whom the record names besides the one who shared it.
func (i *Item) about() []bot.UserID {
	var all []bot.UserID
	if i.Editor != "" {
		all = append(all, i.Editor)
	}
	for _, words := range i.texts() {
		bot.ReplaceTokens(*words, func(t bot.Token) string {
			if t.Kind == "user" {
				all = append(all, bot.UserID(t.ID))
			}
			return ""
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// texts are the words in the record in which people may be mentioned. What is
// kept on one line mentions nobody; see line.
func (i *Item) texts() []*string {
	all := []*string{&i.Words, &i.Reason}
	if i.Own != nil {
		all = append(all, &i.Own.Words)
	}
	return all
}

// Waits tells whether an editor is to decide about the item, for the edition that
// is coming.
func (i *Item) Waits(coming int) bool {
	return i.State == Waiting || i.State == Later && i.Wait < coming
}

// Open tells whether the member can still change it or take it back.
func (i *Item) Open() bool { return i.State != Published }

// accept takes the item into the coming edition.
func (i *Item) accept(editor bot.UserID, now time.Time) {
	if i.State != Accepted {
		i.Place, i.Taken = 0, now
	}
	i.State, i.Editor, i.Changed, i.Reason = Accepted, editor, false, ""
}

// putOff leaves the item until the coming edition is out.
func (i *Item) putOff(editor bot.UserID, coming int) {
	i.State, i.Editor, i.Wait, i.Pinned, i.Reason = Later, editor, coming, false, ""
}

func (i *Item) decline(editor bot.UserID, reason string) {
	i.State, i.Editor, i.Reason, i.Pinned = Declined, editor, reason, false
}

// reword is the member saying it anew: what an editor had agreed to is not what
// stands now, so one looks again. It tells whether anything changed.
func (i *Item) reword(w Wording, section string) bool {
	if i.Wording == w && i.Section == section {
		return false
	}
	if i.Wording != w {
		i.Own = nil
		i.Changed = i.Changed || i.State == Accepted
		i.State, i.Reason = Waiting, ""
	}
	i.Wording, i.Section = w, section
	return true
}

// edit is an editor changing the words. The member's own are kept, once.
func (i *Item) edit(w Wording, section string, editor bot.UserID) bool {
	if i.Wording == w && i.Section == section {
		return false
	}
	if i.Own == nil && i.Wording != w {
		own := i.Wording
		i.Own = &own
	}
	if i.Own != nil && *i.Own == w { // as the member had it
		i.Own = nil
	}
	i.Wording, i.Section, i.Editor = w, section, editor
	return true
}

// inOrder compares two items of one section by how they stand in an edition.
func inOrder(a, b Item) int {
	first := func(i Item) int {
		if i.Pinned {
			return 0
		}
		return 1
	}
	place := func(i Item) int {
		if i.Place == 0 {
			return 1 << 30
		}
		return i.Place
	}
	return cmp.Or(first(a)-first(b), place(a)-place(b), a.Taken.Compare(b.Taken), cmp.Compare(a.ID, b.ID))
}

// inTurn compares two items that wait by when they were shared.
func inTurn(a, b Item) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }
