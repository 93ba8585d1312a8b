package hours

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"datahour/bot"
	"datahour/bot/when"
)

// numbers are what can be told of an hour when nobody's words are left.
type numbers struct {
	People        int `json:"people"`        // everybody who spoke and was not muted
	Messages      int `json:"messages"`      // everything that they said and that still stands
	Organisations int `json:"organisations"` // different ones, of those who named theirs
	Links         int `json:"links"`         // different addresses, shared by people who are shown
}

// thanks are the numbers and names of a wrap-up.
type thanks struct {
	numbers
	Names   []string // of those who spoke, as they agreed to be shown
	Unnamed int      // those who spoke and prefer not to be shown, or have not chosen
}

// takers counts who took part and names those who agreed. Nobody else's words,
// name or id is in the result. It counts as it reads, so that an hour of any
// length takes little memory.
func (f *Feature) takers(ctx context.Context, r bot.Reader, h *Hour) (thanks, error) {
	if h.Numbers != nil {
		return thanks{numbers: *h.Numbers}, nil
	}
	c := newCrowd(r, h)
	if err := c.everybody(ctx); err != nil {
		return thanks{}, err
	}
	n := counting{crowd: c, spoke: map[bot.UserID]bool{}, named: map[string]bool{}, links: map[string]bool{}, organisations: map[string]bool{}}
	if err := eachSaid(ctx, r, h.ID, func(s *Said) error { return n.count(ctx, s) }); err != nil {
		return thanks{}, err
	}
	n.People, n.Organisations, n.Links = len(n.spoke), len(n.organisations), len(n.links)
	n.Names = slices.Sorted(maps.Keys(n.named))
	return n.thanks, nil
}

// counting is a count under way.
type counting struct {
	*crowd
	thanks
	spoke                       map[bot.UserID]bool
	named, links, organisations map[string]bool
}

func (n *counting) count(ctx context.Context, s *Said) error {
	if !s.Stands() {
		return nil
	}
	if p, err := n.part(ctx, s.Who); err != nil || p.Muted {
		return err
	}
	n.Messages++
	name, shown, err := n.shows(ctx, s)
	if err != nil {
		return err
	}
	if shown {
		for _, link := range bot.Links(s.Text) {
			if !n.links[link] {
				n.links[strings.Clone(link)] = true // alone, without the text around it
			}
		}
	}
	if n.spoke[s.Who] {
		return nil
	}
	n.spoke[s.Who] = true
	p, err := n.person(ctx, s.Who)
	if err != nil {
		return err
	}
	if organisation := cmp.Or(p.Organisation, s.Organisation); organisation != "" {
		n.organisations[strings.ToLower(organisation)] = true
	}
	if shown {
		n.named[name] = true
	} else {
		n.Unnamed++
	}
	return nil
}

// showWrapUp makes the wrap-up stand in every room. Whoever changes what people
// agreed to, or what stands of what they said, shows it again.
func (f *Feature) showWrapUp(ctx context.Context, tx *bot.Tx, h *Hour) error {
	t, err := f.takers(ctx, tx, h)
	if err != nil {
		return err
	}
	return f.showThanks(ctx, tx, h, t)
}

// showOutcome makes the wrap-up stand, and gives every host the after-hour card.
func (f *Feature) showOutcome(ctx context.Context, tx *bot.Tx, h *Hour) error {
	t, err := f.takers(ctx, tx, h)
	if err != nil {
		return err
	}
	if err := f.showThanks(ctx, tx, h, t); err != nil {
		return err
	}
	f.showCards(tx, h, t)
	return nil
}

func (f *Feature) showThanks(ctx context.Context, tx *bot.Tx, h *Hour, t thanks) error {
	for _, room := range h.Rooms {
		post, err := f.wrapUp(ctx, tx, h, t, room)
		if err != nil {
			return err
		}
		tx.Show(h.notice(room, "wrapup", post))
	}
	return nil
}

// mostNames is how many people a wrap-up names.
const mostNames = 40

func (f *Feature) wrapUp(ctx context.Context, tx *bot.Tx, h *Hour, t thanks, room bot.RoomID) (bot.Post, error) {
	lines := []string{"That was " + h.emphasised() + ": " + t.sentence(len(h.Asked())) + "."}
	if thank := t.words(); thank != "" {
		lines = append(lines, thank)
	}
	for _, q := range h.Asked() {
		lines = append(lines, fmt.Sprintf("Q%d %s", q.Number, bot.Plain(q.Text)))
	}
	if h.Summary != "" {
		lines = append(lines, bot.Quote(h.Summary))
	}
	if h.LateEnd != "" {
		lines = append(lines, "It was to close at "+h.clock(h.End())+". "+h.LateEnd+".")
	}
	last := ""
	if h.Numbers != nil {
		last = "The transcript was kept for " + counted(h.KeepDays, "day", "days") + ", and is deleted."
	} else if h.hasPage(tx) {
		last = "Read it again: <" + tx.URL(h.Path()) + ">."
	}
	if tx.Knows("share") && !h.Rehearsal {
		last += " Something for the newsletter? " + tx.Command("share") + "."
	}
	d, err := diaryOf(ctx, tx, room)
	if err != nil {
		return bot.Post{}, err
	}
	if next, ok := d.next(tx.Now()); ok && next.Hour != h.ID {
		last += " The next hour is on " + when.Format(next.Start, h.Location()) + "."
	}
	if last != "" {
		lines = append(lines, strings.TrimSpace(last))
	}
	return bot.Post{Text: paragraph(lines)}, nil
}

// sentence is the counts as a sentence has them, without those that are nothing.
func (t numbers) sentence(questions int) string {
	if t.Messages == 0 {
		return "nobody wrote this time"
	}
	people := counted(t.People, "person", "people")
	if t.Organisations > 1 {
		people += fmt.Sprintf(" from %d organisations", t.Organisations)
	}
	parts := []string{people, counted(t.Messages, "message", "messages")}
	if questions > 0 {
		parts = append(parts, counted(questions, "question", "questions"))
	}
	if t.Links > 0 {
		parts = append(parts, counted(t.Links, "link", "links"))
	}
	return strings.Join(parts, ", ")
}

func (t thanks) words() string {
	var names []string
	for _, name := range t.Names {
		names = append(names, bot.Plain(name))
	}
	if extra := len(names) - mostNames; extra > 0 {
		names = append(names[:mostNames:mostNames], fmt.Sprintf("%d more", extra))
	}
	unnamed := "1 person who prefers not to be shown"
	if t.Unnamed > 1 {
		unnamed = fmt.Sprintf("%d people who prefer not to be shown", t.Unnamed)
	}
	switch {
	case len(names) == 0 && t.Unnamed == 0:
		return ""
	case t.Unnamed == 0:
		return "Thank you to " + bot.Listed(names) + "."
	case len(names) == 0:
		return "Thank you to " + unnamed + "."
	}
	return "Thank you to " + strings.Join(names, ", ") + ", and " + unnamed + "."
}
