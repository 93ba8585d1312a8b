package redis

import (
	"context"
	"fmt"
	"strconv"

	"datahour/bot"
)

// recordFields are the fields of a record's hash, in the order in which scripts give them.
var recordFields = []string{"rev", "born", "kind", "version", "index", "value"}

// List implements bot.Store.
func (s *Store) List(ctx context.Context, index, after string, max int) ([]bot.Record, error) {
	var records []bot.Record
	err := s.again(ctx, func(ctx context.Context) error {
		rows, err := listScript.Run(ctx, s.rdb, s.head(), index, after, max).Slice()
		if err != nil {
			return err
		}
		records, err = recordRows(rows)
		return err
	})
	return records, err
}

// recordRows reads {{key, fields}, …}.
func recordRows(rows []any) ([]bot.Record, error) {
	var records []bot.Record
	for _, row := range rows {
		pair, err := slice(row, 2)
		if err != nil {
			return nil, err
		}
		fields, err := slice(pair[1], len(recordFields))
		if err != nil {
			return nil, err
		}
		r, err := record(text(pair[0]), fields)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// record reads the fields of a record's hash; a nil rev means that there is none.
func record(key string, fields []any) (bot.Record, error) {
	r := bot.Record{Key: key}
	if fields[0] == nil {
		return r, nil
	}
	rev, err1 := strconv.ParseUint(text(fields[0]), 10, 64)
	born, err2 := strconv.ParseUint(text(fields[1]), 10, 64)
	version, err3 := strconv.Atoi(text(fields[3]))
	index, err4 := unpacked(text(fields[4]))
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return r, fmt.Errorf("record %q: %w", key, err)
		}
	}
	r.Rev, r.Born, r.Kind, r.Version, r.Index, r.Value = bot.Rev(rev), bot.Rev(born), text(fields[2]), version, index, []byte(text(fields[5]))
	return r, nil
}

// slice reads a part of a script's answer that must have at least n items.
func slice(v any, n int) ([]any, error) {
	all, ok := v.([]any)
	if !ok || len(all) < n {
		return nil, fmt.Errorf("an answer of Redis cannot be read: %T of %d", v, len(all))
	}
	return all, nil
}

// text reads one string of a script's answer.
func text(v any) string {
	s, _ := v.(string)
	return s
}
