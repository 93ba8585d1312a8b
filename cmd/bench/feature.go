package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"datahour/bot"
)

// feature is one of the size of what the floors do, so that a figure shows what
// the core costs and not what data hours do.
//
//	share words         puts one record and adds to one log
//	note check put n    reads one record, puts another, and promises something for in an hour
//	promise n rate      promises n things, so many of them a second
type feature struct {
	rang func(bot.Alarm)
}

// kept is a record of the size that the floors write.
type kept struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func (k *kept) Key() string         { return "kept/" + k.Name }
func (k *kept) Kind() (string, int) { return "kept", 1 }
func (k *kept) Index() []string     { return nil }

const (
	ringAlarm = "bench.ring" // nothing is to be done
	keepAlarm = "bench.keep" // a record is to be stored
)

// Rows implements bot.Feature.
func (f *feature) Rows() []bot.Row {
	rest := []bot.Arg{{Name: "words", Kind: bot.Rest, Max: 500}}
	word := func(name string) bot.Arg { return bot.Arg{Name: name, Required: true} }
	return []bot.Row{
		{Name: "share", Summary: "Store some words", Args: rest, Run: share},
		{Name: "note", Summary: "Store and promise something", Args: []bot.Arg{word("check"), word("put"), word("n")}, Run: note},
		{Name: "promise", Summary: "Promise many things", Args: []bot.Arg{word("n"), word("rate")}, Run: promise},
	}
}

// Alarms implements bot.Feature. The handler of ringAlarm decides nothing: what
// is left is to take the alarm and to finish it, as the floor does.
func (f *feature) Alarms() map[string]bot.AlarmKind {
	return map[string]bot.AlarmKind{ringAlarm: {Ring: func(_ context.Context, _ *bot.Tx, a bot.Alarm) error {
		if f.rang != nil {
			f.rang(a)
		}
		return nil
	}}, keepAlarm: {Ring: func(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
		tx.Put(&kept{Name: a.About(), Text: text})
		return nil
	}}}
}

func share(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	tx.Put(&kept{Name: string(c.From), Text: c.Args.Get("words")})
	tx.Append("shared", c.ID)
	return bot.Answer("Saved"), nil
}

// text is as long as the floors' records.
var text = strings.Repeat("a", commitValue-len(`{"name":"put/00/00","text":""}`))

func note(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	var checked kept
	if _, err := tx.Get(ctx, (&kept{Name: c.Args.Get("check")}).Key(), &checked); err != nil {
		return bot.Reply{}, err
	}
	tx.Put(&kept{Name: c.Args.Get("put"), Text: text})
	tx.Promise(ringAlarm, c.Args.Get("n"), tx.Now().Add(time.Hour))
	return bot.Answer("Saved"), nil
}

// promise promises many things in one commit, as a command does that schedules
// a series. The first is due after a while, so that all are stored by then.
func promise(_ context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	n, err := strconv.Atoi(c.Args.Get("n"))
	if err != nil {
		return bot.Reply{}, err
	}
	rate, err := strconv.Atoi(c.Args.Get("rate"))
	if err != nil {
		return bot.Reply{}, err
	}
	first := tx.Now().Add(settling(n))
	for i := range n {
		tx.Promise(ringAlarm, strconv.Itoa(i), first.Add(time.Duration(i)*time.Second/time.Duration(rate)))
	}
	return bot.Answer("Saved"), nil
}

// settling is how long before the first alarm they are stored: time enough for
// all of them.
func settling(n int) time.Duration {
	return 200*time.Millisecond + time.Duration(n)*50*time.Microsecond
}
