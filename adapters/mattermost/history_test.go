package mattermost

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"datahour/bot"
)

func past(t *testing.T, s *server, since time.Time) []bot.Inbound {
	t.Helper()
	var all []bot.Inbound
	if err := s.chat.History(t.Context(), s.Room(), since, func(in bot.Inbound) error { all = append(all, in); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// What happened while nobody listened is the same, by its ids, as what would have
// been heard.
func TestHistoryAgrees(t *testing.T) {
	s := newServer(t)
	e := listen(t, s, nil)
	old := s.Say("", "old")
	since := time.UnixMilli(s.post(old.Rest()).CreateAt + 1)
	s.Say(old, "a reply") // the server lists its first message with it
	id := s.Say("", "first")
	s.Change(id, "changed")
	s.react(id, timID, "eyes")
	s.react(id, robotID, "eyes")
	gone := s.Say("", "taken back")
	s.Remove(gone)
	s.says(posted{UserID: robotID, ChannelID: dataID, Message: "a bot"})
	s.Say("", "last")
	e.hears(bot.Message, "last")
	var got []string
	for _, in := range past(t, s, since) {
		got = append(got, string(in.Kind)+" "+in.Text+in.Reaction)
		live := slices.ContainsFunc(e.heard, func(h bot.Inbound) bool {
			return h.ID == in.ID && h.Kind == in.Kind && h.Message == in.Message && h.From == in.From
		})
		if !live && (in.Kind != bot.Message || in.Message != id) {
			t.Errorf("the history holds %+v, which was not heard so", in)
		}
	}
	want := []string{"message a reply", "message changed", "edited changed", "reacted eyes", "deleted ", "message last"}
	if !slices.Equal(got, want) {
		t.Errorf("the history is %q, want %q", got, want)
	}
}

// Of more changes than the server gives at once, all that was said is read still.
func TestLongHistory(t *testing.T) {
	s := newServer(t)
	if _, err := s.chat.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := s.Say("", "before")
	since := time.UnixMilli(s.post(before.Rest()).CreateAt + 1)
	const n = sinceAtMost + 350
	for i := range n {
		s.Say("", fmt.Sprint(i))
	}
	all := past(t, s, since)
	if len(all) != n {
		t.Fatalf("%d of %d are in the history", len(all), n)
	}
	for i, in := range all {
		if in.Text != fmt.Sprint(i) {
			t.Fatalf("in place %d is %q", i, in.Text)
		}
	}
}

// What cannot be read, or not be stored, is an error: the core reads again.
func TestHistoryFails(t *testing.T) {
	s := newServer(t)
	s.Say("", "one")
	full := errors.New("full")
	if err := s.chat.History(t.Context(), s.Room(), time.Time{}, func(bot.Inbound) error { return full }); !errors.Is(err, full) {
		t.Errorf("what was not stored ends as %v", err)
	}
	s.refuses("GET /channels/{id}/posts", 503, "")
	if err := s.chat.History(t.Context(), s.Room(), time.Time{}, func(bot.Inbound) error { return nil }); statusOf(err) != 503 {
		t.Errorf("what cannot be read ends as %v", err)
	}
}
