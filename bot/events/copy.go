package events

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// Copy gives a person what is held about them in events: what they answered,
// planned, hosted and drafted.
func (f *Feature) Copy(ctx context.Context, r bot.Reader, who bot.UserID) ([]bot.Copied, error) {
	var all []bot.Copied
	add := func(what string, at time.Time, where, words string, held any) {
		all = append(all, bot.Copied{What: what, At: at, Where: where, Words: words, Held: held})
	}
	guests, err := bot.Find[Guest](ctx, r, "event.guest:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, g := range guests {
		var e Event
		if _, err := r.Get(ctx, eventKey(g.Event), &e); err != nil {
			return nil, err
		}
		s, err := seatsOf(ctx, r, g.Event)
		if err != nil {
			return nil, err
		}
		var held []Seat
		words := "You answered"
		for _, x := range s.inOrder() {
			if x.Who == who {
				held = append(held, x)
				words += ", " + x.inWords()
			}
		}
		add("Events that you answered to", g.Since, e.Title+" ("+g.Event+")", words, struct {
			Guest Guest  `json:"guest"`
			Seats []Seat `json:"seats"`
		}{g, held})
	}
	planned, err := bot.Find[Event](ctx, r, "event.about:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, e := range planned {
		if e.By == who {
			add("Events that you planned or hosted", e.Start, e.Title+" ("+e.ID+")", "You announced it", map[string]string{"event": e.ID, "title": e.Title})
		}
		if e.IsHost(who) {
			add("Events that you planned or hosted", e.Start, e.Title+" ("+e.ID+")", "You host it", map[string]string{"event": e.ID, "title": e.Title})
		}
	}
	feedback, err := bot.Find[Feedback](ctx, r, "event.feedbacks:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, x := range feedback {
		add("What you thought of events", time.Time{}, x.Event, fmt.Sprintf("%d of 5. %s", x.Score, x.Words), x)
	}
	mine := ownFeed{Who: who}
	if there, err := r.Get(ctx, mine.Key(), &mine); err != nil {
		return nil, err
	} else if there {
		add("Events that you answered to", time.Time{}, "", "Your own calendar has an address", mine)
	}
	series, err := bot.Find[Series](ctx, r, "event.series:"+string(who))
	if err != nil {
		return nil, err
	}
	for _, s := range series {
		if slices.ContainsFunc(s.Regulars, func(x Seat) bool { return x.Who == who }) {
			add("Events that you answered to", time.Time{}, s.Like.Title+" ("+s.ID+")", "You are going to all of them", map[string]string{"series": s.ID})
		}
		if s.Like.By == who || s.Like.IsHost(who) {
			add("Events that you planned or hosted", time.Time{}, s.Like.Title+" ("+s.ID+")", "You planned or host the series", map[string]string{"series": s.ID, "title": s.Like.Title})
		}
	}
	drafts, err := bot.Find[Draft](ctx, r, "event.drafts:"+string(who))
	for _, d := range drafts {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(d.Args)) {
			lines = append(lines, name+": "+strings.Join(d.Args[name], " / "))
		}
		add("Drafts of yours", time.Time{}, "", strings.Join(lines, "\n"), d)
	}
	return all, err
}

// inWords tells a seat in plain words.
func (x Seat) inWords() string {
	words := map[SeatState]string{Taken: "going", Offered: "offered a seat", Waiting: "on the waitlist"}[x.State]
	if x.Online {
		words += ", online"
	}
	if x.Plus {
		words = "bringing somebody: " + words
	}
	return words
}
