package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"datahour/bot"
)

// killMe names, in a process started by TestKilled, the file that it writes to.
const killMe = "DATAHOUR_TEST_KILL_ME"

func TestMain(m *testing.M) {
	if path := os.Getenv(killMe); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits from several writers, and says on standard output
// what was acknowledged.
func writeUntilKilled(path string) {
	s, err := Open(path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	acknowledged := make(chan string)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("writer %d commit %d", w, i)
				m := bot.Moment{Now: time.Now(), Wall: time.Now()}
				_, err := s.Commit(context.Background(), m, bot.Batch{
					Seen: []string{key}, Put: []bot.Record{{Key: key, Value: []byte(key)}}, Append: []bot.Entry{{Log: strconv.Itoa(w), Data: []byte(key)}},
				})
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				acknowledged <- key
			}
		}()
	}
	for key := range acknowledged {
		fmt.Println(key)
	}
}

// TestKilled kills a writing process with -9 several times and finds everything
// that was acknowledged, whole and in order.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		path := filepath.Join(dir, fmt.Sprint(round, ".db"))
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killMe+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		lines := bufio.NewScanner(out)
		for len(acknowledged) < 100+37*round && lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it said before it was dead
			acknowledged = append(acknowledged, lines.Text())
		}
		_ = child.Wait() // it was killed
		s := open(t, path)
		for _, key := range acknowledged {
			if r, err := s.Get(t.Context(), key); err != nil || string(r[0].Value) != key {
				t.Fatalf("round %d: %q was acknowledged and is %+v, %v", round, key, r, err)
			}
		}
		for w := range 8 {
			entries, err := s.Read(t.Context(), strconv.Itoa(w), 0, 100_000, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range entries {
				want := fmt.Sprintf("writer %d commit %d", w, i)
				r, err := s.Get(t.Context(), want)
				if err != nil || string(e.Data) != want || e.Seq != bot.Seq(i+1) || r[0].Rev == 0 {
					t.Fatalf("round %d: entry %d is %+v, its record %+v, %v", round, i, e, r, err)
				}
			}
		}
		checkIntegrity(t, path)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
