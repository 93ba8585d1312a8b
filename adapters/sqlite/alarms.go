package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// judgeLeases refuses a batch that names a lease which is not its own.
func (w *writer) judgeLeases(b *bot.Batch) (refused, failed error) {
	for i := range b.Hold {
		if refused, failed = w.mine(&b.Hold[i], false); refused != nil || failed != nil {
			return refused, failed
		}
	}
	for i := range b.Done {
		if refused, failed = w.mine(&b.Done[i], true); refused != nil || failed != nil {
			return refused, failed
		}
	}
	return nil, nil
}

// mine refuses when the lease is somebody else's by now, or, if it matters, when
// the alarm was set again since.
func (w *writer) mine(a *bot.Alarm, unset bool) (refused, failed error) {
	row, err := w.leaseOf.first(a.Key)
	if err != nil {
		return nil, fmt.Errorf("looking up an alarm: %w", err)
	}
	if row == nil || a.Lease == 0 || bot.Rev(row[0].(int64)) != a.Lease || unset && bot.Rev(row[1].(int64)) != a.Rev {
		return fmt.Errorf("%w: alarm %q", bot.ErrConflict, a.Key), nil
	}
	return nil, nil
}

func (w *writer) applyAlarms(m bot.Moment, b *bot.Batch) error {
	for i := range b.Done {
		if _, err := w.cancel.run(b.Done[i].Key); err != nil {
			return fmt.Errorf("finishing an alarm: %w", err)
		}
	}
	for _, key := range b.Cancel {
		if _, err := w.cancel.run(key); err != nil {
			return fmt.Errorf("cancelling an alarm: %w", err)
		}
	}
	for i := range b.Hold {
		a := &b.Hold[i]
		lease, until := int64(a.Lease), micro(a.Until)
		if !a.Until.After(m.Wall) {
			lease, until = 0, 0
		}
		// Void may have ended the lease just now: then there is nothing to hold.
		if _, err := w.hold.run(a.Key, int64(a.Lease), lease, until); err != nil {
			return fmt.Errorf("holding an alarm: %w", err)
		}
	}
	for i := range b.Set {
		a := &b.Set[i]
		if _, err := w.set.run(a.Key, micro(a.Due), a.Data, w.rev); err != nil {
			return fmt.Errorf("setting an alarm: %w", err)
		}
	}
	return nil
}

// Due implements bot.Store. Taking alarms is a write and goes through the
// writer like every other; when none is due nothing is written.
func (s *Store) Due(ctx context.Context, m bot.Moment, lease time.Duration, max int) ([]bot.Alarm, time.Time, error) {
	j := &due{moment: m, until: micro(m.Wall.Add(lease)), max: int64(max)}
	if err := s.ask(ctx, j, time.Time{}); err != nil {
		return nil, time.Time{}, err
	}
	return j.alarms, j.next, nil
}

type due struct {
	moment bot.Moment
	until  int64
	max    int64

	alarms []bot.Alarm
	next   time.Time
}

func (j *due) do(w *writer) (refused, failed error) {
	j.alarms, j.next = nil, time.Time{}
	ended, err := w.expire.run(micro(j.moment.Wall))
	if err != nil {
		return nil, fmt.Errorf("ending leases that ran out: %w", err)
	}
	token := w.rev + 1
	err = w.claim.each(func(row []driver.Value) bool {
		j.alarms = append(j.alarms, bot.Alarm{
			Key: row[0].(string), Due: moment(row[1].(int64)), Data: bytesOf(row[2]), Rev: bot.Rev(row[3].(int64)),
			Lease: bot.Rev(token), Until: moment(j.until),
		})
		return true
	}, token, j.until, micro(j.moment.Now), max(j.max, 0))
	if err != nil {
		return nil, fmt.Errorf("leasing alarms: %w", err)
	}
	if len(j.alarms) > 0 {
		w.rev = token
		// SQLite returns the rows of an update in no particular order.
		slices.SortFunc(j.alarms, func(a, b bot.Alarm) int {
			return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Key, b.Key))
		})
	}
	row, err := w.next.first()
	if err != nil {
		return nil, fmt.Errorf("looking for the next alarm: %w", err)
	}
	if row != nil {
		j.next = moment(row[0].(int64))
	}
	w.changed = w.changed || ended > 0 || len(j.alarms) > 0
	return nil, nil
}
