//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// victim is a bot that can be killed and started again at any time, always on
// the same address, so that links to its pages stay right.
type victim struct {
	name    string
	program string
	log     string
	env     []string
	addr    string

	mu    sync.Mutex
	p     *process
	kills atomic.Int64
	stops atomic.Int64
}

// newVictim prepares a bot on a fresh address; env says which store it has.
func newVictim(name, program, log string, env ...string) (*victim, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return &victim{name: name, program: program, log: log, addr: addr, env: append([]string{"DATAHOUR_ADDR=" + addr, "DATAHOUR_LOG_LEVEL=warn"}, env...)}, nil
}

func (v *victim) up() error {
	p, err := start(v.log, v.program, v.env)
	if err != nil {
		return err
	}
	go io.Copy(io.Discard, p.out)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.p = p
	return nil
}

func (v *victim) process() *process {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.p
}

func (v *victim) down() {
	if p := v.process(); p != nil {
		p.kill()
	}
}

// again is kill -9, and the next start at once.
func (v *victim) again() error {
	v.down()
	v.kills.Add(1)
	return v.up()
}

// tormented kills the bot n times at random moments: mostly while it works, and
// every fourth time while it starts. When others stand by, every second time it
// is stopped instead, and wakes up up to three seconds later.
func (v *victim) tormented(ctx context.Context, n int, standby bool, luck *rand.Rand) error {
	for range n {
		wait := 150 + luck.IntN(2600)
		if luck.IntN(4) == 0 {
			wait = luck.IntN(250)
		}
		if err := v.lives(ctx, wait); err != nil || ctx.Err() != nil {
			return err
		}
		if standby && luck.IntN(2) == 0 {
			if err := v.stop(); err != nil {
				return err
			}
			v.stops.Add(1)
			if err := v.lives(ctx, 50+luck.IntN(3000)); err != nil {
				return err
			}
			if err := v.goOn(); err != nil {
				return err
			}
			continue
		}
		if err := v.again(); err != nil {
			return err
		}
	}
	return nil
}

// lives waits so many milliseconds, in which the bot must not end by itself.
func (v *victim) lives(ctx context.Context, wait int) error {
	select {
	case <-time.After(time.Duration(wait) * time.Millisecond):
	case <-ctx.Done():
	case <-v.process().ended:
		return fmt.Errorf("%s ended by itself; its log is %s", v.name, v.log)
	}
	return nil
}

func (v *victim) stop() error { return v.process().signal(syscall.SIGSTOP) }
func (v *victim) goOn() error { return v.process().signal(syscall.SIGCONT) }
func (v *victim) page(path string) (status int, text string, err error) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("http://" + v.addr + path)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(raw), err
}

// active tells whether this bot is ready to answer commands.
func (v *victim) active() bool {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get("http://" + v.addr + "/readyz")
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}
