package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

const (
	northData = bot.RoomID("north:data")
	southData = bot.RoomID("south:data")
	southChat = bot.RoomID("south:chat")
)

// scene is an hour under way in three rooms: one in the north, two in the south.
type scene struct {
	*bottest.Harness
	id string
	f  *Feature
}

// onScene opens an hour and lets a test act in it. Each change may alter the hour
// before it opens.
func onScene(t *testing.T, test func(s *scene), change ...func(*Hour)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newScene(t, bottest.Config{}, change...)) })
}

func newScene(t *testing.T, c bottest.Config, change ...func(*Hour)) *scene {
	t.Helper()
	f := New()
	c.Features = []bot.Feature{f, chooser{}}
	s := &scene{Harness: bottest.Start(t, c), id: "7k2f", f: f}
	s.Chat("south").AddRoom(bot.RoomInfo{Room: southChat, Name: "~chat"})
	s.StopBot()
	s.StartBot()
	h := Hour{ID: s.id, Title: "Flood data", Start: s.Now(), Length: time.Hour, Zone: "Europe/London", By: "north:olga", Hosts: []bot.UserID{"north:hal"},
		Rooms: []bot.RoomID{northData, southData, southChat}, Public: true, State: Scheduled,
		Questions: []Question{{ID: "a", Text: "Which data?"}, {ID: "b", Text: "Who pays?"}}}
	for _, do := range change {
		do(&h)
	}
	s.do(func(ctx context.Context, tx *bot.Tx) error {
		tx.Create(&h)
		return s.f.open(ctx, tx, &h, "")
	})
	return s
}

func (s *scene) do(f func(ctx context.Context, tx *bot.Tx) error) {
	s.Helper()
	if err := s.Do(f); err != nil {
		s.Fatal(err)
	}
}

// ask opens the hour's next question in all rooms.
func (s *scene) ask() {
	s.Helper()
	s.do(func(ctx context.Context, tx *bot.Tx) error {
		h, err := hourByID(ctx, tx, s.id)
		if err != nil {
			return err
		}
		_, err = s.f.askNow(ctx, tx, &h, "")
		return err
	})
}

func (s *scene) close() {
	s.Helper()
	s.do(func(ctx context.Context, tx *bot.Tx) error {
		h, err := hourByID(ctx, tx, s.id)
		if err != nil {
			return err
		}
		return s.f.close(ctx, tx, &h, "")
	})
}

// wrapUp is what the wrap-up would say now.
func (s *scene) wrapUp() (text string) {
	s.Helper()
	s.do(func(ctx context.Context, tx *bot.Tx) error {
		h, err := hourByID(ctx, tx, s.id)
		if err != nil {
			return err
		}
		t, err := s.f.takers(ctx, tx, &h)
		if err != nil {
			return err
		}
		post, err := s.f.wrapUp(ctx, tx, &h, t, northData)
		text = post.Text
		return err
	})
	return text
}

// choose is a person choosing how they are shown.
func (s *scene) choose(u bot.UserID, shown bot.Shown) {
	s.Helper()
	s.Command(u, bot.RoomID(u.Platform()+":data"), "my shown "+string(shown))
}

func (s *scene) page() Page {
	s.Helper()
	p, ok, err := Public(context.Background(), s.Bot.View(), s.id)
	if err != nil || !ok {
		s.Fatalf("no page: %v", err)
	}
	return p
}

// lines are the page's lines in short: "Ada: words".
func (s *scene) lines() []string {
	s.Helper()
	var all []string
	for _, l := range s.page().Lines {
		all = append(all, l.Name+": "+l.Text)
	}
	return all
}

// copies are the texts of what was carried to a room, in order.
func (s *scene) copies(room bot.RoomID) []string {
	s.Helper()
	var all []string
	for _, p := range s.Posts(room) {
		if strings.HasPrefix(string(p.Key), "hour/"+s.id+"/said/") {
			all = append(all, bottest.PostWords(p.Post))
		}
	}
	return all
}

// copy is the one post in a room that carries words.
func (s *scene) copy(room bot.RoomID, words string) bottest.Posted {
	s.Helper()
	var found []bottest.Posted
	for _, p := range s.Posts(room) {
		if strings.HasPrefix(string(p.Key), "hour/"+s.id+"/said/") && strings.Contains(p.Text, words) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		s.Fatalf("%d posts in %s carry %q, want one; it has %q", len(found), room, words, s.copies(room))
	}
	return found[0]
}

func (s *scene) want(what string, got []string, want ...string) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Fatalf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// said is the record of a message.
func (s *scene) said(id bot.MessageID) Said {
	s.Helper()
	var m Said
	if _, err := s.Bot.View().Get(context.Background(), saidKey(s.id, id), &m); err != nil {
		s.Fatal(err)
	}
	return m
}

// counted is the hour's tally.
func (s *scene) counted() string {
	s.Helper()
	p := s.page()
	return fmt.Sprintf("%d people, %d messages, gaps %v", p.People, p.Messages, p.Gaps)
}

// everything is all that the page and the transcript hold, for a test to look
// for what must not be in it.
func (s *scene) everything() string {
	s.Helper()
	p := s.page()
	p.Zone = nil
	b, err := json.Marshal(p)
	if err != nil {
		s.Fatal(err)
	}
	p = s.page()
	return string(b) + string(Markdown(p)) + string(JSON(p)) + string(CSV(p)) + string(Text(p))
}

// chooser has the commands with which people choose.
type chooser struct{}

func (chooser) Alarms() map[string]bot.AlarmKind { return nil }

func (chooser) Rows() []bot.Row {
	how := []bot.Arg{{Name: "how", Required: true}}
	return []bot.Row{
		{Name: "my shown", Summary: "How I am shown", Args: how, Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			p := c.Person
			p.Shown = bot.Shown(c.Args.Get("how"))
			return bot.Answer("Saved."), tx.ChangePerson(ctx, p, "button")
		}},
		{Name: "my home", Summary: "Whether I am carried", Args: how, Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			p := c.Person
			p.StaysHome = c.Args.Get("how") == "yes"
			return bot.Answer("Saved."), tx.ChangePerson(ctx, p, "/my")
		}},
		{Name: "my erasure", Summary: "Forget me", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			return bot.Answer("Erased."), tx.Erase(ctx, c.From, bot.ErasedSelf)
		}},
	}
}
