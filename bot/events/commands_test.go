package events_test

import (
	"os"
	"strings"
	"testing"

	"datahour/bot/bottest"
	"datahour/bot/events"
)

// shipped are the lines of testdata/commands.txt.
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

// Every line ever shipped, and every example that help shows, finds its row, and
// its arguments fit.
func TestEveryCommandEverShipped(t *testing.T) {
	lines := shipped(t)
	for _, row := range events.New().Rows() {
		lines = append(lines, row.Examples...)
	}
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			staged(t, func(s scene) {
				reply := s.Command(olga, data, line)
				s.lacks("the answer", bottest.Words(reply), notUnderstood...)
				if reply.Post == nil && reply.Form == nil {
					t.Error("no answer")
				}
			})
		})
	}
}

// Every row is in the list, so that the list cannot lag behind, and fits every platform.
func TestListOfCommandsIsWhole(t *testing.T) {
	lines := "\n" + strings.Join(shipped(t), "\n") + "\n"
	for _, row := range events.New().Rows() {
		if !strings.Contains(lines, "\n"+row.Name+" ") && !strings.Contains(lines, "\n"+row.Name+"\n") {
			t.Errorf("%q is not in testdata/commands.txt", row.Name)
		}
		if len(row.Form) > 24 {
			t.Errorf("the form of %q is called %q, longer than Mattermost's 24 characters", row.Name, row.Form)
		}
		if !row.Hidden && len(row.Examples) == 0 {
			t.Errorf("%q has no example", row.Name)
		}
	}
}
