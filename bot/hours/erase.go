package hours

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
)

// withdrawn stands in a question that was asked, whose author is forgotten.
const withdrawn = "A question whose author took it back"

// Erase forgets somebody: what they said, put forward, reported and drafted, that
// they hosted or scheduled anything, and that others mentioned them. Whatever was
// published is made again without them. What an organiser planned, an hour's
// title and its questions, is the community's and stays.
func (f *Feature) Erase(ctx context.Context, tx *bot.Tx, who bot.UserID) (bot.Erased, error) {
	e := eraser{f: f, tx: tx, who: who, left: bot.EraseAtOnce, copies: map[string][]bot.MessageID{}}
	var err error
	if e.shown, err = everShown(ctx, tx, who); err != nil {
		return bot.Erased{}, err
	}
	// Their words first: the counts of what they said are kept right until these are gone.
	for _, step := range [...]struct {
		index  string
		weight int // one of them is about as much work as so many messages
		erase  func(ctx context.Context, key string) error
	}{
		{"words:", 1, e.words}, {"reacted:", 1, e.reactions}, {"mentions:", 1, e.mention},
		{"reported:", 1, e.report}, {"told:", 1, e.told}, {"visiting:", 1, e.delete},
		{"about:", 4, e.hour}, {"drafts:", 1, e.draft}, {"drafted:", 1, e.drafted}, {"reminded:", 1, e.reminder},
		{"spoke:", 1, e.delete}, {"aliased:", 1, e.delete},
	} {
		found, err := tx.Records(ctx, step.index+string(who), "", max(1, e.left/step.weight))
		if err != nil {
			return bot.Erased{}, err
		}
		for _, rec := range found {
			if err := step.erase(ctx, rec.Key); err != nil {
				return bot.Erased{}, err
			}
		}
		if e.left -= len(found) * step.weight; e.left <= 0 || len(found) > 0 && e.left < step.weight {
			e.more = true
			break
		}
	}
	err = e.again(ctx)
	return bot.Erased{More: e.more, Public: e.public, Remake: e.remake}, err
}

// Remake counts and shows again what was made of an hour that is over.
func (f *Feature) Remake(ctx context.Context, tx *bot.Tx, what string) error {
	id, is := strings.CutPrefix(what, hourKey(""))
	if !is {
		return nil
	}
	var h Hour
	if there, err := tx.Get(ctx, hourKey(id), &h); err != nil || !there || h.State != Closed || h.Forgotten {
		return err
	}
	return f.showOutcome(ctx, tx, &h)
}

// Visitors are those who wrote on the public page: nobody else knows of them.
func (f *Feature) Visitors(ctx context.Context, r bot.Reader) ([]bot.UserID, error) {
	var all []bot.UserID
	for after := ""; ; {
		recs, err := r.Records(ctx, visitorsIndex, after, forgetAtOnce)
		if err != nil {
			return nil, err
		}
		for _, rec := range recs {
			var by struct{ Who bot.UserID } // of a visit, or of somebody's part
			if err := json.Unmarshal(rec.Value, &by); err != nil {
				return nil, fmt.Errorf("reading %s: %w", rec.Key, err)
			}
			after = rec.Key
			all = append(all, by.Who)
		}
		if len(recs) < forgetAtOnce {
			return all, nil
		}
	}
}

// visitorsIndex finds all that names a visitor.
const visitorsIndex = "visitors"

// everShown tells whether public pages ever showed what somebody wrote.
func everShown(ctx context.Context, r bot.Reader, who bot.UserID) (bool, error) {
	public := func(s bot.Shown) bool { return s == bot.ByName || s == bot.ByRole }
	p, err := bot.PersonOf(ctx, r, who)
	if err != nil {
		return false, err
	}
	choices, err := bot.Find[bot.Consent](ctx, r, "consent:"+string(who))
	return who.Platform() == bot.Web || public(p.Shown) || slices.ContainsFunc(choices, func(c bot.Consent) bool { return public(c.Shown) }), err
}

// eraser forgets one person, a part of it in one commit.
type eraser struct {
	f     *Feature
	tx    *bot.Tx
	who   bot.UserID
	shown bool // public pages showed what they wrote
	left  int  // records that may still be changed in this commit
	more  bool // there are others

	copies map[string][]bot.MessageID // by hour: messages that are to be shown again where they were carried
	public []bot.Published
	remake []string
}

// again makes what was made of the hours be made anew without the person: copies
// in rooms that do not follow the log by themselves, as in none while a pause
// holds them back, and, when all is gone, wrap-ups.
func (e *eraser) again(ctx context.Context) error {
	community, err := e.tx.Community(ctx)
	if err != nil {
		return err
	}
	for id, said := range e.copies {
		var h Hour
		if there, err := e.tx.Get(ctx, hourKey(id), &h); err != nil {
			return err
		} else if !there {
			continue
		}
		if h.State == Closed {
			e.remake = append(e.remake, h.Key())
		}
		if !h.Settled && !community.Paused() {
			continue
		}
		if err := e.f.eachRoom(ctx, e.tx, &h, func(c *carrier) error {
			for _, id := range said {
				if err := c.againFor(ctx, id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// changed notes that a message is not what it was.
func (e *eraser) changed(ctx context.Context, s *Said, what change) error {
	e.tx.Put(s)
	if s.Early {
		return nil
	}
	var h Hour
	if there, err := e.tx.Get(ctx, hourKey(s.Hour), &h); err != nil || !there {
		return err
	}
	e.f.note(e.tx, &h, entry{What: what, Message: s.ID})
	e.copies[h.ID] = append(e.copies[h.ID], s.ID)
	return nil
}

// forms are the endings under which a page has other forms.
var forms = []string{".md", ".json", ".csv", ".txt"}

// published notes what a page had shown of the person: a message of theirs, or
// with nil that they were named.
func (e *eraser) published(ctx context.Context, hour string, s *Said) error {
	if !e.shown || s != nil && !s.Stands() {
		return nil
	}
	h, err := publicHour(ctx, e.tx, hour)
	if err != nil || h == nil {
		return err
	}
	p := bot.Published{Path: h.Path(), Forms: forms, Rooms: h.Rooms}
	if s != nil {
		p.Wrote, p.First, p.Last, p.Rooms = 1, s.At, s.At, h.elsewhere(s.Room)
	}
	e.public = append(e.public, p)
	return nil
}

// words takes back a message of the person's.
func (e *eraser) words(ctx context.Context, key string) error {
	s, err := saidAt(ctx, e.tx, key)
	if err != nil || s == nil || s.Who != e.who {
		return err
	}
	if err := e.published(ctx, s.Hour, s); err != nil {
		return err
	}
	if err := e.f.unsay(ctx, e.tx, s); err != nil {
		return err
	}
	return e.changed(ctx, s, wasDeleted)
}

func (e *eraser) reactions(ctx context.Context, key string) error {
	s, err := saidAt(ctx, e.tx, key)
	if err != nil || s == nil {
		return err
	}
	for emoji := range s.Reacted {
		s.react(emoji, e.who, false)
	}
	return e.changed(ctx, s, wasReacted)
}

// mention leaves what others said of the person, without who that is.
func (e *eraser) mention(ctx context.Context, key string) error {
	s, err := saidAt(ctx, e.tx, key)
	if err != nil || s == nil {
		return err
	}
	if err := e.published(ctx, s.Hour, nil); err != nil {
		return err
	}
	s.Text = bot.WithoutMention(s.Text, e.who)
	if err := e.changed(ctx, s, wasEdited); err != nil {
		return err
	}
	reports, err := bot.Find[Report](ctx, e.tx, "reports:"+s.Hour+":"+string(s.ID))
	if err != nil {
		return err
	}
	for _, r := range reports { // they quote it
		if err := e.told(ctx, r.Key()); err != nil {
			return err
		}
	}
	return nil
}

func (e *eraser) report(ctx context.Context, key string) error {
	var r Report
	there, err := e.tx.Get(ctx, key, &r)
	if err == nil && there {
		r.drop(e.tx)
	}
	return err
}

// told leaves a report that somebody else made, and takes the person out of it.
func (e *eraser) told(ctx context.Context, key string) error {
	var r Report
	if there, err := e.tx.Get(ctx, key, &r); err != nil || !there {
		return err
	}
	r.To, r.Text = leftOut(r.To, e.who), bot.WithoutMention(r.Text, e.who)
	e.tx.Put(&r)
	h, err := hourByID(ctx, e.tx, r.Hour)
	if err != nil {
		return err
	}
	var s *Said
	if r.Said != "" {
		if s, err = saidAt(ctx, e.tx, saidKey(r.Hour, r.Said)); err != nil {
			return err
		}
	}
	post, err := e.f.reportPost(ctx, e.tx, &h, &r, s)
	if err == nil {
		r.show(e.tx, post)
	}
	return err
}

func (e *eraser) delete(_ context.Context, key string) error {
	e.tx.Delete(key)
	return nil
}

// hour takes the person out of an hour's own record, and shows it again.
func (e *eraser) hour(ctx context.Context, key string) error {
	var h Hour
	if there, err := e.tx.Get(ctx, key, &h); err != nil || !there {
		return err
	}
	if slices.ContainsFunc(h.Rooms, func(r bot.RoomID) bool { return r == e.who.Direct() }) {
		return e.rehearsal(ctx, &h)
	}
	if err := e.published(ctx, h.ID, nil); err != nil {
		return err
	}
	for _, what := range [...]string{"sheet", "card"} {
		e.tx.Retract(e.who.Direct(), h.noticeKey(what))
	}
	asked := h.forget(e.who)
	for _, q := range asked {
		e.f.showQuestion(e.tx, &h, q)
	}
	if h.State == Closed && !h.Forgotten {
		e.remake = append(e.remake, h.Key())
	}
	return e.f.showAgain(ctx, e.tx, &h)
}

// rehearsal ends one that is held in the person's own direct messages.
func (e *eraser) rehearsal(ctx context.Context, h *Hour) error {
	if err := e.f.unbookAll(ctx, e.tx, h); err != nil {
		return err
	}
	for _, room := range h.Rooms {
		e.tx.Delete(liveKey(room))
		e.tx.StopListening(room)
	}
	return e.f.clearRehearsal(ctx, e.tx, h)
}

func (e *eraser) draft(ctx context.Context, key string) error {
	var d Draft
	there, err := e.tx.Get(ctx, key, &d)
	if err == nil && there {
		e.f.forgetDraft(e.tx, d.ID)
	}
	return err
}

// drafted takes the person out of somebody else's draft.
func (e *eraser) drafted(ctx context.Context, key string) error {
	var d Draft
	if there, err := e.tx.Get(ctx, key, &d); err != nil || !there {
		return err
	}
	d.Plan.forget(e.who)
	args := bot.Args{}
	for name, values := range d.Args {
		for _, value := range values {
			args[name] = append(args[name], bot.WithoutMention(value, e.who))
		}
	}
	if hosts := args["hosts"]; hosts != nil {
		args["hosts"] = nil
		for _, u := range d.Plan.Hosts {
			args["hosts"] = append(args["hosts"], bot.Mention(u))
		}
	}
	d.Args = args
	e.tx.Put(&d)
	return nil
}

func (e *eraser) reminder(ctx context.Context, key string) error {
	var want reminding
	if there, err := e.tx.Get(ctx, key, &want); err != nil || !there {
		return err
	}
	want.Who = leftOut(want.Who, e.who)
	e.tx.Put(&want)
	if want.Told != "" {
		e.tx.Retract(e.who.Direct(), (&Hour{ID: want.Hour}).noticeKey(want.Told))
	}
	return nil
}

func leftOut(users []bot.UserID, who bot.UserID) []bot.UserID {
	return slices.DeleteFunc(slices.Clone(users), func(u bot.UserID) bool { return u == who })
}

// forget takes a person out of the hour's own record, and gives the questions
// that were asked and say something else now.
func (h *Hour) forget(who bot.UserID) (changed []Question) {
	h.Hosts, h.Sheets = leftOut(h.Hosts, who), leftOut(h.Sheets, who)
	for _, u := range [...]*bot.UserID{&h.By, &h.ClosedBy} {
		if *u == who {
			*u = ""
		}
	}
	if h.SummaryBy == who {
		h.Summary, h.SummaryBy = "", ""
	}
	before := slices.Clone(h.Questions)
	for i := range h.Questions {
		q := &h.Questions[i]
		if q.theirs(who) {
			if q.By == who {
				q.By = ""
			}
			q.With, q.Hosts = leftOut(q.With, who), leftOut(q.Hosts, who)
			q.Text = withdrawn
			q.Skipped = q.Skipped || q.Number == 0
		}
	}
	for _, words := range h.texts() {
		*words = bot.WithoutMention(*words, who)
	}
	for i, q := range h.Questions {
		if q.Number > 0 && q.Text != before[i].Text {
			changed = append(changed, q)
		}
	}
	return changed
}

// showAgain makes everything of the hour that stands be what it is now.
func (f *Feature) showAgain(ctx context.Context, tx *bot.Tx, h *Hour) error {
	f.announce(tx, h)
	switch h.State {
	case Open:
		for _, room := range h.Rooms {
			if err := f.showOpening(ctx, tx, h, room); err != nil {
				return err
			}
		}
	case Closed:
		if !h.Forgotten {
			break // it is counted anew when all is gone
		}
		if err := f.showWrapUp(ctx, tx, h); err != nil {
			return err
		}
	}
	f.keep(tx, h)
	return f.showSheets(ctx, tx, h)
}
