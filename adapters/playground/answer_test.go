package playground

import (
	"testing"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

// private posts that somebody sees in a room.
func (s *stage) private(room, as string) []world.Post {
	s.Helper()
	var out []world.Post
	for _, p := range s.posts(room, as) {
		if p.Only == as && p.By == world.BotID {
			out = append(out, p)
		}
	}
	return out
}

func (s *stage) press(as, message, button string) object {
	s.Helper()
	return s.does("POST", "/api/press", object{"as": as, "message": message, "button": button})
}

// until asks again and again for what must come; each turn is a whole request.
func (s *stage) until(what string, there func() bool) {
	s.Helper()
	for range 20_000 {
		if there() {
			return
		}
	}
	s.Fatalf("waited in vain: %s", what)
}

func TestWordsToTheBotAreAnsweredPrivatelyInTheirThread(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	e := listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if !in.Addressed {
			return bot.Reply{}, nil
		}
		return says("It was " + in.Text), nil
	})
	root := s.says("tim", "data", "the first")
	s.does("POST", "/api/say", object{"as": "tim", "room": "data", "thread": root, "text": "@datahour datahour next"})
	s.until("the answer", func() bool { return len(s.private("data", "tim")) == 1 })
	if p := s.private("data", "tim")[0]; p.Thread != root || p.Content.Text != "It was datahour next" {
		t.Errorf("answered with %+v, %+v", p, p.Content)
	}
	if n := len(s.posts("data", "mary")); n != 2 {
		t.Errorf("others see %d posts, want 2", n)
	}
	if in := e.hears(bot.Message, 2); in.Thread != bot.MessageID("north:"+root) {
		t.Errorf("came as %+v", in)
	}
}

// A mention cannot open a form; a button with the same words can.
func TestAFormForWordsToTheBot(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		if in.Kind == bot.Command || in.Addressed {
			return bot.Reply{Form: &bot.Form{Title: in.Text, Command: "datahour new"}}, nil
		}
		return bot.Reply{}, nil
	})
	s.says("tim", "data", `@datahour datahour new "Flood data" @ada`)
	s.until("the answer", func() bool { return len(s.private("data", "tim")) == 1 })
	opened := s.press("tim", s.private("data", "tim")[0].ID, "Open the form")
	if f, _ := opened["form"].(object); f == nil || f["title"] != `datahour new "Flood data" <!user:north:ada>` {
		t.Errorf("pressing it opened %v", opened)
	}
}

func TestAnAnswerTakesThePlaceOfAPrivateMessageOnly(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	listens(t, s.north, func(in bot.Inbound) (bot.Reply, error) {
		r := says("after " + in.Text)
		r.Replace = true
		if in.Kind == bot.Message {
			r = bot.Reply{}
		}
		if in.Text == "edit" && in.Form == nil {
			r = bot.Reply{Form: &bot.Form{Title: "Edit", Command: "edited"}}
		}
		return r, nil
	})
	post := bot.Post{Text: "before", Buttons: []bot.Button{{Label: "Go", Command: "go"}, {Label: "Edit", Command: "edit"}}}
	public, err := s.north.Post(t.Context(), "north:data", "", "k", "m", post)
	if err != nil {
		t.Fatal(err)
	}
	out := s.press("tim", public.Rest(), "Go")
	if p, _ := out["post"].(object); p == nil || out["update"] != nil || p["only"] != "tim" {
		t.Errorf("a press on what everybody reads came to %v", out)
	}
	if got := s.posts("data", "mary"); len(got) != 1 || got[0].Content.Text != "before" {
		t.Errorf("and everybody reads %+v", got)
	}

	whisper := func() string {
		if err := s.north.Whisper(t.Context(), "north:data", "north:tim", post); err != nil {
			t.Fatal(err)
		}
		all := s.private("data", "tim")
		return all[len(all)-1].ID
	}
	id := whisper()
	before := len(s.private("data", "tim"))
	if out := s.press("tim", id, "Go"); out["update"] == nil {
		t.Errorf("a press on a private message came to %v", out)
	}
	if got := s.private("data", "tim"); len(got) != before || got[before-1].Content.Text != "after go" {
		t.Errorf("and shows %+v", got[before-1].Content)
	}

	id = whisper()
	form := s.press("tim", id, "Edit")
	if out := s.does("POST", "/api/submit", object{"as": "tim", "trigger": form["trigger"], "values": object{}}); out["update"] == nil {
		t.Errorf("a form opened from a private message came to %v", out)
	}

	// What was pressed on goes meanwhile.
	id = whisper()
	form = s.press("tim", id, "Edit")
	s.does("POST", "/api/delete", object{"as": "tim", "message": id})
	if out := s.does("POST", "/api/submit", object{"as": "tim", "trigger": form["trigger"], "values": object{}}); out["post"] == nil {
		t.Errorf("after its message was deleted, a form came to %v", out)
	}
}

func TestAnAnswerIsTriedAgainOnlyWhenItHadNoEffect(t *testing.T) {
	s := open(t, world.Options{Patience: patience}, Options{})
	hello := func(bot.Inbound) (bot.Reply, error) { return says("hello"), nil }
	e := listens(t, s.north, hello)
	command := func() object {
		return s.does("POST", "/api/command", object{"as": "tim", "room": "data", "text": "/hello"})
	}
	s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "answer", Do: "refuse", Seconds: 1}}})
	if out := command(); out["answered"] != true {
		t.Errorf("refused once, it came to %v", out)
	}
	for _, do := range []string{"lose", "failAfter"} {
		before := len(s.private("data", "tim"))
		s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "answer", Do: do}}})
		command()
		_ = e.ends() // and with it all that it would still say
		if n := len(s.private("data", "tim")) - before; n != 1 {
			t.Errorf("%s: %d answers to one command", do, n)
		}
		e = listens(t, s.north, hello)
	}
}
