package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"datahour/bot"
)

type exportCommand struct {
	File string `arg:"" optional:"" help:"New file to write; standard output when it is left out."`
}

// Run writes everything in the store that is configured.
func (e exportCommand) Run(ctx context.Context, t terminal) error {
	store, err := openConfigured(ctx, t)
	if err != nil {
		return err
	}
	return errors.Join(e.export(ctx, t, store), store.Close())
}

func (e exportCommand) export(ctx context.Context, t terminal, store bot.Store) error {
	dumper, ok := store.(bot.Dumper)
	if !ok {
		return fmt.Errorf("%T cannot be exported", store)
	}
	if e.File == "" {
		out := bufio.NewWriter(t.out)
		if _, err := writeExport(out, dumper.Dump(ctx)); err != nil {
			return fmt.Errorf("exporting: %w", err)
		}
		return out.Flush()
	}
	total, err := exportTo(e.File, dumper.Dump(ctx))
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	fmt.Fprintf(t.err, "Exported %v to %s.\n", total, e.File)
	return nil
}

// exportTo writes a new file, which has its name only when it is whole and on
// the disk, and which only its owner can read.
func exportTo(path string, items iter.Seq2[bot.Item, error]) (total tally, err error) {
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return tally{}, err
	}
	defer func() {
		err = errors.Join(err, part.Close(), os.Remove(part.Name()))
	}()
	out := bufio.NewWriter(part)
	if total, err = writeExport(out, items); err != nil {
		return tally{}, err
	}
	if err := errors.Join(out.Flush(), part.Sync()); err != nil {
		return tally{}, err
	}
	// A link, unlike a rename, never replaces a file that is there.
	if err := os.Link(part.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return tally{}, fmt.Errorf("%s is there already; name a new file", path)
		}
		return tally{}, err
	}
	return total, nil
}

type importCommand struct {
	File string `arg:"" help:"File that export wrote; - reads standard input."`
}

// Run fills the store that is configured, which must be empty, and holds what
// it keeps then against the file.
func (i importCommand) Run(ctx context.Context, t terminal) (err error) {
	in := io.Reader(os.Stdin)
	if i.File != "-" {
		file, err := os.Open(i.File)
		if err != nil {
			return fmt.Errorf("importing: %w", err)
		}
		defer file.Close()
		in = file
	}
	store, err := openConfigured(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	total, err := importFrom(ctx, store, in, time.Now())
	if err != nil {
		return fmt.Errorf("importing: %w", err)
	}
	fmt.Fprintf(t.err, "Imported %v. What the store holds now is the same, line by line.\n", total)
	return nil
}

// importFrom restores an export into an empty store, dumps the store again, and
// compares the two.
func importFrom(ctx context.Context, store bot.Store, in io.Reader, now time.Time) (tally, error) {
	restorer, ok := store.(bot.Restorer)
	dumper, also := store.(bot.Dumper)
	if !ok || !also {
		return tally{}, fmt.Errorf("%T cannot be filled by import", store)
	}
	given := newAdder()
	if err := restorer.Restore(ctx, remembered(readExport(in), now, given)); err != nil {
		return tally{}, err
	}
	kept, err := writeExport(io.Discard, dumper.Dump(ctx))
	if err != nil {
		return tally{}, fmt.Errorf("reading again what was imported: %w", err)
	}
	if want := given.total(); kept != want {
		return tally{}, fmt.Errorf("the store does not hold what the file holds: %v, not %v. Empty the store and try again; the file is unharmed", kept, want)
	}
	return kept, nil
}

// soonForgotten is how much longer a store must remember what was answered for
// it to be worth importing: a store may forget the rest while it is compared.
const soonForgotten = 10 * time.Minute

// remembered leaves out what an old export remembers to be answered and a store
// would not, and adds up the rest.
func remembered(items iter.Seq2[bot.Item, error], now time.Time, a *adder) iter.Seq2[bot.Item, error] {
	return func(yield func(bot.Item, error) bool) {
		for item, err := range items {
			if err == nil && item.Seen != nil && now.Sub(item.Seen.At) > bot.SeenFor-soonForgotten {
				continue
			}
			if err == nil {
				_, err = a.add(item)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}
