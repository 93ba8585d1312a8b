package hours

import (
	"context"
	"slices"
	"time"

	"datahour/bot"
)

// Visiting is what one visitor wrote in an hour: for the page behind their
// private link, and nobody else.
type Visiting struct {
	Name, Organisation string // as they gave them
	Open               bool   // more can be said, and words can be changed
	Held               bool   // a host looks at the next message first
	Messages           []Visited
}

// Visited is one message of a visitor's.
type Visited struct {
	ID      string
	At      time.Time
	Text    string
	Waiting bool   // for a host
	Hidden  bool   // by a host
	Change  string // the words that are to stand instead, when a host has looked; "": none
}

// Signed is how the visitor is called where their words stand.
func (v Visiting) Signed() string { return signed(v.Name, v.Organisation) }

// VisitingOf reads what a visitor wrote in an hour, in the order of writing. It
// tells false when nothing of theirs is there, or the hour has no page any more.
func VisitingOf(ctx context.Context, r bot.Reader, hour string, who bot.UserID) (Visiting, bool, error) {
	h, err := publicHour(ctx, r, hour)
	if err != nil || h == nil {
		return Visiting{}, false, err
	}
	p := part{Hour: hour, Who: who}
	if _, err := r.Get(ctx, p.Key(), &p); err != nil {
		return Visiting{}, false, err
	}
	mine := Visiting{Open: h.State == Open, Held: !h.LetThrough || !p.Admitted}
	said, err := bot.Find[Said](ctx, r, "said:"+hour+":"+string(who))
	if err != nil {
		return mine, false, err
	}
	at := map[bot.MessageID]int{}
	for _, s := range said {
		if s.Deleted {
			continue
		}
		at[s.ID] = len(mine.Messages)
		mine.Name, mine.Organisation = s.Visitor, s.Organisation
		mine.Messages = append(mine.Messages, Visited{ID: s.Line, At: s.At, Text: s.Text, Hidden: s.Hidden || p.Muted})
	}
	visits, err := bot.Find[Visit](ctx, r, visitsOf(hour, who))
	if err != nil {
		return mine, false, err
	}
	for _, v := range visits {
		mine.Name, mine.Organisation = v.Name, v.Organisation
		if i, changes := at[v.Of]; changes {
			mine.Messages[i].Change = v.Text
		} else {
			mine.Messages = append(mine.Messages, Visited{ID: v.ID, At: v.At, Text: v.Text, Waiting: true})
		}
	}
	slices.SortFunc(mine.Messages, func(a, b Visited) int { return a.At.Compare(b.At) })
	return mine, len(mine.Messages) > 0, nil
}
