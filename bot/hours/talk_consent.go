package hours

import (
	"context"
	"slices"

	"datahour/bot"
)

// askConsent asks somebody who speaks and has not chosen whether they may be
// shown: privately, once in an hour. Until they answer they are not.
func (f *Feature) askConsent(ctx context.Context, tx *bot.Tx, h *Hour, s *Said) error {
	if !h.hasPage(tx) || s.Who.Platform() == bot.Web {
		return nil
	}
	p := part{Hour: h.ID, Who: s.Who}
	if _, err := tx.Get(ctx, p.Key(), &p); err != nil || p.Asked {
		return err
	}
	person, err := tx.Person(ctx, s.Who)
	if err != nil || person.Shown != bot.Unasked {
		return err
	}
	community, err := tx.Community(ctx)
	if err != nil {
		return err
	}
	p.Asked = true
	tx.Put(&p)
	text := "This hour is public at <" + tx.URL(h.Path()) + ">. May we show what you write? Until you choose, we do not."
	if own := community.Policy.ConsentText; own != "" {
		text += "  \n" + bot.Quote(own)
	}
	n := h.notice(s.Room, "consent/"+bot.ShortID()+bot.ShortID(), bot.Post{Text: text, Buttons: choices()})
	n.To = s.Who
	tx.Show(n)
	return nil
}

// ChoiceChanged makes everything that shows a person follow what they chose, or
// what they are called: pages and linked rooms through the logs of the hours in
// which they spoke or were mentioned, and what was made of hours that are over.
func (f *Feature) ChoiceChanged(ctx context.Context, tx *bot.Tx, p bot.Person) error {
	return f.personChanged(ctx, tx, p.User, "")
}

// personChanged is ChoiceChanged for one hour, or for all of them ("").
func (f *Feature) personChanged(ctx context.Context, tx *bot.Tx, u bot.UserID, only string) error {
	hours, err := hoursWith(ctx, tx, u)
	if err != nil {
		return err
	}
	for _, id := range hours {
		var h Hour
		if only != "" && id != only {
			continue
		}
		if there, err := tx.Get(ctx, hourKey(id), &h); err != nil {
			return err
		} else if !there {
			continue
		}
		if err := f.notePerson(ctx, tx, &h, u); err != nil {
			return err
		}
		if h.State != Closed {
			continue
		}
		if h.Settled {
			if err := f.copyPersonAgain(ctx, tx, &h, u); err != nil {
				return err
			}
		}
		tx.Promise(wrapUpAlarm, h.ID, tx.Now())
	}
	return nil
}

// hoursWith are the hours in which somebody spoke or was mentioned, and those
// that they host or put a question forward for: their pages name them too.
func hoursWith(ctx context.Context, r bot.Reader, u bot.UserID) ([]string, error) {
	var hours []string
	add := func(id string) {
		if !slices.Contains(hours, id) {
			hours = append(hours, id)
		}
	}
	parts, err := bot.Find[part](ctx, r, "spoke:"+string(u))
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		add(p.Hour)
	}
	said, err := bot.Find[Said](ctx, r, "mentions:"+string(u))
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		add(s.Hour)
	}
	about, err := bot.Find[Hour](ctx, r, "about:"+string(u))
	if err != nil {
		return nil, err
	}
	for _, h := range about {
		add(h.ID)
	}
	return hours, nil
}
