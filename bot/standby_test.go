package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// two are two processes of one community, on one store.
type two struct {
	bots   [2]*bot.Bot
	stores [2]*bottest.Frozen
	stop   [2]context.CancelFunc
	ended  [2]chan error
	chat   *bottest.Chat
}

func startTwo(t *testing.T, store bot.Store, feature bot.Feature) *two {
	t.Helper()
	p := &two{chat: bottest.NewChat("north")}
	for i := range p.bots {
		p.stores[i] = &bottest.Frozen{Store: store}
		b, err := bot.New(bot.Config{Store: p.stores[i], Chats: []bot.Chat{p.chat}, Features: []bot.Feature{feature}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		p.bots[i], p.stop[i], p.ended[i] = b, stop, make(chan error, 1)
		go func() { p.ended[i] <- b.Run(ctx) }()
		synctest.Wait()
	}
	t.Cleanup(func() {
		for i := range p.bots {
			p.stores[i].Thaw()
			p.stop[i]()
			if err := <-p.ended[i]; err != nil {
				t.Errorf("process %d ended with %v", i, err)
			}
		}
	})
	return p
}

// active tells which processes answer.
func (p *two) active() string {
	return fmt.Sprint(p.bots[0].Ready() == nil, p.bots[1].Ready() == nil)
}

func (p *two) command(i int, text string) (bot.Reply, error) {
	return p.bots[i].Receive(context.Background(), bot.Inbound{Kind: bot.Command, Text: text, From: "web:v"})
}

func counting() *lab {
	return &lab{
		rows: []bot.Row{{Name: "count", Summary: "Count", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			n, err := add(ctx, tx, "n")
			tx.Show(bot.Notice{Room: data, Key: "n", Post: bot.Say(fmt.Sprint(n))})
			return bot.Answer("%d", n), err
		}}, {Name: "soon", Summary: "Promise", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			tx.Promise("bell", "x", tx.Now().Add(30*time.Second))
			return bot.Reply{}, nil
		}}},
		alarms: map[string]bot.AlarmKind{"bell": {Ring: func(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
			_, err := add(ctx, tx, "rang")
			tx.Show(bot.Notice{Room: data, Key: "bell", Post: bot.Say("rang at " + tx.Now().Format("04:05"))})
			return err
		}}},
	}
}

func TestStandbyTakesOverAtOnceFromOneThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startTwo(t, bottest.NewStore(), counting())
		if got := p.active(); got != "true false" {
			t.Fatalf("active are %s", got)
		}
		if _, err := p.command(1, "count"); !errors.Is(err, bot.ErrStandby) {
			t.Errorf("the one that stands by answers %v", err)
		}
		if r, err := p.command(0, "count"); err != nil || bottest.Words(r) != "1" {
			t.Errorf("the active one answers %v, %v", r, err)
		}
		p.stop[0]()
		time.Sleep(2 * time.Second)
		if got := p.active(); got != "false true" {
			t.Fatalf("two seconds after the active one left, active are %s", got)
		}
		if r, err := p.command(1, "count"); err != nil || bottest.Words(r) != "2" {
			t.Errorf("the new one answers %v, %v", r, err)
		}
		time.Sleep(time.Minute)
		if posts := p.chat.Posts(data); len(posts) != 1 || posts[0].Text != "2" {
			t.Errorf("posted: %+v", posts)
		}
	})
}

func TestStandbyTakesOverFromOneThatIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := bottest.NewStore()
		p := startTwo(t, store, counting())
		for i := range 3 { // stopped, taken over, woken: and the other way round
			from, to := i%2, 1-i%2
			if _, err := p.command(from, "soon"); err != nil {
				t.Fatal(err)
			}
			p.stores[from].Freeze()
			answers := make(chan string, 1)
			go func() { // said just when it was stopped
				r, err := p.command(from, "count")
				answers <- fmt.Sprint(bottest.Words(r), err)
			}()
			time.Sleep(10 * time.Second)
			if p.bots[to].Ready() != nil {
				t.Fatalf("round %d: ten seconds later nobody took over", i)
			}
			time.Sleep(35 * time.Second)
			if _, err := p.command(to, "count"); err != nil {
				t.Fatal(err)
			}
			before := counted(t, p.bots[to])
			p.stores[from].Thaw()
			synctest.Wait()
			<-answers
			time.Sleep(time.Minute)
			if got := counted(t, p.bots[to]); got != before {
				t.Errorf("round %d: the one that woke counted on to %d from %d", i, got, before)
			}
			if p.bots[from].Ready() == nil || p.bots[to].Ready() != nil {
				t.Errorf("round %d: active are %s", i, p.active())
			}
			rang := note{}
			if _, err := p.bots[to].View().Get(context.Background(), "note/rang", &rang); err != nil || rang.Count != i+1 {
				t.Errorf("round %d: the alarm rang %d times, %v", i, rang.Count, err)
			}
		}
		if posts := p.chat.Posts(data); len(posts) != 2 {
			t.Errorf("posted: %+v", posts)
		}
	})
}

// The commit under way is the one thing that no lease and no deadline of its own
// holds back: stopped just before it says that it is about to post, a process
// must not say so when it wakes, nor post.
func TestOneThatWakesInMidCommitChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startTwo(t, bottest.NewStore(), counting())
		p.stores[0].FreezeAt(func(b bot.Batch) bool {
			return slices.ContainsFunc(b.Put, func(r bot.Record) bool { return r.Kind == "shown" })
		})
		if r, err := p.command(0, "count"); err != nil || bottest.Words(r) != "1" {
			t.Fatalf("answer %v, %v", r, err)
		}
		time.Sleep(time.Minute)
		if posts := p.chat.Posts(data); len(posts) != 1 {
			t.Fatalf("the new active one posted %+v", posts)
		}
		p.stores[0].Thaw()
		time.Sleep(2 * time.Minute)
		if _, err := p.command(1, "count"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if posts := p.chat.Posts(data); len(posts) != 1 || posts[0].Text != "2" {
			t.Errorf("after it woke these stand: %+v", posts)
		}
	})
}

func counted(t *testing.T, b *bot.Bot) int {
	t.Helper()
	var n note
	if _, err := b.View().Get(context.Background(), "note/n", &n); err != nil {
		t.Fatal(err)
	}
	return n.Count
}

// A lease that the process which woke could take before it knew holds nothing up for long.
func TestLeaseOfAnotherProcessRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := bottest.NewStore()
		p := startTwo(t, store, counting())
		if _, err := p.command(0, "soon"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30*time.Second - time.Millisecond)
		now := time.Now().Add(time.Second)
		if due, _, err := store.Due(context.Background(), bot.Moment{Now: now, Wall: time.Now()}, bot.DefaultPace.Lease, 10); err != nil || len(due) != 1 {
			t.Fatalf("due are %v, %v", due, err)
		}
		time.Sleep(2 * bot.DefaultPace.Lease)
		if posts := p.chat.Posts(data); len(posts) != 1 {
			t.Errorf("posted: %+v", posts)
		}
	})
}

func TestRunEndsWithoutAnErrorWhileStandingBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startTwo(t, bottest.NewStore(), counting())
		p.stop[1]()
		if err := <-p.ended[1]; err != nil {
			t.Errorf("stopped while standing by, it ended with %v", err)
		}
		p.ended[1] <- nil
	})
}
