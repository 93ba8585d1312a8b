package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"datahour/bot"
)

// Bytes that have to be free where the data are. What cannot be written is not
// saved; nothing that was saved is lost.
const (
	spaceLow  = 1 << 30
	spaceNone = 100 << 20
)

// disk is what the system tells of the place where a folder is.
type disk struct {
	known    bool // whether the system tells at all
	free     uint64
	writable bool
	network  bool // a network file system, which SQLite's locks and the write-ahead log do not work on
}

// checkFolder looks at the folder for data. It holds the list of who was erased
// even when state is in Redis.
func checkFolder(path string, database bool, checks *bot.Checks) {
	const about = "store: folder"
	at := path
	info, err := os.Stat(at)
	for errors.Is(err, os.ErrNotExist) && filepath.Dir(at) != at { // it will be made
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	if err != nil || !info.IsDir() {
		checks.Broken(about, "Set DATA_DIR to a folder that the bot may use.", "%s is no folder that can be used", at)
		return
	}
	if mode := info.Mode().Perm(); at == path && mode&0o077 != 0 {
		checks.Warn(about+" rights", fmt.Sprintf("chmod 700 %s", path), "others on this machine may look into %s (its mode is %04o)", path, mode)
	}
	d := diskOf(at)
	switch {
	case !d.known:
		checks.Fine(about, "%s", path)
	case !d.writable:
		checks.Broken(about, "Give it to the account that runs the bot, or set DATA_DIR to another. (Run the doctor as that account.)", "this account may not write in %s", at)
	case d.network && database:
		checks.Broken(about, "Keep it on a local disk, or use Redis.", "%s is on a network file system, where SQLite is not safe", at)
	case d.free < spaceNone:
		checks.Broken(about, "Make room.", "%d MB are free for %s", d.free>>20, path)
	case d.free < spaceLow:
		checks.Warn(about, "Make room.", "%d MB are free for %s", d.free>>20, path)
	default:
		checks.Fine(about, "%s, with %d GB free", path, d.free>>30)
	}
}
