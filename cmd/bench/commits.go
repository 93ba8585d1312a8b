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

// commitValue is how many bytes the record of a commit has.
const commitValue = 200

// keysPerWriter is as in the floors: a writer makes that many records and
// alarms and then overwrites them in turn.
const keysPerWriter = 64

// commitsRound measures durable commits, each one record checked, and one
// record, one thing seen and one alarm written. The floor is a bare loop that
// gathers what waits into one transaction, or one pipeline. What is judged is
// the store's port. The way there through the bot, where a command is found and
// run and its caller is read besides, is told beside it.
func commitsRound(ctx context.Context, b *bench, at place) error {
	for _, writers := range []int{1, 64} {
		o := floor.CommitOptions{Writers: writers, Commits: b.commits, Value: commitValue}
		if writers == 1 {
			o.Commits = b.single
		}
		var bare, port, decided floor.CommitResult
		err := b.both(func() (err error) {
			if at.url != "" {
				bare, err = floor.RedisCommits(ctx, at.url, o)
				return err
			}
			dir, err := at.fresh()
			if err != nil {
				return err
			}
			bare, err = floor.SQLiteCommits(ctx, dir, o)
			return err
		}, func() (err error) {
			port, err = portCommits(ctx, at, o)
			return err
		})
		if err != nil {
			return err
		}
		if decided, err = botCommits(ctx, at, o); err != nil {
			return err
		}
		if writers == 1 {
			b.table.note(line{"one writer's commit: median", at.name(), "ms", ratioAtMost(1.5)}, ms(bare.Latency.P50), ms(port.Latency.P50))
			b.table.note(line{"the same decided by a command", at.name(), "ms", target{}}, ms(bare.Latency.P50), ms(decided.Latency.P50))
			continue
		}
		what := fmt.Sprintf("commits from %d writers", writers)
		b.table.note(line{what, at.name(), "/s", ratioAtLeast(0.7)}, bare.Rate, port.Rate)
		b.table.note(line{what + ": p99", at.name(), "ms", target{}}, ms(bare.Latency.P99), ms(port.Latency.P99))
		b.table.note(line{"the same decided by commands", at.name(), "/s", target{}}, bare.Rate, decided.Rate)
	}
	return nil
}

// portCommits makes the floor's commits through bot.Store.
func portCommits(ctx context.Context, at place, o floor.CommitOptions) (r floor.CommitResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	value := []byte(text)
	checked := bot.Batch{}
	for w := range o.Writers {
		checked.Put = append(checked.Put, bot.Record{Key: "check/" + strconv.Itoa(w), Kind: "bench", Version: 1, Value: value})
	}
	rev, err := store.Commit(ctx, moment(), checked)
	if err != nil {
		return r, err
	}
	return commits(o, func(writer, n int) error {
		w, turn := strconv.Itoa(writer), strconv.Itoa(n%keysPerWriter)
		m := moment()
		_, err := store.Commit(ctx, m, bot.Batch{
			Seen:  []string{"seen/" + w + "/" + strconv.Itoa(n)},
			Check: []bot.Record{{Key: "check/" + w, Rev: rev}},
			Put:   []bot.Record{{Key: "put/" + w + "/" + turn, Kind: "bench", Version: 1, Rev: bot.Any, Value: value}},
			Set:   []bot.Alarm{{Key: "alarm/" + w + "/" + turn, Due: m.Now.Add(time.Hour)}},
			// As every command has one.
			Deadline: m.Wall.Add(bot.DefaultPace.Answer),
		})
		return err
	})
}

func moment() bot.Moment { now := time.Now(); return bot.Moment{Now: now, Wall: now} }

// botCommits makes them by a command each.
func botCommits(ctx context.Context, at place, o floor.CommitOptions) (r floor.CommitResult, err error) {
	store, done, err := at.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, done()) }()
	running, err := run(bot.Config{Store: store, Features: []bot.Feature{&feature{}}})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, running.stop()) }()
	return commits(o, func(writer, n int) error {
		w, turn := strconv.Itoa(writer), strconv.Itoa(n%keysPerWriter)
		return say(ctx, running, "command:"+w+"/"+strconv.Itoa(n), bot.UserID("bench:"+w), "bench:room", "note check/"+w+" put/"+w+"/"+turn+" "+w+"/"+turn)
	})
}

// say gives the bot a command that has to be answered with "Saved".
func say(ctx context.Context, b *running, id string, from bot.UserID, room bot.RoomID, words string) error {
	reply, err := b.Receive(ctx, bot.Inbound{ID: id, Kind: bot.Command, From: from, Room: room, Text: words, At: time.Now()})
	if err != nil {
		return err
	}
	if reply.Post == nil || reply.Post.Text != "Saved" {
		return fmt.Errorf("%q was answered with %+v", words, reply.Post)
	}
	return nil
}

// commits lets the writers commit and measures, as the floors do it.
func commits(o floor.CommitOptions, commit func(writer, n int) error) (floor.CommitResult, error) {
	latencies := make([]time.Duration, o.Commits)
	errs := make([]error, o.Writers)
	start := time.Now()
	var writers sync.WaitGroup
	for w := range o.Writers {
		writers.Go(func() {
			for n, i := 0, w; i < o.Commits; n, i = n+1, i+o.Writers {
				began := time.Now()
				if errs[w] = commit(w, n); errs[w] != nil {
					return
				}
				latencies[i] = time.Since(began)
			}
		})
	}
	writers.Wait()
	took := time.Since(start)
	return floor.CommitResult{Commits: o.Commits, Took: took, Rate: float64(o.Commits) / took.Seconds(), Latency: floor.SpreadOf(latencies)}, errors.Join(errs...)
}
