package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// clockStore lets a test decide how storing the clock goes.
type clockStore struct {
	bot.Store
	clock func() error // before the clock is stored
}

func (s *clockStore) Commit(ctx context.Context, m bot.Moment, b bot.Batch) (bot.Rev, error) {
	if len(b.Put) == 1 && b.Put[0].Key == "clock" {
		if err := s.clock(); err != nil {
			return 0, err
		}
	}
	return s.Store.Commit(ctx, m, b)
}

// TestTwoMoveTheClockAtOnce has the shorter move be the slower one.
func TestTwoMoveTheClockAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &movable{Chat: bottest.NewChat("north")}
		first := make(chan struct{}, 1)
		first <- struct{}{}
		proceed := make(chan struct{})
		store := &clockStore{Store: bottest.NewStore(), clock: func() error {
			select {
			case <-first:
				<-proceed
			default:
			}
			return nil
		}}
		h := bottest.Start(t, bottest.Config{Chats: []bot.Chat{chat}, Store: store})
		done := make(chan error, 2)
		start := h.Now()
		for _, to := range []time.Duration{time.Hour, 2 * time.Hour} {
			go func() {
				_, err := chat.move(context.Background(), start.Add(to).Format(time.RFC3339))
				done <- err
			}()
			synctest.Wait()
		}
		close(proceed)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		offset, err := bot.ClockOffset(context.Background(), h.Store)
		if err != nil || offset < 2*time.Hour-time.Second {
			t.Errorf("the clock is at %v, and a new start would begin %v ahead (%v)", h.Now(), offset, err)
		}
	})
}

// TestNothingRingsBeforeTheClockIsStored: otherwise a new start would be before
// what happened.
func TestNothingRingsBeforeTheClockIsStored(t *testing.T) {
	chat := &movable{Chat: bottest.NewChat("north")}
	b := &bells{}
	store := &clockStore{Store: bottest.NewStore(), clock: func() error { return errors.New("away") }}
	bubble(t, &lab{alarms: b.kind(time.Minute)}, bottest.Config{Chats: []bot.Chat{chat}, Store: store, Errors: true}, func(h *bottest.Harness) {
		promise(h, "x", 30*time.Minute)
		if _, err := chat.move(context.Background(), "+1h"); err == nil {
			t.Error("the clock was moved and could not be stored")
		}
		synctest.Wait()
		b.heard(h)
	})
}
