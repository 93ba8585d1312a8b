package hours

import (
	"context"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// crowd knows, for one reading of an hour, who may be shown and how. It reads
// each person and each room once, however often they spoke.
type crowd struct {
	r      bot.Reader
	hour   string
	zone   *time.Location
	people map[bot.UserID]bot.Person
	rooms  map[bot.RoomID]bot.Room
	homes  map[string]string // what platforms call themselves
	parts  map[bot.UserID]part
	all    bool // parts has everybody
}

func newCrowd(r bot.Reader, h *Hour) *crowd {
	return &crowd{r: r, hour: h.ID, zone: h.Location(),
		people: map[bot.UserID]bot.Person{}, rooms: map[bot.RoomID]bot.Room{}, homes: map[string]string{}, parts: map[bot.UserID]part{}}
}

// everybody reads all who spoke in the hour.
func (c *crowd) everybody(ctx context.Context) error {
	parts, err := bot.Find[part](ctx, c.r, "parts:"+c.hour)
	if err != nil {
		return err
	}
	for _, p := range parts {
		c.parts[p.Who] = p
	}
	c.all = true
	return nil
}

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

func (c *crowd) room(ctx context.Context, id bot.RoomID) (bot.Room, error) {
	if room, ok := c.rooms[id]; ok {
		return room, nil
	}
	room, err := bot.RoomOf(ctx, c.r, id)
	if err == nil {
		c.rooms[id] = room
	}
	return room, err
}

func (c *crowd) platform(ctx context.Context, id string) (name string, err error) {
	if name = c.homes[id]; name == "" {
		name, err = bot.HomeOf(ctx, c.r, id)
		c.homes[id] = name
	}
	return name, err
}

// part is what u does in the hour; its zero value for who does nothing.
func (c *crowd) part(ctx context.Context, u bot.UserID) (part, error) {
	if known, ok := c.parts[u]; ok || c.all {
		return known, nil
	}
	var p part // apart, since what Get fills is on the heap
	_, err := c.r.Get(ctx, partKey(c.hour, u), &p)
	if err == nil {
		c.parts[u] = p
	}
	return p, err
}

// public is how u may be named where anyone can read, and whether at all.
func (c *crowd) public(ctx context.Context, u bot.UserID) (name string, shown bool, err error) {
	p, err := c.person(ctx, u)
	if err != nil {
		return "", false, err
	}
	name, shown = p.Public()
	return tidied(name), shown, nil
}

// speaker is how whoever said something may be named on the page, and whether
// their lines may stand there. A visitor gave the name on the page itself,
// where it says that it will be shown.
func (c *crowd) speaker(ctx context.Context, u bot.UserID, visitor string) (name string, shown bool, err error) {
	if u == "" { // erased
		return "", false, nil
	}
	if visitor == "" {
		return c.public(ctx, u)
	}
	p, err := c.person(ctx, u)
	return tidied(visitor), err == nil && p.Shown != bot.NotAtAll, err
}

// shows tells how the speaker of s is named on the page, and whether s stands there.
func (c *crowd) shows(ctx context.Context, s *Said) (name string, shown bool, err error) {
	if !s.Stands() {
		return "", false, nil
	}
	p, err := c.part(ctx, s.Who)
	if err != nil || p.Muted {
		return "", false, err
	}
	return c.speaker(ctx, s.Who, signed(s.Visitor, s.Organisation))
}

// home is how the room in which something was said is written on the page.
func (c *crowd) home(ctx context.Context, id bot.RoomID) (string, error) {
	if id.Platform() == bot.Web {
		return "visitor", nil
	}
	room, err := c.room(ctx, id)
	if err != nil {
		return "", err
	}
	name, err := c.platform(ctx, id.Platform())
	if err != nil {
		return "", err
	}
	switch {
	case room.Private:
		return "a private room (" + name + ")", nil
	case room.Name == id.Rest(): // not known: its id is the platform's own affair
		return "a room (" + name + ")", nil
	}
	return tidied(room.Name) + " (" + tidied(name) + ")", nil
}

// words are a person's words in plain text for the page: who is mentioned in
// them is named only as agreed.
func (c *crowd) words(ctx context.Context, text string) (string, error) {
	return c.plain(ctx, text, func(ctx context.Context, u bot.UserID) (string, error) {
		name, shown, err := c.public(ctx, u)
		if !shown {
			name = "somebody"
		}
		return name, err
	})
}

// plain writes the tokens of a text out in words.
func (c *crowd) plain(ctx context.Context, text string, naming func(context.Context, bot.UserID) (string, error)) (string, error) {
	text = bot.Visible(text)
	if !strings.Contains(text, "<!") {
		return text, nil
	}
	var failed error
	text = bot.ReplaceTokens(text, func(t bot.Token) string {
		var out string
		var err error
		switch t.Kind {
		case "user":
			out, err = naming(ctx, bot.UserID(t.ID))
		case "room":
			out, err = c.home(ctx, bot.RoomID(t.ID))
		default:
			out = when.Format(t.Time(), c.zone)
		}
		if err != nil {
			failed = err
		}
		return out
	})
	return text, failed
}

// line makes the line of s, or none when s is not shown. above is what s is
// under, nil for nothing: a line that is not shown is not pointed at either.
func (c *crowd) line(ctx context.Context, s, above *Said) (*Line, error) {
	name, shown, err := c.shows(ctx, s)
	if err != nil || !shown {
		return nil, err
	}
	l := &Line{ID: s.Line, Question: s.Question, Name: name, At: s.At, Edited: s.Edited, Agrees: len(s.reactors())}
	if l.Home, err = c.home(ctx, s.Room); err != nil {
		return nil, err
	}
	if l.Text, err = c.words(ctx, s.Text); err != nil {
		return nil, err
	}
	if above != nil {
		_, shown, err := c.shows(ctx, above)
		if err != nil {
			return nil, err
		}
		if shown {
			l.Under = above.Line
		}
	}
	return l, nil
}
