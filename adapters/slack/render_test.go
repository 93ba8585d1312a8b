package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"
	"pgregory.net/rapid"

	"datahour/bot"
)

var update = flag.Bool("update", false, "write the golden files anew")

func offline(t testing.TB) *Chat {
	return newChat(t, Options{Name: "defra", BotToken: botToken, AppToken: appToken})
}

// golden compares with testdata/name. The files paste into Block Kit Builder.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not as in testdata any more (go test -update writes it anew):\n%s", name, got.String())
	}
}

const moment2Dec = "<!time:1796241600>"

var goldenPosts = map[string]bot.Post{
	"announcement": {Title: "Data hour: Flood data people really use",
		Text: moment2Dec + ", one hour. Hosted by <!user:defra:U0ADA>.\n\nTell us what you do with river levels, *LiDAR* and flood warnings, and what you need from the people who publish them.\n\n" +
			"In <!room:defra:C0DATA> (Defra) and ~data (Charities). Anyone can follow and ask [on the web](https://example.org/hours/7k2).",
		Fields:  []bot.Field{{Name: "Questions", Value: "4, one every ten minutes"}, {Name: "Opens", Value: moment2Dec}},
		Buttons: []bot.Button{{Label: "By my name", Command: "my shown name"}, {Label: "Not at all", Command: "my shown no"}, {Label: "Remind me", Command: "datahour remind 7k2", Style: bot.Primary}},
		Small:   "The transcript is public, and shows only people who say **yes**. From " + moment2Dec + "."},
	"question": bot.Say("**Q2** Which dataset do you wish somebody opened, and what would you do with it?"),
	"carried":  bot.Say("**" + bot.Plain("Gra*ce <!channel>") + "** (Charities): " + bot.Quote("we match them by hand @here\n*every* quarter & <b>it</b> takes `two` days\n# see https://example.org/a_b_c?x=1&y=2")),
	"runsheet": {Text: "23 minutes left · Q2 of 4 is open\n\n1. Who maintains it?\n2. What next?\n   - a thought\n   - another\n\n> quoted\n> words\n\n```\ncode <here>\n```\n\n~~struck~~ and ***both*** and `code`",
		Buttons: []bot.Button{{Label: "Ask now", Command: "datahour next 7k2"}, {Label: "Close", Command: "datahour close 7k2", Style: bot.Danger, Confirm: "Close the hour now?"}, {Label: "Read it", URL: "https://example.org/hours/7k2"}},
		Select:  &bot.Select{Label: "Next question", Command: "datahour next id=7k2", Options: []bot.Option{{Label: "Who maintains it?", Value: "q3"}, {Label: "What next?", Value: "q4"}}},
		Image:   &bot.Image{URL: "https://example.org/chart.png", Alt: "Messages by minute"}},
	"long": bot.Say(strings.Repeat("A sentence of some words, which is not short. ", 150) + "\n\n" + strings.Repeat("Another paragraph. ", 200)),
}

func TestGoldenPosts(t *testing.T) {
	c := offline(t)
	for name, p := range goldenPosts {
		blocks, text, err := c.render(p)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", map[string]any{"blocks": slackapi.Blocks{BlockSet: blocks}, "text": text})
	}
}

func TestGoldenForms(t *testing.T) {
	c := offline(t)
	view, err := c.view(hourForm, hidden{Command: hourForm.Command, Room: "defra:C0DATA"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "form.json", view)
}

// What people wrote can be no mention and no markup, in blocks or in the text for
// notifications: slack-go's trap 6, and rule 7 of the product.
func TestPeoplesWordsAreWords(t *testing.T) {
	c := offline(t)
	for _, typed := range []string{"<!channel> <!here> <!everyone>", "@channel @here @everyone", "<@U0ADA> <#C0DATA> <!subteam^S1>", "<https://evil.example|good>", "[good](https://evil.example)",
		"<!date^1^{date}|x>", "*bold* _it_ ~no~ `code`", "> quote", "# head", "- item", "1. item", "<!user:defra:U0ADA> <!room:defra:C0DATA> <!time:1>", "&lt;!channel&gt;", "<b>x</b>", "\x020\x03", "| a |\n|---|", ":smile:", `back\slash`} {
		blocks, text, err := c.render(bot.Say("**Somebody**: " + bot.Quote(typed)))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			rich := b.(*slackapi.RichTextBlock)
			for _, e := range rich.Elements {
				section, ok := e.(*slackapi.RichTextSection)
				if !ok {
					t.Errorf("%q became a %T", typed, e)
					continue
				}
				for _, s := range section.Elements {
					switch s := s.(type) {
					case *slackapi.RichTextSectionTextElement:
						if s.Style != nil && s.Text != "Somebody" {
							t.Errorf("%q: %q has a style", typed, s.Text)
						}
					case *slackapi.RichTextSectionLinkElement: // an address stays a link, and shows itself
						if s.Text != s.URL {
							t.Errorf("%q: %q leads to %q", typed, s.Text, s.URL)
						}
					default:
						t.Errorf("%q holds a %T", typed, s)
					}
				}
			}
		}
		if strings.Contains(strings.ReplaceAll(text, "<https://evil.example>", ""), "<") {
			t.Errorf("the text for notifications holds something alive: %q", text)
		}
	}
}

// The signs that hold the place of a token while CommonMark is read mean nothing
// in a text.
func TestPlaceholdersMeanNothing(t *testing.T) {
	spans := parse("\x020\x03 and " + moment2Dec)[0].spans
	if len(spans) != 2 || spans[0].text != "0 and " || spans[1].token == nil {
		t.Errorf("became %+v", spans)
	}
}

// What is shown is what was typed.
func TestWordsAreShownAsTyped(t *testing.T) {
	c := offline(t)
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringOf(rapid.RuneFrom([]rune("ab .*_~`<>&[]()#-+1:!@|\\/\"'{}="))).Draw(t, "typed")
		want := strings.Join(strings.Fields(strings.ReplaceAll(typed, "\x00", "")), " ")
		blocks, _, err := c.render(bot.Say("x " + bot.Plain(typed)))
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		for _, b := range blocks {
			text, _ := c.fromRichText([]byte("[" + blocksOf(b) + "]"))
			shown.WriteString(text)
		}
		got := strings.NewReplacer("\u200b", "").Replace(shown.String())
		if got != strings.TrimSpace("x "+want) {
			t.Fatalf("typed %q, shown %q", want, got)
		}
	})
}

// Whatever a post says, it is within Slack's limits.
func TestWithinLimits(t *testing.T) {
	c := offline(t)
	words := rapid.SampledFrom([]string{"word ", "sentence. ", "\n\n", "\n- item ", "\n> quote ", "**bold** ", "🙂", moment2Dec + " ", "<!user:defra:U0ADA> ", "https://example.org/a ", "\n```\ncode\n```\n", strings.Repeat("x", 500), "`a` "})
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat(strings.Join(rapid.SliceOfN(words, 0, 20).Draw(t, "words"), ""), rapid.IntRange(1, 60).Draw(t, "times"))
	})
	rapid.Check(t, func(t *rapid.T) {
		p := bot.Post{Title: "T" + rapid.StringN(0, 300, -1).Draw(t, "title"), Text: text.Draw(t, "text"), Small: text.Draw(t, "small")}
		for i := range rapid.IntRange(0, 30).Draw(t, "buttons") {
			p.Buttons = append(p.Buttons, bot.Button{Label: rapid.StringN(1, 100, -1).Draw(t, "label"), Command: fmt.Sprint("datahour next ", i)})
		}
		blocks, said, err := c.render(p)
		if err != nil {
			t.Fatal(err)
		}
		within(t, map[string]any{"blocks": slackapi.Blocks{BlockSet: blocks}, "text": said}, maxBlocks)
	})
}

// Too much for one message is shortened where a sentence ends, and says so.
func TestShortened(t *testing.T) {
	c := offline(t)
	blocks, _, err := c.render(bot.Say(strings.Repeat("One sentence of eight words stands here again. ", 600)))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := c.fromRichText([]byte("[" + blocksOf(blocks[len(blocks)-1]) + "]"))
	if !strings.HasSuffix(text, shortened) {
		t.Errorf("it ends with %q", text[max(0, len(text)-200):])
	}
	if before, _, _ := strings.Cut(text, shortened); !strings.HasSuffix(strings.TrimSpace(before), "again.") {
		t.Errorf("it is cut at %q", before[max(0, len(before)-60):])
	}
	if len(blocks) < 4 {
		t.Errorf("%d blocks", len(blocks))
	}
}

// What cannot be shown whole, and would mean something else cut, is refused.
func TestRefusedParts(t *testing.T) {
	c := offline(t)
	long := strings.Repeat("x", 3001)
	for name, p := range map[string]bot.Post{
		"command": {Text: "x", Buttons: []bot.Button{{Label: "a", Command: long}}}, "address": {Text: "x", Buttons: []bot.Button{{Label: "a", URL: long}}},
		"menu":  {Text: "x", Select: &bot.Select{Label: "a", Command: long, Options: []bot.Option{{Label: "a", Value: "a"}}}},
		"value": {Text: "x", Select: &bot.Select{Label: "a", Command: "c", Options: []bot.Option{{Label: "a", Value: long}}}},
	} {
		if _, _, err := c.render(p); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
	if _, err := c.view(bot.Form{Command: long}, hidden{Command: long}); err == nil {
		t.Error("a form whose context does not fit")
	}
	view, err := c.view(bot.Form{Command: "x"}, hidden{Command: "x", Address: long})
	if err != nil || strings.Contains(view.PrivateMetadata, "xxx") {
		t.Errorf("the address is not left out: %v", err)
	}
}
