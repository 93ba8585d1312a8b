package playground

import (
	"cmp"

	"datahour/bot"
)

// formKinds are the core's kinds of fields in the world's words.
var formKinds = map[bot.ArgKind]string{bot.Text: "text", bot.Rest: "area", bot.Area: "area", bot.Number: "number", bot.Choice: "select",
	bot.Yes: "bool", bot.When: "when", bot.Length: "text", bot.People: "people", bot.Rooms: "rooms", bot.ID: "text"}

type form struct {
	Title   string      `json:"title"`
	Intro   string      `json:"intro,omitempty"`
	Command string      `json:"command"`
	Submit  string      `json:"submit"`
	Fields  []formField `json:"fields"`
}

type formField struct {
	Name     string       `json:"name"`
	Label    string       `json:"label"`
	Hint     string       `json:"hint,omitempty"`
	Kind     string       `json:"kind"`
	Value    string       `json:"value,omitempty"`
	Options  []bot.Option `json:"options,omitempty"`
	Optional bool         `json:"optional,omitempty"`
	Max      int          `json:"max,omitempty"`
}

// renderForm is a form in the world's words. Values and options keep whole ids,
// so that they come back as they went.
func (c *Chat) renderForm(f *bot.Form) form {
	out := form{Title: f.Title, Intro: c.outgoing(f.Intro), Command: f.Command, Submit: cmp.Or(f.Submit, "Save"), Fields: []formField{}}
	for _, x := range f.Fields {
		field := formField{Name: x.Name, Label: x.Label, Hint: x.Hint, Kind: cmp.Or(formKinds[x.Kind], "text"), Value: x.Value,
			Options: x.Options, Optional: x.Optional, Max: x.Max}
		if x.Kind == bot.People && x.Options == nil {
			field.Options = c.people.options(c.platform, x.Value)
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}
