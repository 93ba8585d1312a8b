package slack

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// frozenConn is a connection of a process that may be frozen: nothing that it
// writes then, or has read before, has any effect until it thaws.
type frozenConn struct {
	net.Conn
	of *bottest.Frozen
}

func (c frozenConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.of.Wait()
	return n, err
}

func (c frozenConn) Write(b []byte) (int, error) {
	c.of.Wait()
	return c.Conn.Write(b)
}

// standing is one of two processes that share a store and a workspace.
type standing struct {
	*bottest.Frozen
	*bot.Bot
	stop func()
}

func startBeside(s *stage) *standing {
	p := &standing{Frozen: &bottest.Frozen{Store: s.store}}
	chat := newChat(s.T, s.options())
	chat.http.DialBy(func(ctx context.Context, network, address string) (net.Conn, error) {
		p.Wait()
		conn, err := s.network.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return frozenConn{conn, p.Frozen}, nil
	})
	var err error
	if p.Bot, err = bot.New(bot.Config{Store: p.Frozen, Chats: []bot.Chat{chat}, Features: []bot.Feature{parrot{}}, Log: slog.New(slog.NewTextHandler(s.log, nil))}); err != nil {
		s.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.Run(ctx) }()
	synctest.Wait()
	p.stop = func() {
		p.Thaw()
		cancel()
		<-ended
		chat.http.CloseIdleConnections()
	}
	return p
}

// Only the active process opens a socket. Another one takes over within ten
// seconds of its being stopped, and when it wakes up it lets go of its socket,
// acknowledges nothing that came through it, and changes nothing.
func TestStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newPipes()
		s := &stage{T: t, fakeSlack: newFakeOn(t, network), store: bottest.NewStore(), network: network, log: &lockedBuffer{}, want: map[bot.MessageID]*wanted{}}
		s.patience, s.pageSize, s.again = time.Hour, 200, true
		first, second := startBeside(s), startBeside(s)
		defer func() { first.stop(); second.stop() }()
		s.answered(s.command("listen"))
		s.says("", "to the first")
		s.settled()
		time.Sleep(time.Minute)
		if n := s.socketsMade(); n != 1 || second.Ready() == nil {
			t.Fatalf("%d sockets while one process stands by (ready: %v)", n, second.Ready() == nil)
		}

		s.mu.Lock()
		old := s.sockets[0]
		s.mu.Unlock()
		first.Freeze()
		s.says("", "to deaf ears")
		began := time.Now()
		s.await("the second takes over", func() bool { return s.dials == 2 })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("taking over took %v", took)
		}
		s.settled()
		// Slack may still send through the old socket, which is open.
		s.mu.Lock()
		sockets := s.sockets
		s.sockets = append(slices.Clone(sockets), old)
		s.mu.Unlock()
		s.says("", "through the old socket")
		s.mu.Lock()
		s.sockets = sockets
		stray := s.unacked[len(s.unacked)-1].id
		s.mu.Unlock()
		s.says("", "to the second")

		first.Thaw()
		time.Sleep(time.Minute)
		if first.Ready() == nil || second.Ready() != nil {
			t.Errorf("after the first woke up it is ready: %v, and the second: %v", first.Ready() == nil, second.Ready() == nil)
		}
		if err := old.Write(t.Context(), 1, []byte("{}")); err == nil {
			t.Error("the socket of the process that woke up is still open")
		}
		s.mu.Lock()
		if slices.ContainsFunc(s.acks, func(a map[string]any) bool { return a["envelope_id"] == stray }) {
			t.Error("a process that is not active acknowledged an event")
		}
		s.mu.Unlock()

		// What it was sent comes again when a socket is opened next.
		second.stop()
		s.await("the first takes over again", func() bool { return s.dials >= 3 })
		s.settled()
		if first.Ready() != nil {
			t.Error("the first does not act")
		}
	})
}
