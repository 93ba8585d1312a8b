package slack

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// slackIDs are what the people and rooms of shown.json would be called in Slack.
var slackIDs = strings.NewReplacer("charities:ada", "charities:U0ADA", "charities:grace", "charities:U0GRACE", "charities:data", "charities:C0DATA")

// Everything that the features show in a linked hour, as Slack shows it and within
// its limits. cmd/datahour writes down what that is.
func TestGoldenShown(t *testing.T) {
	raw, err := os.ReadFile("../../bot/bottest/testdata/shown.json")
	if err != nil {
		t.Fatal(err)
	}
	var shown []struct {
		Name string
		To   bool `json:"to_one_person"`
		Post *bot.Post
		Form *bot.Form
	}
	if err := json.Unmarshal([]byte(slackIDs.Replace(string(raw))), &shown); err != nil {
		t.Fatal(err)
	}
	c := newChat(t, Options{Name: "charities", BotToken: botToken, AppToken: appToken})
	for id, name := range map[string]string{"U0ADA": "Ada Lovelace", "U0GRACE": "Grace @all *Hopper*"} {
		c.keep(slackapi.User{ID: id, Name: name})
	}
	for _, x := range shown {
		file := "shown/" + strings.ReplaceAll(x.Name, " ", "-") + ".json"
		if x.Form != nil {
			view, err := c.view(*x.Form, hidden{Command: x.Form.Command, Room: "charities:C0DATA"})
			if err != nil {
				t.Errorf("%s: %v", x.Name, err)
			}
			within(t, view, maxViewBlocks)
			golden(t, file, view)
			continue
		}
		room := bot.UserID("charities:U0ADA").Direct()
		if !x.To {
			room = "charities:C0DATA"
		}
		blocks, text, err := c.render(c.uncalled(t.Context(), room, *x.Post))
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
		}
		message := map[string]any{"blocks": slackapi.Blocks{BlockSet: blocks}, "text": text}
		within(t, message, maxBlocks)
		golden(t, file, message)
	}
}

// The App Home, of the answers to two commands.
func TestGoldenHome(t *testing.T) {
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		p := bot.Post{Text: "**" + in.Text + "**\n\n- *Flood data* " + moment2Dec + "\n- *Ponds*", Buttons: []bot.Button{{Label: "Remind me", Command: "datahour remind 7k2"}}}
		return bot.Reply{Post: &p}, nil
	})
	r.ack(r.sendsEvent(map[string]any{"type": "app_home_opened", "user": "U0ADA", "tab": "home"}))
	r.untilSlack("the home", func(f *fakeSlack) bool { return len(f.views) > 0 })
	r.mu.Lock()
	defer r.mu.Unlock()
	within(t, r.views[0]["view"], maxViewBlocks)
	golden(t, "home.json", r.views[0]["view"])
}

// fataler is a test, or a try of one.
type fataler interface {
	Helper()
	Errorf(format string, args ...any)
}

// limitOf is how many characters, or of a list how many elements, Slack takes in
// a field, by the type of the part that it stands in; see limits.go.
var limitOf = map[string]int{
	"header.text": maxHeader, "section.text": maxSection, "mrkdwn.text": maxContext, "actions.elements": maxActions, "context.elements": 10,
	"button.text": maxButton, "button.value": maxButtonValue, "button.url": maxButtonURL, ".action_id": maxActionID, ".block_id": 255,
	".options": maxOptions, "option.text": maxOptionLabel, "option.value": maxOptionValue, ".placeholder": maxPlaceholder,
	"confirm.title": maxConfirmTitle, "confirm.text": maxConfirmText, "confirm.confirm": 30, "confirm.deny": 30,
	"image.image_url": maxImageURL, "image.alt_text": maxImageAlt, "input.label": maxInputLabel, "input.hint": maxInputHint,
	"plain_text_input.max_length": maxInput, "plain_text_input.initial_value": maxInput,
	"modal.title": maxViewTitle, "modal.submit": maxViewTitle, "modal.close": maxViewTitle, "modal.private_metadata": maxViewMetadata,
}

// within fails unless a message or a view keeps all of Slack's limits.
func within(t fataler, v any, blocks int) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Errorf("%v", err)
	}
	var all map[string]any
	_ = json.Unmarshal(raw, &all)
	list, _ := all["blocks"].([]any)
	if len(list) > blocks || len(list) == 0 {
		t.Errorf("%d blocks of %d", len(list), blocks)
	}
	if text, _ := all["text"].(string); units(text) > maxMessageText {
		t.Errorf("a text of %d", units(text))
	}
	ids, size := map[string]bool{}, 0
	var walk func(in string, v any)
	walk = func(in string, v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(in, x)
			}
		case map[string]any:
			kind, _ := v["type"].(string)
			if kind == "" {
				kind = in // an option, a confirmation
			}
			for name, x := range v {
				n, of := 0, limitOf[kind+"."+name]
				if of == 0 {
					of = limitOf["."+name]
				}
				switch x := x.(type) {
				case string:
					n = units(x)
					if name == "text" {
						size += n
					}
				case float64:
					n = int(x)
				case []any:
					n = len(x)
				case map[string]any: // a text
					words, _ := x["text"].(string)
					n = units(words)
				}
				if of > 0 && n > of {
					t.Errorf("%s.%s has %d of %d", kind, name, n, of)
				}
				if id, ok := x.(string); ok && (name == "action_id" || name == "block_id") {
					if ids[name+id] && kind != "button" {
						t.Errorf("two parts have the %s %q", name, id)
					}
					ids[name+id] = true
				}
				walk(map[string]string{"options": "option", "initial_option": "option", "confirm": "confirm"}[name], x)
			}
		}
	}
	walk("", all)
	if text, _ := all["text"].(string); size-units(text) > maxAllBlocks {
		t.Errorf("%d characters in all", size)
	}
}

func TestLimitsAreHeldAgainst(t *testing.T) {
	long := strings.Repeat("x", 3001)
	for name, v := range map[string]any{
		"no blocks": map[string]any{}, "a label": buttonWith("text", map[string]any{"type": "plain_text", "text": long}), "a value": buttonWith("value", long),
		"a confirmation": buttonWith("confirm", map[string]any{"title": map[string]any{"type": "plain_text", "text": long}}),
		"an option":      buttonWith("options", []any{map[string]any{"text": map[string]any{"type": "plain_text", "text": long}, "value": "x"}}),
		"a title":        map[string]any{"type": "modal", "title": map[string]any{"type": "plain_text", "text": long}, "blocks": []any{map[string]any{"type": "divider"}}},
	} {
		found := &failures{}
		within(found, v, maxBlocks)
		if found.n == 0 {
			t.Errorf("%s is taken", name)
		}
	}
}

func buttonWith(name string, value any) any {
	return map[string]any{"blocks": []any{map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", name: value}}}}}
}

type failures struct{ n int }

func (f *failures) Helper()                           {}
func (f *failures) Errorf(format string, args ...any) { f.n++; _ = fmt.Sprintf(format, args...) }
