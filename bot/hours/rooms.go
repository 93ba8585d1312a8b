package hours

import (
	"context"
	"fmt"
	"slices"

	"datahour/bot"
	"datahour/bot/when"
)

// changeRooms makes the hour be held in the wanted rooms: new ones join, when
// they are linked, or are asked; those that are not wanted any more leave.
func (f *Feature) changeRooms(ctx context.Context, tx *bot.Tx, c bot.Call, h *Hour, wanted []bot.RoomID) error {
	have := slices.Concat(h.Rooms, h.Invited)
	same := len(have) == len(wanted)
	for _, room := range wanted {
		same = same && slices.Contains(have, room)
	}
	if same {
		return nil
	}
	if !c.Organiser {
		return bot.Wrong("rooms", "Only organisers can change the rooms of an hour.")
	}
	joined, invited, err := f.linked(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for _, room := range h.Rooms {
		if !slices.Contains(joined, room) {
			if err := f.partWith(ctx, tx, h, room); err != nil {
				return err
			}
		}
	}
	before := h.Rooms
	h.Rooms, h.Invited = joined, invited
	for _, room := range joined {
		if !slices.Contains(before, room) {
			if err := f.join(ctx, tx, h, room); err != nil {
				return err
			}
		}
	}
	return f.invite(ctx, tx, h)
}

// join makes a room that is among the hour's take part from now on.
func (f *Feature) join(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) error {
	if err := f.book(ctx, tx, h, room); err != nil {
		return err
	}
	tx.Retract(room, h.noticeKey("left")) // it may have been here before
	if h.State != Open {
		return nil
	}
	now, err := endOfLog(ctx, tx, h.ID) // what was said before stays where it was said
	if err != nil {
		return err
	}
	for _, r := range h.Rooms { // one room alone was not carried to
		if r != room && len(h.Rooms) == 2 && !h.Visited {
			tx.Carry(logOf(h.ID), r, now)
		}
	}
	if err := f.openIn(ctx, tx, h, room, now); err != nil {
		return err
	}
	asked := h.Asked()
	if len(asked) > 0 {
		q := asked[len(asked)-1]
		tx.Show(h.notice(room, fmt.Sprintf("q/%d", q.Number), questionPost(q)))
	}
	return nil
}

// partWith lets a room go: what stands there says that it does not take part any
// more, and nothing is carried there.
func (f *Feature) partWith(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) error {
	if err := f.unbook(ctx, tx, h, room); err != nil {
		return err
	}
	text := h.emphasised() + " is not held in this room any more."
	if h.announced() {
		tx.Show(h.notice(room, "announcement", bot.Say(text)))
		tx.Retract(room, h.noticeKey("reminder"))
	}
	if h.State == Open {
		f.leaveRoom(tx, h, room)
		tx.EndCarry(logOf(h.ID), room)
		tx.Show(h.notice(room, "opening", bot.Say(h.heading()+" was opened here. This room does not take part any more.")))
		tx.Show(h.notice(room, "left", bot.Say(text+" What is said from now on does not belong to it.")))
	}
	return nil
}

// LinkChanged lets an invited room join when both sides said yes, and lets a
// room go when a link ended.
func (f *Feature) LinkChanged(ctx context.Context, tx *bot.Tx, l bot.Link) error {
	seen := map[string]bool{}
	for _, room := range [...]bot.RoomID{l.A, l.B} {
		hours, err := bot.Find[Hour](ctx, tx, "hours:"+string(room))
		if err != nil {
			return err
		}
		for _, found := range hours {
			if seen[found.ID] {
				continue
			}
			seen[found.ID] = true
			if err := f.linkChangedFor(ctx, tx, l, found.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Feature) linkChangedFor(ctx context.Context, tx *bot.Tx, l bot.Link, id string) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(id), &h); err != nil || !there {
		return err
	}
	if h.State != Scheduled && h.State != Open || len(h.Rooms) == 0 {
		return nil
	}
	home := h.Rooms[0]
	if l.A != home && l.B != home {
		return nil
	}
	other := l.Other(home)
	switch {
	case l.Stands() && slices.Contains(h.Invited, other):
		h.Invited = without(h.Invited, other)
		if another, clashes, err := f.clashIn(ctx, tx, &h, other); err != nil {
			return err
		} else if clashes { // linked now, the room can be added when it is free; nothing would ask again by itself
			if err := f.tellClash(ctx, tx, &h, other, another); err != nil {
				return err
			}
			break
		}
		h.Rooms = append(slices.Clone(h.Rooms), other)
		if err := f.join(ctx, tx, &h, other); err != nil {
			return err
		}
	case !l.Stands() && h.In(other):
		h.Rooms = without(h.Rooms, other)
		if err := f.partWith(ctx, tx, &h, other); err != nil {
			return err
		}
	case !l.Stands() && slices.Contains(h.Invited, other):
		h.Invited = without(h.Invited, other)
	default:
		return nil
	}
	return f.roomsChanged(ctx, tx, &h)
}

// roomsChanged shows everywhere in which rooms the hour is held now.
func (f *Feature) roomsChanged(ctx context.Context, tx *bot.Tx, h *Hour) error {
	f.announce(tx, h)
	if h.State == Open {
		for _, room := range h.Rooms {
			if err := f.showOpening(ctx, tx, h, room); err != nil {
				return err
			}
		}
	}
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}

func (f *Feature) clashIn(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) (slot, bool, error) {
	d, err := diaryOf(ctx, tx, room)
	if err != nil {
		return slot{}, false, err
	}
	other, clashes := d.clash(h.ID, h.Start, h.End())
	return other, clashes, nil
}

// tellClash tells the organisers of both sides why a room does not join, though
// its link was accepted, and how it still can.
func (f *Feature) tellClash(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID, another slot) error {
	text := h.emphasised() + ", " + when.Format(h.Start, h.Location()) + ", is not held in " + bot.InRoom(room) + " (" + room.Platform() + "), though the rooms are linked now: another hour is there then, " +
		when.FormatRange(another.Start, another.End, h.Location()) + ". When one of them has moved, " + tx.Command("datahour edit "+h.ID) + " adds the room."
	for _, platform := range [...]string{h.Rooms[0].Platform(), room.Platform()} {
		if err := tx.TellOrganisers(ctx, platform, h.noticeKey("clash/"+string(room)), bot.Say(text)); err != nil {
			return err
		}
	}
	return nil
}

func without(rooms []bot.RoomID, room bot.RoomID) []bot.RoomID {
	return slices.DeleteFunc(slices.Clone(rooms), func(r bot.RoomID) bool { return r == room })
}

// runLeave takes rooms of the caller's own platform out of an hour. The hour goes
// on in the others; when none is left, it is cancelled.
func (f *Feature) runLeave(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if h.State != Scheduled && h.State != Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is over.", h.emphasised())
	}
	room := c.Room
	if c.Args.Has("room") {
		known, err := tx.RoomNamed(ctx, c.From.Platform(), c.Args.Get("room"))
		if err != nil {
			return bot.Reply{}, err
		}
		room = known.Room
	}
	switch {
	case room.Platform() != c.From.Platform():
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "That room belongs to %s, and its organisers decide.", room.Platform())
	case slices.Contains(h.Invited, room):
		h.Invited = without(h.Invited, room)
	case !h.In(room):
		return bot.Reply{}, bot.Sayf(bot.Missing, "%s is not held in %s.", h.emphasised(), bot.InRoom(room))
	case len(h.Rooms) == 1:
		return bot.Reply{}, bot.Sayf(bot.Invalid, "It is held in no other room. To call it off: %s.", tx.Command("datahour cancel "+h.ID))
	default:
		h.Rooms = without(h.Rooms, room)
		if err := f.partWith(ctx, tx, &h, room); err != nil {
			return bot.Reply{}, err
		}
	}
	return bot.Answer("%s does not take part in %s any more. It goes on in the other rooms.", bot.InRoom(room), h.emphasised()), f.roomsChanged(ctx, tx, &h)
}
