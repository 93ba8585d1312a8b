package hours

import (
	"context"
	"time"

	"datahour/bot"
)

// clockSkew is how far a platform's clock may be behind ours for a message that
// was said just after the opening still to belong to the hour.
const clockSkew = 5 * time.Second

// Heard takes in what people say, change, remove and react to in the rooms of an
// hour. What was said is told apart by its own record, so that hearing something
// twice, or an edit or a deletion before its message, comes to the same.
func (f *Feature) Heard(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	if in.Message == "" {
		return nil
	}
	switch in.Kind {
	case bot.Message:
		return f.heardMessage(ctx, tx, in)
	case bot.Edited:
		return f.heardEdit(ctx, tx, in)
	case bot.Deleted:
		return f.heardDeletion(ctx, tx, in)
	case bot.Reacted, bot.Unreacted:
		return f.heardReaction(ctx, tx, in)
	}
	return nil
}

func (f *Feature) heardMessage(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	h, err := hourHeld(ctx, tx, in.Room, in.At)
	if err != nil || h == nil {
		return err
	}
	s := &Said{Hour: h.ID, ID: in.Message}
	known, err := tx.Get(ctx, s.Key(), s)
	switch {
	case err != nil:
		return err
	case known && !s.Early:
		return f.reword(ctx, tx, s, in) // heard before; catching up may bring newer words
	case known && s.Deleted:
		return nil
	case !known || !s.Edited || in.Rev > s.Rev:
		s.Text, s.Rev, s.Edited = in.Text, in.Rev, in.Rev != ""
	}
	s.Early, s.Room, s.Who, s.At = false, in.Room, in.From, in.At
	if err := f.place(ctx, tx, h, s, in.Thread); err != nil {
		return err
	}
	if err := f.record(ctx, tx, h, s); err != nil {
		return err
	}
	if h.State == Closed {
		f.heardLate(tx, h)
	}
	return f.askConsent(ctx, tx, h, s)
}

// heardLate makes the wrap-up and the other rooms follow a message that was said
// in the hour and heard only after its close. When the hour is settled, its log
// is carried once more: what a room was told of before is not told again.
func (f *Feature) heardLate(tx *bot.Tx, h *Hour) {
	tx.Promise(wrapUpAlarm, h.ID, tx.Now())
	if !h.Settled || h.Rehearsal {
		return
	}
	if len(h.Rooms) > 1 || h.Visited {
		for _, room := range h.Rooms {
			tx.Carry(logOf(h.ID), room, 0)
		}
	}
	h.Settled = false
	f.keep(tx, h)
}

// record stores a new message, and counts it.
func (f *Feature) record(ctx context.Context, tx *bot.Tx, h *Hour, s *Said) error {
	p, t, err := f.counts(ctx, tx, h.ID, s.Who)
	if err != nil {
		return err
	}
	t.Places++
	s.Place = t.Places
	if s.Line == "" {
		s.Line = newLine()
	}
	p.Visitor, p.Organisation = s.Visitor, s.Organisation
	p.Admitted = p.Visitor != ""
	t.change(&p, func() { p.count(s.Question, 1) })
	tx.Put(s)
	tx.Put(&p)
	f.note(tx, h, entry{What: wasSaid, Message: s.ID})
	if !h.Rehearsal {
		t.Entries++
	}
	tx.Put(&t)
	return nil
}

// counts reads what is counted of a person in an hour, and of the hour.
func (f *Feature) counts(ctx context.Context, tx *bot.Tx, hour string, who bot.UserID) (part, tally, error) {
	p, t := part{Hour: hour, Who: who}, tally{Hour: hour}
	if _, err := tx.Get(ctx, p.Key(), &p); err != nil {
		return p, t, err
	}
	_, err := tx.Get(ctx, t.Key(), &t)
	return p, t, err
}

// note adds a line to an hour's log, from which pages and linked rooms follow. A
// rehearsal leaves none.
func (f *Feature) note(tx *bot.Tx, h *Hour, e entry) {
	if !h.Rehearsal {
		tx.Append(logOf(h.ID), e)
	}
}

func (f *Feature) heardEdit(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	s, err := f.heardBefore(ctx, tx, in)
	if err != nil || s == nil {
		return err
	}
	return f.reword(ctx, tx, s, in)
}

// reword takes in other words of a message, unless they are older than those
// that it has.
func (f *Feature) reword(ctx context.Context, tx *bot.Tx, s *Said, in bot.Inbound) error {
	newer := in.Rev > s.Rev || in.Rev == "" && in.Kind == bot.Edited
	if s.Deleted || !newer {
		return nil
	}
	same := s.Text == in.Text // platforms tell of an edit when they only drew a preview of a link
	s.Text, s.Rev = in.Text, in.Rev
	if s.Early {
		s.Edited, s.Who, s.Room = true, in.From, in.Room
		tx.Put(s)
		return nil
	}
	if same {
		tx.Put(s)
		return nil
	}
	s.Edited = true
	var h Hour
	if err := tx.Need(ctx, hourKey(s.Hour), &h, "That hour is gone."); err != nil {
		return err
	}
	if n := answered(&h, s.Text); n > 0 && n != s.Question {
		if err := f.recount(ctx, tx, s, func() { s.Question = n }); err != nil {
			return err
		}
	}
	tx.Put(s)
	f.note(tx, &h, entry{What: wasEdited, Message: s.ID})
	return f.afterwards(ctx, tx, &h, s)
}

func (f *Feature) heardDeletion(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	s, err := f.heardBefore(ctx, tx, in)
	if err != nil || s == nil || s.Deleted {
		return err
	}
	return f.remove(ctx, tx, s)
}

// remove deletes the words of a message, and leaves the record as a tombstone.
func (f *Feature) remove(ctx context.Context, tx *bot.Tx, s *Said) error {
	if err := f.recount(ctx, tx, s, func() {
		s.Deleted, s.Text, s.Edited, s.Reacted = true, "", false, nil
	}); err != nil {
		return err
	}
	tx.Put(s)
	if s.Early {
		return nil
	}
	var h Hour
	if err := tx.Need(ctx, hourKey(s.Hour), &h, "That hour is gone."); err != nil {
		return err
	}
	f.note(tx, &h, entry{What: wasDeleted, Message: s.ID})
	return f.afterwards(ctx, tx, &h, s)
}

// recount makes a change to a message that may change where it counts, or
// whether it does.
func (f *Feature) recount(ctx context.Context, tx *bot.Tx, s *Said, change func()) error {
	stood, question := s.Stands(), s.Question
	change()
	if s.Stands() == stood && s.Question == question {
		return nil
	}
	p, t, err := f.counts(ctx, tx, s.Hour, s.Who)
	if err != nil {
		return err
	}
	t.change(&p, func() {
		if stood {
			p.count(question, -1)
		}
		if s.Stands() {
			p.count(s.Question, 1)
		}
	})
	tx.Put(&p)
	tx.Put(&t)
	return nil
}

// afterwards keeps what was made of an hour right when a message changes after
// its end: the wrap-up, and copies in rooms that do not follow its log any more.
func (f *Feature) afterwards(ctx context.Context, tx *bot.Tx, h *Hour, s *Said) error {
	if h.State != Closed {
		return nil
	}
	if h.Settled {
		if err := f.copyAgain(ctx, tx, h, s); err != nil {
			return err
		}
	}
	tx.Promise(wrapUpAlarm, h.ID, tx.Now())
	return nil
}

// wrapUpAgain shows the wrap-up and the hosts' cards as they are by now. It is an alarm of its own,
// since it counts over records that the commit which asks for it only changes.
func (f *Feature) wrapUpAgain(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there || h.State != Closed || h.Forgotten {
		return err
	}
	return f.showOutcome(ctx, tx, &h)
}

func (f *Feature) heardReaction(ctx context.Context, tx *bot.Tx, in bot.Inbound) error {
	s, err := f.heardBefore(ctx, tx, in)
	if err != nil || s == nil || s.Deleted || in.Reaction == "" {
		return err
	}
	if !s.react(in.Reaction, in.From, in.Kind == bot.Reacted) {
		return nil
	}
	tx.Put(s)
	if s.Early {
		return nil
	}
	var h Hour
	if err := tx.Need(ctx, hourKey(s.Hour), &h, "That hour is gone."); err != nil {
		return err
	}
	f.note(tx, &h, entry{What: wasReacted, Message: s.ID})
	return nil
}

// heardBefore finds the message that something is about: in the hour that is held
// in the room, in an earlier one, or behind a copy of it that the bot carried. One
// that may still come, since its room holds an hour, gets a record that waits for
// it. nil is a message of no hour.
func (f *Feature) heardBefore(ctx context.Context, tx *bot.Tx, in bot.Inbound) (*Said, error) {
	if s, err := saidByID(ctx, tx, in.Message); s != nil || err != nil {
		return s, err
	}
	key, ours, err := tx.Posted(ctx, in.Room, in.Message)
	if err != nil {
		return nil, err
	}
	if ours {
		if in.Kind != bot.Reacted && in.Kind != bot.Unreacted {
			return nil, nil
		}
		return f.lastCarried(ctx, tx, in.Room, key)
	}
	h, err := hourHeld(ctx, tx, in.Room, in.At)
	if err != nil || h == nil {
		return nil, err
	}
	s := &Said{Hour: h.ID, ID: in.Message}
	if known, err := tx.Get(ctx, s.Key(), s); err != nil || known { // it came meanwhile
		return s, err
	}
	s.Room, s.Early = in.Room, true
	return s, nil
}

// saidByID finds a message in whichever hour it was said, or nil.
func saidByID(ctx context.Context, tx *bot.Tx, id bot.MessageID) (*Said, error) {
	recs, err := tx.Records(ctx, "message:"+string(id), "", 1)
	if err != nil || len(recs) == 0 {
		return nil, err
	}
	return saidAt(ctx, tx, recs[0].Key)
}

// saidAt reads a message that a list named, now to be decided from.
func saidAt(ctx context.Context, tx *bot.Tx, key string) (*Said, error) {
	s := new(Said)
	if there, err := tx.Get(ctx, key, s); err != nil || !there {
		return nil, err
	}
	return s, nil
}

// lately is the last hour that was held in a room: what was said before its close
// and is heard only after it still belongs to it.
type lately struct {
	Room bot.RoomID `json:"room"`
	Hour string     `json:"hour"`
}

func (l *lately) Key() string         { return "lately/" + string(l.Room) }
func (l *lately) Kind() (string, int) { return "lately", 1 }
func (l *lately) Index() []string     { return nil }

// hourHeld is the hour that a room held at an instant, as far as what is heard
// now can belong to it; nil when it held none.
func hourHeld(ctx context.Context, tx *bot.Tx, room bot.RoomID, at time.Time) (*Hour, error) {
	var now live
	if _, err := tx.Get(ctx, liveKey(room), &now); err != nil {
		return nil, err
	}
	last := lately{Room: room}
	if _, err := tx.Get(ctx, last.Key(), &last); err != nil {
		return nil, err
	}
	for _, id := range [...]string{now.Hour, last.Hour} {
		if id == "" {
			continue
		}
		var h Hour
		if there, err := tx.Get(ctx, hourKey(id), &h); err != nil {
			return nil, err
		} else if !there || !h.held(room, at) {
			continue
		}
		return &h, nil
	}
	return nil, nil
}

// held tells whether the hour was open in room at an instant.
func (h *Hour) held(room bot.RoomID, at time.Time) bool {
	if !h.In(room) || at.Before(h.Opened.Add(-clockSkew)) {
		return false
	}
	return h.State == Open || h.State == Closed && at.Before(h.Ended)
}
