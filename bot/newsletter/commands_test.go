package newsletter_test

import (
	"os"
	"strings"
	"testing"

	"datahour/bot/newsletter"
)

func shipped(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// notUnderstood are the words of the core about a line that fits no row.
var notUnderstood = []string{"I don't know that command", "I don't know what to do with", "times; give it once", " can't be “", "is missing."}

// Every line ever shipped still finds its row, and its arguments still fit.
func TestEveryCommandEverShipped(t *testing.T) {
	for _, line := range shipped(t) {
		t.Run(line, func(t *testing.T) {
			staged(t, func(s stage) { s.lacks("the answer", s.tell(olga, line), notUnderstood...) })
		})
	}
}

// Every row is in the list, every example is understood, and forms are named
// within Mattermost's limit.
func TestRows(t *testing.T) {
	lines := shipped(t)
	for _, row := range newsletter.New().Rows() {
		found := false
		for _, line := range lines {
			found = found || line == row.Name || strings.HasPrefix(line, row.Name+" ")
		}
		if !found {
			t.Errorf("%q is not in testdata/commands.txt", row.Name)
		}
		if !row.Hidden && len(row.Examples) == 0 {
			t.Errorf("%q has no example", row.Name)
		}
		if len(row.Form) > 24 {
			t.Errorf("the form of %q is called %q, longer than Mattermost's 24 characters", row.Name, row.Form)
		}
		for _, example := range row.Examples {
			t.Run(example, func(t *testing.T) {
				staged(t, func(s stage) { s.lacks("the answer", s.tell(olga, example), notUnderstood...) })
			})
		}
	}
}
