package web

import (
	_ "embed"
	"net/http"

	"datahour/bot/hours"
)

// outputs are the forms of a transcript besides the page, by their ending.
var outputs = map[string]struct {
	kind  string
	write func(hours.Page) []byte
}{
	"md":   {"text/markdown; charset=utf-8", hours.Markdown},
	"json": {"application/json; charset=utf-8", hours.JSON},
	"csv":  {"text/csv; charset=utf-8", hours.CSV},
	"txt":  {"text/plain; charset=utf-8", hours.Text},
}

// transcriptSchema says what is in a transcript's JSON, of the version
// [hours.TranscriptVersion].
//
//go:embed static/transcript.schema.json
var transcriptSchema []byte

func (s *Site) schema(w http.ResponseWriter, r *http.Request) {
	send(w, r, "application/schema+json", transcriptSchema)
}
