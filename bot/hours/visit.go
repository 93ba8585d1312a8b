package hours

import (
	"context"
	"strings"
	"time"

	"datahour/bot"
)

// Visit is what a visitor wrote on the public page and a host has not looked at
// yet. Then it is said in the hour, or not at all.
//
// A visitor is known by an account of the platform "web" which is the hash of
// the secret in their private link. Their name, their organisation and their
// words are all that is kept beside it.
type Visit struct {
	ID           string        `json:"id"` // another one whenever the words change, so that a host shows only what they read
	Hour         string        `json:"hour"`
	Who          bot.UserID    `json:"who"`
	Name         string        `json:"name"` // as given
	Organisation string        `json:"organisation,omitempty"`
	Text         string        `json:"text"`
	At           time.Time     `json:"at"`
	Of           bot.MessageID `json:"of,omitempty"` // the message that is to have these words; "": it is a new one
}

func visitKey(id string) string { return "visit/" + id }

func (v *Visit) Key() string         { return visitKey(v.ID) }
func (v *Visit) Kind() (string, int) { return "visit", 1 }
func (v *Visit) Index() []string {
	return []string{"visits:" + v.Hour, visitsOf(v.Hour, v.Who), "visiting:" + string(v.Who), visitorsIndex}
}

// visitsOf is the index of what one visitor has waiting in an hour.
func visitsOf(hour string, who bot.UserID) string { return "visits:" + hour + ":" + string(who) }

// signed is a visitor's name as it is shown.
func signed(name, organisation string) string {
	if organisation == "" {
		return name
	}
	return name + ", " + organisation
}

const (
	mostVisits  = 3   // of one visitor, waiting
	mostWaiting = 100 // in one hour
)

// visitRows are the commands by which visitors take part. They come from the
// public page alone.
func (f *Feature) visitRows() []bot.Row {
	hour := bot.Arg{Name: "hour", Kind: bot.ID, Required: true}
	line := bot.Arg{Name: "line", Kind: bot.ID, Required: true}
	words := bot.Arg{Name: "words", Label: "Your question or answer", Kind: bot.Area, Required: true, Max: 2000}
	return []bot.Row{
		{Name: "datahour visit", Summary: "Say something in an hour from the public page", Hidden: true, Form: "Ask or answer", Submit: "Send",
			Args: []bot.Arg{hour,
				{Name: "name", Label: "Your name", Required: true, Max: 60, Hint: "It is shown with what you write"},
				words,
				{Name: "organisation", Label: "Your organisation", Named: true, Max: 80},
			}, Run: f.runVisit},
		{Name: "datahour revise", Summary: "Change what a visitor wrote", Hidden: true, Form: "Change your words", Args: []bot.Arg{hour, line, words}, Run: f.runRevise},
		{Name: "datahour withdraw", Summary: "Take back what a visitor wrote", Hidden: true, Args: []bot.Arg{hour, {Name: "line", Kind: bot.ID}}, Run: f.runWithdraw},
	}
}

// typed are a visitor's words. What looks like one of our tokens in them is
// somebody's typing.
func typed(words string) string {
	return strings.TrimSpace(strings.ReplaceAll(bot.Visible(words), "<!", "< !"))
}

var noWords = bot.Wrong("words", "Write something that can be seen.")

// hourVisited is the hour of a visitor's command. now asks for one that is open.
func (f *Feature) hourVisited(ctx context.Context, tx *bot.Tx, c bot.Call, now bool) (Hour, error) {
	if c.From.Platform() != bot.Web {
		return Hour{}, bot.Sayf(bot.Forbidden, "This is for the public page. Here, say it in the room.")
	}
	h, err := hourByID(ctx, tx, c.Args.Get("hour"))
	switch {
	case err != nil:
		return h, err
	case !hasPage(&h):
		return h, bot.Sayf(bot.Missing, "That hour has no public page.")
	case now && h.State != Open:
		return h, bot.Sayf(bot.Late, "%s is not open now.", bot.Plain(h.Name()))
	}
	return h, nil
}

// runVisit takes in what a visitor says.
func (f *Feature) runVisit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourVisited(ctx, tx, c, true)
	if err != nil {
		return bot.Reply{}, err
	}
	v := Visit{Hour: h.ID, Who: c.From, At: tx.Now(),
		Name: tidied(typed(c.Args.Get("name"))), Organisation: tidied(typed(c.Args.Get("organisation"))), Text: typed(c.Args.Get("words"))}
	switch {
	case v.Name == "":
		return bot.Reply{}, bot.Wrong("name", "Write a name that can be seen, such as `Vera`.")
	case v.Text == "":
		return bot.Reply{}, noWords
	}
	p := part{Hour: h.ID, Who: c.From}
	if _, err := tx.Get(ctx, p.Key(), &p); err != nil {
		return bot.Reply{}, err
	}
	if p.Visitor != "" { // a host let them in under this name
		v.Name, v.Organisation = p.Visitor, p.Organisation
	}
	if h.LetThrough && p.Admitted {
		v.ID = newLine()
		return bot.Answer("Thank you. It stands here and in the rooms, as %s (web).", bot.Plain(signed(v.Name, v.Organisation))), f.say(ctx, tx, &h, &v)
	}
	if err := f.hold(ctx, tx, &v); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Thank you, saved. A host looks at it first; then it stands here and in the rooms, as %s (web).", bot.Plain(signed(v.Name, v.Organisation))), nil
}

// say makes a visitor's message one of the hour's. It keeps its id.
func (f *Feature) say(ctx context.Context, tx *bot.Tx, h *Hour, v *Visit) error {
	s := &Said{Hour: h.ID, ID: bot.MessageID(bot.Web + ":" + v.ID), Line: v.ID, Room: bot.RoomID(bot.Web + ":" + h.ID),
		Who: v.Who, Visitor: v.Name, Organisation: v.Organisation, At: tx.Now(), Text: v.Text}
	if err := f.place(ctx, tx, h, s, ""); err != nil {
		return err
	}
	if !h.Visited {
		h.Visited = true
		if len(h.Rooms) == 1 { // until now there was nothing to carry to it
			tx.Carry(logOf(h.ID), h.Rooms[0], 0)
		}
		f.keep(tx, h)
	}
	return f.record(ctx, tx, h, s)
}

// hold makes a visitor's message, or other words for one, wait for a host.
func (f *Feature) hold(ctx context.Context, tx *bot.Tx, v *Visit) error {
	mine, err := bot.Find[Visit](ctx, tx, visitsOf(v.Hour, v.Who))
	if err != nil {
		return err
	}
	all, err := tx.Records(ctx, "visits:"+v.Hour, "", mostWaiting)
	if err != nil {
		return err
	}
	waiting := 0
	for _, before := range mine {
		if v.Of != "" && before.Of == v.Of {
			tx.Delete(before.Key()) // the words that it was to have until now
		} else {
			waiting++
		}
	}
	if waiting >= mostVisits || len(all) >= mostWaiting {
		return bot.Sayf(bot.Taken, "The hosts have several messages to look at. Please try again in a few minutes.")
	}
	if waiting > 0 { // somebody has one name
		v.Name, v.Organisation = mine[0].Name, mine[0].Organisation
	}
	v.ID = newLine()
	tx.Create(v)
	tx.Promise(sheetAlarm, v.Hour, tx.Now())
	return nil
}

func newLine() string { return bot.ShortID() + bot.ShortID() }

// written finds a message of the caller's own: one that waits, or one that stands.
func written(ctx context.Context, tx *bot.Tx, c bot.Call, h *Hour) (*Visit, *Said, error) {
	gone := bot.Sayf(bot.Missing, "That message is not there any more.")
	id := c.Args.Get("line")
	var v Visit
	if waits, err := tx.Get(ctx, visitKey(id), &v); err != nil {
		return nil, nil, err
	} else if waits {
		if v.Who != c.From || v.Hour != h.ID {
			return nil, nil, gone
		}
		return &v, nil, nil
	}
	s, err := saidAt(ctx, tx, saidKey(h.ID, bot.MessageID(bot.Web+":"+id)))
	if err != nil {
		return nil, nil, err
	}
	if s == nil || s.Who != c.From {
		return nil, nil, gone
	}
	return nil, s, nil
}

// runRevise gives a visitor's message other words. Where a host looks at
// everything first, they look at these too, and until then the earlier ones stand.
func (f *Feature) runRevise(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourVisited(ctx, tx, c, false)
	if err != nil {
		return bot.Reply{}, err
	}
	v, s, err := written(ctx, tx, c, &h)
	switch {
	case err != nil:
		return bot.Reply{}, err
	case h.State != Open:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is over. What you wrote can be withdrawn, but not changed.", bot.Plain(h.Name()))
	}
	words := typed(c.Args.Get("words"))
	if words == "" {
		return bot.Reply{}, noWords
	}
	if v != nil {
		tx.Delete(v.Key())
		v.ID, v.Text = newLine(), words
		tx.Create(v)
		return bot.Answer("Saved. A host looks at it first."), nil
	}
	p, _, err := f.counts(ctx, tx, h.ID, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	if h.LetThrough && p.Admitted {
		return bot.Answer("Changed, here and in the rooms."), f.reword(ctx, tx, s, bot.Inbound{Kind: bot.Edited, Text: words})
	}
	change := Visit{Hour: h.ID, Who: c.From, Name: s.Visitor, Organisation: s.Organisation, Text: words, At: tx.Now(), Of: s.ID}
	return bot.Answer("Saved. A host looks at it first; until then the earlier words stand."), f.hold(ctx, tx, &change)
}

// runWithdraw takes back one message of a visitor, or forgets them altogether.
func (f *Feature) runWithdraw(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourVisited(ctx, tx, c, false)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.Args.Get("line") == "" {
		return bot.Answer("Everything that you wrote is being taken back. It takes a moment."), tx.Erase(ctx, c.From, bot.ErasedSelf)
	}
	v, s, err := written(ctx, tx, c, &h)
	if err != nil {
		return bot.Reply{}, err
	}
	if v != nil {
		tx.Delete(v.Key())
		tx.Promise(sheetAlarm, h.ID, tx.Now())
		return bot.Answer("Taken back."), nil
	}
	waiting, err := bot.Find[Visit](ctx, tx, visitsOf(h.ID, c.From))
	if err != nil {
		return bot.Reply{}, err
	}
	for _, change := range waiting {
		if change.Of == s.ID {
			tx.Delete(change.Key())
		}
	}
	if err := f.unsay(ctx, tx, s); err != nil {
		return bot.Reply{}, err
	}
	f.note(tx, &h, entry{What: wasDeleted, Message: s.ID})
	if err := f.dropPart(ctx, tx, h.ID, c.From); err != nil {
		return bot.Reply{}, err
	}
	return bot.Answer("Taken back, here and in the rooms."), f.afterwards(ctx, tx, &h, s)
}

// unsay leaves of a message that it was there, so that a platform which tells of
// it again does not bring it back: not its words, and not who said them.
func (f *Feature) unsay(ctx context.Context, tx *bot.Tx, s *Said) error {
	if err := f.recount(ctx, tx, s, func() {
		s.Deleted, s.Text, s.Edited, s.Reacted = true, "", false, nil
	}); err != nil {
		return err
	}
	s.Who, s.Visitor, s.Organisation = "", "", ""
	tx.Put(s)
	reports, err := bot.Find[Report](ctx, tx, "reports:"+s.Hour+":"+string(s.ID))
	if err != nil {
		return err
	}
	for _, r := range reports { // they quote it, and name its author
		r.drop(tx)
	}
	return nil
}

// dropVisits deletes what no host looked at in time: nobody can show it any more.
func (f *Feature) dropVisits(ctx context.Context, tx *bot.Tx, h *Hour) error {
	waiting, err := tx.Records(ctx, "visits:"+h.ID, "", mostWaiting)
	for _, rec := range waiting {
		tx.Delete(rec.Key)
	}
	return err
}

// dropPart forgets a visitor of whom nothing stands in the hour any more.
func (f *Feature) dropPart(ctx context.Context, tx *bot.Tx, hour string, u bot.UserID) error {
	p := part{Hour: hour, Who: u}
	there, err := tx.Get(ctx, p.Key(), &p)
	if err == nil && there && len(p.Said) == 0 {
		tx.Delete(p.Key())
	}
	return err
}

// signed is the name that a visitor gave with a message.
func (s *Said) signed() string { return signed(s.Visitor, s.Organisation) }
