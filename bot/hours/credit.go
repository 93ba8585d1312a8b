package hours

import (
	"context"
	"strconv"

	"datahour/bot"
)

const (
	creditAlarm  = "hour.credit"
	creditAtOnce = 100 // people in one commit
)

// credit records what people contributed to an hour that is over: hosting it,
// asking, answering. It goes on where it was when there are many.
func (f *Feature) credit(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there || h.Rehearsal {
		return err
	}
	done, _ := strconv.Atoi(string(a.Data)) // none: it begins
	c := bot.Contribution{About: h.Key()}
	c.Title, c.Path = h.creditedAs()
	record := func(what bot.ContributionKind, who bot.UserID) {
		c.What, c.Who = what, who
		tx.Credit(c)
	}
	if done == 0 {
		for _, u := range h.Hosts {
			record(bot.Hosting, u)
		}
		for _, q := range h.Asked() {
			for _, u := range q.Authors() {
				record(bot.Asking, u)
			}
		}
	}
	parts, err := bot.Find[part](ctx, tx, "parts:"+h.ID)
	if err != nil {
		return err
	}
	for _, p := range parts[min(done, len(parts)):min(done+creditAtOnce, len(parts))] {
		if p.messages() > 0 { // none of somebody who was muted
			record(bot.Answering, p.Who)
		}
	}
	if done += creditAtOnce; done < len(parts) {
		tx.Promise(creditAlarm, h.ID, tx.Now(), []byte(strconv.Itoa(done))...)
	}
	return nil
}

// creditedAs is what the hour is called where people are credited for it, and its
// page; nothing when it has none, since anyone can read there.
func (h *Hour) creditedAs() (title, path string) {
	if !hasPage(h) {
		return "", ""
	}
	return bot.ReplaceTokens(h.Name(), func(bot.Token) string { return "somebody" }), h.Path()
}
