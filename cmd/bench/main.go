package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
)

// subject is one thing that is measured: both sides of one round.
type subject struct {
	name  string // for -only
	about string
	round func(context.Context, *bench, place) error
}

var subjects = []subject{
	{"command", "a stored command over HTTP", commandRound},
	{"slack", "a Slack command over its route, and a message carried between workspaces", slackRound},
	{"commits", "durable commits from 1 and from 64 writers", commitsRound},
	{"alarms", "1,000 alarms a second", alarmsRound},
	{"drain", "100,000 alarms due at once", drainRound},
	{"hour", "an hour of 10,000 messages in two linked rooms", hourRound},
	{"followers", "5,000 people follow a live page", followersRound},
	{"program", "the built program: size, memory, first answer", programRound},
}

// amounts are how much of everything is done in a round.
type amounts struct {
	commands, commits, single, alarms, drained, messages, paced, starts int
}

var (
	whole   = amounts{commands: 20_000, commits: 60_000, single: 4_000, alarms: 4_000, drained: 100_000, messages: 10_000, paced: 200, starts: 5}
	quickly = amounts{commands: 4_000, commits: 12_000, single: 1_000, alarms: 1_000, drained: 20_000, messages: 1_000, paced: 100, starts: 2}
)

// bench is one run.
type bench struct {
	amounts
	table   table
	dir     string // for everything that is kept on the way
	number  int    // of the round
	profile string // where to write what our side spent its time on; "": nowhere
	program string // the built datahour, "" before
	held    map[string]held
}

func main() {
	only := flag.String("only", "", "what to measure, of: "+strings.Join(names(), ", "))
	stores := flag.String("stores", "sqlite,redis", "on which stores")
	rounds := flag.Int("rounds", 5, "how often; 3 to 5 give a median that means something")
	quick := flag.Bool("quick", false, "less of everything, for a look; the targets are meant for the whole")
	profile := flag.String("profile", "", "write CPU profiles of our side to `FILE`.<n>, for go tool pprof")
	flag.Parse()

	// The first Ctrl-C ends cleanly: files are removed and Redis is stopped.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{amounts: whole, profile: *profile, held: map[string]held{}}
	if *quick {
		b.amounts = quickly
	}
	missed, err := b.run(ctx, *only, *stores, *rounds)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	case missed > 0:
		os.Exit(1)
	}
}

func names() (all []string) {
	for _, s := range subjects {
		all = append(all, s.name)
	}
	return all
}

func (b *bench) run(ctx context.Context, only, stores string, rounds int) (missed int, err error) {
	chosen, err := choose(only)
	if err != nil {
		return 0, err
	}
	if b.dir, err = os.MkdirTemp("", "datahour-bench-"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	places, stop, err := openPlaces(b.dir, strings.Split(stores, ","))
	if err != nil {
		return 0, err
	}
	defer stop()
	fmt.Printf("%s %s/%s, %d processors, %d rounds; figures are medians\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds)
	for b.number = 1; b.number <= rounds; b.number++ {
		for _, s := range chosen {
			for _, at := range places {
				fmt.Fprintf(os.Stderr, "round %d of %d: %s, %s\n", b.number, rounds, s.about, at.name())
				if err := s.round(ctx, b, at); err != nil {
					b.table.print(os.Stdout) // as far as it came
					return 0, fmt.Errorf("%s on %s: %w", s.name, at.name(), err)
				}
				debug.FreeOSMemory() // what one leaves behind is not the next one's to collect
			}
		}
	}
	return b.table.print(os.Stdout), nil
}

func choose(only string) (chosen []subject, err error) {
	if only == "" {
		return subjects, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(), strings.TrimSpace(name))
		if i < 0 {
			return nil, fmt.Errorf("there is no %q to measure; there are %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, subjects[i])
	}
	return chosen, nil
}

// both runs the two sides of a round. The one that was first goes second the
// next time, so that neither always finds the warmer machine.
func (b *bench) both(floor, ours func() error) error {
	ours = b.profiled(ours)
	if b.number%2 == 0 {
		floor, ours = ours, floor
	}
	if err := floor(); err != nil {
		return err
	}
	debug.FreeOSMemory()
	return ours()
}

func (b *bench) profiled(do func() error) func() error {
	if b.profile == "" {
		return do
	}
	return func() error {
		n := 0
		for ; n < 1000; n++ {
			if _, err := os.Stat(fmt.Sprintf("%s.%d", b.profile, n)); err != nil {
				break
			}
		}
		file, err := os.Create(filepath.Clean(fmt.Sprintf("%s.%d", b.profile, n)))
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		return do()
	}
}
