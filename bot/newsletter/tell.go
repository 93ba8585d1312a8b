package newsletter

import (
	"context"
	"strconv"

	"datahour/bot"
)

func number(n int) string { return strconv.Itoa(n) }

// forEdition is "for edition 12 (Thursday 10 December)", or without a date when it
// has none.
func forEdition(ctx context.Context, tx *bot.Tx, s Settings) (string, error) {
	e, err := comingEdition(ctx, tx, s)
	if err != nil || e.Comes.IsZero() {
		return "for edition " + number(s.Coming), err
	}
	community, err := tx.Community(ctx)
	return "for edition " + number(s.Coming) + " (" + e.Comes.In(community.Location()).Format("Monday 2 January") + ")", err
}

// noticeKey is that of a direct message to the member about their item.
func (i *Item) noticeKey(what string) bot.Key { return bot.Key(i.Key() + "/" + what) }

// tell tells the member what became of their item, in a direct message that takes
// the place of the one before: platforms alert nobody to an edit. Who shares
// something is told that they will be, so it is outside the cap of unasked
// messages; snoozing and stopping still hold, and /share mine has it all.
func (f *Feature) tell(ctx context.Context, tx *bot.Tx, i *Item, what string, post bot.Post) error {
	if i.By == "" || i.By.Platform() == bot.Web {
		return nil
	}
	p, err := tx.Person(ctx, i.By)
	if err != nil || p.Stopped || tx.Now().Before(p.Snoozed) {
		return err
	}
	if i.Told != "" && i.Told != what {
		tx.Retract(i.By.Direct(), i.noticeKey(i.Told))
	}
	i.Told = what
	tx.Show(bot.Notice{Room: i.By.Direct(), Key: i.noticeKey(what), Post: post})
	return nil
}
