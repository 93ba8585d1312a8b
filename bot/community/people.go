package community

import (
	"context"
	"fmt"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

func organisers(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	platform := tx.Called(c.From.Platform())
	all, err := tx.Organisers(ctx, c.From.Platform())
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Answer("%s has no organisers yet. Whoever runs me can name one in the configuration.", platform), nil
	}
	var names []string
	for _, u := range all {
		names = append(names, bot.Mention(u))
	}
	return bot.Answer("Organisers of %s: %s.", platform, strings.Join(names, ", ")), nil
}

// who reads the one person that an argument mentions: somebody of the caller's platform.
func who(tx *bot.Tx, c bot.Call) (bot.UserID, error) {
	return whoOf(tx, c, "Organisers belong to a platform: those of %[1]s choose theirs.")
}

// whoOf is who, with the words for somebody of another platform: %[1]s is that
// one, %[2]s the caller's.
func whoOf(tx *bot.Tx, c bot.Call, elsewhere string) (bot.UserID, error) {
	var found []bot.UserID
	bot.ReplaceTokens(c.Args.Get("person"), func(t bot.Token) string {
		if t.Kind == "user" {
			found = append(found, bot.UserID(t.ID))
		}
		return ""
	})
	if len(found) != 1 {
		return "", bot.Wrong("person", "Mention one person, such as `@grace`.")
	}
	if found[0].Platform() != c.From.Platform() {
		return "", bot.Wrong("person", "%s", fmt.Sprintf(elsewhere, tx.Called(found[0].Platform()), tx.Called(c.From.Platform())))
	}
	return found[0], nil
}

func addOrganiser(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	u, err := who(tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := tx.SetOrganiser(ctx, u, true); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("%s is an organiser of %s now.", bot.Mention(u), tx.Called(u.Platform())), nil
}

func removeOrganiser(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	u, err := who(tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := tx.SetOrganiser(ctx, u, false); err != nil {
		return bot.Reply{}, err
	}
	left, err := tx.Organisers(ctx, u.Platform())
	if err != nil {
		return bot.Reply{}, err
	}
	if len(left) == 0 {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "%s is the last organiser of %s. Add another one first.", bot.Mention(u), tx.Called(u.Platform()))
	}
	return bot.Answer("%s is an ordinary member now.", bot.Mention(u)), nil
}

// shownAudit is how many lines of the audit log are shown.
const shownAudit = 20

func audit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := bot.Find[bot.Audit](ctx, tx, "audit:"+c.From.Platform())
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Answer("Nothing is in the audit log of %s yet.", tx.Called(c.From.Platform())), nil
	}
	if len(all) > shownAudit {
		all = all[len(all)-shownAudit:]
	}
	zone := c.Person.Location(s.Location())
	var lines []string
	for i := len(all) - 1; i >= 0; i-- {
		a := all[i]
		line := fmt.Sprintf("- %s: %s, %s", when.FormatShort(a.At, zone), bot.Mention(a.Who), bot.Plain(strings.TrimSpace(a.What+" "+a.About)))
		if a.Where != "" {
			line += " in " + bot.InRoom(a.Where)
		}
		lines = append(lines, line)
	}
	return bot.Reply{Post: &bot.Post{Title: "Who did what here", Text: strings.Join(lines, "\n"), Small: "Newest first."}}, nil
}

// platformLines say how a platform is doing, and what somebody has to do there.
func platformLines(name string, con bot.Connection, zone *time.Location) []string {
	state := "connected"
	if !con.Up {
		state = "not connected"
	}
	line := fmt.Sprintf("- %s: %s since %s.", name, state, when.FormatShort(con.Since, zone))
	if !con.Up && con.State != "" {
		line += " What is the matter: " + bot.Plain(con.State) + "."
	}
	lines := []string{line}
	for _, advice := range con.Advice {
		lines = append(lines, "- "+name+", to do: "+advice)
	}
	return lines
}

// comingUp is how far ahead status looks.
const comingUp = 28 * 24 * time.Hour

func status(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	zone := c.Person.Location(s.Location())
	var lines []string
	if s.Paused() {
		lines = append(lines, "- Paused by "+bot.Mention(s.PausedBy)+" since "+when.Format(s.PausedAt, zone)+".")
	}
	for _, con := range tx.Connections() {
		lines = append(lines, platformLines(tx.Called(con.Platform), con, zone)...)
		if con.Platform != c.From.Platform() {
			continue // what fails in another platform's rooms is for its own organisers
		}
		for room, why := range con.Refused {
			lines = append(lines, fmt.Sprintf("- %s did not take a post: %s.", bot.InRoom(room), bot.Plain(why)))
		}
	}
	items, err := tx.Agenda(ctx, tx.Now(), tx.Now().Add(comingUp))
	if err != nil {
		return bot.Reply{}, err
	}
	for _, item := range items {
		lines = append(lines, fmt.Sprintf("- %s %s: %s, %s.", strings.ToUpper(item.Kind[:1])+item.Kind[1:], item.ID, bot.Plain(item.Title), when.Format(item.Start, zone)))
	}
	if len(items) == 0 {
		lines = append(lines, "- Nothing is coming up in the next four weeks.")
	}
	waiting, err := tx.Records(ctx, "todo", "", heldAtMost)
	if err != nil {
		return bot.Reply{}, err
	}
	if n := len(waiting); n > 0 {
		lines = append(lines, fmt.Sprintf("- Posts waiting to be shown: %d.", n))
	}
	return bot.Reply{Post: &bot.Post{Title: s.Name, Text: strings.Join(lines, "\n"), Small: places(s, c.From.Platform())}}, nil
}
