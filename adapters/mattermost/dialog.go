package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// dialogState is what a form carries and brings back. The nonce names this form,
// so that sending it off twice is one thing done.
type dialogState struct {
	Command string  `json:"c"`
	Room    string  `json:"r"`
	Channel string  `json:"ch"`
	User    string  `json:"u"`
	Thread  string  `json:"t,omitempty"`
	Pressed string  `json:"p,omitempty"` // the post with the button
	Asked   bool    `json:"q,omitempty"` // only whether somebody is sure
	Fields  []field `json:"f,omitempty"`
	Nonce   string  `json:"n"`
}

// field is what has to be known of a field when it comes back: the server leaves
// out those that were left empty.
type field struct {
	Name string      `json:"n"`
	Kind bot.ArgKind `json:"k"`
}

// show opens a form for whoever holds the trigger, which lasts 30 seconds, and
// tells whether it did.
func (c *Chat) show(ctx context.Context, f bot.Form, trigger string, s dialogState) bool {
	return c.openDialog(ctx, trigger, c.dialogFor(ctx, f, s))
}

// ask opens a form that asks whether somebody is sure.
func (c *Chat) ask(ctx context.Context, p press, trigger string, s dialogState) bool {
	s.Asked, s.Nonce = true, nonce()
	d := model.Dialog{CallbackId: "datahour", Title: clipBytes(cmp.Or(p.Label, "Are you sure?"), model.DialogTitleMaxLength),
		IntroductionText: dialect(bot.Quote(p.Confirm)), SubmitLabel: p.Label, State: c.seal("dialog", s)}
	return c.openDialog(ctx, trigger, d)
}

func (c *Chat) openDialog(ctx context.Context, trigger string, d model.Dialog) bool {
	err := c.send(ctx, http.MethodPost, "/actions/dialogs/open", model.OpenDialogRequest{TriggerId: trigger, URL: c.o.CallbackURL + dialogPath, Dialog: d}, nil)
	if err != nil {
		c.o.Log.Warn("a form could not be opened", "platform", c.o.Name, "err", err)
	}
	return err == nil
}

// dialogFor makes the server's form of ours, within its limits: it takes a form
// beyond them and then shows nothing.
func (c *Chat) dialogFor(ctx context.Context, f bot.Form, s dialogState) model.Dialog {
	s.Command, s.Nonce, s.Asked, s.Fields = f.Command, nonce(), false, nil
	d := model.Dialog{CallbackId: "datahour", Title: clipBytes(f.Title, model.DialogTitleMaxLength), SubmitLabel: cmp.Or(f.Submit, "Save")}
	if f.Intro != "" {
		c.learn(ctx, f.Intro)
		d.IntroductionText = c.outgoing(f.Intro, c.toPerson(ctx, s.Channel, s.User))
	}
	for _, x := range f.Fields {
		d.Elements = append(d.Elements, c.element(x))
		s.Fields = append(s.Fields, field{Name: x.Name, Kind: x.Kind})
	}
	d.State = c.seal("dialog", s)
	return d
}

// element is one field. Its label has room for 24 bytes; what is longer goes
// into the hint whole.
func (c *Chat) element(x bot.FormField) model.DialogElement {
	e := model.DialogElement{DisplayName: x.Label, Name: x.Name, Optional: x.Optional, Default: x.Value, HelpText: x.Hint}
	if len(x.Label) > model.DialogElementDisplayNameMaxLength {
		e.DisplayName = clipBytes(x.Label, model.DialogElementDisplayNameMaxLength)
		e.HelpText = strings.TrimSpace(x.Label + " " + x.Hint)
	}
	e.HelpText = clipBytes(e.HelpText, model.DialogElementHelpTextMaxLength)
	switch x.Kind {
	case bot.Yes:
		e.Type, e.Placeholder = "bool", clipBytes(x.Label, model.DialogElementBoolMaxLength)
		e.Optional = true // a box that must be ticked is no question
		e.Default = strconv.FormatBool(x.Value == "yes" || x.Value == "true")
	case bot.Choice:
		c.choose(&e, x)
	case bot.Rooms:
		e.MultiSelect = true
		c.choose(&e, x)
	case bot.People:
		e.Type, e.DataSource, e.MultiSelect = "select", model.PostActionDataSourceUsers, true
		var ids []string
		for value := range strings.FieldsSeq(x.Value) {
			bot.ReplaceTokens(value, func(t bot.Token) string {
				if id, ours := strings.CutPrefix(t.ID, c.o.Name+":"); ours && t.Kind == "user" {
					ids = append(ids, id)
				}
				return ""
			})
		}
		e.Default = strings.Join(ids, ",")
	default:
		text(&e, x)
	}
	return e
}

// fewChoices are shown side by side, as far as one has to be chosen: what was
// chosen there cannot be taken back.
const fewChoices = 4

func (c *Chat) choose(e *model.DialogElement, x bot.FormField) {
	e.Type = "select"
	if !e.MultiSelect && !x.Optional && len(x.Options) <= fewChoices {
		e.Type = "radio"
	}
	for _, o := range x.Options {
		e.Options = append(e.Options, &model.PostActionOptions{Text: bot.ClipTo(o.Label, maxOption), Value: o.Value})
	}
	offered := func(value string) bool {
		return slices.ContainsFunc(x.Options, func(o bot.Option) bool { return o.Value == value })
	}
	var chosen []string
	for value := range strings.Lines(x.Value) {
		if value = strings.TrimSpace(value); offered(value) {
			chosen = append(chosen, value)
		}
	}
	e.Default = strings.Join(chosen, ",")
}

// text is a line, or an area where the words need more room than a line has.
func text(e *model.DialogElement, x bot.FormField) {
	e.Type, e.MaxLength = "text", model.DialogElementTextMaxLength
	long := x.Kind == bot.Rest || x.Kind == bot.Area || x.Max > e.MaxLength || len(x.Value) > e.MaxLength || strings.Contains(x.Value, "\n")
	switch {
	case long:
		e.Type, e.MaxLength = "textarea", model.DialogElementTextareaMaxLength
	case x.Kind == bot.Number:
		e.SubType = "number"
	}
	if x.Max > 0 && x.Max < e.MaxLength && utf8.RuneCountInString(x.Value) <= x.Max {
		e.MaxLength = x.Max
	}
	e.Default = bot.ClipTo(x.Value, e.MaxLength)
}

// submitted is a form that was sent off, in the core's words.
func (c *Chat) submitted(ctx context.Context, s dialogState, values map[string]any) bot.Inbound {
	form := map[string]string{}
	for _, f := range s.Fields { // none but those that were asked
		form[f.Name] = c.value(f.Kind, values[f.Name])
	}
	whole, err := json.Marshal(form) // sorted by name
	if err != nil {                  // strings: cannot happen
		panic(err)
	}
	in := c.pressed(ctx, s, "form/"+s.Nonce+"/"+fingerprint(string(whole)))
	in.Form, in.Pressed, in.Thread = form, false, bot.MessageID(c.id(s.Thread))
	return in
}

// value reads what a field brought: the server leaves out empty ones, gives
// numbers as text or not, several choices as a list, and people by their ids.
func (c *Chat) value(kind bot.ArgKind, v any) string {
	var all []string
	switch v := v.(type) {
	case nil:
	case []any:
		for _, one := range v {
			all = append(all, fmt.Sprint(one))
		}
	case float64:
		all = []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case bool:
		all = []string{map[bool]string{true: "yes", false: "no"}[v]}
	default:
		all = []string{strings.TrimSpace(fmt.Sprint(v))}
		if kind == bot.People || kind == bot.Rooms { // older servers join them
			all = strings.Split(all[0], ",")
		}
	}
	switch kind {
	case bot.Yes:
		if len(all) == 0 || all[0] == "" || all[0] == "false" {
			return "no"
		}
		if all[0] == "true" {
			return "yes"
		}
	case bot.People:
		for i, id := range all {
			if id != "" {
				all[i] = bot.Mention(bot.UserID(c.id(id)))
			}
		}
	}
	return strings.Join(all, "\n")
}

// formErrors says what is wrong, field by field where it is known; the form
// stays open with what was typed.
func (c *Chat) formErrors(ctx context.Context, errs map[string]string, s dialogState) model.SubmitDialogResponse {
	at := c.toPerson(ctx, s.Channel, s.User)
	out := model.SubmitDialogResponse{Errors: map[string]string{}}
	for name, words := range errs {
		c.learn(ctx, words)
		words = c.outgoing(words, at)
		if slices.ContainsFunc(s.Fields, func(f field) bool { return f.Name == name }) {
			out.Errors[name] = words
		} else {
			out.Error = strings.TrimSpace(out.Error + " " + words)
		}
	}
	return out
}
