package newsletter

import (
	"context"
	"strings"

	"datahour/bot"
)

const thanksMax = 200

// thanksRows are the commands by which people credit others, and look at what they
// are credited for.
func (f *Feature) thanksRows() []bot.Row {
	person := bot.Arg{Name: "person", Kind: bot.People, Label: "Who", Hint: "A mention", Required: true}
	words := bot.Arg{Name: "words", Kind: bot.Rest, Label: "What for", Hint: "for opening the LiDAR tiles", Max: thanksMax, Required: true}
	return []bot.Row{
		{Name: "thanks", Args: []bot.Arg{person, words}, Summary: "Thank somebody for what they did, so that it is not forgotten", Form: "Thank somebody", Submit: "Preview", Run: f.runThanks,
			Examples: []string{"thanks <!user:north:grace> for opening the LiDAR tiles"}},
		{Name: "thanks give", Args: []bot.Arg{person, {Name: "where", Kind: bot.Choice, Options: []bot.Option{{Label: "Here", Value: "here"}, {Label: "Quietly", Value: "quietly"}}, Required: true}, words}, Hidden: true,
			Summary: "Thank somebody, as previewed", Run: f.runGive},
		{Name: "thanks credit", Args: []bot.Arg{{Name: "thanks", Kind: bot.ID, Required: true}, {Name: "credit", Kind: bot.Choice, Options: creditOptions, Required: true}}, Hidden: true,
			Summary: "How whoever was thanked is shown", Run: f.runThanksCredit},
		{Name: "my contributions", Args: []bot.Arg{{Name: "which", Kind: bot.ID}, {Name: "credit", Kind: bot.Choice, Options: creditOptions}}, Summary: "What you are credited for, and how you are shown for it",
			Run: f.runContributions, Examples: []string{"my contributions"}},
	}
}

// thanked reads whom and what for somebody thanks.
func thanked(ctx context.Context, tx *bot.Tx, c bot.Call) (who bot.Person, words string, err error) {
	var u bot.UserID
	typed := c.Args.Get("person")
	bot.ReplaceTokens(typed, func(t bot.Token) string {
		if t.Kind == "user" {
			u = bot.UserID(t.ID)
		}
		return ""
	})
	switch {
	case u == "" || u.Rest() == "" || u.Platform() == bot.Web:
		return who, "", bot.Wrong("person", "Mention whom you thank: `@name`.")
	case u == c.From:
		return who, "", bot.Wrong("person", "That is you. Mention somebody else.")
	}
	words = strings.TrimSuffix(line(c.Args.Get("words")), ".")
	if rest, ok := strings.CutPrefix(words, "for "); ok {
		words = rest
	}
	if words == "" {
		return who, "", bot.Wrong("words", "Say what for, such as `for opening the LiDAR tiles`.")
	}
	who, err = tx.Person(ctx, u)
	return who, words, err
}

// runThanks shows what would stand in the room: nothing goes there unseen.
func (f *Feature) runThanks(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	who, words, err := thanked(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	post := bot.Post{Text: "This would stand here:\n\n" + quoted(thanksText(c.From, who.User, words)) + "\n\nThe newsletter thanks " + bot.Mention(who.User) + " too, as they agree to be shown."}
	if _, direct := c.Room.Person(); !direct {
		post.Buttons = append(post.Buttons, bot.Button{Label: "Say it here", Command: giveLine(who.User, "here", words), Style: bot.Primary})
	} else {
		post.Text = "You thank " + bot.Mention(who.User) + " for " + bot.Plain(words) + ". The newsletter thanks them, as they agree to be shown."
	}
	post.Buttons = append(post.Buttons, bot.Button{Label: "Only for the record", Command: giveLine(who.User, "quietly", words)})
	return bot.Reply{Post: &post}, nil
}

func giveLine(who bot.UserID, where, words string) string {
	return "thanks give " + bot.Mention(who) + " " + where + " " + words
}

func thanksText(by, who bot.UserID, words string) string {
	return bot.Mention(by) + " thanks " + bot.Mention(who) + " for " + bot.Plain(words) + "."
}

func thanksKey(id string) string { return "thanks/" + id }

// runGive records the thanks, and says it in the room when that was pressed.
func (f *Feature) runGive(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	who, words, err := thanked(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	about := thanksKey(bot.ShortID() + bot.ShortID())
	tx.Credit(bot.Contribution{Who: who.User, What: bot.Helping, About: about, By: c.From, Words: words})
	reply := bot.Answer("Recorded: %s is thanked for %s.", bot.Mention(who.User), bot.Plain(words))
	reply.Replace = true
	if _, direct := c.Room.Person(); c.Args.Get("where") == "quietly" || direct {
		return reply, nil
	}
	post := bot.Post{Text: thanksText(c.From, who.User, words), Small: "The newsletter and the contributors page thank people, as they agree to be shown: " + bot.Mention(who.User) + " can say how."}
	for _, o := range creditOptions {
		post.Buttons = append(post.Buttons, bot.Button{Label: o.Label, Command: "thanks credit " + strings.TrimPrefix(about, "thanks/") + " " + o.Value})
	}
	tx.Show(bot.Notice{Room: c.Room, Key: bot.Key(about), Post: post})
	tx.Put(&given{ID: about, Who: who.User, By: c.From, Room: c.Room})
	return reply, nil
}

// given is a thanks that stands in a room, so that it goes with whom it names.
type given struct {
	ID   string     `json:"id"`
	Who  bot.UserID `json:"who"`
	By   bot.UserID `json:"by"`
	Room bot.RoomID `json:"room"`
}

func (g *given) Key() string         { return g.ID }
func (g *given) Kind() (string, int) { return "thanks", 1 }
func (g *given) Index() []string     { return []string{givenTo(g.Who), givenTo(g.By)} }

func givenTo(u bot.UserID) string { return "thanks:" + string(u) }

// eraseGiven takes a thanks that names somebody out of its room.
func eraseGiven(ctx context.Context, tx *bot.Tx, key string, _ bot.UserID, _ *bot.Erased) error {
	var g given
	if there, err := tx.Get(ctx, key, &g); err != nil || !there {
		return err
	}
	tx.Retract(g.Room, bot.Key(g.ID))
	tx.Delete(key)
	return nil
}

// runThanksCredit is whoever was thanked saying how they are shown for it.
func (f *Feature) runThanksCredit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	mine, err := bot.ContributionsOf(ctx, tx, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	for n := range mine {
		if mine[n].About == thanksKey(c.Args.Get("thanks")) {
			return f.recredit(ctx, tx, c, &mine[n])
		}
	}
	return bot.Reply{}, bot.Sayf(bot.Forbidden, "That is for whoever was thanked to say.")
}
