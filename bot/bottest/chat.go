package bottest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"datahour/bot"
)

// ChatServer is the platform behind a chat adapter as TestChat needs it: a real
// one or, better, a fake one at the level of HTTP and websockets, that says what
// stands there, lets people act, and goes wrong when told to. Its methods fail
// the test by themselves when they cannot do what they should.
type ChatServer interface {
	Room() bot.RoomID   // where the bot may post
	Person() bot.UserID // a member of that room, who does all that people do

	// What people do. Each returns when the platform has it.
	Say(thread bot.MessageID, text string) bot.MessageID
	Change(id bot.MessageID, text string)
	Remove(id bot.MessageID)
	Command(line string)

	// Posts are the bot's posts that stand in Room, oldest first.
	Posts() []ServerPost
	// Whispers are the words of what was shown to Person alone.
	Whispers() []string

	// Next makes the next call that posts, edits or deletes end in these ways.
	Next(...Mischief)
	// Requests counts all calls until now.
	Requests() int
	// Cut ends the connection on which events come. What people do next comes
	// on another one, which the adapter has to make.
	Cut()
	// Twice makes the next event come twice.
	Twice()
}

// ServerPost is a post as the platform has it.
type ServerPost struct {
	ID     bot.MessageID
	Thread bot.MessageID
	Words  string // its words, in whatever markup the platform keeps
}

// Mischief is a way in which one call of the bot's goes wrong.
type Mischief string

// The ways.
const (
	TooMany     Mischief = "429, to be tried again after two seconds"
	FailsBefore Mischief = "5xx without an effect"
	FailsAfter  Mischief = "5xx after the effect"
	NoAnswer    Mischief = "the effect, and no answer"
)

// TestChat tries what bot.Chat and the optional powers that the adapter has
// promise. open gives a fresh server and an adapter that knows how to reach it;
// the suite runs the adapter. Where the port leaves a choice, this is how it is
// settled:
//
//   - Find gives posts in threads too when it is asked with their thread, and
//     with the mark of the last edit.
//   - Deleting what is gone already is Gone or no error; editing it is Gone.
//   - What was not acknowledged comes again by itself, on the next connection at the latest.
//   - After a connection was lost gap is called before anything that was said on the next one is handed in.
func TestChat(t *testing.T, open func(t *testing.T) (ChatServer, bot.Chat)) {
	cases := map[string]func(*chatCase){
		"Posts": chatPosts, "Threads": chatThreads, "Finding": chatFinds, "Whispers": chatWhispers, "Refusals": chatRefuses,
		"Outcomes": chatOutcomes, "Window": chatWindow, "Directory": chatDirectory, "Receiving": chatReceives, "Commands": chatCommands,
		"Twice": chatTwice, "Unacknowledged": chatUnacknowledged, "Reconnecting": chatReconnects, "Reporting": chatReports, "History": chatHistory,
	}
	for name, try := range cases {
		t.Run(name, func(t *testing.T) {
			server, chat := open(t)
			try(newChatCase(t, server, chat))
		})
	}
}

// chatPatience is how long the suite waits for what must come. Nothing is
// measured with it.
const chatPatience = 20 * time.Second

// chatCase is one case of the suite: a server, an adapter that runs, and what it handed in.
type chatCase struct {
	*testing.T
	ChatServer
	chat bot.Chat
	ctx  context.Context

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at every change
	heard   []bot.Inbound
	gaps    int
	states  []error // what a bot.Reporter told
	refuse  int     // so many are not stored
}

func newChatCase(t *testing.T, server ChatServer, chat bot.Chat) *chatCase {
	c := &chatCase{T: t, ChatServer: server, chat: chat, changed: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	c.ctx = ctx
	ended := make(chan struct{})
	if r, ok := chat.(bot.Reporter); ok {
		r.Report(c.report)
	}
	go func() {
		defer close(ended)
		_ = chat.Run(ctx, c.receive, c.gap)
	}()
	t.Cleanup(func() {
		stop()
		select {
		case <-ended:
		case <-time.After(chatPatience):
			t.Error("Run does not end when its context is done")
		}
	})
	// The first message that gets through shows that it is connected.
	c.Say("", "are you there")
	c.until("the adapter connects", func() bool { return c.gaps > 0 || len(c.heard) > 0 })
	return c
}

func (c *chatCase) receive(_ context.Context, in bot.Inbound) (bot.Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell()
	if in.Text != "are you there" && c.refuse > 0 {
		c.refuse--
		return bot.Reply{}, errors.New("not stored")
	}
	c.heard = append(c.heard, in)
	return bot.Reply{}, nil
}

func (c *chatCase) report(trouble error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states = append(c.states, trouble)
	c.tell()
}

func (c *chatCase) gap(bot.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell()
	c.gaps++
}

func (c *chatCase) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// until waits for what must come. done runs under the lock.
func (c *chatCase) until(what string, done func() bool) {
	c.Helper()
	late := time.After(chatPatience)
	for {
		c.mu.Lock()
		ok, changed := done(), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			c.Fatalf("waited in vain: %s", what)
		}
	}
}

// hears waits for the nth Inbound of a kind with a text, and gives it.
func (c *chatCase) hears(kind bot.InboundKind, text string) bot.Inbound {
	c.Helper()
	var got bot.Inbound
	c.until(string(kind)+" "+text, func() bool {
		i := slices.IndexFunc(c.heard, func(in bot.Inbound) bool { return in.Kind == kind && in.Text == text })
		if i >= 0 {
			got = c.heard[i]
		}
		return i >= 0
	})
	return got
}

// window is the context of one call.
func (c *chatCase) window() context.Context {
	ctx, stop := context.WithTimeout(c.ctx, chatPatience)
	c.Cleanup(stop)
	return ctx
}

// posts does one post that must succeed.
func (c *chatCase) posts(thread bot.MessageID, key bot.Key, mark, text string) bot.MessageID {
	c.Helper()
	id, err := c.chat.Post(c.window(), c.Room(), thread, key, mark, bot.Say(text))
	if err != nil || id.Platform() != c.chat.Platform() || id.Rest() == "" {
		c.Fatalf("posting %q: id %q, %v", text, id, err)
	}
	return id
}

// ends fails unless err is a SendError of one of these outcomes.
func (c *chatCase) ends(err error, want ...bot.Outcome) *bot.SendError {
	c.Helper()
	var send *bot.SendError
	if !errors.As(err, &send) {
		c.Errorf("ended with %v, want a SendError", err)
		return &bot.SendError{}
	}
	if !slices.Contains(want, send.Outcome) {
		c.Errorf("ended as %v (%v), want %v", send.Outcome, send.Err, want)
	}
	return send
}
