package redis

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// Two processes share one community: what one commits wakes the readers of the
// other, revisions are common to both, and a new active process ends its predecessor's leases.
func TestTwoProcesses(t *testing.T) {
	server := startServer(t)
	one, two := server.openStore("c"), server.openStore("c")
	two.lookAgain = time.Hour // a commit wakes it, or nobody does
	read := make(chan error, 1)
	next := make(chan struct{})
	go func() {
		for after := range bot.Seq(50) {
			got, err := two.Read(t.Context(), "log", after, 1, time.Minute)
			if err == nil && len(got) != 1 {
				err = errors.New("waited in vain")
			}
			read <- err
			<-next
		}
	}()
	for range 50 {
		if _, err := one.Commit(t.Context(), moment, bot.Batch{Append: []bot.Entry{{Log: "log", Data: []byte("x")}}}); err != nil {
			t.Fatal(err)
		}
		if err := <-read; err != nil {
			t.Fatal(err)
		}
		next <- struct{}{}
	}

	var all sync.WaitGroup
	for _, s := range []*Store{one, two, one, two, one, two} {
		all.Go(func() {
			for range 20 {
				if err := countUp(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got, err := one.Get(t.Context(), "count"); err != nil || string(got[0].Value) != "120" {
		t.Errorf("counted %s, %v; want 120", got[0].Value, err)
	}

	if _, err := one.Commit(t.Context(), moment, bot.Batch{Set: []bot.Alarm{{Key: "ring", Due: moment.Now}}}); err != nil {
		t.Fatal(err)
	}
	mine, _, err := one.Due(t.Context(), moment, time.Minute, 1)
	if err != nil || len(mine) != 1 {
		t.Fatal(mine, err)
	}
	if _, err := two.Commit(t.Context(), moment, bot.Batch{Void: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Commit(t.Context(), moment, bot.Batch{Done: mine}); !errors.Is(err, bot.ErrConflict) {
		t.Errorf("done with a voided lease: %v, want ErrConflict", err)
	}
	if again, _, err := two.Due(t.Context(), moment, time.Minute, 1); err != nil || len(again) != 1 {
		t.Errorf("after Void: %v, %v", again, err)
	}
}

// A log is listened to while somebody waits for it, so that commits to others
// need not be told to anybody.
func TestOnlyLogsThatAreWaitedForAreListenedTo(t *testing.T) {
	server := startServer(t)
	s := server.openStore("c")
	append := func(log string) {
		t.Helper()
		if _, err := s.Commit(t.Context(), moment, bot.Batch{Append: []bot.Entry{{Log: log, Data: []byte("x")}}}); err != nil {
			t.Fatal(err)
		}
	}
	channels := func() []string {
		t.Helper()
		all, err := s.rdb.PubSubChannels(t.Context(), s.wokenBy("*")).Result()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	s.waitFor("here")
	for len(channels()) == 0 { // the server is told on another connection
	}
	if got := channels(); !slices.Equal(got, []string{s.wokenBy("here")}) {
		t.Fatalf("listens to %q", got)
	}
	append("elsewhere")
	append("here") // wakes who waits
	append("here") // nobody waits any more
	for len(channels()) > 0 {
	}
	append("here")
	if got, err := s.Read(t.Context(), "here", 2, 1, time.Minute); err != nil || len(got) != 1 {
		t.Errorf("read again: %v, %v", got, err)
	}
}

func countUp(ctx context.Context, s *Store) error {
	for {
		got, err := s.Get(ctx, "count")
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(got[0].Value))
		_, err = s.Commit(ctx, moment, bot.Batch{Put: []bot.Record{{Key: "count", Rev: got[0].Rev, Value: []byte(strconv.Itoa(n + 1))}}})
		if !errors.Is(err, bot.ErrConflict) {
			return err
		}
	}
}

// Big values must not gather in one write that is larger than Redis takes.
func TestBigValuesGoInSmallGroups(t *testing.T) {
	s := &Store{queue: make(chan *pending, 10), closed: make(chan struct{})}
	for range 10 {
		p, err := encode(&lane{}, moment, bot.Batch{Put: []bot.Record{{Key: "picture", Value: make([]byte, groupBytes/2)}}})
		if err != nil {
			t.Fatal(err)
		}
		s.queue <- p
	}
	if group := s.gather(nil); len(group) != 2 {
		t.Errorf("%d commits of %d bytes in one write", len(group), groupBytes/2)
	}
}
