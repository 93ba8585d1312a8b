package hours

import (
	"context"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

const (
	draftAlarm = "hour.draft"
	draftsKept = 7 * 24 * time.Hour // without being posted
)

// Draft is an hour, or a change to one, before anybody else sees it. Nothing is
// announced before its maker presses Post.
type Draft struct {
	ID   string     `json:"id"`
	By   bot.UserID `json:"by"`
	Room bot.RoomID `json:"room"`         // where it was made: what "here" means in it
	Of   string     `json:"of,omitempty"` // the hour that it changes; "": it makes a new one
	Args bot.Args   `json:"args"`         // as typed, for the form
	Plan Hour       `json:"plan"`         // as understood
}

func draftKey(id string) string { return "draft/" + id }

func (d *Draft) Key() string         { return draftKey(d.ID) }
func (d *Draft) Kind() (string, int) { return "draft", 1 }
func (d *Draft) Index() []string {
	idx := []string{"drafts:" + string(d.By)}
	for _, u := range d.about() {
		idx = append(idx, "drafted:"+string(u))
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
	like := bot.Arg{Name: "like", Kind: bot.ID, Named: true, Label: "Like an earlier one", Hint: "last, or its id"}
	draft := bot.Arg{Name: "draft", Kind: bot.ID, Required: true}
	return []bot.Row{
		{Name: "datahour new", Args: append(many(args, "when"), like), Who: bot.Organisers, Summary: "Schedule a data hour", Form: newTitle, Submit: "Preview", Run: f.runNew,
			Examples: []string{`datahour new "Flood data people really use" "Wed 8pm" questions="What did you last look up?" questions="What is missing?"`,
				`datahour new when="2 Dec 20:00" length=45m like=last`}},
		{Name: "datahour start", Args: many(withoutArg(args, "when"), "title"), Who: bot.Organisers, Summary: "Begin a data hour here and now", Run: f.runStart,
			Examples: []string{`datahour start "What are you stuck on?" length=30m`}},
		{Name: "datahour post", Args: []bot.Arg{draft}, Who: bot.Hosts, Summary: "Announce what was drafted", Hidden: true, Run: f.runPost},
		{Name: "datahour redraft", Args: append([]bot.Arg{draft}, byName(args)...), Who: bot.Hosts, Summary: "Change a draft", Hidden: true, Run: f.runRedraft},
		{Name: "datahour drop", Args: []bot.Arg{draft}, Who: bot.Hosts, Summary: "Throw a draft away", Hidden: true, Run: f.runDrop},
	}
}

const newTitle = "New data hour"

func withoutArg(args []bot.Arg, name string) []bot.Arg {
	return slices.DeleteFunc(slices.Clone(args), func(a bot.Arg) bool { return a.Name == name })
}

// many lets an argument take all words that are left: see unquoted.
func many(args []bot.Arg, name string) []bot.Arg {
	all := slices.Clone(args)
	all[slices.IndexFunc(all, func(a bot.Arg) bool { return a.Name == name })].Many = true
	return all
}

// byName takes the places from arguments, for rows whose first place is an id.
func byName(args []bot.Arg) []bot.Arg {
	all := slices.Clone(args)
	for i := range all {
		all[i].Named = true
	}
	return all
}

// planForm is the form of an hour, filled with args, whose submission runs line.
// What nobody has said is what it would be without them: a box that is left
// unticked says no.
func planForm(ctx context.Context, tx *bot.Tx, line, title, submit string, args bot.Args) (bot.Reply, error) {
	community, err := tx.Community(ctx)
	if err != nil {
		return bot.Reply{}, err
	}
	reply := tx.FormFor("datahour new", over(bot.Args{"public": {yes(community.Policy.PublicPages)}}, args))
	reply.Form.Command, reply.Form.Title, reply.Form.Submit = line, title, submit
	reply.Form.Fields = slices.DeleteFunc(reply.Form.Fields, func(field bot.FormField) bool { return field.Name == "like" })
	return reply, nil
}

// runNew makes a draft of a new hour. Without a time it opens the form, filled
// with what was said and, for "like last time", with the earlier hour.
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
	}
	typed := args.Has("when")
	if like := args.Get("like"); like != "" {
		earlier, err := f.earlier(ctx, tx, c, like)
		if err != nil {
			return bot.Reply{}, err
		}
		template := planArgsOf(&earlier)
		template["length"] = []string{when.Length(earlier.Length - earlier.Extended)} // as it was announced
		delete(template, "questions")
		for _, q := range earlier.Planned() { // those that there was no time for
			if len(q.Authors()) == 0 {
				template["questions"] = append(template["questions"], q.Text)
			}
		}
		template["when"] = []string{when.Format(sameTimeNext(&earlier, tx.Now()), earlier.Location())}
		args = over(template, args)
	}
	if !typed && c.Form == nil {
		return planForm(ctx, tx, "datahour new", newTitle, "Preview", args)
	}
	if !args.Has("when") {
		return bot.Reply{}, bot.Wrong("when", "Say when: `Wed 8pm`, `2 Dec 20:00` or `in 2 hours`.")
	}
	plan, err := f.readPlan(ctx, tx, c, args, Hour{})
	if err != nil {
		return bot.Reply{}, err
	}
	return f.draft(ctx, tx, c, Draft{Args: args, Plan: plan})
}

// over lays args over a template.
func over(template, args bot.Args) bot.Args {
	all := bot.Args{}
	for _, from := range [...]bot.Args{template, args} {
		for name, values := range from {
			all[name] = values
		}
	}
	return all
}

// earlier finds the hour to be like: by its id, or the last one that was held in
// this room, or else by this person.
func (f *Feature) earlier(ctx context.Context, tx *bot.Tx, c bot.Call, like string) (Hour, error) {
	if !strings.EqualFold(like, "last") {
		return hourByID(ctx, tx, like)
	}
	for _, index := range [...]string{"hours:" + string(c.Room), "hosted:" + string(c.From)} {
		all, err := bot.Find[Hour](ctx, tx, index)
		if err != nil {
			return Hour{}, err
		}
		var last Hour
		for _, h := range all {
			if h.State == Closed && h.Start.After(last.Start) {
				last = h
			}
		}
		if last.ID != "" {
			return last, nil
		}
	}
	return Hour{}, bot.Wrong("like", "No data hour was held here yet, so there is none to be like. Leave `like` out.")
}

// sameTimeNext is the same weekday and time of day as the hour had, in its own
// zone, the next time that it comes round.
func sameTimeNext(h *Hour, now time.Time) time.Time {
	at := h.Start.In(h.Location())
	for week := 1; ; week++ {
		year, month, day := at.Date()
		next := when.Resolve(year, month, day+7*week, at.Hour(), at.Minute(), h.Location())
		if next.After(now.Add(reminders[0])) { // a day's notice at least
			return next
		}
	}
}

// runStart makes a draft of an hour that begins when it is posted.
func (f *Feature) runStart(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	args := over(c.Args, nil)
	if title := strings.Join(args.All("title"), " "); title != "" {
		args["title"] = []string{title}
	}
	plan, err := f.readPlan(ctx, tx, c, args, Hour{})
	if err != nil {
		return bot.Reply{}, err
	}
	plan.AtOnce, plan.Start = true, tx.Now()
	return f.draft(ctx, tx, c, Draft{Args: args, Plan: plan})
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
	if err := f.checkFree(ctx, tx, &d.Plan); err != nil {
		return bot.Reply{}, err
	}
	post, err := f.preview(ctx, tx, &d)
	return bot.Reply{Post: &post, Replace: c.Pressed || c.Form != nil}, err
}

// checkFree tells already in the preview when a room is taken; what counts is
// the same question when it is posted.
func (f *Feature) checkFree(ctx context.Context, tx *bot.Tx, h *Hour) error {
	for _, room := range h.Rooms {
		d, err := diaryOf(ctx, tx, room)
		if err != nil {
			return err
		}
		if other, clashes := d.clash(h.ID, h.Start, h.End()); clashes {
			return f.taken(ctx, tx, h, room, other)
		}
	}
	return nil
}

// preview is the draft as it will look, and what will follow from posting it.
func (f *Feature) preview(ctx context.Context, tx *bot.Tx, d *Draft) (bot.Post, error) {
	h := d.Plan
	joined, invited, err := f.linked(ctx, tx, h.Rooms)
	if err != nil {
		return bot.Post{}, err
	}
	h.Rooms, h.Invited = joined, invited
	if h.ID == "" {
		h.ID = "…" // it gets one when it is posted
	}
	lines := []string{"Nothing is posted yet. This is how it will look in " + named(h.Rooms) + ":", ""}
	post := "Post"
	switch {
	case h.AtOnce:
		post = "Open it now"
		h.Opened = h.Start
		community, err := tx.Community(ctx)
		if err != nil {
			return bot.Post{}, err
		}
		lines = append(lines, quoted(f.opening(tx, &h, h.Rooms[0], community.Policy).Text))
	default:
		lines = append(lines, quoted(f.announcement(tx, &h).Text))
	}
	p := bot.Post{Text: strings.Join(lines, "\n"), Fields: []bot.Field{
		{Name: "When", Value: when.FormatRange(h.Start, h.End(), h.Location())},
		{Name: "Questions", Value: questionsField(&h)},
		{Name: "Kept", Value: kept(h.KeepDays)},
	}}
	if h.AtOnce {
		p.Fields[0].Value = "As soon as you press, for " + when.Length(h.Length)
	}
	if len(invited) > 0 {
		p.Fields = append(p.Fields, bot.Field{Name: "To be asked", Value: namedFrom(h.Rooms[0].Platform(), invited) + ": its organisers have to say yes to a link first. It joins when they do."})
	}
	p.Buttons = []bot.Button{
		{Label: post, Command: "datahour post " + d.ID, Style: bot.Primary},
		{Label: "Edit", Command: "datahour redraft " + d.ID},
		{Label: "Cancel", Command: "datahour drop " + d.ID},
	}
	return p, nil
}

// quoted puts CommonMark into a block quote.
func quoted(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }

func questionsField(h *Hour) string {
	planned := h.Planned()
	if len(planned) == 0 {
		return "None: a listening hour"
	}
	var lines []string
	for _, q := range planned {
		lines = append(lines, "- "+bot.Plain(q.Text))
	}
	how := "You ask each one."
	if h.Automatic {
		how = "They come by themselves, spread over the hour."
	}
	return strings.Join(lines, "\n") + "\n\n" + how
}

func kept(days int) string {
	if days == 0 {
		return "For good"
	}
	return "For " + counted(days, "day", "days")
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
		reply, err := planForm(ctx, tx, "datahour redraft "+d.ID, "Change the draft", "Preview", d.Args)
		if err == nil && d.Plan.AtOnce {
			reply.Form.Fields = slices.DeleteFunc(reply.Form.Fields, func(field bot.FormField) bool { return field.Name == "when" })
		}
		return reply, err
	}
	atOnce := d.Plan.AtOnce
	base := Hour{}
	c.Args = over(c.Args, nil)
	delete(c.Args, "draft")
	d.Args = c.Args
	if d.Of != "" {
		if base, err = hourByID(ctx, tx, d.Of); err != nil {
			return bot.Reply{}, err
		}
		c.Args = unmoved(c.Args, &base)
	} else if !atOnce && !c.Args.Has("when") {
		return bot.Reply{}, bot.Wrong("when", "Say when: `Wed 8pm`, `2 Dec 20:00` or `in 2 hours`.")
	}
	c.Room = d.Room
	if d.Plan, err = f.readPlan(ctx, tx, c, c.Args, base); err != nil {
		return bot.Reply{}, err
	}
	if d.Plan.AtOnce = atOnce; atOnce {
		d.Plan.Start = tx.Now()
	}
	return f.draft(ctx, tx, c, d)
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
