package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"datahour/bot"
)

// readWhole is up to which size, in bytes, a file is read whole to see whether it is sound.
const readWhole = 1 << 30

// Check looks at the file at path, which a running bot may have open. It only
// reads: it takes no lock that the bot needs, and makes no file beside it.
func Check(path string) bot.Checks {
	var checks bot.Checks
	const about = "store: file"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		checks.Fine(about, "%s is not there yet; the first start makes it", path)
		return checks
	case err != nil:
		checks.Broken(about, "Let the account that runs the bot read it.", "%s cannot be looked at: %v", path, err)
		return checks
	case !info.Mode().IsRegular():
		checks.Broken(about, "Set DATA_DIR to another folder.", "%s is no file", path)
		return checks
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		checks.Warn("store: file rights", fmt.Sprintf("chmod 600 %s", path), "others on this machine may use the file (its mode is %04o), and people's words are in it", mode)
	} else {
		checks.Fine("store: file rights", "the file is its owner's alone")
	}
	c, err := connectReadOnly(path)
	if err != nil {
		checks.Broken(about, "Let the account that runs the bot read it, or go back to a backup.", "%s cannot be opened: %v", path, err)
		return checks
	}
	defer func() { _ = c.close() }() // it has written nothing
	if err := checkFile(c, path); err != nil {
		do := "Go back to a backup (docs/operations.md), or name another folder."
		if errors.Is(err, bot.ErrNewer) {
			do = "Start the newer program again, or go back to a backup from before it (docs/operations.md)."
		}
		checks.Broken(about, do, "%v", err)
		return checks
	}
	if info.Size() > readWhole {
		checks.Fine(about, "%s can be read; too big to be looked through", path)
	} else if flaw, err := c.text("pragma quick_check(1)"); err != nil || flaw != "ok" {
		checks.Broken(about, "Stop the bot and go back to a backup (docs/operations.md).", "%s is damaged", path)
		return checks
	} else {
		checks.Fine(about, "%s is sound", path)
	}
	const full = 2
	if level, err := c.number("pragma synchronous"); err != nil || level < full {
		checks.Broken("store: durability", "This is a mistake in the program: tell its authors.", "SQLite does not wait for the disk")
	} else {
		checks.Fine("store: durability", "every commit waits for the disk (synchronous is FULL)")
	}
	return checks
}

// connectReadOnly opens path without making the files of the write-ahead log
// when there are none: then nobody has it open, and nobody changes it.
func connectReadOnly(path string) (*connection, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", path, err)
	}
	query := url.Values{"mode": {"ro"}, "_pragma": settings}
	if _, err := os.Stat(path + "-wal"); errors.Is(err, os.ErrNotExist) {
		query.Set("immutable", "1")
	}
	return connectTo(url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()})
}
