package bot_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath   string
	Dir          string
	Doc          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Doc,GoFiles,Imports,TestImports,XTestImports", "datahour/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// kindOf tells what a package of ours is: which folder it lies in settles what it may import.
func kindOf(path string) string {
	rest, ours := strings.CutPrefix(path, "datahour/")
	parts := strings.Split(rest, "/")
	switch {
	case !ours:
		return ""
	case rest == "bot", rest == "bot/when", rest == "bot/diary", rest == "bot/wire", rest == "bot/bottest":
		return rest
	case parts[0] == "bot":
		return "feature"
	case parts[0] == "adapters" && len(parts) > 1:
		return "adapters/" + parts[1] // its own folders are one thing
	case parts[0] == "cmd":
		return "cmd"
	}
	return "unknown"
}

// mayImport is architecture.md's arrows.
func mayImport(from, to string, test bool) bool {
	switch {
	case from == "cmd":
		return true
	case test && (to == "bot/bottest" || from == "bot/bottest"):
		return true
	case from == to && from != "feature":
		return true
	}
	switch from {
	case "bot", "bot/when", "bot/diary", "bot/wire":
		return false
	case "bot/bottest":
		return to == "bot"
	case "feature":
		return to == "bot" || to == "bot/when" || to == "bot/diary"
	case "adapters/web":
		return to == "bot" || to == "bot/when" || to == "bot/diary" || to == "feature"
	}
	return strings.HasPrefix(from, "adapters/") && (to == "bot" || to == "bot/wire")
}

func TestImports(t *testing.T) {
	core := []string{"bot", "bot/when", "bot/diary", "bot/wire", "feature"}
	for _, p := range packages(t) {
		from := kindOf(p.ImportPath)
		if from == "unknown" {
			t.Errorf("%s: Go code is under cmd, bot and adapters only", p.ImportPath)
			continue
		}
		check := func(imports []string, test bool) {
			for _, path := range imports {
				to := kindOf(path)
				switch {
				case path == p.ImportPath:
				case to != "" && !mayImport(from, to, test):
					t.Errorf("%s imports %s (in tests: %v)", p.ImportPath, path, test)
				case to == "" && !test && slices.Contains(core, from) && strings.Contains(strings.Split(path, "/")[0], ".") && !strings.HasPrefix(path, "golang.org/x/"):
					t.Errorf("%s imports %s: the core and the features know the standard library and golang.org/x only", p.ImportPath, path)
				}
			}
		}
		check(p.Imports, false)
		check(slices.Concat(p.TestImports, p.XTestImports), true)
	}
}

func TestImportRules(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test, ok bool
	}{
		{"datahour/bot/hours", "datahour/bot", false, true}, {"datahour/bot/hours", "datahour/bot/when", false, true},
		{"datahour/bot/events", "datahour/bot/diary", false, true}, {"datahour/bot/diary", "datahour/bot", false, false},
		{"datahour/bot/hours", "datahour/bot/events", false, false}, {"datahour/bot/hours", "datahour/bot/bottest", false, false},
		{"datahour/bot/hours", "datahour/bot/bottest", true, true}, {"datahour/bot", "datahour/bot/hours", false, false},
		{"datahour/bot", "datahour/bot/when", false, false}, {"datahour/adapters/slack", "datahour/bot", false, true},
		{"datahour/adapters/slack", "datahour/bot/hours", false, false}, {"datahour/adapters/slack", "datahour/adapters/mail", false, false},
		{"datahour/adapters/playground", "datahour/adapters/playground/world", false, true}, {"datahour/adapters/web", "datahour/bot/hours", false, true},
		{"datahour/cmd/datahour", "datahour/adapters/web", false, true}, {"datahour/bot/bottest", "datahour/bot/hours", false, false},
		{"datahour/adapters/slack", "datahour/bot/wire", false, true}, {"datahour/bot/wire", "datahour/bot", false, false}, {"datahour/bot/hours", "datahour/bot/wire", false, false},
	} {
		if got := mayImport(kindOf(c.from), kindOf(c.to), c.test); got != c.ok {
			t.Errorf("%s importing %s (in tests: %v): %v, want %v", c.from, c.to, c.test, got, c.ok)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// TestOnlyTheClockReadsTheTime holds for the core and all features.
func TestOnlyTheClockReadsTheTime(t *testing.T) {
	reads := []string{"Now", "After", "AfterFunc", "Since", "Until", "Tick", "NewTimer", "NewTicker", "Sleep"}
	for _, p := range packages(t) {
		if kind := kindOf(p.ImportPath); kind != "bot" && kind != "bot/when" && kind != "bot/diary" && kind != "feature" {
			continue
		}
		for _, name := range p.GoFiles {
			if p.ImportPath == "datahour/bot" && name == "clock.go" {
				continue
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Error(err)
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil && slices.Contains(reads, sel.Sel.Name) {
						t.Errorf("%s: time.%s; only bot/clock.go reads the time", files.Position(n.Pos()), sel.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
