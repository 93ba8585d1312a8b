package hours

import (
	"context"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// before is a message that was said in the hour and comes to be heard now.
func (s *scene) before(id bot.MessageID, at time.Time, text string) bot.Inbound {
	return bot.Inbound{ID: "late:" + string(id), Kind: bot.Message, From: "north:ada", Room: northData, Message: id, Text: text, At: at}
}

func TestHeardAfterTheClose(t *testing.T) {
	for name, later := range map[string]time.Duration{"at once": time.Second, "when the hour is settled": 2 * settling} {
		t.Run(name, func(t *testing.T) {
			onScene(t, func(s *scene) {
				s.choose("north:ada", bot.ByName)
				s.Say("north:ada", northData, "one")
				at := s.Now()
				s.Advance(time.Minute)
				s.close()
				s.Advance(later)
				if _, err := s.Chat("north").Hand(context.Background(), s.before("north:late", at, "two")); err != nil {
					t.Fatal(err)
				}
				s.Advance(3 * settling)
				for _, room := range []bot.RoomID{southData, southChat} {
					s.want("carried to "+string(room), s.copies(room), "**Ada** (north): one", "**Ada** (north): two")
				}
				s.want("the page", s.lines(), "Ada: one", "Ada: two")
				if got := bottest.PostWords(s.Post(northData, "hour/7k2f/wrapup").Post); !strings.Contains(got, "2 messages") {
					t.Errorf("the wrap-up does not count it: %s", got)
				}
				if got := bottest.PostWords(s.Post(bot.UserID("north:hal").Direct(), "hour/7k2f/card").Post); !strings.Contains(got, "2 messages") {
					t.Errorf("the host's card does not count it: %s", got)
				}
				s.settled()
			}, func(h *Hour) { h.Sheets = h.Hosts })
		})
	}
}

// settled checks that the hour is, and that nothing follows its log any more.
func (s *scene) settled() {
	s.Helper()
	s.do(func(ctx context.Context, tx *bot.Tx) error {
		h, err := hourByID(ctx, tx, s.id)
		if err == nil && !h.Settled {
			s.Error("the hour is not settled")
		}
		recs, err2 := tx.Records(ctx, "carry:"+logOf(s.id), "", 10)
		if len(recs) > 0 {
			s.Errorf("%d rooms are still told", len(recs))
		}
		if err == nil {
			err = err2
		}
		return err
	})
}

// TestSettlingTellsTheRoomsAllThatIsLeft settles an hour in the very commit in
// which something was heard, as happens when the bot was off until then.
func TestSettlingTellsTheRoomsAllThatIsLeft(t *testing.T) {
	onScene(t, func(s *scene) {
		at := s.Now()
		s.Advance(time.Minute)
		s.close()
		s.do(func(ctx context.Context, tx *bot.Tx) error {
			if err := s.f.Heard(ctx, tx, s.before("north:late", at, "just in time")); err != nil {
				return err
			}
			return s.f.settle(ctx, tx, bot.Alarm{Key: settleAlarm + "/" + s.id, Due: tx.Now()})
		})
		s.Advance(time.Minute)
		s.want("south", s.copies(southData), "**ada** (north): just in time") // nobody told her name
		s.settled()
	})
}

// TestOffWhenAnHourWasToBeSettled has the bot off at that moment: an edit of
// that time is caught up with, and only then the hour is settled.
func TestOffWhenAnHourWasToBeSettled(t *testing.T) {
	onScene(t, func(s *scene) {
		id := s.Say("north:ada", northData, "one")
		s.Advance(time.Minute)
		s.close()
		s.Advance(time.Minute)
		s.StopBot()
		s.Edit("north:ada", northData, id, "one, edited")
		s.Down(2 * settling)
		s.do(func(ctx context.Context, tx *bot.Tx) error {
			h, err := hourByID(ctx, tx, s.id)
			if err == nil && h.Settled {
				t.Error("it was settled before anything could be caught up with")
			}
			return err
		})
		s.Advance(time.Minute)
		s.want("south", s.copies(southData), "**Ada** (north): one, edited")
		s.Advance(2 * settling)
		s.settled()
	})
}
