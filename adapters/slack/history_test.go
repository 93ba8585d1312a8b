package slack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// history gives what the history hands in, as "kind text".
func (r *rig) history(since time.Time) []string {
	r.Helper()
	var got []string
	err := r.c.History(r.window(), r.Room(), since, func(in bot.Inbound) error {
		got = append(got, fmt.Sprint(in.Kind, " ", in.Text, in.Reaction))
		return nil
	})
	if err != nil {
		r.Fatal(err)
	}
	return got
}

func (r *rig) writes(ts, thread, text string) *fakeMessage {
	m := &fakeMessage{Type: "message", Channel: "C0DATA", User: "U0ADA", Text: text, TS: ts, ThreadTS: thread}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(m)
	return m
}

// What the history of a channel leaves out is looked for: replies, also under
// older messages; edits of older ones; tombstones; reactions.
func TestHistoryIsWhole(t *testing.T) {
	r := newRig(t, nil)
	if err := r.c.identify(r.window()); err != nil {
		t.Fatal(err)
	}
	since := time.Unix(1700010000, 0)
	old := r.writes("1700000000.000100", "", "old")
	r.writes("1700000001.000100", "", "old and quiet")
	r.writes("1700000002.000100", old.TS, "old reply")
	changed := r.writes("1700000003.000100", "", "old, changed")
	changed.Edited = map[string]any{"user": "U0ADA", "ts": "1700010001.000000"}
	gone := r.writes("1700010002.000100", "", "This message was deleted.")
	gone.Subtype, gone.User = "tombstone", "USLACKBOT"
	reacted := r.writes("1700010003.000100", "", "new")
	reacted.Reacted = []map[string]any{{"name": "tada", "users": []string{"U0GRACE", "U0BOT"}, "count": 2}}
	r.writes("1700010004.000100", old.TS, "new reply under the old")
	r.writes("1700010005.000100", reacted.TS, "reply to the new")
	want := []string{"edited old, changed", "deleted ", "message new", "reacted tada", "message new reply under the old", "message reply to the new"}
	if got := r.history(since); !slices.Equal(got, want) {
		t.Errorf("the history is\n%q, want\n%q", got, want)
	}
}

// Messages that this process handed in, and that are there no more, are reported
// as deleted.
func TestHistoryKnowsWhatIsGone(t *testing.T) {
	r := running(t, nil)
	since := time.Now().Add(-time.Minute)
	stays := r.Say("", "stays")
	reply := r.Say(stays, "a reply that goes")
	goes := r.Say("", "goes")
	r.ack(r.sendsEvent(map[string]any{"type": "member_joined_channel", "user": "U0ADA", "channel": "C0DATA"})) // so that all before it is done with
	r.mu.Lock()
	for _, id := range []bot.MessageID{goes, reply} {
		r.drop(readMessage(id))
	}
	r.mu.Unlock()
	want := []string{"message stays", "deleted ", "deleted "}
	if got := r.history(since); !slices.Equal(got, want) {
		t.Errorf("the history is %q, want %q", got, want)
	}
}

// What happened in a gap to messages from before it is told too: reactions, also
// to our own posts, those that were taken back, edits and deletions, replies
// among them. Once is enough.
func TestHistoryOfOlderMessages(t *testing.T) {
	r := running(t, nil)
	reacts := func(kind string, id bot.MessageID) {
		channel, ts := readMessage(id)
		r.ack(r.sendsEvent(map[string]any{"type": kind, "user": "U0GRACE", "reaction": "tada", "item": map[string]any{"type": "message", "channel": channel, "ts": ts}, "event_ts": "1700000000.000100"}))
	}
	ours, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say("ours"))
	if err != nil {
		t.Fatal(err)
	}
	stays, goes := r.Say("", "stays"), r.Say("", "goes")
	r.Say(stays, "a reply that stays")
	reply := r.Say(stays, "a reply that goes")
	reacts("reaction_added", stays)
	reacts("reaction_added", ours)
	reacts("reaction_removed", ours)
	since := time.Now().Add(time.Second) // the gap begins

	r.mu.Lock()
	for _, id := range []bot.MessageID{goes, reply} {
		r.drop(readMessage(id))
	}
	thumb := map[string]any{"name": "+1::skin-tone-2", "users": []string{"U0ADA", "U0BOT"}, "count": 2}
	for _, id := range []bot.MessageID{ours, stays} { // and the tada on stays is gone
		channel, ts := readMessage(id)
		r.message(channel, ts).Reacted = []map[string]any{thumb}
	}
	r.mu.Unlock()
	want := []string{"reacted +1", "reacted +1", "unreacted tada", "deleted ", "deleted "}
	if got := r.history(since); !slices.Equal(got, want) {
		t.Errorf("the history is\n%q, want\n%q", got, want)
	}
	if got := r.history(since); len(got) != 0 {
		t.Errorf("it is told again: %q", got)
	}
}

// What was handed in just before the history was read, and is not there, may come
// there yet: it is not taken for gone, but looked for again.
func TestHistoryMayLag(t *testing.T) {
	r := running(t, nil)
	r.c.mu.Lock()
	r.c.lag = time.Second
	r.c.mu.Unlock()
	gone := r.Say("", "here in a moment")
	r.ack(r.sendsEvent(map[string]any{"type": "member_joined_channel", "user": "U0ADA", "channel": "C0DATA"}))
	r.mu.Lock()
	r.drop(readMessage(gone))
	r.mu.Unlock()
	if got := r.history(time.Now().Add(-time.Minute)); len(got) != 0 {
		t.Errorf("the history is %q", got)
	}
	r.until("another look", func() bool { return slices.Contains(r.gapsIn, r.Room()) })
	if got := r.history(time.Now().Add(-time.Minute)); !slices.Equal(got, []string{"deleted "}) {
		t.Errorf("then the history is %q", got)
	}
}

// Should Slack let the bot read no threads, as its documentation says, what was
// said outside them is heard all the same, and nobody is told that replies are gone.
func TestHistoryWithoutThreads(t *testing.T) {
	r := running(t, nil)
	since := time.Now().Add(-time.Minute)
	first := r.Say("", "first")
	r.Say(first, "a reply")
	r.hearsText("a reply")
	r.mu.Lock()
	r.errors["conversations.replies"] = []string{"not_allowed_token_type"}
	r.mu.Unlock()
	if got := r.history(since); !slices.Equal(got, []string{"message first"}) {
		t.Errorf("the history is %q", got)
	}
	if !strings.Contains(r.log.String(), "read no threads") {
		t.Error("nothing is logged")
	}
	r.mu.Lock()
	r.errors["conversations.replies"] = []string{"internal_error"}
	r.mu.Unlock()
	if err := r.c.History(r.window(), r.Room(), since, func(bot.Inbound) error { return nil }); err == nil {
		t.Error("what failed is taken for read")
	}
}

// Slack's wish to wait is heard, and a channel that the bot is not in is joined.
func TestHistoryWaitsAndJoins(t *testing.T) {
	r := newRig(t, nil)
	r.writes("1700010003.000100", "", "new")
	r.limited["conversations.history"] = 1
	r.errors["conversations.history"] = []string{"not_in_channel"}
	if got := r.history(time.Unix(1700010000, 0)); !slices.Equal(got, []string{"message new"}) {
		t.Errorf("the history is %q", got)
	}
}

func TestStamps(t *testing.T) {
	for _, ts := range []string{"1700000000.000100", "1700000000.999999", "0.000000"} {
		if got := stamp(moment(ts)); got != ts {
			t.Errorf("%s became %s", ts, got)
		}
	}
	if !moment("no").IsZero() {
		t.Error("a ts that is none")
	}
}

// Of two events of one reaction the later one holds, whichever comes first.
func TestReactionsOutOfOrder(t *testing.T) {
	r := running(t, nil)
	id := r.Say("", "words")
	channel, ts := readMessage(id)
	for _, e := range []struct{ kind, ts string }{{"reaction_removed", "1700000002.000000"}, {"reaction_added", "1700000001.000000"}, {"reaction_added", "1700000003.000000"}} {
		r.ack(r.sendsEvent(map[string]any{"type": e.kind, "user": "U0GRACE", "reaction": "tada", "item": map[string]any{"type": "message", "channel": channel, "ts": ts}, "event_ts": e.ts}))
	}
	r.hear.Lock()
	defer r.hear.Unlock()
	var got []bot.InboundKind
	for _, in := range r.heard[1:] {
		got = append(got, in.Kind)
	}
	if !slices.Equal(got, []bot.InboundKind{bot.Unreacted, bot.Reacted}) {
		t.Errorf("handed in: %q", got)
	}
}

// Who comes back into a room, by itself or asked in, catches up there.
func TestBackInARoom(t *testing.T) {
	r := running(t, nil)
	r.ack(r.sendsEvent(map[string]any{"type": "member_joined_channel", "user": "U0BOT", "channel": "C0HELP", "event_ts": "1700000000.000100"}))
	r.until("the gap", func() bool { return slices.Contains(r.gapsIn, "defra:C0HELP") })
	r.mu.Lock()
	r.out = true
	r.mu.Unlock()
	if _, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say("x")); err != nil {
		t.Fatal(err)
	}
	r.until("the gap", func() bool { return slices.Contains(r.gapsIn, r.Room()) })
}
