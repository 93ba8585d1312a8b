package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// formID marks the modals that are ours.
const formID = "datahour_form"

// hidden is what a modal carries unseen: what its submission is about.
type hidden struct {
	Command string        `json:"command"`
	Room    bot.RoomID    `json:"room"`
	Thread  bot.MessageID `json:"thread,omitempty"`
	Message bot.MessageID `json:"message,omitempty"`
	Address string        `json:"address,omitempty"` // response_url, for the answer
}

// view is a form as a modal. A field's name is its block's and its action's id.
func (c *Chat) view(f bot.Form, h hidden) (slackapi.ModalViewRequest, error) {
	carried, err := json.Marshal(h)
	if err != nil {
		return slackapi.ModalViewRequest{}, err
	}
	if len(carried) > maxViewMetadata { // the address is the only part of any length, and there are other ways to answer
		h.Address = ""
		if carried, err = json.Marshal(h); err != nil || len(carried) > maxViewMetadata {
			return slackapi.ModalViewRequest{}, fmt.Errorf("a form with a command of %d characters", len(h.Command))
		}
	}
	view := slackapi.ModalViewRequest{Type: slackapi.VTModal, CallbackID: formID, PrivateMetadata: string(carried),
		Title: plainText(cmp.Or(f.Title, "Data Hour"), maxViewTitle), Submit: plainText(cmp.Or(f.Submit, "Save"), maxViewTitle), Close: plainText("Cancel", maxViewTitle)}
	if f.Intro != "" {
		view.Blocks.BlockSet = c.richTextBlocks(parse(f.Intro))
	}
	for _, field := range f.Fields {
		input, err := c.input(field)
		if err != nil {
			return slackapi.ModalViewRequest{}, fmt.Errorf("field %q: %w", field.Name, err)
		}
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, input)
	}
	if n := len(view.Blocks.BlockSet); n > maxViewBlocks {
		return slackapi.ModalViewRequest{}, fmt.Errorf("a form of %d parts; Slack takes %d", n, maxViewBlocks)
	}
	return view, nil
}

func (c *Chat) input(f bot.FormField) (*slackapi.InputBlock, error) {
	element, err := c.element(f)
	if err != nil {
		return nil, err
	}
	input := slackapi.NewInputBlock(f.Name, plainText(cmp.Or(f.Label, f.Name), maxInputLabel), nil, element)
	input.Optional = f.Optional || f.Kind == bot.Yes // a box may stay empty
	if f.Hint != "" {
		input.Hint = plainText(f.Hint, maxInputHint)
	}
	return input, nil
}

func (c *Chat) element(f bot.FormField) (slackapi.BlockElement, error) {
	switch f.Kind {
	case bot.Yes:
		yes := slackapi.NewOptionBlockObject("yes", plainText("Yes", maxOptionLabel), nil)
		boxes := slackapi.NewCheckboxGroupsBlockElement(f.Name, yes)
		if f.Value == "yes" {
			boxes.InitialOptions = []*slackapi.OptionBlockObject{yes}
		}
		return boxes, nil
	case bot.Number:
		number := slackapi.NewNumberInputBlockElement(nil, f.Name, false)
		if _, err := strconv.Atoi(f.Value); err == nil {
			number.InitialValue = f.Value
		}
		return number, nil
	case bot.Choice:
		return choice(f)
	case bot.When:
		// A picker when nothing is there yet. What was typed stays as it was typed.
		at, err := time.Parse(time.RFC3339, f.Value)
		if f.Value == "" || err == nil {
			picker := slackapi.NewDateTimePickerBlockElement(f.Name)
			if err == nil {
				picker.InitialDateTime = at.Unix()
			}
			return picker, nil
		}
	case bot.People:
		return c.peoplePicker(f), nil
	case bot.Rooms:
		return c.roomPicker(f)
	}
	return textInput(f), nil
}

func textInput(f bot.FormField) *slackapi.PlainTextInputBlockElement {
	limit := maxInput
	if f.Max > 0 {
		limit = min(f.Max, maxInput)
	}
	input := slackapi.NewPlainTextInputBlockElement(nil, f.Name)
	input.Multiline = f.Kind == bot.Area || f.Kind == bot.Rest
	if f.Kind == bot.Area { // Max is of each line there
		limit = maxInput
	}
	input.MaxLength = limit
	input.InitialValue = cut(f.Value, limit)
	return input
}

// choice is a menu. Slack refuses one without choices.
func choice(f bot.FormField) (slackapi.BlockElement, error) {
	options, err := optionObjects(f.Options)
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		return textInput(f), nil
	}
	menu := slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, nil, f.Name, options...)
	for _, o := range options {
		if o.Value == f.Value {
			menu.InitialOption = o
		}
	}
	return menu, nil
}

func (c *Chat) peoplePicker(f bot.FormField) slackapi.BlockElement {
	menu := slackapi.NewOptionsMultiSelectBlockElement(slackapi.MultiOptTypeUser, nil, f.Name)
	for line := range strings.Lines(f.Value) {
		bot.ReplaceTokens(line, func(t bot.Token) string {
			if u := bot.UserID(t.ID); t.Kind == "user" && u.Platform() == c.platform && !slices.Contains(menu.InitialUsers, u.Rest()) {
				menu.InitialUsers = append(menu.InitialUsers, u.Rest())
			}
			return ""
		})
	}
	return menu
}

// roomPicker offers the rooms that the core names, which may be on any platform.
func (c *Chat) roomPicker(f bot.FormField) (slackapi.BlockElement, error) {
	options, err := optionObjects(f.Options)
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		return textInput(f), nil
	}
	menu := slackapi.NewOptionsMultiSelectBlockElement(slackapi.MultiOptTypeStatic, nil, f.Name, options...)
	for line := range strings.Lines(f.Value) {
		for _, o := range options {
			if o.Value == strings.TrimSpace(line) {
				menu.InitialOptions = append(menu.InitialOptions, o)
			}
		}
	}
	return menu, nil
}

// filledIn reads what was filled in, as the core takes it: several values are lines.
func (c *Chat) filledIn(v slackapi.View) map[string]string {
	form := map[string]string{}
	for _, b := range v.Blocks.BlockSet { // fields left empty are not in the state of every kind
		if input, ok := b.(*slackapi.InputBlock); ok {
			form[input.BlockID] = ""
		}
	}
	if v.State == nil {
		return form
	}
	for name, actions := range v.State.Values {
		for _, a := range actions {
			form[name] = c.value(a)
		}
	}
	return form
}

func (c *Chat) value(a slackapi.BlockAction) string {
	var lines []string
	switch string(a.Type) {
	case string(slackapi.METDatetimepicker):
		if a.SelectedDateTime != 0 {
			return time.Unix(a.SelectedDateTime, 0).UTC().Format(time.RFC3339)
		}
		return ""
	case string(slackapi.METCheckboxGroups), slackapi.MultiOptTypeStatic:
		for _, o := range a.SelectedOptions {
			lines = append(lines, o.Value)
		}
	case slackapi.MultiOptTypeUser:
		for _, u := range a.SelectedUsers {
			lines = append(lines, bot.Mention(c.userID(u)))
		}
	case slackapi.OptTypeStatic:
		return a.SelectedOption.Value
	default:
		return literal(a.Value)
	}
	return strings.Join(lines, "\n")
}

// fingerprintOf tells one submission of a modal from another: the same values
// submitted again, because no answer came in time, are the same deed; corrected
// ones are another.
func fingerprintOf(filled map[string]string) string {
	values, err := json.Marshal(filled) // in the order of the names
	if err != nil {                     // strings: cannot happen
		panic(err)
	}
	return fingerprint(bot.Key(values))
}

// submitted runs a form's command with what was filled in. When something is
// wrong the modal stays open, with its values and words at the fields.
func (c *Chat) submitted(s *session, i slackapi.InteractionCallback, ack func(any, error)) {
	var h hidden
	if i.View.CallbackID != formID || json.Unmarshal([]byte(i.View.PrivateMetadata), &h) != nil || h.Command == "" {
		c.log.Warn("a form that is not ours was left out")
		ack(nil, nil)
		return
	}
	filled := c.filledIn(i.View)
	in := bot.Inbound{ID: c.deed("form", i.View.ID, fingerprintOf(filled)), Kind: bot.Command, Room: h.Room, From: c.userID(i.User.ID), At: time.Now(), Text: h.Command,
		Thread: h.Thread, Message: h.Message, Form: filled, People: c.known(i.User.ID, i.User.Name)}
	_, in.Direct = h.Room.Person()
	way := wayBack{c: c, s: s, in: in, trigger: i.TriggerID, address: h.Address}
	reply, err := s.hand(in)
	switch {
	case err != nil: // it stays open, so that nothing typed is lost
		c.log.Warn("form not taken", "err", err)
		ack(fieldErrors(i.View, map[string]string{"": notTaken}), nil)
	case len(reply.Errors) > 0:
		ack(fieldErrors(i.View, reply.Errors), nil)
	case reply.Form != nil:
		view, err := c.view(*reply.Form, way.hidden(*reply.Form))
		if err != nil {
			c.log.Error("a form could not be rendered", "err", err)
			ack(nil, nil)
			return
		}
		ack(slackapi.NewUpdateViewSubmissionResponse(&view), nil)
	default:
		ack(nil, nil)
		if reply.Post != nil {
			way.later(*reply.Post, false)
		}
	}
}

// fieldErrors puts words at fields. Slack takes them at input blocks alone: words
// about none of them stand at the first.
func fieldErrors(v slackapi.View, words map[string]string) *slackapi.ViewSubmissionResponse {
	var fields []string
	for _, b := range v.Blocks.BlockSet {
		if input, ok := b.(*slackapi.InputBlock); ok {
			fields = append(fields, input.BlockID)
		}
	}
	at := map[string]string{}
	for name, said := range words {
		if !slices.Contains(fields, name) {
			if len(fields) == 0 {
				continue
			}
			name = fields[0]
		}
		at[name] = strings.TrimSpace(at[name] + " " + joinedParts(parse(said)))
	}
	return slackapi.NewErrorsViewSubmissionResponse(at)
}

// joinedParts is CommonMark as plain words, where nothing else can be shown.
func joinedParts(parts []part) string {
	var lines []string
	for _, x := range parts {
		lines = append(lines, joined(x.spans))
	}
	return strings.Join(lines, " ")
}
