//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

var errFaults = errors.New("promises were broken: see above")

func run(ctx context.Context) error {
	var o options
	var standby, stopped bool
	var rounds int
	flag.StringVar(&o.store, "store", "sqlite", "sqlite or redis")
	flag.IntVar(&o.killing, "kills", 500, "how often the bot is killed with -9")
	flag.IntVar(&o.count, "bots", 1, "how many bots share a Redis; with more than one, every second kill is a stop (SIGSTOP) for up to three seconds")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "the same seed gives the same people, platforms and moments, as far as the machine does")
	flag.StringVar(&o.program, "program", "", "the datahour to run; it is built when this is left out")
	flag.StringVar(&o.dir, "dir", "", "where logs, stores and the world's journal are kept; a new folder when this is left out")
	flag.BoolVar(&standby, "standby", false, "two bots on one Redis; the active one is killed or stopped in turn")
	flag.IntVar(&rounds, "rounds", 20, "how often the active one is killed or stopped (with -standby)")
	flag.BoolVar(&stopped, "stopped-store", false, "the store is stopped, locked, and full")
	flag.Parse()
	o.out = os.Stdout
	if o.count > 1 && o.store != "redis" {
		return errors.New("several bots need -store redis")
	}
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "chaos-")
		if err != nil {
			return err
		}
		o.dir = dir
	}
	var err error
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	if o.program == "" {
		if o.program, err = build(o.dir); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.out, "seed %d, logs and the world's journal in %s\n", o.seed, o.dir)
	var v *verdict
	switch {
	case standby:
		v, err = standingBy(ctx, o, rounds)
	case stopped:
		only := ""
		flag.Visit(func(f *flag.Flag) {
			if f.Name == "store" {
				only = o.store
			}
		})
		v, err = stoppedStores(ctx, o, only)
	default:
		v, err = killing(ctx, o)
	}
	if err != nil {
		return err
	}
	if !v.clean() {
		return errFaults
	}
	return nil
}
