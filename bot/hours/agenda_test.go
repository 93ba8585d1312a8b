package hours_test

import (
	"context"
	"strings"
	"testing"

	"datahour/bot"
)

func TestAgendaAndMine(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		s.schedule(`datahour new Ponds "Thu 8pm" public=no`)
		cancelled := s.schedule(`datahour new Lakes "Mon 8pm"`)
		s.Command(olga, data, "datahour cancel "+cancelled)
		s.Press(olga, data, "Cancel the hour")
		s.Command(ada, data, "datahour remind "+id)
		about := func(who bot.UserID) string {
			var lines []string
			if err := s.Do(func(ctx context.Context, tx *bot.Tx) (err error) {
				lines, err = tx.Mine(ctx, who)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return strings.Join(lines, "\n")
		}
		s.says("what concerns olga", about(olga), "You host *Flood data people really use* on Wednesday 25 November 2026, 8:00pm GMT (`"+id+"`).", "*Ponds*")
		s.lacks("what concerns olga", about(olga), "Lakes")
		s.says("what concerns ada", about(ada), "I will remind you ten minutes before *Flood data")

		s.AdvanceTo(london(25, 20, 1))
		s.says("what concerns olga", about(olga), "You are hosting *Flood data people really use* now, until 9:00pm GMT.")
		items, err := s.Bot.Agenda(context.Background(), s.Now(), s.Now().AddDate(0, 0, 7))
		if err != nil {
			t.Fatal(err)
		}
		if len(items) != 2 || !items[0].Live || items[0].URL != "/hour/"+id || items[1].Title != "Ponds" || items[1].URL != "" || items[1].Live {
			t.Errorf("the agenda is %+v", items)
		}
		s.AdvanceTo(london(26, 21, 1))
		if items, err := s.Bot.Agenda(context.Background(), s.Now(), s.Now().AddDate(0, 0, 7)); err != nil || len(items) != 0 {
			t.Errorf("the agenda after all is over is %+v, %v", items, err)
		}
	})
}
