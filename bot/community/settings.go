package community

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datahour/bot"
	"datahour/bot/when"
)

// isHashtag tells whether a text is one word of letters and digits that begins
// with a letter.
func isHashtag(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(first) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func setup(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(c.Args) == 0 && c.Form == nil {
		return setupForm(tx, s, c.From.Platform()), nil
	}
	if name := c.Args.Get("name"); name != "" {
		s.Name = strings.Join(strings.Fields(bot.Visible(name)), " ") // it is on every page
	} else if !s.SetUp {
		return bot.Reply{}, bot.Wrong("name", "Say what your community is called, such as `name=\"Data people, loosely joined\"`.")
	}
	if h := c.Args.Get("hashtag"); h != "" {
		h = strings.TrimPrefix(h, "#")
		if !isHashtag(h) {
			return bot.Reply{}, bot.Wrong("hashtag", "A hashtag is one word of letters and digits, such as `DataHour`.")
		}
		s.Hashtag = h
	}
	if z := c.Args.Get("zone"); z != "" {
		zone, err := when.Zone(z)
		if err != nil {
			return bot.Reply{}, bot.Wrong("zone", "%s", err)
		}
		s.Zone = zone.String()
	}
	for name, places := range map[string]*map[string]bot.RoomID{"announce": &s.Announce, "tell": &s.Tell} {
		if err := place(ctx, tx, c, name, places); err != nil {
			return bot.Reply{}, err
		}
	}
	s.SetUp = true
	tx.Put(&s)
	return bot.Reply{Post: &bot.Post{Title: "Set up",
		Text: fmt.Sprintf("%s, #%s, times in %s. %s\n\nNext: schedule a data hour with %s.",
			bot.Plain(s.Name), bot.Plain(s.Hashtag), bot.Plain(s.Zone), places(s, c.From.Platform()), tx.Command("datahour new")),
		Buttons: []bot.Button{{Label: "Schedule a data hour", Command: "datahour new", Style: bot.Primary}, {Label: "Policy", Command: "community policy"}}}}, nil
}

// setupForm is filled with what was answered before.
func setupForm(tx *bot.Tx, s bot.Community, platform string) bot.Reply {
	args := bot.Args{"hashtag": {s.Hashtag}, "zone": {s.Zone}}
	if s.SetUp {
		args["name"] = []string{s.Name}
	}
	for name, places := range map[string]map[string]bot.RoomID{"announce": s.Announce, "tell": s.Tell} {
		if room := places[platform]; room != "" {
			args[name] = []string{bot.InRoom(room)}
		}
	}
	reply := tx.FormFor("community setup", args)
	reply.Form.Fields[0].Optional = false
	return reply
}

// place reads a room of the organiser's own platform: what is announced there is
// for them to say.
func place(ctx context.Context, tx *bot.Tx, c bot.Call, name string, places *map[string]bot.RoomID) error {
	typed := c.Args.Get(name)
	if typed == "" {
		if c.Form != nil { // it was shown, and emptied
			delete(*places, c.From.Platform())
		}
		return nil
	}
	room, err := tx.RoomNamed(ctx, c.From.Platform(), typed)
	if err != nil {
		return bot.Wrong(name, "%s", err)
	}
	if room.Room.Platform() != c.From.Platform() {
		return bot.Wrong(name, "Choose a room on %s; the organisers of %s choose theirs.", tx.Called(c.From.Platform()), tx.Called(room.Room.Platform()))
	}
	if *places == nil {
		*places = map[string]bot.RoomID{}
	}
	(*places)[c.From.Platform()] = room.Room
	return nil
}

func places(s bot.Community, platform string) string {
	announce, tell := "I announce in the room where an hour is scheduled", "tell organisers things in direct messages"
	if r := s.Announce[platform]; r != "" {
		announce = "I announce in " + bot.InRoom(r)
	}
	if r := s.Tell[platform]; r != "" {
		tell = "tell organisers things in " + bot.InRoom(r)
	}
	return announce + ", and " + tell + "."
}

func policy(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	p := &s.Policy
	if len(c.Args) == 0 {
		return tx.FormFor("community policy", bot.Args{
			"keep": {strconv.Itoa(p.KeepDays)}, "public": {yes(p.PublicPages)}, "carrying": {yes(p.Carrying)}, "indexed": {yes(p.Indexed)},
			"conduct": {p.CodeOfConduct}, "licence": {p.Licence}, "consent": {p.ConsentText}}), nil
	}
	if k := c.Args.Get("keep"); k != "" {
		if p.KeepDays, err = strconv.Atoi(k); err != nil || p.KeepDays < 0 || p.KeepDays > 36500 {
			return bot.Reply{}, bot.Wrong("keep", "Days to keep are between 0 (for good) and 36500, such as `365`.")
		}
	}
	if a := c.Args.Get("conduct"); a != "" || c.Form != nil {
		if u, err := url.Parse(a); a != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			return bot.Reply{}, bot.Wrong("conduct", "Write the whole address, such as `https://example.org/conduct`.")
		}
		p.CodeOfConduct = a
	}
	p.PublicPages = c.Args.Yes("public", p.PublicPages)
	p.Carrying = c.Args.Yes("carrying", p.Carrying)
	p.Indexed = c.Args.Yes("indexed", p.Indexed)
	for name, field := range map[string]*string{"licence": &p.Licence, "consent": &p.ConsentText} {
		if v := c.Args.Get(name); v != "" || c.Form != nil {
			*field = v
		}
	}
	tx.Put(&s)
	return bot.Reply{Post: &bot.Post{Title: "Policy", Text: policyWords(*p), Buttons: []bot.Button{{Label: "Change", Command: "community policy"}}}}, nil
}

func policyWords(p bot.Policy) string {
	keep := "Transcripts are kept for good."
	if p.KeepDays > 0 {
		keep = fmt.Sprintf("Transcripts are kept for %d days.", p.KeepDays)
	}
	either := func(is bool, yes, no string) string {
		if is {
			return yes
		}
		return no
	}
	return keep + either(p.PublicPages, " New hours have a public page.", " New hours have no public page, unless they ask for one.") +
		either(p.Carrying, " Messages are carried between linked rooms.", " Messages are not carried between linked rooms.") +
		either(p.Indexed, " Search engines may list public pages.", " Search engines are asked not to list public pages.")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func pause(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	if s.Paused() {
		return bot.Answer("It is paused already, by %s, since %s.", bot.Mention(s.PausedBy), when.Format(s.PausedAt, s.Location())), nil
	}
	s.PausedBy, s.PausedAt = c.From, tx.Now()
	tx.Put(&s)
	return bot.Reply{Post: &bot.Post{Text: "Paused. I answer commands and hear what is said in hours that are open, and forget people who ask for it. I do nothing else until somebody says " + tx.Command("community resume") + ".",
		Buttons: []bot.Button{{Label: "Resume", Command: "community resume", Style: bot.Primary}}}}, nil
}

// heldAtMost bounds the counting of what a pause held.
const heldAtMost = 500

func resume(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	if !s.Paused() {
		return bot.Answer("It is not paused."), nil
	}
	held, err := tx.Records(ctx, "todo", "", heldAtMost)
	if err != nil {
		return bot.Reply{}, err
	}
	since := s.PausedAt
	s.PausedBy, s.PausedAt = "", time.Time{}
	tx.Put(&s)
	posts := "No post was waiting"
	switch n := len(held); {
	case n == 1:
		posts = "One post was held and goes out now"
	case n == heldAtMost:
		posts = fmt.Sprintf("%d posts or more were held and go out now", n)
	case n > 1:
		posts = fmt.Sprintf("%d posts were held and go out now", n)
	}
	return bot.Answer("Going on after a pause since %s. %s. What came due meanwhile is done now, or, where it is too late, organisers are told.", when.Format(since, s.Location()), posts), nil
}
