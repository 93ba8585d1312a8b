package hours

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datahour/bot"
)

// Who hosts, asks and answers is credited when the hour is over, each once; who was
// muted, and everybody in a rehearsal, is not.
func TestCredit(t *testing.T) {
	credited := func(s *scene) []string {
		s.Helper()
		s.Advance(time.Second)
		all, err := bot.ContributionsOf(t.Context(), s.Bot.View(), "")
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range all {
			lines = append(lines, fmt.Sprintf("%s %s %q %s", c.Who, c.What, c.Title, c.Path))
		}
		slices.Sort(lines)
		return lines
	}
	onScene(t, func(s *scene) {
		s.ask()
		s.Say("north:tim", northData, "A1 Gauges.")
		s.Say("north:tim", northData, "A1 And rain.")
		s.Say("south:bad", southData, "A1 Rude.")
		s.Command("south:oskar", southData, "datahour mute <!user:south:bad>")
		s.close()
		s.want("credited", credited(s), `north:hal hosting "Flood data" /hour/7k2f`, `north:kim asking "Flood data" /hour/7k2f`, `north:tim answering "Flood data" /hour/7k2f`)
		s.Command("north:olga", northData, "datahour privacy 7k2f public=no")
		s.want("credited without its page", credited(s), `north:hal hosting "" `, `north:kim asking "" `, `north:tim answering "" `)
	}, func(h *Hour) { h.Questions[0].By, h.Questions[0].Taken = "north:kim", true })
	onScene(t, func(s *scene) {
		for n := range 2*creditAtOnce + 5 {
			s.Say(bot.UserID(fmt.Sprintf("north:p%d", n)), northData, "Hello")
		}
		s.close()
		if n := len(credited(s)); n != 2*creditAtOnce+6 {
			t.Errorf("%d are credited, with the host", n)
		}
	})
	onScene(t, func(s *scene) {
		s.Say("north:tim", northData, "Hello")
		s.close()
		s.want("credited without a page", credited(s), `north:hal hosting "" `, `north:tim answering "" `)
	}, func(h *Hour) { h.Public = false })
}
