package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"

	"pgregory.net/rapid"
)

// step is one thing done in a random history.
type step struct {
	Do    string
	Who   int // of players
	About int // a message, or a person, or an earlier event
	N     int
}

// players speak. Each has a name and words that nobody else's contain.
var players = []bot.UserID{"north:adalia", "north:benito", "south:susanna", "south:tomaso"}

// message is what the model knows of one.
type message struct {
	id       bot.MessageID
	who      bot.UserID
	room     bot.RoomID
	text     string // with tokens
	edits    int
	gone     bool
	lost     bool // deleted before it was heard
	hidden   bool
	south    bool // hidden in the south by its organisers
	under    *message
	question int
	reacted  map[bot.UserID]bool
	told     map[bot.RoomID]bool // rooms to which it was carried at some time
}

// history runs steps on a real bot and on a model of it.
type history struct {
	*scene
	slow   bool
	said   []*message
	asked  int
	shown  map[bot.UserID]bot.Shown
	home   map[bot.UserID]bool
	muted  map[bot.UserID]bool
	events []bot.Inbound
	rev    int

	lines []Line // of a follower
	at    bot.Seq
}

func TestAnyHistory(t *testing.T) {
	calm := []string{"say", "say", "say", "reply", "reply", "edit", "delete", "react", "unreact", "choose", "choose", "home", "hide", "unhide",
		"south", "mute", "ask", "repeat", "early edit", "early deletion", "restart"}
	busy := []string{"say", "say", "say", "say", "reply", "reply", "edit", "delete", "react", "ask", "repeat", "early edit", "early deletion"}
	rapid.Check(t, func(rt *rapid.T) {
		slow := rapid.Bool().Draw(rt, "slow")
		kinds := calm
		if slow {
			kinds = busy
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{Do: rapid.SampledFrom(kinds).Draw(rt, "do"), Who: rapid.IntRange(0, len(players)-1).Draw(rt, "who"),
				About: rapid.IntRange(0, 20).Draw(rt, "about"), N: rapid.IntRange(0, 3).Draw(rt, "n")}
		}), 25, 45).Draw(rt, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			h := newHistory(t, slow)
			for _, st := range steps {
				h.take(st)
			}
			h.Advance(10 * time.Minute)
			h.follow(1000)
			wrong = h.wrong()
		})
		if len(wrong) > 0 {
			rt.Fatalf("after %+v:\n%s", steps, strings.Join(wrong, "\n"))
		}
	})
}

func newHistory(t *testing.T, slow bool) *history {
	south := bottest.NewChat("south")
	if slow {
		south.Limit(bot.Limits{RoomEvery: 20 * time.Second, RoomBurst: 2})
	}
	h := &history{scene: newScene(t, bottest.Config{Chats: []bot.Chat{bottest.NewChat("north"), south}}, func(h *Hour) {
		h.Questions = nil
		for i := range 50 {
			h.Questions = append(h.Questions, Question{ID: fmt.Sprint(i), Text: "Question?"})
		}
	}), slow: slow, shown: map[bot.UserID]bot.Shown{}, home: map[bot.UserID]bool{}, muted: map[bot.UserID]bool{}}
	return h
}

// hand gives the bot an event, and keeps it for being repeated.
func (h *history) hand(in bot.Inbound) {
	if in.At.IsZero() {
		in.At = h.Now()
	}
	h.events = append(h.events, in)
	h.handAgain(in)
}

func (h *history) handAgain(in bot.Inbound) {
	if _, err := h.Chat(in.Room.Platform()).Hand(context.Background(), in); err != nil {
		h.Fatal(err)
	}
	h.Advance(0)
}

// take does one step, in the bot and in the model.
func (h *history) take(st step) {
	who := players[st.Who]
	var m *message
	if len(h.said) > 0 {
		m = h.said[st.About%len(h.said)]
	}
	switch st.Do {
	case "say":
		h.say(who, st, nil, "")
	case "early edit", "early deletion":
		h.say(who, st, nil, st.Do)
	case "ask":
		h.scene.ask()
		h.asked++
	case "restart":
		h.StopBot()
		h.StartBot()
	case "choose":
		h.shown[who] = [...]bot.Shown{bot.ByName, bot.ByName, bot.ByRole, bot.NotAtAll}[st.N]
		h.choose(who, h.shown[who])
	case "home":
		h.home[who] = st.N%2 == 0
		h.Command(who, bot.RoomID(who.Platform()+":data"), "my home "+yes(h.home[who]))
	case "mute":
		h.muted[who] = st.N%2 == 0
		verb := map[bool]string{true: "mute", false: "unmute"}[h.muted[who]]
		h.Command("north:hal", northData, "datahour "+verb+" <!user:"+string(who)+">")
	case "repeat":
		if len(h.events) > 0 {
			h.handAgain(h.events[st.About%len(h.events)])
		}
	}
	if m != nil {
		h.takeAbout(st, who, m)
	}
	if !h.slow {
		h.Advance(time.Second)
	}
	if st.N == 0 {
		h.follow(1 + st.About)
	}
}

// takeAbout is take for what is done to a message.
func (h *history) takeAbout(st step, who bot.UserID, m *message) {
	switch st.Do {
	case "reply":
		h.say(who, st, m, "")
	case "edit":
		m.edits++
		text := h.text(h.index(m), m.edits, m.who, st)
		h.rev++
		h.hand(bot.Inbound{Kind: bot.Edited, Room: m.room, From: m.who, Message: m.id, Text: text, Rev: fmt.Sprintf("%06d", h.rev)})
		if !m.gone {
			m.text = text
			h.tell(m)
		}
	case "delete":
		h.hand(bot.Inbound{Kind: bot.Deleted, Room: m.room, From: m.who, Message: m.id})
		m.gone = true
	case "react", "unreact":
		in := bot.Inbound{Kind: bot.Reacted, Room: m.room, From: who, Message: m.id, Reaction: "tada", At: h.Now()}
		if st.Do == "unreact" {
			in.Kind = bot.Unreacted
			delete(m.reacted, who)
		} else {
			m.reacted[who] = true
		}
		h.handAgain(in) // never repeated: an older one would count again
	case "hide", "unhide":
		line := h.line(m.id)
		h.Command("north:hal", northData, "datahour "+st.Do+" "+line)
		if !m.gone {
			m.hidden = st.Do == "hide"
			h.tell(m)
		}
	case "south":
		if m.room.Platform() == "north" && !m.gone {
			m.south = !m.south
			verb := map[bool]string{true: "hide", false: "unhide"}[m.south]
			h.Command("south:oskar", southData, "datahour "+verb+" "+h.line(m.id))
			h.tell(m)
		}
	}
}

func (h *history) index(m *message) int { return slices.Index(h.said, m) }

// say says something, before which its edit or its deletion may come.
func (h *history) say(who bot.UserID, st step, under *message, early string) {
	room := bot.RoomID(who.Platform() + ":data")
	if who == "south:tomaso" {
		room = southChat
	}
	m := &message{id: bot.MessageID(fmt.Sprintf("%s:said%d", who.Platform(), len(h.said))), who: who, room: room, question: h.asked,
		reacted: map[bot.UserID]bool{}, told: map[bot.RoomID]bool{}}
	h.said = append(h.said, m)
	m.text = h.text(len(h.said)-1, 0, who, st)
	in := bot.Inbound{Kind: bot.Message, Room: room, From: who, Message: m.id, Text: m.text, People: []bot.Profile{{User: who, Name: name(who)}}}
	if under != nil {
		root := under
		if under.under != nil {
			root = under.under
		}
		in.Thread = h.threadIn(room, root)
		if in.Thread != "" {
			m.under = root
			if !root.lost {
				m.question = root.question
			}
		}
	}
	switch early {
	case "early edit":
		m.edits++
		m.text = h.text(len(h.said)-1, m.edits, who, st)
		h.rev++
		h.hand(bot.Inbound{Kind: bot.Edited, Room: room, From: who, Message: m.id, Text: m.text, Rev: fmt.Sprintf("%06d", h.rev)})
	case "early deletion":
		h.hand(bot.Inbound{Kind: bot.Deleted, Room: room, From: who, Message: m.id})
		m.gone, m.lost = true, true
	}
	h.hand(in)
	h.tell(m)
}

// threadIn finds the message that begins root's thread in a room: root itself,
// or the post that carries it and nothing else behind it.
func (h *history) threadIn(room bot.RoomID, root *message) bot.MessageID {
	if root.room == room {
		return root.id
	}
	for _, p := range h.Posts(room) {
		if tokens := words.FindAllString(p.Text, -1); len(tokens) > 0 && tokens[len(tokens)-1] == words.FindString(root.text) {
			return p.ID
		}
	}
	return ""
}

// words finds what tells messages and their versions apart.
var words = regexp.MustCompile(`[a-z]+\d+e\d+x`)

func (h *history) text(n, version int, who bot.UserID, st step) string {
	text := fmt.Sprintf("%s%de%dx", who.Rest()[:3]+"words", n, version)
	if st.N == 1 {
		text += " <!user:" + string(players[st.About%len(players)]) + ">"
	}
	return text
}

func name(u bot.UserID) string { return strings.ToUpper(u.Rest()[:1]) + u.Rest()[1:] }

// tell notes in which rooms a message that was said or changed stands now: from
// then on it comes and goes there.
func (h *history) tell(m *message) {
	for _, room := range []bot.RoomID{northData, southData, southChat} {
		if h.carries(m, room) {
			m.told[room] = true
		}
	}
}

func (h *history) carries(m *message, room bot.RoomID) bool {
	return m.room != room && !m.gone && !m.hidden && !h.muted[m.who] && !h.home[m.who] && !(m.south && room.Platform() == "south")
}

// follow lets the follower of the page catch up, so many entries at a time.
func (h *history) follow(most int) {
	for {
		changes, at, err := Changes(context.Background(), h.Bot.View(), h.id, h.at, most, 0)
		if err != nil {
			h.Fatal(err)
		}
		if at == h.at {
			return
		}
		h.lines, h.at = followed(h.lines, changes), at
	}
}

// agreed is how a person is named in public, or false.
func (h *history) agreed(u bot.UserID) (string, bool) {
	switch h.shown[u] {
	case bot.ByName:
		return name(u), true
	case bot.ByRole:
		return "a member", true
	}
	return "", false
}

func (h *history) shows(m *message) bool {
	_, ok := h.agreed(m.who)
	return ok && !m.gone && !m.hidden && !h.muted[m.who]
}

// wrong tells in what the bot differs from the model.
func (h *history) wrong() []string {
	var wrong []string
	differ := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			wrong = append(wrong, fmt.Sprintf("%s:\n%v\nwant:\n%v", what, got, want))
		}
	}
	var want []string
	people, gaps := map[bot.UserID]bool{}, map[int]map[bot.UserID]bool{}
	count := 0
	for _, m := range h.said {
		if !m.gone && !m.hidden && !h.muted[m.who] {
			count++
			people[m.who] = true
			if _, ok := h.agreed(m.who); !ok {
				if gaps[m.question] == nil {
					gaps[m.question] = map[bot.UserID]bool{}
				}
				gaps[m.question][m.who] = true
			}
		}
		if h.shows(m) {
			under := ""
			if m.under != nil && h.shows(m.under) {
				under = " under " + h.public(m.under)
			}
			want = append(want, fmt.Sprintf("Q%d %s +%d%s", m.question, h.public(m), len(m.reacted), under))
		}
	}
	p := h.page()
	byID := map[string]Line{}
	for _, l := range p.Lines {
		byID[l.ID] = l
	}
	var got []string
	for _, l := range p.Lines {
		under := ""
		if l.Under != "" {
			under = " under " + byID[l.Under].Name + ": " + byID[l.Under].Text
		}
		got = append(got, fmt.Sprintf("Q%d %s: %s +%d%s", l.Question, l.Name, l.Text, l.Agrees, under))
	}
	differ("the page", strings.Join(got, "\n"), strings.Join(want, "\n"))
	differ("the numbers", fmt.Sprint(p.People, p.Messages), fmt.Sprint(len(people), count))
	var wantGaps []Gap
	for _, q := range slices.Sorted(maps.Keys(gaps)) {
		wantGaps = append(wantGaps, Gap{q, len(gaps[q])})
	}
	differ("the gaps", p.Gaps, wantGaps)
	differ("a follower", h.lines, p.Lines)
	var data transcript
	if err := json.Unmarshal(JSON(p), &data); err != nil || len(data.Lines) != len(p.Lines) {
		wrong = append(wrong, fmt.Sprintf("the transcript has %d lines: %v", len(data.Lines), err))
	}
	for what, all := range map[string]string{"Markdown": string(Markdown(p)), "CSV": string(CSV(p)), "Text": string(Text(p))} {
		for _, l := range p.Lines {
			if n := strings.Count(all, words.FindString(l.Text)); n != 1 {
				wrong = append(wrong, fmt.Sprintf("%s has %q %d times", what, l.Text, n))
			}
		}
	}
	return append(append(wrong, h.secrets()...), h.wrongCopies()...)
}

// public is a message as the page shows it.
func (h *history) public(m *message) string {
	who, _ := h.agreed(m.who)
	return who + ": " + bot.ReplaceTokens(m.text, func(t bot.Token) string {
		if name, ok := h.agreed(bot.UserID(t.ID)); ok {
			return name
		}
		return "somebody"
	})
}

// secrets tells what is public of people who have not agreed to it.
func (h *history) secrets() []string {
	var wrong []string
	all := h.everything()
	for _, u := range players {
		var secrets []string
		switch h.shown[u] {
		case bot.ByName:
		case bot.ByRole:
			secrets = []string{name(u), u.Rest()}
		default:
			secrets = []string{name(u), u.Rest(), u.Rest()[:3] + "words"}
		}
		for _, secret := range secrets {
			if strings.Contains(all, secret) {
				wrong = append(wrong, fmt.Sprintf("%q of %s is public, who chose %q", secret, u, h.shown[u]))
			}
		}
	}
	return wrong
}

// wrongCopies tells which rooms lack something that was said elsewhere, or have
// it twice, or with other words than its last.
func (h *history) wrongCopies() []string {
	var wrong []string
	for _, room := range []bot.RoomID{northData, southData, southChat} {
		var want []string
		for _, m := range h.said {
			if m.told[room] && h.carries(m, room) {
				want = append(want, words.FindString(m.text))
			}
		}
		var got []string
		for _, p := range h.copies(room) {
			got = append(got, words.FindAllString(p, -1)...)
		}
		inOrder := slices.Clone(got)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			wrong = append(wrong, fmt.Sprintf("%s has %q, want %q", room, inOrder, want))
		}
	}
	return wrong
}
