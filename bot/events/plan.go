package events

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

const (
	titleMax  = 120
	aboutMax  = 1500
	venueMax  = 200
	accessMax = 600
	linkMax   = 500
	reasonMax = 600

	mostSeats = 5000
	mostPlus  = 3

	shortest     = 15 * time.Minute
	longest      = 72 * time.Hour
	longestAhead = 60 * 24 * time.Hour // for a deadline or a window
)

var kinds = []bot.Option{{Label: "Breakfast", Value: string(Breakfast)}, {Label: "Meetup", Value: string(Meetup)},
	{Label: "Workshop", Value: string(Workshop)}, {Label: "Unconference", Value: string(Unconference)}}

// usually is what an event of each kind is like when nothing else is said.
var usually = map[Kind]struct {
	length time.Duration
	plus   int
}{Breakfast: {90 * time.Minute, 1}, Meetup: {2 * time.Hour, 1}, Workshop: {3 * time.Hour, 0}, Unconference: {7 * time.Hour, 0}}

// planArgs are what an organiser says of an event, in the order of the form.
func planArgs() []bot.Arg {
	return slices.Concat([]bot.Arg{
		{Name: "title", Label: "Title", Max: titleMax},
		{Name: "when", Kind: bot.When, Label: "When", Hint: "5 Feb 08:30, Wed 6pm"},
		{Name: "kind", Kind: bot.Choice, Named: true, Label: "What it is", Options: kinds, Default: string(Meetup)},
	}, repeatArgs(), []bot.Arg{
		{Name: "length", Kind: bot.Length, Named: true, Label: "How long", Hint: "90 minutes, 2 hours; empty for the usual"},
		{Name: "venue", Named: true, Label: "Where", Hint: "Name and address; empty when it is online only", Max: venueMax},
		{Name: "access", Kind: bot.Area, Named: true, Label: "Getting in", Hint: "Steps, lifts, parking, whom to ask for", Max: accessMax},
		{Name: "link", Named: true, Label: "Link for taking part online", Hint: "https://…; shown only to those who take part online", Max: linkMax},
		{Name: "about", Kind: bot.Area, Named: true, Label: "What it is about", Hint: "A few sentences", Max: aboutMax},
		{Name: "seats", Kind: bot.Number, Named: true, Label: "Seats", Hint: "Empty for no limit"},
		{Name: "visitors", Kind: bot.Number, Named: true, Label: "Of these for people from outside", Hint: "Empty when all are for everybody"},
		{Name: "hosts", Kind: bot.People, Named: true, Many: true, Label: "Hosts", Hint: "Leave it empty to host it yourself"},
		{Name: "rooms", Kind: bot.Rooms, Named: true, Many: true, Label: "Rooms", Hint: "Leave it empty for this room; a line each, south:room for another platform's"},
		{Name: "public", Kind: bot.Yes, Named: true, Label: "Public page", Hint: "It tells how many come, never who"},
		{Name: "feedback", Kind: bot.Yes, Named: true, Label: "Ask people how it was"},
		{Name: "onlineseats", Kind: bot.Number, Named: true, Label: "Seats online", Hint: "Empty for no limit"},
		{Name: "plus", Kind: bot.Number, Named: true, Label: "People each may bring", Hint: "0 to 3"},
		{Name: "deadline", Kind: bot.Length, Named: true, Label: "Answers until so long before", Hint: "2 days; empty until the start"},
		{Name: "reminders", Named: true, Label: "Reminders so long before", Hint: "1 week, 1 day, 1 hour; none for none"},
		{Name: "release", Kind: bot.Length, Named: true, Label: "Seats are kept until so long before", Hint: "48 hours"},
		{Name: "accept", Kind: bot.Length, Named: true, Label: "Time for taking a free seat", Hint: "24 hours"},
	})
}

// seldom are the arguments that the form leaves out, so that it stays short; they
// are typed, with new or with edit.
var seldom = []string{"onlineseats", "plus", "deadline", "release", "accept", "reminders", "feedback", "times", "without", "ahead"}

// planArgsOf writes an event down as the arguments that would make it: what a
// form is filled with.
func planArgsOf(e *Event) bot.Args {
	args := bot.Args{"title": {e.Title}, "when": {when.Format(e.Start, e.Location())}, "kind": {string(e.What)}, "length": {when.Length(e.Length)},
		"venue": {e.Venue}, "access": {e.Access}, "link": {e.Link}, "about": {e.About}, "hosts": bot.Mentions(e.Hosts),
		"seats": {number(e.Seats)}, "visitors": {number(e.Visitors)}, "onlineseats": {number(e.OnlineSeats)}, "plus": {strconv.Itoa(e.Plus)},
		"public": {yes(e.Public)}, "feedback": {yes(!e.NoFeedback)}, "accept": {when.Length(e.Window)}, "reminders": {remindersInWords(e.Reminders)}}
	if e.Visitors > 0 {
		args["release"] = []string{when.Length(e.Release)}
	}
	if e.Deadline > 0 {
		args["deadline"] = []string{when.Length(e.Deadline)}
	}
	for _, r := range e.Rooms {
		args["rooms"] = append(args["rooms"], bot.InRoom(r))
	}
	return args
}

// number writes a limit: none is an empty field.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// readPlan makes an event of what an organiser said: all of it, so that what is
// left out is the usual. What the event has besides is taken from base.
func (f *Feature) readPlan(ctx context.Context, tx *bot.Tx, c bot.Call, args bot.Args, base Event) (Event, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return base, err
	}
	e := base
	if e.ID == "" {
		e.By, e.State, e.Zone = c.From, Scheduled, community.Zone
	}
	e.What = Kind(args.Get("kind"))
	if e.What == "" {
		e.What = Meetup
	}
	if e.Title = tidied(args.Get("title")); e.Title == "" {
		return e, bot.Wrong("title", "Give it a title: `DataJam breakfast`.")
	}
	if n := utf8.RuneCountInString(e.Title); n > titleMax { // of words put together
		return e, bot.Wrong("title", "A title can have up to %d characters; this has %d.", titleMax, n)
	}
	if at := args.Get("when"); base.ID == "" || at != when.Format(base.Start, base.Location()) { // its own time may have passed, and could not be typed
		if e.Start, err = when.Parse(at, tx.Now(), c.Person.Location(community.Location())); err != nil {
			return e, saidOfTime("when", err)
		}
		e.Start = e.Start.UTC()
	}
	e.Length = usually[e.What].length
	if err := readLength(args, "length", shortest, longest, &e.Length); err != nil {
		return e, err
	}
	e.Deadline, e.Window = 0, usualWindow
	if err := readLength(args, "deadline", time.Minute, longestAhead, &e.Deadline); err != nil {
		return e, err
	}
	if err := readLength(args, "accept", leastWindow, longestAhead, &e.Window); err != nil {
		return e, err
	}
	e.Venue, e.Access, e.About = tidied(args.Get("venue")), strings.TrimSpace(args.Get("access")), strings.TrimSpace(args.Get("about"))
	e.NoFeedback = !args.Yes("feedback", true)
	e.Public = args.Yes("public", community.Policy.PublicPages)
	if e.Link, err = readLink(args.Get("link")); err != nil {
		return e, err
	}
	if e.Venue == "" && e.Link == "" {
		return e, bot.Wrong("venue", "Say where it is: `venue=\"Urban Sciences Building, Newcastle\"`, or give a link for taking part online.")
	}
	if err := e.readSeats(args); err != nil {
		return e, err
	}
	if e.Release = 0; e.Visitors > 0 {
		e.Release = usualRelease
	}
	if err := readLength(args, "release", firstCome, longestAhead, &e.Release); err != nil {
		return e, err
	}
	if e.Reminders, err = readReminders(args); err != nil {
		return e, err
	}
	if e.Hosts, err = hostsNamed(ctx, tx, c.From, args.All("hosts")); err != nil {
		return e, err
	}
	e.Rooms, err = f.roomsNamed(ctx, tx, c, community, base.Rooms, args.All("rooms"))
	return e, err
}

// readLength reads an argument that is a length, if it was given.
func readLength(args bot.Args, name string, least, most time.Duration, to *time.Duration) error {
	typed := args.Get(name)
	if typed == "" {
		return nil
	}
	d, err := when.ParseLength(typed)
	if err != nil {
		return saidOfTime(name, err)
	}
	if d < least || d > most {
		return bot.Wrong(name, "That can be between %s and %s; this is %s.", when.Length(least), when.Length(most), when.Length(d))
	}
	*to = d
	return nil
}

// readNumber reads an argument that is a number, if it was given.
func readNumber(args bot.Args, name string, least, most int, to *int) error {
	typed := args.Get(name)
	if typed == "" {
		return nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < least || n > most {
		return bot.Wrong(name, "That is a number from %d to %d, or nothing for no limit; this is %s.", least, most, bot.Plain(bot.ClipTo(typed, 20)))
	}
	*to = n
	return nil
}

// readSeats reads how many seats there are.
func (e *Event) readSeats(args bot.Args) error {
	e.Plus = usually[e.What].plus
	e.Seats, e.Visitors, e.OnlineSeats = 0, 0, 0
	for _, field := range [...]struct {
		name        string
		least, most int
		to          *int
	}{{"seats", 1, mostSeats, &e.Seats}, {"visitors", 0, mostSeats, &e.Visitors}, {"onlineseats", 1, mostSeats, &e.OnlineSeats}, {"plus", 0, mostPlus, &e.Plus}} {
		if err := readNumber(args, field.name, field.least, field.most, field.to); err != nil {
			return err
		}
	}
	switch {
	case e.Seats > 0 && !e.InPerson():
		return bot.Wrong("seats", "Seats are for people who come in person, and there is no venue. Give one, or use `onlineseats=%d`.", e.Seats)
	case e.Visitors > 0 && e.Visitors >= e.Seats:
		return bot.Wrong("visitors", "%d of %d seats for people from outside would leave none for members. Try `seats=80 visitors=12`.", e.Visitors, e.Seats)
	}
	return nil
}

// readLink reads the address for taking part online.
func readLink(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", nil
	}
	u, err := url.Parse(typed)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsFunc(typed, odd) {
		return "", bot.Wrong("link", "That is no web address that I can show. It begins with https:// and has no spaces: `https://meet.example.org/breakfast`.")
	}
	return typed, nil
}

// odd are the characters that no address has, and that could end one in a text.
func odd(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`<>"'`+"`\\|", r)
}

// hostsNamed finds the hosts that were typed; nobody means the caller.
func hostsNamed(ctx context.Context, tx *bot.Tx, caller bot.UserID, typed []string) ([]bot.UserID, error) {
	found, err := peopleNamed(ctx, tx, caller.Platform(), "hosts", typed)
	if len(found) == 0 && err == nil {
		return []bot.UserID{caller}, nil
	}
	return found, err
}

// peopleNamed finds the people that were typed: mentions, or names on the
// platform with or without their sign.
func peopleNamed(ctx context.Context, tx *bot.Tx, platform, field string, typed []string) ([]bot.UserID, error) {
	var found []bot.UserID
	add := func(u bot.UserID) {
		if !slices.Contains(found, u) {
			found = append(found, u)
		}
	}
	for _, value := range typed {
		rest := bot.ReplaceTokens(value, func(t bot.Token) string {
			if t.Kind == "user" {
				add(bot.UserID(t.ID))
			}
			return ","
		})
		for _, name := range strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
			if name = strings.TrimLeft(strings.TrimSpace(name), "@"); name == "" {
				continue
			}
			u, err := personNamed(ctx, tx, platform, field, name)
			if err != nil {
				return nil, err
			}
			add(u)
		}
	}
	return found, nil
}

func personNamed(ctx context.Context, tx *bot.Tx, platform, field, name string) (bot.UserID, error) {
	people, err := bot.Find[bot.Person](ctx, tx, "people:"+platform)
	if err != nil {
		return "", err
	}
	var found []bot.UserID
	for _, p := range people {
		if strings.EqualFold(p.Name, name) || strings.EqualFold(p.User.Rest(), name) {
			found = append(found, p.User)
		}
	}
	name = bot.Plain(bot.ClipTo(name, 40))
	switch len(found) {
	case 0:
		return "", bot.Wrong(field, "I know nobody called “%s” on %s. Mention them: `@name`.", name, platform)
	case 1:
		return found[0], nil
	}
	return "", bot.Wrong(field, "%d people on %s are called “%s”. Mention the one you mean: `@name`.", len(found), platform, name)
}

// roomsNamed finds the rooms that were typed. The first is the event's home: the
// one that it had, else one on the caller's own platform. Rooms of another platform
// need a link with it, to which that platform's organisers have said yes.
func (f *Feature) roomsNamed(ctx context.Context, tx *bot.Tx, c bot.Call, community bot.Community, had []bot.RoomID, typed []string) ([]bot.RoomID, error) {
	var rooms []bot.RoomID
	for _, value := range typed {
		for _, name := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' }) {
			room := c.Room
			if !strings.EqualFold(name, "here") {
				known, err := tx.RoomNamed(ctx, c.From.Platform(), name)
				if kind, said := bot.KindOf(err); said && kind == bot.Missing {
					return nil, bot.Wrong("rooms", "%s", err.Error())
				} else if err != nil {
					return nil, err
				}
				room = known.Room
			}
			if !slices.Contains(rooms, room) {
				rooms = append(rooms, room)
			}
		}
	}
	if len(rooms) == 0 {
		room := c.Room
		if _, direct := room.Person(); direct || room.Platform() != c.From.Platform() {
			room = community.Announce[c.From.Platform()]
		}
		rooms = []bot.RoomID{room}
	}
	if _, direct := rooms[0].Person(); direct || rooms[0] == "" {
		return nil, bot.Wrong("rooms", "Say in which room it is announced: `rooms=#data`.")
	}
	home := slices.IndexFunc(rooms, func(r bot.RoomID) bool { return r.Platform() == c.From.Platform() })
	if len(had) > 0 && slices.Contains(rooms, had[0]) {
		home = slices.Index(rooms, had[0])
	}
	if home < 0 {
		return nil, bot.Wrong("rooms", "One of the rooms has to be on %s, where you are an organiser. Add it: `rooms=#data`.", c.From.Platform())
	}
	rooms[0], rooms[home] = rooms[home], rooms[0]
	for _, room := range rooms[1:] {
		if l, err := tx.LinkBetween(ctx, rooms[0], room); err != nil {
			return nil, err
		} else if !l.Stands() {
			return nil, bot.Wrong("rooms", "%s belongs to %s, whose organisers have to agree first: %s.", bot.InRoom(room), room.Platform(), tx.Command("community rooms link "+string(room)))
		}
	}
	return rooms, nil
}
