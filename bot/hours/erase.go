package hours

import (
	"context"
	"slices"

	"datahour/bot"
)

// withdrawn stands in a question that was asked, whose author is forgotten.
const withdrawn = "A question whose author took it back"

// Erase forgets somebody: what they said, put forward and drafted, and that they
// hosted or scheduled anything. Whatever was published is made again without them.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) error {
	if err := f.eraseTalk(ctx, tx, who); err != nil {
		return err
	}
	drafts, err := bot.Find[Draft](ctx, tx, "drafts:"+string(who))
	if err != nil {
		return err
	}
	for _, d := range drafts {
		f.forgetDraft(tx, d.ID)
	}
	reminded, err := bot.Find[reminding](ctx, tx, "reminded:"+string(who))
	if err != nil {
		return err
	}
	for _, found := range reminded {
		want := reminding{Hour: found.Hour}
		if _, err := tx.Get(ctx, want.Key(), &want); err != nil {
			return err
		}
		want.Who = leftOut(want.Who, who)
		tx.Put(&want)
		tx.Retract(who.Direct(), (&Hour{ID: found.Hour}).noticeKey("remind"))
	}
	hours, err := bot.Find[Hour](ctx, tx, "about:"+string(who))
	if err != nil {
		return err
	}
	for _, found := range hours {
		var h Hour
		if there, err := tx.Get(ctx, found.Key(), &h); err != nil {
			return err
		} else if !there {
			continue
		}
		for _, q := range h.forget(who) {
			f.showQuestion(tx, &h, q)
		}
		for _, what := range [...]string{"sheet", "card"} {
			tx.Retract(who.Direct(), h.noticeKey(what))
		}
		if err := f.showAgain(ctx, tx, &h); err != nil {
			return err
		}
	}
	return nil
}

func leftOut(users []bot.UserID, who bot.UserID) []bot.UserID {
	return slices.DeleteFunc(slices.Clone(users), func(u bot.UserID) bool { return u == who })
}

// forget takes a person out of the hour's own record, and gives the questions
// that were asked and say something else now.
func (h *Hour) forget(who bot.UserID) (changed []Question) {
	h.Hosts, h.Sheets = leftOut(h.Hosts, who), leftOut(h.Sheets, who)
	if h.By == who {
		h.By = ""
	}
	if h.ClosedBy == who {
		h.ClosedBy = ""
	}
	for i := range h.Questions {
		q := &h.Questions[i]
		if !slices.Contains(q.Authors(), who) {
			continue
		}
		if q.By == who {
			q.By = ""
		}
		q.With = leftOut(q.With, who)
		q.Text = withdrawn
		q.Skipped = q.Skipped || q.Number == 0
		if q.Number > 0 {
			changed = append(changed, *q)
		}
	}
	return changed
}

// showAgain makes everything of the hour that stands be what it is now.
func (f *Feature) showAgain(ctx context.Context, tx *bot.Tx, h *Hour) error {
	f.announce(tx, h)
	switch h.State {
	case Open:
		for _, room := range h.Rooms {
			if err := f.showOpening(ctx, tx, h, room); err != nil {
				return err
			}
		}
	case Closed:
		if err := f.showWrapUp(ctx, tx, h); err != nil {
			return err
		}
	}
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}
