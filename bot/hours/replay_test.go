package hours

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// spoken is one line of a recorded hour.
type spoken struct {
	at          time.Time
	name, words string
}

var spokenLine = regexp.MustCompile(`^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] <([^>]+)> ?(.*)$`)

// recorded reads an hour from a file: "[2026-11-25 20:00:04] <Olga> words". Other
// lines tell who came and went.
func recorded(t *testing.T, file string) []spoken {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []spoken
	for line := range strings.Lines(strings.TrimPrefix(string(raw), "\ufeff")) {
		found := spokenLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if found == nil {
			continue
		}
		at, err := time.Parse(time.DateTime, found[1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, spoken{at, found[2], found[3]})
	}
	if len(all) < 20 {
		t.Fatalf("%s has %d lines", file, len(all))
	}
	return all
}

// TestReplay lets a recorded hour happen again, once with everybody agreeing and
// once with the one who speaks second saying no. DATAHOUR_TEST_HOURS names
// another recording.
func TestReplay(t *testing.T) {
	file := "testdata/hour.txt"
	if other := os.Getenv("DATAHOUR_TEST_HOURS"); other != "" {
		file = other
	}
	hour := recorded(t, file)
	second := ""
	for _, l := range hour {
		if l.name != hour[0].name {
			second = l.name
			break
		}
	}
	for _, refuses := range []string{"", second} {
		for _, every := range []time.Duration{0, 5 * time.Second} { // between posts in the other room
			t.Run(fmt.Sprintf("without %q, a post each %v", refuses, every), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { replay(t, hour, refuses, every) })
			})
		}
	}
}

func replay(t *testing.T, hour []spoken, refuses string, every time.Duration) {
	north, south := bottest.NewChat("north"), bottest.NewChat("south")
	south.Limit(bot.Limits{RoomEvery: every, RoomBurst: 1})
	users := map[string]bot.UserID{}
	for _, l := range hour {
		if users[l.name] == "" {
			users[l.name] = bot.UserID(fmt.Sprintf("north:p%d", len(users)))
			north.AddPerson(bot.Profile{User: users[l.name], Name: l.name})
		}
	}
	s := newScene(t, bottest.Config{Chats: []bot.Chat{north, south}}, func(h *Hour) {
		h.Length, h.Rooms = hour[len(hour)-1].at.Sub(hour[0].at)+time.Hour, []bot.RoomID{northData, southData}
	})
	for name, u := range users {
		if name == refuses {
			s.choose(u, bot.NotAtAll)
		} else {
			s.choose(u, bot.ByName)
		}
	}
	began := s.Now()
	var shown, carried []string
	for _, l := range hour {
		if d := l.at.Sub(hour[0].at) - s.Now().Sub(began); d > 0 {
			s.Advance(d)
		}
		s.Say(users[l.name], northData, l.words)
		if l.name != refuses {
			shown = append(shown, l.name+": "+l.words)
		}
		carried = append(carried, "**"+bot.Plain(l.name)+"** (north): "+bot.Quote(l.words))
	}
	s.Advance(5 * time.Minute)
	var room []string
	for _, p := range s.Posts(southData) {
		if strings.HasPrefix(string(p.Key), "hour/7k2f/said/") {
			room = append(room, p.Text)
		}
	}
	if every > 0 && len(room) == len(carried) {
		t.Error("nothing is combined")
	}
	s.want("the linked room", strings.Split(strings.Join(room, between), between), carried...)
	s.want("the page", s.lines(), shown...)
	var data transcript
	if err := json.Unmarshal(JSON(s.page()), &data); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, l := range data.Lines {
		lines = append(lines, l.Name+": "+l.Text)
	}
	s.want("the transcript", lines, shown...)
	if got := len(s.page().Gaps); (got > 0) != (refuses != "") {
		t.Errorf("%d gaps", got)
	}
}
