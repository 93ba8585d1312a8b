package diary_test

import (
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"datahour/bot/diary"
)

var (
	london = place("Europe/London")
	said   = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
)

func place(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return l
}

func breakfast() diary.Entry {
	start := time.Date(2027, 2, 5, 8, 30, 0, 0, london)
	return diary.Entry{UID: "event-7k2f@data.example.org", Sequence: 2, Changed: said, Start: start, End: start.Add(90 * time.Minute),
		Title: "DataJam breakfast", Place: "Urban Sciences Building, Newcastle", URL: "https://data.example.org/event/7k2f"}
}

func encode(t *testing.T, c diary.Calendar) string {
	t.Helper()
	out, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// unfolded are the content lines of a file, folds undone.
func unfolded(file string) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(file, "\r\n ", ""), "\r\n"), "\r\n")
}

func TestAFileAsItIs(t *testing.T) {
	e := breakfast()
	e.Rule = "FREQ=WEEKLY;INTERVAL=2"
	e.Except = []time.Time{e.Start.AddDate(0, 0, 14)}
	moved := breakfast()
	moved.Instead, moved.Start, moved.End = e.Start.AddDate(0, 0, 28), e.Start.AddDate(0, 0, 29), e.End.AddDate(0, 0, 29)
	off := diary.Entry{UID: "hour-9abc@data.example.org", Changed: said, Start: time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC),
		Title: "Flood data; rivers, and \\ ponds", Text: "Two lines,\nand one that is long enough to be folded: " + strings.Repeat("é", 60), Cancelled: true}
	got := encode(t, diary.Calendar{Name: "Data people, loosely joined", Refresh: time.Hour, Entries: []diary.Entry{e, moved, off}})
	const golden = "testdata/calendar.ics"
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs from what is written:\n%s", golden, diff)
	}
}

func TestLinesAreFoldedByOctets(t *testing.T) {
	e := breakfast()
	for _, words := range []string{strings.Repeat("é", 300), strings.Repeat("👩‍💻", 80), "a" + strings.Repeat("日本", 100), strings.Repeat("x", 75)} {
		e.Title = words
		file := encode(t, diary.Calendar{Entries: []diary.Entry{e}})
		for line := range strings.SplitSeq(file, "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Errorf("a line of %d octets, valid %v: %q", len(line), utf8.ValidString(line), line)
			}
		}
		if !strings.Contains(strings.Join(unfolded(file), "\n"), "SUMMARY:"+words+"\n") {
			t.Errorf("unfolded, the title is not %q", words)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for name, change := range map[string]func(*diary.Entry){
		"no UID":              func(e *diary.Entry) { e.UID = "" },
		"no start":            func(e *diary.Entry) { e.Start = time.Time{} },
		"no change":           func(e *diary.Entry) { e.Changed = time.Time{} },
		"ends before":         func(e *diary.Entry) { e.End = e.Start.Add(-time.Second) },
		"a rule with a line":  func(e *diary.Entry) { e.Rule = "FREQ=DAILY\r\nATTACH:x" },
		"a rule that is none": func(e *diary.Entry) { e.Rule = "every day" },
	} {
		e := breakfast()
		change(&e)
		if _, err := (diary.Calendar{Entries: []diary.Entry{e}}).Encode(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for address, want := range map[string]bool{
		"https://example.org/a?b=1&c=%20": true, "http://example.org": true, "javascript:alert(1)": false, "//example.org": false, "": false,
		"https://example.org/\r\nATTACH:x": false, "https://example.org/a b": true, "https://exa\u2028mple.org/": true,
	} {
		e := breakfast()
		e.URL = address
		file := encode(t, diary.Calendar{Entries: []diary.Entry{e}})
		if got := strings.Contains(file, "\r\nURL:"); got != want || strings.Contains(file, "\r\nATTACH") {
			t.Errorf("%q: written %v, want %v:\n%s", address, got, want, file)
		}
	}
}

// FuzzWords: whatever people write, the file has the same lines.
func FuzzWords(f *testing.F) {
	for _, words := range []string{"", "x\r\nATTACH:https://evil.example", "\n BEGIN:VALARM", "a\u2028END:VCALENDAR", "\\n;,:\"", "\xff\xfe\x00", strings.Repeat("é\n", 80), "\u0085\v\fx"} {
		f.Add(words)
	}
	names := func(t *testing.T, e diary.Entry) (all []string) {
		// Readers differ in what ends a line: these are the ends that the most generous ones know.
		for _, line := range strings.FieldsFunc(strings.ReplaceAll(encode(t, diary.Calendar{Name: e.Title, Entries: []diary.Entry{e}}), "\r\n ", ""), func(r rune) bool {
			return strings.ContainsRune("\r\n\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r)
		}) {
			name, _, _ := strings.Cut(line, ":")
			all = append(all, name)
		}
		return all
	}
	f.Fuzz(func(t *testing.T, words string) {
		e := breakfast()
		e.UID, e.Title, e.Text, e.Place = "x", "x", "x", "x"
		want := names(t, e)
		e.UID, e.Title, e.Text, e.Place = "x"+words, "x"+words, "x"+words, "x"+words
		if diff := cmp.Diff(want, names(t, e)); diff != "" {
			t.Error(diff)
		}
	})
}
