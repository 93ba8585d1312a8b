package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"slices"
	"time"
	"unicode/utf8"

	"datahour/bot"
)

// An export is JSON lines in UTF-8. Each line is an object with one name, which
// tells what it is:
//
//	{"datahour":{"export":1,"format":1,"rev":42}}      first: version of this layout, data format, last revision
//	{"record":{"key":…,"kind":…,"version":…,"rev":…,"born":…,"index":[…],"value":…}}
//	{"alarm":{"key":…,"due":…,"data":…,"rev":…}}
//	{"seen":{"id":…,"at":…}}
//	{"log":{"log":…,"last":…}}                         before the entries of that log
//	{"entry":{"log":…,"seq":…,"data":…}}
//	{"end":{"records":…,"alarms":…,"seen":…,"logs":…,"entries":…,"sha256":…}}
//
// A value (or data) that is a JSON object or array stands there as it is, byte
// for byte; any other is a string in base64. Times are RFC 3339 in UTC. Lines
// are in the order of bot.Dumper and indexes are sorted, so the same state
// always makes the same file. sha256 is over all lines before it, with their
// newlines.
const exportVersion = 1

type line struct {
	Datahour *headLine   `json:"datahour,omitempty"`
	Record   *recordLine `json:"record,omitempty"`
	Alarm    *alarmLine  `json:"alarm,omitempty"`
	Seen     *seenLine   `json:"seen,omitempty"`
	Log      *logLine    `json:"log,omitempty"`
	Entry    *entryLine  `json:"entry,omitempty"`
	End      *tally      `json:"end,omitempty"`
}

type headLine struct {
	Export int     `json:"export"`
	Format int     `json:"format"`
	Rev    bot.Rev `json:"rev"`
}

type recordLine struct {
	Key     string   `json:"key"`
	Kind    string   `json:"kind"`
	Version int      `json:"version"`
	Rev     bot.Rev  `json:"rev"`
	Born    bot.Rev  `json:"born"`
	Index   []string `json:"index,omitempty"`
	Value   blob     `json:"value"`
}

type alarmLine struct {
	Key  string    `json:"key"`
	Due  time.Time `json:"due"`
	Data blob      `json:"data"`
	Rev  bot.Rev   `json:"rev"`
}

type seenLine struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

type logLine struct {
	Log  string  `json:"log"`
	Last bot.Seq `json:"last"`
}

type entryLine struct {
	Log  string  `json:"log"`
	Seq  bot.Seq `json:"seq"`
	Data blob    `json:"data"`
}

// tally counts what an export holds and adds up its lines.
type tally struct {
	Records int    `json:"records"`
	Alarms  int    `json:"alarms"`
	Seen    int    `json:"seen"`
	Logs    int    `json:"logs"`
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"`
}

// blob is bytes that are readable where they can be.
type blob []byte

func (b blob) MarshalJSON() ([]byte, error) {
	if plain(b) {
		return b, nil
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(b))
}

func (b *blob) UnmarshalJSON(raw []byte) error {
	if plain(raw) {
		*b = slices.Clone(raw)
		return nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	*b = decoded
	return err
}

// plain tells whether b is a JSON object or array that comes through an encoder unchanged.
func plain(b []byte) bool {
	if len(b) == 0 || b[0] != '{' && b[0] != '[' || !utf8.Valid(b) {
		return false
	}
	var compact bytes.Buffer
	return json.Compact(&compact, b) == nil && bytes.Equal(compact.Bytes(), b)
}

func lineOf(i bot.Item) line {
	switch {
	case i.Head != nil:
		return line{Datahour: &headLine{Export: exportVersion, Format: i.Head.Format, Rev: i.Head.Rev}}
	case i.Record != nil:
		r := i.Record
		return line{Record: &recordLine{r.Key, r.Kind, r.Version, r.Rev, r.Born, slices.Sorted(slices.Values(r.Index)), r.Value}}
	case i.Alarm != nil:
		return line{Alarm: &alarmLine{i.Alarm.Key, i.Alarm.Due.UTC(), i.Alarm.Data, i.Alarm.Rev}}
	case i.Seen != nil:
		return line{Seen: &seenLine{i.Seen.ID, i.Seen.At.UTC()}}
	case i.Log != nil:
		return line{Log: &logLine{i.Log.Log, i.Log.Last}}
	case i.Entry != nil:
		return line{Entry: &entryLine{i.Entry.Log, i.Entry.Seq, i.Entry.Data}}
	}
	return line{}
}

func (l line) item() (bot.Item, error) {
	switch {
	case l.Datahour != nil && l.Datahour.Export > exportVersion:
		return bot.Item{}, fmt.Errorf("the export has version %d and this program knows %d: use a newer datahour", l.Datahour.Export, exportVersion)
	case l.Datahour != nil:
		return bot.Item{Head: &bot.Head{Format: l.Datahour.Format, Rev: l.Datahour.Rev}}, nil
	case l.Record != nil:
		r := l.Record
		return bot.Item{Record: &bot.Record{Key: r.Key, Kind: r.Kind, Version: r.Version, Rev: r.Rev, Born: r.Born, Index: r.Index, Value: r.Value}}, nil
	case l.Alarm != nil:
		return bot.Item{Alarm: &bot.Alarm{Key: l.Alarm.Key, Due: l.Alarm.Due, Data: l.Alarm.Data, Rev: l.Alarm.Rev}}, nil
	case l.Seen != nil:
		return bot.Item{Seen: &bot.Seen{ID: l.Seen.ID, At: l.Seen.At}}, nil
	case l.Log != nil:
		return bot.Item{Log: &bot.LogHead{Log: l.Log.Log, Last: l.Log.Last}}, nil
	case l.Entry != nil:
		return bot.Item{Entry: &bot.Entry{Log: l.Entry.Log, Seq: l.Entry.Seq, Data: l.Entry.Data}}, nil
	}
	return bot.Item{}, errors.New("it is none of the lines that an export has")
}

// adder makes the lines of items and keeps their tally.
type adder struct {
	tally tally
	sum   hash.Hash
	line  bytes.Buffer
}

func newAdder() *adder { return &adder{sum: sha256.New()} }

// add gives the item's line, until the next call.
func (a *adder) add(i bot.Item) ([]byte, error) {
	if err := a.encode(lineOf(i)); err != nil {
		return nil, err
	}
	a.count(i, a.line.Bytes())
	return a.line.Bytes(), nil
}

func (a *adder) encode(l line) error {
	a.line.Reset()
	e := json.NewEncoder(&a.line)
	e.SetEscapeHTML(false)
	return e.Encode(l)
}

func (a *adder) count(i bot.Item, line []byte) {
	a.sum.Write(line)
	switch {
	case i.Record != nil:
		a.tally.Records++
	case i.Alarm != nil:
		a.tally.Alarms++
	case i.Seen != nil:
		a.tally.Seen++
	case i.Log != nil:
		a.tally.Logs++
	case i.Entry != nil:
		a.tally.Entries++
	}
}

func (a *adder) total() tally {
	t := a.tally
	t.SHA256 = hex.EncodeToString(a.sum.Sum(nil))
	return t
}

// writeExport writes everything, and its tally as the last line.
func writeExport(w io.Writer, items iter.Seq2[bot.Item, error]) (tally, error) {
	a := newAdder()
	for item, err := range items {
		if err != nil {
			return tally{}, err
		}
		line, err := a.add(item)
		if err != nil {
			return tally{}, fmt.Errorf("writing a line: %w", err)
		}
		if _, err := w.Write(line); err != nil {
			return tally{}, err
		}
	}
	total := a.total()
	if err := a.encode(line{End: &total}); err != nil {
		return tally{}, fmt.Errorf("writing the last line: %w", err)
	}
	_, err := w.Write(a.line.Bytes())
	return total, err
}

// readExport gives the items of an export. It fails, instead of ending, when
// the file is not whole: a store that restores all or nothing then stays empty.
func readExport(r io.Reader) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		a, in := newAdder(), bufio.NewReader(r)
		for n := 1; ; n++ {
			raw, err := in.ReadBytes('\n')
			if err != nil {
				yield(bot.Item{}, fmt.Errorf("line %d: the file is not whole, its last line is missing: %w", n, noEOF(err)))
				return
			}
			var l line
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&l); err != nil {
				yield(bot.Item{}, fmt.Errorf("line %d is not from an export: %w", n, err))
				return
			}
			if l.End != nil {
				if err := atEnd(in, *l.End, a.total()); err != nil {
					yield(bot.Item{}, err)
				}
				return
			}
			item, err := l.item()
			if err == nil && (n == 1) != (item.Head != nil) {
				err = errors.New("an export begins with its header, and has one")
			}
			if err != nil {
				yield(bot.Item{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			a.count(item, raw)
			if !yield(item, nil) {
				return
			}
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// atEnd holds what was read against the last line.
func atEnd(in *bufio.Reader, told, read tally) error {
	if told != read {
		return fmt.Errorf("the file was changed or damaged: its last line tells of %v, and it holds %v", told, read)
	}
	if _, err := in.ReadByte(); err == nil {
		return errors.New("something follows the last line of the export")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (t tally) String() string {
	return fmt.Sprintf("%d records, %d alarms, %d things answered, %d logs with %d entries (sha256 %.12s)", t.Records, t.Alarms, t.Seen, t.Logs, t.Entries, t.SHA256)
}
