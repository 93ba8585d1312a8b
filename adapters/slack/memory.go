package slack

import (
	"slices"
	"time"

	"datahour/bot"
)

// memory is what was handed in of one channel and stands there as far as is
// known: the history does not tell what is gone. It does not outlive the process.
type memory struct {
	recalled
	changed map[reaction]time.Time // when, of those that events told of
}

// recalled is what of a channel is looked for in its history.
type recalled struct {
	said    []spoken // oldest first, as far as they came in order
	reacted []seen
}

// spoken is a message, in a thread unless that is "".
type spoken struct {
	ts, thread string
	from       bot.UserID
	at         time.Time // when it was handed in
}

// seen is a reaction, and when it was handed in.
type seen struct {
	reaction
	at time.Time
}

// reaction is somebody's, on a message.
type reaction struct {
	ts, who, name string
}

// remembered is how many messages of a channel, and how many reactions, are remembered.
const remembered = 2000

// historyLag is how far the history may be behind the events: what was handed in
// so shortly before is not taken for gone because it is not there yet, but looked
// for again.
const historyLag = time.Second

// outdated tells whether an event of a reaction was overtaken by a later one of
// the same: events do not always come in their order.
func (c *Chat) outdated(in bot.Inbound) bool {
	if in.Kind != bot.Reacted && in.Kind != bot.Unreacted {
		return false
	}
	channel, _ := readMessage(in.Message)
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.memory(channel)
	if in.At.Before(m.changed[reactionOf(in)]) {
		return true
	}
	if len(m.changed) > remembered {
		clear(m.changed) // what comes late comes soon
	}
	m.changed[reactionOf(in)] = in.At
	return false
}

// memory is that of a channel. The lock is held.
func (c *Chat) memory(channel string) *memory {
	m := c.memories[channel]
	if m == nil {
		m = &memory{changed: map[reaction]time.Time{}}
		c.memories[channel] = m
	}
	return m
}

func reactionOf(in bot.Inbound) reaction {
	_, ts := readMessage(in.Message)
	return reaction{ts, in.From.Rest(), in.Reaction}
}

// remember keeps what a deed that was handed in leaves standing.
func (c *Chat) remember(in bot.Inbound) {
	channel, ts := readMessage(in.Message)
	_, thread := readMessage(in.Thread)
	if ts == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.memory(channel)
	switch in.Kind {
	case bot.Message:
		if !m.knows(ts) {
			m.said = append(m.said, spoken{ts, thread, in.From, time.Now()})
			m.said = m.said[max(0, len(m.said)-remembered):]
		}
	case bot.Deleted:
		m.said = slices.DeleteFunc(m.said, func(s spoken) bool { return s.ts == ts })
		m.reacted = slices.DeleteFunc(m.reacted, func(r seen) bool { return r.ts == ts })
	case bot.Reacted:
		if r := reactionOf(in); !m.has(r) {
			m.reacted = append(m.reacted, seen{r, time.Now()})
			m.reacted = m.reacted[max(0, len(m.reacted)-remembered):]
		}
	case bot.Unreacted:
		m.reacted = slices.DeleteFunc(m.reacted, func(r seen) bool { return r.reaction == reactionOf(in) })
	}
}

// recall is what is remembered of a channel: what should be in its history by
// now, and what is so young that it may not be there yet.
func (c *Chat) recall(channel string) (settled, young recalled) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, now := c.memory(channel), time.Now()
	for _, s := range m.said {
		part := &settled
		if now.Sub(s.at) < c.lag {
			part = &young
		}
		part.said = append(part.said, s)
	}
	for _, r := range m.reacted {
		part := &settled
		if now.Sub(r.at) < c.lag {
			part = &young
		}
		part.reacted = append(part.reacted, r)
	}
	return settled, young
}

func (r recalled) knows(ts string) bool {
	return slices.ContainsFunc(r.said, func(s spoken) bool { return s.ts == ts })
}

func (r recalled) has(one reaction) bool {
	return slices.ContainsFunc(r.reacted, func(s seen) bool { return s.reaction == one })
}

// replies is how many messages of a thread are remembered.
func (r recalled) replies(thread string) int {
	n := 0
	for _, s := range r.said {
		if s.thread == thread {
			n++
		}
	}
	return n
}
