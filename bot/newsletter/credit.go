package newsletter

import (
	"context"

	"datahour/bot"
)

// creditOptions are the ways of being credited. Who shares something says so for
// that thing, since it is meant to be read by anyone; see Item.credited.
var creditOptions = []bot.Option{
	{Label: "By my name", Value: "name"},
	{Label: "By my role and organisation", Value: "role"},
	{Label: "Without my name", Value: "anonymous"},
}

// creditOf is how p wants to be credited, as they said now.
func creditOf(p bot.Person, value string) bot.Credit {
	as := bot.Shown(value)
	if value == "anonymous" {
		as = bot.NotAtAll
	}
	return bot.Credit{As: as, Chose: p.Shown}
}

func creditValue(c bot.Credit) string {
	if c.As == bot.ByName || c.As == bot.ByRole {
		return string(c.As)
	}
	return "anonymous"
}

// usualCredit is how somebody is credited who did not say it for this item: as
// they chose in general, and without a name when they have not.
func usualCredit(p bot.Person) bot.Credit {
	if p.Shown == bot.ByName || p.Shown == bot.ByRole {
		return bot.Credit{As: p.Shown, Chose: p.Shown}
	}
	return bot.Credit{As: bot.NotAtAll, Chose: p.Shown}
}

// credited is how whoever shared the item is named where anyone can read; "" is
// without a name.
func (i *Item) credited(p bot.Person) string {
	if i.Visitor != "" && i.Credit.As == bot.ByName && p.Shown != bot.NotAtAll { // the bot knows them by nothing else
		return i.Visitor
	}
	name, _ := publicName(i.Credit, p)
	return name
}

// publicName is how p may be named for something, and whether by anything that
// tells them from others: "a member" is what a role is called that nobody told.
func publicName(c bot.Credit, p bot.Person) (name string, shown bool) {
	if p.Name == "" && p.Role == "" && p.Organisation == "" { // an id is nobody's name
		return "", false
	}
	if name, shown = c.Name(p); !shown || name == "a member" {
		return "", false
	}
	return name, true
}

// creditWords end "Saved …, as": how the member will be named.
func (i *Item) creditWords(p bot.Person) string {
	if name := i.credited(p); name != "" {
		return "as " + bot.Plain(name)
	}
	return "without your name"
}

// crowd reads each person once, for one reading of many items.
type crowd struct {
	r      bot.Reader
	people map[bot.UserID]bot.Person
}

func newCrowd(r bot.Reader) *crowd { return &crowd{r: r, people: map[bot.UserID]bot.Person{}} }

func (c *crowd) person(ctx context.Context, u bot.UserID) (bot.Person, error) {
	if p, ok := c.people[u]; ok {
		return p, nil
	}
	p, err := bot.PersonOf(ctx, c.r, u)
	if err == nil {
		c.people[u] = p
	}
	return p, err
}

// words are a person's words in plain text, for anyone to read: who is mentioned
// in them is named only as they agreed in general.
func (c *crowd) words(ctx context.Context, text string) (string, error) {
	var failed error
	text = bot.ReplaceTokens(text, func(t bot.Token) string {
		switch t.Kind {
		case "user":
			p, err := c.person(ctx, bot.UserID(t.ID))
			if err != nil {
				failed = err
			}
			if name, shown := p.Public(); shown {
				return name
			}
			return "somebody"
		case "room":
			room, err := bot.RoomOf(ctx, c.r, bot.RoomID(t.ID))
			if err != nil {
				failed = err
			}
			if room.Private || room.Name == room.Room.Rest() { // not known: its id is the platform's own affair
				return "a room"
			}
			return room.Name
		}
		return t.Time().UTC().Format("2 January 2006")
	})
	return bot.Visible(text), failed
}
