//go:build live

package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// deafLine is a network between the program and a server, which can die without a word.
type deafLine struct {
	net.Listener
	mu    sync.Mutex
	alive map[*bool]bool // of each connection, whether it carries anything
	made  int
}

func newDeafLine(t *testing.T, to string) *deafLine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &deafLine{Listener: l, alive: map[*bool]bool{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			of := new(bool)
			n.mu.Lock()
			n.alive[of], n.made = true, n.made+1
			n.mu.Unlock()
			go n.copy(of, in, out)
			go n.copy(of, out, in)
		}
	}()
	return n
}

// fallSilent makes all connections that there are swallow everything, for ever.
// Those that are made afterwards are well.
func (n *deafLine) fallSilent() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.alive)
	n.made = 0
}

// anew tells whether there are new connections since it fell silent.
func (n *deafLine) anew() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.made > 0
}

func (n *deafLine) copy(of *bool, to io.WriteCloser, from io.Reader) {
	b := make([]byte, 32<<10)
	for {
		count, err := from.Read(b)
		n.mu.Lock()
		alive := n.alive[of]
		n.mu.Unlock()
		if alive && count > 0 {
			_, err = to.Write(b[:count])
		}
		if err != nil {
			if alive {
				to.Close()
			}
			return
		}
	}
}

// All connections to the server die without a word, at the default interval of
// pings, while people talk and the bot posts. It is noticed within that and five
// seconds; nothing is lost, and nothing stands twice.
func TestLiveMattermostSilence(t *testing.T) {
	w := openMattermost(t)
	n := newDeafLine(t, strings.TrimPrefix(w.admin.url, "http://"))
	w.settings["MATTERMOST_CHARITIES_URL"] = "http://" + n.Addr().String()
	w.promote()
	w.begin()
	w.registered()
	w.connected()
	w.startHour("What people use")
	var said []string
	for i := range 30 {
		if i == 10 {
			n.fallSilent()
			w.ada.types(w.room, "/datahour next")
		}
		said = append(said, fmt.Sprintf("number %d.", i))
		w.grace.says(w.room, "", said[i])
	}
	lost := time.Now()
	w.within(20*time.Second, "the dead socket to be noticed", func() bool { return strings.Contains(w.err.String(), "socket lost") && n.anew() })
	t.Logf("noticed after %v", time.Since(lost))
	w.ada.finds(w.liveProgram, w.room, "Which river?")
	w.shows("/hour/"+w.hour, said[29], true)
	page, err := w.page("/hour/" + w.hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range said {
		if got := strings.Count(page, words); got != 1 {
			t.Errorf("%q stands %d times on the page", words, got)
		}
	}
	w.transcribed(said, nil)
	w.once("Which river?")
	w.stop()
}
