package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Post is what to show, and not how: each platform renders it in its own way.
// Text and Small are CommonMark plus the tokens that Moment, Mention and
// InRoom make. People's words go in through Plain or Quote only.
type Post struct {
	Title   string   `json:"title,omitempty"` // plain words, no CommonMark
	Text    string   `json:"text,omitempty"`
	Fields  []Field  `json:"fields,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	Select  *Select  `json:"select,omitempty"`
	Image   *Image   `json:"image,omitempty"`
	Small   string   `json:"small,omitempty"` // a quiet last line
}

// Field is a named fact in a post. Name is plain, Value is CommonMark.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Button is a command line that is pressed instead of typed. One whose command
// has no row in the table is not shown, so a feature may offer what another brings.
type Button struct {
	Label   string `json:"label"`             // plain, at most 30 characters
	Command string `json:"command,omitempty"` // without a slash: "hour skip 7k2"
	URL     string `json:"url,omitempty"`     // a link instead of a command
	Style   Style  `json:"style,omitempty"`
	Confirm string `json:"confirm,omitempty"` // a question that is asked first
}

// Style tells how a button weighs; it never carries meaning alone.
type Style string

const (
	Ordinary Style = ""
	Primary  Style = "primary"
	Danger   Style = "danger"
)

// Select is a menu: the chosen option's Value is added to Command as its last word.
type Select struct {
	Label   string   `json:"label"`
	Command string   `json:"command"`
	Options []Option `json:"options"`
}

// Option is one choice of a Select or of a form's field.
type Option struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Image is a picture with its words; Alt is never empty.
type Image struct {
	URL string `json:"url"`
	Alt string `json:"alt"`
}

// Say makes a post of one text.
func Say(text string) Post { return Post{Text: text} }

// mark is a short fingerprint of what a post shows. The same content has the
// same mark, so nothing is edited when nothing changed.
func (p Post) mark() string {
	b, err := json.Marshal(p)
	if err != nil { // strings and slices of them: cannot happen
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Form is what a person is asked to fill in. Submitting it runs Command with
// the fields as its arguments.
type Form struct {
	Title   string      `json:"title"` // at most 24 characters, Mattermost's limit
	Intro   string      `json:"intro,omitempty"`
	Command string      `json:"command"`
	Submit  string      `json:"submit"` // the button's label
	Fields  []FormField `json:"fields"`
}

// FormField is one question of a form.
type FormField struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Hint     string   `json:"hint,omitempty"`
	Kind     ArgKind  `json:"kind"`
	Value    string   `json:"value,omitempty"` // filled in already; several values are lines
	Options  []Option `json:"options,omitempty"`
	Optional bool     `json:"optional,omitempty"`
	Max      int      `json:"max,omitempty"` // characters; 0: the platform's limit
}
