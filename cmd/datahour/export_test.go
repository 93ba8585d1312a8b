package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"datahour/adapters/sqlite"
	"datahour/bot"
)

// exportStart is when the exports of these tests were made: long after the
// things in them that are forgotten, and right now for the rest.
var exportStart = time.Now().UTC().Truncate(time.Microsecond)

// everyKindOfItem is a small dump in its order, with all that is hard to carry.
func everyKindOfItem() []bot.Item {
	return []bot.Item{
		{Head: &bot.Head{Format: bot.Format, Rev: 1 << 40}},
		{Record: &bot.Record{Key: "hour/7k2", Kind: "hour", Version: 3, Rev: 9, Born: 2, Index: []string{"a:1", "hours"}, Value: []byte(`{"title":"Flood <data> & \"ponds\"","n":1.50}`)}},
		{Record: &bot.Record{Key: "raw/bytes", Kind: "x", Version: 1, Rev: 10, Born: 10, Value: []byte("\x00\xff not UTF-8")}},
		{Record: &bot.Record{Key: "raw/empty", Kind: "x", Version: 1, Rev: 11, Born: 4}},
		{Record: &bot.Record{Key: "raw/spaced", Kind: "x", Version: 1, Rev: 12, Born: 12, Value: []byte(`{ "kept": "as it is" }`)}},
		{Record: &bot.Record{Key: "raw/ünïcode\u2028 key", Kind: "x", Version: 1, Rev: 13, Born: 13, Value: []byte(`["\u2028` + "\u2028" + `"]`)}},
		{Alarm: &bot.Alarm{Key: "remind/hour/7k2", Due: exportStart.Add(time.Hour + time.Microsecond), Data: []byte("7k2"), Rev: 9}},
		{Seen: &bot.Seen{ID: "press:1", At: exportStart.Add(-time.Hour)}},
		{Log: &bot.LogHead{Log: "hour/7k2", Last: 5}},
		{Entry: &bot.Entry{Log: "hour/7k2", Seq: 4, Data: []byte(`{"message":"north:m1"}`)}},
		{Entry: &bot.Entry{Log: "hour/7k2", Seq: 5, Data: []byte("plain")}},
		{Log: &bot.LogHead{Log: "trimmed", Last: 7}},
	}
}

func each(items []bot.Item) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func exported(t *testing.T, items iter.Seq2[bot.Item, error]) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := writeExport(&out, items); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func dumped(t *testing.T, s bot.Store) []bot.Item {
	t.Helper()
	var items []bot.Item
	for i, err := range s.(bot.Dumper).Dump(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, i)
	}
	return items
}

// stores are empty ones of each kind.
func stores(t *testing.T) map[string]func(*testing.T) bot.Store {
	url := redisAddress(startRedis(t))
	open := func(t *testing.T, c config) bot.Store {
		t.Helper()
		store, err := openStore(t.Context(), c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return store
	}
	n := 0
	return map[string]func(*testing.T) bot.Store{
		"SQLite": func(t *testing.T) bot.Store {
			return open(t, config{DataDir: folder(filepath.Join(t.TempDir(), "data"))})
		},
		"Redis": func(t *testing.T) bot.Store {
			n++
			return open(t, config{Redis: url, RedisKeys: namespace(fmt.Sprint("test-", n))})
		},
	}
}

func TestExportAndImportBetweenAllStores(t *testing.T) {
	kinds := stores(t)
	first := exported(t, each(everyKindOfItem()))
	for from, openFrom := range kinds {
		for to, openTo := range kinds {
			t.Run("from "+from+" to "+to, func(t *testing.T) {
				a, b := openFrom(t), openTo(t)
				if _, err := importFrom(t.Context(), a, strings.NewReader(first), exportStart); err != nil {
					t.Fatal(err)
				}
				second := exported(t, each(dumped(t, a)))
				told, err := importFrom(t.Context(), b, strings.NewReader(second), exportStart)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(first, exported(t, each(dumped(t, b)))); diff != "" {
					t.Errorf("not the same after two moves (-first +last):\n%s", diff)
				}
				if diff := cmp.Diff(everyKindOfItem(), dumped(t, b), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("items (-want +got):\n%s", diff)
				}
				if told.Records != 5 || told.Alarms != 1 || told.Seen != 1 || told.Logs != 2 || told.Entries != 2 {
					t.Errorf("told %v", told)
				}
				goesOn(t, b)
			})
		}
	}
}

// goesOn checks that revisions and places go on after what was imported.
func goesOn(t *testing.T, s bot.Store) {
	t.Helper()
	m := bot.Moment{Now: exportStart, Wall: exportStart}
	if _, err := s.Commit(t.Context(), m, bot.Batch{Seen: []string{"press:1"}}); !errors.Is(err, bot.ErrSeen) {
		t.Errorf("what was answered is not known: %v", err)
	}
	rev, err := s.Commit(t.Context(), m, bot.Batch{
		Put:    []bot.Record{{Key: "hour/7k2", Rev: 9, Kind: "hour", Value: []byte("{}")}},
		Append: []bot.Entry{{Log: "trimmed", Data: []byte("next")}},
	})
	if err != nil || rev <= 1<<40 {
		t.Errorf("the next commit is %d: %v", rev, err)
	}
	entries, err := s.Read(t.Context(), "trimmed", 0, 10, 0)
	if err != nil || len(entries) != 1 || entries[0].Seq != 8 {
		t.Errorf("the next entry is %+v: %v", entries, err)
	}
}

// What a store would have forgotten by now is neither imported nor missed.
func TestAnOldExportIsImported(t *testing.T) {
	for kind, open := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			items := everyKindOfItem()
			at := slices.IndexFunc(items, func(i bot.Item) bool { return i.Seen != nil })
			old := bot.Item{Seen: &bot.Seen{ID: "press:0", At: exportStart.Add(-bot.SeenFor)}}
			store := open(t)
			told, err := importFrom(t.Context(), store, strings.NewReader(exported(t, each(slices.Insert(items, at, old)))), exportStart)
			if err != nil || told.Seen != 1 {
				t.Fatalf("%v, %v", told, err)
			}
			if diff := cmp.Diff(everyKindOfItem(), dumped(t, store), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is wrong with a file, nothing of it is kept.
func TestImportRefuses(t *testing.T) {
	kinds := stores(t)
	whole := exported(t, each(everyKindOfItem()))
	lines := strings.SplitAfter(whole, "\n")
	lines = lines[:len(lines)-1]
	without := func(n int) string {
		return strings.Join(slices.Delete(slices.Clone(lines), n, n+1), "")
	}
	files := map[string]string{
		"nothing":                 "",
		"another program's file":  "PK\x03\x04\n",
		"its last line cut off":   without(len(lines) - 1),
		"its last newline gone":   strings.TrimSuffix(whole, "\n"),
		"cut in the middle":       whole[:len(whole)/2],
		"without its header":      without(0),
		"without a record":        without(1),
		"an entry twice":          strings.Replace(whole, lines[9], lines[9]+lines[9], 1),
		"two lines changed round": strings.Replace(whole, lines[1]+lines[2], lines[2]+lines[1], 1),
		"one word changed":        strings.Replace(whole, "ponds", "lakes", 1),
		"a count changed":         strings.Replace(whole, `"records":5`, `"records":6`, 1),
		"more after the end":      whole + lines[1],
		"a name that is unknown":  strings.Replace(whole, `{"alarm"`, `{"alert"`, 1),
		"a newer layout":          strings.Replace(whole, `"export":1`, `"export":2`, 1),
		"a newer data format":     strings.Replace(whole, `"format":1`, `"format":2`, 1),
	}
	for kind, open := range kinds {
		for what, file := range files {
			t.Run(kind+"/"+what, func(t *testing.T) {
				store := open(t)
				if file == whole {
					t.Fatal("the file is not wrong at all")
				}
				if told, err := importFrom(t.Context(), store, strings.NewReader(file), exportStart); err == nil {
					t.Fatalf("imported %v", told)
				}
				if items := dumped(t, store); len(items) != 1 {
					t.Errorf("kept %d items", len(items)-1)
				}
				// The store is as good as new.
				if _, err := importFrom(t.Context(), store, strings.NewReader(whole), exportStart); err != nil {
					t.Error(err)
				}
			})
		}
		t.Run(kind+"/a store that is not empty", func(t *testing.T) {
			store := open(t)
			m := bot.Moment{Now: exportStart, Wall: exportStart}
			if _, err := store.Commit(t.Context(), m, bot.Batch{Put: []bot.Record{{Key: "mine", Kind: "x"}}}); err != nil {
				t.Fatal(err)
			}
			before := exported(t, each(dumped(t, store)))
			if _, err := importFrom(t.Context(), store, strings.NewReader(whole), exportStart); err == nil {
				t.Error("imported over what was there")
			}
			if diff := cmp.Diff(before, exported(t, each(dumped(t, store)))); diff != "" {
				t.Errorf("changed (-before +after):\n%s", diff)
			}
		})
	}
}

// forgetful keeps all but one record of what it is given.
type forgetful struct{ bot.Store }

func (f forgetful) Restore(ctx context.Context, items iter.Seq2[bot.Item, error]) error {
	return f.Store.(bot.Restorer).Restore(ctx, func(yield func(bot.Item, error) bool) {
		for i, err := range items {
			if i.Record != nil && i.Record.Key == "raw/empty" {
				continue
			}
			if !yield(i, err) {
				return
			}
		}
	})
}

func (f forgetful) Dump(ctx context.Context) iter.Seq2[bot.Item, error] {
	return f.Store.(bot.Dumper).Dump(ctx)
}

func TestImportLooksAtWhatWasKept(t *testing.T) {
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	whole := exported(t, each(everyKindOfItem()))
	if _, err := importFrom(t.Context(), forgetful{store}, strings.NewReader(whole), exportStart); err == nil || !strings.Contains(err.Error(), "4 records") {
		t.Errorf("a lost record was not noticed: %v", err)
	}
}

func TestBlobsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.OneOf(
			rapid.SliceOf(rapid.Byte()),
			rapid.Custom(func(t *rapid.T) []byte {
				raw, _ := json.Marshal(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "object"))
				return raw
			}),
			rapid.SampledFrom([][]byte{[]byte("null"), []byte(`"text"`), []byte("{}"), []byte("[1 ]"), []byte("{\"a\":\"\xff\"}"), []byte("[]x"), []byte(`{"a":1e400,"a":2}`)}),
		).Draw(t, "bytes")
		a := newAdder()
		line, err := a.add(bot.Item{Entry: &bot.Entry{Log: "l", Seq: 1, Data: want}})
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("not one line: %q", line)
		}
		got := newLine(t, line)
		if !bytes.Equal(got.Entry.Data, want) {
			t.Fatalf("%q came back as %q by %s", want, got.Entry.Data, line)
		}
	})
}

func newLine(t *rapid.T, raw []byte) bot.Item {
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		t.Fatal(err)
	}
	item, err := l.item()
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestExportToAFileReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "all.jsonl")
	if _, err := exportTo(path, each(everyKindOfItem())); err != nil {
		t.Fatal(err)
	}
	if _, err := exportTo(path, each(nil)); err == nil {
		t.Error("an export was replaced")
	}
	broken := func(yield func(bot.Item, error) bool) { yield(bot.Item{}, io.ErrUnexpectedEOF) }
	if _, err := exportTo(path+"2", broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken dump: %v", err)
	}
	if files, err := filepath.Glob(filepath.Dir(path) + "/*"); err != nil || len(files) != 1 {
		t.Errorf("files left: %v, %v", files, err)
	}
}
