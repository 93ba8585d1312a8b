package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func commands() *lab {
	return &lab{rows: []bot.Row{
		{Name: "count", Summary: "Count", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			n, err := add(ctx, tx, "n")
			return bot.Answer("%d", n), err
		}},
		{Name: "purge", Summary: "Purge", Who: bot.Organisers, Args: []bot.Arg{{Name: "id", Kind: bot.ID, Required: true}}, Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			_, err := add(ctx, tx, "purged")
			return bot.Answer("Purged."), err
		}},
		{Name: "greet", Summary: "Greet", Examples: []string{`greet "Ada" times=3`}, Form: "Greet", Args: []bot.Arg{{Name: "who", Required: true}, {Name: "times", Kind: bot.Number}},
			Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
				if c.Args.Get("who") == "nobody" {
					return bot.Reply{}, bot.Wrong("who", "Nobody is not somebody.")
				}
				return bot.Answer("Hello, %s.", c.Args.Get("who")), nil
			}},
		{Name: "panic", Summary: "Panic", Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) { panic("a mistake") }},
		{Name: "break", Summary: "Break", Run: func(ctx context.Context, tx *bot.Tx, _ bot.Call) (bot.Reply, error) {
			tx.Put(&note{Name: "broken"})
			return bot.Answer("done"), errors.New("a secret cause")
		}},
	}}
}

// said fails unless an answer holds all these words.
func said(h *bottest.Harness, r bot.Reply, want ...string) {
	h.Helper()
	got := bottest.Words(r)
	for _, w := range want {
		if !strings.Contains(got, w) {
			h.Errorf("the answer is %q, want %q in it", got, w)
		}
	}
}

func TestSixtyFourPressOneButton(t *testing.T) {
	bubble(t, commands(), bottest.Config{}, func(h *bottest.Harness) {
		var all sync.WaitGroup
		numbers := make(chan string, 64)
		for i := range 64 {
			all.Go(func() {
				u := bot.UserID(fmt.Sprint("web:v", i))
				r, err := h.Bot.Receive(context.Background(), bot.Inbound{ID: fmt.Sprint("press:", i), Kind: bot.Command, Text: "count", From: u, Pressed: true})
				if err != nil {
					t.Error(err)
				}
				numbers <- bottest.Words(r)
			})
		}
		all.Wait()
		close(numbers)
		seen := map[string]bool{}
		for n := range numbers {
			seen[n] = true
		}
		if got := count(h, "n"); got != 64 || len(seen) != 64 {
			t.Errorf("64 presses counted to %d, with %d different answers", got, len(seen))
		}
		if n := h.Bot.Stats.Conflicts.Load(); n > 2*64 {
			t.Errorf("64 presses met %d conflicts", n)
		}
	})
}

func TestTheSameThingTwiceIsDoneOnce(t *testing.T) {
	bubble(t, commands(), bottest.Config{}, func(h *bottest.Harness) {
		in := bot.Inbound{ID: "press:1", Kind: bot.Command, Text: "count", From: "north:ada", Room: data}
		for i, want := range []string{"1", "I had that already, and did it once."} {
			if r, err := h.Bot.Receive(context.Background(), in); err != nil || bottest.Words(r) != want {
				t.Errorf("time %d is answered with %q, %v; want %q", i+1, bottest.Words(r), err, want)
			}
		}
		h.Down(time.Hour)
		if r, _ := h.Bot.Receive(context.Background(), in); bottest.Words(r) != "I had that already, and did it once." {
			t.Errorf("after a restart it is answered with %q", bottest.Words(r))
		}
		if got := count(h, "n"); got != 1 {
			t.Errorf("it counted to %d", got)
		}
	})
}

func TestRightsAndAudit(t *testing.T) {
	bubble(t, commands(), bottest.Config{}, func(h *bottest.Harness) {
		said(h, h.Command("north:ada", data, "purge 7k2"), "Only organisers can do that", bot.Mention("north:olga"))
		said(h, h.Command("south:olga", "south:data", "purge 7k2"), bot.Mention("south:oskar")) // nobody's organiser elsewhere
		said(h, h.Command("web:olga", "web:page", "purge 7k2"), "has none yet")
		if n := count(h, "purged"); n != 0 {
			t.Fatal("somebody who may not purged")
		}
		said(h, h.Command("north:olga", data, "purge 7k2"), "Purged.")
		lines, err := bot.Find[bot.Audit](context.Background(), h.Bot.View(), "audit:north")
		if err != nil || len(lines) != 1 {
			t.Fatalf("the audit log has %v, %v", lines, err)
		}
		if a := lines[0]; a.Who != "north:olga" || a.What != "purge" || a.About != "7k2" || a.Where != data || !a.At.Equal(h.Now()) {
			t.Errorf("the audit log says %+v", a)
		}
		if err := h.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.SetOrganiser(ctx, "north:ada", true) }); err != nil {
			t.Fatal(err)
		}
		said(h, h.Command("north:ada", data, "purge 9"), "Purged.")
		if err := h.Do(func(ctx context.Context, tx *bot.Tx) error { return tx.SetOrganiser(ctx, "north:olga", false) }); err == nil {
			t.Error("an organiser from the configuration was removed")
		}
	})
}

func TestWrongInputKeepsWhatWasTyped(t *testing.T) {
	bubble(t, commands(), bottest.Config{Prefix: "dh-"}, func(h *bottest.Harness) {
		said(h, h.Command("north:ada", data, `greet "*Ada*" times=many`), "Times can't be “many”. Try a whole number such as `3`.", `You typed: greet "\*Ada\*" times=many`)
		said(h, h.Command("north:ada", data, "greet nobody"), "Nobody is not somebody. For example: `/dh-greet \"Ada\" times=3`")
		said(h, h.Command("north:ada", data, "greet times=3"), "Who: ", "Times: 3") // the form, filled
		r := h.Submit("north:ada", data, map[string]string{"who": "nobody"})
		if r.Errors["who"] != "Nobody is not somebody." {
			t.Errorf("the form is answered with %+v", r)
		}
		said(h, h.Submit("north:ada", data, map[string]string{"who": "Ben"}), "Hello, Ben.")
		said(h, h.Mention("north:ada", data, "", "greet Cleo"), "Hello, Cleo.")
		said(h, h.Mention("north:ada", "north:@ada", "", "greet Dora"), "Hello, Dora.")
	})
}

func TestUnknownCommands(t *testing.T) {
	bubble(t, commands(), bottest.Config{}, func(h *bottest.Harness) {
		said(h, h.Command("north:ada", data, "cuont"), "Did you mean `/count`?")
		said(h, h.Command("north:ada", data, "cake"), "I don't know that command", "`/help`")
		said(h, h.Command("north:ada", data, ""), "What I can do", "`/greet who [times]`")
		said(h, h.Command("north:ada", data, "help greet"), "/greet")
		said(h, h.Command("north:ada", data, "help cuont"), "Did you mean `/count`?")
		if r := h.Command("north:ada", data, "help"); strings.Contains(bottest.Words(r), "purge") {
			t.Error("help shows a member what organisers do")
		}
		said(h, h.Command("north:olga", data, "help"), "purge")
	})
}

func TestWhatGoesWrongHasAReference(t *testing.T) {
	bubble(t, commands(), bottest.Config{Errors: true}, func(h *bottest.Harness) {
		for _, line := range []string{"panic", "break"} {
			r := h.Command("north:ada", data, line)
			said(h, r, "Something went wrong on my side (ref ")
			_, after, _ := strings.Cut(bottest.Words(r), "(ref ")
			ref, _, _ := strings.Cut(after, ")")
			if logged := strings.Join(h.Logged(), "\n"); len(ref) != 4 || !strings.Contains(logged, "ref="+ref) {
				t.Errorf("%s: the reference %q is not in the log: %s", line, ref, logged)
			}
		}
		if logged := strings.Join(h.Logged(), "\n"); !strings.Contains(logged, "a mistake") || !strings.Contains(logged, "a secret cause") {
			t.Errorf("the causes are not in the log: %s", logged)
		}
		if n := count(h, "broken"); n != 0 {
			t.Error("a handler that failed was committed")
		}
		said(h, h.Command("north:ada", data, "count"), "1")
	})
}

// ailing is a store whose commits, or reads, end as the test says.
type ailing struct {
	bot.Store
	mu     sync.Mutex
	read   func(ctx context.Context) error
	commit func(ctx context.Context, apply func()) error
}

func (a *ailing) Exclusive() {}

func (a *ailing) set(read func(context.Context) error, commit func(context.Context, func()) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read, a.commit = read, commit
}

func (a *ailing) Get(ctx context.Context, keys ...string) ([]bot.Record, error) {
	a.mu.Lock()
	read := a.read
	a.mu.Unlock()
	if read != nil {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return a.Store.Get(ctx, keys...)
}

func (a *ailing) Commit(ctx context.Context, at bot.Moment, b bot.Batch) (rev bot.Rev, err error) {
	a.mu.Lock()
	commit := a.commit
	a.mu.Unlock()
	if commit != nil {
		if err := commit(ctx, func() { rev, err = a.Store.Commit(context.Background(), at, b) }); err != nil {
			return 0, err
		}
		return rev, err
	}
	return a.Store.Commit(ctx, at, b)
}

func TestStoreDoesNotAnswer(t *testing.T) {
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	const notSaved, unknown = "Not saved: my memory is not answering.", "I don't know yet whether that was saved."
	for name, c := range map[string]struct {
		read   func(context.Context) error
		commit func(context.Context, func()) error
		want   string
	}{
		"reading hangs":          {hangs, nil, notSaved},
		"reading fails":          {func(context.Context) error { return errors.New("broken") }, nil, "Something went wrong on my side"},
		"the deadline passed":    {nil, func(context.Context, func()) error { return fmt.Errorf("%w: late", bot.ErrNotSaved) }, notSaved},
		"it is not known":        {nil, func(context.Context, func()) error { return bot.ErrUnknown }, unknown},
		"committing hangs":       {nil, func(ctx context.Context, _ func()) error { return hangs(ctx) }, unknown},
		"the answer is lost":     {nil, func(ctx context.Context, apply func()) error { apply(); return hangs(ctx) }, unknown},
		"the connection breaks":  {nil, func(context.Context, func()) error { return errors.New("connection reset") }, unknown},
		"committing takes long":  {nil, func(_ context.Context, apply func()) error { time.Sleep(3 * time.Second); apply(); return nil }, notSaved},
		"the store was closed":   {nil, func(context.Context, func()) error { return bot.ErrClosed }, unknown},
		"others change the noun": {nil, func(context.Context, func()) error { return bot.ErrConflict }, "Something went wrong on my side"},
	} {
		t.Run(name, func(t *testing.T) {
			store := &ailing{Store: bottest.NewStore()}
			bubble(t, commands(), bottest.Config{Store: store, Errors: true}, func(h *bottest.Harness) {
				store.set(c.read, c.commit)
				began := time.Now()
				in := bot.Inbound{ID: "x", Kind: bot.Command, Text: "count", From: "web:v"}
				r, err := h.Bot.Receive(context.Background(), in)
				if took := time.Since(began); took > 2500*time.Millisecond && name != "committing takes long" {
					t.Errorf("the answer took %v", took)
				}
				if err != nil {
					t.Errorf("a command is answered, not refused: %v", err)
				}
				said(h, r, c.want)
				in.Form = map[string]string{}
				in.ID = "y"
				if r, _ := h.Bot.Receive(context.Background(), in); !strings.Contains(r.Errors[""], c.want) {
					t.Errorf("a form is closed with %+v, and what was typed is lost", r)
				}
				store.set(nil, nil)
				h.Advance(time.Minute)
			})
		})
	}
}

func TestMessagesAreAcknowledgedOnlyWhenStored(t *testing.T) {
	store := &ailing{Store: bottest.NewStore()}
	l := commands()
	l.heard = func(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
		switch in.Text {
		case "rule":
			return bot.Sayf(bot.Forbidden, "Not here.")
		case "panic":
			panic("a mistake")
		}
		_, err := add(ctx, tx, "heard")
		return err
	}
	bubble(t, l, bottest.Config{Store: store, Errors: true}, func(h *bottest.Harness) {
		hand := func(text string) error {
			_, err := h.Bot.Receive(context.Background(), bot.Inbound{Kind: bot.Message, Text: text, From: "north:ada", Room: data, At: h.Now()})
			return err
		}
		if err := hand("hello"); err != nil || count(h, "heard") != 1 {
			t.Errorf("a message was taken %d times, %v", count(h, "heard"), err)
		}
		if err := hand("rule"); err != nil {
			t.Errorf("a message that a rule refuses would come again for ever: %v", err)
		}
		if err := hand("panic"); err == nil {
			t.Error("a message over which a feature panicked was acknowledged")
		}
		store.set(nil, func(context.Context, func()) error { return bot.ErrUnknown })
		if err := hand("hello"); err == nil {
			t.Error("a message that was not stored was acknowledged")
		}
		store.set(nil, nil)
		h.StopBot()
		if err := hand("hello"); !errors.Is(err, bot.ErrStandby) {
			t.Errorf("a stopped bot takes messages: %v", err)
		}
	})
}

func TestCatchUp(t *testing.T) {
	l := commands()
	l.heard = func(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
		n := note{Name: string(in.Message)}
		there, err := tx.Get(ctx, n.Key(), &n)
		if err != nil || there {
			return err
		}
		tx.Put(&n)
		_, err = add(ctx, tx, "heard")
		return err
	}
	bubble(t, l, bottest.Config{}, func(h *bottest.Harness) {
		h.Say("north:ada", data, "before anybody listened")
		h.Advance(time.Minute)
		do(h, func(tx *bot.Tx) { tx.Listen(data) })
		h.Say("north:ada", data, "one")
		h.StopBot()
		for range 5 {
			h.Say("north:ada", data, "while it was off")
			h.Advance(20 * time.Minute)
		}
		h.StartBot()
		if got := count(h, "heard"); got != 7 {
			t.Errorf("%d messages were heard, want 7", got)
		}
		do(h, func(tx *bot.Tx) { tx.StopListening(data) })
		h.StopBot()
		h.Say("north:ada", data, "nobody listens")
		h.StartBot()
		if got := count(h, "heard"); got != 7 {
			t.Errorf("%d messages were heard after listening ended, want 7", got)
		}
	})
}

func TestPeopleAndRoomsAreKnown(t *testing.T) {
	north := bottest.NewChat("north")
	north.AddPerson(bot.Profile{User: "north:ada", Name: "Ada Lovelace", Zone: "Europe/Paris"})
	bubble(t, commands(), bottest.Config{Chats: []bot.Chat{north}}, func(h *bottest.Harness) {
		err := h.Do(func(ctx context.Context, tx *bot.Tx) error {
			p, err := tx.Person(ctx, "north:ada")
			if err != nil || p.Called() != "Ada Lovelace" || p.Location(time.UTC).String() != "Europe/Paris" {
				t.Errorf("ada is %+v, %v", p, err)
			}
			room, err := tx.RoomNamed(ctx, "north", "#Data")
			if err != nil || room.Room != data {
				t.Errorf("#Data is %+v, %v", room, err)
			}
			if _, err = tx.RoomNamed(ctx, "north", "no*where"); err == nil || !strings.Contains(err.Error(), `“no\*where”`) {
				t.Errorf("an unknown room is answered with %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if rows := north.Commands(); len(rows) == 0 {
			t.Error("the platform knows no commands")
		}
	})
}

// movable is a playground's platform, whose clock people move.
type movable struct {
	*bottest.Chat
	move  func(ctx context.Context, to string) (time.Time, error)
	shown []time.Time
}

func (m *movable) Fake() *bottest.Chat { return m.Chat }
func (m *movable) MoveClockBy(move func(ctx context.Context, to string) (time.Time, error)) {
	m.move = move
}
func (m *movable) ShowClock(_ context.Context, now time.Time) error {
	m.shown = append(m.shown, now)
	return nil
}

func TestMoveClock(t *testing.T) {
	b := &bells{}
	chat := &movable{Chat: bottest.NewChat("north")}
	l := &lab{alarms: b.kind(time.Minute)}
	bubble(t, l, bottest.Config{Chats: []bot.Chat{chat}}, func(h *bottest.Harness) {
		wall := time.Now()
		for i := range 5 {
			promise(h, fmt.Sprint(i), time.Duration(i+1)*10*time.Minute)
		}
		if now, err := chat.move(context.Background(), "+35m"); err != nil || !now.Equal(h.Now()) {
			t.Fatalf("moved to %v, %v", now, err)
		}
		b.heard(h, "0@12:10:00", "1@12:20:00", "2@12:30:00")
		if time.Since(wall) > time.Minute {
			t.Errorf("moving the clock took %v", time.Since(wall))
		}
		if _, err := chat.move(context.Background(), h.Now().Add(time.Hour).Format(time.RFC3339)); err != nil {
			t.Fatal(err)
		}
		b.heard(h, "0@12:10:00", "1@12:20:00", "2@12:30:00", "3@12:40:00", "4@12:50:00")
		for to, want := range map[string]string{"-5m": "forward only", "+2000h": "too far", "*soon*": `“\*soon\*”`, "start": "Nothing is coming up"} {
			if _, err := chat.move(context.Background(), to); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("moving to %q: %v, want %q", to, err, want)
			}
		}
		if offset, err := bot.ClockOffset(context.Background(), h.Store); err != nil || offset < time.Hour {
			t.Errorf("the offset is kept as %v, %v", offset, err)
		}
		if last := chat.shown[len(chat.shown)-1]; h.Now().Sub(last) > time.Minute {
			t.Errorf("people see %v, it is %v", last, h.Now())
		}
	})
}

func TestClockCannotBeMovedWithARealPlatform(t *testing.T) {
	bubble(t, commands(), bottest.Config{Chats: []bot.Chat{&movable{Chat: bottest.NewChat("north")}, bottest.NewChat("south")}}, func(h *bottest.Harness) {
		if _, err := h.Bot.MoveClock(context.Background(), "+1h"); err == nil {
			t.Error("the clock was moved")
		}
	})
}

func TestFailingAlarmDoesNotHoldUpAMovedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &movable{Chat: bottest.NewChat("north")}
		l := &lab{alarms: map[string]bot.AlarmKind{"bell": {Ring: func(context.Context, *bot.Tx, bot.Alarm) error { return errors.New("never") }}}}
		h := bottest.Start(t, bottest.Config{Chats: []bot.Chat{chat}, Features: []bot.Feature{l}, Errors: true})
		promise(h, "x", time.Minute)
		if _, err := chat.move(context.Background(), "+720h"); err != nil {
			t.Fatal(err)
		}
		if n := len(chat.shown); n > 10 {
			t.Errorf("the clock stopped %d times on its way", n)
		}
	})
}

// forgetful is a platform whose history breaks off at first.
type forgetful struct {
	*bottest.Chat
	mu   sync.Mutex
	fail int
}

func (f *forgetful) Fake() *bottest.Chat { return f.Chat }

func (f *forgetful) History(ctx context.Context, room bot.RoomID, since time.Time, hear func(bot.Inbound) error) error {
	f.mu.Lock()
	broken := f.fail > 0
	f.fail--
	f.mu.Unlock()
	n := 0
	return f.Chat.History(ctx, room, since, func(in bot.Inbound) error {
		if n++; broken && n > 2 {
			return errors.New("the connection broke")
		}
		return hear(in)
	})
}

func TestCatchUpGoesOnUntilItIsDone(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprint(killed), func(t *testing.T) {
			heard := map[string]bool{}
			var mu sync.Mutex
			l := commands()
			l.heard = func(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
				mu.Lock()
				defer mu.Unlock()
				heard[in.Text] = true
				tx.Put(&note{Name: string(in.Message)})
				return nil
			}
			chat := &forgetful{Chat: bottest.NewChat("north")}
			bubble(t, l, bottest.Config{Chats: []bot.Chat{chat}, Errors: true}, func(h *bottest.Harness) {
				do(h, func(tx *bot.Tx) { tx.Listen(data) })
				h.StopBot()
				for i := range 8 {
					h.Advance(10 * time.Minute)
					h.Say("north:ada", data, fmt.Sprint("missed ", i))
				}
				chat.fail = 2
				h.StartBot()
				h.Say("north:ada", data, "live") // must not hide what was missed
				if killed {
					h.Down(time.Hour)
				}
				h.Advance(time.Minute)
				mu.Lock()
				defer mu.Unlock()
				for i := range 8 {
					if text := fmt.Sprint("missed ", i); !heard[text] {
						t.Errorf("%q was never heard", text)
					}
				}
			})
		})
	}
}

func TestEveryPartOfAReplyNamesPeopleOfOtherPlatforms(t *testing.T) {
	far := bot.Mention("south:sam")
	l := &lab{rows: []bot.Row{
		{Name: "post", Summary: "A post", Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) { return bot.Answer("%s", far), nil }},
		{Name: "problem", Summary: "A problem", Run: func(context.Context, *bot.Tx, bot.Call) (bot.Reply, error) {
			return bot.Reply{}, bot.Wrong("who", "Not %s.", far)
		}},
		{Name: "form", Summary: "A form", Args: []bot.Arg{{Name: "who"}}, Form: "Who", Run: func(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
			if c.Form != nil {
				return bot.Reply{}, bot.Wrong("who", "Not %s.", far)
			}
			r := tx.FormFor("form", bot.Args{})
			r.Form.Intro = "Beside " + far
			return r, nil
		}},
	}}
	bubble(t, l, bottest.Config{}, func(h *bottest.Harness) {
		h.Say("south:sam", "south:data", "so that the name is known")
		for line, said := range map[string]func(bot.Reply) string{
			"post":    func(r bot.Reply) string { return r.Post.Text },
			"problem": func(r bot.Reply) string { return r.Post.Text },
			"form":    func(r bot.Reply) string { return r.Form.Intro },
		} {
			if got := said(h.Command("north:tim", data, line)); strings.Contains(got, "<!") || got == "" {
				t.Errorf("%s says %q on north", line, got)
			}
		}
		h.Command("north:tim", data, "form")
		if got := h.Submit("north:tim", data, map[string]string{"who": "x"}).Errors["who"]; strings.Contains(got, "<!") || got == "" {
			t.Errorf("the error at a field says %q on north", got)
		}
	})
}
