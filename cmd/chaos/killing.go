//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
)

// misbehaviour is what the platforms do wrong all the time, in the words of
// adapters/playground/world/API.md.
func (t *trial) misbehave() error {
	return t.w.call(context.Background(), "POST", "/api/misbehave", map[string]any{
		"seed": t.seed, "ops": []string{"post", "edit", "delete", "find", "whisper", "answer"}, "lose": 0.04, "late": map[string]any{"p": 0.04, "seconds": 0.8}, "refuse": map[string]any{"p": 0.03, "retryAfter": 1},
		"fail": 0.03, "failAfter": 0.03, "repeat": 0.1, "drop": 0.01,
	}, nil)
}

// killing tells stories while the bot is killed, and judges what came of them.
func killing(ctx context.Context, o options) (*verdict, error) {
	t, err := newTrial(o, max(1, o.count), quick)
	if err != nil {
		return nil, err
	}
	defer t.close()
	for _, bot := range t.bots {
		if err := bot.up(); err != nil {
			return nil, err
		}
	}
	if err := t.settleIn(); err != nil {
		return nil, err
	}
	if err := t.misbehave(); err != nil {
		return nil, err
	}
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	over := make(chan struct{})
	g.Go(func() error {
		defer close(over)
		var all errgroup.Group
		for i, bot := range t.bots {
			all.Go(func() error {
				return bot.tormented(ctx, o.killing/len(t.bots), len(t.bots) > 1, t.luck(uint64(1000+i)))
			})
		}
		return all.Wait()
	})
	g.Go(func() error {
		luck := t.luck(2)
		for number := 0; ; number++ {
			if err := t.round(ctx, number, luck); err != nil {
				return err
			}
			fmt.Fprintf(o.out, "%4.0f s: %d kills, %d hours, %d messages\n", time.Since(began).Seconds(), t.kills(), len(t.hours), t.said)
			select {
			case <-over:
				return nil
			default:
			}
		}
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil && context.Cause(ctx) != context.Canceled {
		return nil, err
	}
	v, err := t.final(60 * time.Second)
	if err != nil {
		return nil, err
	}
	t.table(o.out, v, time.Since(began))
	return v, nil
}

// table prints what was done and what was wrong.
func (t *trial) table(out io.Writer, v *verdict, took time.Duration) {
	for i, fault := range v.faults {
		if i == 60 {
			fmt.Fprintf(out, "… and %d more\n", len(v.faults)-i)
			break
		}
		fmt.Fprintln(out, fault)
	}
	var wrong []struct{ Done map[string]int }
	if err := t.w.call(context.Background(), "GET", "/api/misbehave", nil, &wrong); err == nil {
		for _, p := range wrong {
			fmt.Fprintf(out, "the platform did wrong: %v\n", p.Done)
		}
	}
	stops := int64(0)
	for _, b := range t.bots {
		stops += b.stops.Load()
	}
	fmt.Fprintf(out, "%-8s %6s %6s %6s %9s %8s %6s %6s %6s %6s %6s %9s  %s\n", "store", "kills", "stops", "hours", "messages", "carried", "posts", "lost", "twice", "stale", "shown", "swapped", "took")
	fmt.Fprintf(out, "%-8s %6d %6d %6d %9d %8d %6d %6d %6d %6d %6d %9d  %s\n", t.store, t.kills(), stops, len(t.hours), t.said, v.carried, v.posts, v.lost, v.twice, v.stale, v.shown, v.swapped, took.Round(time.Second))
	fmt.Fprintf(out, "seed %d, logs and the world's journal in %s\n", t.seed, t.dir)
}
