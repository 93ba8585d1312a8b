package redis

import (
	"context"
	"strconv"
	"time"

	"datahour/bot"
)

// Due implements bot.Store. When an answer is lost it asks again under the same
// number, and gets the same leases.
func (s *Store) Due(ctx context.Context, m bot.Moment, lease time.Duration, max int) ([]bot.Alarm, time.Time, error) {
	if err := s.ready(ctx); err != nil {
		return nil, time.Time{}, err
	}
	lane, err := s.take(ctx, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { s.lanes <- lane }()
	until := m.Wall.Add(lease)
	var due []bot.Alarm
	var next time.Time
	err = s.again(ctx, func(ctx context.Context) error {
		rows, err := dueScript.Run(ctx, s.rdb, s.head(), *s.id.Load(), bot.Format, s.process, lane.number, lane.last,
			micros(m.Now), micros(m.Wall), micros(until), max).Slice()
		if err != nil {
			return err
		}
		if n, _ := rows[0].(int64); n < 0 {
			return refusal(n)
		}
		due, next, err = alarmRows(rows, until)
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

// alarmRows reads what due.lua answered.
func alarmRows(rows []any, until time.Time) (due []bot.Alarm, next time.Time, err error) {
	token, err := strconv.ParseUint(text(rows[1]), 10, 64)
	if err != nil {
		return nil, next, err
	}
	if at := text(rows[2]); at != "" {
		if next, err = fromMicros(at); err != nil {
			return nil, next, err
		}
	}
	for rows = rows[3:]; len(rows) >= 4; rows = rows[4:] {
		a, err := alarm(text(rows[0]), rows[1:4])
		if err != nil {
			return nil, next, err
		}
		a.Lease, a.Until = bot.Rev(token), until
		due = append(due, a)
	}
	return due, next, nil
}

// alarm reads the due time, data and rev of an alarm.
func alarm(key string, fields []any) (bot.Alarm, error) {
	at, err := fromMicros(text(fields[0]))
	if err != nil {
		return bot.Alarm{}, err
	}
	rev, err := strconv.ParseUint(text(fields[2]), 10, 64)
	return bot.Alarm{Key: key, Due: at, Data: []byte(text(fields[1])), Rev: bot.Rev(rev)}, err
}
