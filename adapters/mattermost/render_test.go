package mattermost

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"datahour/bot"
)

var update = flag.Bool("update", false, "write the golden files anew")

// moment is the one that golden files hold.
var moment = time.Date(2026, time.December, 2, 20, 0, 0, 0, time.UTC)

// offline is a bot that knows people and rooms, and asks nobody.
func offline(t *testing.T) *Chat {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Name: "charities", URL: "http://127.0.0.1:1", Token: token, Team: "charities", CallbackURL: "https://hour.example.org/mattermost/charities", Secret: "golden", Zone: london})
	if err != nil {
		t.Fatal(err)
	}
	c.people.keep(user{ID: adaID, Username: "ada", FirstName: "Ada"})
	c.rooms.keep(channel{ID: dataID, Type: public, Name: "data"})
	return c
}

// Golden files: what is posted, as the server gets it.
func TestGoldenPosts(t *testing.T) {
	c := offline(t)
	for name, p := range map[string]bot.Post{
		"announcement": {Title: "Data hour: Flood data people *really* use",
			Text:   bot.MomentToken(moment) + ", one hour\n\nHosted by " + bot.Mention("charities:"+adaID) + ". In " + bot.InRoom("charities:"+dataID) + ".",
			Fields: []bot.Field{{Name: "Topic", Value: "River levels"}, {Name: "Length", Value: "**one** hour"}},
			Buttons: []bot.Button{{Label: "By my name", Command: "my shown name", Style: bot.Primary}, {Label: "Not at all", Command: "my shown no"},
				{Label: "Follow on the web", URL: "https://hour.example.org/h/7k2?a=1&b=2"}, {Label: "Leave", Command: "datahour leave 7k2", Style: bot.Danger, Confirm: "Take this room out?"}},
			Small: "You can change your mind with `/my`."},
		"plain":      bot.Say("Ten minutes until *Flood data*."),
		"menu":       {Text: "Which?", Select: &bot.Select{Label: "Section", Command: "newsletter section 3", Options: []bot.Option{{Label: "Tools", Value: "tools"}, {Label: "Data & maps", Value: "data"}}}},
		"picture":    {Text: "Where from?", Image: &bot.Image{URL: "https://hour.example.org/p/1.png", Alt: "Map: 12 from <Leeds>"}},
		"people say": {Text: bot.Quote("@all look at <b>this</b> | C:\\new & a@b.org\n# no heading\n```\nno code\n@here <!channel> ~town-square :tada: https://example.org/@ada_b_c")},
		"carried":    {Text: "**Tim** (South): " + bot.Plain("we match them by hand_every quarter, 2 * 3 = 6")},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.render(t.Context(), p, c.toRoom(dataID, "hour/7k2"))
			golden(t, strings.ReplaceAll(name, " ", "-")+".json", map[string]any{"message": r.Message, "props": r.props("hour/7k2", "mark")})
		})
	}
}

// Golden files of all that the features show, as cmd/datahour's TestShown wrote it
// down: what the server gets in a room, or for one person.
func TestGoldenShown(t *testing.T) {
	raw, err := os.ReadFile("../../bot/bottest/testdata/shown.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name string
		To   bool `json:"to_one_person"`
		Post *bot.Post
		Form *bot.Form
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	c := offline(t)
	c.people.keep(user{ID: "ada", Username: "ada", FirstName: "Ada", LastName: "Lovelace"})
	c.people.keep(user{ID: "grace", Username: "grace", Nickname: "Grace @all *Hopper*"})
	c.rooms.keep(channel{ID: "data", Type: public, Name: "data"})
	room := c.toRoom("data", "hour/7k2f/key")
	alone := place{channel: "data", to: "ada", zone: c.o.Zone, once: true}
	for _, x := range all {
		file := "shown/" + strings.ReplaceAll(x.Name, " ", "-") + ".json"
		t.Run(x.Name, func(t *testing.T) {
			switch {
			case x.Form != nil:
				d := c.dialogFor(t.Context(), *x.Form, dialogState{Room: "charities:data", Channel: "data", User: "ada"})
				d.State = "sealed" // it has a nonce
				golden(t, file, d)
			case x.To:
				golden(t, file, commandAnswer(c.render(t.Context(), *x.Post, alone)))
			default:
				r := c.render(t.Context(), *x.Post, room)
				golden(t, file, map[string]any{"message": r.Message, "props": r.props(room.key, "mark")})
			}
		})
	}
}

func TestGoldenForm(t *testing.T) {
	c := offline(t)
	c.people.keep(user{ID: adaID, Username: "ada"})
	d := c.dialogFor(t.Context(), everyField(), dialogState{Room: "charities:" + dataID, Channel: dataID, User: adaID})
	d.State = "sealed"
	golden(t, "form.json", d)
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("%s is now\n%s", file, got)
	}
}

// A post that is too long for a message goes on in attachments of the same post,
// whole, up to what a request may hold.
func TestLongPosts(t *testing.T) {
	s := newServer(t)
	listen(t, s, nil)
	words := strings.TrimSpace(strings.Repeat("Zoë said: “naïve” 漢字 words.\n\n", 1500)) // 45,000 runes
	p := bot.Post{Text: words, Buttons: []bot.Button{{Label: "Go", Command: "go"}}}
	id, err := s.chat.Post(t.Context(), s.Room(), "", "k", "m", p)
	if err != nil {
		t.Fatal(err)
	}
	r := s.chat.render(t.Context(), p, s.chat.toRoom(dataID, "k"))
	all := r.Message
	for _, a := range r.Attachments {
		if a.Text != "" {
			all += "\n\n" + a.Text
		}
	}
	if all != words || utf8.RuneCountInString(r.Message) > 16383 || len(r.Attachments) < 3 || len(s.actions(id)) != 1 {
		t.Errorf("%d runes became %d and %d attachments", len([]rune(words)), len([]rune(r.Message)), len(r.Attachments))
	}
	// One rune more than a message holds, without any place to cut.
	if m, rest := splitAt(strings.Repeat("漢", maxMessage+1), maxMessage); utf8.RuneCountInString(m) != maxMessage || rest != "漢" {
		t.Errorf("cut into %d and %q", utf8.RuneCountInString(m), rest)
	}
	if _, err := s.chat.Post(t.Context(), s.Room(), "", "word", "m", bot.Say(strings.Repeat("漢", 20_000))); err != nil {
		t.Errorf("one long word ends with %v", err)
	}
	// More bytes than a request may have: shortened, and it says so.
	for _, huge := range []string{strings.Repeat("漢字 ", 60_000), strings.Repeat("\"\\<&", 60_000)} {
		if _, err := s.chat.Post(t.Context(), s.Room(), "", "huge", "m", bot.Post{Text: huge, Buttons: p.Buttons}); err != nil {
			t.Errorf("a huge post ends with %v", err)
		}
	}
}

func TestDialect(t *testing.T) {
	for text, want := range map[string]string{
		`a\<b\> \& c\:// d\@e.org \= \\new \* \_ \|`: `a&lt;b\> &amp; c&#58;// d&#64;e.org &#61; &#92;new \* \_ &#124;`,
		"`\\<code @here\\>` @here":                   "`\\<code @here\\>` @\u200bhere",
		"``a ` @all`` @ada":                          "``a ` @all`` @\u200bada",
		"`never closed @all":                         "`never closed @\u200ball",
		"<https://a.example/@ada?x=\\<>":             "<https://a.example/@ada?x=\\<>",
		"see https://a.example/@ada, mail ada@b.org": "see https://a.example/@ada, mail ada@b.org",
		"a@all.org and x@HERE":                       "a@\u200ball.org and x@\u200bHERE",
		"(@ada) @ada_b @ @. @1":                      "(@\u200bada) @\u200bada_b @ @. @\u200b1",
	} {
		if got := dialect(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// Whatever a person writes, nobody is called by it.
func FuzzNobodyIsCalled(f *testing.F) {
	for _, seed := range []string{"@all", "`@here", "\\@channel", "a\x00@all", "<!user:charities:" + adaID + ">", "`a\n\n`@all`", "<https://x>@all", "@\u200dall", "<https://x @all>"} {
		f.Add(seed)
	}
	c, err := New(Options{Name: "charities", URL: "http://127.0.0.1:1", Token: token, Team: "charities", CallbackURL: "https://hour.example.org"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words string) {
		for _, safe := range []string{bot.Plain(words), bot.Quote(words)} {
			got := strings.ToLower(c.outgoing(safe, c.toRoom(dataID, "")))
			for _, everyone := range []string{"@all", "@here", "@channel"} {
				at := strings.Index(got, everyone)
				if at >= 0 && !strings.Contains(got[:at], "://") {
					t.Errorf("%q becomes %q", words, got)
				}
			}
		}
	})
}

// In a room a person is named and not called, and what everybody would read as
// the same time is said once; alone, a reader sees their own time.
func TestTokens(t *testing.T) {
	c := offline(t)
	c.people.keep(user{ID: timID, Username: "tim.b", Nickname: "Tim @all *b*"})
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	text := bot.Mention("charities:"+timID) + ", Wed 8pm" + bot.YourTime(moment) + " in " + bot.InRoom("charities:"+dataID)
	room := c.toRoom(dataID, "k")
	abroad := place{channel: dataID, to: adaID, zone: tokyo}
	at := place{channel: dataID, to: adaID, zone: c.o.Zone}
	for want, where := range map[string]place{
		"Tim @\u200ball \\*b\\*, Wed 8pm in ~data":                                   room,
		"@tim.b, Wed 8pm (your time: Thursday 3 December 2026, 5:00am JST) in ~data": abroad,
		"@tim.b, Wed 8pm in ~data":                                                   at,
	} {
		if got := c.outgoing(text, where); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
