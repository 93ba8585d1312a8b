package newsletter

import (
	"context"
	"slices"

	"datahour/bot"
)

// Copy gives a person what is held about them in the newsletter: what they
// shared, and what they decided as an editor.
func (f *Feature) Copy(ctx context.Context, r bot.Reader, who bot.UserID) ([]bot.Copied, error) {
	s, err := settingsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	var all []bot.Copied
	shared, err := bot.Find[Item](ctx, r, itemsBy(who))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(shared, inTurn)
	for n := range shared {
		i := shared[n]
		i.Editor = "" // another's doing
		words := i.Title
		for _, part := range [...]string{i.Words, i.Link, i.Licence} {
			if part != "" {
				words += "\n" + part
			}
		}
		all = append(all, bot.Copied{What: "What you shared for the newsletter", At: i.At, Where: i.standing(s), Words: words, Held: i})
	}
	named, err := bot.Find[Item](ctx, r, "items:about:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, i := range named {
		if i.Editor == who {
			all = append(all, bot.Copied{What: "What you decided as an editor", At: i.At, Where: i.Title, Words: string(i.State) + " " + i.Reason,
				Held: map[string]string{"item": i.ID, "state": string(i.State), "reason": i.Reason}})
		}
	}
	return all, nil
}
