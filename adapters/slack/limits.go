package slack

import "strings"

// Slack's limits, in characters where nothing else is said.
const (
	// https://docs.slack.dev/reference/block-kit/blocks
	maxBlocks      = 50  // in a message
	maxViewBlocks  = 100 // in a modal or the App Home
	maxHeader      = 150 // .../blocks/header-block
	maxSection     = 3000
	maxContext     = 2000 // of one text in a context block: .../composition-objects/text-object allows 3000; kept lower for its quiet look
	maxActions     = 25   // elements of .../blocks/actions-block
	maxImageURL    = 3000 // .../blocks/image-block
	maxImageAlt    = 2000
	maxInputLabel  = 2000 // .../blocks/input-block
	maxInputHint   = 2000
	maxAllBlocks   = 13200 // of all blocks of a message together; beyond it Slack answers msg_blocks_too_long
	maxMessageText = 4000  // https://docs.slack.dev/reference/methods/chat.postMessage: best under 4,000

	// https://docs.slack.dev/reference/block-kit/block-elements
	maxButton      = 75   // .../button-element: label
	maxButtonValue = 2000 // and what it carries
	maxButtonURL   = 3000
	maxActionID    = 255
	maxOptions     = 100  // .../select-menu-element
	maxInput       = 3000 // .../plain-text-input-element
	maxPlaceholder = 150

	// https://docs.slack.dev/reference/block-kit/composition-objects
	maxOptionLabel  = 75 // .../option-object
	maxOptionValue  = 150
	maxConfirmTitle = 100 // .../confirmation-dialog-object
	maxConfirmText  = 300

	// https://docs.slack.dev/reference/views/modal-views
	maxViewTitle    = 24
	maxViewMetadata = 3000

	// https://docs.slack.dev/apis/events-api/using-socket-mode: a bigger answer is dropped without a word.
	maxAck = 20 * 1024 // bytes
)

// cut shortens words to n UTF-16 units at most, which is how Slack counts: an
// emoji is two. An ellipsis shows that something is missing.
func cut(s string, n int) string {
	if units(s) <= n {
		return s
	}
	used := 1 // the ellipsis
	for i, r := range s {
		if used += width(r); used > n {
			return strings.TrimRight(s[:i], " \n") + "…"
		}
	}
	return s
}

func width(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}
