package events

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"

	"pgregory.net/rapid"
)

// act is something that somebody does, or that happens.
type act struct {
	Who  int // of players
	Line string
}

// players answer; olga hosts. Their names are in nothing else.
var players = []bot.UserID{"north:adalia", "north:benito", "north:carlota", "south:susanna", "south:tomaso", "south:ursula"}

// history is an event in the real bot, with what a test has to remember.
type history struct {
	*bottest.Harness
	t    *testing.T
	id   string
	over bool // the capacity was lowered, so there may be more people than seats until some have gone
	was  map[queue]int
}

// For any history through the commands and the clock, several people at once among
// them: the seats are right, whoever is in them is found, what stands says so, and no
// offer is without its alarm and its message.
func TestAnyHistory(t *testing.T) {
	presses := []string{"rsvp %s going", "rsvp %s going", "rsvp %s going", "rsvp %s online", "rsvp %s plus-one", "rsvp %s no-plus-one", "rsvp %s no", "rsvp %s no", "accept %s", "accept %s", "remind %s"}
	host := []string{"edit %s seats=1", "edit %s seats=2", "edit %s seats=3 visitors=1", "edit %s seats=5", "edit %s onlineseats=1", "add %s Jo", "remove %s Jo", "remove %s 2", "promote %s 3 because", "move %s in 3 days", "checkin %s 1"}
	rapid.Check(t, func(rt *rapid.T) {
		type step struct {
			Do    string
			Acts  []act
			Hours int
		}
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			s := step{Do: rapid.SampledFrom([]string{"press", "press", "press", "host", "wait", "restart", "erase"}).Draw(rt, "do"), Hours: rapid.IntRange(1, 20).Draw(rt, "hours")}
			lines := presses
			if s.Do == "host" {
				lines = host
			}
			s.Acts = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) act {
				return act{rapid.IntRange(0, len(players)-1).Draw(rt, "who"), rapid.SampledFrom(lines).Draw(rt, "line")}
			}), 1, 5).Draw(rt, "acts")
			return s
		}), 5, 25).Draw(rt, "steps")
		var wrong error
		synctest.Test(t, func(t *testing.T) {
			h := begin(t)
			for i, s := range steps {
				switch s.Do {
				case "press":
					h.atOnce(s.Acts)
				case "host":
					h.hosts(s.Acts[0].Line)
				case "wait":
					h.Advance(time.Duration(s.Hours) * time.Hour)
				case "restart":
					h.Down(time.Duration(s.Hours) * time.Hour)
				case "erase":
					h.erase(players[s.Acts[0].Who])
				}
				h.Advance(10 * time.Second)
				if wrong = h.wrong(); wrong != nil {
					wrong = fmt.Errorf("after step %d (%+v): %w", i, s, wrong)
					return
				}
			}
		})
		if wrong != nil {
			rt.Fatal(wrong)
		}
	})
}

func begin(t *testing.T) *history {
	h := &history{Harness: bottest.Start(t, bottest.Config{Features: []bot.Feature{New()}}), t: t, was: map[queue]int{}}
	h.Command("north:olga", "north:data", `event new "Jam" "27 Nov 08:30" venue=Here link=https://meet.example.org seats=3 visitors=1 plus=2`)
	said := bottest.Words(h.Press("north:olga", "north:data", "Post"))
	_, after, ok := strings.Cut(said, "/event guests ")
	if !ok {
		t.Fatal(said)
	}
	h.id = after[:4]
	return h
}

// atOnce lets several people press at the same moment.
func (h *history) atOnce(acts []act) {
	var all sync.WaitGroup
	for i, a := range acts {
		all.Go(func() {
			who := players[a.Who]
			_, err := h.Chat(who.Platform()).Hand(context.Background(), bot.Inbound{ID: fmt.Sprint(h.Now(), i), Kind: bot.Command, From: who, Room: bot.RoomID(who.Platform() + ":data"),
				At: h.Now(), Text: "event " + fmt.Sprintf(a.Line, h.id), Pressed: true})
			if err != nil {
				h.t.Error(err)
			}
		})
	}
	all.Wait()
}

func (h *history) hosts(line string) {
	reply := h.Command("north:olga", "north:data", "event "+fmt.Sprintf(line, h.id))
	if reply.Post != nil && slices.ContainsFunc(reply.Post.Buttons, func(b bot.Button) bool { return b.Label == "Post" }) {
		h.Press("north:olga", "north:data", "Post")
		h.over = true
	}
}

func (h *history) erase(who bot.UserID) {
	h.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.Erase(ctx, who, bot.ErasedSelf) })
	h.Advance(2 * time.Hour)
}

// wrong tells what is not as it has to be.
func (h *history) wrong() error {
	ctx := context.Background()
	var e Event
	if _, err := h.Bot.View().Get(ctx, eventKey(h.id), &e); err != nil {
		return err
	}
	s, err := seatsOf(ctx, h.Bot.View(), h.id)
	if err != nil {
		return err
	}
	c := e.capacity(h.Now())
	used := map[queue]int{"house": s.count(func(x Seat) bool { return x.State != Waiting && !x.Online })}
	limits := map[queue]int{"house": c.InPerson}
	for _, q := range c.queues() {
		used[q], limits[q] = s.used(c, q), c.seats(q)
		if e.State == Scheduled && !c.Open && s.free(c, q) > 0 && len(s.waiting(c, q)) > 0 {
			return fmt.Errorf("%s has free seats and people who wait: %+v", q, s.All)
		}
	}
	if e.State == Over { // it is as it was
		return nil
	}
	for q, n := range used {
		if limits[q] > 0 && n > limits[q] && !(h.over && n <= max(h.was[q], h.was["house"])) && !(h.over && q != online && n <= h.was["house"]) {
			return fmt.Errorf("%s has %d seats and gave %d", q, limits[q], n)
		}
	}
	h.was = used
	guests, err := bot.Find[Guest](ctx, h.Bot.View(), "event.guests:"+h.id)
	if err != nil {
		return err
	}
	var found []bot.UserID
	for _, g := range guests {
		found = append(found, g.Who)
	}
	slices.Sort(found)
	if !slices.Equal(found, s.people()) {
		return fmt.Errorf("seats of %v and records of %v", s.people(), found)
	}
	post := h.Post("north:data", e.noticeKey("announcement"))
	if want := e.numbers(&s, h.Now()); !strings.Contains(post.Text, want) && !c.Open {
		return fmt.Errorf("the announcement says\n%s\nand not %q", post.Text, want)
	}
	return h.wrongOffers(&e, &s)
}

// wrongOffers looks for offers that nobody would end, or of which nobody was told.
func (h *history) wrongOffers(e *Event, s *Seats) error {
	alarms := map[string]time.Time{}
	for item, err := range h.Store.(bot.Dumper).Dump(context.Background()) {
		if err != nil {
			return err
		}
		if item.Alarm != nil {
			alarms[item.Alarm.Key] = item.Alarm.Due
		}
	}
	for _, x := range s.All {
		if x.State != Offered {
			continue
		}
		if due, ok := alarms[seatsAlarm+"/"+e.ID]; !ok || due.After(x.Until) || x.Until.Before(h.Now()) {
			return fmt.Errorf("the offer until %v rings at %v", x.Until, due)
		}
		if !slices.Contains([]string{"north", "south"}, x.Who.Platform()) {
			continue
		}
		key := e.noticeKey(fmt.Sprintf("offer/%d", x.Number))
		if !slices.ContainsFunc(h.Direct(x.Who), func(p bottest.Posted) bool {
			return p.Key == key && slices.ContainsFunc(p.Buttons, func(b bot.Button) bool { return b.Label == "Take it" })
		}) {
			return fmt.Errorf("%s was not told of the offer %d", x.Who, x.Number)
		}
	}
	return nil
}
