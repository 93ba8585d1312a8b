package hours

import (
	"testing"
	"time"

	"datahour/bot"
)

// A room that is the only one of an hour hears its visitors too, and nothing of
// what was said in itself.
func TestARoomAloneHearsVisitors(t *testing.T) {
	onScene(t, func(s *scene) {
		s.choose("north:ada", bot.ByName)
		s.Say("north:ada", northData, "before")
		visit := func(words string) {
			s.Command("web:v1", "web:page", `datahour visit 7k2f Vera words="`+words+`" organisation=Trust`)
			s.Advance(time.Second)
			s.Command("north:hal", northData, "datahour waiting")
			s.Press("north:hal", northData, "Show 1")
		}
		visit("one")
		s.Say("north:ada", northData, "between")
		visit("two")
		s.want("the room", s.copies(northData), "**Vera, Trust** (web): one", "**Vera, Trust** (web): two")
		s.want("the page", s.lines(), "Ada: before", "Vera, Trust: one", "Ada: between", "Vera, Trust: two")

		mine, ok, err := VisitingOf(s.Context(), s.Bot.View(), s.id, "web:v1")
		if err != nil || !ok || len(mine.Messages) != 2 {
			t.Fatalf("of the visitor are %+v, %v, %v", mine, ok, err)
		}
		s.Command("web:v1", "web:page", "datahour withdraw 7k2f "+mine.Messages[0].ID)
		s.Advance(time.Second)
		s.want("the room", s.copies(northData), "**Vera, Trust** (web): two")
		s.close()
		s.Advance(24 * time.Hour) // it is settled: its log is not followed any more
		s.Command("web:v1", "web:page", "datahour withdraw 7k2f "+mine.Messages[1].ID)
		s.Advance(time.Minute)
		s.want("the room", s.copies(northData))
	}, func(h *Hour) { h.Rooms = []bot.RoomID{northData} })
}
