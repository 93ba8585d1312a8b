//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // a second connection that locks the file
)

const (
	away           = 10 * time.Second // the store does not answer for so long
	answeredWithin = 2500 * time.Millisecond
)

// outage is one way in which a store can be away. down begins it and gives what
// ends it.
type outage struct {
	store, what string
	small       bool // the store is on a small disk
	down        func(t *trial) (up func() error, err error)
}

var outages = []outage{
	{"redis", "stopped", false, stopRedis},
	{"sqlite", "locked", false, lockFile},
	{"sqlite", "disk full", true, fillDisk},
	{"redis", "disk full", true, fillDisk},
}

func stopRedis(t *trial) (func() error, error) {
	return func() error { return t.redis.signal(syscall.SIGCONT) }, t.redis.signal(syscall.SIGSTOP)
}

// lockFile holds SQLite's one lock for writing, as another program might.
func lockFile(t *trial) (func() error, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.dir, "data", "datahour.db")+"?_txlock=exclusive&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	held, err := db.Begin()
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(held.Rollback(), db.Close()) }, nil
}

// fillDisk writes until nothing fits any more. A Redis that has to store each
// write ends itself then, and is started again when there is room.
func fillDisk(t *trial) (func() error, error) {
	at := filepath.Join(t.dir, disks[t.store], "filler")
	f, err := os.Create(at)
	if err != nil {
		return nil, err
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if err = f.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	return func() error {
		if err := os.Remove(at); err != nil || t.redis == nil {
			return err
		}
		select {
		case <-t.redis.ended:
			t.redis, _, err = startRedis(filepath.Join(t.dir, "redis"))
			return err
		default:
			return nil
		}
	}, nil
}

// disks are the folders in which the stores keep their files.
var disks = map[string]string{"sqlite": "data", "redis": "redis"}

// errNoDisk: only root may mount, and not in every container.
var errNoDisk = errors.New("a small disk cannot be mounted here")

// smallDisk mounts a disk of a few megabytes for the store.
func smallDisk(dir string) (unmount func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "datahour-chaos", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %w: %s", errNoDisk, err, bytes.TrimSpace(out))
	}
	return func() error { return exec.Command("umount", dir).Run() }, nil
}

// stoppedStores tries every outage: commands are answered in time by what is
// true, nothing that was confirmed is lost, nothing refused appears later.
func stoppedStores(ctx context.Context, o options, only string) (*verdict, error) {
	all := &verdict{}
	var rows []string
	for _, what := range outages {
		if only != "" && what.store != only {
			continue
		}
		one := o
		one.store, one.dir = what.store, filepath.Join(o.dir, what.store+"-"+strings.ReplaceAll(what.what, " ", "-"))
		fmt.Fprintf(o.out, "%s, %s\n", what.store, what.what)
		v, row, err := stoppedStore(ctx, one, what)
		if errors.Is(err, errNoDisk) {
			rows = append(rows, fmt.Sprintf("%-8s %-10s not tried: %v", what.store, what.what, err))
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", what.store, what.what, err)
		}
		rows = append(rows, row)
		all.lost, all.twice, all.stale, all.shown = all.lost+v.lost, all.twice+v.twice, all.stale+v.stale, all.shown+v.shown
	}
	fmt.Fprintf(o.out, "%-8s %-10s %9s %6s %8s %8s %10s %6s %6s %6s\n", "store", "was", "commands", "saved", "refused", "unknown", "slowest", "lost", "twice", "stale")
	for _, row := range rows {
		fmt.Fprintln(o.out, row)
	}
	return all, nil
}

// asked is one command and what its person was told.
type asked struct {
	question, told string
	took           time.Duration
}

func stoppedStore(ctx context.Context, o options, what outage) (*verdict, string, error) {
	if what.small {
		unmount, err := smallDisk(filepath.Join(o.dir, disks[o.store]))
		if err != nil {
			return nil, "", err
		}
		defer unmount()
	}
	t, err := newTrial(o, 1, nil)
	if err != nil {
		return nil, "", err
	}
	defer t.close()
	if err := t.bots[0].up(); err != nil {
		return nil, "", err
	}
	began := time.Now()
	if err := t.settleIn(); err != nil {
		return nil, "", err
	}
	h, err := t.begin(ctx, time.Hour)
	if err != nil {
		return nil, "", err
	}
	hush := t.chatter(h, 0)
	defer hush()
	questions := t.questions(h)
	time.Sleep(2 * time.Second)
	up, err := what.down(t)
	if err != nil {
		return nil, "", err
	}
	time.Sleep(away)
	if err := up(); err != nil {
		return nil, "", err
	}
	all := questions()
	hush()
	v := &verdict{}
	row, err := t.judgeAnswers(v, h, what, all)
	if err != nil {
		return nil, "", err
	}
	if got, ok := t.insist(h.organiser, h.rooms[0], "/datahour close "+h.id, "Closed. Thank you", "was closed at"); !ok {
		return nil, "", fmt.Errorf("closing: %s", got)
	}
	h.closed = true
	last, err := t.final(90 * time.Second)
	if err != nil {
		return nil, "", err
	}
	last.lost, last.stale, last.faults = last.lost+v.lost, last.stale+v.stale, append(v.faults, last.faults...)
	t.table(o.out, last, time.Since(began))
	return last, row + fmt.Sprintf(" %6d %6d %6d", last.lost, last.twice, last.stale), nil
}

// questions puts a question forward every 400 ms, each by itself, from two
// seconds before the outage until three after it.
func (t *trial) questions(h *hour) (wait func() []asked) {
	var all []asked
	var mu sync.Mutex
	var asking sync.WaitGroup
	over := make(chan struct{})
	go func() {
		defer close(over)
		for n := range int((away + 5*time.Second) / (400 * time.Millisecond)) {
			asking.Go(func() {
				a := asked{question: fmt.Sprintf("Question q%dq of the store?", n)}
				began := time.Now()
				out, err := t.w.command(h.organiser, h.rooms[0], "/datahour ask hour="+h.id+" "+a.question)
				a.took = time.Since(began)
				if err == nil && out.Answered {
					a.told = answer(out)
				}
				mu.Lock()
				defer mu.Unlock()
				all = append(all, a)
			})
			time.Sleep(400 * time.Millisecond)
		}
	}()
	return func() []asked {
		<-over
		asking.Wait()
		return all
	}
}

// judgeAnswers compares what people were told with what is there, at once and
// half a minute later.
func (t *trial) judgeAnswers(v *verdict, h *hour, what outage, all []asked) (row string, err error) {
	var saved, refused, unknown int
	var slowest time.Duration
	kinds := map[string]string{}
	for _, a := range all {
		slowest = max(slowest, a.took)
		if a.told == "" || a.took > answeredWithin {
			v.fault(&v.lost, "late: a command was answered after %.1f s: %q", a.took.Seconds(), a.told)
		}
		switch {
		case a.told == "" || strings.Contains(a.told, "don't know yet"):
			unknown++
			kinds[a.question] = "unknown"
		case strings.Contains(a.told, "It is in the queue"):
			saved++
			kinds[a.question] = "saved"
		case strings.Contains(a.told, "Not saved") || strings.Contains(a.told, "nothing was changed"):
			refused++
			kinds[a.question] = "refused"
		default:
			return "", fmt.Errorf("nobody knows what this means: %q", a.told)
		}
	}
	for _, wait := range []time.Duration{0, 15 * time.Second} {
		time.Sleep(wait)
		queue, ok := t.insist(h.organiser, h.rooms[0], "/datahour queue hour="+h.id, "Waiting in", "No question is waiting")
		if !ok {
			return "", fmt.Errorf("the queue could not be read: %s", queue)
		}
		for _, question := range slices.Sorted(maps.Keys(kinds)) {
			switch times := strings.Count(queue, question); {
			case kinds[question] == "saved" && times == 0:
				v.fault(&v.lost, "lost: %q was confirmed and is not there", question)
			case kinds[question] == "refused" && times > 0:
				v.fault(&v.stale, "stale: %q was refused and is there", question)
			case times > 1:
				v.fault(&v.twice, "twice: %q", question)
			}
		}
	}
	return fmt.Sprintf("%-8s %-10s %9d %6d %8d %8d %9.2fs", what.store, what.what, len(all), saved, refused, unknown, slowest.Seconds()), nil
}
