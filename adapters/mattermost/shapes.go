package mattermost

import _ "embed"

// What the server takes and gives, as far as it matters here. The vendor's model
// has all of it and much more, which costs every start 1.7 MB of memory; a test
// holds these shapes, limits and names to it.

// slashCommand is model.Command.
type slashCommand struct {
	ID               string `json:"id"`
	Token            string `json:"token"`
	CreateAt         int64  `json:"create_at"`
	CreatorID        string `json:"creator_id"`
	TeamID           string `json:"team_id"`
	Trigger          string `json:"trigger"`
	Method           string `json:"method"`
	Username         string `json:"username"`
	AutoComplete     bool   `json:"auto_complete"`
	AutoCompleteDesc string `json:"auto_complete_desc"`
	AutoCompleteHint string `json:"auto_complete_hint"`
	DisplayName      string `json:"display_name"`
	Description      string `json:"description"`
	URL              string `json:"url"`
	PluginID         string `json:"plugin_id"` // of the plugin that made it, if one did
}

// commandResponse is model.CommandResponse.
type commandResponse struct {
	ResponseType     string               `json:"response_type"`
	Text             string               `json:"text"`
	SkipSlackParsing bool                 `json:"skip_slack_parsing"`
	Attachments      []*messageAttachment `json:"attachments"`
}

// messageAttachment is model.MessageAttachment.
type messageAttachment struct {
	Fallback string             `json:"fallback"`
	Text     string             `json:"text"`
	Fields   []*attachmentField `json:"fields"`
	ImageURL string             `json:"image_url"`
	Actions  []*postAction      `json:"actions,omitempty"`
}

// attachmentField is model.MessageAttachmentField.
type attachmentField struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

// postAction is model.PostAction: a button or a menu.
type postAction struct {
	ID          string             `json:"id,omitempty"`
	Type        string             `json:"type,omitempty"`
	Name        string             `json:"name,omitempty"`
	Style       string             `json:"style,omitempty"`
	Options     []*actionOption    `json:"options,omitempty"`
	Integration *actionIntegration `json:"integration,omitempty"`
}

// actionOption is model.PostActionOptions.
type actionOption struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// actionIntegration is model.PostActionIntegration.
type actionIntegration struct {
	URL     string         `json:"url,omitempty"`
	Context map[string]any `json:"context,omitempty"`
}

// actionRequest is model.PostActionIntegrationRequest.
type actionRequest struct {
	UserID      string         `json:"user_id"`
	ChannelID   string         `json:"channel_id"`
	ChannelName string         `json:"channel_name"`
	PostID      string         `json:"post_id"`
	TriggerID   string         `json:"trigger_id"`
	Context     map[string]any `json:"context,omitempty"`
}

// actionResponse is model.PostActionIntegrationResponse.
type actionResponse struct {
	EphemeralText    string `json:"ephemeral_text"`
	SkipSlackParsing bool   `json:"skip_slack_parsing"`
}

// dialogForm is model.Dialog.
type dialogForm struct {
	CallbackID       string          `json:"callback_id"`
	Title            string          `json:"title"`
	IntroductionText string          `json:"introduction_text"`
	Elements         []dialogElement `json:"elements"`
	SubmitLabel      string          `json:"submit_label"`
	State            string          `json:"state"`
}

// dialogElement is model.DialogElement.
type dialogElement struct {
	DisplayName string          `json:"display_name"`
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	SubType     string          `json:"subtype"`
	Default     string          `json:"default"`
	Placeholder string          `json:"placeholder"`
	HelpText    string          `json:"help_text"`
	Optional    bool            `json:"optional"`
	MaxLength   int             `json:"max_length"`
	DataSource  string          `json:"data_source"`
	Options     []*actionOption `json:"options"`
	MultiSelect bool            `json:"multiselect"`
}

// Limits of a dialog, in bytes, but those of what is typed, in runes.
const (
	maxDialogTitle = 24
	maxLabel       = 24
	maxFieldHint   = 150
	maxLine        = 150
	maxArea        = 3000
)

// openDialogRequest is model.OpenDialogRequest.
type openDialogRequest struct {
	TriggerID string     `json:"trigger_id"`
	URL       string     `json:"url"`
	Dialog    dialogForm `json:"dialog"`
}

// dialogRequest is model.SubmitDialogRequest.
type dialogRequest struct {
	State      string         `json:"state"`
	UserID     string         `json:"user_id"`
	Submission map[string]any `json:"submission"`
	Cancelled  bool           `json:"cancelled"`
}

// dialogResponse is model.SubmitDialogResponse.
type dialogResponse struct {
	Error  string            `json:"error,omitempty"`
	Errors map[string]string `json:"errors,omitempty"`
	Type   string            `json:"type,omitempty"`
	Form   *dialogForm       `json:"form,omitempty"`
}

// emoji has a line for each: its name and its code points. It is searched as it
// is, since a map of it would be a megabyte for a name now and then.
//
//go:embed emoji.txt
var emoji string
