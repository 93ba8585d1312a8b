package events

import (
	"context"
	"slices"

	"datahour/bot"
)

// Erase forgets somebody: their seats, which are offered on, what they drafted, and
// that they hosted or planned anything or were mentioned. An event that they
// planned is the community's and stays.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) (bot.Erased, error) {
	left := bot.EraseAtOnce
	for _, step := range [...]struct {
		index string
		erase func(ctx context.Context, tx *bot.Tx, key string, who bot.UserID) error
	}{{"event.guest:", f.eraseGuest}, {"event.about:", f.eraseFromEvent}, {"event.series:", f.eraseFromSeries}, {"event.feeds:", f.eraseRecord}, {"event.feedbacks:", f.eraseRecord}, {"event.drafts:", f.eraseDraft}, {"event.drafted:", f.eraseFromDraft}} {
		found, err := tx.Records(ctx, step.index+string(who), "", left)
		if err != nil {
			return bot.Erased{}, err
		}
		for _, rec := range found {
			if err := step.erase(ctx, tx, rec.Key, who); err != nil {
				return bot.Erased{}, err
			}
		}
		if left -= len(found); left <= 0 {
			return bot.Erased{More: true}, nil
		}
	}
	return bot.Erased{}, nil
}

func (f *Feature) eraseGuest(ctx context.Context, tx *bot.Tx, key string, who bot.UserID) error {
	var g Guest
	if there, err := tx.Get(ctx, key, &g); err != nil || !there {
		return err
	}
	tx.Delete(key)
	s, err := seatsOf(ctx, tx, g.Event)
	if err != nil {
		return err
	}
	gone := s.Leave(who)
	tx.Put(&s)
	var e Event
	if there, err := tx.Get(ctx, eventKey(g.Event), &e); err != nil || !there || e.State != Scheduled {
		return err
	}
	for i := range gone { // what stands in their direct messages goes with those
		if gone[i].State == Offered {
			gone[i].State = gaveUp
		}
	}
	f.settle(tx, &e, &s, gone)
	return nil
}

func (f *Feature) eraseFromEvent(ctx context.Context, tx *bot.Tx, key string, who bot.UserID) error {
	var e Event
	if there, err := tx.Get(ctx, key, &e); err != nil || !there {
		return err
	}
	s, err := seatsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	e.forget(who)
	e.Changed = tx.Now()
	f.keep(tx, &e, &s)
	return nil
}

// eraseFromSeries takes the person out of what the next dates will be like.
func (f *Feature) eraseFromSeries(ctx context.Context, tx *bot.Tx, key string, who bot.UserID) error {
	var r Series
	if there, err := tx.Get(ctx, key, &r); err != nil || !there {
		return err
	}
	r.Like.forget(who)
	r.Regulars = slices.DeleteFunc(slices.Clone(r.Regulars), func(x Seat) bool { return x.Who == who })
	return f.topUp(ctx, tx, &r)
}

// forget takes a person out of the event's own record.
func (e *Event) forget(who bot.UserID) {
	e.Hosts = slices.DeleteFunc(slices.Clone(e.Hosts), func(u bot.UserID) bool { return u == who })
	e.Lists = slices.DeleteFunc(slices.Clone(e.Lists), func(u bot.UserID) bool { return u == who })
	if e.By == who {
		e.By = ""
	}
	for _, words := range e.texts() {
		*words = bot.WithoutMention(*words, who)
	}
}

func (f *Feature) eraseDraft(ctx context.Context, tx *bot.Tx, key string, _ bot.UserID) error {
	var d Draft
	there, err := tx.Get(ctx, key, &d)
	if err == nil && there {
		f.forgetDraft(tx, d.ID)
	}
	return err
}

func (f *Feature) eraseRecord(_ context.Context, tx *bot.Tx, key string, _ bot.UserID) error {
	tx.Delete(key)
	return nil
}

// eraseFromDraft takes the person out of somebody else's draft.
func (f *Feature) eraseFromDraft(ctx context.Context, tx *bot.Tx, key string, who bot.UserID) error {
	var d Draft
	if there, err := tx.Get(ctx, key, &d); err != nil || !there {
		return err
	}
	d.Plan.forget(who)
	args := bot.Args{}
	for name, values := range d.Args {
		for _, value := range values {
			args[name] = append(args[name], bot.WithoutMention(value, who))
		}
	}
	args["hosts"] = bot.Mentions(d.Plan.Hosts)
	d.Args = args
	tx.Put(&d)
	return nil
}
