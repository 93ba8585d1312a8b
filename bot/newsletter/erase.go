package newsletter

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"datahour/bot"
)

// Erase forgets somebody: what they shared goes, out of published editions too, and
// so does what they are credited for; others' items and editions are left without
// their name. The editions are made again afterwards.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) (bot.Erased, error) {
	var did bot.Erased
	editions, err := creditedIn(ctx, tx, who) // before it is gone
	if err != nil {
		return did, err
	}
	for _, e := range editions {
		did.Public = append(did.Public, bot.Published{Path: e.Path(), First: e.Out, Last: e.Out, Rooms: e.Rooms})
		did.Remake = append(did.Remake, e.Key())
	}
	left := bot.EraseAtOnce
	for _, step := range [...]struct {
		index string
		erase func(ctx context.Context, tx *bot.Tx, key string, who bot.UserID, did *bot.Erased) error
	}{{itemsBy(who), eraseItem}, {"items:about:" + string(who), eraseFromItem}, {"editions:about:" + string(who), eraseFromEdition}, {givenTo(who), eraseGiven}} {
		found, err := tx.Records(ctx, step.index, "", max(1, left))
		if err != nil {
			return did, err
		}
		for _, rec := range found {
			if err := step.erase(ctx, tx, rec.Key, who, &did); err != nil {
				return did, err
			}
		}
		left -= len(found)
	}
	if left <= 0 {
		did.More = true
		return did, nil
	}
	n, err := tx.EraseContributions(ctx, who)
	did.More = n >= bot.EraseAtOnce
	return did, err
}

func eraseItem(ctx context.Context, tx *bot.Tx, key string, _ bot.UserID, did *bot.Erased) error {
	var i Item
	if there, err := tx.Get(ctx, key, &i); err != nil || !there {
		return err
	}
	if i.Edition > 0 {
		did.Public = append(did.Public, bot.Published{Path: editionPath(i.Edition), Wrote: 1, First: i.At, Last: i.At})
		did.Remake = append(did.Remake, editionKey(i.Edition))
		var e Edition
		if _, err := tx.Get(ctx, editionKey(i.Edition), &e); err != nil {
			return err
		}
		e.drop(i.ID)
		e.Corrections = slices.DeleteFunc(e.Corrections, func(c Correction) bool { return c.Item == i.ID }) // they tell of it
		tx.Put(&e)
	}
	tx.Delete(key)
	return nil
}

// eraseFromItem takes somebody out of what another one shared.
func eraseFromItem(ctx context.Context, tx *bot.Tx, key string, who bot.UserID, did *bot.Erased) error {
	var i Item
	if there, err := tx.Get(ctx, key, &i); err != nil || !there {
		return err
	}
	if i.Editor == who {
		i.Editor = ""
	}
	for _, words := range i.texts() {
		*words = bot.WithoutMention(*words, who)
	}
	if i.Edition > 0 {
		did.Remake = append(did.Remake, editionKey(i.Edition))
	}
	tx.Put(&i)
	return nil
}

func eraseFromEdition(ctx context.Context, tx *bot.Tx, key string, who bot.UserID, did *bot.Erased) error {
	var e Edition
	if there, err := tx.Get(ctx, key, &e); err != nil || !there {
		return err
	}
	e.forget(who)
	if e.Published() {
		did.Remake = append(did.Remake, e.Key())
	}
	tx.Put(&e)
	return nil
}

// Remake makes an edition stand again when nothing of somebody is left.
func (f *Feature) Remake(_ context.Context, tx *bot.Tx, what string) error {
	if n, err := strconv.Atoi(strings.TrimPrefix(what, "edition/")); err == nil {
		tx.Promise(renderAlarm, number(n), tx.Now())
	}
	return nil
}

// ChoiceChanged makes every edition that names somebody stand again: they changed
// how they are shown, or what they are called.
func (f *Feature) ChoiceChanged(ctx context.Context, tx *bot.Tx, p bot.Person) error {
	editions, err := creditedIn(ctx, tx, p.User)
	for _, e := range editions {
		tx.Promise(renderAlarm, number(e.Number), tx.Now())
	}
	return err
}

// creditedIn are the published editions that thank somebody, or have an item of
// theirs or one that mentions them.
func creditedIn(ctx context.Context, r bot.Reader, who bot.UserID) ([]Edition, error) {
	done, err := bot.ContributionsOf(ctx, r, who)
	if err != nil {
		return nil, err
	}
	in := map[int]bool{}
	for _, index := range [...]string{itemsBy(who), "items:about:" + string(who)} {
		items, err := bot.Find[Item](ctx, r, index)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			in[i.Edition] = true
		}
	}
	if len(done) == 0 && len(in) == 0 {
		return nil, nil // most people: no edition is read for them
	}
	all, err := bot.Find[Edition](ctx, r, "editions")
	return slices.DeleteFunc(all, func(e Edition) bool {
		thanked := slices.ContainsFunc(done, func(c bot.Contribution) bool { return c.At.After(e.Since) && !c.At.After(e.Out) })
		return !e.Published() || !in[e.Number] && !thanked
	}), err
}

// editionPath is the address of an edition's page below the public one.
func editionPath(number int) string { return fmt.Sprintf("/edition/%d", number) }
