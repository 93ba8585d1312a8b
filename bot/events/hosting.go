package events

import (
	"context"

	"datahour/bot"
)

// IsHosting tells whether somebody hosts an event, or did.
func (f *Feature) IsHosting(ctx context.Context, r bot.Reader, who bot.UserID) (bool, error) {
	hosted, err := r.Records(ctx, "event.hosted:"+string(who), "", 1)
	return len(hosted) > 0, err
}
