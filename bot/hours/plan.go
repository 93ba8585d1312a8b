package hours

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

const (
	titleMax    = 120
	aboutMax    = 600
	questionMax = 300

	usualLength = time.Hour
	shortest    = 5 * time.Minute
	longest     = 12 * time.Hour
	longestKept = 3650 // days
)

// planArgs are what an organiser says of an hour, in the order of the form.
func planArgs() []bot.Arg {
	return []bot.Arg{
		{Name: "title", Label: "Title or topic", Hint: "Leave it empty for an open hour", Max: titleMax},
		{Name: "when", Kind: bot.When, Label: "When", Hint: "Wed 8pm, 2 Dec 20:00, tomorrow 9am"},
		{Name: "length", Kind: bot.Length, Named: true, Label: "How long", Default: "60 minutes"},
		{Name: "about", Kind: bot.Area, Named: true, Label: "What it is about", Hint: "A sentence or two", Max: aboutMax},
		{Name: "questions", Named: true, Many: true, Label: "Questions", Hint: "A line each; none for a listening hour", Max: questionMax},
		{Name: "automatic", Kind: bot.Yes, Named: true, Label: "Questions come by themselves", Default: "yes"},
		{Name: "hosts", Kind: bot.People, Named: true, Many: true, Label: "Hosts", Hint: "Leave it empty to host it yourself"},
		{Name: "rooms", Kind: bot.Rooms, Named: true, Many: true, Label: "Rooms", Hint: "Leave it empty for this room; a line each, south:room for another platform's"},
		{Name: "public", Kind: bot.Yes, Named: true, Label: "Public page", Hint: "It shows only people who say yes"},
		{Name: "visitors", Kind: bot.Choice, Named: true, Label: "Visitors' messages", Options: visitorOptions, Default: eachFirst},
		{Name: "keep", Kind: bot.Number, Named: true, Label: "Keep the transcript for (days)", Hint: "0 keeps it for good"},
	}
}

// planArgsOf writes an hour down as the arguments that would make it: what a
// form is filled with.
func planArgsOf(h *Hour) bot.Args {
	args := bot.Args{
		"when":      {when.Format(h.Start, h.Location())},
		"length":    {when.Length(h.Length)},
		"automatic": {yes(h.Automatic)},
		"public":    {yes(h.Public)},
		"visitors":  {visitorsArg(h)},
		"keep":      {strconv.Itoa(h.KeepDays)},
		"hosts":     bot.Mentions(h.Hosts),
	}
	if h.Title != "" {
		args["title"] = []string{h.Title}
	}
	if h.About != "" {
		args["about"] = []string{h.About}
	}
	for _, q := range h.Planned() {
		args["questions"] = append(args["questions"], q.Text)
	}
	for _, r := range slices.Concat(h.Rooms, h.Invited) {
		args["rooms"] = append(args["rooms"], bot.InRoom(r))
	}
	return args
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// readPlan makes an hour of what an organiser said. What is left out is taken
// from base when it has an id (an hour that is being changed), else the usual.
// The hour has no id yet and every room that was named, linked or not.
func (f *Feature) readPlan(ctx context.Context, tx *bot.Tx, c bot.Call, args bot.Args, base Hour) (Hour, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return Hour{}, err
	}
	h := base
	if h.ID == "" {
		h = Hour{By: c.From, State: Scheduled, Length: usualLength, Hosts: []bot.UserID{c.From}, Automatic: true,
			Zone: community.Zone, Public: community.Policy.PublicPages, KeepDays: community.Policy.KeepDays}
	}
	if args.Has("title") || c.Form != nil {
		h.Title = tidied(args.Get("title"))
		if n := utf8.RuneCountInString(h.Title); n > titleMax { // of words put together
			return h, bot.Wrong("title", "A title can have up to %d characters; this has %d.", titleMax, n)
		}
	}
	if args.Has("about") || c.Form != nil {
		h.About = strings.TrimSpace(args.Get("about"))
	}
	if args.Has("when") {
		h.Start, err = when.Parse(args.Get("when"), tx.Now(), c.Person.Location(community.Location()))
		if err != nil {
			return h, saidOfTime("when", err)
		}
		h.Start = h.Start.UTC()
	}
	if args.Has("length") {
		if h.Length, err = readLength(args.Get("length")); err != nil {
			return h, err
		}
	}
	if args.Has("questions") || c.Form != nil {
		if err := h.plan(args.All("questions")); err != nil {
			return h, err
		}
	}
	h.Automatic = args.Yes("automatic", h.Automatic)
	h.Public = args.Yes("public", h.Public)
	if args.Has("visitors") {
		h.LetThrough = args.Get("visitors") == onceKnown
	}
	if args.Has("keep") {
		if h.KeepDays, err = readKeep(args.Get("keep")); err != nil {
			return h, err
		}
	}
	if args.Has("hosts") {
		if h.Hosts, err = peopleNamed(ctx, tx, c.From.Platform(), args.All("hosts")); err != nil {
			return h, err
		}
	}
	if args.Has("rooms") || len(h.Rooms) == 0 {
		if h.Rooms, err = f.roomsNamed(ctx, tx, c, community, base.Rooms, args.All("rooms")); err != nil {
			return h, err
		}
		h.Invited = nil
	}
	return h, nil
}

// tidied is a title or a name in one line, without what cannot be seen in it, which
// could make it look like another one or like more than a name.
func tidied(s string) string { return strings.Join(strings.Fields(bot.Visible(s)), " ") }

func readLength(typed string) (time.Duration, error) {
	d, err := when.ParseLength(typed)
	if err != nil {
		return 0, saidOfTime("length", err)
	}
	if d < shortest || d > longest {
		return 0, bot.Wrong("length", "A data hour lasts between %s and %s; this is %s. Try `60 minutes`.", when.Length(shortest), when.Length(longest), when.Length(d))
	}
	return d, nil
}

func readKeep(typed string) (int, error) {
	days, err := strconv.Atoi(typed)
	if err != nil || days < 0 || days > longestKept {
		return 0, bot.Wrong("keep", "A transcript is kept for 1 to %d days, or for good with 0. Try `365`.", longestKept)
	}
	return days, nil
}

// plan replaces the organiser's questions by those of the form. Those that were
// asked, and those that people put forward, stay; one with the same words keeps
// its id.
func (h *Hour) plan(texts []string) error {
	kept := h.waiting(func(q Question) bool { return q.By != "" && !q.Taken })
	was := h.Planned()
	asked := slices.DeleteFunc(slices.Clone(h.Questions), func(q Question) bool { return q.Number == 0 && !q.Skipped })
	all := h.Questions
	h.Questions = asked
	for _, text := range texts {
		if text = tidied(text); text == "" {
			continue
		}
		if i := slices.IndexFunc(was, func(q Question) bool { return q.Text == text }); i >= 0 {
			h.Questions = append(h.Questions, was[i])
			was = slices.Delete(was, i, i+1)
			continue
		}
		with := Hour{Questions: slices.Concat(all, h.Questions)} // so that no id is given twice
		h.Questions = append(h.Questions, Question{ID: with.newQuestionID(), Text: text})
	}
	h.Questions = append(h.Questions, kept...)
	if len(h.Questions) > mostQuestions {
		return bot.Wrong("questions", "An hour takes up to %d questions; this has %d.", mostQuestions, len(h.Questions))
	}
	return nil
}

// peopleNamed finds the people that were typed: mentions, or names on the
// platform with or without their sign.
func peopleNamed(ctx context.Context, tx *bot.Tx, platform string, typed []string) ([]bot.UserID, error) {
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
			name = strings.TrimLeft(strings.TrimSpace(name), "@")
			if name == "" {
				continue
			}
			u, err := personNamed(ctx, tx, platform, name)
			if err != nil {
				return nil, err
			}
			add(u)
		}
	}
	if len(found) == 0 {
		return nil, bot.Wrong("hosts", "Say who hosts it, with mentions such as `@ada`, or leave it out to host it yourself.")
	}
	return found, nil
}

func personNamed(ctx context.Context, tx *bot.Tx, platform, name string) (bot.UserID, error) {
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
	switch len(found) {
	case 0:
		return "", bot.Wrong("hosts", "I know nobody called %q on %s. Mention them: `@name`.", bot.ClipTo(bot.Plain(name), 40), platform)
	case 1:
		return found[0], nil
	}
	return "", bot.Wrong("hosts", "%d people on %s are called %q. Mention the one you mean: `@name`.", len(found), platform, bot.ClipTo(bot.Plain(name), 40))
}

// roomsNamed finds the rooms that were typed. The first is the hour's home, to
// which the others are linked: the one that it has (had), else one on the
// caller's own platform, which must hold one.
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
			if _, direct := room.Person(); direct {
				return nil, bot.Wrong("rooms", "A data hour is held in a room, and this is a direct message. Name one: `rooms=#data`. To try things out here, use `/datahour rehearse`.")
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
		if room == "" {
			return nil, bot.Wrong("rooms", "Say in which room: `rooms=#data`.")
		}
		rooms = []bot.RoomID{room}
	}
	home := slices.IndexFunc(rooms, func(r bot.RoomID) bool { return r.Platform() == c.From.Platform() })
	if len(had) > 0 && slices.Contains(rooms, had[0]) {
		home = slices.Index(rooms, had[0])
	}
	if home < 0 {
		return nil, bot.Wrong("rooms", "One of the rooms has to be on %s, where you are an organiser. Add it: `rooms=#data`.", c.From.Platform())
	}
	rooms[0], rooms[home] = rooms[home], rooms[0]
	return rooms, nil
}
