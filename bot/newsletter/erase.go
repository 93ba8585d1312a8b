package newsletter

import (
	"context"
	"fmt"

	"datahour/bot"
)

// Erase forgets somebody: what they shared goes, out of published editions too,
// which are made again without it; others' items are left without their name.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) (bot.Erased, error) {
	var did bot.Erased
	shared, err := tx.Records(ctx, itemsBy(who), "", bot.EraseAtOnce)
	if err != nil {
		return did, err
	}
	for _, rec := range shared {
		var i Item
		if there, err := tx.Get(ctx, rec.Key, &i); err != nil {
			return did, err
		} else if !there {
			continue
		}
		if page := editionPath(i.Edition); i.Edition > 0 {
			did.Public = append(did.Public, bot.Published{Path: page, Wrote: 1})
		}
		tx.Delete(i.Key())
	}
	left := bot.EraseAtOnce - len(shared)
	named, err := tx.Records(ctx, "items:about:"+string(who), "", max(1, left))
	if err != nil {
		return did, err
	}
	for _, rec := range named {
		var i Item
		if there, err := tx.Get(ctx, rec.Key, &i); err != nil {
			return did, err
		} else if !there || i.By == who {
			continue
		}
		i.forget(who)
		tx.Put(&i)
	}
	did.More = len(shared)+len(named) >= bot.EraseAtOnce
	return did, nil
}

// forget takes somebody out of what another one shared.
func (i *Item) forget(who bot.UserID) {
	if i.Editor == who {
		i.Editor = ""
	}
	for _, words := range i.texts() {
		*words = bot.WithoutMention(*words, who)
	}
}

// editionPath is the address of an edition's page below the public one.
func editionPath(number int) string { return fmt.Sprintf("/edition/%d", number) }
