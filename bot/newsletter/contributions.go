package newsletter

import (
	"context"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// did says in words what somebody did, before what it was done for.
var did = map[bot.ContributionKind]string{
	bot.Hosting: "Hosted", bot.Answering: "Answered in", bot.Asking: "Asked in", bot.Sharing: "Shared", bot.Pitching: "Pitched", bot.Helping: "Helped with", bot.Organising: "Organised",
}

// which names one of a person's contributions in a command.
func which(c *bot.Contribution) string { return string(c.What) + ":" + c.About }

// contribution is what somebody did, in plain words.
func contribution(c *bot.Contribution) string {
	switch {
	case c.What == bot.Helping && c.Words != "":
		return "Thanked for " + line(c.Words)
	case c.Title == "":
		return did[c.What] + " something that has no public page"
	}
	return did[c.What] + " " + line(c.Title)
}

// mostContributions is how many a list shows.
const mostContributions = 25

// runContributions lists what the caller is credited for, shows one, or changes how
// they are shown for it.
func (f *Feature) runContributions(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	mine, err := bot.ContributionsOf(ctx, tx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if id := c.Args.Get("which"); id != "" {
		at := slices.IndexFunc(mine, func(x bot.Contribution) bool { return which(&x) == id })
		if at < 0 {
			return bot.Reply{}, bot.Sayf(bot.Missing, "You are not credited for that. %s shows what you are.", tx.Command("my contributions"))
		}
		if c.Args.Has("credit") {
			return f.recredit(ctx, tx, c, &mine[at])
		}
		post := bot.Post{Text: bot.Plain(contribution(&mine[at])) + ", " + shownFor(&mine[at], c.Person) + ". How shall you be shown for it?"}
		for _, o := range creditOptions {
			post.Buttons = append(post.Buttons, bot.Button{Label: o.Label, Command: "my contributions " + id + " " + o.Value})
		}
		return bot.Reply{Post: &post, Replace: c.Pressed}, nil
	}
	if len(mine) == 0 {
		return bot.Answer("Nothing is recorded yet. Hosting, asking and answering in a data hour counts, and so does what you %s.", tx.Command("share")), nil
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	slices.Reverse(mine)
	lines := []string{"What you are credited for, thank you for it:", ""}
	menu := bot.Select{Label: "Change how one is shown", Command: "my contributions"}
	for n := range mine {
		if n == mostContributions {
			lines = append(lines, "", "And "+counted(len(mine)-n, "earlier one", "earlier ones")+".")
			break
		}
		lines = append(lines, "- "+bot.Plain(contribution(&mine[n]))+", "+when.FormatDay(mine[n].At, community.Location())+": "+shownFor(&mine[n], c.Person))
		menu.Options = append(menu.Options, bot.Option{Label: bot.ClipTo(contribution(&mine[n]), 60), Value: which(&mine[n])})
	}
	return bot.Reply{Post: &bot.Post{Text: strings.Join(lines, "\n"), Select: &menu, Small: "There are no points and there is no ranking. How you are shown in general: " + tx.Command("my shown") + "."}}, nil
}

func shownFor(c *bot.Contribution, p bot.Person) string {
	if name, shown := publicName(c.Credit, p); shown {
		return "shown as " + bot.Plain(name)
	}
	return "shown without your name"
}

// recredit changes how the caller is shown for something they did, everywhere.
func (f *Feature) recredit(ctx context.Context, tx *bot.Tx, c bot.Call, done *bot.Contribution) (bot.Reply, error) {
	done.Credit = creditOf(c.Person, c.Args.Get("credit"))
	tx.Credit(*done)
	if id, ok := strings.CutPrefix(done.About, "item/"); ok && done.What == bot.Sharing { // its credit stands in the item too
		var i Item
		if there, err := tx.Get(ctx, itemKey(id), &i); err != nil {
			return bot.Reply{}, err
		} else if there {
			i.Credit = done.Credit
			tx.Put(&i)
		}
	}
	if err := f.ChoiceChanged(ctx, tx, c.Person); err != nil {
		return bot.Reply{}, err
	}
	reply := bot.Answer("Saved: %s, %s.", bot.Plain(contribution(done)), shownFor(done, c.Person))
	reply.Replace = c.Pressed && c.Row.Name == "my contributions"
	return reply, nil
}

// Contributor is somebody who agreed to be named, with what they did.
type Contributor struct {
	Name string // or a role and an organisation
	Did  []Contributed
}

// Contributed is one thing that somebody did.
type Contributed struct {
	What string // "Hosted Flood data people really use"
	At   time.Time
	Path string // of its public page, or ""
}

// PublicContributors are all who agreed to be named, by name, each with what they
// did under that name, the latest first. What somebody did under another one, by
// role say, stands apart, so that nothing tells that the two are the same.
func PublicContributors(ctx context.Context, r bot.Reader) ([]Contributor, error) {
	all, err := bot.ContributionsOf(ctx, r, "")
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	crowd := newCrowd(r)
	at := map[string]int{}
	var list []Contributor
	for n := range all {
		c := &all[n]
		p, err := crowd.person(ctx, c.Who)
		if err != nil {
			return nil, err
		}
		name, shown := publicName(c.Credit, p)
		if !shown || c.Title == "" && c.Words == "" {
			continue
		}
		i, known := at[name]
		if !known {
			i = len(list)
			at[name] = i
			list = append(list, Contributor{Name: line(name)})
		}
		list[i].Did = append(list[i].Did, Contributed{What: contribution(c), At: c.At, Path: c.Path})
	}
	slices.SortFunc(list, func(a, b Contributor) int { return byFold(a.Name, b.Name) })
	return list, nil
}
