package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"datahour/adapters/sqlite"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
)

const (
	olga      = bot.UserID("north:olga")      // an organiser, who hosts
	zephyrine = bot.UserID("north:zephyrine") // who is forgotten
	north     = bot.RoomID("north:data")
	south     = bot.RoomID("south:data")
	marked    = "quolix" // in all words of hers, and in nobody else's
)

// traces are what nothing may hold afterwards, in any case of letters.
var traces = []string{"zephyrine", marked}

// past is a community with a data hour that is open in two linked rooms, and
// what people do there.
type past struct {
	*bottest.Harness
	hour     string
	messages []heardMessage
	words    int
}

type heardMessage struct {
	id   bot.MessageID
	who  bot.UserID
	room bot.RoomID
}

func newPast(t *testing.T, store bot.Store, errors bool, list ...bot.ErasedList) *past {
	t.Helper()
	c := bottest.Config{Features: features(), Store: store, Errors: errors}
	if len(list) > 0 {
		c.Erased = list[0]
	}
	h := &past{Harness: bottest.Start(t, c)}
	h.Command(olga, north, "community rooms link south:data")
	h.Command(olga, north, "community organisers add "+bot.Mention(zephyrine))
	h.Press("south:oskar", bot.UserID("south:oskar").Direct(), "Link them")
	h.Command(zephyrine, north, `datahour new "Flood data" "in 25 hours" rooms=north:data rooms=south:data hosts=<!user:north:olga> hosts=<!user:north:zephyrine> questions="Which river?" questions="Which dataset?"`)
	h.Press(zephyrine, north, "Post")
	for _, p := range h.Posts(north) {
		if rest, ok := strings.CutPrefix(string(p.Key), "hour/"); ok {
			h.hour, _, _ = strings.Cut(rest, "/")
		}
	}
	if h.hour == "" {
		t.Fatal("no hour was announced")
	}
	h.Command(zephyrine, north, "datahour sheet "+h.hour)
	h.Command(zephyrine, north, "datahour remind "+h.hour)
	h.Command(zephyrine, zephyrine.Direct(), "my start")
	h.Command(zephyrine, north, `datahour new "`+h.own()+`" "in 9 days"`) // a draft
	h.Command(olga, north, `datahour new "Ponds" "in 9 days" hosts=<!user:north:zephyrine>`)
	h.Advance(25*time.Hour + time.Minute)
	return h
}

// own are words of hers.
func (h *past) own() string { h.words++; return fmt.Sprintf("%s%d", marked, h.words) }

func (h *past) wordsOf(u bot.UserID) string {
	if u == zephyrine {
		return h.own()
	}
	h.words++
	return fmt.Sprintf("word%d", h.words)
}

var pastPeople = []bot.UserID{zephyrine, zephyrine, "north:benito", "south:susanna"}

// do is one random thing that somebody does.
func (h *past) do(what string, who, about int) {
	u := pastPeople[who%len(pastPeople)]
	room := bot.RoomID(u.Platform() + ":data")
	var m *heardMessage
	if len(h.messages) > 0 {
		m = &h.messages[about%len(h.messages)]
	}
	say := func(thread bot.MessageID, words string) {
		h.messages = append(h.messages, heardMessage{h.Reply(u, room, thread, words), u, room})
	}
	switch what {
	case "say":
		say("", h.wordsOf(u))
	case "mention":
		say("", h.wordsOf(u)+" as "+bot.Mention(zephyrine)+" says")
	case "name":
		h.Command(u, room, "my shown name")
	case "role":
		h.Command(u, room, `my shown role role="`+h.wordsOf(u)+`" organisation="`+h.wordsOf(u)+`"`)
	case "hide me":
		h.Command(u, room, "my shown no")
	case "home":
		h.Command(u, room, "my carried no")
	case "ask":
		h.Command(u, room, "datahour ask "+h.wordsOf(u)+"?")
	case "next":
		h.Command(olga, north, "datahour next hour="+h.hour)
	case "merge":
		h.Command(olga, north, "datahour queue merge 1 2")
	case "report":
		h.Command(u, room, "datahour report "+h.wordsOf(u))
	case "report her":
		h.Command("south:susanna", south, "datahour report of "+bot.Mention(zephyrine))
	case "mute":
		h.Command(olga, north, "datahour mute "+bot.Mention(zephyrine)+" hour="+h.hour)
		h.Command(olga, north, "datahour unmute "+bot.Mention(zephyrine)+" hour="+h.hour)
	case "pause":
		h.Command(zephyrine, north, "community pause")
		h.Command(zephyrine, north, "community resume")
	case "restart":
		h.StopBot()
		h.StartBot()
	}
	if m == nil || m.room.Platform() != u.Platform() {
		return
	}
	switch what {
	case "reply":
		say(m.id, h.wordsOf(u))
	case "react":
		h.React(u, m.room, m.id, "thumbsup")
	case "report message":
		h.Mention(u, m.room, m.id, "datahour report "+h.wordsOf(u))
	case "hide":
		h.Mention(olga, north, m.id, "datahour hide")
	case "edit":
		h.Edit(m.who, m.room, m.id, h.wordsOf(m.who))
	case "delete":
		h.Delete(m.who, m.room, m.id)
	}
}

// leftOf tells where anything of her is left: in what is kept, shown or public.
func (h *past) leftOf() []string {
	h.Helper()
	var wrong []string
	look := func(where string, what ...string) {
		text := strings.ToLower(strings.Join(what, "\n"))
		for _, trace := range traces {
			if strings.Contains(text, trace) {
				wrong = append(wrong, fmt.Sprintf("%q is in %s: %.300s", trace, where, text))
			}
		}
	}
	ctx := context.Background()
	for item, err := range h.Store.(bot.Dumper).Dump(ctx) {
		if err != nil {
			h.Fatal(err)
		}
		switch {
		case item.Record != nil:
			look("a record", item.Record.Key, strings.Join(item.Record.Index, " "), string(item.Record.Value))
		case item.Alarm != nil:
			look("an alarm", item.Alarm.Key, string(item.Alarm.Data))
		case item.Seen != nil:
			look("what was seen", item.Seen.ID)
		case item.Entry != nil:
			look("a log", item.Entry.Log, string(item.Entry.Data))
		case item.Log != nil:
			look("a log's name", item.Log.Log)
		}
	}
	for _, room := range []bot.RoomID{north, south, olga.Direct(), "south:@oskar", "north:@benito", "south:@susanna", zephyrine.Direct()} {
		for _, p := range h.Posts(room) {
			commands := ""
			for _, b := range p.Buttons {
				commands += b.Command + "\n"
			}
			look("a post in "+string(room), string(p.Key), bottest.PostWords(p.Post), commands)
		}
	}
	page, ok, err := hours.Public(ctx, h.Bot.View(), h.hour)
	if err != nil || !ok {
		h.Fatalf("no page: %v", err)
	}
	look("the page", fmt.Sprintf("%+v", page))
	look("the transcript", string(hours.Markdown(page)), string(hours.JSON(page)), string(hours.CSV(page)), string(hours.Text(page)))
	changes, _, err := hours.Changes(ctx, h.Bot.View(), h.hour, 0, 100000, 0)
	if err != nil {
		h.Fatal(err)
	}
	for _, c := range changes {
		look("what followers get", fmt.Sprintf("%+v %+v", c, c.Put))
	}
	return wrong
}

// forget is her asking for it, and all that follows.
func (h *past) forget() {
	h.Helper()
	h.Command(zephyrine, north, "my erase")
	h.Press(zephyrine, north, "Erase me")
	h.Advance(time.Minute)
}

// repeat makes the platforms tell everything again, as after a restart.
func (h *past) repeat() {
	h.StopBot()
	h.StartBot()
	h.Advance(time.Minute)
}

var pastSteps = []string{"say", "say", "say", "reply", "mention", "react", "edit", "delete", "name", "role", "hide me", "home", "ask", "ask", "next", "merge",
	"report", "report her", "report message", "hide", "mute", "pause", "restart"}

func TestAfterAnyHistoryNothingOfSomebodyErasedIsLeft(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom(pastSteps), 10, 40).Draw(rt, "steps")
		when := rapid.SampledFrom([]string{"open", "closed", "settled"}).Draw(rt, "when")
		numbers := rapid.SliceOfN(rapid.IntRange(0, 30), 2*len(steps), 2*len(steps)).Draw(rt, "numbers")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			h := newPast(t, nil, false)
			for i, step := range steps {
				h.do(step, numbers[2*i], numbers[2*i+1])
			}
			switch when {
			case "settled":
				h.Advance(3 * time.Hour)
			case "closed":
				h.Command(zephyrine, north, "datahour close "+h.hour)
				h.Command(zephyrine, north, "datahour summary "+h.hour+" "+h.own())
			}
			if len(h.leftOf()) == 0 {
				t.Fatal("nothing of her was there at all")
			}
			h.forget()
			wrong = h.leftOf()
			h.repeat()
			wrong = append(wrong, h.leftOf()...)
			h.forgetsAreOver()
		})
		if len(wrong) > 0 {
			rt.Fatalf("%s", strings.Join(wrong, "\n"))
		}
	})
}

// forgetsAreOver checks that the hour goes on, and that she may come again.
func (h *past) forgetsAreOver() {
	h.Helper()
	if said := h.Direct(zephyrine); len(said) != 1 || !strings.Contains(said[0].Text, "is erased") {
		h.Errorf("in her direct messages stands %d posts, want the last word alone", len(said))
	}
	if r := h.Command(zephyrine, north, "my"); !strings.Contains(bottest.Words(r), "You have not chosen") {
		h.Errorf("come again she is told %q, want what a stranger is told", bottest.Words(r))
	}
}

// cutStore stops taking commits after a number of them, as when the process is
// killed between two.
type cutStore struct {
	*bottest.Memory
	mu   sync.Mutex
	left int // -1: no end
}

func (s *cutStore) Exclusive() {}

func (s *cutStore) cutAfter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = n
}

var errCut = errors.New("cut off")

func (s *cutStore) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	s.mu.Lock()
	if s.left == 0 {
		s.mu.Unlock()
		return 0, errCut
	}
	if s.left > 0 {
		s.left--
	}
	s.mu.Unlock()
	return s.Memory.Commit(ctx, m, b)
}

func TestErasingGoesOnAfterBeingKilledAnywhere(t *testing.T) {
	for cut := 1; cut < 30; cut += 2 {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &cutStore{Memory: bottest.NewStore(), left: -1}
				h := newPast(t, store, true)
				for i := range 450 { // more than fit into one commit, and into two
					h.do("say", i%3, 0)
				}
				h.Command(zephyrine, north, "my erase")
				store.cutAfter(cut)
				h.Press(zephyrine, north, "Erase me")
				h.Advance(time.Second)
				h.StopBot()
				store.cutAfter(-1)
				h.StartBot()
				h.Advance(3 * time.Minute)
				for _, wrong := range h.leftOf() {
					t.Error(wrong)
				}
				h.forgetsAreOver()
			})
		})
	}
}

func TestOrganisersGetTheListOfWhatWasPublic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPast(t, nil, false)
		h.do("name", 0, 0)
		h.do("say", 0, 0)
		if r := h.Command("south:oskar", south, "community erase north:zephyrine asked sure=yes"); !strings.Contains(bottest.Words(r), "have their own organisers") {
			t.Errorf("an organiser of another platform is told %q", bottest.Words(r))
		}
		if r := h.Command("north:benito", north, "community erase "+bot.Mention(zephyrine)+" asked sure=yes"); !strings.Contains(bottest.Words(r), "Only organisers") {
			t.Errorf("a member is told %q", bottest.Words(r))
		}
		h.Advance(time.Minute)
		if len(h.leftOf()) == 0 {
			t.Fatal("somebody was erased by those who may not")
		}
		h.Command(olga, north, "community erase "+bot.Mention(zephyrine)+" reason=asked")
		if len(h.leftOf()) == 0 {
			t.Fatal("somebody was erased without a confirmation")
		}
		h.Press(olga, north, "Erase them")
		h.Advance(time.Minute)
		for _, wrong := range h.leftOf() {
			t.Error(wrong)
		}
		var told []string
		for _, p := range h.Direct(olga) {
			if strings.HasPrefix(string(p.Key), "erased/") {
				told = append(told, p.Text)
			}
		}
		if all := strings.Join(told, "\n"); len(told) != 2 || !strings.Contains(all, "by an organiser") || !strings.Contains(all, "<https://hour.example/hour/"+h.hour+">: 1 thing that they wrote, since <!time:") || !strings.Contains(all, ".csv") {
			t.Errorf("organisers are told %q", told)
		}
		words := bottest.Words(h.Command(olga, north, "community audit"))
		for _, want := range []string{"olga>, community erase", "somebody, erased", "asked"} {
			if !strings.Contains(words, want) {
				t.Errorf("the audit log says %q, want %q", words, want)
			}
		}
		// Once more is harmless: there is nobody any more.
		h.Command(olga, north, "community erase north:zephyrine asked sure=yes")
		h.Advance(time.Minute)
		for _, wrong := range h.leftOf() {
			t.Error(wrong)
		}
	})
}

// A pause holds everything back, but nobody's right to be forgotten.
func TestAPauseHoldsNoErasureBack(t *testing.T) {
	for _, when := range []string{"open", "closed", "settled"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newPast(t, nil, false)
				for i, step := range append([]string{"name", "mention", "ask", "next"}, pastSteps...) {
					if step != "pause" && step != "restart" {
						h.do(step, 3*i, i)
					}
				}
				h.do("name", 0, 0)
				for i := range 450 {
					h.do("say", i, 0)
				}
				if when != "open" {
					h.Command(olga, north, "datahour close "+h.hour)
				}
				if when == "settled" {
					h.Advance(3 * time.Hour)
				}
				h.Command(olga, north, "community pause")
				h.Command(olga, north, `datahour new Held "in 3 days" hosts=<!user:north:olga> hosts=<!user:north:zephyrine>`)
				h.Press(olga, north, "Post")
				before := len(h.Posts(south))
				h.forget()
				for _, wrong := range h.leftOf() {
					t.Error(wrong)
				}
				if told := h.Direct(olga); !slices.ContainsFunc(told, func(p bottest.Posted) bool { return strings.HasPrefix(string(p.Key), "erased/") }) {
					t.Error("organisers are not told")
				}
				if n := len(h.Posts(south)); n > before {
					t.Errorf("%d new posts went out in the pause", n-before)
				}
				for _, p := range h.Posts(north) {
					if strings.Contains(p.Text, "Held") {
						t.Error("an announcement went out in the pause")
					}
				}
				h.Command(olga, north, "community resume")
				h.Advance(time.Minute)
				for _, wrong := range h.leftOf() {
					t.Error(wrong)
				}
				h.forgetsAreOver()
			})
		})
	}
}

// What platforms tell again, and what is heard late, brings nothing back.
func TestNothingFromBeforeIsHeardOfSomebodyErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPast(t, nil, false)
		his := h.Say("north:benito", north, "word")
		h.React(zephyrine, north, his, "thumbsup")
		before := h.Now()
		h.forget()
		h.repeat()
		for _, in := range []bot.Inbound{
			{Kind: bot.Message, From: zephyrine, Text: h.own(), Message: "north:late1"},
			{Kind: bot.Reacted, From: zephyrine, Reaction: "tada", Message: his},
			{Kind: bot.Message, From: "north:benito", Text: "as " + bot.Mention(zephyrine) + " says", Message: "north:late2",
				People: []bot.Profile{{User: zephyrine, Name: "Zephyrine"}}},
		} {
			in.Room, in.At = north, before
			if _, err := h.Chat("north").Hand(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		h.Advance(time.Minute)
		for _, wrong := range h.leftOf() {
			t.Error(wrong)
		}
		if _, err := h.Chat("north").Hand(t.Context(), bot.Inbound{Kind: bot.Message, From: zephyrine, Text: h.own(), Message: "north:new", Room: north, At: h.Now()}); err != nil {
			t.Fatal(err)
		}
		if len(h.leftOf()) == 0 {
			t.Error("what she says when she has come again is not heard")
		}
	})
}

func TestAWrapUpThanksNobodyErased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newPast(t, nil, false)
		h.Command("north:benito", north, "my shown name")
		h.Say("north:benito", north, "word")
		h.Command(olga, north, "datahour close "+h.hour)
		key := bot.Key("hour/" + h.hour + "/wrapup")
		if words := h.Post(south, key).Text; !strings.Contains(words, "Benito") {
			t.Fatalf("before, the wrap-up says %q", words)
		}
		h.Command(olga, north, "community erase north:benito asked sure=yes")
		h.Advance(time.Minute)
		if words := h.Post(south, key).Text; strings.Contains(words, "Benito") {
			t.Errorf("the wrap-up says %q", words)
		}
	})
}

// On the disk nothing of her is left either.
func TestNothingOfSomebodyErasedIsInTheSQLiteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "datahour.db")
	synctest.Test(t, func(t *testing.T) {
		store, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		h := newPast(t, store, false)
		for i := range 4 * len(pastSteps) {
			h.do(pastSteps[i%len(pastSteps)], i, 7*i)
		}
		h.forget()
		for _, wrong := range h.leftOf() {
			t.Error(wrong)
		}
		h.StopBot()
	})
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range traces {
			if at := bytes.Index(bytes.ToLower(raw), []byte(trace)); at >= 0 {
				t.Errorf("%q is in the file at %d: %q", trace, at, raw[max(0, at-60):min(len(raw), at+60)])
			}
		}
	}
}
