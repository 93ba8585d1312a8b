package bot_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// unreadable is a store whose reading fails while it is down.
type unreadable struct {
	bot.Store
	down atomic.Bool
}

func (u *unreadable) Get(ctx context.Context, keys ...string) ([]bot.Record, error) {
	if u.down.Load() && keys[0] != "active" {
		return nil, errors.New("the store is away")
	}
	return u.Store.Get(ctx, keys...)
}

func TestTakingOverWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &unreadable{Store: bottest.NewStore()}
		store.down.Store(true)
		b, err := bot.New(bot.Config{Store: store, Chats: []bot.Chat{bottest.NewChat("north")}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Minute) // longer than being active lasts without being renewed
		if b.Ready() == nil {
			t.Fatal("ready without having read anything")
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended while the store was away: %v", err)
		default:
		}
		store.down.Store(false)
		time.Sleep(6 * time.Second)
		if err := b.Ready(); err != nil {
			t.Errorf("six seconds after the store came back: %v", err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What is under way when the process is stopped has not failed.
func TestStoppingLogsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ringing := make(chan struct{})
		feature := &lab{
			rows: []bot.Row{{Name: "soon", Summary: "Promise", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
				tx.Promise("bell", "x", tx.Now().Add(time.Second))
				tx.Listen(data)
				return bot.Reply{}, nil
			}}},
			alarms: map[string]bot.AlarmKind{"bell": {Ring: func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
				close(ringing)
				<-ctx.Done()
				return ctx.Err()
			}}},
		}
		chat := &slowHistory{Chat: bottest.NewChat("north"), missed: make(chan struct{})}
		b, err := bot.New(bot.Config{Store: bottest.NewStore(), Chats: []bot.Chat{chat}, Features: []bot.Feature{feature}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		synctest.Wait()
		if _, err := b.Receive(ctx, bot.Inbound{Kind: bot.Command, Text: "soon", From: "web:v"}); err != nil {
			t.Fatal(err)
		}
		close(chat.missed)
		<-ringing
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("stopping was logged as an error:\n%s", log.String())
		}
	})
}

// slowHistory is a platform whose history takes for ever.
type slowHistory struct {
	*bottest.Chat
	missed chan struct{}
}

func (s *slowHistory) Run(ctx context.Context, _ bot.Receive, gap func(bot.RoomID)) error {
	<-s.missed
	gap("")
	<-ctx.Done()
	return ctx.Err()
}

func (s *slowHistory) History(ctx context.Context, _ bot.RoomID, _ time.Time, _ func(bot.Inbound) error) error {
	<-ctx.Done()
	return ctx.Err()
}
