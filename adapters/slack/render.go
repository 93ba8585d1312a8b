package slack

import (
	"fmt"
	"strings"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// shortened ends what was too long for one message of Slack's.
const shortened = "… (shortened: this is too long for one message here)"

// render gives a post's blocks, and its text for notifications.
func (c *Chat) render(p bot.Post) ([]slackapi.Block, string, error) {
	budget := maxAllBlocks - 1000 // the rest is for headers and the JSON around
	var blocks []slackapi.Block
	var said []string
	if p.Title != "" {
		blocks = append(blocks, slackapi.NewHeaderBlock(plainText(p.Title, maxHeader)))
		said = append(said, inert(p.Title))
	}
	parts := parse(p.Text)
	for _, f := range p.Fields {
		parts = append(parts, field(f)...)
	}
	small := c.small(p.Small)
	actions, actionSize, err := c.actions(p)
	if err != nil {
		return nil, "", err
	}
	parts = shorten(parts, budget-units(small)-actionSize)
	blocks = append(blocks, c.richTextBlocks(parts)...)
	if text := c.mrkdwn(parts); text != "" {
		said = append(said, text)
	}
	if p.Image != nil && len(p.Image.URL) <= maxImageURL {
		blocks = append(blocks, slackapi.NewImageBlock(p.Image.URL, cut(p.Image.Alt, maxImageAlt), "", nil))
		said = append(said, inert(p.Image.Alt))
	}
	if small != "" {
		blocks = append(blocks, slackapi.NewContextBlock("", slackapi.NewTextBlockObject(slackapi.MarkdownType, small, false, false)))
		said = append(said, small)
	}
	blocks = append(blocks, actions...)
	if len(blocks) > maxBlocks { // only buttons can be so many
		return nil, "", fmt.Errorf("a post of %d blocks; Slack takes %d", len(blocks), maxBlocks)
	}
	return blocks, clipText(strings.Join(said, "\n")), nil
}

// small is the quiet line as mrkdwn, within its limit: shortened by parts, so
// that nothing is cut in the middle of a token.
func (c *Chat) small(commonMark string) string {
	if commonMark == "" {
		return ""
	}
	for limit := maxContext; ; limit -= 200 {
		out := c.mrkdwn(shorten(parse(commonMark), limit))
		if units(out) <= maxContext || limit <= 200 {
			return out
		}
	}
}

// clipText keeps the text for notifications short: the blocks have all of it.
func clipText(s string) string {
	if units(s) <= maxMessageText {
		return s
	}
	s = s[:byUnits(s, maxMessageText-1)]
	if open := strings.LastIndexByte(s, '<'); open > strings.LastIndexByte(s, '>') {
		s = s[:open] // not in the middle of a token
	}
	if amp := strings.LastIndexByte(s, '&'); amp > strings.LastIndexByte(s, ';') && len(s)-amp < 6 {
		s = s[:amp]
	}
	return strings.TrimRight(s, " \n") + "…"
}

// field is a named fact on a line of its own.
func field(f bot.Field) []part {
	value := parse(f.Value)
	name := span{text: f.Name + ": ", style: style{bold: true}}
	if len(value) == 0 {
		return []part{{spans: []span{name}, tight: true}}
	}
	if value[0].kind == paragraph {
		value[0].spans = append([]span{name}, value[0].spans...)
		value[0].tight = true
		return value
	}
	return append([]part{{spans: []span{name}, tight: true}}, value...)
}

// shorten leaves out what does not fit, and says so.
func shorten(parts []part, budget int) []part {
	budget = max(budget, 200)
	used := 0
	for i, x := range parts {
		n := sizeOf(x) + 2
		if used+n <= budget {
			used += n
			continue
		}
		out := append([]part(nil), parts[:i]...)
		if room := budget - used - units(shortened) - 2; room > 100 {
			head, _ := splitSpans(x.spans, room)
			x.spans = head
			out = append(out, x)
		}
		return append(out, part{spans: []span{{text: shortened, style: style{italic: true}}}})
	}
	return parts
}

func plainText(s string, limit int) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, cut(s, limit), false, false)
}

// menuPrefix marks the action of a menu, whose command line follows it: the
// chosen value is added to that.
const menuPrefix = "menu:"

// actions are the buttons and the menu, and about how many characters they are.
func (c *Chat) actions(p bot.Post) ([]slackapi.Block, int, error) {
	var elements []slackapi.BlockElement
	size := 0
	for i, b := range p.Buttons {
		button, err := c.button(i, b)
		if err != nil {
			return nil, 0, err
		}
		elements = append(elements, button)
		size += units(b.Label) + len(b.Command) + len(b.URL) + units(b.Confirm)
	}
	if p.Select != nil && len(p.Select.Options) > 0 {
		action := menuPrefix + p.Select.Command
		if len(action) > maxActionID {
			return nil, 0, fmt.Errorf("a menu's command of %d characters; Slack takes %d", len(action), maxActionID)
		}
		options, err := optionObjects(p.Select.Options)
		if err != nil {
			return nil, 0, err
		}
		elements = append(elements, slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, plainText(p.Select.Label, maxPlaceholder), action, options...))
		for _, o := range p.Select.Options {
			size += units(o.Label) + len(o.Value)
		}
	}
	var blocks []slackapi.Block
	for len(elements) > 0 {
		n := min(maxActions, len(elements))
		blocks = append(blocks, slackapi.NewActionBlock("", elements[:n]...))
		elements = elements[n:]
	}
	return blocks, size, nil
}

func (c *Chat) button(i int, b bot.Button) (*slackapi.ButtonBlockElement, error) {
	if len(b.Command) > maxButtonValue || len(b.URL) > maxButtonURL {
		return nil, fmt.Errorf("a button with a command of %d characters and an address of %d; Slack takes %d and %d", len(b.Command), len(b.URL), maxButtonValue, maxButtonURL)
	}
	button := slackapi.NewButtonBlockElement(fmt.Sprintf("button:%d", i), b.Command, plainText(b.Label, maxButton))
	button.URL = b.URL
	switch b.Style {
	case bot.Primary:
		button.Style = slackapi.StylePrimary
	case bot.Danger:
		button.Style = slackapi.StyleDanger
	}
	if b.Confirm != "" {
		button.Confirm = slackapi.NewConfirmationBlockObject(plainText(b.Label, maxConfirmTitle), plainText(b.Confirm, maxConfirmText),
			plainText("Yes", 30), plainText("No", 30))
	}
	return button, nil
}

// optionObjects are choices. A value that is too long is an error, since cut it
// would mean something else.
func optionObjects(options []bot.Option) ([]*slackapi.OptionBlockObject, error) {
	var out []*slackapi.OptionBlockObject
	for _, o := range options[:min(len(options), maxOptions)] {
		if units(o.Value) > maxOptionValue {
			return nil, fmt.Errorf("a choice with a value of %d characters; Slack takes %d", units(o.Value), maxOptionValue)
		}
		label := o.Label
		if strings.TrimSpace(label) == "" {
			label = o.Value
		}
		out = append(out, slackapi.NewOptionBlockObject(o.Value, plainText(label, maxOptionLabel), nil))
	}
	return out, nil
}
