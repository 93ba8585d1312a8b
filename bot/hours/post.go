package hours

import (
	"context"

	"datahour/bot"
	"datahour/bot/when"
)

// runPost makes a draft true: a new hour is announced or opened, a changed one
// is announced again, all in one commit.
func (f *Feature) runPost(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	d, err := draftOf(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	var text string
	if d.Of != "" {
		text, err = f.postChange(ctx, tx, c, &d)
	} else {
		text, err = f.postNew(ctx, tx, c, d.Plan)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	f.forgetDraft(tx, d.ID)
	reply := bot.Answer("%s", text)
	reply.Replace = true
	return reply, nil
}

// postNew schedules an hour, or opens one that begins here and now.
func (f *Feature) postNew(ctx context.Context, tx *bot.Tx, c bot.Call, h Hour) (string, error) {
	if !c.Organiser {
		return "", bot.Sayf(bot.Forbidden, "Only organisers can schedule a data hour.")
	}
	if h.AtOnce {
		h.Start = tx.Now().Truncate(finest)
	} else if !h.Start.After(tx.Now()) {
		return "", bot.Sayf(bot.Late, "%s has passed while this draft waited. Press Edit and choose another time.", when.Format(h.Start, h.Location()))
	}
	h.ID = bot.ShortID()
	wanted := h.Rooms
	var err error
	if h.Rooms, h.Invited, err = f.linked(ctx, tx, wanted); err != nil {
		return "", err
	}
	if err := f.bookAll(ctx, tx, &h); err != nil {
		return "", err
	}
	if h.IsHost(c.From) {
		h.Sheets = []bot.UserID{c.From}
	}
	h.passReminders(tx.Now())
	tx.Create(&h)
	if err := f.invite(ctx, tx, &h); err != nil {
		return "", err
	}
	if h.AtOnce {
		if err := f.open(ctx, tx, &h, ""); err != nil {
			return "", err
		}
		return "It is open until " + h.clock(h.End()) + ", in " + named(h.Rooms) + "." + f.sheetWords(tx, &h), nil
	}
	f.announce(tx, &h)
	f.keep(tx, &h)
	if err := f.showSheets(ctx, tx, &h); err != nil {
		return "", err
	}
	text := "Announced in " + named(h.Rooms) + ": " + h.emphasised() + ", " + when.Format(h.Start, h.Location()) + "." + f.sheetWords(tx, &h)
	if len(h.Invited) > 0 {
		text += " The organisers of " + namedFrom(h.Rooms[0].Platform(), h.Invited) + " are asked for a link; the hour is announced there as soon as one says yes."
	}
	return text + " To change it: " + tx.Command("datahour edit "+h.ID) + ", " + tx.Command("datahour move "+h.ID) + " or " + tx.Command("datahour cancel "+h.ID) + ".", nil
}

// sheetWords tells where the run sheet is, and which hosts have yet to press for theirs.
func (f *Feature) sheetWords(tx *bot.Tx, h *Hour) string {
	text := ""
	if len(h.Sheets) > 0 {
		text = " Your run sheet is in our direct messages."
	}
	if missing := h.withoutSheet(); len(missing) > 0 {
		how := "press *Run sheet* under the announcement"
		if !h.announced() {
			how = "say " + tx.Command("datahour sheet")
		}
		text += " Ask " + bot.Listed(bot.Mentions(missing)) + " to " + how + ", to get theirs."
	}
	return text
}

// linked sorts rooms into those that the first one may hold an hour with, itself
// among them, and those whose organisers have to say yes to a link first.
func (f *Feature) linked(ctx context.Context, tx *bot.Tx, rooms []bot.RoomID) (joined, invited []bot.RoomID, err error) {
	home := rooms[0]
	for _, room := range rooms {
		stands := room.Platform() == home.Platform()
		if !stands {
			l, err := tx.LinkBetween(ctx, home, room)
			if err != nil {
				return nil, nil, err
			}
			stands = l.Stands()
		}
		if stands {
			joined = append(joined, room)
		} else {
			invited = append(invited, room)
		}
	}
	return joined, invited, nil
}

// invite asks the organisers of every room that is not linked yet.
func (f *Feature) invite(ctx context.Context, tx *bot.Tx, h *Hour) error {
	for _, room := range h.Invited {
		if _, err := tx.AskLink(ctx, h.Rooms[0], room); err != nil {
			return err
		}
	}
	return nil
}
