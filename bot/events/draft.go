package events

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

const (
	draftAlarm = "event.draft"
	draftsKept = 7 * 24 * time.Hour // without being posted
	newTitle   = "New event"
)

// Draft is an event, or a change to one, before anybody else sees it. Nothing is
// announced before its maker presses Post.
type Draft struct {
	ID   string     `json:"id"`
	By   bot.UserID `json:"by"`
	Room bot.RoomID `json:"room"`         // where it was made: what "here" means in it
	Of   string     `json:"of,omitempty"` // the event that it changes; "": it makes a new one
	Args bot.Args   `json:"args"`         // as typed, for the form
	Plan Event      `json:"plan"`         // as understood

	Repeat *Repeat `json:"repeat,omitempty"` // nil: once
}

func draftKey(id string) string { return "event.draft/" + id }

func (d *Draft) Key() string         { return draftKey(d.ID) }
func (d *Draft) Kind() (string, int) { return "event.draft", 1 }
func (d *Draft) Index() []string {
	idx := []string{"event.drafts:" + string(d.By)}
	for _, u := range d.about() {
		idx = append(idx, "event.drafted:"+string(u))
	}
	return idx
}

// about are those whom the draft names.
func (d *Draft) about() []bot.UserID {
	all := d.Plan.about()
	for _, values := range d.Args {
		for _, value := range values {
			all = append(all, bot.Mentioned(value)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (f *Feature) planRows() []bot.Row {
	args := planArgs()
	args[1].Many = true // all words that are left: see unquoted
	draft := bot.Arg{Name: "draft", Kind: bot.ID, Required: true}
	return []bot.Row{
		{Name: "event new", Args: args, Who: bot.Organisers, Summary: "Announce a breakfast, meetup, workshop or unconference", Form: newTitle, Submit: "Preview", Run: f.runNew,
			Examples: []string{`event new "DataJam breakfast" "Fri 8:30am" kind=breakfast venue="Urban Sciences Building, Newcastle" seats=20`,
				`event new "Open data meetup" "29 Nov 18:00" venue="The Hive, Birmingham" link=https://meet.example.org/hive seats=80 visitors=12`}},
		{Name: "event post", Args: []bot.Arg{draft, whichArg()}, Who: bot.Hosts, Summary: "Announce what was drafted", Hidden: true, Run: f.runPost},
		{Name: "event redraft", Args: append([]bot.Arg{draft}, byName(planArgs())...), Who: bot.Hosts, Summary: "Change a draft", Hidden: true, Run: f.runRedraft},
		{Name: "event drop", Args: []bot.Arg{draft}, Who: bot.Hosts, Summary: "Throw a draft away", Hidden: true, Run: f.runDrop},
	}
}

// byName takes the places from arguments, for rows whose first place is an id.
func byName(args []bot.Arg) []bot.Arg {
	for i := range args {
		args[i].Named = true
	}
	return args
}

// planForm is the form of an event, filled with args, whose submission runs line.
func planForm(tx *bot.Tx, line, title string, args bot.Args) bot.Reply {
	reply := tx.FormFor("event new", args)
	reply.Form.Command, reply.Form.Title = line, title
	reply.Form.Fields = slices.DeleteFunc(reply.Form.Fields, func(field bot.FormField) bool { return slices.Contains(seldom, field.Name) })
	return reply
}

// withForm lays what was said in a call over earlier args. A form says all that is
// in its fields, also that they are empty.
func withForm(earlier bot.Args, c bot.Call) bot.Args {
	all := maps.Clone(earlier)
	if all == nil {
		all = bot.Args{}
	}
	for name := range c.Form {
		delete(all, name)
	}
	maps.Copy(all, c.Args)
	delete(all, "event")
	delete(all, "draft")
	return all
}

// runNew makes a draft of a new event. Without a time it opens the form, filled
// with what was said.
func (f *Feature) runNew(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	args := c.Args
	if c.Form == nil {
		community, err := tx.Community(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		if args, err = unquoted(args, tx.Now(), c.Person.Location(community.Location())); err != nil {
			return bot.Reply{}, err
		}
		if !args.Has("when") {
			return planForm(tx, "event new", newTitle, args), nil
		}
	}
	if !args.Has("when") {
		return bot.Reply{}, bot.Wrong("when", "Say when: `5 Feb 08:30`, `Wed 6pm` or `tomorrow 9am`.")
	}
	plan, err := f.readPlan(ctx, tx, c, args, Event{})
	if err != nil {
		return bot.Reply{}, err
	}
	d := Draft{Args: args, Plan: plan}
	if d.Repeat, err = readRepeat(args, &plan, nil, tx.Now()); err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, tx, c, d)
}

// unquoted understands a title and a time that were typed without quotes: the
// longest ending that reads as a time is the time. The preview shows what came of it.
func unquoted(args bot.Args, now time.Time, zone *time.Location) (bot.Args, error) {
	at := args.All("when")
	if len(at) < 2 {
		return args, nil
	}
	words := strings.Fields(strings.Join(append(args.All("title"), at...), " "))
	for i := 1; i < len(words); i++ {
		ending := strings.Join(words[i:], " ")
		if _, err := when.Parse(ending, now, zone); err == nil {
			args = maps.Clone(args)
			args["title"], args["when"] = []string{strings.Join(words[:i], " ")}, []string{ending}
			return args, nil
		}
	}
	return nil, bot.Wrong("when", "I can't tell the title from the time in that. Put each in quotes: `/event new \"DataJam breakfast\" \"Fri 8:30am\"`.")
}

// draft stores what was understood and shows it to its maker alone.
func (f *Feature) draft(ctx context.Context, tx *bot.Tx, c bot.Call, d Draft) (bot.Reply, error) {
	if d.ID == "" {
		d.ID, d.By, d.Room = "d"+bot.ShortID(), c.From, c.Room
		tx.Create(&d)
		tx.Promise(draftAlarm, d.ID, tx.Now().Add(draftsKept))
	} else {
		tx.Put(&d)
	}
	s := Seats{}
	if d.Of != "" {
		var err error
		if s, err = seatsOf(ctx, tx, d.Of); err != nil {
			return bot.Reply{}, err
		}
	}
	post := f.preview(tx, &d, &s)
	return bot.Reply{Post: &post, Replace: c.Pressed || c.Form != nil}, nil
}

// preview is the draft as it will look, and what will follow from posting it.
func (f *Feature) preview(tx *bot.Tx, d *Draft, s *Seats) bot.Post {
	e := d.Plan
	p := bot.Post{Text: "Nothing is posted yet. This is how it will look in " + named("", e.Rooms) + ":\n\n" + quoted(f.announcement(tx, &e, s).Text)}
	p.Fields = []bot.Field{{Name: "When", Value: when.FormatRange(e.Start, e.End(), e.Location())}}
	if over := e.over(s, tx.Now()); over != "" {
		p.Fields = append(p.Fields, bot.Field{Name: "More people than seats", Value: over})
	}
	if e.Plus > 0 {
		p.Fields = append(p.Fields, bot.Field{Name: "Bringing somebody", Value: "Each person may bring " + counted(e.Plus, "other", "others") + ", who need a seat each."})
	}
	if e.Public && strings.HasPrefix(tx.URL(""), "http") {
		p.Fields = append(p.Fields, bot.Field{Name: "On the web", Value: "A page that anyone can read, and an entry in the public calendar. `public=no` leaves them out."})
	}
	if d.Repeat != nil {
		p.Fields = append(p.Fields, bot.Field{Name: "Repeats", Value: d.Repeat.preview(e.Location())})
	}
	p.Buttons = append(forWhich(&e, "event post "+d.ID, bot.Primary, "Post", "Post for this date", "All dates"),
		bot.Button{Label: "Edit", Command: "event redraft " + d.ID}, bot.Button{Label: "Cancel", Command: "event drop " + d.ID})
	return p
}

// preview tells how it repeats, with its first dates in full.
func (r *Repeat) preview(zone *time.Location) string {
	lines := []string{sentence(r.inWords()) + ". Each date is announced " + when.Length(r.Ahead) + " before; the series as a whole at once.", ""}
	shown := 0
	for n := r.Rule.From; r.Rule.goesOn(n) && shown < fewDates; n++ {
		if !slices.Contains(r.Without, r.Rule.day(n)) {
			lines = append(lines, "- "+when.Format(r.Rule.start(n, zone), zone))
			shown++
		}
	}
	return strings.Join(lines, "\n")
}

// over says what follows when there are fewer seats than people who have one.
func (e *Event) over(s *Seats, now time.Time) string {
	c := e.capacity(now)
	more := 0
	for _, q := range c.queues() {
		if seats := c.seats(q); seats > 0 {
			more += max(0, s.used(c, q)-seats)
		}
	}
	if more == 0 {
		return ""
	}
	return counted(more, "person", "people") + " more than seats would be left. Nobody loses theirs; no more are given until enough have gone."
}

// draftOf reads a draft of the caller's.
func draftOf(ctx context.Context, tx *bot.Tx, c bot.Call) (Draft, error) {
	var d Draft
	if err := tx.Need(ctx, draftKey(c.Args.Get("draft")), &d, "That draft is not there any more: it was posted, or thrown away."); err != nil {
		return d, err
	}
	if d.By != c.From {
		return d, bot.Sayf(bot.Forbidden, "That is %s's draft.", bot.Mention(d.By))
	}
	return d, nil
}

// runRedraft opens the form filled in, and takes it back changed.
func (f *Feature) runRedraft(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	d, err := draftOf(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.Form == nil {
		return planForm(tx, "event redraft "+d.ID, "Change the draft", d.Args), nil
	}
	base := Event{}
	if d.Of != "" {
		if base, err = eventByID(ctx, tx, d.Of); err != nil {
			return bot.Reply{}, err
		}
	}
	d.Args = withForm(d.Args, c)
	c.Room = d.Room
	if d.Plan, err = f.readPlan(ctx, tx, c, d.Args, base); err != nil {
		return bot.Reply{}, err
	}
	if d.Of != "" {
		d.Repeat, err = f.repeatOf(ctx, tx, &d.Plan, d.Args)
	} else {
		d.Repeat, err = readRepeat(d.Args, &d.Plan, nil, tx.Now())
	}
	if err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, tx, c, d)
}

// runPost makes a draft true: a new event is announced, a changed one is announced
// again, all in one commit.
func (f *Feature) runPost(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	d, err := draftOf(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	post := f.postNew
	if d.Of != "" {
		post = f.postChange
	}
	text, err := post(ctx, tx, c, &d)
	if err != nil {
		return bot.Reply{}, err
	}
	f.forgetDraft(tx, d.ID)
	reply := bot.Answer("%s", text)
	reply.Replace = true
	return reply, nil
}

// postNew announces an event.
func (f *Feature) postNew(ctx context.Context, tx *bot.Tx, c bot.Call, d *Draft) (string, error) {
	e := d.Plan
	if !c.Organiser {
		return "", bot.Sayf(bot.Forbidden, "Only organisers can announce an event.")
	}
	if err := stillToCome(tx, &e); err != nil {
		return "", err
	}
	if e.IsHost(c.From) {
		e.Lists = []bot.UserID{c.From}
	}
	if d.Repeat != nil {
		return f.postSeries(ctx, tx, e, *d.Repeat)
	}
	e.ID, e.Announced, e.Changed = bot.ShortID(), true, tx.Now()
	e.passed(tx.Now())
	s := Seats{Event: e.ID}
	tx.Create(&e)
	tx.Put(&s)
	f.keep(tx, &e, &s)
	return "Announced in " + named("", e.Rooms) + ": " + e.inFull() + ". To change it: " + tx.Command("event edit "+e.ID) + ", " + tx.Command("event move "+e.ID) + " or " +
		tx.Command("event cancel "+e.ID) + ". Who comes: " + tx.Command("event guests "+e.ID) + "." + e.listWords(), nil
}

// postSeries begins a series.
func (f *Feature) postSeries(ctx context.Context, tx *bot.Tx, like Event, repeat Repeat) (string, error) {
	like.Start = time.Time{}
	r := Series{ID: "s" + bot.ShortID(), Like: like, Repeat: repeat, Changed: tx.Now()}
	tx.Create(&r)
	if err := f.topUp(ctx, tx, &r); err != nil {
		return "", err
	}
	if len(r.Live) == 0 {
		return "", bot.Sayf(bot.Invalid, "That series has no date: all are left out, or it ends before it begins. Press Edit and look at its end and its days without.")
	}
	first := r.Live[0]
	return "Announced in " + named("", like.Rooms) + ": " + like.emphasised() + ", " + r.inWords() + ". Its first date is `" + first + "`. To change it: " + tx.Command("event edit "+first) + ", " +
		tx.Command("event skip "+first) + " or " + tx.Command("event cancel "+first) + "; I ask for which dates." + like.listWords(), nil
}

// listWords tells which hosts have yet to press before they get the list.
func (e *Event) listWords() string {
	missing := e.withoutList()
	if len(missing) == 0 {
		return ""
	}
	return " Ask " + bot.Listed(bot.Mentions(missing)) + " to press *Guest list (hosts)* under the announcement, so that the list of the day before may come by direct message."
}

func stillToCome(tx *bot.Tx, e *Event) error {
	if e.Start.After(tx.Now()) {
		return nil
	}
	return bot.Sayf(bot.Late, "%s has passed while this draft waited. Press Edit and choose another time.", when.Format(e.Start, e.Location()))
}

// runDrop throws a draft away.
func (f *Feature) runDrop(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	d, err := draftOf(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	f.forgetDraft(tx, d.ID)
	reply := bot.Answer("Nothing was posted, and the draft is gone.")
	reply.Replace = true
	return reply, nil
}

func (f *Feature) forgetDraft(tx *bot.Tx, id string) {
	tx.Delete(draftKey(id))
	tx.Cancel(draftAlarm, id)
}

// dropDraft throws away a draft that nobody posted.
func (f *Feature) dropDraft(_ context.Context, tx *bot.Tx, a bot.Alarm) error {
	tx.Delete(draftKey(a.About()))
	return nil
}
