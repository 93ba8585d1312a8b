package hours

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// What expires is deleted at its time, and the organisers of all its rooms are told.
func TestATranscriptExpires(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		for i := range 2 * forgetAtOnce / 3 { // more than fit into one commit, with their copies
			s.Say("north:ada", northData, fmt.Sprint("QUOLIX", i))
		}
		s.Command("web:v1", "web:page", `datahour visit 7k2f "Vixen" words="QUOLIX too"`)
		s.Command("north:hal", northData, "datahour waiting")
		s.Press("north:hal", northData, "Show 1")
		s.close()
		told := func() (n int) {
			for _, u := range []bot.UserID{"north:olga", "south:oskar"} {
				for _, p := range s.Direct(u) {
					if words := bottest.PostWords(p.Post); strings.Contains(words, "is deleted: it was to be kept for 30 days") {
						n++
					}
				}
			}
			return n
		}
		s.Advance(29 * 24 * time.Hour)
		if got := strings.Count(s.everything(), "QUOLIX"); got == 0 || told() > 0 {
			t.Fatalf("a day before, %d words are left, and %d are told", got, told())
		}
		s.Advance(48 * time.Hour)
		if n := told(); n != 2 {
			t.Errorf("%d organisers are told, want 2", n)
		}
		for item, err := range s.Store.(bot.Dumper).Dump(s.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if r := item.Record; r != nil && (strings.Contains(string(r.Value), "QUOLIX") || strings.Contains(string(r.Value), "Vixen")) {
				t.Errorf("%s is left: %.200s", r.Key, r.Value)
			}
		}
		if strings.Contains(s.everything(), "QUOLIX") {
			t.Error("the page still has it")
		}
	}, func(h *Hour) { h.KeepDays = 30 })
}
