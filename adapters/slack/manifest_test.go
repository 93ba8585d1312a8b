package slack

import (
	"encoding/json"
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datahour/bot"
)

var someRows = []bot.RowInfo{
	{Name: "dh-datahour new", Usage: "dh-datahour new [title] [when=…]", Summary: "Schedule a data hour", Who: "organisers"},
	{Name: "dh-datahour list", Usage: "dh-datahour list", Summary: "The data hours that are open or coming"},
	{Name: "dh-help", Usage: "dh-help [command]", Summary: "What I can do, for one command or for all"},
	{Name: "dh-my", Usage: "dh-my", Summary: "What concerns you, and how you are shown"},
	{Name: "dh-my shown", Usage: "dh-my shown choice", Summary: "Choose how public pages show what you write"},
}

func TestManifest(t *testing.T) {
	for name, o := range map[string]ManifestOptions{
		"manifest-socket": {Shortcuts: []Shortcut{{Name: "Share in the newsletter", Description: "Offer this message for the next edition", Command: "share"}}},
		"manifest-http":   {Name: "Data Hour (Defra)", URL: "https://datahour.example/slack/defra/", PublicOnly: true},
	} {
		b, err := Manifest(someRows, o)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", m)
		if strings.Contains(string(b), "app_mention") {
			t.Error("app_mention beside message.*: the same words would come twice")
		}
	}
	if _, err := Manifest(nil, ManifestOptions{}); err == nil {
		t.Error("a manifest without commands")
	}
	if _, err := Manifest([]bot.RowInfo{{Name: strings.Repeat("x", 40)}}, ManifestOptions{}); err == nil {
		t.Error("a manifest with a command that is too long")
	}
}

// Each method that is called has its scopes here, and each scope a method or an
// event: no more is asked for than is used.
func TestScopesAreThoseUsed(t *testing.T) {
	history := []string{"channels:history", "groups:history", "im:history"}
	methods := map[string][]string{
		"AuthTestContext": nil, "StartSocketModeContext": nil, "OpenViewContext": nil, "PublishViewContext": nil,
		"PostMessageContext": {"chat:write"}, "UpdateMessageContext": {"chat:write"}, "DeleteMessageContext": {"chat:write"}, "PostEphemeralContext": {"chat:write"},
		"GetConversationHistoryContext": history, "GetConversationRepliesContext": history,
		"GetConversationsContext": {"channels:read", "groups:read"}, "JoinConversationContext": {"channels:join"}, "OpenConversationContext": {"im:write"},
		"GetUsersPaginated": {"users:read"}, "GetUserInfoContext": {"users:read"},
	}
	used := map[string]bool{"commands": true, "reactions:read": true} // slash commands, and reaction events
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := goparser.ParseFile(token.NewFileSet(), file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if on, ok := call.X.(*ast.SelectorExpr); !ok || on.Sel.Name != "api" {
				return true
			}
			scopes, known := methods[call.Sel.Name]
			if !known {
				t.Errorf("%s calls %s, whose scopes are not known here", file, call.Sel.Name)
			}
			for _, s := range scopes {
				used[s] = true
			}
			return true
		})
	}
	var want []string
	for s := range used {
		want = append(want, s)
	}
	slices.Sort(want)
	if got := Scopes(true); !slices.Equal(got, want) {
		t.Errorf("asked for %q, used %q", got, want)
	}
}
