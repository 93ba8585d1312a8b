package newsletter

import (
	"context"
	"slices"
	"strings"

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
	done, err := bot.ContributionsOf(ctx, r, who)
	if err != nil {
		return nil, err
	}
	for n := range done {
		all = append(all, bot.Copied{What: "What you are credited for", At: done[n].At, Where: done[n].Path, Words: contribution(&done[n]), Held: done[n]})
	}
	thanked, err := bot.Find[bot.Contribution](ctx, r, "contributions:about:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, c := range thanked {
		if c.By == who {
			all = append(all, bot.Copied{What: "Whom you thanked", At: c.At, Words: c.Words, Held: map[string]string{"about": c.About, "words": c.Words}})
		}
	}
	editions, err := bot.Find[Edition](ctx, r, "editions:about:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, e := range editions {
		for _, did := range [...]struct {
			is          bool
			what, words string
		}{{e.IntroBy == who, "You introduced it", e.Intro}, {e.Approved == who, "You approved it", ""}, {e.By == who, "You published it", ""}} {
			if did.is {
				all = append(all, bot.Copied{What: "What you decided as an editor", At: e.Out, Where: "Edition " + number(e.Number), Words: strings.TrimSpace(did.what + " " + did.words)})
			}
		}
		for _, c := range e.Corrections {
			if c.By == who {
				all = append(all, bot.Copied{What: "What you decided as an editor", At: c.At, Where: "Edition " + number(e.Number), Words: "You corrected it: " + c.Note})
			}
		}
	}
	return all, nil
}
