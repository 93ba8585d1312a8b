package hours

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// diary is which hours a room holds and when. It is one record for each room, so
// that two hours that are scheduled at the same moment cannot both have the room.
type diary struct {
	Room  bot.RoomID `json:"room"`
	Slots []slot     `json:"slots"`
}

type slot struct {
	Hour  string    `json:"hour"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

func (d *diary) Key() string         { return "diary/" + string(d.Room) }
func (d *diary) Kind() (string, int) { return "diary", 1 }
func (d *diary) Index() []string     { return nil }

func diaryOf(ctx context.Context, r bot.Reader, room bot.RoomID) (diary, error) {
	d := diary{Room: room}
	_, err := r.Get(ctx, d.Key(), &d)
	return d, err
}

// next is the earliest hour that is not over.
func (d *diary) next(now time.Time) (slot, bool) {
	var best slot
	for _, s := range d.Slots {
		if s.End.After(now) && (best.Hour == "" || s.Start.Before(best.Start)) {
			best = s
		}
	}
	return best, best.Hour != ""
}

// clash is the earliest other hour in the room between two moments.
func (d *diary) clash(hour string, start, end time.Time) (slot, bool) {
	var best slot
	for _, s := range d.Slots {
		if s.Hour != hour && s.Start.Before(end) && start.Before(s.End) && (best.Hour == "" || s.Start.Before(best.Start)) {
			best = s
		}
	}
	return best, best.Hour != ""
}

// book notes the hour in the diary of one of its rooms, or says what else the
// room holds then.
func (f *Feature) book(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) error {
	d, err := diaryOf(ctx, tx, room)
	if err != nil {
		return err
	}
	if other, clashes := d.clash(h.ID, h.Start, h.End()); clashes {
		return f.taken(ctx, tx, h, room, other)
	}
	d.Slots = append(slices.DeleteFunc(d.Slots, func(s slot) bool { return s.Hour == h.ID || s.End.Before(tx.Now()) }),
		slot{Hour: h.ID, Start: h.Start, End: h.End()})
	tx.Put(&d)
	return nil
}

// taken says what else a room holds at the time of an hour. An hour of another
// platform that has no public page is not named: it is nobody's business here.
func (f *Feature) taken(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID, other slot) error {
	name, id := "Another hour", ""
	home := h.Rooms[0].Platform()
	var o Hour
	if there, err := tx.Get(ctx, hourKey(other.Hour), &o); err != nil {
		return err
	} else if there && (o.Public || room.Platform() == home) {
		name, id = o.emphasised(), " (`"+o.ID+"`)"
	}
	return &bot.Problem{Kind: bot.Taken, Field: "when", Words: fmt.Sprintf("%s is in %s then: %s%s. Choose another time or another room.",
		name, namedFrom(home, []bot.RoomID{room}), when.FormatRange(other.Start, other.End, h.Location()), id)}
}

func (f *Feature) bookAll(ctx context.Context, tx *bot.Tx, h *Hour) error {
	for _, room := range h.Rooms {
		if err := f.book(ctx, tx, h, room); err != nil {
			return err
		}
	}
	return nil
}

// unbook takes the hour out of a room's diary.
func (f *Feature) unbook(ctx context.Context, tx *bot.Tx, h *Hour, room bot.RoomID) error {
	d, err := diaryOf(ctx, tx, room)
	if err != nil {
		return err
	}
	d.Slots = slices.DeleteFunc(d.Slots, func(s slot) bool { return s.Hour == h.ID })
	if len(d.Slots) == 0 {
		tx.Delete(d.Key())
		return nil
	}
	tx.Put(&d)
	return nil
}

func (f *Feature) unbookAll(ctx context.Context, tx *bot.Tx, h *Hour) error {
	for _, room := range h.Rooms {
		if err := f.unbook(ctx, tx, h, room); err != nil {
			return err
		}
	}
	return nil
}
