package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Contribution is something that somebody did for the others, so that they are
// thanked for it and can point at it. It is recorded as it happens, once for each
// thing. There are no points and there is no ranking: nothing counts them.
type Contribution struct {
	Who   UserID           `json:"who"`
	What  ContributionKind `json:"what"`
	About string           `json:"about"` // what it was done for, by its key: "hour/7k2f"
	At    time.Time        `json:"at"`
	Credit
	Title string `json:"title,omitempty"` // of what it was done for, for anyone to read: plain words, the community's own or the person's
	Path  string `json:"path,omitempty"`  // of its public page, or ""

	By    UserID `json:"by,omitempty"`    // Helping, when others say so: who thanks
	Words string `json:"words,omitempty"` // and what for, in their words
}

// ContributionKind is what somebody did.
type ContributionKind string

const (
	Hosting    ContributionKind = "hosting"
	Answering  ContributionKind = "answering"
	Asking     ContributionKind = "asking"
	Sharing    ContributionKind = "sharing"
	Pitching   ContributionKind = "pitching"
	Helping    ContributionKind = "helping"
	Organising ContributionKind = "organising"
)

func contributionKey(who UserID, what ContributionKind, about string) string {
	return "contribution/" + string(who) + "/" + string(what) + "/" + about
}

func (c *Contribution) Key() string         { return contributionKey(c.Who, c.What, c.About) }
func (c *Contribution) Kind() (string, int) { return "contribution", 1 }

// Index finds contributions by person and by month; a month is how an edition
// finds its own without reading those of years.
func (c *Contribution) Index() []string {
	idx := []string{"contributions", contributionsOf(c.Who), contributionsIn(c.At), contributionsTo(c.About)}
	for _, u := range c.names() {
		idx = append(idx, "contributions:about:"+string(u))
	}
	return idx
}

func contributionsOf(u UserID) string     { return "contributions:of:" + string(u) }
func contributionsTo(about string) string { return "contributions:to:" + about }
func contributionsIn(at time.Time) string { return "contributions:in:" + at.UTC().Format("2006-01") }

// names are those whom it names besides the one who is credited.
func (c *Contribution) names() []UserID {
	var all []UserID
	if c.By != "" {
		all = append(all, c.By)
	}
	ReplaceTokens(c.Words, func(t Token) string {
		if t.Kind == "user" && UserID(t.ID) != c.By {
			all = append(all, UserID(t.ID))
		}
		return ""
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// Credit is how somebody wants to be named for one thing that they did.
type Credit struct {
	As    Shown `json:"credit,omitempty"` // Unasked: as they are shown in general
	Chose Shown `json:"chose,omitempty"`  // their general choice when they said so
}

// openness orders the choices by how much they show.
var openness = map[Shown]int{Unasked: 0, NotAtAll: 0, ByRole: 1, ByName: 2}

// Name is how p, as they are now, may be named for it where anyone can read, and
// whether at all. What they said for this one thing holds; a general choice that
// they made after it can only show less, never more.
func (c Credit) Name(p Person) (name string, shown bool) {
	if c.As == Unasked || p.Shown != c.Chose && openness[p.Shown] < openness[c.As] {
		return p.Public()
	}
	p.Shown = c.As
	return p.Public()
}

// Credit records a contribution; the same one again changes what is recorded of
// it. At is set when it has none.
func (tx *Tx) Credit(c Contribution) {
	if c.Who == "" || c.Who.Rest() == "" {
		return
	}
	if c.At.IsZero() {
		c.At = tx.Now()
	}
	tx.Put(&c)
}

// Uncredit takes a contribution back, if it was recorded.
func (tx *Tx) Uncredit(who UserID, what ContributionKind, about string) {
	tx.Delete(contributionKey(who, what, about))
}

// Retitle changes what contributions to something are called, and where it is to be
// read: when it has another name, or is not public any more.
func (tx *Tx) Retitle(ctx context.Context, about, title, path string) error {
	found, err := Find[Contribution](ctx, tx, contributionsTo(about))
	if err != nil {
		return err
	}
	for _, f := range found {
		c := f
		if there, err := tx.Get(ctx, f.Key(), &c); err != nil {
			return err
		} else if there {
			c.Title, c.Path = title, path
			tx.Put(&c)
		}
	}
	return nil
}

// Contributions are those from one moment until just before another, earliest first.
func Contributions(ctx context.Context, r Reader, from, to time.Time) ([]Contribution, error) {
	var all []Contribution
	for month := time.Date(from.UTC().Year(), from.UTC().Month(), 1, 0, 0, 0, 0, time.UTC); month.Before(to); month = month.AddDate(0, 1, 0) {
		found, err := Find[Contribution](ctx, r, contributionsIn(month))
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if !c.At.Before(from) && c.At.Before(to) {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Contribution) int { return a.At.Compare(b.At) })
	return all, nil
}

// ContributionsOf are all of one person, earliest first; with "" of everybody.
func ContributionsOf(ctx context.Context, r Reader, who UserID) ([]Contribution, error) {
	index := "contributions"
	if who != "" {
		index = contributionsOf(who)
	}
	all, err := Find[Contribution](ctx, r, index)
	slices.SortStableFunc(all, func(a, b Contribution) int { return a.At.Compare(b.At) })
	return all, err
}

// EraseContributions forgets what somebody did, and their thanks to others, at
// most EraseAtOnce of them. It tells how many that were. The feature that shows
// contributions calls it when it forgets a person, and shows them again.
func (tx *Tx) EraseContributions(ctx context.Context, who UserID) (int, error) {
	own, err := tx.Records(ctx, contributionsOf(who), "", EraseAtOnce)
	if err != nil {
		return 0, err
	}
	for _, rec := range own {
		tx.Delete(rec.Key)
	}
	named, err := tx.Records(ctx, "contributions:about:"+string(who), "", EraseAtOnce)
	if err != nil {
		return 0, err
	}
	for _, rec := range named {
		var c Contribution
		if there, err := tx.Get(ctx, rec.Key, &c); err != nil {
			return 0, err
		} else if !there {
			continue
		}
		if c.By == who { // their words go with them, and what they thanked for stays
			c.By, c.Words = "", ""
		}
		c.Words = WithoutMention(c.Words, who)
		tx.Put(&c)
	}
	return len(own) + len(named), nil
}

// String is for reading: "hosting hour/7k2f".
func (c Contribution) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", c.What, c.About))
}
