package events

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/when"
)

// usualReminders are sent so long before the start, longest first.
var usualReminders = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour}

const (
	listBefore    = 24 * time.Hour // when hosts get the list of who comes
	mostReminders = 5
)

// readReminders reads when reminders are sent: "1 week, 1 day, 1 hour", or "none".
func readReminders(args bot.Args) ([]time.Duration, error) {
	typed := strings.TrimSpace(args.Get("reminders"))
	switch {
	case typed == "":
		return usualReminders, nil
	case strings.EqualFold(typed, "none"):
		return nil, nil
	}
	var all []time.Duration
	for part := range strings.SplitSeq(typed, ",") {
		d, err := when.ParseLength(strings.TrimSpace(part))
		if err != nil {
			return nil, saidOfTime("reminders", err)
		}
		if d < leastWindow || d > longestAhead {
			return nil, bot.Wrong("reminders", "A reminder comes between %s and %s before; this is %s. Try `1 week, 1 day, 1 hour` or `none`.", when.Length(leastWindow), when.Length(longestAhead), when.Length(d))
		}
		all = append(all, d)
	}
	slices.Sort(all)
	slices.Reverse(all)
	if all = slices.Compact(all); len(all) > mostReminders {
		return nil, bot.Wrong("reminders", "Up to %d reminders; this has %d. Try `1 week, 1 day, 1 hour`.", mostReminders, len(all))
	}
	return all, nil
}

func remindersInWords(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	var words []string
	for _, d := range all {
		words = append(words, when.Length(d))
	}
	return strings.Join(words, ", ")
}

// nextReminder is when the next reminder is due. It goes by what was dealt with,
// not by the time, so that one which is due this instant is not forgotten.
func (e *Event) nextReminder() (at time.Time, ok bool) {
	for _, before := range e.Reminders {
		if e.Reminded == 0 || before < e.Reminded {
			return e.Start.Add(-before), true
		}
	}
	return time.Time{}, false
}

// passed marks what would have come by now as dealt with: it is not sent.
func (e *Event) passed(now time.Time) {
	e.Reminded = 0
	for _, before := range e.Reminders {
		if !e.Start.Add(-before).After(now) {
			e.Reminded = before
		}
	}
	e.Listed = !e.Start.Add(-listBefore).After(now)
}

// remind keeps the promise of the next reminder. One that comes so late that half
// of its distance is gone is left out, since the next says it better; when there is
// no next one, because the event has begun, the hosts are told.
func (f *Feature) remind(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, s, err := f.loaded(ctx, tx, a)
	if err != nil || e == nil {
		return err
	}
	if at, ok := e.nextReminder(); !ok || at.After(tx.Now()) {
		return nil
	}
	listed := e.Listed
	e.passed(tx.Now()) // several may have come due while the bot was off
	e.Listed = listed
	left := e.Start.Sub(tx.Now())
	switch {
	case left <= 0:
		text := tx.LateBecause(a, e.clock) + " and did not send the last reminder of " + e.inFull() + ": it would have come after the start."
		if err := f.tellHosts(ctx, tx, e, "missed", bot.Say(text)); err != nil {
			return err
		}
	case left > e.Reminded/2:
		text := sentence(when.Length(left)) + " until " + e.emphasised() + ", " + when.Format(e.Start, e.Location()) + ", " + e.place() + "."
		f.remark(tx, e, text+" "+e.numbers(s, tx.Now()))
		if err := f.remindPeople(ctx, tx, e, s, text); err != nil {
			return err
		}
	}
	f.keep(tx, e, s)
	return nil
}

// remindPeople sends the direct messages that people asked for. Each is a message
// of its own: platforms alert nobody to an edit. Who asked for it is outside the
// cap of unasked messages; snoozing and stopping still hold.
func (f *Feature) remindPeople(ctx context.Context, tx *bot.Tx, e *Event, s *Seats, text string) error {
	c := e.capacity(tx.Now())
	for _, x := range s.All {
		if !x.Remind || !slices.Contains(tx.Platforms(), x.Who.Platform()) {
			continue
		}
		p, err := tx.Person(ctx, x.Who)
		if err != nil {
			return err
		}
		if p.Stopped || tx.Now().Before(p.Snoozed) {
			continue
		}
		reply := f.said(tx, e, s, c, x)
		reply.Post.Text = text + "\n\n" + reply.Post.Text
		tx.Show(bot.Notice{Room: x.Who.Direct(), Key: e.noticeKey(fmt.Sprintf("remind/%d/%d", e.Start.Unix(), e.Reminded/time.Minute)), Post: *reply.Post})
	}
	return nil
}

// runRemind notes that somebody wants the reminders in direct messages; pressing
// again takes it back.
func (f *Feature) runRemind(ctx context.Context, tx *bot.Tx, c bot.Call) (bot.Reply, error) {
	e, s, err := f.answerable(ctx, tx, c)
	if err != nil {
		return bot.Reply{}, err
	}
	if c.From.Platform() == bot.Web {
		return bot.Reply{}, bot.Sayf(bot.Forbidden, "I can send reminders only to people on a connected platform.")
	}
	i := s.own(c.From)
	if i < 0 {
		return bot.Reply{}, bot.Sayf(bot.Invalid, "Say first that you are going: %s.", tx.Command("event rsvp "+e.ID+" "+going))
	}
	at, ok := e.nextReminder()
	if !ok {
		return bot.Reply{}, bot.Sayf(bot.Late, "No reminder of %s is left to come.", e.inFull())
	}
	s.All[i].Remind = !s.All[i].Remind
	tx.Put(&s)
	if !s.All[i].Remind {
		return bot.Answer("I will not remind you of %s.", e.inFull()), nil
	}
	return bot.Answer("Saved: I will remind you of %s in our direct messages, first on %s. Press again to take it back.", e.inFull(), when.Format(at, c.Person.Location(e.Location()))), nil
}

// list gives the hosts the list of who comes, the day before, and makes it right
// again after every change until the start: see promise.
func (f *Feature) list(ctx context.Context, tx *bot.Tx, a bot.Alarm) error {
	e, s, err := f.loaded(ctx, tx, a)
	if err != nil || e == nil || e.Start.Add(-listBefore).After(tx.Now()) || !tx.Now().Before(e.Start) {
		return err
	}
	if !e.Listed {
		e.Listed = true
		f.keep(tx, e, s)
		return nil
	}
	post, err := f.guestPost(ctx, tx, e, s)
	if err != nil {
		return err
	}
	for _, u := range e.Lists {
		tx.Show(bot.Notice{Room: u.Direct(), Key: e.noticeKey("guests"), Post: post})
	}
	return nil
}

// tellHosts tells those hosts something who have acted as such; when none has, the
// organisers of its home.
func (f *Feature) tellHosts(ctx context.Context, tx *bot.Tx, e *Event, what string, p bot.Post) error {
	if len(e.Lists) == 0 {
		return tx.TellOrganisers(ctx, e.Rooms[0].Platform(), e.noticeKey(what), p)
	}
	for _, u := range e.Lists {
		tx.Show(bot.Notice{Room: u.Direct(), Key: e.noticeKey(what), Post: p})
	}
	return nil
}

// withoutList are hosts who have not acted as such yet: they get no direct message.
func (e *Event) withoutList() []bot.UserID {
	return slices.DeleteFunc(slices.Clone(e.Hosts), func(u bot.UserID) bool { return slices.Contains(e.Lists, u) })
}
