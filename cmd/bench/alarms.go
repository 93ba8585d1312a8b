package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"datahour/bot"
	"datahour/cmd/bench/floor"
)

const (
	alarmRate  = 1000 // due in a second
	alarmBatch = 1024 // the most that a floor claims at once: as many as the bot
)

// alarmsRound measures how late promises ring. The floor waits for the next due
// moment, claims what is due in one transaction and finishes it in another. Ours
// is the bot's own loop on promises that a command made; a promise rings when its
// handler is called, which is after its lease was stored.
func alarmsRound(ctx context.Context, b *bench, at place) error {
	o := floor.AlarmOptions{Alarms: b.alarms, Rate: alarmRate, Batch: alarmBatch}
	var bare, real floor.AlarmResult
	err := b.both(func() (err error) {
		if at.url != "" {
			bare, err = floor.RedisAlarms(ctx, at.url, o)
			return err
		}
		dir, err := at.fresh()
		if err != nil {
			return err
		}
		bare, err = floor.SQLiteAlarms(ctx, dir, o)
		return err
	}, func() (err error) {
		real, err = promises(ctx, at, o)
		return err
	})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("alarms at %d a second", alarmRate)
	b.table.note(line{what + ": p99 late", at.name(), "ms", ratioAtMost(2)}, ms(bare.Late.P99), ms(real.Late.P99))
	b.table.note(line{what + ": median late", at.name(), "ms", target{}}, ms(bare.Late.P50), ms(real.Late.P50))
	b.table.note(line{what + ": early", at.name(), "", oursAtMost(0)}, float64(bare.Early), float64(real.Early))
	return nil
}

// promises lets the bot make and keep promises.
func promises(ctx context.Context, at place, o floor.AlarmOptions) (r floor.AlarmResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	var mu sync.Mutex
	late := make([]time.Duration, 0, o.Alarms)
	rang := make(map[string]bool, o.Alarms) // one that conflicted is rung again, and was late when it rang first
	running, err := run(bot.Config{Store: store, Features: []bot.Feature{&feature{rang: func(a bot.Alarm) {
		by := time.Since(a.Due)
		mu.Lock()
		defer mu.Unlock()
		if by < 0 {
			r.Early++
		}
		if !rang[a.Key] {
			rang[a.Key] = true
			late = append(late, by)
		}
	}}}})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, running.stop()) }()
	if err := say(ctx, running, "command:promise", "bench:olga", "bench:room", fmt.Sprintf("promise %d %d", o.Alarms, o.Rate)); err != nil {
		return r, err
	}
	lasts := settling(o.Alarms) + time.Duration(o.Alarms/o.Rate)*time.Second
	if err := until(lasts+time.Minute, func() bool { return running.Stats.AlarmsRung.Load() >= int64(o.Alarms) }); err != nil {
		return r, fmt.Errorf("waiting for the last of %d alarms: %w", o.Alarms, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if r.Rung = len(late); r.Rung != o.Alarms {
		return r, fmt.Errorf("%d of %d alarms rang", r.Rung, o.Alarms)
	}
	r.Late = floor.SpreadOf(late)
	return r, nil
}

// drainRound measures how fast alarms are rung that are all due at once, as
// after an outage. The floor claims and finishes them in groups. Ours is the
// bot's loop, from its start until the last one is finished.
func drainRound(ctx context.Context, b *bench, at place) error {
	o := floor.AlarmOptions{Alarms: b.drained, Batch: alarmBatch}
	var bare, real floor.DrainResult
	err := b.both(func() (err error) {
		if at.url != "" {
			bare, err = floor.RedisDrain(ctx, at.url, o)
			return err
		}
		dir, err := at.fresh()
		if err != nil {
			return err
		}
		bare, err = floor.SQLiteDrain(ctx, dir, o)
		return err
	}, func() (err error) {
		real, err = drained(ctx, at, o, ringAlarm)
		return err
	})
	if err != nil {
		return err
	}
	b.table.note(line{fmt.Sprintf("%d alarms due at once", o.Alarms), at.name(), "/s", ratioAtLeast(0.25)}, bare.Rate, real.Rate)
	if real, err = drained(ctx, at, o, keepAlarm); err != nil {
		return err
	}
	b.table.note(line{"the same, each storing a record besides", at.name(), "/s", target{}}, bare.Rate, real.Rate)
	return nil
}

// drained fills a store with alarms of a kind and lets a bot ring them.
func drained(ctx context.Context, at place, o floor.AlarmOptions, kind string) (r floor.DrainResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	m := moment()
	for from := 0; from < o.Alarms; from += 1000 {
		var batch bot.Batch
		for i := from; i < min(from+1000, o.Alarms); i++ {
			batch.Set = append(batch.Set, bot.Alarm{Key: kind + "/" + strconv.Itoa(i), Due: m.Now})
		}
		if _, err := store.Commit(ctx, m, batch); err != nil {
			return r, err
		}
	}
	start := time.Now()
	running, err := run(bot.Config{Store: store, Features: []bot.Feature{&feature{}}})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, running.stop()) }()
	if err := until(5*time.Minute, func() bool { return running.Stats.AlarmsRung.Load() >= int64(o.Alarms) }); err != nil {
		return r, fmt.Errorf("waiting for the last of %d alarms: %w", o.Alarms, err)
	}
	took := time.Since(start)
	if rung := running.Stats.AlarmsRung.Load(); rung != int64(o.Alarms) {
		return r, fmt.Errorf("%d alarms rang %d times", o.Alarms, rung)
	}
	return floor.DrainResult{Alarms: o.Alarms, Took: took, Rate: float64(o.Alarms) / took.Seconds()}, nil
}
