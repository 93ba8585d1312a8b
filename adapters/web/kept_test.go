package web

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
	"datahour/bot/my"
)

// slowReader reads as its Reader does, but what was said comes late: when the
// test lets it go.
type slowReader struct {
	bot.Reader
	read chan struct{} // one for each reading of what was said
	let  chan struct{}
}

func (r slowReader) Records(ctx context.Context, index, after string, max int) ([]bot.Record, error) {
	recs, err := r.Reader.Records(ctx, index, after, max)
	if strings.HasPrefix(index, "said:") {
		r.read <- struct{}{}
		<-r.let
	}
	return recs, err
}

// openHour runs an hour in north:data, until just after its start.
func openHour(h *bottest.Harness) (id string) {
	h.Helper()
	h.Command("north:olga", "north:data", `datahour new "Flood data" "25 Nov 8pm" questions="What did you look up?" public=yes`)
	h.Press("north:olga", "north:data", "Post")
	list, err := hours.PublicList(h.Context(), h.Bot.View(), 1)
	if err != nil || len(list.Upcoming) != 1 {
		h.Fatalf("upcoming = %+v, %v; want the hour", list.Upcoming, err)
	}
	h.AdvanceTo(time.Date(2026, 11, 25, 20, 1, 0, 0, time.UTC))
	return list.Upcoming[0].ID
}

func newBackground(t *testing.T) *background {
	b := &background{}
	b.ctx, b.stop = context.WithCancel(context.Background())
	t.Cleanup(b.end)
	return b
}

// Who said no is on no page that is asked for after that, not even on one whose
// reading was under way.
func TestNoPageFromBeforeTheNo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), my.New()}})
		id := openHour(h)
		h.Command("north:tim", "north:data", "my shown name")
		h.Say("north:tim", "north:data", "River levels")

		r := slowReader{h.Bot.View(), make(chan struct{}), make(chan struct{})}
		p := newPages(r, newBackground(t))
		pages := make(chan hours.Page)
		get := func() {
			page, ok, err := p.get(t.Context(), id)
			if err != nil || !ok {
				t.Errorf("get: %v, %v", ok, err)
			}
			pages <- page
		}
		go get()
		<-r.read // the first has read Tim's words, and is slow
		h.Command("north:tim", "north:data", "my shown no")
		go get()
		synctest.Wait()
		r.let <- struct{}{}
		if first := <-pages; len(first.Lines) != 1 {
			t.Errorf("who asked before sees %d lines, want Tim's", len(first.Lines))
		}
		<-r.read
		r.let <- struct{}{}
		if second := <-pages; len(second.Lines) != 0 {
			t.Errorf("who asked afterwards sees %v", second.Lines)
		}
		go get()
		if third := <-pages; len(third.Lines) != 0 { // kept: read without asking what was said
			t.Errorf("the kept page has %v", third.Lines)
		}
	})
}

func TestPagesThatAreKept(t *testing.T) {
	p := newPages(nil, newBackground(t))
	id := func(i int) string { return "h" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }
	for i := range pagesKept {
		p.keep(id(i), hours.Page{ID: id(i)}, true)
	}
	p.look(id(0))
	p.keep("next", hours.Page{ID: "next"}, true)
	if _, kept := p.kept[id(0)]; !kept {
		t.Error("the page used last was forgotten")
	}
	if _, kept := p.kept[id(1)]; kept || len(p.kept) != pagesKept || len(p.used) != pagesKept {
		t.Errorf("%d pages and %d uses are kept, want %d, without the one used longest ago", len(p.kept), len(p.used), pagesKept)
	}
	p.keep("next", hours.Page{}, false)
	if _, kept := p.kept["next"]; kept || slices.Contains(p.used, "next") {
		t.Error("a page that is not public any more is kept")
	}
}

func TestLongPagesAreKeptAsFarAsThereIsRoom(t *testing.T) {
	p := newPages(nil, newBackground(t))
	long := func(bytes int) hours.Page { return hours.Page{Lines: []hours.Line{{Text: strings.Repeat("x", bytes)}}} }
	keeps := func(want ...string) {
		t.Helper()
		if got := slices.Sorted(maps.Keys(p.kept)); !slices.Equal(got, want) || len(p.sizes) != len(want) {
			t.Errorf("%q are kept, and %d sizes, want %q", got, len(p.sizes), want)
		}
	}
	p.keep("a", long(bytesKept/2), true)
	p.keep("b", long(bytesKept/4), true)
	keeps("a", "b")
	p.look("a")
	p.keep("c", long(bytesKept/4), true) // the lines themselves take some room, too
	keeps("a", "c")
	p.keep("a", long(bytesKept/8), true) // fewer lines stand on it by now
	p.keep("d", long(bytesKept/2), true)
	keeps("a", "c", "d")
	p.keep("e", long(2*bytesKept), true)
	keeps("e")
}

func TestCouldBeID(t *testing.T) {
	for id, want := range map[string]bool{"7k2f": true, "7k2f9abc": true, "": false, "ABCD": false, "a/b": false, "a\x00b": false, "é": false, "..": false, "a b": false,
		strings.Repeat("a", 33): false} {
		if got := couldBeID(id); got != want {
			t.Errorf("couldBeID(%q) = %v, want %v", id, got, want)
		}
	}
}

// What is beside the lines follows a choice at once, too: hosts and those whose
// question was asked, though they may never have spoken.
func TestHostsAndAskersFollowTheirChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := bottest.Start(t, bottest.Config{Features: []bot.Feature{hours.New(), my.New()}})
		h.Command("north:olga", "north:data", "my shown name")
		h.Command("north:tim", "north:data", "my shown name")
		id := openHour(h)
		h.Command("north:tim", "north:data", "datahour ask Who pays for it?")
		h.Advance(10 * time.Minute) // the planned question comes by itself
		h.Command("north:olga", "north:data", "datahour next")
		p := newPages(h.Bot.View(), newBackground(t))
		get := func() hours.Page {
			t.Helper()
			page, ok, err := p.get(t.Context(), id)
			if err != nil || !ok {
				t.Fatalf("get: %v, %v", ok, err)
			}
			return page
		}
		if page := get(); !slices.Equal(page.Hosts, []string{"Olga"}) || len(page.Questions) != 2 || page.Questions[1].Text != "Who pays for it?" {
			t.Fatalf("hosts %q and questions %v, want Olga and Tim's second", page.Hosts, page.Questions)
		}
		h.Command("north:olga", "north:data", "my shown no")
		if page := get(); slices.Contains(page.Hosts, "Olga") {
			t.Errorf("the kept page still names the host: %q", page.Hosts)
		}
		h.Command("north:tim", "north:data", "my shown no")
		if page := get(); page.Questions[1].Text == "Who pays for it?" {
			t.Error("the kept page still has the question of somebody who said no")
		}
	})
}
