package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

const (
	dumpTime     = 5 * time.Minute // for everything in one answer
	restoreChunk = 200             // items written in one transaction
)

// Dump implements bot.Dumper. Everything comes in one answer, which is what
// makes it one moment: Redis does nothing else meanwhile, a second or so for 100 MB.
func (s *Store) Dump(ctx context.Context) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		items, err := s.everything(ctx)
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
		if err != nil {
			yield(bot.Item{}, fmt.Errorf("redis: dump: %w", err))
		}
	}
}

func (s *Store) everything(ctx context.Context) ([]bot.Item, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dumpTime)
	defer cancel()
	all, err := dumpScript.Run(ctx, s.rdb, s.head()).Slice()
	if err != nil {
		return nil, err
	}
	var parts [5][]any
	for i := range parts {
		if parts[i], err = slice(all[i], 0); err != nil {
			return nil, err
		}
	}
	format, err1 := strconv.Atoi(text(parts[0][0]))
	rev, err2 := strconv.ParseUint(text(parts[0][1]), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	items := []bot.Item{{Head: &bot.Head{Format: format, Rev: bot.Rev(rev)}}}
	records, err := recordRows(parts[1])
	for _, r := range records {
		items = append(items, bot.Item{Record: &r})
	}
	alarms, err1 := dumpedAlarms(parts[2])
	seen, err2 := dumpedSeen(parts[3])
	logs, err3 := dumpedLogs(parts[4])
	return slices.Concat(items, alarms, seen, logs), errors.Join(err, err1, err2, err3)
}

func dumpedAlarms(rows []any) ([]bot.Item, error) {
	var items []bot.Item
	for _, row := range rows {
		pair, err := slice(row, 2)
		if err != nil {
			return nil, err
		}
		fields, err := slice(pair[1], 3)
		if err != nil {
			return nil, err
		}
		a, err := alarm(text(pair[0]), fields)
		if err != nil {
			return nil, err
		}
		items = append(items, bot.Item{Alarm: &a})
	}
	slices.SortFunc(items, func(a, b bot.Item) int { return strings.Compare(a.Alarm.Key, b.Alarm.Key) })
	return items, nil
}

func dumpedSeen(rows []any) ([]bot.Item, error) {
	var items []bot.Item
	for ; len(rows) >= 2; rows = rows[2:] {
		at, err := strconv.ParseFloat(text(rows[1]), 64) // a score may come as 1.7e+15
		if err != nil {
			return nil, err
		}
		items = append(items, bot.Item{Seen: &bot.Seen{ID: text(rows[0]), At: time.UnixMicro(int64(at)).UTC()}})
	}
	slices.SortFunc(items, func(a, b bot.Item) int { return strings.Compare(a.Seen.ID, b.Seen.ID) })
	return items, nil
}

func dumpedLogs(rows []any) ([]bot.Item, error) {
	var items []bot.Item
	for _, row := range rows {
		parts, err := slice(row, 3)
		if err != nil {
			return nil, err
		}
		log := text(parts[0])
		last, err := place(text(parts[1]))
		if err != nil {
			return nil, err
		}
		items = append(items, bot.Item{Log: &bot.LogHead{Log: log, Last: last}})
		lines, err := slice(parts[2], 0)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			pair, err := slice(line, 2)
			if err != nil {
				return nil, err
			}
			seq, err := place(text(pair[0]))
			if err != nil {
				return nil, err
			}
			fields, err := slice(pair[1], 2)
			if err != nil {
				return nil, err
			}
			items = append(items, bot.Item{Entry: &bot.Entry{Log: log, Seq: seq, Data: []byte(text(fields[1]))}})
		}
	}
	return items, nil
}

// Restore implements bot.Restorer. While it runs, no process can commit here.
// When it breaks off, what it wrote is removed again.
func (s *Store) Restore(ctx context.Context, items iter.Seq2[bot.Item, error]) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	mine := restoring + rand.Text()
	if err := s.restoreStep(ctx, "begin", *s.id.Load(), mine, ""); err != nil {
		return fmt.Errorf("redis: restore: %w", err)
	}
	r := restorer{store: s, ctx: ctx, last: map[string]bot.Seq{}, written: map[string]bot.Seq{}}
	err := r.write(items)
	step, rev := "end", strconv.FormatUint(uint64(r.head.Rev), 10)
	if err != nil {
		step, rev = "undo", ""
	}
	// The end must come even when the caller has been called off.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dumpTime)
	defer cancel()
	if err := errors.Join(err, s.restoreStep(ctx, step, mine, *s.id.Load(), rev)); err != nil {
		return fmt.Errorf("redis: restore: %w", err)
	}
	return nil
}

func (s *Store) restoreStep(ctx context.Context, step, from, to, rev string) error {
	n, err := restoreScript.Run(ctx, s.rdb, s.head(), step, from, to, rev).Int()
	if err == nil && n == 0 {
		err = errors.New("the store is not empty, or somebody else is restoring it")
	}
	return err
}

// restorer writes the items of a dump in chunks.
type restorer struct {
	store   *Store
	ctx     context.Context
	head    bot.Head
	last    map[string]bot.Seq // the last place given in each log
	written map[string]bot.Seq // the last place that was restored
}

func (r *restorer) write(items iter.Seq2[bot.Item, error]) error {
	pipe := r.store.rdb.TxPipeline()
	flush := func(atLeast int) error {
		if pipe.Len() == 0 || pipe.Len() < atLeast {
			return nil
		}
		_, err := pipe.Exec(r.ctx)
		return err
	}
	headed := false
	for item, err := range items {
		if err != nil {
			return err
		}
		if (item.Head != nil) == headed {
			return errors.New("a dump begins with its head, and has one")
		}
		headed = true
		if err := r.add(pipe, item); err != nil {
			return err
		}
		if err := flush(restoreChunk); err != nil {
			return err
		}
	}
	if !headed {
		return errors.New("the dump is empty")
	}
	for log, last := range r.last {
		r.raise(pipe, log, last)
	}
	return flush(0)
}

// add puts what makes one item into the transaction.
func (r *restorer) add(pipe redis.Pipeliner, item bot.Item) error {
	ctx, prefix := r.ctx, r.store.prefix
	switch {
	case item.Head != nil:
		r.head = *item.Head
		if r.head.Format > bot.Format {
			return bot.ErrNewer
		}
	case item.Record != nil:
		is := item.Record
		pipe.HSet(ctx, prefix+"r:"+is.Key, "rev", uint64(is.Rev), "born", uint64(is.Born), "kind", is.Kind,
			"version", is.Version, "index", packed(is.Index), "value", is.Value)
		pipe.ZAdd(ctx, prefix+"records", redis.Z{Member: is.Key})
		for _, index := range is.Index {
			pipe.ZAdd(ctx, prefix+"i:"+index, redis.Z{Member: is.Key})
		}
	case item.Alarm != nil:
		is := item.Alarm
		pipe.HSet(ctx, prefix+"a:"+is.Key, "due", micros(is.Due), "data", is.Data, "rev", uint64(is.Rev), "lease", 0, "until", "")
		pipe.ZAdd(ctx, prefix+"due", redis.Z{Score: float64(is.Due.UnixMicro()), Member: is.Key})
	case item.Seen != nil:
		pipe.ZAdd(ctx, prefix+"seen", redis.Z{Score: float64(item.Seen.At.UnixMicro()), Member: item.Seen.ID})
	case item.Log != nil:
		r.last[item.Log.Log] = item.Log.Last
	case item.Entry != nil:
		is := item.Entry
		r.written[is.Log] = is.Seq
		pipe.ZAdd(ctx, prefix+"logs", redis.Z{Member: is.Log})
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: prefix + "l:" + is.Log, ID: fmt.Sprintf("0-%d", is.Seq), Values: []any{"d", is.Data}})
	}
	return nil
}

// raise makes a log go on after last, whose entry was trimmed: a stream
// remembers the place of an entry that was added and deleted.
func (r *restorer) raise(pipe redis.Pipeliner, log string, last bot.Seq) {
	if last <= r.written[log] {
		return
	}
	stream, id := r.store.prefix+"l:"+log, fmt.Sprintf("0-%d", last)
	pipe.ZAdd(r.ctx, r.store.prefix+"logs", redis.Z{Member: log})
	pipe.XAdd(r.ctx, &redis.XAddArgs{Stream: stream, ID: id, Values: []any{"d", ""}})
	pipe.XDel(r.ctx, stream, id)
}
