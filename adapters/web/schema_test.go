package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"datahour/bot/hours"
)

// schema is as much of JSON Schema as ours uses.
type schema struct {
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Type       string            `json:"type"`
	Format     string            `json:"format"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

// wrong tells what in a value is not as the schema says. Stricter than JSON
// Schema, it knows every field.
func (s schema) wrong(at string, v any) (all []string) {
	complain := func(format string, args ...any) { all = append(all, at+": "+fmt.Sprintf(format, args...)) }
	switch {
	case s.Const != nil && v != s.Const:
		complain("%v, not %v", v, s.Const)
	case s.Enum != nil && !slices.Contains(s.Enum, v):
		complain("%v is none of %v", v, s.Enum)
	}
	switch x := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, there := x[name]; !there {
				complain("lacks %s", name)
			}
		}
		for name, part := range x {
			sub, known := s.Properties[name]
			if !known {
				complain("has %s, of which nothing is said", name)
			}
			all = append(all, sub.wrong(at+"."+name, part)...)
		}
		if s.Type != "object" {
			complain("an object, not %q", s.Type)
		}
	case []any:
		if s.Type != "array" || s.Items == nil {
			complain("a list, not %q", s.Type)
			break
		}
		for i, part := range x {
			all = append(all, s.Items.wrong(fmt.Sprintf("%s[%d]", at, i), part)...)
		}
	case string:
		if s.Type != "string" && s.Enum == nil {
			complain("text, not %q", s.Type)
		}
		if _, err := time.Parse(time.RFC3339, x); s.Format == "date-time" && err != nil {
			complain("%v", err)
		}
	case float64:
		if s.Type != "integer" && s.Const == nil || x != float64(int(x)) {
			complain("%v, not %q", x, s.Type)
		}
	case bool:
		if s.Type != "boolean" {
			complain("%v, not %q", x, s.Type)
		}
	default:
		complain("%v", x)
	}
	return all
}

// The JSON is as its schema says, and all that the schema speaks of is there.
func TestTheSchemaIsRight(t *testing.T) {
	play(t, func(s *stage) {
		s.open()
		m := s.Say(tim, "north:data", "River levels, see https://example.org/levels")
		s.Edit(tim, "north:data", m, "River levels, see https://example.org/rivers")
		s.Say(sam, "north:data", "unspeakable")
		w := s.get("/transcript.schema.json")
		var described schema
		if err := json.Unmarshal(w.Body.Bytes(), &described); err != nil || w.Code != http.StatusOK {
			t.Fatal(w.Code, err)
		}
		full := hours.Page{ID: "x", About: "x", Summary: "x", State: hours.Closed, Lines: []hours.Line{{ID: "a"}, {ID: "b", Under: "a"}},
			Questions: []hours.PageQuestion{{Number: 1}}, Gaps: []hours.Gap{{People: 1}}, Hosts: []string{"x"}, Rooms: []string{"x"}, Links: []string{"x"}}
		for name, raw := range map[string][]byte{"a live hour": s.get("/hour/" + s.id + ".json").Body.Bytes(), "one with everything": hours.JSON(full), "an empty one": hours.JSON(hours.Page{State: hours.Scheduled})} {
			var data any
			if err := json.Unmarshal(raw, &data); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range described.wrong("", data) {
				t.Errorf("%s%s", name, wrong)
			}
			top := data.(map[string]any)
			if name == "one with everything" && (len(top) != len(described.Properties) || len(top["lines"].([]any)[1].(map[string]any)) != len(described.Properties["lines"].Items.Properties)) {
				t.Error("the schema speaks of what is never there")
			}
		}
	})
}
