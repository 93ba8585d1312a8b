package newsletter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// Page is an edition as anyone may read it. It is the one value from which every
// output is made: nobody who has not agreed is in it, and all its words are plain
// text that is safe to print once it is escaped for where it goes.
type Page struct {
	Number      int
	Community   string
	Hashtag     string // in CamelCase, without the sign
	Site        string // address of the public pages, without a slash at its end; "": there are none
	Zone        *time.Location
	Out         time.Time // zero: a draft
	Comes       time.Time // of a draft: when it is to come out, or zero
	Intro       string
	Sections    []Section
	Agenda      []Upcoming
	Held        []bot.DigestItem
	New         []string // who contributed for the first time, as they agreed to be named
	Thanks      []string // who contributed since the last edition, likewise
	Unnamed     int      // contributors who prefer not to be shown, or have not chosen
	Licence     string
	Corrections []PageCorrection
	Changed     time.Time // when it came out, or was last corrected
}

// Section is the items under one heading.
type Section struct {
	Name  string
	Items []PageItem
}

// PageItem is one thing that somebody shared.
type PageItem struct {
	ID        string
	Title     string
	Words     string // lines are the member's own
	Link      string // an http or https address, or ""
	Licence   string // a note on this one, or ""
	Credit    string // who shared it, as agreed; "" is without a name
	Corrected bool
}

// PageCorrection says what was wrong.
type PageCorrection struct {
	At   time.Time
	Note string
}

// Title is what the edition is called: "Data People, edition 12".
func (p Page) Title() string { return fmt.Sprintf("%s, edition %d", p.Community, p.Number) }

// Path is the address of its page below the public one.
func (p Page) Path() string { return editionPath(p.Number) }

// URL is the address of its page, or "" when there are no public pages.
func (p Page) URL() string { return p.address(p.Path()) }

func (p Page) address(path string) string {
	if p.Site == "" || path == "" {
		return ""
	}
	return p.Site + path
}

// Count is how many items are in it.
func (p Page) Count() int {
	n := 0
	for _, s := range p.Sections {
		n += len(s.Items)
	}
	return n
}

// Empty tells that nobody has anything to tell: what is coming up and who is
// thanked make no edition by themselves.
func (p Page) Empty() bool { return p.Count() == 0 && len(p.Held) == 0 && p.Intro == "" }

// source is all that an edition is made from: a Tx, or a Bot for its pages.
type source interface {
	bot.Reader
	Agenda(ctx context.Context, from, to time.Time) ([]bot.AgendaItem, error)
	Digest(ctx context.Context, from, to time.Time) ([]bot.DigestItem, error)
	Community(ctx context.Context) (bot.Community, error)
	URL(path string) string
}

const (
	agendaAhead = 28 * 24 * time.Hour // what is coming up within this
	mostAgenda  = 15
	mostHeld    = 10
	mostNames   = 60
)

// compose makes the page of an edition, as everything is now. items are those in
// it, in their order.
func compose(ctx context.Context, src source, e *Edition, items []Item) (Page, error) {
	community, err := src.Community(ctx)
	if err != nil {
		return Page{}, err
	}
	crowd := newCrowd(src)
	p := Page{Number: e.Number, Community: community.Name, Hashtag: community.Hashtag, Zone: community.Location(), Out: e.Out, Comes: e.Comes, Licence: community.Policy.Licence, Changed: e.Out}
	if site := src.URL(""); strings.HasPrefix(site, "http") {
		p.Site = site
	}
	if p.Intro, err = crowd.words(ctx, e.Intro); err != nil {
		return Page{}, err
	}
	corrected := map[string]bool{}
	for _, c := range e.Corrections {
		note, err := crowd.words(ctx, c.Note)
		if err != nil {
			return Page{}, err
		}
		corrected[c.Item] = true
		p.Corrections = append(p.Corrections, PageCorrection{At: c.At, Note: note})
		p.Changed = c.At
	}
	for n := range items {
		if err := p.add(ctx, crowd, &items[n], corrected[items[n].ID]); err != nil {
			return Page{}, err
		}
	}
	if e.has(partAgenda) {
		if p.Agenda, err = upcoming(ctx, src, e); err != nil {
			return Page{}, err
		}
	}
	until := e.Out
	if !e.Published() {
		until = src.Now()
	}
	if e.has(partHeld) {
		held, err := src.Digest(ctx, e.Since, until)
		if err != nil {
			return Page{}, err
		}
		for _, h := range held[max(0, len(held)-mostHeld):] {
			h.Title, h.Words = line(h.Title), paragraphs(h.Words)
			for n := range h.Lines {
				h.Lines[n] = line(h.Lines[n])
			}
			p.Held = append(p.Held, h)
		}
	}
	return p, p.thank(ctx, crowd, e, until)
}

// add puts an item into its section.
func (p *Page) add(ctx context.Context, crowd *crowd, i *Item, corrected bool) error {
	by, err := crowd.person(ctx, i.By)
	if err != nil {
		return err
	}
	item := PageItem{ID: i.ID, Title: i.Title, Link: i.Link, Licence: i.Licence, Credit: line(i.credited(by)), Corrected: corrected}
	if item.Words, err = crowd.words(ctx, i.Words); err != nil {
		return err
	}
	last := len(p.Sections) - 1
	if last < 0 || p.Sections[last].Name != i.Section {
		p.Sections = append(p.Sections, Section{Name: i.Section})
		last++
	}
	p.Sections[last].Items = append(p.Sections[last].Items, item)
	return nil
}

// upcoming is what is coming up, from all features; of a published edition it is
// what was. What has no public page is nobody's business outside its room.
func upcoming(ctx context.Context, src source, e *Edition) ([]Upcoming, error) {
	if e.Published() {
		return e.Agenda, nil
	}
	from := src.Now()
	if e.Comes.After(from) {
		from = e.Comes
	}
	items, err := src.Agenda(ctx, from, from.Add(agendaAhead))
	if err != nil {
		return nil, err
	}
	var all []Upcoming
	for _, item := range items {
		if item.URL == "" || len(all) == mostAgenda {
			continue
		}
		all = append(all, Upcoming{Kind: item.Kind, Title: line(item.Title), Start: item.Start, Path: item.URL})
	}
	return all, nil
}

// thank gathers who contributed from the last edition on, and who of them did so
// for the first time. Somebody who is named for one thing is named.
func (p *Page) thank(ctx context.Context, crowd *crowd, e *Edition, until time.Time) error {
	if !e.has(partThanks) && !e.has(partNew) {
		return nil
	}
	// What was done at the moment of publishing, as publishing itself, belongs to it.
	done, err := bot.Contributions(ctx, crowd.r, e.Since.Add(1), until.Add(1))
	if err != nil {
		return err
	}
	names := map[bot.UserID]string{}
	var people []bot.UserID
	for _, c := range done {
		by, err := crowd.person(ctx, c.Who)
		if err != nil {
			return err
		}
		if !slices.Contains(people, c.Who) {
			people = append(people, c.Who)
		}
		if name, shown := publicName(c.Credit, by); shown && names[c.Who] == "" {
			names[c.Who] = line(name)
		}
	}
	for _, u := range people {
		name := names[u]
		if name == "" {
			p.Unnamed++
			continue
		}
		if !slices.Contains(p.Thanks, name) {
			p.Thanks = append(p.Thanks, name)
		}
		if !e.has(partNew) {
			continue
		}
		ever, err := bot.ContributionsOf(ctx, crowd.r, u)
		if err != nil {
			return err
		}
		if len(ever) > 0 && ever[0].At.After(e.Since) && !slices.Contains(p.New, name) {
			p.New = append(p.New, name)
		}
	}
	slices.SortFunc(p.Thanks, byFold)
	slices.SortFunc(p.New, byFold)
	if !e.has(partThanks) {
		p.Thanks, p.Unnamed = nil, 0
	}
	return nil
}

func byFold(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// thanks is the sentence of thanks, with names put through plain; "" for nobody.
func (p Page) thanks(plain func(string) string) string {
	names := shortened(p.Thanks, plain)
	switch {
	case p.Unnamed == 1:
		names = append(names, "1 person who prefers not to be shown")
	case p.Unnamed > 1:
		names = append(names, fmt.Sprintf("%d people who prefer not to be shown", p.Unnamed))
	}
	if len(names) == 0 {
		return ""
	}
	return "Thank you to " + people(names) + "."
}

// welcome is the sentence about those who contributed for the first time.
func (p Page) welcome(plain func(string) string) string {
	if len(p.New) == 0 {
		return ""
	}
	return "For the first time: " + people(shortened(p.New, plain)) + "."
}

// shortened is as many names as can be read, and how many more there are.
func shortened(names []string, plain func(string) string) []string {
	var all []string
	for n, name := range names {
		if n == mostNames {
			return append(all, fmt.Sprintf("%d more", len(names)-n))
		}
		all = append(all, plain(name))
	}
	return all
}

// people joins names, with semicolons where one is a role and an organisation.
func people(names []string) string {
	if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, ",") }) || len(names) == 1 {
		return bot.Listed(names)
	}
	last := len(names) - 1
	return strings.Join(names[:last], "; ") + "; and " + names[last]
}
