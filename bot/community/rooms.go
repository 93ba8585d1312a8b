package community

import (
	"context"
	"strings"

	"datahour/bot"
)

func rooms(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	all, err := bot.Find[bot.Room](ctx, tx, "rooms:"+c.From.Platform())
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Answer("I am in no room of %s yet. Invite me to one.", tx.Called(c.From.Platform())), nil
	}
	var lines []string
	for _, r := range all {
		line := "- " + bot.InRoom(r.Room)
		links, err := bot.Find[bot.Link](ctx, tx, "links:"+string(r.Room))
		if err != nil {
			return bot.Reply{}, err
		}
		for _, l := range links {
			other := bot.InRoom(l.Other(r.Room)) + " on " + tx.Called(l.Other(r.Room).Platform())
			if l.Stands() {
				line += ", linked with " + other
			} else {
				line += ", asked to be linked with " + other
			}
		}
		lines = append(lines, line)
	}
	return bot.Reply{Post: &bot.Post{Title: "Rooms here", Text: strings.Join(lines, "\n")}}, nil
}

func link(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	other, err := otherRoom(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	l, err := tx.AskLink(ctx, c.Room, other.Room)
	if err != nil {
		return bot.Reply{}, err
	}
	if l.Stands() {
		return bot.Answer("%s and %s are linked.", bot.InRoom(c.Room), bot.InRoom(other.Room)), nil
	}
	return bot.Answer("I asked the organisers of %s to link %s with %s. You hear from me when they answer.", tx.Called(other.Room.Platform()), bot.InRoom(other.Room), bot.InRoom(c.Room)), nil
}

func unlink(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	other, err := otherRoom(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	l, err := tx.LinkBetween(ctx, c.Room, other.Room)
	if err != nil {
		return bot.Reply{}, err
	}
	if l.Asked == "" {
		return bot.Answer("%s and %s are not linked.", bot.InRoom(c.Room), bot.InRoom(other.Room)), nil
	}
	if _, err := tx.AnswerLink(ctx, c.Room, other.Room, false); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("%s and %s are not linked any more.", bot.InRoom(c.Room), bot.InRoom(other.Room)), nil
}

func otherRoom(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Room, error) {
	if c.Direct {
		return bot.Room{}, bot.Sayf(bot.Invalid, "Say that in the room that you want to link.")
	}
	room, err := tx.RoomNamed(ctx, c.From.Platform(), c.Args.Get("room"))
	if err != nil {
		return room, bot.Wrong("room", "%s", err)
	}
	if room.Room.Platform() == c.From.Platform() {
		return room, bot.Wrong("room", "Rooms of one platform need no link: an hour can be held in both.")
	}
	return room, nil
}

func accept(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return answer(ctx, tx, c, true)
}

func decline(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	return answer(ctx, tx, c, false)
}

func answer(ctx context.Context, tx *bot.Tx, c bot.Call, yes bool) (bot.Reply, error) {
	one, other := bot.RoomID(c.Args.Get("one")), bot.RoomID(c.Args.Get("other"))
	if one.Platform() != c.From.Platform() && other.Platform() != c.From.Platform() {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "Neither of those rooms is on %s.", tx.Called(c.From.Platform()))
	}
	if _, err := tx.AnswerLink(ctx, one, other, yes); err != nil {
		return bot.Reply{}, err
	}
	if yes {
		return bot.Answer("%s and %s are linked. You can unlink them at any time: %s.", bot.InRoom(one), bot.InRoom(other), tx.Command("community rooms unlink")), nil
	}
	return bot.Answer("They are not linked."), nil
}
