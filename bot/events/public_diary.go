package events

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/diary"
)

// Diary is every event with a public page that is, or was to be, held between two
// moments, as calendars take it; a series is one entry with its rule, and one more
// for each date that differs. Nobody is named.
//
// The UIDs lack the installation's name, and the URLs its address: both are for
// whoever writes the file.
func (f *Feature) Diary(ctx context.Context, r bot.Reader, from, to time.Time) ([]diary.Entry, error) {
	var entries []diary.Entry
	for month := firstOf(from.Add(-farthest)); month.Before(to); month = month.AddDate(0, 1, 0) {
		all, err := bot.Find[Event](ctx, r, publicIn(month))
		if err != nil {
			return nil, err
		}
		for i := range all {
			if e := &all[i]; e.End().After(from) && e.Start.Before(to) {
				entries = append(entries, e.entry())
			}
		}
	}
	series, err := bot.Find[Series](ctx, r, "event.series")
	if err != nil {
		return nil, err
	}
	for i := range series {
		more, err := series[i].entries(ctx, r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
	}
	slices.SortStableFunc(entries, func(a, b diary.Entry) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.UID, b.UID))
	})
	return entries, nil
}

// publicIn is where the events of a month that anyone may read about are found, those
// of series apart: reading a year takes as long however many there have been.
func publicIn(t time.Time) string { return "event.public:" + t.UTC().Format("2006-01") }

func firstOf(t time.Time) time.Time {
	year, month, _ := t.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// DiaryEntry is one event as calendars take it; false when it has no public page.
func DiaryEntry(ctx context.Context, r bot.Reader, id string) (diary.Entry, bool, error) {
	e, err := publicEvent(ctx, r, id)
	if err != nil || e == nil {
		return diary.Entry{}, false, err
	}
	return e.entry(), true, nil
}

// DiarySeries is a series as calendars take it; none when it has no public page.
func DiarySeries(ctx context.Context, r bot.Reader, id string) ([]diary.Entry, error) {
	s := Series{ID: id}
	if there, err := r.Get(ctx, s.Key(), &s); err != nil || !there {
		return nil, err
	}
	return s.entries(ctx, r)
}

func (e *Event) entry() diary.Entry {
	text := e.About
	if e.State == Cancelled && e.Reason != "" {
		text = e.Reason + "\n\n" + text
	}
	if e.Access != "" {
		text += "\n\nGetting in: " + e.Access
	}
	place := e.Venue
	if !e.InPerson() {
		place = "Online"
	}
	return diary.Entry{UID: "event-" + e.ID, Sequence: e.Changes, Changed: cmp.Or(e.Changed, e.Start), Start: e.Start.In(e.Location()), End: e.End().In(e.Location()),
		Title: unnamed(e.Title), Text: strings.TrimSpace(unnamed(text)), Place: unnamed(place), URL: e.Path(), Cancelled: e.State == Cancelled}
}

// entries are the series with its rule, and each date that is not what the rule says.
func (r *Series) entries(ctx context.Context, reader bot.Reader) ([]diary.Entry, error) {
	if !r.Like.Public || !r.Rule.goesOn(r.Rule.From) {
		return nil, nil
	}
	zone := r.Like.Location()
	like := r.Like
	like.Start = r.Rule.start(r.Rule.From, zone)
	if r.Ended {
		like.State = Cancelled
	}
	whole := like.entry()
	whole.UID, whole.Sequence, whole.Changed, whole.URL = "event-"+r.ID, r.Changes, r.Changed, "/calendar"
	whole.Rule = r.Rule.RRULE(zone)
	for _, day := range r.Without {
		if n, ok := r.Rule.number(day); ok && n >= r.Rule.From {
			whole.Except = append(whole.Except, r.Rule.start(n, zone))
		}
	}
	all := []diary.Entry{whole}
	for _, id := range r.Live {
		var e Event
		if there, err := reader.Get(ctx, eventKey(id), &e); err != nil {
			return nil, err
		} else if !there || e.State != Scheduled || e.Date < r.Rule.From {
			continue
		}
		one, by := e.entry(), r.Rule.start(e.Date, zone)
		if one.Start.Equal(by) && e.Length == like.Length && one.Title == whole.Title && one.Place == whole.Place && one.Text == whole.Text {
			continue
		}
		one.UID, one.Instead = whole.UID, by
		one.Sequence, one.Changed = max(whole.Sequence, one.Sequence), laterOf(whole.Changed, one.Changed)
		all = append(all, one)
	}
	return all, nil
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// feed is the private address of one person's calendar of what they go to. Whoever
// knows it can read it, so it cannot be guessed and can be taken back.
type feed struct {
	Token string     `json:"token"`
	Who   bot.UserID `json:"who"`
}

func feedKey(token string) string { return "event.feed/" + token }

func (f *feed) Key() string         { return feedKey(f.Token) }
func (f *feed) Kind() (string, int) { return "event.feed", 1 }
func (f *feed) Index() []string     { return []string{"event.feeds:" + string(f.Who)} }

// newestAnswers is how many of the events to which somebody answered their own
// calendar has, at most.
const newestAnswers = 500

// DiaryOf is what the person goes to whose private address has this token, with the
// link for taking part online; false when there is no such address (any more).
func DiaryOf(ctx context.Context, r bot.Reader, token string) ([]diary.Entry, bool, error) {
	f := feed{Token: token}
	if there, err := r.Get(ctx, f.Key(), &f); err != nil || !there {
		return nil, false, err
	}
	guests, err := r.Records(ctx, "event.guest:"+string(f.Who), "", newestAnswers)
	if err != nil {
		return nil, false, err
	}
	var entries []diary.Entry
	for _, rec := range guests {
		var g Guest
		var e Event
		if there, err := r.Get(ctx, rec.Key, &g); err != nil || !there {
			return nil, false, err
		}
		if there, err := r.Get(ctx, eventKey(g.Event), &e); err != nil {
			return nil, false, err
		} else if !there {
			continue
		}
		s, err := seatsOf(ctx, r, e.ID)
		if err != nil {
			return nil, false, err
		}
		seat, ok := s.Of(f.Who)
		if !ok || seat.State != Taken {
			continue
		}
		one := e.entry()
		if seat.Online {
			one.Place = e.Link
		}
		entries = append(entries, one)
	}
	return entries, true, nil
}

func (f *Feature) feedRows() []bot.Row {
	return []bot.Row{{Name: "event feed", Args: []bot.Arg{{Name: "change", Kind: bot.Choice, Options: []bot.Option{{Label: "A new address; the one before ends", Value: "new"}, {Label: "No address any more", Value: "off"}}}},
		Summary: "A calendar of what you go to, at an address of your own", Run: f.runFeed, Examples: []string{"event feed", "event feed new", "event feed off"}}}
}

// runFeed tells somebody the address of their own calendar, gives them a new one, or
// ends it.
func (f *Feature) runFeed(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if !strings.HasPrefix(tx.URL(""), "http") {
		return bot.Reply{}, bot.Sayf(bot.Missing, "There are no public pages here, so there is no address to give you.")
	}
	// One record under a key of their own says which token stands, so that two at once give one.
	mine := ownFeed{Who: c.From}
	if _, err := tx.Get(ctx, mine.Key(), &mine); err != nil {
		return bot.Reply{}, err
	}
	change := c.Args.Get("change")
	if change != "" && mine.Token != "" {
		tx.Delete(feedKey(mine.Token))
		mine.Token = ""
	}
	if change == "off" {
		tx.Delete(mine.Key())
		return bot.Answer("Your calendar has no address any more. Whatever subscribed to it finds nothing there."), nil
	}
	if mine.Token == "" {
		mine.Token = strings.ToLower(rand.Text())
		tx.Put(&mine)
		tx.Put(&feed{Token: mine.Token, Who: c.From})
	}
	address := tx.URL("/diary/" + mine.Token + ".ics")
	return bot.Reply{Replace: c.Pressed, Post: &bot.Post{Text: "Subscribe to this in your calendar, and it follows what you go to: <" + address + ">\n\nIt is yours alone: whoever has the address can read where you go.",
		Buttons: []bot.Button{{Label: "A new address", Command: "event feed new", Confirm: "The one before ends. Go on?"}, {Label: "No address any more", Command: "event feed off"}}}}, nil
}

// ownFeed is which address a person's calendar has.
type ownFeed struct {
	Who   bot.UserID `json:"who"`
	Token string     `json:"token"`
}

func (o *ownFeed) Key() string         { return "event.ownfeed/" + string(o.Who) }
func (o *ownFeed) Kind() (string, int) { return "event.ownfeed", 1 }
func (o *ownFeed) Index() []string     { return []string{"event.feeds:" + string(o.Who)} }
