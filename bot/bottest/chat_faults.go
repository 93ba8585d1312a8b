package bottest

import (
	"context"
	"errors"
	"time"

	"datahour/bot"
)

// Call is one call that the bot made to a platform.
type Call struct {
	Do     string // "post", "edit", "delete", "find" or "whisper"
	Room   bot.RoomID
	Key    bot.Key
	Mark   string
	ID     bot.MessageID
	Thread bot.MessageID
	At     time.Time
}

// Fault is how one call goes wrong. The zero Fault goes well.
type Fault struct {
	Effect Effect
	After  time.Duration // of a Late effect: when it comes; 0: when Arrive is called
	Slow   time.Duration // how long the answer takes
	Err    error         // what the caller is told; nil: the truth
}

// Effect tells whether a call does what it should.
type Effect int

// Effects of a call.
const (
	Done Effect = iota // before its answer
	None               // not at all
	Late               // after its answer
)

var errFault = errors.New("a fault of the test's")

// NotSent is a call without effect that may be tried again, as with a 429.
func NotSent(after time.Duration) Fault {
	return Fault{Effect: None, Err: &bot.SendError{Outcome: bot.NotSent, RetryAfter: after, Err: errFault}}
}

// The other ways in which calls go wrong.
var (
	// AnswerLost is a call that has its effect, and whose answer never comes.
	AnswerLost = Fault{Effect: Done, Err: &bot.SendError{Outcome: bot.Unsure, Err: errFault}}
	// CallLost is a call that never arrives, which the caller cannot know.
	CallLost = Fault{Effect: None, Err: &bot.SendError{Outcome: bot.Unsure, Err: errFault}}
	// ComesLate is a call whose answer is lost and whose effect comes at Arrive.
	ComesLate = Fault{Effect: Late, Err: &bot.SendError{Outcome: bot.Unsure, Err: errFault}}
	// Refused is a call that has no effect and never will.
	Refused = Fault{Effect: None, Err: &bot.SendError{Outcome: bot.Refused, Err: errFault}}
	// Gone is a call about something that is not there any more.
	Gone = Fault{Effect: None, Err: &bot.SendError{Outcome: bot.Gone, Err: errFault}}
)

// faults is the part of a Chat that goes wrong.
type faults struct {
	next      map[string][]Fault
	misbehave func(Call) Fault
	late      []func() error
	calls     []Call
}

// Next makes the next calls of a kind ("post", "edit", "delete", "find",
// "whisper") end as the faults say, one after the other.
func (c *Chat) Next(do string, f ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = map[string][]Fault{}
	}
	c.next[do] = append(c.next[do], f...)
}

// Misbehave asks f about every call that Next says nothing of; nil ends it. f
// runs under the platform's lock and must not call its methods.
func (c *Chat) Misbehave(f func(Call) Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.misbehave = f
}

// Arrive lets all effects that are late come now, in the order of their calls.
func (c *Chat) Arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, effect := range c.late {
		_ = effect() // too late for anybody to be told
	}
	c.late = nil
}

// Calls are all calls of a kind ("" for every kind) until now.
func (c *Chat) Calls(do string) []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Call
	for _, call := range c.calls {
		if do == "" || do == call.Do {
			all = append(all, call)
		}
	}
	return all
}

// call does one call: its effect under the lock, then the answer.
func (c *Chat) call(ctx context.Context, what Call, effect func() error) error {
	if err := ctx.Err(); err != nil { // nothing is written after the window
		return &bot.SendError{Outcome: bot.NotSent, Err: err}
	}
	fault, err := c.begin(what, effect)
	if fault.Slow > 0 {
		timer := time.NewTimer(fault.Slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return &bot.SendError{Outcome: bot.Unsure, Err: ctx.Err()}
		}
	}
	if fault.Err != nil {
		return fault.Err
	}
	return err
}

func (c *Chat) begin(what Call, effect func() error) (Fault, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what.At = c.now()
	c.calls = append(c.calls, what)
	var fault Fault
	if queue := c.next[what.Do]; len(queue) > 0 {
		fault, c.next[what.Do] = queue[0], queue[1:]
	} else if c.misbehave != nil {
		fault = c.misbehave(what)
	}
	switch {
	case fault.Effect == Done:
		return fault, effect()
	case fault.Effect == Late && fault.After > 0:
		time.AfterFunc(fault.After, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			_ = effect()
		})
	case fault.Effect == Late:
		c.late = append(c.late, effect)
	}
	return fault, nil
}
