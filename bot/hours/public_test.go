package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

var noon = time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)

// shelf is a store that a test fills by hand and reads as a page does.
type shelf struct {
	testing.TB
	bot.Reader
	store *bottest.Memory
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	store := bottest.NewStore()
	b, err := bot.New(bot.Config{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{TB: t, Reader: b.View(), store: store}
}

// put stores nouns as they are, and appends entries to the log of hour 7k2f.
func (s *shelf) put(things ...any) {
	s.Helper()
	var batch bot.Batch
	for _, thing := range things {
		switch x := thing.(type) {
		case bot.Noun:
			batch.Put = append(batch.Put, recordOf(x))
		case entry:
			data, err := json.Marshal(x)
			if err != nil {
				s.Fatal(err)
			}
			batch.Append = append(batch.Append, bot.Entry{Log: logOf("7k2f"), Data: data})
		default:
			s.Fatalf("cannot put a %T", thing)
		}
	}
	if _, err := s.store.Commit(context.Background(), bot.Moment{Now: noon, Wall: time.Now()}, batch); err != nil {
		s.Fatal(err)
	}
}

func recordOf(n bot.Noun) bot.Record {
	value, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	kind, version := n.Kind()
	return bot.Record{Key: n.Key(), Kind: kind, Version: version, Index: n.Index(), Value: value, Rev: bot.Any}
}

func (s *shelf) page() Page {
	s.Helper()
	p, ok, err := Public(context.Background(), s, "7k2f")
	if err != nil || !ok {
		s.Fatalf("no page: %v %v", ok, err)
	}
	return p
}

func testHour() *Hour {
	return &Hour{ID: "7k2f", Title: "Flood data", Start: noon, Length: time.Hour, Zone: "Europe/London", Public: true, State: Open,
		Hosts: []bot.UserID{"north:olga", "north:nora"}, Rooms: []bot.RoomID{"north:data", "south:data"}, Now: 1,
		Questions: []Question{{ID: "a", Text: "Which <!user:north:nora> and <!user:north:ada> use?", Number: 1, Asked: noon.Add(5 * time.Minute), By: "north:ada", With: []bot.UserID{"north:olga"}},
			{ID: "c", Text: "UNAWORDS?", Number: 2, Asked: noon.Add(50 * time.Minute), By: "north:una"},
			{ID: "d", Text: "UNAWORDS / and Ada's", Number: 3, Asked: noon.Add(55 * time.Minute), By: "north:ada", With: []bot.UserID{"north:una"}}, {ID: "b", Text: "Not asked yet"}}}
}

// flood is an hour with Ada (by name), Rob (by role), Nora (not at all), Una
// (unasked), Mo (muted) and a visitor.
func flood(t testing.TB) *shelf {
	s := newShelf(t)
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	said := func(n int, who bot.UserID, room bot.RoomID, question int, text string) *Said {
		return &Said{Hour: "7k2f", ID: bot.MessageID(fmt.Sprintf("%s:m%d", room.Platform(), n)), Line: fmt.Sprintf("line%d", n), Place: n,
			Room: room, Who: who, At: at(n), Text: text, Question: question}
	}
	reply := said(8, "north:ada", "north:data", 1, "I agree with you")
	reply.Under = "south:m4"
	late := said(9, "north:ada", "north:data", 1, "Me too")
	late.Under = "north:m2"
	visitor := said(10, "web:v1", "web:page", 1, "From the web")
	visitor.Visitor = "Vic"
	reacted := said(2, "north:ada", "north:data", 0, "Hello from Leeds, <!user:south:nora> and <!user:south:rob> in <!room:south:data>, <!room:south:C0NORA> at <!time:1796241600>: https://a.example/x.")
	reacted.Reacted = map[string][]bot.UserID{"thumbsup": {"south:nora", "north:una"}, "tada": {"north:una"}}
	hidden := said(6, "north:ada", "north:data", 1, "HIDDENWORDS")
	hidden.Hidden = true
	s.put(testHour(),
		&bot.Person{User: "north:ada", Name: "Ada", Shown: bot.ByName},
		&bot.Person{User: "south:rob", Name: "ROBNAME", Shown: bot.ByRole, Role: "Analyst", Organisation: "Trust"},
		&bot.Person{User: "south:nora", Name: "NORANAME", Shown: bot.NotAtAll},
		&bot.Person{User: "north:nora", Name: "NORANAME", Shown: bot.NotAtAll},
		&bot.Person{User: "north:una", Name: "UNANAME"},
		&bot.Person{User: "north:mo", Name: "MONAME", Shown: bot.ByName},
		&bot.Person{User: "north:olga", Name: "Olga", Shown: bot.ByName},
		&bot.Room{Room: "north:data", Name: "#data"}, &bot.Room{Room: "south:data", Name: "#secret", Private: true},
		reacted,
		said(1, "north:una", "north:data", 0, "UNAWORDS https://una.example"),
		said(3, "south:rob", "south:data", 1, "A1 we match by hand"),
		said(4, "south:nora", "south:data", 1, "NORAWORDS"),
		said(5, "north:mo", "north:data", 1, "MOWORDS"),
		hidden, reply, late, visitor,
		&Said{Hour: "7k2f", ID: "north:m7", Line: "line7", Place: 7, Room: "north:data", Who: "north:ada", At: at(7), Deleted: true, Question: 1},
		&Said{Hour: "7k2f", ID: "north:m99", Line: "line99", Room: "north:data", Who: "north:ada", Text: "EARLYWORDS", Early: true},
		&part{Hour: "7k2f", Who: "north:ada", Said: map[int]int{0: 1, 1: 2}},
		&part{Hour: "7k2f", Who: "north:una", Said: map[int]int{0: 1}},
		&part{Hour: "7k2f", Who: "south:rob", Said: map[int]int{1: 1}},
		&part{Hour: "7k2f", Who: "south:nora", Said: map[int]int{1: 1}},
		&part{Hour: "7k2f", Who: "north:mo", Said: map[int]int{1: 1}, Muted: true},
		&part{Hour: "7k2f", Who: "web:v1", Visitor: "Vic", Said: map[int]int{1: 1}},
		&tally{Hour: "7k2f", Messages: 7, People: 5, Places: 10, Entries: 1},
		entry{What: stateIs}, entry{What: wasSaid, Message: "north:m1"})
	return s
}

// secrets are what must never reach a page.
var secrets = []string{"NORA", "nora", "UNA", "una", "MONAME", "MOWORDS", "ROBNAME", "rob", "HIDDENWORDS", "EARLYWORDS", "#secret", "north:", "south:", "web:", "<!", "Not asked yet"}

func noSecrets(t testing.TB, what any) {
	t.Helper()
	b, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(string(b), secret) {
			t.Errorf("%q is in %s", secret, b)
		}
	}
}

func TestPublic(t *testing.T) {
	s := flood(t)
	p := s.page()
	shown := p
	shown.Zone = nil
	noSecrets(t, shown)

	var got []string
	for _, l := range p.Lines {
		got = append(got, fmt.Sprintf("%s under=%q q%d %s, %s: %s +%d", l.ID, l.Under, l.Question, l.Name, l.Home, l.Text, l.Agrees))
	}
	want := []string{
		`line2 under="" q0 Ada, #data (north): Hello from Leeds, somebody and Analyst, Trust in a private room (south), a room (south) at Wednesday 2 December 2026, 8:00pm GMT: https://a.example/x. +2`,
		`line3 under="" q1 Analyst, Trust, a private room (south): A1 we match by hand +0`,
		`line8 under="" q1 Ada, #data (north): I agree with you +0`,
		`line9 under="line2" q1 Ada, #data (north): Me too +0`,
		`line10 under="" q1 Vic, visitor: From the web +0`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := []string{"https://a.example/x"}; !slices.Equal(p.Links, want) {
		t.Errorf("links are %q, want %q", p.Links, want)
	}
	if want := []Gap{{0, 1}, {1, 1}}; !slices.Equal(p.Gaps, want) {
		t.Errorf("gaps are %v, want %v", p.Gaps, want)
	}
	if want := []string{"Olga", "a host"}; !slices.Equal(p.Hosts, want) {
		t.Errorf("hosts are %q, want %q", p.Hosts, want)
	}
	if p.People != 5 || p.Messages != 7 || p.Upto != 2 || len(p.Questions) != 3 ||
		p.Questions[0].Text != "Which somebody and Ada use?" || p.Questions[1].Text != "A question from somebody who prefers not to be shown" || p.Questions[2].Text != p.Questions[1].Text {
		t.Errorf("the head is %+v", p)
	}
	head, ok, err := Head(context.Background(), s, "7k2f")
	p.Lines, p.Links = nil, nil
	if err != nil || !ok || fmt.Sprint(head) != fmt.Sprint(p) {
		t.Errorf("Head gives %v %v\n%+v, want\n%+v", ok, err, head, p)
	}
}

func TestNoPage(t *testing.T) {
	for name, change := range map[string]func(*Hour){
		"unknown":    func(h *Hour) { h.ID = "zzzz" },
		"not public": func(h *Hour) { h.Public = false },
		"rehearsal":  func(h *Hour) { h.Rehearsal = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			h := testHour()
			change(h)
			s.put(h, entry{What: wasSaid, Message: "north:m1"})
			if p, ok, err := Public(context.Background(), s, "7k2f"); ok || err != nil {
				t.Errorf("Public gives %+v, %v", p, err)
			}
			if p, ok, err := Head(context.Background(), s, "7k2f"); ok || err != nil {
				t.Errorf("Head gives %+v, %v", p, err)
			}
			if list, err := PublicList(context.Background(), s, 10); name != "unknown" && (err != nil || len(list.Live) > 0) {
				t.Errorf("PublicList gives %+v, %v", list, err)
			}
			changes, upto, err := Changes(context.Background(), s, "7k2f", 0, 10, 0)
			if want := []Change{{Seq: 1, Head: true}}; err != nil || upto != 1 || !slices.Equal(changes, want) {
				t.Errorf("Changes gives %v %d %v, want %v", changes, upto, err, want)
			}
		})
	}
}

// followed applies changes to a page's lines as a follower does.
func followed(lines []Line, changes []Change) []Line {
	lines = slices.Clone(lines)
	for _, c := range changes {
		id := c.Remove
		if c.Put != nil {
			id = c.Put.ID
		}
		i := slices.IndexFunc(lines, func(l Line) bool { return l.ID == id })
		switch {
		case c.Put != nil && i >= 0:
			lines[i] = *c.Put
		case c.Put != nil:
			at, _ := slices.BinarySearchFunc(lines, *c.Put, func(a, b Line) int {
				if a.At.After(b.At) {
					return 1
				}
				return -1
			})
			lines = slices.Insert(lines, at, *c.Put)
		case c.Remove != "" && i >= 0:
			lines = slices.Delete(lines, i, i+1)
		}
	}
	return lines
}

func TestChangesFollowAChoice(t *testing.T) {
	s := flood(t)
	for _, step := range []struct {
		name string
		do   []any
		put  []string
		gone []string
	}{
		{"Nora says yes: her line, the reply under it, and the mention of her",
			[]any{&bot.Person{User: "south:nora", Name: "Nora", Shown: bot.ByName}, &alias{Hour: "7k2f", Name: "n", Who: "south:nora"}, entry{What: personIs, Alias: "n"}},
			[]string{"line4", "line8", "line2", "line9"}, nil},
		{"and no again", []any{&bot.Person{User: "south:nora", Name: "NORANAME", Shown: bot.NotAtAll}, entry{What: personIs, Alias: "n"}},
			[]string{"line8", "line2", "line9"}, []string{"line4"}},
		{"a muted person's lines go", []any{&part{Hour: "7k2f", Who: "south:rob", Said: map[int]int{1: 1}, Muted: true}, &alias{Hour: "7k2f", Name: "r", Who: "south:rob"}, entry{What: personIs, Alias: "r"}},
			[]string{"line2", "line9"}, []string{"line3"}},
	} {
		t.Run(step.name, func(t *testing.T) {
			before := s.page()
			s.put(step.do...)
			changes, upto, err := Changes(context.Background(), s, "7k2f", before.Upto, 100, 0)
			if err != nil || upto != before.Upto+1 {
				t.Fatalf("followed to %d: %v", upto, err)
			}
			if step.gone != nil {
				noSecrets(t, changes)
			}
			var put, gone []string
			for i, c := range changes {
				switch {
				case c.Put != nil:
					put = append(put, c.Put.ID)
				case c.Remove != "":
					gone = append(gone, c.Remove)
				}
				if last := i >= len(changes)-2; last != (c.Seq == upto) {
					t.Errorf("change %d of %d leads to %d: a follower that stops there would miss the rest", i, len(changes), c.Seq)
				}
			}
			if !slices.Equal(put, step.put) || !slices.Equal(gone, step.gone) {
				t.Errorf("put %q and removed %q, want %q and %q", put, gone, step.put, step.gone)
			}
			if last := changes[len(changes)-1]; !last.Head {
				t.Error("the head is not read again")
			}
			if got, want := followed(before.Lines, changes), s.page().Lines; !slices.Equal(got, want) {
				t.Errorf("a follower sees\n%v, want\n%v", got, want)
			}
		})
	}
}

func TestPublicList(t *testing.T) {
	s := newShelf(t)
	hour := func(id string, state State, days int) *Hour {
		h := testHour()
		h.ID, h.State, h.Start = id, state, noon.AddDate(0, 0, days)
		return h
	}
	s.put(hour("soon", Scheduled, 1), hour("latr", Scheduled, 9), hour("live", Open, 0), hour("old2", Closed, -9), hour("old1", Closed, -2), hour("old3", Closed, -20), hour("gone", Cancelled, 3))
	list, err := PublicList(context.Background(), s, 2)
	ids := func(pages []Page) (out string) {
		for _, p := range pages {
			out += p.ID + " "
		}
		return out
	}
	if got, want := ids(list.Live)+"| "+ids(list.Upcoming)+"| "+ids(list.Closed), "live | soon latr | old1 old2 "; err != nil || got != want {
		t.Errorf("the list is %q (%v), want %q", got, err, want)
	}
}

func TestSections(t *testing.T) {
	var got []string
	for _, section := range flood(t).page().Sections() {
		got = append(got, fmt.Sprintf("Q%d gap %d", section.Question.Number, section.Gap))
		for _, thread := range section.Threads {
			got = append(got, thread.ID)
			for _, l := range thread.Replies {
				got = append(got, "> "+l.ID)
			}
		}
	}
	if want := []string{"Q0 gap 1", "line2", "> line9", "Q1 gap 1", "line3", "line8", "line10", "Q2 gap 0", "Q3 gap 0"}; !slices.Equal(got, want) {
		t.Errorf("sections are %q, want %q", got, want)
	}
}

// BenchmarkPublic10000 measures a page of 10,000 messages by 500 people, and
// beside it reading as many records without doing anything with them.
func BenchmarkPublic10000(b *testing.B) {
	s := newShelf(b)
	things := []any{testHour()}
	for i := range 500 {
		things = append(things, &bot.Person{User: bot.UserID(fmt.Sprintf("north:p%d", i)), Name: fmt.Sprintf("Person %d", i), Shown: [...]bot.Shown{bot.ByName, bot.ByRole, bot.NotAtAll, bot.ByName, bot.Unasked}[i%5]},
			&part{Hour: "7k2f", Who: bot.UserID(fmt.Sprintf("north:p%d", i)), Said: map[int]int{i % 5: 20}})
	}
	for i := range 10000 {
		m := &Said{Hour: "7k2f", ID: bot.MessageID(fmt.Sprintf("north:data:%08d", i)), Line: fmt.Sprintf("ln%06d", i), Place: i, Room: "north:data",
			Who: bot.UserID(fmt.Sprintf("north:p%d", i%500)), At: noon.Add(time.Duration(i) * 300 * time.Millisecond), Question: i % 5,
			Text: "We match them by hand, every quarter, and it takes two days: that is how it is done."}
		if i%10 == 0 {
			m.Text += " See https://example.org/rivers."
		}
		if i%3 == 2 {
			m.Under = bot.MessageID(fmt.Sprintf("north:data:%08d", i-1))
		}
		things = append(things, m, entry{What: wasSaid, Message: m.ID})
	}
	things = append(things, &tally{Hour: "7k2f", Messages: 10000, People: 500, Entries: 10000})
	s.put(things...)
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			if p := s.page(); len(p.Lines) != 6000 {
				b.Fatalf("%d lines", len(p.Lines))
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		for b.Loop() {
			if said, err := allSaid(context.Background(), s, "7k2f"); err != nil || len(said) != 10000 {
				b.Fatalf("%d records: %v", len(said), err)
			}
		}
	})
}
