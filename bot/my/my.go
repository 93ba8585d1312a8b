// Package my is /my: what concerns one person, and what they may choose: how
// they are shown in public, whether they are carried to other organisations'
// rooms, their role, how much the bot may write to them, a copy of everything
// that is held about them, and to be forgotten. The nouns are the
// core's own ([bot.Person]); this package holds the commands. Start with [New].
package my

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// Feature is /my.
type Feature struct{}

// New makes the feature.
func New() *Feature { return &Feature{} }

// Alarms: none; a snooze is looked at when something would be sent.
func (f *Feature) Alarms() map[string]bot.AlarmKind { return nil }

var choices = []bot.Option{
	{Label: "By my name", Value: string(bot.ByName)},
	{Label: "By my role and organisation", Value: string(bot.ByRole)},
	{Label: "Not at all", Value: string(bot.NotAtAll)},
}

// Rows are the commands.
func (f *Feature) Rows() []bot.Row {
	return []bot.Row{
		{Name: "my", Summary: "What concerns you, and how you are shown", Examples: []string{"my"}, Run: overview},
		{Name: "my shown", Summary: "Choose how public pages show what you write", Examples: []string{"my shown name", "my shown no"},
			Args: []bot.Arg{
				{Name: "choice", Label: "Show what I write", Kind: bot.Choice, Options: choices, Required: true},
				{Name: "role", Label: "What you do", Hint: "For being shown by your role: Data analyst", Max: 60, Named: true},
				{Name: "organisation", Label: "Where", Hint: "Environment Agency", Max: 80, Named: true},
			},
			Form: "How I am shown", Run: shown},
		{Name: "my choices", Summary: "When and where you chose how you are shown and carried", Examples: []string{"my choices"}, Run: chosen},
		{Name: "my role", Summary: "Say what you do and where, for being shown by role", Examples: []string{`my role "Data analyst" organisation="Environment Agency"`},
			Args: []bot.Arg{
				{Name: "role", Label: "What you do", Hint: "Data analyst", Max: 60, Required: true},
				{Name: "organisation", Label: "Where", Hint: "Environment Agency", Max: 80},
			}, Form: "Role and organisation", Run: role},
		{Name: "my carried", Summary: "Choose whether your words are carried to other organisations' rooms", Examples: []string{"my carried no"},
			Args: []bot.Arg{{Name: "choice", Label: "Carry my words", Kind: bot.Yes, Required: true}}, Form: "Carrying my words", Run: carried},
		{Name: "my snooze", Summary: "No reminders or other unasked messages for a while", Examples: []string{"my snooze 1 week", "my snooze 3 days"},
			Args: []bot.Arg{{Name: "length", Kind: bot.Rest}}, Run: snooze},
		{Name: "my stop", Summary: "No unasked messages at all, until you say my start", Examples: []string{"my stop"}, Run: stop},
		{Name: "my start", Summary: "Reminders that you asked for come again", Examples: []string{"my start"}, Run: start},
		copyRow(),
		eraseRow(),
	}
}

// says tells in a sentence how a person is shown.
func says(p bot.Person) string {
	switch p.Shown {
	case bot.ByName:
		return "Public pages show what you write in public hours, by your name: " + bot.Plain(p.Called()) + "."
	case bot.ByRole:
		name, _ := p.Public()
		return "Public pages show what you write in public hours, by your role: " + bot.Plain(name) + "."
	case bot.NotAtAll:
		return "Public pages show nothing that you write."
	}
	return "You have not chosen whether public pages may show what you write. Until you do, they do not."
}

func overview(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	lines := []string{says(c.Person)}
	if c.Person.StaysHome {
		lines = append(lines, "Your words stay in the room where you write them.")
	} else {
		lines = append(lines, "In linked hours your words are carried to the other rooms, with your name.")
	}
	choices, err := bot.ConsentsOf(ctx, tx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if n := len(choices); n > 0 {
		last := choices[n-1]
		lines = append(lines, "You chose this on "+when.Format(last.At, c.Person.Location(community.Location()))+" ("+bot.Plain(last.Where)+"). All that you chose: "+tx.Command("my choices")+".")
	}
	switch {
	case c.Person.Stopped:
		lines = append(lines, "I send you nothing unasked. "+tx.Command("my start")+" changes that.")
	case tx.Now().Before(c.Person.Snoozed):
		lines = append(lines, "I send you nothing unasked until "+when.Format(c.Person.Snoozed, c.Person.Location(community.Location()))+".")
	}
	mine, err := tx.Mine(ctx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(mine) > 0 {
		lines = append(lines, "\n"+"- "+strings.Join(mine, "\n- "))
	}
	return bot.Reply{Post: &bot.Post{Title: "You and " + community.Name, Text: strings.Join(lines, "\n"), Buttons: []bot.Button{
		{Label: "How I am shown", Command: "my shown"}, {Label: "Role and organisation", Command: "my role"},
		{Label: "Carrying my words", Command: "my carried"}, {Label: "A copy of my data", Command: "my copy"}, {Label: "Erase me", Command: "my erase"},
	}}}, nil
}

// chosenShown is how many lines of the consent log are shown; a copy has all.
const chosenShown = 20

// chosen is the consent log, for the one whose it is.
func chosen(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	choices, err := bot.ConsentsOf(ctx, tx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(choices) == 0 {
		return bot.Answer("You have chosen nothing yet. Until you do, public pages show nothing that you write: %s.", tx.Command("my shown")), nil
	}
	zone := c.Person.Location(community.Location())
	var lines []string
	for i, choice := range slices.Backward(choices) {
		if len(lines) == chosenShown {
			lines = append(lines, fmt.Sprintf("- and %d before these: %s", i+1, tx.Command("my copy")))
			break
		}
		lines = append(lines, "- "+when.Format(choice.At, zone)+": "+bot.Plain(choice.Words()))
	}
	return bot.Reply{Post: &bot.Post{Title: "What you chose", Text: strings.Join(lines, "\n"), Small: "Newest first. Only you see this.",
		Buttons: []bot.Button{{Label: "How I am shown", Command: "my shown"}, {Label: "Carrying my words", Command: "my carried"}}}}, nil
}

func shown(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	p := c.Person
	p.Shown = bot.Shown(c.Args.Get("choice"))
	if c.Args.Has("role") || c.Args.Has("organisation") {
		p.Role, p.Organisation = c.Args.Get("role"), c.Args.Get("organisation")
	}
	if p.Shown == bot.ByRole && p.Role == "" && p.Organisation == "" {
		if c.Form != nil {
			return bot.Reply{}, bot.Wrong("role", "Say what you do or where, so that there is something to show instead of your name.")
		}
		reply := tx.FormFor("my shown", bot.Args{"choice": {string(bot.ByRole)}}) // asked once, when it is needed
		reply.Form.Intro = "What do you do, and where? You are shown by this and not by your name."
		return reply, nil
	}
	if p != c.Person {
		if err := tx.ChangePerson(ctx, p, where(c)); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Answer("Saved. %s You can change it at any time: %s.", says(p), tx.Command("my shown")), nil
}

func role(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	p := c.Person
	p.Role, p.Organisation = c.Args.Get("role"), c.Args.Get("organisation")
	if err := tx.ChangePerson(ctx, p, ""); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Saved. %s You can change it at any time: %s.", says(p), tx.Command("my shown")), nil
}

func carried(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	p := c.Person
	p.StaysHome = !c.Args.Yes("choice", true)
	if err := tx.ChangePerson(ctx, p, where(c)); err != nil {
		return bot.Reply{}, err
	}
	if p.StaysHome {
		return bot.Answer("Saved. Your words stay in the room where you write them; what was carried is being taken away."), nil
	}
	return bot.Answer("Saved. In linked hours your words are carried to the other rooms, with your name."), nil
}

func snooze(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	d := 7 * 24 * time.Hour
	if typed := c.Args.Get("length"); typed != "" {
		var err error
		if d, err = when.ParseLength(typed); err != nil {
			return bot.Reply{}, bot.Wrong("length", "%s", err)
		}
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	p := c.Person
	p.Snoozed = tx.Now().Add(d)
	if err := tx.ChangePerson(ctx, p, ""); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("I send you nothing unasked until %s. %s ends that sooner.", when.Format(p.Snoozed, p.Location(community.Location())), tx.Command("my start")), nil
}

func stop(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	p := c.Person
	p.Stopped = true
	if err := tx.ChangePerson(ctx, p, ""); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("I send you nothing unasked any more. I still answer you, and what you host still reaches you. %s changes that.", tx.Command("my start")), nil
}

func start(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	p := c.Person
	p.Stopped, p.Snoozed = false, time.Time{}
	if err := tx.ChangePerson(ctx, p, ""); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Reminders that you asked for come again."), nil
}

// where is how a choice was made, for the consent log.
func where(c bot.Call) string {
	switch {
	case c.Pressed:
		return "button"
	case c.Form != nil:
		return "form"
	}
	return fmt.Sprintf("/%s", c.Row.Name)
}
