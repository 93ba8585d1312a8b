package slack

import (
	"slices"
	"time"

	"datahour/bot"
)

// memory is what was handed in of one channel and stands there as far as is
// known: the history does not tell what is gone. It does not outlive the process.
type memory struct {
	said    []spoken // oldest first, as far as they came in order
	reacted []reaction
	changed map[reaction]time.Time // when, of those that events told of
}

// spoken is a message, in a thread unless that is "".
type spoken struct {
	ts, thread string
	from       bot.UserID
}

// reaction is somebody's, on a message.
type reaction struct {
	ts, who, name string
}

// remembered is how many messages of a channel, and how many reactions, are remembered.
const remembered = 2000

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
			m.said = append(m.said, spoken{ts, thread, in.From})
			m.said = m.said[max(0, len(m.said)-remembered):]
		}
	case bot.Deleted:
		m.said = slices.DeleteFunc(m.said, func(s spoken) bool { return s.ts == ts })
		m.reacted = slices.DeleteFunc(m.reacted, func(r reaction) bool { return r.ts == ts })
	case bot.Reacted:
		if r := reactionOf(in); !slices.Contains(m.reacted, r) {
			m.reacted = append(m.reacted, r)
			m.reacted = m.reacted[max(0, len(m.reacted)-remembered):]
		}
	case bot.Unreacted:
		m.reacted = slices.DeleteFunc(m.reacted, func(r reaction) bool { return r == reactionOf(in) })
	}
}

// recall is a copy of what is remembered of a channel.
func (c *Chat) recall(channel string) memory {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.memory(channel)
	return memory{said: slices.Clone(m.said), reacted: slices.Clone(m.reacted)}
}

func (m memory) knows(ts string) bool {
	return slices.ContainsFunc(m.said, func(s spoken) bool { return s.ts == ts })
}

// replies is how many messages of a thread are remembered.
func (m memory) replies(thread string) int {
	n := 0
	for _, s := range m.said {
		if s.thread == thread {
			n++
		}
	}
	return n
}
