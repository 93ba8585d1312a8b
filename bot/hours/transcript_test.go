package hours

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// transcribed is a page with all that is awkward in people's words.
func transcribed(t *testing.T) Page {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := func(minute int) time.Time { return noon.Add(8*time.Hour + time.Duration(minute)*time.Minute) }
	return Page{ID: "7k2f", Title: "Flood *data*", About: "Rivers & LiDAR.", Start: at(0), End: at(60), Zone: london, State: Closed,
		Hosts: []string{"Olga", "a host"}, Rooms: []string{"#data (north)", "~data (south)"},
		Questions: []PageQuestion{{1, "Which data_sets?", at(5)}, {2, "Who pays?", at(40)}}, Now: 2, People: 6, Messages: 9,
		Gaps: []Gap{{0, 1}, {2, 3}}, Links: []string{"https://a.example/x_y"}, Summary: "We agreed:\nmeet again.",
		Lines: []Line{
			{ID: "k2m4n6p8", Name: "Ada", Home: "#data (north)", At: at(1), Text: "Hello from <b>Leeds</b> & [here](https://a.example/x_y)", Agrees: 1},
			{ID: "q3r5s7t9", Question: 1, Name: "Analyst, Trust", Home: "~data (south)", At: at(6), Text: "=SUM(A1:A2)\nin two lines, \"quoted\"", Edited: true, Agrees: 3},
			{ID: "v4w6x8y2", Question: 1, Name: "Vic", Home: "visitor", At: at(7), Text: "1. first\n# not a heading"},
			{ID: "z5a7b9c3", Under: "q3r5s7t9", Question: 2, Name: "Ada", Home: "#data (north)", At: at(8), Text: "A2 -5 degrees, *really*\n- not a list"},
			{ID: "d6e8f2g4", Question: 2, Name: "@Max", Home: "~data (south)", At: at(41), Text: "\t+1"},
		}}
}

func TestTranscript(t *testing.T) {
	for name, made := range map[string][]byte{
		"transcript.md": Markdown(transcribed(t)), "transcript.json": JSON(transcribed(t)),
		"transcript.csv": CSV(transcribed(t)), "transcript.txt": Text(transcribed(t)),
		"empty.md": Markdown(Page{Title: "Empty", Start: noon, End: noon.Add(time.Hour), Rooms: []string{"#data (north)"}}),
	} {
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, made, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, want) {
			t.Errorf("%s is now\n%s\nwant\n%s", name, made, want)
		}
	}
}

func TestTranscriptReadsBack(t *testing.T) {
	p := transcribed(t)
	var data transcript
	if err := json.Unmarshal(JSON(p), &data); err != nil {
		t.Fatal(err)
	}
	if data.Version != TranscriptVersion || len(data.Lines) != len(p.Lines) || data.Lines[1].Text != p.Lines[1].Text || !data.Lines[3].At.Equal(p.Lines[3].At) {
		t.Errorf("JSON reads back as %+v", data)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(CSV(p), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				t.Errorf("the cell %q is a formula", c)
			}
		}
	}
	if len(rows) != 1+len(p.Lines)+len(p.Gaps) || rows[3][6] != "'=SUM(A1:A2)\nin two lines, \"quoted\"" {
		t.Errorf("CSV reads back as %q", rows)
	}
}
