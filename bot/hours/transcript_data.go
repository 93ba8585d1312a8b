package hours

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"datahour/bot/when"
)

// TranscriptVersion is the version of the shape of [JSON]. Fields may be added
// under the same version; whenever one changes its meaning or goes, it grows.
const TranscriptVersion = 1

// transcript is the shape of JSON, version 1. Times are RFC 3339 in the hour's zone.
type transcript struct {
	Version   int                  `json:"version"`
	ID        string               `json:"id"`
	Title     string               `json:"title"`
	About     string               `json:"about,omitempty"`
	Summary   string               `json:"summary,omitempty"` // the host's own words, after the hour
	Start     time.Time            `json:"start"`
	End       time.Time            `json:"end"`
	Zone      string               `json:"zone"`  // its name in the tz database
	State     State                `json:"state"` // "scheduled", "open", "closed", "cancelled"
	Hosts     []string             `json:"hosts"`
	Rooms     []string             `json:"rooms"`
	People    int                  `json:"people"`   // everybody who spoke, shown or not
	Messages  int                  `json:"messages"` // everything said and still standing, shown or not
	Questions []transcriptQuestion `json:"questions"`
	Lines     []transcriptLine     `json:"lines"` // in the order of saying
	Gaps      []transcriptGap      `json:"gaps"`
	Links     []string             `json:"links"`
}

type transcriptQuestion struct {
	Number int       `json:"number"`
	Text   string    `json:"text"`
	Asked  time.Time `json:"asked"`
}

type transcriptLine struct {
	ID        string    `json:"id"`
	Under     string    `json:"under,omitempty"` // the id of the line in whose thread it is
	Question  int       `json:"question"`        // 0: none
	Name      string    `json:"name"`            // as agreed: a name, or a role and organisation
	Home      string    `json:"home"`
	At        time.Time `json:"at"`
	Text      string    `json:"text"` // plain text
	Edited    bool      `json:"edited"`
	Reactions int       `json:"reactions"` // people who reacted
}

type transcriptGap struct {
	Question int `json:"question"`
	People   int `json:"people"` // who spoke under it and prefer not to be shown
}

// JSON is a page as data, of the version [TranscriptVersion]: an object with the
// hour's facts (id, title, about, summary, start, end, zone, state, hosts, rooms,
// people, messages), its questions (number, text, asked), its lines in the order of
// saying (id, under, question, name, home, at, text, edited, reactions), its gaps
// (question, people) and its links. Times are RFC 3339; names and words are plain
// text. Lists are there even when they are empty.
func JSON(p Page) []byte {
	t := transcript{Version: TranscriptVersion, ID: p.ID, Title: p.Title, About: p.About, Summary: p.Summary,
		Start: p.Start.In(p.zone()), End: p.End.In(p.zone()), Zone: p.zone().String(), State: p.State,
		Hosts: filled(p.Hosts), Rooms: filled(p.Rooms), People: p.People, Messages: p.Messages, Links: filled(p.Links),
		Questions: []transcriptQuestion{}, Lines: []transcriptLine{}, Gaps: []transcriptGap{}}
	for _, q := range p.Questions {
		t.Questions = append(t.Questions, transcriptQuestion{Number: q.Number, Text: q.Text, Asked: q.Asked.In(p.zone())})
	}
	for _, l := range p.Lines {
		t.Lines = append(t.Lines, transcriptLine{ID: l.ID, Under: l.Under, Question: l.Question, Name: l.Name, Home: l.Home,
			At: l.At.In(p.zone()), Text: l.Text, Edited: l.Edited, Reactions: l.Agrees})
	}
	for _, g := range p.Gaps {
		t.Gaps = append(t.Gaps, transcriptGap(g))
	}
	out, err := json.MarshalIndent(t, "", "  ")
	if err != nil { // text, numbers and times: cannot happen
		panic(err)
	}
	return append(out, '\n')
}

// filled is an empty list for none, so that readers need no special case.
func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// CSV is a page's lines as a table for spreadsheets, with a byte order mark so
// that they read UTF-8. No cell is taken for a formula.
func CSV(p Page) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	rows := [][]string{{"id", "under", "question", "time", "name", "home", "text", "edited", "reactions"}}
	for _, section := range p.Sections() {
		question := strconv.Itoa(section.Question.Number)
		for _, thread := range section.Threads {
			for _, l := range append([]Line{thread.Line}, thread.Replies...) {
				rows = append(rows, []string{l.ID, l.Under, strconv.Itoa(l.Question), l.At.In(p.zone()).Format(time.RFC3339),
					cell(l.Name), cell(l.Home), cell(l.Text), yes(l.Edited), strconv.Itoa(l.Agrees)})
			}
		}
		if section.Gap > 0 {
			rows = append(rows, []string{"", "", question, "", "", "", gapWords(section.Gap), "", ""})
		}
	}
	if err := w.WriteAll(rows); err != nil { // a buffer takes everything
		panic(err)
	}
	return b.Bytes()
}

// cell keeps a spreadsheet from taking words for a formula: those begin with one
// of a few signs, in front of which it puts an apostrophe.
func cell(words string) string {
	first := strings.TrimLeft(words, " \u00a0\n")
	if first != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(first)[0]) {
		return "'" + words
	}
	return words
}

func (p Page) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// clock is when a line was said: "8:03pm".
func (p Page) clock(l Line) string {
	clock, _, _ := strings.Cut(when.FormatClock(l.At, p.zone()), " ")
	return clock
}
