package sqlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
)

// TestErasedWordsLeaveTheFiles writes, overwrites and deletes records of all
// sizes in random order, so that pages split, move and merge, and then looks for
// every word that should be gone in the bytes of all files.
func TestErasedWordsLeaveTheFiles(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "bot.db"))
	random := rand.New(rand.NewPCG(0, 1))
	kept, gone := map[string]string{}, []string{}
	for step := range 1500 {
		key := fmt.Sprintf("note/%d", random.IntN(300))
		word := fmt.Sprintf("word-%d.", step)
		if old, ok := kept[key]; ok {
			gone = append(gone, old)
		}
		if random.IntN(3) == 0 {
			delete(kept, key)
			commitNow(t, s, bot.Batch{Delete: []bot.Record{{Key: key, Rev: bot.Any}}})
			continue
		}
		kept[key] = word
		value := []byte(strings.Repeat(word, 1+random.IntN(1+random.IntN(400))))
		commitNow(t, s, bot.Batch{Put: []bot.Record{{Key: key, Rev: bot.Any, Value: value}}})
	}
	if err := s.tidy(); err != nil {
		t.Fatal(err)
	}
	files := filesBeside(t, s.path)
	for _, word := range gone {
		if n := bytes.Count(files, []byte(word)); n > 0 {
			t.Errorf("%q is still there %d times", word, n)
		}
	}
	checkIntegrity(t, s.path)
	for key, word := range kept {
		if r, err := s.Get(t.Context(), key); err != nil || !bytes.HasPrefix(r[0].Value, []byte(word)) {
			t.Errorf("%s was damaged: %v", key, err)
		}
		if !bytes.Contains(files, []byte(word)) {
			t.Errorf("%q is not there, so looking at the files proves nothing", word)
		}
	}
}

// TestItTidiesByItself lets time pass, which is the bubble's own here.
func TestItTidiesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(filepath.Join(t.TempDir(), "bot.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		<-time.After(2 * tidyAfter) // the tidying after opening is over
		commitNow(t, s, bot.Batch{Put: []bot.Record{{Key: "note/1", Rev: bot.Any, Value: []byte("a word to be erased")}}})
		commitNow(t, s, bot.Batch{Delete: []bot.Record{{Key: "note/1", Rev: bot.Any}}})
		if !bytes.Contains(filesBeside(t, s.path), []byte("a word to be erased")) {
			t.Fatal("it is gone already, so waiting proves nothing")
		}
		<-time.After(2 * tidyAfter)
		synctest.Wait()
		if bytes.Contains(filesBeside(t, s.path), []byte("a word to be erased")) {
			t.Error("it is still there after a while")
		}
	})
}

// checkIntegrity lets SQLite look through the whole file.
func checkIntegrity(t *testing.T, path string) {
	t.Helper()
	c, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close() }()
	var check *statement
	if err := c.prepare(map[**statement]string{&check: "pragma integrity_check"}); err != nil {
		t.Fatal(err)
	}
	if row, err := check.first(); err != nil || row[0] != "ok" {
		t.Fatalf("the file is damaged: %v, %v", row, err)
	}
}

// commitNow commits at the real time and must succeed.
func commitNow(t *testing.T, s *Store, b bot.Batch) bot.Rev {
	t.Helper()
	rev, err := s.Commit(t.Context(), now(), b)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return rev
}

func now() bot.Moment { return bot.Moment{Now: time.Now(), Wall: time.Now()} }

// filesBeside gives the bytes of all files of a store. They are read in one
// piece each, at a time when nobody writes; the main file's own lock is of no
// matter then.
func filesBeside(t *testing.T, path string) []byte {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("files %v, %v", names, err)
	}
	var all []byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}
