package bot_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"datahour/bot"
	"datahour/bot/bottest"
)

// lab is a feature that does what a test wants.
type lab struct {
	rows    []bot.Row
	alarms  map[string]bot.AlarmKind
	heard   func(ctx context.Context, tx *bot.Tx, in bot.Inbound) error
	carryOn func(ctx context.Context, tx *bot.Tx, log string, room bot.RoomID, entries []bot.Entry, posts int) (int, error)
}

func (l *lab) Rows() []bot.Row                  { return l.rows }
func (l *lab) Alarms() map[string]bot.AlarmKind { return l.alarms }
func (l *lab) Carries(log string) bool          { return strings.HasPrefix(log, "lab/") }

func (l *lab) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	if l.heard == nil {
		return nil
	}
	return l.heard(ctx, tx, in)
}

func (l *lab) CarryOn(ctx context.Context, tx *bot.Tx, log string, room bot.RoomID, entries []bot.Entry, posts int) (int, error) {
	return l.carryOn(ctx, tx, log, room, entries, posts)
}

// note is a noun that counts.
type note struct {
	Name  string
	Count int
}

func (n *note) Key() string         { return "note/" + n.Name }
func (n *note) Kind() (string, int) { return "note", 1 }
func (n *note) Index() []string     { return []string{"notes"} }

// bubble runs a test in a bubble of time, with a harness around a lab.
func bubble(t *testing.T, l *lab, c bottest.Config, test func(h *bottest.Harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c.Features = append(c.Features, l)
		test(bottest.Start(t, c))
	})
}

// do commits what f says, which must not fail.
func do(h *bottest.Harness, f func(tx *bot.Tx)) {
	h.Helper()
	if err := h.Do(func(_ context.Context, tx *bot.Tx) error { f(tx); return nil }); err != nil {
		h.Fatal(err)
	}
}

const data = bot.RoomID("north:data")

// show declares a post of one text.
func show(h *bottest.Harness, room bot.RoomID, key bot.Key, text string) {
	h.Helper()
	do(h, func(tx *bot.Tx) { tx.Show(bot.Notice{Room: room, Key: key, Post: bot.Say(text)}) })
}

// stands fails unless exactly these texts stand in a room, in this order.
func stands(h *bottest.Harness, room bot.RoomID, want ...string) {
	h.Helper()
	var got []string
	for _, p := range h.Posts(room) {
		got = append(got, p.Text)
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		h.Errorf("at %v %q stands in %s, want %q", h.Now().Format("15:04:05.000"), got, room, want)
	}
}

// count reads a note's count.
func count(h *bottest.Harness, name string) int {
	h.Helper()
	var n note
	if _, err := h.Bot.View().Get(context.Background(), "note/"+name, &n); err != nil {
		h.Fatal(err)
	}
	return n.Count
}

// add counts one more on a note.
func add(ctx context.Context, tx *bot.Tx, name string) (int, error) {
	n := note{Name: name}
	if _, err := tx.Get(ctx, n.Key(), &n); err != nil {
		return 0, err
	}
	n.Count++
	tx.Put(&n)
	return n.Count, nil
}
