package hours

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
)

// Visit is what a visitor wrote on the public page. It waits for a host, and
// then is said in the hour, or not at all.
type Visit struct {
	ID   string     `json:"id"`
	Hour string     `json:"hour"`
	Who  bot.UserID `json:"who"`
	Name string     `json:"name"` // as given
	Text string     `json:"text"`
	At   time.Time  `json:"at"`
}

func visitKey(id string) string { return "visit/" + id }

func (v *Visit) Key() string         { return visitKey(v.ID) }
func (v *Visit) Kind() (string, int) { return "visit", 1 }
func (v *Visit) Index() []string {
	idx := []string{"visits:" + v.Hour, "visits:" + v.Hour + ":" + string(v.Who), "visiting:" + string(v.Who)}
	for _, u := range mentioned(v.Name + " " + v.Text) {
		idx = append(idx, "visiting:"+string(u))
	}
	return idx
}

const (
	mostVisits  = 3   // of one visitor, waiting
	mostWaiting = 100 // in one hour
	lookAt      = 5   // shown at once to a host
)

// runVisit holds a visitor's message for a host.
func (f *Feature) runVisit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	if c.From.Platform() != bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "This is for the public page. Here, say it in the room.")
	}
	h, err := hourByID(ctx, tx, c.Args.Get("hour"))
	if err != nil {
		return bot.Reply{}, err
	}
	switch {
	case !hasPage(&h):
		return bot.Reply{}, bot.Sayf(bot.Missing, "That hour has no public page.")
	case h.State != Open:
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is not open now.", bot.Plain(h.Name()))
	}
	mine, err := bot.Find[Visit](ctx, tx, "visits:"+h.ID+":"+string(c.From))
	if err != nil {
		return bot.Reply{}, err
	}
	all, err := tx.Records(ctx, "visits:"+h.ID, "", mostWaiting)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(mine) >= mostVisits || len(all) >= mostWaiting {
		return bot.Reply{}, bot.Sayf(bot.Taken, "The hosts have several messages to look at. Please try again in a few minutes.")
	}
	// What looks like one of our tokens is somebody's typing.
	typed := strings.NewReplacer("<!", "< !")
	v := Visit{ID: bot.ShortID() + bot.ShortID(), Hour: h.ID, Who: c.From, At: tx.Now(),
		Name: tidied(typed.Replace(c.Args.Get("name"))), Text: strings.TrimSpace(typed.Replace(c.Args.Get("words")))}
	tx.Create(&v)
	tx.Promise(sheetAlarm, h.ID, tx.Now())
	return bot.Answer("Thank you, saved. A host looks at it first; then it stands here and in the rooms, as %s (web).", bot.Plain(v.Name)), nil
}

func (f *Feature) runAdmit(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	v, h, err := f.visitMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if h.State != Open {
		return bot.Reply{}, bot.Sayf(bot.Late, "%s is not open any more.", h.emphasised())
	}
	s := &Said{Hour: h.ID, ID: bot.MessageID(bot.Web + ":" + v.ID), Room: bot.RoomID(bot.Web + ":" + h.ID), Who: v.Who, Visitor: v.Name, At: tx.Now(), Text: v.Text}
	if err := f.place(ctx, tx, &h, s, ""); err != nil {
		return bot.Reply{}, err
	}
	if err := f.record(ctx, tx, &h, s); err != nil {
		return bot.Reply{}, err
	}
	return f.visitDone(ctx, tx, c, &v, &h, "Shown, as **"+bot.Plain(v.Name)+"** (web).")
}

func (f *Feature) runRefuse(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	v, h, err := f.visitMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	return f.visitDone(ctx, tx, c, &v, &h, "Not shown, and deleted.")
}

func (f *Feature) visitMeant(ctx context.Context, tx *bot.Tx, c bot.Call) (Visit, Hour, error) {
	var v Visit
	if err := tx.Need(ctx, visitKey(c.Args.Get("message")), &v, "Somebody dealt with that message already."); err != nil {
		return v, Hour{}, err
	}
	h, err := hourByID(ctx, tx, v.Hour)
	if err == nil {
		err = f.mayRun(ctx, tx, c, &h, "show visitors' messages in")
	}
	return v, h, err
}

// visitDone takes a message off those that wait, and shows the next ones.
func (f *Feature) visitDone(ctx context.Context, tx *bot.Tx, c bot.Call, v *Visit, h *Hour, words string) (bot.Reply, error) {
	tx.Delete(v.Key())
	if h.State == Open {
		tx.Promise(sheetAlarm, h.ID, tx.Now())
	}
	p, err := f.waiting(ctx, tx, h, v.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	p.Text = words + "\n\n" + p.Text
	return bot.Reply{Post: &p, Replace: c.Pressed}, nil
}

func (f *Feature) runWaiting(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	h, err := f.hourMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "look at what waits in"); err != nil {
		return bot.Reply{}, err
	}
	p, err := f.waiting(ctx, tx, &h, "")
	return bot.Reply{Post: &p}, err
}

// waiting shows what waits for a host, oldest first, besides one that was just
// dealt with.
func (f *Feature) waiting(ctx context.Context, tx *bot.Tx, h *Hour, done string) (bot.Post, error) {
	visits, reports, err := waitingIn(ctx, tx, h)
	if err != nil {
		return bot.Post{}, err
	}
	visits = slices.DeleteFunc(visits, func(v Visit) bool { return v.ID == done })
	var p bot.Post
	var lines []string
	for i, v := range visits[:min(lookAt, len(visits))] {
		n := fmt.Sprint(i + 1)
		lines = append(lines, n+"\\. **"+bot.Plain(v.Name)+"** (web): "+bot.Quote(bot.ClipTo(v.Text, 500)))
		p.Buttons = append(p.Buttons,
			bot.Button{Label: "Show " + n, Command: "datahour admit " + v.ID},
			bot.Button{Label: "Refuse " + n, Command: "datahour refuse " + v.ID})
	}
	if more := len(visits) - lookAt; more > 0 {
		lines = append(lines, counted(more, "more message", "more messages")+" after these.")
	}
	for i, r := range reports[:min(lookAt, len(reports))] {
		line := "A report by " + bot.Mention(r.By)
		if r.Text != "" {
			line += ": " + bot.Quote(bot.ClipTo(r.Text, 300))
		}
		lines = append(lines, line)
		if r.Said != "" {
			s, err := saidByID(ctx, tx, r.Said)
			if err != nil {
				return p, err
			}
			if s != nil && !s.Deleted {
				words, err := newCrowd(tx, h).words(ctx, s.Text)
				if err != nil {
					return p, err
				}
				lines = append(lines, quoted(bot.Quote(bot.ClipTo(words, 300))))
				p.Buttons = append(p.Buttons, bot.Button{Label: fmt.Sprintf("Hide (report %d)", i+1), Command: "datahour hide " + s.Line, Style: bot.Danger})
			}
		}
		p.Buttons = append(p.Buttons, bot.Button{Label: fmt.Sprintf("Dealt with (report %d)", i+1), Command: "datahour looked " + r.ID})
	}
	if len(lines) == 0 {
		lines = append(lines, "Nothing waits.")
	}
	p.Text = strings.Join(lines, "\n\n")
	return p, nil
}

func waitingIn(ctx context.Context, r bot.Reader, h *Hour) ([]Visit, []Report, error) {
	visits, err := bot.Find[Visit](ctx, r, "visits:"+h.ID)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(visits, func(a, b Visit) int { return a.At.Compare(b.At) })
	reports, err := bot.Find[Report](ctx, r, "reports:"+h.ID)
	reports = slices.DeleteFunc(reports, func(r Report) bool { return r.Done })
	slices.SortFunc(reports, func(a, b Report) int { return a.At.Compare(b.At) })
	return visits, reports, err
}

// talkWaiting tells, for the run sheet, what else waits for a host ("1 visitor's
// message", "2 reports"), and the button to look at it. It reads lists only, so
// that a run sheet never conflicts with what is being said.
func (f *Feature) talkWaiting(ctx context.Context, tx *bot.Tx, h *Hour) (words []string, look []bot.Button, err error) {
	visits, reports, err := waitingIn(ctx, tx, h)
	if err != nil {
		return nil, nil, err
	}
	words = []string{counted(len(visits), "visitor's message", "visitors' messages"), counted(len(reports), "report", "reports")}
	if len(visits)+len(reports) > 0 {
		look = []bot.Button{{Label: "Look", Command: "datahour waiting hour=" + h.ID}}
	}
	return words, look, nil
}
