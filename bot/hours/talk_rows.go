package hours

import (
	"context"

	"datahour/bot"
)

// talkRows are the commands about what people say. The talk's own files take
// this over.
func (f *Feature) talkRows() []bot.Row { return nil }

// talkWaiting tells, for the run sheet, what else waits for a host ("1 visitor's
// message", "2 reports"), and the buttons to look at it. The talk's own files
// take this over; it must not read with Get what changes with every message.
func (f *Feature) talkWaiting(_ context.Context, _ *bot.Tx, _ *Hour) (words []string, look []bot.Button, err error) {
	return nil, nil, nil
}
