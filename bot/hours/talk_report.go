package hours

import (
	"context"
	"slices"
	"strings"

	"datahour/bot"
)

// mostReports is how many reports of one person about one hour wait at most.
const mostReports = 5

// runReport tells hosts and organisers in private that something is not right:
// about the message in whose thread it is said, or in words.
func (f *Feature) runReport(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	s, err := f.messageMeant(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	words := strings.TrimSpace(c.Args.Get("words"))
	if s == nil && words == "" {
		if c.Form == nil {
			return tx.FormFor(c.Row.Name, c.Args), nil
		}
		return bot.Reply{}, bot.Wrong("words", "Say in a few words what is not right.")
	}
	h, err := f.hourReported(ctx, tx, c, s)
	if err != nil {
		return bot.Reply{}, err
	}
	r := Report{ID: bot.ShortID() + bot.ShortID(), Hour: h.ID, By: c.From, Text: words, At: tx.Now()}
	if s != nil {
		r.Said = s.ID
	}
	mine, err := bot.Find[Report](ctx, tx, "reported:"+string(c.From))
	if err != nil {
		return bot.Reply{}, err
	}
	mine = slices.DeleteFunc(mine, func(r Report) bool { return r.Hour != h.ID || r.Done })
	if len(mine) >= mostReports {
		return bot.Reply{}, bot.Sayf(bot.Taken, "You have %d reports waiting. The hosts have them, and will look.", len(mine))
	}
	to, err := f.reportedTo(ctx, tx, &h, s, c.From)
	if err != nil {
		return bot.Reply{}, err
	}
	post, err := f.reportPost(ctx, tx, &h, &r, s)
	if err != nil {
		return bot.Reply{}, err
	}
	r.To = to
	tx.Create(&r)
	r.show(tx, post)
	if h.State == Open {
		tx.Promise(sheetAlarm, h.ID, tx.Now())
	}
	return bot.Answer("Thank you. This went to %s, in private. Nobody else sees it.", bot.Listed(bot.Mentions(to))), nil
}

// show tells those who are told of a report.
func (r *Report) show(tx *bot.Tx, post bot.Post) {
	for _, u := range r.To {
		tx.Show(bot.Notice{Room: u.Direct(), Key: r.noticeKey(), Post: post})
	}
}

// drop deletes a report, and takes back what was told of it.
func (r *Report) drop(tx *bot.Tx) {
	for _, u := range r.To {
		tx.Retract(u.Direct(), r.noticeKey())
	}
	tx.Delete(r.Key())
}

func (r *Report) noticeKey() bot.Key { return bot.Key("report/" + r.ID) }

// hourReported is the hour that a report is about: that of the message, the one
// that is or was last held in the room, or the one that is meant otherwise.
func (f *Feature) hourReported(ctx context.Context, tx *bot.Tx, c bot.Call, s *Said) (Hour, error) {
	if s != nil {
		return hourByID(ctx, tx, s.Hour)
	}
	var now live
	if there, err := tx.Get(ctx, liveKey(c.Room), &now); err != nil {
		return Hour{}, err
	} else if !there {
		var last lately
		if was, err := tx.Get(ctx, (&lately{Room: c.Room}).Key(), &last); err != nil {
			return Hour{}, err
		} else if was {
			return hourByID(ctx, tx, last.Hour)
		}
	}
	return f.hourMeant(ctx, tx, c)
}

// reportedTo are the hosts, and the organisers of the platforms of whoever
// reports and of whoever is reported; never the latter themselves.
func (f *Feature) reportedTo(ctx context.Context, tx *bot.Tx, h *Hour, s *Said, by bot.UserID) ([]bot.UserID, error) {
	platforms := []string{by.Platform()}
	if s != nil && s.Room.Platform() != by.Platform() {
		platforms = append(platforms, s.Room.Platform())
	}
	people := slices.Clone(h.Hosts)
	for _, platform := range platforms {
		organisers, err := tx.Organisers(ctx, platform)
		if err != nil {
			return nil, err
		}
		people = append(people, organisers...)
	}
	var to []bot.UserID
	for _, u := range people {
		if !slices.Contains(to, u) && (s == nil || u != s.Who) {
			to = append(to, u)
		}
	}
	return to, nil
}

func (f *Feature) reportPost(ctx context.Context, tx *bot.Tx, h *Hour, r *Report, s *Said) (bot.Post, error) {
	lines := []string{bot.Mention(r.By) + " reports something in " + h.emphasised() + "."}
	if r.Text != "" {
		lines = append(lines, quoted(bot.Quote(r.Text)))
	}
	p := bot.Post{Title: "A report"}
	if s != nil {
		words, err := newCrowd(tx, h).words(ctx, s.Text)
		if err != nil {
			return p, err
		}
		who := bot.Mention(s.Who)
		if s.Visitor != "" {
			who = bot.Plain(s.signed()) + " (web)"
		}
		lines = append(lines, "It is about what "+who+" said in "+f.roomWords(s)+":", quoted(bot.Quote(bot.ClipTo(words, 500))))
		p.Buttons = []bot.Button{
			{Label: "Hide it", Command: "datahour hide " + s.Line, Style: bot.Danger},
			{Label: "Mute them", Command: "datahour mute " + string(s.Who) + " hour=" + h.ID, Confirm: "Leave out all that they say in this hour?"},
		}
	}
	p.Buttons = append(p.Buttons, bot.Button{Label: "Dealt with", Command: "datahour looked " + r.ID})
	p.Text = strings.Join(lines, "\n\n")
	return p, nil
}

func (f *Feature) roomWords(s *Said) string {
	if s.Room.Platform() == bot.Web {
		return "the public page"
	}
	return bot.InRoom(s.Room)
}

// reportsDone closes the reports about a message that was hidden.
func (f *Feature) reportsDone(ctx context.Context, tx *bot.Tx, h *Hour, s *Said) error {
	reports, err := bot.Find[Report](ctx, tx, "reports:"+h.ID+":"+string(s.ID))
	if err != nil {
		return err
	}
	for _, r := range reports {
		r.Done = true
		tx.Put(&r)
	}
	if len(reports) > 0 && h.State == Open {
		tx.Promise(sheetAlarm, h.ID, tx.Now())
	}
	return nil
}

func (f *Feature) runLooked(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	var r Report
	if err := tx.Need(ctx, reportKey(c.Args.Get("report")), &r, "That report is not there any more."); err != nil {
		return bot.Reply{}, err
	}
	h, err := hourByID(ctx, tx, r.Hour)
	if err != nil {
		return bot.Reply{}, err
	}
	if err := f.mayRun(ctx, tx, c, &h, "deal with reports in"); err != nil {
		return bot.Reply{}, err
	}
	r.Done = true
	tx.Put(&r)
	if h.State == Open {
		tx.Promise(sheetAlarm, h.ID, tx.Now())
	}
	return bot.Answer("Noted: that report is dealt with."), nil
}
