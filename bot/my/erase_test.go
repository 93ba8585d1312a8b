package my_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/my"
)

const (
	tim  = bot.UserID("north:tim")
	data = bot.RoomID("north:data")
)

func known(t *testing.T, h *bottest.Harness, u bot.UserID) bool {
	t.Helper()
	p, err := bot.PersonOf(t.Context(), h.Bot.View(), u)
	if err != nil {
		t.Fatal(err)
	}
	return p.Name != ""
}

func TestErasingTakesOnePressAndOneConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		h.Command(tim, data, "my shown name")
		h.Command(tim, data, "my")
		words := bottest.Words(h.Press(tim, data, "Erase me"))
		for _, want := range []string{"What goes:", "What stays:", "audit log", "cannot be undone", "`/my copy`"} {
			if !strings.Contains(words, want) {
				t.Errorf("before it is confirmed I say %q, want %q", words, want)
			}
		}
		h.Advance(time.Minute)
		if !known(t, h, tim) {
			t.Fatal("tim was erased before he confirmed it")
		}
		wants(t, h.Press(tim, data, "Erase me"), "I am erasing you")
		h.Advance(time.Minute)
		if known(t, h, tim) {
			t.Error("tim is still known")
		}
		if said := h.Direct(tim); len(said) != 1 || !strings.Contains(said[0].Text, "is erased") {
			t.Errorf("in tim's direct messages stands %+v, want that it is done", said)
		}
		log, err := bot.Find[bot.Consent](t.Context(), h.Bot.View(), "consent:north:tim")
		if err != nil || len(log) != 0 {
			t.Errorf("the consent log has %v, %v", log, err)
		}
		lines, err := bot.Find[bot.Audit](t.Context(), h.Bot.View(), "audit:north")
		if err != nil || len(lines) != 1 || lines[0].What != "erased" || lines[0].Who != bot.Nobody("north") || !strings.HasSuffix(lines[0].About, " self") {
			t.Errorf("the audit log has %+v, %v; want that somebody was erased", lines, err)
		}
	})
}

func TestAVisitorIsSentToTheirLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		wants(t, h.Command("web:v1", "web:hour", "my erase yes"), "the link that you were given")
	})
}

// The platform's list of people, read at every start, does not bring anybody back.
func TestARestartDoesNotBringSomebodyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t)
		h.Command(tim, data, "my erase yes")
		h.Advance(time.Minute)
		h.StopBot()
		h.StartBot()
		if known(t, h, tim) {
			t.Error("the list of people brought tim back")
		}
		h.Command("north:eve", data, "my role "+bot.Mention(tim)) // somebody names him
		if known(t, h, tim) {
			t.Error("a mention brought tim back")
		}
		h.Command(tim, data, "my stop")
		if !known(t, h, tim) {
			t.Error("tim is not met when he comes again")
		}
		h.StopBot()
		h.StartBot()
		if !known(t, h, tim) {
			t.Error("tim, who came again, is erased once more")
		}
	})
}

// slow is a feature that has much to erase.
type slow struct{ left int }

func (s *slow) Rows() []bot.Row                  { return nil }
func (s *slow) Alarms() map[string]bot.AlarmKind { return nil }
func (s *slow) Erase(_ context.Context, tx *bot.Tx, _ bot.UserID) (bot.Erased, error) {
	s.left--
	return bot.Erased{More: s.left > 0, Public: []bot.Published{{Path: "/hour/7k2", Wrote: 1}}}, nil
}

func (s *slow) Copy(context.Context, bot.Reader, bot.UserID) ([]bot.Copied, error) {
	return []bot.Copied{{What: "What you said", At: time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC), Where: "Flood data",
		Words: strings.Repeat("*long* @channel <!user:north:eve> `words` ", 200), Held: map[string]string{"text": "```<!user:north:eve> @here"}}}, nil
}

func TestEveryPageIsInTheListOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{left: 5}
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{my.New(), s}})
		h.Command(tim, data, "my erase yes")
		h.Advance(time.Minute)
		if s.left > 0 {
			t.Errorf("%d steps were left out", s.left)
		}
		var told []string
		for _, p := range h.Direct("north:olga") {
			told = append(told, p.Text)
		}
		if all := strings.Join(told, "\n"); strings.Count(all, "<https://hour.example/hour/7k2>") != 1 || !strings.Contains(all, "5 things that they wrote") || !strings.Contains(all, "at their own request") || strings.Contains(all, "im") && strings.Contains(all, "Tim") {
			t.Errorf("organisers are told %q", told)
		}
	})
}

func TestACopyComesInPartsThatReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{my.New(), &slow{}}})
		h.Command(tim, data, `my shown role role="Data analyst" organisation=Defra`)
		r := h.Command(tim, data, "my copy")
		words := bottest.Words(r)
		for part := 2; hasButton(r, "Next part"); part++ {
			r = h.Press(tim, data, "Next part")
			words += bottest.Words(r)
			if n := len([]rune(r.Post.Text)); n > 3000 {
				t.Errorf("part %d has %d characters", part, n)
			}
		}
		for _, want := range []string{"north:tim", "Data analyst, Defra", "shown by role", "*Friday 20 November 2026, 11:00am GMT, Flood data*", `\*long\*`, "part 2 of"} {
			if !strings.Contains(words, want) {
				t.Errorf("the copy lacks %q: %s", want, words)
			}
		}
		if n := strings.Count(words, "@\u200bchannel"); n != 200 {
			t.Errorf("of 200 times the words stand there %d times", n)
		}
		json := bottest.Words(h.Command(tim, data, "my copy form=json"))
		for _, never := range []string{"<!user", "@here", "````"} {
			if strings.Contains(json, never) {
				t.Errorf("the JSON has %q: %s", never, json)
			}
		}
		wants(t, h.Command(tim, data, "my copy 99"), "Your copy has")
	})
}

func hasButton(r bot.Reply, label string) bool {
	for _, b := range r.Post.Buttons {
		if b.Label == label {
			return true
		}
	}
	return false
}
