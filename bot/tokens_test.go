package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// show writes words as "text" or "name=text".
func show(words []word) []string {
	var all []string
	for _, w := range words {
		s := w.text
		if w.name != "" {
			s = w.name + "=" + s
		}
		if w.quoted {
			s = "'" + s + "'"
		}
		all = append(all, s)
	}
	return all
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                                  nil,
		" \t ":                              nil,
		"datahour new Floods":               {"datahour", "new", "Floods"},
		`new "Flood data" now`:              {"new", "'Flood data'", "now"},
		"new “Flood data” now":              {"new", "'Flood data'", "now"},
		"new „Flut” now":                    {"new", "'Flut'", "now"},
		"new “Flood data\" now":             {"new", "'Flood data'", "now"},
		"don't stop o'clock":                {"don't", "stop", "o'clock"},
		"'single quotes'":                   {"'single", "quotes'"},
		`never "closed here`:                {"never", `"closed`, "here"},
		`5" of rain`:                        {`5"`, "of", "rain"},
		`say "a "quoted" word" ok`:          {"say", `'a "quoted'`, `word"`, "ok"},
		`"" x`:                              {"''", "x"},
		`when="Wed 8pm" length=90m`:         {"'when=Wed 8pm'", "length=90m"},
		`WHEN=“Wed 8pm”`:                    {"'when=Wed 8pm'"},
		"a1=b 2=3 =x":                       {"a1=b", "2=3", "=x"},
		"a=b=c":                             {"a=b=c"},
		"https://x.example/?q=1":            {"https://x.example/?q=1"},
		"<!user:north:ada> hello":           {"<!user:north:ada>", "hello"},
		"two\u00a0words\r\nand a third":     {"two", "words", "and", "a", "third"},
		"Grüße 你好 👩\u200d💻":                 {"Grüße", "你好", "👩\u200d💻"},
		"averyveryverylongargumentname=x":   {"averyveryverylongargumentname=x"},
		"questions=\"one\" questions=\"2\"": {"'questions=one'", "'questions=2'"},
	} {
		if got := show(splitWords(line)); !slices.Equal(got, want) {
			t.Errorf("splitWords(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		`"all of it"`: "all of it", `"one" and "two"`: `"one" and "two"`, "plain": "plain", " “smart” ": "smart", `"`: `"`, `""`: "", `it "ends"`: `it "ends"`,
	} {
		if got := unquote(in); got != want {
			t.Errorf("unquote(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range append(hostile, `a "b c" d="e f" g`, "“x” ”y„", "\u00a0", "name=", `name="`, `="`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, w := range splitWords(s) {
			if w.start < last || w.end <= w.start || w.end > len(s) {
				t.Fatalf("splitWords(%q): a word at %d to %d after %d", s, w.start, w.end, last)
			}
			last = w.end
			if w.name != "" && !strings.EqualFold(s[w.start:w.start+len(w.name)], w.name) {
				t.Fatalf("splitWords(%q): %q is not named %q", s, s[w.start:w.end], w.name)
			}
		}
		// Words in quotes come back as they went in, whatever they are, as long as
		// they hold no quote of their own.
		if inside := strings.NewReplacer(`"`, "", "“", "", "”", "", "„", "").Replace(s); true {
			words := splitWords(fmt.Sprintf(`a "%s" title="%s" z`, inside, inside))
			if len(words) != 4 || words[1].text != inside || words[2].text != inside || words[2].name != "title" || words[3].text != "z" {
				t.Fatalf("%q in quotes becomes %q", inside, show(words))
			}
		}
		if args, err := greet.parse(s); err == nil {
			_ = greet.checkArgs(args)
			_ = greet.missing(args)
			greet.form(args)
		}
		small.find(s)
		small.Knows(s)
	})
}

var greet = Row{Name: "greet", Summary: "Greet", Run: noop, Args: []Arg{{Name: "who", Required: true}, {Name: "times", Kind: Number},
	{Name: "loud", Kind: Yes, Named: true}, {Name: "words", Kind: Rest}}}

var small, _ = NewTable("dh-", greet, Row{Name: "greet all", Summary: "Greet all", Run: noop})
