package hours

import (
	"context"

	"datahour/bot"
	"datahour/bot/when"
)

// closeOnTime keeps the promise of the close. Late, it closes at once.
func (f *Feature) closeOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	switch {
	case h.State != Open:
		return nil
	case h.End().After(tx.Now()): // extended while it rang
		tx.Promise(closeAlarm, h.ID, h.End())
		return nil
	}
	if tx.Now().Sub(h.End()) >= noticeablyLate {
		h.LateEnd = tx.LateBecause(a, h.clock)
	}
	return f.close(ctx, tx, &h, "")
}

// close ends the hour in all its rooms together: what is said from now on does
// not belong to it, and the wrap-up thanks those who took part. by is who closed
// it early, or "".
func (f *Feature) close(ctx context.Context, tx *bot.Tx, h *Hour, by bot.UserID) error {
	h.State, h.Ended, h.ClosedBy = Closed, tx.Now().Truncate(finest), by
	for _, room := range h.Rooms {
		f.leaveRoom(tx, h, room)
		if err := f.showOpening(ctx, tx, h, room); err != nil {
			return err
		}
	}
	if err := f.unbookAll(ctx, tx, h); err != nil {
		return err
	}
	f.keep(tx, h)
	if !h.Rehearsal {
		tx.Promise(creditAlarm, h.ID, tx.Now())
	}
	f.announce(tx, h)
	if err := f.showOutcome(ctx, tx, h); err != nil {
		return err
	}
	return f.showSheets(ctx, tx, h)
}

// leaveRoom ends the hour in a room: what is said there from now on does not
// belong to it. Listening goes on until it is settled, so that what was said
// before the close, and later edits, are caught up with after an interruption.
func (f *Feature) leaveRoom(tx *bot.Tx, h *Hour, room bot.RoomID) {
	tx.Delete(liveKey(room))
	if !h.Rehearsal {
		tx.Put(&lately{Room: room, Hour: h.ID})
	}
}

// stopListening ends it, unless another hour is live in the room by now.
func (f *Feature) stopListening(ctx context.Context, tx *bot.Tx, room bot.RoomID) error {
	var l live
	if busy, err := tx.Get(ctx, liveKey(room), &l); err != nil || busy {
		return err
	}
	tx.StopListening(room)
	return nil
}

// settle ends the carrying of late edits, and of a rehearsal everything.
func (f *Feature) settle(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	if h.State != Closed || h.Settled {
		return nil
	}
	if h.Rehearsal {
		return f.clearRehearsal(ctx, tx, &h)
	}
	if tx.Now().Sub(a.Due) >= noticeablyLate { // the bot was off: what happened meanwhile is being caught up with
		tx.Promise(settleAlarm, h.ID, tx.Now().Add(settling))
		return nil
	}
	for _, room := range h.Rooms {
		if err := tx.FinishCarry(ctx, logOf(h.ID), room); err != nil {
			return err
		}
		if err := f.stopListening(ctx, tx, room); err != nil {
			return err
		}
	}
	tx.Delete((&reminding{Hour: h.ID}).Key())
	if err := f.dropVisits(ctx, tx, &h); err != nil {
		return err
	}
	h.Settled = true
	f.keep(tx, &h)
	return nil
}

// forgetAtOnce is how many messages of a transcript are deleted in one commit.
const forgetAtOnce = 500

// forget deletes a transcript whose time has come. What remains is that the hour
// was held, its questions and its numbers.
func (f *Feature) forget(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	due, ok := h.promises(tx.Now())[forgetAlarm]
	switch {
	case !ok:
		return nil
	case due.After(tx.Now()): // it is kept longer by now
		tx.Promise(forgetAlarm, h.ID, due)
		return nil
	}
	if h.Numbers == nil { // first: what the wrap-up says without the transcript
		t, err := f.takers(ctx, tx, &h)
		if err != nil {
			return err
		}
		h.Numbers = &t.numbers
		if err := f.showWrapUp(ctx, tx, &h); err != nil {
			return err
		}
	}
	more, err := f.deleteSaid(ctx, tx, &h)
	if err != nil {
		return err
	}
	h.Forgotten = !more
	f.keep(tx, &h) // rings again while there is more
	if more {
		return nil
	}
	tx.Scrub()
	return f.tellExpired(ctx, tx, &h)
}

// tellExpired notes to the organisers of the hour's platforms that its transcript
// is deleted.
func (f *Feature) tellExpired(ctx context.Context, tx *bot.Tx, h *Hour) error {
	text := "The transcript of " + h.emphasised() + ", " + when.FormatDay(h.Start, h.Location()) + ", is deleted: it was to be kept for " + counted(h.KeepDays, "day", "days") +
		". What stays is that the hour was held, its questions and its numbers. How long new ones are kept: " + tx.Command("community policy") + "."
	for _, platform := range h.platforms() {
		if err := tx.TellOrganisers(ctx, platform, h.noticeKey("expired"), bot.Say(text)); err != nil {
			return err
		}
	}
	return nil
}

// deleteSaid deletes what was said in an hour and who took part, up to a number
// of records, and tells whether there is more.
func (f *Feature) deleteSaid(ctx context.Context, tx *bot.Tx, h *Hour) (more bool, err error) {
	for _, index := range [...]string{"said:" + h.ID, "parts:" + h.ID, "copies:" + h.ID, "visits:" + h.ID, "reports:" + h.ID, "aliases:" + h.ID} {
		records, err := tx.Records(ctx, index, "", forgetAtOnce)
		if err != nil {
			return false, err
		}
		for _, rec := range records {
			tx.Delete(rec.Key)
		}
		if len(records) == forgetAtOnce {
			return true, nil
		}
	}
	return false, nil
}
