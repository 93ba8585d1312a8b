package hours

import (
	"context"
	"fmt"
	"time"

	"datahour/bot"
)

const rehearsalLength = 2 * time.Minute

// rehearsedQuestions stand in where no hour gives its own.
var rehearsedQuestions = []string{"Which dataset did you last look for, and did you find it?", "What would you do with one more of them?"}

// runRehearse runs a whole hour in two minutes where it is called, to be seen by
// who calls it. It is an hour like others, so what they see is what will be; its
// home is private, no list or page has it, and ten minutes after the close its
// posts, records and alarms are gone.
func (f *Feature) runRehearse(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	room, err := bot.RoomOf(ctx, tx, c.Room)
	if err != nil {
		return bot.Reply{}, err
	}
	if _, direct := c.Room.Person(); !direct && !room.Private {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "A rehearsal posts as a real hour does, so I run it only in a private room or in our direct messages. Try %s there.", tx.Command("datahour rehearse"))
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	h := Hour{ID: bot.ShortID(), Title: "Rehearsal", By: c.From, Hosts: []bot.UserID{c.From}, Sheets: []bot.UserID{c.From}, Rooms: []bot.RoomID{c.Room},
		Start: tx.Now().Truncate(finest), Length: rehearsalLength, Zone: community.Zone, Automatic: true, Rehearsal: true, State: Scheduled}
	texts := rehearsedQuestions
	if c.Args.Has("hour") {
		like, err := hourByID(ctx, tx, c.Args.Get("hour"))
		if err != nil {
			return bot.Reply{}, err
		}
		if err := f.mayRun(ctx, tx, c, &like, "rehearse"); err != nil {
			return bot.Reply{}, err
		}
		h.Title, h.About, texts = like.Title, like.About, nil
		for _, q := range like.Planned() {
			texts = append(texts, q.Text)
		}
	}
	if err := h.plan(texts); err != nil {
		return bot.Reply{}, err
	}
	if err := f.bookAll(ctx, tx, &h); err != nil {
		return bot.Reply{}, err
	}
	tx.Create(&h)
	f.announce(tx, &h)
	if err := f.open(ctx, tx, &h, ""); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("The rehearsal has begun: an hour in two minutes. Ten minutes after its end everything of it is gone."), nil
}

// clearRehearsal leaves nothing of a rehearsal: its posts are taken back and its
// records deleted.
func (f *Feature) clearRehearsal(ctx context.Context, tx *bot.Tx, h *Hour) error {
	more, err := f.deleteSaid(ctx, tx, h)
	if err != nil {
		return err
	}
	if more {
		tx.Promise(settleAlarm, h.ID, tx.Now())
		return nil
	}
	keys := []string{"announcement", "opening", "extended", "warning", "wrapup"}
	for _, q := range h.Asked() {
		keys = append(keys, fmt.Sprintf("q/%d", q.Number))
	}
	for _, room := range h.Rooms {
		for _, key := range keys {
			tx.Retract(room, h.noticeKey(key))
		}
	}
	for _, room := range h.Rooms {
		if err := f.stopListening(ctx, tx, room); err != nil {
			return err
		}
	}
	for _, u := range h.Sheets {
		tx.Retract(u.Direct(), h.noticeKey("sheet"))
	}
	for _, kind := range hourAlarms {
		tx.Cancel(kind, h.ID)
	}
	tx.Delete(tallyKey(h.ID))
	tx.Delete(h.Key())
	return nil
}
