package bot

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table holds all commands. It is made once at start and never changes.
type Table struct {
	rows    map[string]*Row
	names   []string // sorted
	longest int      // how many words a name has at most
	prefix  string   // before every slash command, for clashes: "dh-"
}

// NewTable gathers rows and refuses clashes, so that two features that want the
// same words are found at start and not by a member.
func NewTable(prefix string, rows ...Row) (*Table, error) {
	t := &Table{rows: make(map[string]*Row, len(rows)), prefix: prefix}
	for _, row := range rows {
		row.Args = slices.Clone(row.Args) // a row may be shared by the tables of several bots
		if err := row.check(); err != nil {
			return nil, fmt.Errorf("command %q: %w", row.Name, err)
		}
		if t.rows[row.Name] != nil {
			return nil, fmt.Errorf("command %q is there twice", row.Name)
		}
		t.rows[row.Name] = &row
		t.names = append(t.names, row.Name)
		t.longest = max(t.longest, 1+strings.Count(row.Name, " "))
	}
	sort.Strings(t.names)
	return t, nil
}

func (r *Row) check() error {
	if r.Name == "" || r.Name != strings.Join(strings.Fields(strings.ToLower(r.Name)), " ") {
		return fmt.Errorf("the name must be lower-case words")
	}
	if r.Run == nil || r.Summary == "" {
		return fmt.Errorf("a row needs a function and a summary")
	}
	r.Args = slices.Clone(r.Args) // a feature's rows may be in several tables
	for i := range r.Args {
		r.Args[i].Kind = cmp.Or(r.Args[i].Kind, Text)
		a := r.Args[i]
		if !isName(a.Name) {
			return fmt.Errorf("argument %q: a name is up to 20 letters", a.Name)
		}
		if a.Kind == Rest && slices.ContainsFunc(r.Args[i+1:], func(later Arg) bool { return !later.Named }) {
			return fmt.Errorf("argument %q takes the rest of the line, so it comes last", a.Name)
		}
		if slices.ContainsFunc(r.Args[:i], func(earlier Arg) bool { return earlier.Name == a.Name }) {
			return fmt.Errorf("argument %q is there twice", a.Name)
		}
	}
	return nil
}

// Rows lists the rows that are not hidden, by name, for platforms and documents.
func (t *Table) Rows() []RowInfo {
	var out []RowInfo
	for _, name := range t.names {
		r := t.rows[name]
		if r.Hidden {
			continue
		}
		info := RowInfo{Name: t.prefix + r.Name, Usage: t.prefix + r.usage(), Summary: r.Summary, Who: r.Who.String()}
		for _, example := range r.Examples {
			info.Examples = append(info.Examples, t.prefix+example)
		}
		out = append(out, info)
	}
	return out
}

// Row finds a row by its exact name.
func (t *Table) Row(name string) *Row { return t.rows[name] }

// usage is the row's line with its arguments: "datahour new title when [length=…]".
func (r *Row) usage() string {
	parts := []string{r.Name}
	for _, a := range r.Args {
		s := a.Name
		if a.Named {
			s += "=…"
		}
		if !a.Required {
			s = "[" + s + "]"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// find splits a line into its row and the rest: the row with the longest name
// that the line begins with. When there is none, the rest is the whole line.
func (t *Table) find(line string) (row *Row, rest string) {
	line = strings.TrimLeft(strings.TrimSpace(line), "/")
	if t.prefix != "" {
		line = strings.TrimPrefix(line, t.prefix)
	}
	rest = line
	name, words := "", 0
	for w := range eachWord(line) {
		if words++; words > t.longest || w.quoted || w.name != "" {
			break
		}
		if words > 1 {
			name += " "
		}
		name += strings.ToLower(w.text)
		if r := t.rows[name]; r != nil {
			row, rest = r, line[w.end:]
		}
	}
	return row, strings.TrimSpace(rest)
}

// Knows tells whether a line begins with a command, so that a button can be shown.
func (t *Table) Knows(line string) bool {
	row, _ := t.find(line)
	return row != nil
}

// parse reads the arguments of a row from the rest of a line. Unknown names are
// ordinary words, since people write "a=b" too.
func (r *Row) parse(rest string) (Args, error) {
	args := Args{}
	place := r.nextPlace(0)
	for w := range eachWord(rest) {
		if a := r.arg(w.name); a != nil {
			args[a.Name] = append(args[a.Name], w.text)
			continue
		}
		if place == len(r.Args) {
			return nil, Sayf(Invalid, "I don't know what to do with “%s”. The command is `/%s`.", Plain(ClipTo(w.text, 40)), r.usage())
		}
		a := &r.Args[place]
		if a.Kind == Rest {
			args[a.Name] = append(args[a.Name], unquote(rest[w.start:]))
			break
		}
		if names := r.names(); w.name != "" && w.quoted && names != "" { // nobody writes words like that
			return nil, Sayf(Invalid, "I don't know `%s=` here. There is %s.", w.name, names)
		}
		text := w.text
		if w.name != "" { // a=b, not one of ours: keep it as typed
			text = rest[w.start:w.end]
		}
		args[a.Name] = append(args[a.Name], text)
		if !a.Many {
			place = r.nextPlace(place + 1)
		}
	}
	return args, nil
}

// arg is the argument of a name, nil when there is none.
func (r *Row) arg(name string) *Arg {
	for i := range r.Args {
		if r.Args[i].Name == name {
			return &r.Args[i]
		}
	}
	return nil
}

// names lists the arguments that are told by their names.
func (r *Row) names() string {
	var all []string
	for _, a := range r.Args {
		if a.Named {
			all = append(all, "`"+a.Name+"=`")
		}
	}
	return strings.Join(all, ", ")
}

// nextPlace is the first argument from i on that is told by its place in the line.
func (r *Row) nextPlace(i int) int {
	for i < len(r.Args) && r.Args[i].Named {
		i++
	}
	return i
}

// fromForm reads the arguments from a submitted form, over those in its line.
func (r *Row) fromForm(args Args, form map[string]string) {
	for i := range r.Args {
		a := &r.Args[i]
		v, there := form[a.Name]
		if !there {
			continue
		}
		v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
		delete(args, a.Name)
		switch {
		case v == "" && a.Kind == Yes: // a box that was not ticked
			args[a.Name] = []string{"no"}
		case v == "":
		case a.Many:
			for line := range strings.Lines(v) {
				if line = strings.TrimSpace(line); line != "" {
					args[a.Name] = append(args[a.Name], line)
				}
			}
		default:
			args[a.Name] = []string{v}
		}
	}
}

// checkArgs holds the values against what the row says of them.
func (r *Row) checkArgs(args Args) error {
	for i := range r.Args {
		a := &r.Args[i]
		values := args[a.Name]
		if len(values) > 1 && !a.Many {
			return Wrong(a.Name, "%s was given %d times; give it once.", a.label(), len(values))
		}
		for j, v := range values {
			limit := a.Max
			if limit == 0 {
				limit = 500
			}
			if n := utf8.RuneCountInString(v); n > limit {
				return Wrong(a.Name, "%s can have up to %d characters; this has %d.", a.label(), limit, n)
			}
			ok := true
			switch a.Kind {
			case Number:
				_, err := strconv.Atoi(v)
				ok = err == nil
			case Yes:
				values[j], ok = readYes(v)
			case Choice:
				ok = slices.ContainsFunc(a.Options, func(o Option) bool { return o.Value == v })
			}
			if !ok {
				return Wrong(a.Name, "%s can't be “%s”. Try %s.", a.label(), Plain(ClipTo(v, 40)), a.suggestion())
			}
		}
	}
	return nil
}

func readYes(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "yes", "y", "true", "on":
		return "yes", true
	case "no", "n", "false", "off":
		return "no", true
	}
	return s, false
}

func (a *Arg) suggestion() string {
	switch a.Kind {
	case Number:
		return "a whole number such as `3`"
	case Yes:
		return "`yes` or `no`"
	}
	var all []string
	for _, o := range a.Options {
		all = append(all, "`"+o.Value+"`")
	}
	last := max(0, len(all)-1)
	if last == 0 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

func (a *Arg) label() string {
	if a.Label != "" {
		return a.Label
	}
	return strings.ToUpper(a.Name[:1]) + a.Name[1:]
}

// missing tells the first required argument that was not given.
func (r *Row) missing(args Args) *Arg {
	for i := range r.Args {
		if a := &r.Args[i]; a.Required && strings.TrimSpace(args.Get(a.Name)) == "" {
			return a
		}
	}
	return nil
}

// form makes the row's form, filled with what is known already.
func (r *Row) form(args Args) *Form {
	f := &Form{Title: r.Form, Command: r.Name, Submit: r.Submit}
	if f.Submit == "" {
		f.Submit = "Save"
	}
	for i := range r.Args {
		a := &r.Args[i]
		value := strings.Join(args[a.Name], "\n")
		if !args.Has(a.Name) {
			value = a.Default
		}
		kind := a.Kind
		if a.Many && (kind == Text || kind == Rest) || kind == Rest {
			kind = Area
		}
		most := a.Max
		if a.Many {
			most = 0 // it is of each line
		}
		f.Fields = append(f.Fields, FormField{Name: a.Name, Label: a.label(), Hint: a.Hint, Kind: kind,
			Value: value, Options: a.Options, Optional: !a.Required, Max: most})
	}
	return f
}

// FormFor makes the form of a row, filled with args: what a feature answers to
// an Edit button.
func (t *Table) FormFor(name string, args Args) Reply {
	return Reply{Form: t.rows[name].form(args)}
}

// help is what "/help" and a bare "/datahour" answer to somebody: what they may do.
func (t *Table) help(group string, to Who) Post {
	var lines []string
	for _, name := range t.names {
		r := t.rows[name]
		if r.Hidden || r.Who > to {
			continue
		}
		if group != "" && name != group && !strings.HasPrefix(name, group+" ") {
			continue
		}
		line := "`/" + t.prefix + r.usage() + "` " + r.Summary
		if group != "" && len(r.Examples) > 0 {
			line += "  \n  for example `/" + t.prefix + r.Examples[0] + "`"
		}
		lines = append(lines, "- "+line)
	}
	title := "What I can do"
	if group != "" {
		title = "/" + t.prefix + group
	}
	small := "In a thread, or where slash commands do not work, mention me and use the same words."
	if to < Organisers {
		small += " Those who host something, and organisers, see more here."
	}
	return Post{Title: title, Text: strings.Join(lines, "\n"), Small: small}
}

// group tells the command group that a line belongs to, if there is one.
func (t *Table) group(words []word) string {
	if len(words) == 0 {
		return ""
	}
	first := strings.ToLower(words[0].text)
	for _, name := range t.names {
		if name == first || strings.HasPrefix(name, first+" ") {
			return first
		}
	}
	return ""
}

// suggest gives the command whose name is nearest to what was typed, or "".
func (t *Table) suggest(words []word, to Who) string {
	best, bestDistance := "", 1<<30
	for _, name := range t.names {
		r := t.rows[name]
		if r.Hidden || r.Who > to {
			continue
		}
		n := min(len(strings.Fields(name)), len(words))
		var typed []string
		for _, w := range words[:n] {
			typed = append(typed, strings.ToLower(w.text))
		}
		if d := distance(strings.Join(typed, " "), name); d < bestDistance || d == bestDistance && len(name) > len(best) && n > len(strings.Fields(best)) {
			best, bestDistance = name, d
		}
	}
	if bestDistance > 1+len(best)/4 {
		return ""
	}
	return best
}

// distance counts the letters to add, remove, change or swap between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 40 {
		return len(x)
	}
	var before, last []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, last, row = last, row, make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(y)]
}
