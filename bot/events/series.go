package events

import (
	"context"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

const (
	// fewDates is how many dates of a series that are to come exist as events. More
	// would only have to be changed with it.
	fewDates   = 3
	usualAhead = 7 * 24 * time.Hour // before its start a date is announced

	seriesAlarm = "event.series"
	mostDays    = 60 // in a list of days without
)

// Repeat is how an event repeats.
type Repeat struct {
	Rule    Rule          `json:"rule"`
	Without []Day         `json:"without,omitempty"` // days of the rule on which there is none: holidays, and dates that were skipped
	Ahead   time.Duration `json:"ahead"`             // each date is announced so long before
}

// Series is an event that repeats. Its dates are events of their own; only the next
// few exist. What it is like is what the next one that is made will be.
type Series struct {
	ID    string   `json:"id"`
	Like  Event    `json:"like"` // without a time, seats or a place in the diary
	Next  int      `json:"next"` // number of the date that is made next
	Live  []string `json:"live"` // ids of the dates that exist and are not over
	Ended bool     `json:"ended,omitempty"`
	Repeat

	Changes int       `json:"changes,omitempty"` // of its rule, its words or its end
	Changed time.Time `json:"changed"`           // when that was last

	// Regulars are going to all of them, in the order in which they said so: each new
	// date gives them the first seats.
	Regulars []Seat `json:"regulars,omitempty"`
}

func seriesKey(id string) string { return "event.series/" + id }

func (r *Series) Key() string         { return seriesKey(r.ID) }
func (r *Series) Kind() (string, int) { return "event.series", 1 }

// Index finds series by whom they name.
func (r *Series) Index() []string {
	all := r.Like.about()
	for _, x := range r.Regulars {
		all = append(all, x.Who)
	}
	slices.Sort(all)
	var idx []string
	for _, u := range slices.Compact(all) {
		idx = append(idx, "event.series:"+string(u))
	}
	return append(idx, "event.series")
}

// patterns are what a form offers.
var patterns = []bot.Option{{Label: "Once", Value: "no"}, {Label: "Every week", Value: string(Weekly)}, {Label: "Every second week", Value: string(Fortnightly)},
	{Label: "Every month on the same date", Value: string(ByDate)}, {Label: "Every month on the same weekday (first Thursday)", Value: string(ByWeekday)},
	{Label: "Every month on the last such weekday", Value: string(ByLast)}}

// repeatArgs are what an organiser says of how an event repeats.
func repeatArgs() []bot.Arg {
	return []bot.Arg{
		{Name: "repeat", Kind: bot.Choice, Named: true, Label: "How often", Options: patterns, Default: "no"},
		{Name: "until", Named: true, Label: "Until", Hint: "25 June; empty for no end"},
		{Name: "times", Kind: bot.Number, Named: true, Label: "How many times", Hint: "Empty for no end"},
		{Name: "without", Named: true, Label: "Not on", Hint: "Holidays: 25 Dec, 1 Jan 2027", Max: 1000},
		{Name: "ahead", Kind: bot.Length, Named: true, Label: "Announce each so long before", Hint: "1 week"},
	}
}

// repeatArgsOf writes down how an event repeats, for a form.
func repeatArgsOf(r *Repeat, args bot.Args) {
	if r == nil {
		return
	}
	var without []string
	for _, d := range r.Without {
		without = append(without, d.words())
	}
	args["repeat"], args["times"], args["ahead"] = []string{string(r.Rule.Pattern)}, []string{number(r.Rule.Times)}, []string{when.Length(r.Ahead)}
	args["without"] = []string{strings.Join(without, ", ")}
	if r.Rule.Until != "" {
		args["until"] = []string{r.Rule.Until.words()}
	}
}

// words tell a day: "5 February 2027".
func (d Day) words() string { return d.date().Format("2 January 2006") }

// readRepeat reads how an event repeats; nil is once. had is how it does already:
// what it says of days that have passed is kept, since they cannot be typed.
func readRepeat(args bot.Args, e *Event, had *Repeat, now time.Time) (*Repeat, error) {
	pattern := Pattern(args.Get("repeat"))
	if pattern == "" || pattern == "no" {
		if had != nil {
			return nil, bot.Wrong("repeat", "It repeats %s. To end that, cancel this date and all that follow.", had.Rule.words())
		}
		return nil, nil
	}
	zone := e.Location()
	var r Repeat
	var err error
	if had != nil {
		r = *had
		if pattern != had.Rule.Pattern {
			return nil, bot.Wrong("repeat", "It repeats %s. For another rhythm, cancel this date and all that follow, and announce a new series.", had.Rule.words())
		}
	} else if r.Rule, err = newRule(pattern, e.Start, 0, zone); err != nil {
		return nil, bot.Wrong("repeat", "%s.", sentence(err.Error()))
	}
	r.Rule.Until, r.Rule.Times, r.Ahead = "", 0, usualAhead
	if typed := args.Get("until"); typed != "" {
		if r.Rule.Until, err = readDay("until", typed, had, now, zone); err != nil {
			return nil, err
		}
		if r.Rule.Until < r.Rule.First {
			return nil, bot.Wrong("until", "It would end on %s, before its first date, %s.", r.Rule.Until.words(), r.Rule.First.words())
		}
	}
	if err := readNumber(args, "times", 2, 500, &r.Rule.Times); err != nil {
		return nil, err
	}
	if r.Rule.Until != "" && r.Rule.Times > 0 {
		return nil, bot.Wrong("times", "Say until when or how many times, not both.")
	}
	if err := readLength(args, "ahead", time.Hour, longestAhead, &r.Ahead); err != nil {
		return nil, err
	}
	r.Without = nil
	for part := range strings.SplitSeq(args.Get("without"), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		day, err := readDay("without", part, had, now, zone)
		if err != nil {
			return nil, err
		}
		r.Without = append(r.Without, day)
	}
	slices.Sort(r.Without)
	if r.Without = slices.Compact(r.Without); len(r.Without) > mostDays {
		return nil, bot.Wrong("without", "Up to %d days; this has %d.", mostDays, len(r.Without))
	}
	return &r, nil
}

// readDay reads a date without a time.
func readDay(field, typed string, had *Repeat, now time.Time, zone *time.Location) (Day, error) {
	if had != nil {
		for _, known := range append(slices.Clone(had.Without), had.Rule.Until) {
			if known != "" && known.words() == typed {
				return known, nil
			}
		}
	}
	t, err := when.Parse(typed+" 23:59", now, zone)
	if err != nil {
		return "", bot.Wrong(field, "I can't read “%s” as a day that is to come. Try `25 June` or `1 Jan 2027`.", bot.Plain(bot.ClipTo(typed, 40)))
	}
	return dayOf(t, zone), nil
}

// seriesOf reads the series of a date; nil when it stands alone.
func seriesOf(ctx context.Context, r bot.Reader, e *Event) (*Series, error) {
	if e.Series == "" {
		return nil, nil
	}
	s := Series{ID: e.Series}
	there, err := r.Get(ctx, s.Key(), &s)
	if err != nil || !there {
		return nil, err
	}
	return &s, nil
}

// topUp makes the dates that are to exist by now, and stores the series. It is called
// after every change of it, and when one of its dates is over.
func (f *Feature) topUp(ctx context.Context, tx *bot.Tx, r *Series) error {
	var live []string
	for _, id := range r.Live {
		var e Event
		if there, err := tx.Get(ctx, eventKey(id), &e); err != nil {
			return err
		} else if there && e.State == Scheduled && e.End().After(tx.Now()) {
			live = append(live, id)
		}
	}
	zone := r.Like.Location()
	for len(live) < fewDates && !r.Ended && r.Rule.goesOn(r.Next) {
		n := r.Next
		r.Next++
		start := r.Rule.start(n, zone)
		if slices.Contains(r.Without, r.Rule.day(n)) || !start.After(tx.Now()) {
			continue
		}
		live = append(live, f.makeDate(tx, r, n, start).ID)
	}
	if r.Live = live; len(live) == 0 && !r.Ended {
		r.Ended = true
		r.touch(tx.Now())
	}
	tx.Put(r)
	return f.announceSeries(ctx, tx, r)
}

// touch notes that calendars have to read it anew.
func (r *Series) touch(now time.Time) { r.Changes, r.Changed = r.Changes+1, now }

// makeDate makes one date of a series. Its regulars have the first seats.
func (f *Feature) makeDate(tx *bot.Tx, r *Series, n int, start time.Time) Event {
	e := r.Like
	e.ID, e.Series, e.Date = bot.ShortID(), r.ID, n
	e.Start, e.Changed = start.UTC(), tx.Now()
	e.AnnounceAt = e.Start.Add(-r.Ahead)
	if e.Announced = !e.AnnounceAt.After(tx.Now()); e.Announced {
		e.passed(tx.Now())
	}
	s := Seats{Event: e.ID}
	for _, regular := range r.Regulars {
		s.Ask(e.capacity(tx.Now()), regular)
		tx.Put(&Guest{Event: e.ID, Who: regular.Who, Since: tx.Now()})
	}
	tx.Create(&e)
	tx.Put(&s)
	f.keep(tx, &e, &s)
	return e
}

// continueSeries makes the next date when one is over. However late it comes, the
// next dates are those that are still to come.
func (f *Feature) continueSeries(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	r := Series{ID: a.About()}
	if there, err := tx.Get(ctx, r.Key(), &r); err != nil || !there || r.Ended {
		return err
	}
	return f.topUp(ctx, tx, &r)
}

// announceOnTime announces one date of a series when its time has come.
func (f *Feature) announceOnTime(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, s, err := f.loaded(ctx, tx, a)
	if err != nil || e == nil || e.Announced || e.AnnounceAt.After(tx.Now()) {
		return err
	}
	if !e.Start.After(tx.Now()) {
		return f.tellHosts(ctx, tx, e, "missed", bot.Say(tx.LateBecause(a, e.clock)+" and did not announce "+e.inFull()+": it had begun."))
	}
	e.Announced = true
	e.passed(tx.Now())
	f.keep(tx, e, s)
	return nil
}

// announceSeries makes the post about the series as a whole stand in its rooms.
func (f *Feature) announceSeries(ctx context.Context, tx *bot.Tx, r *Series) error {
	post, err := f.seriesPost(ctx, tx, r)
	if err != nil {
		return err
	}
	for _, room := range r.Like.Rooms {
		tx.Show(bot.Notice{Room: room, Key: bot.Key("event/" + r.ID + "/series"), First: true, Post: post})
	}
	return nil
}

func (f *Feature) seriesPost(ctx context.Context, tx *bot.Tx, r *Series) (bot.Post, error) {
	e := r.Like
	lines := []string{"**" + bot.Plain(e.Title) + "** — " + r.inWords()}
	if r.Ended {
		return bot.Post{Text: paragraph(append(lines, "There are no more dates. Thank you to everybody who came."))}, nil
	}
	if about := strings.TrimSpace(e.hostedBy() + " " + bot.Quote(e.About)); about != "" {
		lines = append(lines, about)
	}
	lines = append(lines, e.wherePeopleMeet()...)
	var next []string
	var last string
	for _, id := range r.Live {
		var date Event
		if there, err := tx.Get(ctx, eventKey(id), &date); err != nil {
			return bot.Post{}, err
		} else if there {
			next = append(next, when.FormatDay(date.Start, date.Location()))
			last = id
		}
	}
	lines = append(lines, "The next: "+bot.Listed(next)+". Each is announced here "+when.Length(r.Ahead)+" before.")
	return bot.Post{Text: paragraph(lines), Buttons: []bot.Button{{Label: "Going to all of them", Command: "event rsvp " + last + " " + goingToAll}, {Label: "To none of them", Command: "event rsvp " + last + " " + goingToNone}}}, nil
}

// inWords tells how a series repeats: "every second Friday, 8:30am, until 25 June 2027".
func (r *Repeat) inWords() string {
	clock := time.Date(2000, 1, 1, r.Rule.Hour, r.Rule.Minute, 0, 0, time.UTC)
	return r.Rule.words() + ", " + strings.TrimSuffix(when.FormatClock(clock, time.UTC), " UTC") + ", from " + r.Rule.First.words() + r.Rule.ending()
}

// regular keeps whether a person goes to all dates of a series, the ones that exist
// among them, and answers so.
func (f *Feature) regular(ctx context.Context, tx *bot.Tx, c bot.Call, of *Event, answer string) (bot.Reply, error) {
	r, err := seriesOf(ctx, tx, of)
	if err != nil {
		return bot.Reply{}, err
	}
	if r == nil || r.Ended {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "%s has no further dates. %s answers for this one.", of.emphasised(), tx.Command("event rsvp "+of.ID+" "+going))
	}
	r.Regulars = slices.DeleteFunc(slices.Clone(r.Regulars), func(x Seat) bool { return x.Who == c.From })
	wish := Seat{Who: c.From, Online: !of.InPerson()}
	if answer == goingToAll {
		r.Regulars = append(r.Regulars, wish)
	}
	tx.Put(r)
	var lines []string
	for _, id := range r.Live {
		e, err := eventByID(ctx, tx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		s, err := seatsOf(ctx, tx, id)
		if err != nil {
			return bot.Reply{}, err
		}
		var gone []Seat
		if answer == goingToAll {
			if err := f.mayAsk(tx, &e, going); err != nil {
				continue // its answers are in; the later ones are not
			}
			got, ok := s.Ask(e.capacity(tx.Now()), wish)
			if err := f.meet(ctx, tx, &e, c.From); err != nil {
				return bot.Reply{}, err
			}
			if ok {
				lines = append(lines, "- "+f.standing(&e, &s, e.capacity(tx.Now()), got))
			}
		} else {
			gone = s.Leave(c.From)
		}
		f.settle(tx, &e, &s, gone)
	}
	if answer == goingToNone {
		return bot.Answer("Saved: you are not going to any date of %s.", of.emphasised()), nil
	}
	reply := bot.Answer("Saved: you are going to %s %s. Of the dates that are set:\n\n%s\n\nEach later one gives you a seat when it is set, or a place on its waitlist. You can still say that you can't go to one of them.",
		of.emphasised(), r.Rule.words(), strings.Join(lines, "\n"))
	reply.Post.Buttons = []bot.Button{{Label: "To none of them", Command: "event rsvp " + of.ID + " " + goingToNone}}
	return reply, nil
}
