package hours_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"datahour/bot/hours"
)

func TestTheArchiveComesInPages(t *testing.T) {
	staged(t, func(s stage) {
		var ids []string
		for day := range 5 {
			id := s.schedule(fmt.Sprintf(`datahour new "Hour %d" "%d Nov 8pm"`, day, 23+day))
			s.AdvanceTo(london(23+day, 21, 1))
			ids = append(ids, id)
		}
		private := s.schedule(`datahour new Ponds "29 Nov 8pm" public=no`)
		s.AdvanceTo(london(29, 21, 1))
		s.schedule(flood) // still to come
		for _, c := range []struct {
			skip, most int
			want       []int
		}{{0, 2, []int{4, 3}}, {2, 2, []int{2, 1}}, {4, 2, []int{0}}, {6, 2, nil}, {0, 9, []int{4, 3, 2, 1, 0}}} {
			page, all, err := hours.PublicArchive(context.Background(), s.Bot.View(), c.skip, c.most)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, p := range page {
				got = append(got, p.ID)
			}
			for _, i := range c.want {
				want = append(want, ids[i])
			}
			if strings.Join(got, " ") != strings.Join(want, " ") || all != 5 {
				t.Errorf("%d after %d: %v of %d, want %v of 5, and never %s", c.most, c.skip, got, all, want, private)
			}
		}
	})
}

func TestTheDiaryFollowsAnHour(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(`datahour new "Flood data" "25 Nov 8pm" about="With <!user:north:ada>, and rivers."`)
		s.schedule(`datahour new Ponds "Thu 8pm" public=no`)
		was := 0
		entry := func(what string, start time.Time, cancelled bool) {
			t.Helper()
			all, err := hours.New().Diary(context.Background(), s.Bot.View(), s.Now(), s.Now().AddDate(0, 1, 0))
			if err != nil || len(all) != 1 {
				t.Fatalf("%s: the diary is %+v, %v; want one entry", what, all, err)
			}
			e := all[0]
			if e.UID != "hour-"+id || !e.Start.Equal(start) || e.Start.Location().String() != "Europe/London" || e.Cancelled != cancelled || e.URL != "/hour/"+id {
				t.Errorf("%s: %+v", what, e)
			}
			if e.Sequence <= was {
				t.Errorf("%s: the sequence went from %d to %d", what, was, e.Sequence)
			}
			if strings.Contains(e.Text, "Ada") || strings.Contains(e.Text, "<!") || !strings.Contains(e.Text, "rivers") {
				t.Errorf("%s: the text is %q", what, e.Text)
			}
			was = e.Sequence
			if one, ok, err := hours.DiaryEntry(context.Background(), s.Bot.View(), id); err != nil || !ok || one.Sequence != e.Sequence {
				t.Errorf("%s: alone it is %+v, %v, %v", what, one, ok, err)
			}
		}
		entry("scheduled", london(25, 20, 0), false)
		s.Command(olga, data, "datahour move "+id+" Fri 27 Nov 7pm")
		s.Press(olga, data, "Post")
		entry("moved", london(27, 19, 0), false)
		s.Command(olga, data, "datahour cancel "+id)
		s.Press(olga, data, "Cancel the hour")
		entry("cancelled", london(27, 19, 0), true)
		s.Command(olga, data, "datahour privacy "+id+" public=no")
		if _, ok, err := hours.DiaryEntry(context.Background(), s.Bot.View(), id); ok || err != nil {
			t.Errorf("not public any more: %v, %v", ok, err)
		}
	})
}
