package hours_test

import (
	"os"
	"strings"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/hours"
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

// Every line ever shipped still finds its row, and its arguments still fit.
func TestEveryCommandEverShipped(t *testing.T) {
	for _, line := range shipped(t) {
		t.Run(line, func(t *testing.T) {
			staged(t, func(s stage) {
				reply := s.Command(olga, data, line)
				s.lacks("the answer", bottest.Words(reply), notUnderstood...)
				if reply.Post == nil && reply.Form == nil {
					t.Error("no answer")
				}
			})
		})
	}
}

// Every row is in the list, so that the list cannot lag behind.
func TestListOfCommandsIsWhole(t *testing.T) {
	lines := shipped(t)
	has := func(name string) bool {
		for _, line := range lines {
			if line == name || strings.HasPrefix(line, name+" ") {
				return true
			}
		}
		return false
	}
	for _, row := range hours.New().Rows() {
		if !has(row.Name) {
			t.Errorf("%q is not in testdata/commands.txt", row.Name)
		}
	}
}

// Every example that help shows is understood.
func TestExamples(t *testing.T) {
	for _, row := range hours.New().Rows() {
		for _, example := range row.Examples {
			t.Run(example, func(t *testing.T) {
				staged(t, func(s stage) {
					s.lacks("the answer", bottest.Words(s.Command(olga, data, example)), notUnderstood...)
				})
			})
		}
		if row.Hidden {
			continue
		}
		if len(row.Examples) == 0 {
			t.Errorf("%q has no example", row.Name)
		}
		if len(row.Form) > 24 {
			t.Errorf("the form of %q is called %q, longer than Mattermost's 24 characters", row.Name, row.Form)
		}
	}
}

// Labels fit every platform.
func TestLabels(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		var posts []bot.Post
		for _, line := range []string{"datahour privacy " + id, "datahour queue", "datahour cancel " + id, flood[:len(flood)-1] + `X" when="Thu 8pm"`} {
			if p := s.Command(olga, data, line).Post; p != nil {
				posts = append(posts, *p)
			}
		}
		s.AdvanceTo(london(25, 21, 0))
		for _, room := range []bot.RoomID{data, olga.Direct()} {
			for _, p := range s.Posts(room) {
				posts = append(posts, p.Post)
			}
		}
		for _, p := range posts {
			for _, b := range p.Buttons {
				if n := len([]rune(b.Label)); n == 0 || n > 30 {
					t.Errorf("a button is labelled %q", b.Label)
				}
			}
		}
	})
}
