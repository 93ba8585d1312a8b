package mattermost

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
)

func TestShapesAreTheVendors(t *testing.T) {
	for _, pair := range [][2]any{
		{slashCommand{}, model.Command{}}, {commandResponse{}, model.CommandResponse{}}, {messageAttachment{}, model.MessageAttachment{}},
		{attachmentField{}, model.MessageAttachmentField{}}, {postAction{}, model.PostAction{}}, {actionOption{}, model.PostActionOptions{}},
		{actionIntegration{}, model.PostActionIntegration{}}, {actionRequest{}, model.PostActionIntegrationRequest{}},
		{actionResponse{}, model.PostActionIntegrationResponse{}}, {dialogForm{}, model.Dialog{}}, {dialogElement{}, model.DialogElement{}},
		{openDialogRequest{}, model.OpenDialogRequest{}}, {dialogRequest{}, model.SubmitDialogRequest{}}, {dialogResponse{}, model.SubmitDialogResponse{}},
	} {
		ours, theirs := reflect.TypeOf(pair[0]), fieldsOf(pair[1])
		for name, kind := range fieldsOf(pair[0]) {
			if there, ok := theirs[name]; !ok || there != kind && there != reflect.Interface {
				t.Errorf("%s has a field %q of kind %s, which is %s in the vendor's", ours.Name(), name, kind, there)
			}
		}
	}
}

// fieldsOf are the kinds of a struct's fields, by how they are written in JSON.
func fieldsOf(v any) map[string]reflect.Kind {
	kinds := map[string]reflect.Kind{}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		kinds[f.Tag.Get("json")] = f.Type.Kind()
	}
	return kinds
}

// asVendor is what the server makes of something of ours.
func asVendor[T any](t *testing.T, ours any) (theirs T) {
	t.Helper()
	data, err := json.Marshal(ours)
	if err == nil {
		err = json.Unmarshal(data, &theirs)
	}
	if err != nil {
		t.Fatal(err)
	}
	return theirs
}

func TestLimitsAreTheVendors(t *testing.T) {
	for _, pair := range [][2]int{{maxMessage, model.PostMessageMaxRunesV2}, {maxDialogTitle, model.DialogTitleMaxLength}, {maxLabel, model.DialogElementDisplayNameMaxLength},
		{maxFieldHint, model.DialogElementHelpTextMaxLength}, {maxLine, model.DialogElementTextMaxLength}, {maxLine, model.DialogElementBoolMaxLength}, {maxArea, model.DialogElementTextareaMaxLength}} {
		if pair[0] != pair[1] {
			t.Errorf("a limit of %d is %d in the vendor's model", pair[0], pair[1])
		}
	}
}

func TestEmojiAreTheVendors(t *testing.T) {
	ours := map[string]string{}
	for line := range strings.Lines(emoji) {
		if name, code, _ := strings.Cut(strings.TrimSpace(line), " "); name != "#" {
			ours[name] = code
		}
	}
	if !maps.Equal(ours, model.SystemEmojis) {
		t.Errorf("%d emoji are not the vendor's %d", len(ours), len(model.SystemEmojis))
	}
	if got := withEmoji(":+1: and :no_such_emoji:"); got != "\U0001f44d and :no_such_emoji:" {
		t.Errorf("shown as %q", got)
	}
}
