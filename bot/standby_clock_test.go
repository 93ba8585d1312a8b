package bot_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// TestStandbyKnowsThatTheClockWasMoved moves a playground's clock while another
// process stands by: when that takes over, the time goes on and not back.
func TestStandbyKnowsThatTheClockWasMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := bottest.NewStore()
		chat := &movable{Chat: bottest.NewChat("north")}
		begin := func() (stop func()) {
			b, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{chat}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- b.Run(ctx) }()
			synctest.Wait()
			return func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		stopFirst := begin()
		stopSecond := begin()
		defer stopSecond()
		moved, err := chat.move(context.Background(), "+24h")
		if err != nil {
			t.Fatal(err)
		}
		stopFirst()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if now := chat.shown[len(chat.shown)-1]; now.Before(moved) {
			t.Errorf("the clock was moved to %v, and the next process shows %v", moved, now)
		}
	})
}
