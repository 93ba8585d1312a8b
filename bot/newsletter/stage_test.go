package newsletter_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/newsletter"
)

const (
	olga  = bot.UserID("north:olga") // an organiser, and so an editor
	oskar = bot.UserID("south:oskar")
	ada   = bot.UserID("north:ada")
	bob   = bot.UserID("south:bob")
	data  = bot.RoomID("north:data")
	south = bot.RoomID("south:data")
)

// stage is a community with a newsletter, and people who write it.
type stage struct{ *bottest.Harness }

func staged(t *testing.T, test func(s stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(stage{bottest.Start(t, bottest.Config{Features: []bot.Feature{newsletter.New(), choosing{}}})})
	})
}

// choosing has what /my does, which is another feature's.
type choosing struct{}

func (choosing) Alarms() map[string]bot.AlarmKind { return nil }
func (choosing) Rows() []bot.Row {
	return []bot.Row{
		{Name: "my", Summary: "Mine", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			lines, err := tx.Mine(ctx, c.From)
			return bot.Answer("%s", strings.Join(lines, "\n")), err
		}},
		{Name: "my shown", Summary: "Choose", Args: []bot.Arg{{Name: "how"}, {Name: "role"}, {Name: "organisation"}}, Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			p := c.Person
			p.Shown, p.Role, p.Organisation = bot.Shown(c.Args.Get("how")), c.Args.Get("role"), c.Args.Get("organisation")
			return bot.Answer("Saved."), tx.ChangePerson(ctx, p, "button")
		}},
		{Name: "my erase", Summary: "Forget me", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			return bot.Answer("Erasing."), tx.Erase(ctx, c.From, bot.ErasedSelf)
		}},
		{Name: "my copy", Summary: "A copy", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			all, err := tx.Copy(ctx, c.From)
			var lines []string
			for _, part := range all {
				lines = append(lines, part.What+": "+part.Words)
			}
			return bot.Answer("%s", strings.Join(lines, "\n")), err
		}},
	}
}

// tell gives a person a command in their room and the words of its answer.
func (s stage) tell(u bot.UserID, line string) string {
	s.Helper()
	return bottest.Words(s.Command(u, bot.RoomID(u.Platform()+":data"), line))
}

func (s stage) press(u bot.UserID, label string) string {
	s.Helper()
	return bottest.Words(s.Press(u, bot.RoomID(u.Platform()+":data"), label))
}

func (s stage) submit(u bot.UserID, values map[string]string) string {
	s.Helper()
	return bottest.Words(s.Submit(u, bot.RoomID(u.Platform()+":data"), values))
}

var itemID = regexp.MustCompile(`share edit (\w+)`)

// share shares something in one line and gives its id.
func (s stage) share(u bot.UserID, line string) string {
	s.Helper()
	reply := s.Command(u, bot.RoomID(u.Platform()+":data"), "share "+line)
	if reply.Post != nil {
		for _, b := range reply.Post.Buttons {
			if m := itemID.FindStringSubmatch(b.Command); m != nil {
				return m[1]
			}
		}
	}
	s.Fatalf("not shared: %s", bottest.Words(reply))
	return ""
}

// direct are the words of the bot's direct messages with somebody.
func (s stage) direct(u bot.UserID) string {
	s.Helper()
	var all []string
	for _, p := range s.Direct(u) {
		all = append(all, bottest.PostWords(p.Post))
	}
	return strings.Join(all, "\n---\n")
}

// item is the record of an item, which must be there.
func (s stage) item(id string) newsletter.Item {
	s.Helper()
	var i newsletter.Item
	if there, err := s.Bot.View().Get(context.Background(), "item/"+id, &i); err != nil || !there {
		s.Fatalf("item %s: %v %v", id, there, err)
	}
	return i
}

func (s stage) gone(id string) {
	s.Helper()
	var i newsletter.Item
	if there, err := s.Bot.View().Get(context.Background(), "item/"+id, &i); err != nil || there {
		s.Fatalf("item %s is still there (%v)", id, err)
	}
}

func (s stage) says(what string, got string, want ...string) {
	s.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			s.Fatalf("%s lacks %q:\n%s", what, w, got)
		}
	}
}

func (s stage) lacks(what string, got string, not ...string) {
	s.Helper()
	for _, w := range not {
		if strings.Contains(got, w) {
			s.Fatalf("%s has %q:\n%s", what, w, got)
		}
	}
}
