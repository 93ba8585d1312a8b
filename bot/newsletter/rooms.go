package newsletter

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

// rooms are where editions are posted now, on all connected platforms, and those
// platforms that have none.
func (f *Feature) rooms(ctx context.Context, tx *bot.Tx, s Settings) (rooms []bot.RoomID, without []string, err error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, platform := range tx.Platforms() {
		switch chosen := s.Rooms[platform]; {
		case len(chosen) > 0:
			rooms = append(rooms, chosen...)
		case community.Announce[platform] != "":
			rooms = append(rooms, community.Announce[platform])
		default:
			without = append(without, platform)
		}
	}
	return rooms, without, nil
}

// runRooms sets where editions are posted on the caller's platform: what stands in
// its rooms is for its own organisers to say.
func (f *Feature) runRooms(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := settingsOf(ctx, tx)
	if err != nil {
		return bot.Reply{}, err
	}
	platform := c.From.Platform()
	if len(c.Args) == 0 && c.Form == nil {
		args := bot.Args{}
		for _, room := range s.Rooms[platform] {
			args["rooms"] = append(args["rooms"], bot.InRoom(room))
		}
		return tx.FormFor("newsletter rooms", args), nil
	}
	var chosen []bot.RoomID
	for _, typed := range c.Args.All("rooms") {
		for _, name := range strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
			room, err := tx.RoomNamed(ctx, platform, name)
			if kind, said := bot.KindOf(err); said && kind == bot.Missing {
				return bot.Reply{}, bot.Wrong("rooms", "%s", err)
			} else if err != nil {
				return bot.Reply{}, err
			}
			if room.Room.Platform() != platform {
				return bot.Reply{}, bot.Wrong("rooms", "Choose rooms on %s; the organisers of %s choose theirs.", platform, room.Room.Platform())
			}
			if !slices.Contains(chosen, room.Room) {
				chosen = append(chosen, room.Room)
			}
		}
	}
	if s.Rooms == nil {
		s.Rooms = map[string][]bot.RoomID{}
	}
	if s.Rooms[platform] = chosen; len(chosen) == 0 {
		delete(s.Rooms, platform)
	}
	tx.Put(&s)
	rooms, _, err := f.rooms(ctx, tx, s)
	if err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Saved. Editions are posted in %s from the next one on.", named(rooms)), nil
}

// named lists rooms, each with its platform.
func named(rooms []bot.RoomID) string {
	if len(rooms) == 0 {
		return "no room"
	}
	var all []string
	for _, r := range rooms {
		all = append(all, bot.InRoom(r)+" ("+bot.Home(r.Platform())+")")
	}
	return bot.Listed(all)
}
