package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"datahour/adapters/redis"
	"datahour/adapters/sqlite"
	"datahour/bot"
)

// newLog writes to standard error, as the settings say.
func newLog(c config, t terminal) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.err, o))
	}
	return slog.New(slog.NewTextHandler(t.err, o))
}

// database is the SQLite file.
func (c config) database() string { return filepath.Join(string(c.DataDir), "datahour.db") }

// openStore opens the store that is configured. With Redis it waits until that
// answers or ctx is done.
func openStore(ctx context.Context, c config, log *slog.Logger) (bot.Store, error) {
	if c.Redis != "" {
		store, err := redis.Open(ctx, redis.Options{URL: string(c.Redis), Community: string(c.RedisKeys), Log: log})
		if err != nil {
			return nil, fmt.Errorf("opening the store: %w", err)
		}
		return store, nil
	}
	if err := c.makeDataDir(); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(c.database())
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return store, nil
}

// makeDataDir makes the folder, which only its owner can look into.
func (c config) makeDataDir() error {
	if err := os.MkdirAll(string(c.DataDir), 0o700); err != nil {
		return fmt.Errorf("the folder for data cannot be made: %w. Set %s_DATA_DIR to one that can be written", err, prefix)
	}
	return nil
}

// openConfigured is for subcommands that need nothing but the store.
func openConfigured(ctx context.Context, t terminal) (bot.Store, error) {
	c, err := readConfig()
	if err != nil {
		return nil, err
	}
	return openStore(ctx, c, newLog(c, t))
}

type backupCommand struct {
	File string `arg:"" help:"New file to write."`
}

// Run copies everything as it stands at one moment, while the bot may be
// running: from SQLite into another SQLite file, from Redis into an export.
func (b backupCommand) Run(ctx context.Context, t terminal) error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	if c.Redis != "" {
		return exportCommand(b).Run(ctx, t)
	}
	if _, err := os.Stat(c.database()); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no data at %s: set %s_DATA_DIR to the folder that the bot uses", c.database(), prefix)
	}
	if err := sqlite.Backup(ctx, c.database(), b.File); err != nil {
		return err
	}
	fmt.Fprintf(t.err, "Backed up to %s. To go back, stop the bot and put it in place of %s (remove the files -wal and -shm beside that).\n", b.File, c.database())
	return nil
}
