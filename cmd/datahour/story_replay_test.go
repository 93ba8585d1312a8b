package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"

	"datahour/adapters/playground/world"
)

// TestReplay tells testdata/replay/replay.txtar with the small hour beside it
// and, where they are, with the real hours of ../shared/data/hours, which are
// not part of the product. Its own words are
//
//	replay FILE without=NAME     people say the lines of FILE ("[time] <name> words"), at speed
//	replayed room ROOM           wait until the room has each line of the other platform once, in order
//	replayed transcript PATH     the same for every line, in the JSON of a transcript; NAME has none
//	replayed public PATH         no word of NAME's is on that page, and the others' are
func TestReplay(t *testing.T) {
	here, err := filepath.Abs("testdata/replay/hour.txt")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := filepath.Abs("../../../shared/data/hours")
	if err != nil {
		t.Fatal(err)
	}
	real, err := filepath.Glob(filepath.Join(shared, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(real, here) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			lines, err := readHour(file)
			if err != nil {
				t.Fatal(err)
			}
			tell(t, testscript.Params{Files: []string{"testdata/replay/replay.txtar"}}, func(env *testscript.Env) error {
				env.Setenv("HOUR_FILE", file)
				env.Setenv("WITHOUT", lines[len(lines)/3].name)
				return nil
			})
		})
	}
}

// spoken is one line of an hour.
type spoken struct{ name, words, person, platform string }

var lineOfHour = regexp.MustCompile(`^\x{feff}?\[[^\]]+\] <([^>]+)> (.*\S)`)

// readHour reads what was said; joins, parts and empty lines are left out.
func readHour(path string) ([]spoken, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []spoken
	in := bufio.NewScanner(file)
	for in.Scan() {
		if m := lineOfHour.FindStringSubmatch(in.Text()); m != nil {
			lines = append(lines, spoken{name: m[1], words: strings.TrimSpace(m[2])})
		}
	}
	if len(lines) < 10 {
		return nil, fmt.Errorf("%s has %d lines only", path, len(lines))
	}
	return lines, in.Err()
}

// replay is what was said again in a story, and who said no.
type replay struct {
	lines   []spoken
	without string
}

func replayHour(s *story, _ bool, args []string) {
	if len(args) != 2 {
		s.Fatalf("usage: replay FILE without=NAME")
	}
	lines, err := readHour(args[0])
	s.Check(err)
	r := &replay{lines: lines, without: strings.TrimPrefix(args[1], "without=")}
	rooms := map[string]string{"north": "data", "south": "data-chat"}
	people := map[string]spoken{}
	for i, l := range r.lines {
		who, known := people[l.name]
		if !known {
			who = s.join(l.name, []string{"north", "south"}[len(people)%2])
			people[l.name] = who
			choice := "By my name"
			if l.name == r.without {
				choice = "Not at all"
			}
			as(s, false, []string{who.person, "press", choice, "in", rooms[who.platform]})
		}
		r.lines[i].person, r.lines[i].platform = who.person, who.platform
		var said struct{ At time.Time }
		s.Check(s.call("POST", "/api/say", map[string]any{"as": who.person, "room": rooms[who.platform], "text": l.words, "id": fmt.Sprint("line-", i)}, &said))
		// Platforms tell milliseconds. Which of two lines in the same one came
		// first, nobody knows who listens on both.
		s.until("the next millisecond", func() bool {
			var clock struct{ Now time.Time }
			s.Check(s.call("GET", "/api/clock", nil, &clock))
			return clock.Now.Truncate(time.Millisecond).After(said.At)
		})
	}
	s.replayed = r
}

// join adds somebody to the playground. A name that the world has no letters
// for gets an id of ours.
func (s *story) join(name, platform string) spoken {
	var p world.Person
	s.Check(s.call("POST", "/api/people", map[string]any{"platform": platform, "name": name, "id": fmt.Sprintf("speaker-%d", s.joined)}, &p))
	s.joined++
	return spoken{name: name, person: p.ID, platform: platform}
}

func replayed(s *story, _ bool, args []string) {
	if len(args) != 2 || s.replayed == nil {
		s.Fatalf("usage, after replay: replayed room|transcript|public WHERE")
	}
	check := map[string]func(where string) error{"room": s.carriedTo, "transcript": s.transcribed, "public": s.without}[args[0]]
	if check == nil {
		s.Fatalf("nothing is replayed in a %s", args[0])
	}
	var err error
	defer func() {
		if err != nil {
			fmt.Fprintln(s.Stderr(), err)
		}
	}()
	s.until("what was said to be in "+args[1], func() bool {
		err = check(args[1])
		return err == nil
	})
}

// bare leaves the letters and digits, which no platform's markup changes.
func bare(words string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, words)
}

// carriedTo tells what is missing, out of order or twice in a room.
func (s *story) carriedTo(room string) error {
	posts, err := s.posts(room, "")
	if err != nil {
		return err
	}
	var all strings.Builder
	for _, p := range posts {
		if p.Content != nil && !p.Deleted {
			all.WriteString(bare(p.Content.Text))
		}
	}
	text, from := all.String(), 0
	said := map[string]int{}
	for _, l := range s.replayed.lines {
		if s.at(room) == l.platform {
			continue
		}
		words := bare(l.words)
		said[words]++
		at := strings.Index(text[from:], words)
		if at < 0 {
			return fmt.Errorf("%q is not in %s, or not in its place", l.words, room)
		}
		from += at + len(words)
	}
	for words, times := range said {
		// Short ones are parts of others.
		if n := strings.Count(text, words); len(words) > 24 && n != times {
			return fmt.Errorf("%q is in %s %d times, and was said %d times", words, room, n, times)
		}
	}
	return nil
}

// at is the platform of a room.
func (s *story) at(room string) string {
	if room == "data" {
		return "north"
	}
	return "south"
}

func (s *story) transcribed(path string) error {
	raw, err := s.publicly(path)
	if err != nil {
		return err
	}
	var transcript struct {
		Lines []struct{ Name, Text string }
	}
	if err := json.Unmarshal([]byte(raw), &transcript); err != nil {
		return err
	}
	var want, got []string
	for _, l := range s.replayed.lines {
		if l.name != s.replayed.without {
			want = append(want, l.name+": "+l.words)
		}
	}
	for _, l := range transcript.Lines {
		got = append(got, l.Name+": "+l.Text)
	}
	for i := range min(len(want), len(got)) {
		if bare(want[i]) != bare(got[i]) {
			return fmt.Errorf("line %d of the transcript is %q, and was %q", i+1, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("the transcript has %d lines of %d", len(got), len(want))
	}
	return nil
}

// without looks for what must not be seen.
func (s *story) without(path string) error {
	raw, err := s.publicly(path)
	if err != nil {
		return err
	}
	text := bare(html.UnescapeString(raw))
	others := slices.DeleteFunc(slices.Clone(s.replayed.lines), func(l spoken) bool { return l.name == s.replayed.without })
	for _, l := range s.replayed.lines {
		words := bare(l.words)
		shared := slices.ContainsFunc(others, func(o spoken) bool { return strings.Contains(bare(o.words), words) })
		switch {
		case l.name != s.replayed.without:
		// Short ones come about by chance, where one person's words end and another's name begins.
		case len(words) > 24 && !shared && strings.Contains(text, words):
			s.Fatalf("%s has said no, and %q is on %s", l.name, l.words, path)
		}
	}
	if last := others[len(others)-1]; !strings.Contains(text, bare(last.words)) {
		return fmt.Errorf("%q is not on %s", last.words, path)
	}
	return nil
}

func (s *story) publicly(path string) (string, error) {
	answer, err := http.Get(s.pages + path)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return string(raw), err
}
