package world

import "time"

// lateBy is how late what a bot says of its clock may come. Of what is said within
// it the last counts, in whatever order it comes.
const lateBy = time.Minute

// now is the time on the bot's clock, by which everything here is dated. The
// clock belongs to the bot, which says by how much it differs from the real
// one. Whole milliseconds, as the bot is told them.
func (w *World) now() time.Time {
	return w.opt.Now().Add(w.offset).UTC().Truncate(time.Millisecond)
}

// setClock takes the bot's now and keeps the difference, unless it has said
// something else since: sent is when it said so, by the real clock; zero: now.
// The caller holds w.mu.
func (w *World) setClock(now, sent time.Time) error {
	if !sent.IsZero() {
		if late := w.clockSent.Sub(sent); late > 0 && late < lateBy {
			return nil
		}
		w.clockSent = sent
	}
	offset := now.Sub(w.opt.Now())
	if offset.Abs() < 50*time.Millisecond { // the bot's clock is the real one: what is left is the way here
		offset = 0
	}
	return w.commit(entry{Clock: &clockOffset{offset}})
}
