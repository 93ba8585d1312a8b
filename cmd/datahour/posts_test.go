package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/community"
	"datahour/bot/hours"
	"datahour/bot/my"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shownFile holds what the features show, for the golden files of the adapters:
// each renders all of it. They may not import features, so it is handed over.
const shownFile = "../../bot/bottest/testdata/shown.json"

// shownPost is a post or a form of a feature's.
type shownPost struct {
	Name string    `json:"name"`
	To   bool      `json:"to_one_person,omitempty"`
	Post *bot.Post `json:"post,omitempty"`
	Form *bot.Form `json:"form,omitempty"`
}

// What the features show in a linked hour, as they hand it to
// the adapters of two platforms called charities and defra. go test -update
// writes it anew; the adapters' golden files then follow.
func TestShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &showing{}
		s.Harness = bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), my.New(), community.New()}, Chats: []bot.Chat{bottest.NewChat("charities"), bottest.NewChat("defra")},
			Organisers: map[string][]bot.UserID{"charities": {"charities:ada"}, "defra": {"defra:florence"}}})
		s.Chat("charities").AddPerson(bot.Profile{User: "charities:ada", Name: "Ada Lovelace"})
		s.Chat("charities").AddPerson(bot.Profile{User: "charities:grace", Name: "Grace @all *Hopper*"})
		s.Chat("defra").AddPerson(bot.Profile{User: "defra:florence", Name: "Florence Nightingale"})
		s.StopBot()
		s.StartBot()
		s.hour()
		s.compare()
	})
}

const (
	ours   = bot.RoomID("charities:data")
	theirs = bot.RoomID("defra:data")
)

type showing struct {
	*bottest.Harness
	shown []shownPost
}

func (s *showing) keepPost(name string, p bot.Post, to bool) {
	s.shown = append(s.shown, shownPost{Name: name, To: to, Post: &p})
}

// answered keeps a private answer.
func (s *showing) answered(name string, r bot.Reply) bot.Reply {
	s.Helper()
	switch {
	case r.Form != nil:
		s.shown = append(s.shown, shownPost{Name: name, To: true, Form: r.Form})
	case r.Post != nil:
		s.keepPost(name, *r.Post, true)
	default:
		s.Fatalf("%s shows nothing", name)
	}
	return r
}

// stands keeps the newest post in a room that has some words.
func (s *showing) stands(name string, room bot.RoomID, words string) {
	s.Helper()
	posts := s.Posts(room)
	for i := len(posts) - 1; i >= 0; i-- {
		if strings.Contains(bottest.PostWords(posts[i].Post), words) {
			_, direct := room.Person()
			s.keepPost(name, posts[i].Post, direct)
			return
		}
	}
	s.Fatalf("nothing in %s says %q: %+v", room, words, posts)
}

func (s *showing) hour() {
	const ada, grace, florence = bot.UserID("charities:ada"), bot.UserID("charities:grace"), bot.UserID("defra:florence")
	s.Command(ada, ours, "community rooms link defra:data")
	s.Press(florence, florence.Direct(), "Link them")
	s.answered("form of a new hour", s.Command(ada, ours, "datahour new"))
	s.answered("preview", s.Submit(ada, ours, map[string]string{"title": "Flood data <people> *really* use", "when": "Wed 8pm", "about": "River levels & LiDAR.",
		"rooms": "<!room:charities:data>\n<!room:defra:data>", "questions": "Which river?\nWhich dataset do you @wish for?", "public": "yes", "automatic": "yes"}))
	s.answered("form of a draft", s.Press(ada, ours, "Edit"))
	s.Submit(ada, ours, map[string]string{"length": "60 minutes"})
	s.answered("announced", s.Press(ada, ours, "Post"))
	s.stands("announcement", ours, "Data hour: Flood")
	s.AdvanceTo(time.Date(2026, 11, 25, 19, 50, 0, 0, time.UTC))
	s.stands("reminder", ours, "Ten minutes until")
	s.AdvanceTo(time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC))
	s.stands("opening", ours, "is open until")
	s.Say(grace, ours, "A1 We match them by hand, <b>every</b> quarter: https://example.org/a_b")
	s.Advance(time.Minute)
	if whispers := s.Whispers(grace); len(whispers) > 0 {
		s.keepPost("question about being shown", whispers[0].Post, true)
	} else {
		s.Fatal("nobody is asked about being shown")
	}
	s.stands("carried message", theirs, "We match them by hand")
	s.answered("form about being shown", s.Press(grace, ours, "By my role"))
	s.answered("shown by role", s.Submit(grace, ours, map[string]string{"role": "data analyst", "organisation": "Environment Agency"}))
	s.AdvanceTo(time.Date(2026, 11, 25, 20, 20, 0, 0, time.UTC))
	s.stands("question", ours, "Which river?")
	s.Command(grace, ours, "datahour ask Who maintains it?")
	s.Advance(time.Minute)
	s.stands("run sheet", ada.Direct(), "Run sheet")
	s.answered("queue", s.Command(ada, ours, "datahour queue"))
	s.Command(ada, ours, "datahour close")
	s.Advance(2 * time.Minute)
	s.stands("wrap-up", ours, "That was")
	s.stands("after-hour card", ada.Direct(), "ummary")
	s.answered("status", s.Command(ada, ours, "community status"))
	s.answered("help", s.Command(grace, ours, "help"))
}

// ids are those that are chance: of hours and of drafts.
var ids = regexp.MustCompile(`(?:/hour/|datahour (?:post|redraft|drop) )([a-z0-9]+)`)

// compare holds what was shown against the file. Ids are chance: they are numbered.
func (s *showing) compare() {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s.shown); err != nil {
		s.Fatal(err)
	}
	got := b.String()
	for n, m := range ids.FindAllStringSubmatch(got, -1) {
		got = regexp.MustCompile(`\b`+m[1]+`\b`).ReplaceAllString(got, fmt.Sprint("id", n+1))
	}
	if *update {
		if err := os.WriteFile(shownFile, []byte(got), 0o644); err != nil {
			s.Fatal(err)
		}
	}
	want, err := os.ReadFile(shownFile)
	if err != nil {
		s.Fatal(err)
	}
	if got != string(want) {
		s.Errorf("what is shown is not as in %s any more (go test -run Shown -update writes it anew):\n%s", shownFile, got)
	}
}
