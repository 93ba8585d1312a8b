package bottest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// wired is a fake Chat behind a line that breaks: the least that a platform and
// its adapter are together. It shows that the suite can be passed.
type wired struct {
	*Chat
	t *testing.T

	mu       sync.Mutex
	events   []bot.Inbound // not acknowledged yet
	more     chan struct{}
	cut      chan struct{}
	mischief []Mischief
	twice    bool
	number   int
	broken   string // a control: what the adapter does wrong
}

func newWired(t *testing.T, broken string) *wired {
	w := &wired{Chat: NewChat("north"), t: t, more: make(chan struct{}, 1), cut: make(chan struct{}, 1), broken: broken}
	w.AddPerson(bot.Profile{User: w.Person(), Name: "Ada"})
	w.RemoveRoom("north:nosuchroom")
	w.Misbehave(func(c Call) Fault {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.mischief) == 0 || c.Do == "find" || c.Do == "whisper" {
			return Fault{}
		}
		next := w.mischief[0]
		w.mischief = w.mischief[1:]
		return map[Mischief]Fault{TooMany: NotSent(2 * time.Second), FailsBefore: CallLost, FailsAfter: AnswerLost, NoAnswer: {Slow: time.Hour}}[next]
	})
	return w
}

// Run connects again and again, and hands in what is on the line.
func (w *wired) Run(ctx context.Context, r bot.Receive, gap func(bot.RoomID)) error {
	for ctx.Err() == nil {
		gap("")
		w.listen(ctx, r)
	}
	return ctx.Err()
}

func (w *wired) listen(ctx context.Context, r bot.Receive) {
	for {
		w.mu.Lock()
		var next *bot.Inbound
		if len(w.events) > 0 {
			next = &w.events[0]
		}
		w.mu.Unlock()
		if next != nil {
			_, err := r(ctx, *next)
			if err != nil {
				continue
			}
			w.mu.Lock()
			w.events = w.events[1:]
			w.mu.Unlock()
			continue
		}
		select {
		case <-w.more:
		case <-w.cut:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (w *wired) happens(in bot.Inbound) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.number++
	in.ID, in.Room, in.From, in.At = fmt.Sprint(in.Kind, w.number), w.Room(), w.Person(), time.Now()
	w.Chat.mu.Lock()
	if in.Kind != bot.Command {
		w.past = append(w.past, in)
	}
	w.Chat.mu.Unlock()
	times := 1
	if w.twice {
		times, w.twice = 2, false
	}
	for i := range times {
		if i > 0 && w.broken == "names deliveries" {
			in.ID += "again"
		}
		w.events = append(w.events, in)
	}
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *wired) Room() bot.RoomID   { return "north:data" }
func (w *wired) Person() bot.UserID { return "north:ada" }

func (w *wired) Say(thread bot.MessageID, text string) bot.MessageID {
	w.Chat.mu.Lock()
	id := w.newID()
	w.Chat.mu.Unlock()
	w.happens(bot.Inbound{Kind: bot.Message, Message: id, Thread: thread, Text: text})
	return id
}

func (w *wired) Change(id bot.MessageID, text string) {
	w.happens(bot.Inbound{Kind: bot.Edited, Message: id, Text: text})
}
func (w *wired) Remove(id bot.MessageID) { w.happens(bot.Inbound{Kind: bot.Deleted, Message: id}) }
func (w *wired) Command(line string)     { w.happens(bot.Inbound{Kind: bot.Command, Text: line}) }

func (w *wired) Posts() []ServerPost {
	var all []ServerPost
	for _, p := range w.Chat.Posts(w.Room()) {
		all = append(all, ServerPost{ID: p.ID, Thread: p.Thread, Words: PostWords(p.Post)})
	}
	return all
}

func (w *wired) Whispers() []string {
	var all []string
	for _, p := range w.Chat.Whispers(w.Person()) {
		all = append(all, PostWords(p.Post))
	}
	return all
}

func (w *wired) Next(m ...Mischief) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mischief = append(w.mischief, m...)
}

func (w *wired) Requests() int { return len(w.Calls("")) }
func (w *wired) Cut()          { w.cut <- struct{}{} }

func (w *wired) Twice() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.twice = true
}

// adapter is what of wired the bot sees, with its mistakes.
type adapter struct{ *wired }

func (a adapter) Post(ctx context.Context, room bot.RoomID, thread bot.MessageID, key bot.Key, mark string, p bot.Post) (bot.MessageID, error) {
	id, err := a.wired.Post(ctx, room, thread, key, mark, p)
	var send *bot.SendError
	if a.broken == "takes 5xx for not sent" && errors.As(err, &send) && send.Outcome == bot.Unsure {
		send.Outcome = bot.NotSent
	}
	return id, err
}

func TestTestChat(t *testing.T) {
	TestChat(t, func(t *testing.T) (ChatServer, bot.Chat) {
		w := newWired(t, os.Getenv(brokenAdapter))
		return w, adapter{w}
	})
}

const brokenAdapter = "BOTTEST_BROKEN_ADAPTER"

// An adapter with a mistake fails the suite, in a process of its own.
func TestTestChatFails(t *testing.T) {
	for broken, where := range map[string]string{"names deliveries": "TestTestChat/Twice", "takes 5xx for not sent": "TestTestChat/Outcomes"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTestChat$")
		cmd.Env = append(os.Environ(), brokenAdapter+"="+broken)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "--- FAIL: "+where) {
			t.Errorf("an adapter that %s passes: %v\n%s", broken, err, out)
		}
	}
}

func TestFaultsAreInOrder(t *testing.T) {
	c := NewChat("north")
	c.Next("post", Refused, NotSent(time.Minute))
	var got []bot.Outcome
	for range 3 {
		_, err := c.Post(t.Context(), "north:data", "", "k", "m", bot.Say("x"))
		var send *bot.SendError
		if errors.As(err, &send) {
			got = append(got, send.Outcome)
		}
	}
	if want := []bot.Outcome{bot.Refused, bot.NotSent}; !slices.Equal(got, want) || len(c.Posts("north:data")) != 1 {
		t.Errorf("ended as %v, %d stand", got, len(c.Posts("north:data")))
	}
	late := ComesLate
	c.Next("post", late)
	_, _ = c.Post(t.Context(), "north:data", "", "k2", "m", bot.Say("late"))
	if n := len(c.Posts("north:data")); n != 1 {
		t.Errorf("%d stand before the late one arrives", n)
	}
	c.Arrive()
	if n := len(c.Posts("north:data")); n != 2 {
		t.Errorf("%d stand after the late one arrived", n)
	}
}
