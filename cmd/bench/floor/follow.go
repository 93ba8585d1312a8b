package floor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// FollowOptions says who follows a live page's stream of events, and what they
// wait for.
type FollowOptions struct {
	URL       string // with after= in its query, so that nobody begins too late
	Followers int
	Stalled   int  // of them, who connect and read nothing any more
	From      int  // the number of the first message that counts
	Messages  int  // so many count
	Cut       bool // each connection is cut somewhere, and its follower comes back, until all is seen
}

// Followed is what they saw, all together. Latency is from the time written in a
// message until a follower has read it; both are of this machine's clock.
type Followed struct {
	Delivered, Gaps, Repeats, Reconnects int
	Latency                              Spread
}

// Mark is what a message has to say so that it is known again: its number, and
// when it was said.
func Mark(n int) string { return fmt.Sprintf("m%dx at%dx", n, time.Now().UnixNano()) }

// Follow connects everybody, calls ready when all are, and ends when all messages
// were seen by those who read, or ctx is done.
func Follow(ctx context.Context, o FollowOptions, ready func()) (f Followed, err error) {
	at, err := url.Parse(o.URL)
	if err != nil {
		return f, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all := make([]*follower, o.Followers)
	var connected, reading, stalled sync.WaitGroup
	connecting := make(chan struct{}, 64) // more at once only fills the listener's queue
	for i := range all {
		x := &follower{o: o, at: at, seen: make([]uint8, o.Messages), stalled: i < o.Stalled}
		all[i] = x
		connected.Add(1)
		here := sync.OnceFunc(connected.Done)
		group := &reading
		if x.stalled {
			group = &stalled
		}
		group.Go(func() {
			defer here()
			connecting <- struct{}{}
			release := sync.OnceFunc(func() { <-connecting; here() })
			defer release()
			if err := x.follow(ctx, release); err != nil {
				stop(err)
			}
		})
	}
	connected.Wait()
	ready()
	reading.Wait()
	err = context.Cause(ctx)
	stop(nil)
	stalled.Wait()
	var took []time.Duration
	for _, x := range all {
		if x.stalled {
			continue
		}
		f.Reconnects += x.reconnects
		took = append(took, x.took...)
		for _, times := range x.seen {
			f.Delivered += int(times)
			switch {
			case times == 0:
				f.Gaps++
			case times > 1:
				f.Repeats += int(times) - 1
			}
		}
	}
	f.Latency = SpreadOf(took)
	return f, err
}

// follower is one reader, who costs as little as one can.
type follower struct {
	o       FollowOptions
	at      *url.URL
	stalled bool

	seen       []uint8 // how often each message was
	left       int
	last       string // place of the last whole event
	took       []time.Duration
	reconnects int
}

func (x *follower) follow(ctx context.Context, connected func()) error {
	x.left = len(x.seen)
	for {
		err := x.connection(ctx, connected)
		switch {
		case x.left == 0 || x.stalled || ctx.Err() != nil:
			return nil
		case errors.Is(err, errCut):
			x.reconnects++
		default:
			return fmt.Errorf("a follower was cut off: %w", err)
		}
	}
}

var errCut = errors.New("cut")

// connection reads one connection until all is seen, or it is cut.
func (x *follower) connection(ctx context.Context, connected func()) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", x.at.Host)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	head := "GET " + x.at.RequestURI() + " HTTP/1.1\r\nHost: " + x.at.Host + "\r\nAccept: text/event-stream\r\n"
	if x.last != "" {
		head += "Last-Event-ID: " + x.last + "\r\n"
	}
	if _, err := c.Write([]byte(head + "\r\n")); err != nil {
		return err
	}
	r := bufio.NewReaderSize(c, 2048)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	if x.stalled {
		connected()
		<-ctx.Done()
		return nil
	}
	return x.events(bufio.NewReaderSize(answer.Body, 2048), connected)
}

// events reads events line by line. What is not whole when it is cut does not count.
func (x *follower) events(r *bufio.Reader, connected func()) error {
	cutAt := math.MaxInt
	if x.o.Cut {
		cutAt = rand.IntN(4000) // bytes from here
	}
	place, marks := "", []mark(nil)
	for read := 0; ; {
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		connected()
		if read += len(line); read > cutAt {
			return errCut
		}
		whole := err == nil
		switch {
		case whole && bytes.HasPrefix(line, []byte("id: ")):
			place = string(bytes.TrimSpace(line[4:]))
		case whole && len(line) == 1: // the end of an event
			if place != "" {
				x.last = place
			}
			for _, m := range marks {
				x.note(m)
			}
			place, marks = "", nil
			if x.left == 0 {
				return nil
			}
		default:
			if m, ok := markIn(line); ok {
				marks = append(marks, m)
			}
		}
	}
}

type mark struct {
	n    int
	took time.Duration
}

// markIn finds what Mark wrote.
func markIn(line []byte) (m mark, ok bool) {
	at := bytes.Index(line, []byte("x at"))
	if at < 0 {
		return m, false
	}
	begin := bytes.LastIndexByte(line[:at], 'm')
	end := bytes.IndexByte(line[at+4:], 'x')
	if begin < 0 || end < 0 {
		return m, false
	}
	n, err := strconv.Atoi(string(line[begin+1 : at]))
	said, wrong := strconv.ParseInt(string(line[at+4:at+4+end]), 10, 64)
	return mark{n, time.Since(time.Unix(0, said))}, err == nil && wrong == nil
}

func (x *follower) note(m mark) {
	i := m.n - x.o.From
	if i < 0 || i >= len(x.seen) {
		return
	}
	if x.seen[i]++; x.seen[i] == 1 {
		x.left--
	}
	x.took = append(x.took, m.took)
}
