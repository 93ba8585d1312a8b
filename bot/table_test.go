package bot

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func noop(context.Context, *Tx, Call) (Reply, error) { return Reply{}, nil }

func row(name string, args ...Arg) Row {
	return Row{Name: name, Summary: "Does " + name, Run: noop, Args: args, Examples: []string{name + " x"}}
}

func table(t *testing.T, prefix string) *Table {
	t.Helper()
	secret := row("datahour purge", Arg{Name: "id", Kind: ID})
	secret.Who = Organisers
	pressed := row("datahour shown", Arg{Name: "how"})
	pressed.Hidden = true
	share := row("share", Arg{Name: "words", Kind: Rest, Required: true})
	table, err := NewTable(prefix, row("datahour new", Arg{Name: "title"}, Arg{Name: "when", Kind: When, Required: true},
		Arg{Name: "length", Kind: Length, Named: true}), row("datahour"), row("datahour next"), row("datahour next again"), share, row("my stop"), secret, pressed)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestFind(t *testing.T) {
	for line, want := range map[string]string{
		"datahour new Floods":             "datahour new|Floods",
		"/datahour NEW  Floods ":          "datahour new|Floods",
		"datahour":                        "datahour|",
		"datahour other words":            "datahour|other words",
		"datahour next":                   "datahour next|",
		"datahour next again 7k2":         "datahour next again|7k2",
		"  share https://a.example/x?b=c": "share|https://a.example/x?b=c",
		"share":                           "share|",
		"shared":                          "|shared",
		"":                                "|",
		"/":                               "|",
		`"datahour" new`:                  `|"datahour" new`,
		"my":                              "|my",
	} {
		row, rest := table(t, "").find(line)
		name := ""
		if row != nil {
			name = row.Name
		}
		if got := name + "|" + rest; got != want {
			t.Errorf("find(%q) = %q, want %q", line, got, want)
		}
	}
	with := table(t, "dh-")
	for _, line := range []string{"/dh-share it", "dh-share it", "share it"} { // buttons say it without the prefix
		if row, rest := with.find(line); row == nil || row.Name != "share" || rest != "it" {
			t.Errorf("with a prefix, find(%q) = %v, %q", line, row, rest)
		}
	}
	if !with.Knows("share x") || with.Knows("cake") {
		t.Error("Knows is wrong about share or cake")
	}
}

func TestParse(t *testing.T) {
	many := row("ask", Arg{Name: "title"}, Arg{Name: "when", Named: true}, Arg{Name: "rooms", Many: true})
	rest := row("thanks", Arg{Name: "who"}, Arg{Name: "section", Named: true}, Arg{Name: "words", Kind: Rest})
	for line, want := range map[string]Args{
		"":                                     {},
		`"Flood data" #a #b`:                   {"title": {"Flood data"}, "rooms": {"#a", "#b"}},
		`when="Wed 8pm" Floods`:                {"when": {"Wed 8pm"}, "title": {"Floods"}},
		`Floods rooms=#a WHEN=now rooms=#b #c`: {"title": {"Floods"}, "when": {"now"}, "rooms": {"#a", "#b", "#c"}},
		"E=mc2 A=b":                            {"title": {"E=mc2"}, "rooms": {"A=b"}},
		`when=`:                                {"when": {""}},
	} {
		got, err := many.parse(line)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("parse(%q) = %v, %v; want %v", line, got, err, want)
		}
	}
	for line, want := range map[string]Args{
		`<!user:north:ada> for opening "the" tiles, don't you think`: {"who": {"<!user:north:ada>"}, "words": {`for opening "the" tiles, don't you think`}},
		`ada section=Tools "all of it"`:                              {"who": {"ada"}, "section": {"Tools"}, "words": {"all of it"}},
		`ada see x=1 section=Tools`:                                  {"who": {"ada"}, "words": {"see x=1 section=Tools"}},
	} {
		got, err := rest.parse(line)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("parse(%q) = %v, %v; want %v", line, got, err, want)
		}
	}
	if _, err := greet.parse("ada 3 loud=yes and so on"); err != nil {
		t.Errorf("the rest is refused: %v", err)
	}
	none := row("stop")
	if _, err := none.parse("*now*"); err == nil || !strings.Contains(err.Error(), `“\*now\*”`) || !strings.Contains(err.Error(), "`/stop`") {
		t.Errorf("a word too many is answered with %v", err)
	}
}

func TestCheckArgs(t *testing.T) {
	r := row("try", Arg{Name: "number", Kind: Number}, Arg{Name: "yes", Kind: Yes, Label: "Public page"}, Arg{Name: "kind", Kind: Choice, Options: []Option{{"A", "a"}, {"B", "b"}}},
		Arg{Name: "short", Max: 3}, Arg{Name: "many", Many: true})
	for _, c := range []struct {
		args Args
		want string // in the words, "" for fine
	}{
		{Args{}, ""},
		{Args{"number": {"-3"}, "kind": {"b"}, "short": {"äöü"}, "many": {"1", "2"}}, ""},
		{Args{"number": {"three"}}, "Number can't be “three”. Try a whole number such as `3`."},
		{Args{"number": {"<!user:north:ada>"}}, `“\<!user:north:ada\>”`},
		{Args{"yes": {"perhaps"}}, "Public page can't be “perhaps”. Try `yes` or `no`."},
		{Args{"kind": {"c"}}, "Kind can't be “c”. Try `a` or `b`."},
		{Args{"short": {"four"}}, "Short can have up to 3 characters; this has 4."},
		{Args{"short": {"a", "b"}}, "Short was given 2 times; give it once."},
		{Args{"many": {strings.Repeat("x", 501)}}, "Many can have up to 500 characters"},
	} {
		err := r.checkArgs(c.args)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("checkArgs(%v) = %v, want %q", c.args, err, c.want)
		}
	}
	for typed, want := range map[string]string{"Yes": "yes", "y": "yes", "on": "yes", "true": "yes", "NO": "no", "n": "no", "off": "no", "false": "no"} {
		args := Args{"yes": {typed}}
		if err := r.checkArgs(args); err != nil || args.Get("yes") != want {
			t.Errorf("%q is read as %q, %v", typed, args.Get("yes"), err)
		}
	}
}

func TestForm(t *testing.T) {
	r := row("datahour new", Arg{Name: "title", Required: true, Max: 80}, Arg{Name: "length", Kind: Length, Default: "60 minutes"}, Arg{Name: "questions", Many: true, Max: 300}, Arg{Name: "words", Kind: Rest})
	r.Form = "New data hour"
	args, err := r.parse("Floods questions=Why? questions=How?")
	if err != nil {
		t.Fatal(err)
	}
	want := &Form{Title: "New data hour", Command: "datahour new", Submit: "Save", Fields: []FormField{
		{Name: "title", Label: "Title", Value: "Floods", Max: 80},
		{Name: "length", Label: "Length", Kind: Length, Value: "60 minutes", Optional: true},
		{Name: "questions", Label: "Questions", Value: "Why?\nHow?", Optional: true},
		{Name: "words", Label: "Words", Kind: Area, Optional: true},
	}}
	want.Fields[2].Kind = r.form(args).Fields[2].Kind
	if got := r.form(args); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	got := Args{"title": {"old"}, "length": {"90m"}}
	r.fromForm(got, map[string]string{"title": " New\r\ntitle ", "length": "", "questions": "Why?\n\n How? \n", "other": "x"})
	if want := (Args{"title": {"New\ntitle"}, "questions": {"Why?", "How?"}}); !cmp.Equal(got, want) {
		t.Errorf("the form is read as %v, want %v", got, want)
	}
	if a := r.missing(Args{"title": {"  "}}); a == nil || a.Name != "title" {
		t.Errorf("missing is %v", a)
	}
}

func TestHelpAndSuggestions(t *testing.T) {
	tab := table(t, "dh-")
	all := tab.help("", Anyone).Text
	for _, want := range []string{"`/dh-datahour new [title] when [length=…]` Does datahour new", "`/dh-share words`"} {
		if !strings.Contains(all, want) {
			t.Errorf("help lacks %q: %s", want, all)
		}
	}
	for _, not := range []string{"purge", "shown"} {
		if strings.Contains(all, not) {
			t.Errorf("a member's help shows %q", not)
		}
	}
	if !strings.Contains(tab.help("datahour", Organisers).Text, "purge") {
		t.Error("an organiser's help lacks purge")
	}
	if got := tab.help("datahour", Anyone); strings.Contains(got.Text, "share") || !strings.Contains(got.Text, "for example `/dh-datahour new x`") || got.Title != "/dh-datahour" {
		t.Errorf("help of a group is %+v", got)
	}
	for typed, want := range map[string]string{
		"datahuor new x": "datahour new", "shaer it": "share", "my stpo": "my stop", "prge": "",
		"cake": "", "completely different words": "", strings.Repeat("x", 100): "",
	} {
		if got := tab.suggest(splitWords(typed), Anyone); got != want {
			t.Errorf("suggest(%q) = %q, want %q", typed, got, want)
		}
	}
	for _, info := range tab.Rows() {
		if !strings.HasPrefix(info.Name, "dh-") || !strings.HasPrefix(info.Usage, info.Name) || !strings.HasPrefix(info.Examples[0], info.Name) || info.Name == "dh-datahour shown" {
			t.Errorf("a platform is told %+v", info)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"share", "shaer", 1}, {"new", "nwe", 1}, {"kitten", "sitting", 3}, {"größe", "grosse", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNewTableRefuses(t *testing.T) {
	for name, rows := range map[string][]Row{
		"twice":                {row("share"), row("share")},
		"no name":              {row("")},
		"capitals":             {row("Share")},
		"double spaces":        {row("my  stop")},
		"no function":          {{Name: "x", Summary: "X"}},
		"no summary":           {{Name: "x", Run: noop}},
		"an argument's name":   {row("x", Arg{Name: "two words"})},
		"the rest in between":  {row("x", Arg{Name: "rest", Kind: Rest}, Arg{Name: "more"})},
		"the rest, then later": {row("x", Arg{Name: "rest", Kind: Rest}, Arg{Name: "named", Named: true}, Arg{Name: "more"})},
		"an argument twice":    {row("x", Arg{Name: "a"}, Arg{Name: "a"})},
	} {
		if _, err := NewTable("", rows...); err == nil {
			t.Errorf("%s: the table is made", name)
		}
	}
}

// A name that is quoted like one of ours, and is none, is not taken for words.
func TestUnknownNamesAreRefused(t *testing.T) {
	row := Row{Name: "meet", Args: []Arg{{Name: "title", Many: true}, {Name: "venue", Named: true}, {Name: "seats", Named: true}}}
	_, err := row.parse(`Breakfast where="The Hive"`)
	if err == nil || err.Error() != "I don't know `where=` here. There is `venue=`, `seats=`." {
		t.Errorf("got %v", err)
	}
	if args, err := row.parse(`a=b "c=d" venue="The Hive"`); err != nil || !slices.Equal(args["title"], []string{"a=b", "c=d"}) || args.Get("venue") != "The Hive" {
		t.Errorf("got %v, %v", args, err)
	}
}
