package playground

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func TestFormsInTheWorldsWords(t *testing.T) {
	c := chat("north")
	for who, name := range map[bot.UserID]string{"north:tim": "Tim", "north:ada": "Ada", "south:sam": "Sam", "south:alan": "Alan"} {
		c.people.meet(who, name)
	}
	rooms := []bot.Option{{Label: "#data (north)", Value: "<!room:north:data>"}, {Label: "~general (south)", Value: "<!room:south:general>"}}
	got := c.renderForm(&bot.Form{Title: "New", Intro: "For <!user:north:ada>", Command: "datahour new", Fields: []bot.FormField{
		{Name: "title", Label: "Title", Kind: bot.Text, Value: "Ponds", Max: 80, Optional: true, Hint: "Short"},
		{Name: "public", Label: "Public", Kind: bot.Yes, Value: "yes"},
		{Name: "quiet", Label: "Quiet", Kind: bot.Yes, Value: "no"},
		{Name: "hosts", Label: "Hosts", Kind: bot.People, Value: "<!user:north:ada>\n<!user:south:sam>\n<!user:web:v7>"},
		{Name: "rooms", Label: "Rooms", Kind: bot.Rooms, Value: "<!room:south:general>", Options: rooms},
		{Name: "length", Label: "Length", Kind: bot.Length},
		{Name: "odd", Label: "Odd", Kind: "of tomorrow"},
	}})
	want := form{Title: "New", Intro: "For <!user:ada>", Command: "datahour new", Submit: "Save", Fields: []formField{
		{Name: "title", Label: "Title", Kind: "text", Value: "Ponds", Max: 80, Optional: true, Hint: "Short"},
		{Name: "public", Label: "Public", Kind: "bool", Value: "yes"},
		{Name: "quiet", Label: "Quiet", Kind: "bool", Value: "no"},
		{Name: "hosts", Label: "Hosts", Kind: "people", Value: "<!user:north:ada>\n<!user:south:sam>\n<!user:web:v7>", Options: []bot.Option{
			{Label: "Ada", Value: "<!user:north:ada>"}, {Label: "Sam (south)", Value: "<!user:south:sam>"},
			{Label: "Tim", Value: "<!user:north:tim>"}, {Label: "v7 (web)", Value: "<!user:web:v7>"}}},
		{Name: "rooms", Label: "Rooms", Kind: "rooms", Value: "<!room:south:general>", Options: rooms},
		{Name: "length", Label: "Length", Kind: "text"},
		{Name: "odd", Label: "Odd", Kind: "text"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A form is opened, sent with mistakes, kept open with words for each, and sent again.
func TestAFormFromEndToEnd(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		switch {
		case in.Kind != bot.Command:
			return bot.Reply{}, nil
		case in.Form == nil:
			return bot.Reply{Form: &bot.Form{Title: "New", Command: "datahour new", Fields: []bot.FormField{{Name: "hosts", Label: "Hosts", Kind: bot.People}}}}, nil
		case in.Form["hosts"] == "":
			return bot.Reply{Errors: map[string]string{"hosts": "Name a host, such as <!user:north:ada>.", "": "Not saved."}}, nil
		}
		return says("Hosted by " + in.Form["hosts"]), nil
	})
	opened := s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/datahour new"})
	trigger := opened["trigger"]
	if f, _ := opened["form"].(object); f == nil || f["title"] != "New" {
		t.Fatalf("opened %v", opened)
	}
	wrong := s.does("POST", "/api/submit", object{"as": "tim", "trigger": trigger, "values": object{"hosts": ""}})
	if got, _ := wrong["errors"].(object); got["hosts"] != "Name a host, such as <!user:ada>." || got[""] != "Not saved." {
		t.Errorf("the form stays open with %v", wrong)
	}
	// The page sends the option that was offered; a story may send what a person types.
	right := s.does("POST", "/api/submit", object{"as": "tim", "trigger": trigger, "values": object{"hosts": "<!user:north:ada>\n<!user:tim>"}})
	if post, _ := right["post"].(object); post == nil || post["post"].(object)["text"] != "Hosted by <!user:ada>\n<!user:tim>" {
		t.Errorf("answered with %v", right)
	}
	if in := e.hears(bot.Command, 3); in.Text != "datahour new" || in.Form["hosts"] != "<!user:north:ada>\n<!user:north:tim>" {
		t.Errorf("the form came as %+v", in)
	}
}
