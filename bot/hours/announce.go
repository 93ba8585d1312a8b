package hours

import (
	"context"
	"fmt"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// announcement is the post that says that there will be an hour, and later what
// became of it. It is made from the hour alone, so showing it again after any
// change is enough.
func (f *Feature) announcement(tx *bot.Tx, h *Hour) bot.Post {
	lines := []string{h.heading() + " — " + h.times()}
	switch {
	case h.State == Cancelled:
		lines[0] = "**Cancelled:** " + lines[0]
		if h.Reason != "" {
			lines = append(lines, bot.Quote(h.Reason))
		}
		return bot.Post{Text: paragraph(lines)}
	case h.Missed:
		lines[0] = "**Not held:** " + lines[0]
		return bot.Post{Text: paragraph(append(lines, "I was not there to open it. The organisers know, and will say what comes next."))}
	case !h.WasStart.IsZero() && h.State == Scheduled:
		lines = append(lines, "Moved from "+when.Format(h.WasStart, h.Location())+".")
	}
	if about := strings.TrimSpace(h.hostedBy() + " " + bot.Quote(h.About)); about != "" {
		lines = append(lines, about)
	}

	place := "In " + named(h.Rooms) + "."
	if h.hasPage(tx) {
		place += " Anyone can follow and ask on the web: <" + tx.URL(h.Path()) + ">"
	}
	lines = append(lines, place)
	if h.State == Open {
		lines = append(lines, "It is open now, until "+h.clock(h.End())+".")
	}

	p := bot.Post{}
	switch {
	case h.State == Closed:
		lines = append(lines, "It is over. Thank you to everybody who took part.")
	case h.hasPage(tx):
		lines = append(lines, choicesLead)
		p.Buttons = choices()
	}
	if h.State == Scheduled {
		p.Buttons = append(p.Buttons, bot.Button{Label: "Remind me", Command: "datahour remind " + h.ID})
		if len(h.withoutSheet()) > 0 {
			p.Buttons = append(p.Buttons, bot.Button{Label: "Run sheet (hosts)", Command: "datahour sheet " + h.ID})
		}
	}
	p.Text = paragraph(lines)
	return p
}

// hostedBy names the hosts, if there are any left.
func (h *Hour) hostedBy() string {
	if len(h.Hosts) == 0 {
		return ""
	}
	return "Hosted by " + bot.Listed(bot.Mentions(h.Hosts)) + "."
}

// paragraph puts lines under one another: CommonMark's hard line breaks.
func paragraph(lines []string) string { return strings.Join(lines, "  \n") }

// announced tells whether the hour has announcements to keep right. One that
// was begun here and now has its opening instead.
func (h *Hour) announced() bool { return !h.AtOnce }

// announce makes the announcement stand, as it is now, in every room.
func (f *Feature) announce(tx *bot.Tx, h *Hour) {
	if !h.announced() {
		return
	}
	for _, room := range h.Rooms {
		tx.Show(h.notice(room, "announcement", f.announcement(tx, h)))
	}
}

// showReminder makes the one line under the announcement say something new.
func (f *Feature) showReminder(tx *bot.Tx, h *Hour, text string) {
	for _, room := range h.Rooms {
		n := h.notice(room, "reminder", bot.Say(text))
		n.Under = h.noticeKey("announcement")
		tx.Show(n)
	}
}

// remind keeps the promise of the next reminder, and makes that of the one after
// it. One that comes so late that half of its distance is gone is left out: the
// next says it better.
func (f *Feature) remind(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	var h Hour
	if there, err := tx.Get(ctx, hourKey(a.About()), &h); err != nil || !there {
		return err
	}
	at, ok := h.nextReminder()
	if h.State != Scheduled || !ok || at.After(tx.Now()) {
		return nil
	}
	h.passReminders(tx.Now()) // several may have come due while the bot was off
	before, left := h.Reminded, h.Start.Sub(tx.Now())
	if left > before/2 {
		f.showReminder(tx, &h, f.reminder(tx, &h, left))
		if before == reminders[len(reminders)-1] {
			if err := f.remindPeople(ctx, tx, &h, left); err != nil {
				return err
			}
		}
	}
	f.keep(tx, &h)
	return nil
}

// reminder is the line for so long before the start.
func (f *Feature) reminder(tx *bot.Tx, h *Hour, left time.Duration) string {
	text := sentence(when.Length(left)) + " until " + h.emphasised() + ", " + h.clock(h.Start) + ", in " + named(h.Rooms) + "."
	if h.hasPage(tx) {
		text += " On the web: <" + tx.URL(h.Path()) + ">"
	}
	if planned := h.Planned(); left <= time.Hour && len(planned) > 0 {
		text += " First question: " + bot.Plain(planned[0].Text)
	}
	return text
}

// reminding is who wants a direct message ten minutes before an hour.
type reminding struct {
	Hour string       `json:"hour"`
	Who  []bot.UserID `json:"who"`
	Told string       `json:"told,omitempty"` // the direct message that they have now, by its notice; "": none yet
}

func (r *reminding) Key() string         { return "remind/" + r.Hour }
func (r *reminding) Kind() (string, int) { return "remind", 1 }
func (r *reminding) Index() []string {
	idx := make([]string, 0, len(r.Who))
	for _, u := range r.Who {
		idx = append(idx, "reminded:"+string(u))
	}
	return idx
}

// remindPeople sends the direct messages that people asked for.
func (f *Feature) remindPeople(ctx context.Context, tx *bot.Tx, h *Hour, left time.Duration) error {
	text := sentence(when.Length(left)) + " until " + h.emphasised() + " in " + named(h.Rooms) + ", as you asked."
	if h.hasPage(tx) {
		text += " On the web: <" + tx.URL(h.Path()) + ">"
	}
	return f.tellReminded(ctx, tx, h, "begins", text)
}

// tellReminded tells those who asked for a reminder that the hour begins, moved or
// is cancelled. Each is a message of its own, in place of the one before: platforms
// alert nobody to an edit. Who asked for it is outside the cap of unasked
// messages; snoozing and stopping still hold.
func (f *Feature) tellReminded(ctx context.Context, tx *bot.Tx, h *Hour, what, text string) error {
	want := reminding{Hour: h.ID}
	if there, err := tx.Get(ctx, want.Key(), &want); err != nil || !there {
		return err
	}
	before := want.Told
	want.Told = fmt.Sprintf("remind/%s/%d", what, h.Start.Unix())
	for _, u := range want.Who {
		if before != "" && before != want.Told {
			tx.Retract(u.Direct(), h.noticeKey(before))
		}
		p, err := tx.Person(ctx, u)
		if err != nil {
			return err
		}
		if p.Stopped || tx.Now().Before(p.Snoozed) {
			continue
		}
		tx.Show(h.notice(u.Direct(), want.Told, bot.Say(text)))
	}
	tx.Put(&want)
	return nil
}
