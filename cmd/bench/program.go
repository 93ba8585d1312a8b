package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"datahour/cmd/bench/floor"
)

const (
	answersWithin = 10 * time.Second
	idleAfter     = 3 * time.Second // without anything to do
	mebibyte      = 1 << 20
)

// programRound measures the program as it is shipped, on the store in which an
// hour was held: how big it is, how soon it answers after a start, how much
// memory it takes when idle, and after somebody read the transcript. The world
// that it connects to is a process of its own.
func programRound(ctx context.Context, b *bench, at place) (err error) {
	if b.program == "" {
		if b.program, err = build(ctx, b.dir); err != nil {
			return err
		}
	}
	size, err := os.Stat(b.program)
	if err != nil {
		return err
	}
	b.table.note(line{"stripped binary", "", "MB", oursAtMost(34)}, 0, float64(size.Size())/1e6)
	if _, ok := b.held[at.name()]; !ok {
		if _, err := b.hold(ctx, at); err != nil {
			return err
		}
	}
	h := b.held[at.name()]
	world, stop, err := b.startWorld()
	if err != nil {
		return err
	}
	defer stop()
	for range b.starts {
		p, err := b.start(ctx, h, world)
		if err != nil {
			return err
		}
		b.table.note(line{"first answer after a start: home page", at.name(), "ms", oursAtMost(60)}, 0, ms(p.page))
		b.table.note(line{"first answer after a start: command", at.name(), "ms", oursAtMost(60)}, 0, ms(p.command))
		if err := p.end(); err != nil {
			return err
		}
	}
	p, err := b.start(ctx, h, world)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end()) }()
	time.Sleep(idleAfter)
	idle, _, err := p.memory()
	if err != nil {
		return err
	}
	b.table.note(line{"idle memory (RSS)", at.name(), "MiB", oursAtMost(30)}, 0, idle)
	return b.read(ctx, at, p, h)
}

// read times the transcript in the built program, again and again, and looks
// what that did to its memory.
func (b *bench) read(ctx context.Context, at place, p *started, h held) error {
	what := fmt.Sprintf("transcript of %d messages", b.messages)
	for _, form := range []struct{ name, ending string }{{"page", ""}, {"JSON", ".json"}} {
		var took []time.Duration
		for range pageTries {
			began := time.Now()
			if err := p.get(ctx, "/hour/"+h.id+form.ending); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		b.table.note(line{what + ": " + form.name, at.name(), "ms", oursAtMost(500)}, 0, ms(floor.SpreadOf(took).P50))
	}
	_, peak, err := p.memory()
	b.table.note(line{"most memory (RSS) while it was read", at.name(), "MiB", oursAtMost(128)}, 0, peak)
	return err
}

// build makes the program as a release is made.
func build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "datahour")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "datahour/cmd/datahour")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building datahour: %w\n%s", err, out)
	}
	return program, nil
}

// startWorld starts the playground, alone, and gives its address.
func (b *bench) startWorld() (url string, stop func(), err error) {
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	world := exec.Command(b.program, "playground")
	world.Env = append(os.Environ(), "DATAHOUR_ADDR="+address, "DATAHOUR_DATA_DIR="+filepath.Join(b.dir, "world"))
	stop, err = startAndWaitFor(world, "The playground is at")
	return "http://" + address, stop, err
}

// freeAddress is one on loopback on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// started is the built program at work.
type started struct {
	address string
	process *exec.Cmd
	page    time.Duration // from its start to the first page
	command time.Duration // from its start to the first answer to a command
}

// start starts the program on what was kept of an hour, and asks it for its home
// page and, through the world, for the answer to a command, both from the first
// moment on.
func (b *bench) start(ctx context.Context, h held, world string) (*started, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p := &started{address: address, process: exec.Command(b.program)}
	p.process.Env = append(os.Environ(), "DATAHOUR_ADDR="+address, "DATAHOUR_DATA_DIR="+h.dir, "DATAHOUR_PLAYGROUND_URL="+world, "DATAHOUR_LOG_LEVEL=error")
	if h.url != "" {
		p.process.Env = append(p.process.Env, "DATAHOUR_REDIS_URL="+h.url)
	}
	p.process.Stderr = os.Stderr
	dieWithUs(p.process)
	began := time.Now()
	if err := p.process.Start(); err != nil {
		return nil, fmt.Errorf("starting datahour: %w", err)
	}
	answered := make(chan error, 1)
	go func() {
		err := askWorld(ctx, world)
		p.command = time.Since(began)
		answered <- err
	}()
	err = until(answersWithin, func() bool { return p.get(ctx, "/") == nil })
	p.page = time.Since(began)
	if err = errors.Join(err, <-answered); err != nil {
		return nil, errors.Join(fmt.Errorf("waiting for the first answer: %w", err), p.end())
	}
	return p, nil
}

// askWorld lets somebody type a command, which waits in the world until a bot is
// connected and answers.
func askWorld(ctx context.Context, world string) error {
	ctx, stop := context.WithTimeout(ctx, answersWithin)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, world+"/api/command", bytes.NewBufferString(`{"as":"tim","room":"data","text":"/my"}`))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var outcome struct{ Answered bool }
	if err := json.Unmarshal(body, &outcome); err != nil || !outcome.Answered {
		return fmt.Errorf("the world said %s: %s", answer.Status, body)
	}
	return nil
}

func (p *started) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", path, answer.Status)
	}
	return nil
}

// end stops the program as an operator does, so that the next one need not wait
// for it to be taken for dead.
func (p *started) end() error {
	if err := p.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return p.process.Wait()
}

// memory is what the program takes of the machine's memory now, and took at
// most, in MiB.
func (p *started) memory() (now, most float64, err error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.process.Process.Pid) + "/status")
	if err != nil {
		return 0, 0, fmt.Errorf("reading how much memory is taken, which needs Linux: %w", err)
	}
	for text := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(text, ":")
		kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmRSS":
			now = kib * 1024 / mebibyte
		case "VmHWM":
			most = kib * 1024 / mebibyte
		}
	}
	return now, most, nil
}
