package bot

import (
	"context"
	"time"
)

const (
	scrubAlarm = "scrub"
	scrubWait  = time.Minute // so that what goes in a row is scrubbed together
)

// Scrub makes the store take what is deleted by now out of its files too, in a
// while. Stores that do so by themselves have nothing to do.
func (tx *Tx) Scrub() { tx.Promise(scrubAlarm, "store", tx.Now().Add(scrubWait)) }

func (b *Bot) scrubOn(ctx context.Context, tx *Tx, _ Alarm) error {
	if !b.scrub(ctx) {
		tx.Scrub()
	}
	return nil
}

// scrub does it now, and tells whether that went well.
func (b *Bot) scrub(ctx context.Context) bool {
	s, can := b.store.(Scrubber)
	if !can {
		return true
	}
	err := s.Scrub(ctx)
	if err != nil {
		b.log.Warn("what was deleted may still be in the store's files; trying again", "err", err)
	}
	return err == nil
}
