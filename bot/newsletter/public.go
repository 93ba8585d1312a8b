package newsletter

import (
	"context"
	"crypto/subtle"
	"slices"
	"time"

	"datahour/bot"
)

// fromBot makes a source of a bot, for pages.
type fromBot struct {
	bot.Reader
	*bot.Bot
}

func (b fromBot) URL(path string) string { return b.PublicURL() + path }

// Public is a published edition as anyone may read it. It tells false when there is
// none with that number.
func Public(ctx context.Context, b *bot.Bot, number int) (Page, bool, error) {
	src := fromBot{b.View(), b}
	var e Edition
	there, err := src.Get(ctx, editionKey(number), &e)
	if err != nil || !there || !e.Published() {
		return Page{}, false, err
	}
	p, err := published(ctx, src, &e)
	return p, err == nil, err
}

func published(ctx context.Context, src source, e *Edition) (Page, error) {
	items, err := itemsOf(ctx, src, e)
	if err != nil {
		return Page{}, err
	}
	return compose(ctx, src, e, items)
}

// PublicDraft is the coming edition as it would come out now, for whoever has the
// secret of its address from an editor's preview.
func PublicDraft(ctx context.Context, b *bot.Bot, secret string) (Page, bool, error) {
	src := fromBot{b.View(), b}
	s, err := settingsOf(ctx, src)
	if err != nil {
		return Page{}, false, err
	}
	e, err := comingEdition(ctx, src, s)
	if err != nil || e.Secret == "" || subtle.ConstantTimeCompare([]byte(e.Secret), []byte(secret)) == 0 {
		return Page{}, false, err
	}
	p, err := draft(ctx, src, s, &e)
	return p, err == nil, err
}

// Listed is a published edition in the list of all.
type Listed struct {
	Number    int
	Out       time.Time
	Corrected bool
	Items     int
	Intro     string
}

// PublicList is every published edition, the latest first.
func PublicList(ctx context.Context, r bot.Reader) ([]Listed, error) {
	all, err := latest(ctx, r)
	if err != nil {
		return nil, err
	}
	crowd := newCrowd(r)
	var list []Listed
	for _, e := range all {
		intro, err := crowd.words(ctx, e.Intro)
		if err != nil {
			return nil, err
		}
		list = append(list, Listed{Number: e.Number, Out: e.Out, Corrected: len(e.Corrections) > 0, Items: len(e.Items), Intro: bot.ClipTo(intro, 200)})
	}
	return list, nil
}

// PublicLatest are the latest published editions in full, for the feed.
func PublicLatest(ctx context.Context, b *bot.Bot, most int) ([]Page, error) {
	src := fromBot{b.View(), b}
	all, err := latest(ctx, src)
	if err != nil {
		return nil, err
	}
	var pages []Page
	for i := range all[:min(most, len(all))] {
		p, err := published(ctx, src, &all[i])
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

func latest(ctx context.Context, r bot.Reader) ([]Edition, error) {
	all, err := bot.Find[Edition](ctx, r, "editions")
	all = slices.DeleteFunc(all, func(e Edition) bool { return !e.Published() })
	slices.SortFunc(all, func(a, b Edition) int { return b.Number - a.Number })
	return all, err
}
