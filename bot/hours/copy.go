package hours

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// Copy gives a person what is held about them in data hours: what they said,
// reacted to, put forward, reported, drafted, hosted and want to be reminded of.
func (f *Feature) Copy(ctx context.Context, r bot.Reader, who bot.UserID) ([]bot.Copied, error) {
	c := copier{r: r, who: who, hours: map[string]*Hour{}}
	for _, part := range [...]func(context.Context) error{c.said, c.reactions, c.planned, c.reports, c.drafts, c.visits, c.reminders, c.parts} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	return c.all, nil
}

type copier struct {
	r     bot.Reader
	who   bot.UserID
	hours map[string]*Hour
	all   []bot.Copied
}

func (c *copier) add(what string, at time.Time, where, words string, held any) {
	c.all = append(c.all, bot.Copied{What: what, At: at, Where: where, Words: words, Held: held})
}

// hour reads an hour once; one that is gone has its id alone.
func (c *copier) hour(ctx context.Context, id string) (*Hour, error) {
	if h := c.hours[id]; h != nil {
		return h, nil
	}
	h := &Hour{ID: id}
	_, err := c.r.Get(ctx, h.Key(), h)
	c.hours[id] = h
	return h, err
}

func (h *Hour) inWords() string { return h.Name() + " (" + h.ID + ")" }

func (c *copier) said(ctx context.Context) error {
	said, err := bot.Find[Said](ctx, c.r, "words:"+string(c.who))
	if err != nil {
		return err
	}
	slices.SortFunc(said, func(a, b Said) int { return inOrder(&a, &b) })
	for _, s := range said {
		if s.Deleted {
			continue // that it was there; the words are gone
		}
		h, err := c.hour(ctx, s.Hour)
		if err != nil {
			return err
		}
		words, err := newCrowd(c.r, h).words(ctx, s.Text)
		if err != nil {
			return err
		}
		s.Reacted = nil // others' doing
		c.add("What you said", s.At, h.inWords(), words, s)
	}
	return nil
}

func (c *copier) reactions(ctx context.Context) error {
	said, err := bot.Find[Said](ctx, c.r, "reacted:"+string(c.who))
	if err != nil {
		return err
	}
	for _, s := range said {
		h, err := c.hour(ctx, s.Hour)
		if err != nil {
			return err
		}
		for _, emoji := range slices.Sorted(maps.Keys(s.Reacted)) {
			if slices.Contains(s.Reacted[emoji], c.who) {
				c.add("What you reacted to", s.At, h.inWords(), emoji+" on message "+s.Line, map[string]string{"hour": s.Hour, "line": s.Line, "reaction": emoji})
			}
		}
	}
	return nil
}

// planned are the hours whose record names the person, and why.
func (c *copier) planned(ctx context.Context) error {
	hours, err := bot.Find[Hour](ctx, c.r, "about:"+string(c.who))
	if err != nil {
		return err
	}
	for _, h := range hours {
		for _, role := range [...]struct {
			is   bool
			what string
		}{{h.By == c.who, "You scheduled it"}, {h.IsHost(c.who), "You host it"}, {slices.Contains(h.Sheets, c.who), "You get its run sheet"}, {h.ClosedBy == c.who, "You closed it"}} {
			if role.is {
				c.add("Data hours that you planned or hosted", h.Start, h.inWords(), role.what, map[string]string{"hour": h.ID, "title": h.Title})
			}
		}
		if h.SummaryBy == c.who {
			c.add("Summaries that you wrote", h.Ended, h.inWords(), h.Summary, map[string]string{"hour": h.ID, "summary": h.Summary})
		}
		for _, q := range h.Questions {
			if q.theirs(c.who) {
				c.add("Questions that you put forward", h.Start, h.inWords(), q.Text, map[string]string{"hour": h.ID, "question": q.ID, "text": q.Text})
			}
		}
	}
	return nil
}

func (c *copier) reports(ctx context.Context) error {
	reports, err := bot.Find[Report](ctx, c.r, "reported:"+string(c.who))
	if err != nil {
		return err
	}
	for _, r := range reports {
		h, err := c.hour(ctx, r.Hour)
		if err != nil {
			return err
		}
		r.To = nil // others' doing
		c.add("What you reported", r.At, h.inWords(), r.Text, r)
	}
	return nil
}

func (c *copier) drafts(ctx context.Context) error {
	drafts, err := bot.Find[Draft](ctx, c.r, "drafts:"+string(c.who))
	for _, d := range drafts {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(d.Args)) {
			lines = append(lines, name+": "+strings.Join(d.Args[name], " / "))
		}
		c.add("Drafts of yours", time.Time{}, "", strings.Join(lines, "\n"), d)
	}
	return err
}

func (c *copier) visits(ctx context.Context) error {
	visits, err := bot.Find[Visit](ctx, c.r, "visiting:"+string(c.who))
	for _, v := range visits {
		c.add("What waits for a host", v.At, v.Hour, v.Name+": "+v.Text, v)
	}
	return err
}

func (c *copier) reminders(ctx context.Context) error {
	reminders, err := bot.Find[reminding](ctx, c.r, "reminded:"+string(c.who))
	for _, want := range reminders {
		c.add("Reminders that you asked for", time.Time{}, want.Hour, "Ten minutes before data hour "+want.Hour, map[string]string{"hour": want.Hour})
	}
	return err
}

// parts tell how the person is counted in hours, and what hosts decided there.
func (c *copier) parts(ctx context.Context) error {
	parts, err := bot.Find[part](ctx, c.r, "spoke:"+string(c.who))
	if err != nil {
		return err
	}
	for _, p := range parts {
		h, err := c.hour(ctx, p.Hour)
		if err != nil {
			return err
		}
		n := 0
		for _, said := range p.Said {
			n += said
		}
		words := fmt.Sprintf("You took part with %s.", counted(n, "message", "messages"))
		if p.Muted || len(p.MutedIn) > 0 {
			words += " Hosts or organisers muted you."
		}
		c.add("Data hours in which you took part", h.Start, h.inWords(), words, p)
	}
	return nil
}
