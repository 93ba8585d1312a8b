package hours

import (
	"context"

	"datahour/bot"
)

// alias stands for a person in the log of one hour. Logs cannot be rewritten, so
// they never hold an account: when the person is forgotten their alias goes, and
// what the log says of it means nothing any more.
type alias struct {
	Hour string     `json:"hour"`
	Name string     `json:"name"`
	Who  bot.UserID `json:"who"`
}

func aliasKey(hour, name string) string { return "alias/" + hour + "/" + name }

func (a *alias) Key() string         { return aliasKey(a.Hour, a.Name) }
func (a *alias) Kind() (string, int) { return "alias", 1 }
func (a *alias) Index() []string {
	return []string{"aliases:" + a.Hour, "aliases:" + a.Hour + ":" + string(a.Who), "aliased:" + string(a.Who)}
}

// aliased is the person behind an alias, "" when they are forgotten.
func aliased(ctx context.Context, r bot.Reader, hour, name string) (bot.UserID, error) {
	var a alias
	_, err := r.Get(ctx, aliasKey(hour, name), &a)
	return a.Who, err
}

// notePerson adds to an hour's log that it is to be looked again how a person is shown.
func (f *Feature) notePerson(ctx context.Context, tx *bot.Tx, h *Hour, u bot.UserID) error {
	if h.Rehearsal {
		return nil
	}
	known, err := bot.Find[alias](ctx, tx, "aliases:"+h.ID+":"+string(u))
	if err != nil {
		return err
	}
	if len(known) == 0 {
		known = []alias{{Hour: h.ID, Name: bot.ShortID() + bot.ShortID(), Who: u}}
		tx.Put(&known[0])
	}
	f.note(tx, h, entry{What: personIs, Alias: known[0].Name})
	return nil
}
