package playground

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datahour/bot"
)

func chat(platform string) *Chat {
	for _, c := range New(Options{URL: "http://127.0.0.1:0"}) {
		if c.Platform() == platform {
			return c.(*Chat)
		}
	}
	panic("no such platform")
}

func TestTokensComeInWithTheirPlatform(t *testing.T) {
	c := chat("south")
	long := strings.Repeat("x", 101)
	for in, want := range map[string]string{
		"thanks <!user:sam>, see <!room:general>": "thanks <!user:south:sam>, see <!room:south:general>",
		"<!user:sam><!user:alan>":                 "<!user:south:sam><!user:south:alan>",
		"<!room:@sam>":                            "<!room:south:@sam>",
		"<!user:north:ada>":                       "<!user:north:ada>", // out of a form of ours
		"<!room:south:general>":                   "<!room:south:general>",
		"<!time:1796241600>":                      "<!time:1796241600>",
		// What only looks like a token stays as it was typed.
		"<!user:>":                    "<!user:>",
		"<!user:sam":                  "<!user:sam",
		"<!user:sam alan>":            "<!user:sam alan>",
		"<!user:<!user:sam>":          "<!user:<!user:south:sam>",
		"<!user:sam\n>":               "<!user:sam\n>",
		"<!USER:sam>":                 "<!USER:sam>",
		"<!user:SAM>":                 "<!user:SAM>",
		"<!user:" + long + ">":        "<!user:" + long + ">",
		"<!channel> @here <script>$1": "<!channel> @here <script>$1",
	} {
		if got := c.incoming(in); got != want {
			t.Errorf("%q came in as %q, want %q", in, got, want)
		}
	}
}

func TestTokensGoOutWithoutPlatform(t *testing.T) {
	c := chat("south")
	for in, want := range map[string]string{
		"<!user:south:sam> in <!room:south:general>":     "<!user:sam> in <!room:general>",
		"<!user:north:ada>":                              "<!user:ada>", // known to the page, which shows both
		"<!user:web:v7>":                                 "<!user:web:v7>",
		"<!user:southern:sam>":                           "<!user:southern:sam>",
		"<!time:1796241600>":                             "<!time:1796241600>",
		`\<!user:south:sam>`:                             `\<!user:south:sam>`, // words that were made safe
		bot.Plain("<!user:south:sam> <!room:south:x>"):   bot.Plain("<!user:south:sam> <!room:south:x>"),
		"<!user:south:sam\n> <!user:south:> <!here:x:y>": "<!user:south:sam\n> <!user:> <!here:x:y>",
	} {
		if got := c.outgoing(in); got != want {
			t.Errorf("%q went out as %q, want %q", in, got, want)
		}
	}
}

func TestWhatComesInGoesOutTheSame(t *testing.T) {
	c := chat("north")
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"<!user:ada>", "<!room:data>", "<!user:", "<!", ">", ":", "ada", " ", "<", "é", "\n", "@here", "<!time:12>"})).Draw(t, "parts")
		text := strings.Join(parts, "")
		if got := c.outgoing(c.incoming(text)); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	})
}

func TestPostsAreRenderedWithoutChangingThem(t *testing.T) {
	c := chat("north")
	p := bot.Post{Title: "<!user:north:ada>", Text: "<!user:north:ada>", Small: "<!room:north:data>",
		Fields: []bot.Field{{Name: "Host", Value: "<!user:north:ada>"}}, Buttons: []bot.Button{{Label: "x", Command: "thanks <!user:north:ada>"}}}
	got := c.render(p)
	if got.Text != "<!user:ada>" || got.Small != "<!room:data>" || got.Fields[0].Value != "<!user:ada>" {
		t.Errorf("rendered as %+v", got)
	}
	if got.Title != p.Title || got.Buttons[0].Command != p.Buttons[0].Command {
		t.Errorf("plain words and command lines were changed: %+v", got)
	}
	if p.Fields[0].Value != "<!user:north:ada>" {
		t.Error("the core's own post was changed")
	}
}

func TestWordsForTheBot(t *testing.T) {
	c := chat("north")
	for in, want := range map[string]struct {
		text      string
		addressed bool
	}{
		"<!user:datahour> datahour next":                        {"datahour next", true},
		"<!user:datahour>: datahour ask What does @datahour do": {"datahour ask What does @datahour do", true},
		" <!user:datahour>,\nhelp":                              {"help", true},
		"<!user:datahour>":                                      {"", true},
		"<!user:datahour> thanks <!user:datahour>":              {"thanks <!user:north:datahour>", true},
		"A1 we asked <!user:datahour> and it knew":              {"A1 we asked <!user:north:datahour> and it knew", false},
		"write to team@datahour.example":                        {"write to team@datahour.example", false},
	} {
		got, _ := c.inbound(event{Kind: "message", Text: in, Addressed: strings.Contains(in, "<!user:datahour>")})
		if got.Text != want.text || got.Addressed != want.addressed {
			t.Errorf("%q is %q (addressed %v), want %q (%v)", in, got.Text, got.Addressed, want.text, want.addressed)
		}
	}
	if got, _ := c.inbound(event{Kind: "message", Text: "help", Direct: true}); got.Text != "help" || got.Addressed || !got.Direct {
		t.Errorf("a direct message came as %+v", got)
	}
	if got, _ := c.inbound(event{Kind: "edited", Text: "<!user:datahour> x", Addressed: true, Rev: 2}); got.Text != "<!user:north:datahour> x" || got.Rev != "0000000002" {
		t.Errorf("an edit came as %+v", got)
	}
}

// chosen is what the core makes of a menu's command: the words after its name.
func TestWhatIsChosenInAMenu(t *testing.T) {
	for value, want := range map[string]string{
		"":                        `datahour move 7k2`,
		"thu":                     `datahour move 7k2 "thu"`,
		"next Thursday":           `datahour move 7k2 "next Thursday"`,
		"when=thu":                `datahour move 7k2 "when=thu"`,
		`5" pipe`:                 `datahour move 7k2 "5 pipe"`,
		`say "hi"`:                `datahour move 7k2 "say "hi""`,
		"“so called” data":        `datahour move 7k2 "“so called data"`,
		"<!room:south:data-chat>": `datahour move 7k2 "<!room:south:data-chat>"`,
	} {
		got, _ := chat("north").inbound(event{Kind: "press", Text: "datahour move 7k2", Value: value})
		if got.Text != want || !got.Pressed {
			t.Errorf("%q came as %q, want %q", value, got.Text, want)
		}
	}
}

func TestPeopleComeWithTheirNames(t *testing.T) {
	c := chat("north")
	c.people.meet("north:ada", "Ada Byron")
	got, _ := c.inbound(event{Kind: "message", Text: "<!user:ada> <!user:stranger> <!room:data>", User: struct{ ID, Name string }{"tim", "Tim Berners"}})
	want := []bot.Profile{{User: "north:tim", Name: "Tim Berners"}, {User: "north:ada", Name: "Ada Byron"}}
	if !slices.Equal(got.People, want) {
		t.Errorf("came with %v, want %v", got.People, want)
	}
	for i := range mostPeople + 10 {
		c.people.meet(bot.UserID("north:p"+revision(i+2)), "x")
	}
	if n := len(c.people.names); n != mostPeople {
		t.Errorf("%d names are remembered", n)
	}
	if c.people.meet("north:ada", "Ada Lovelace"); c.people.called("north:ada") != "Ada Lovelace" {
		t.Error("a new name is not taken in")
	}
}

func TestEditsGrowBytewise(t *testing.T) {
	if revision(1) != "" || revision(9) >= revision(10) || revision(99) >= revision(1000) {
		t.Error(revision(1), revision(9), revision(10))
	}
}
