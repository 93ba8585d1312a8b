package hours

import (
	"time"
)

const (
	// introductions and the time after the last question are this long, or a
	// sixth of the hour when that is less.
	breathing = 5 * time.Minute
	// settling is how long after the close edits are still carried.
	settling = 10 * time.Minute
	// wholeMinutes is the length from which questions come on whole minutes.
	wholeMinutes = 20 * time.Minute
)

// finest is the precision of stored times. What alarms are set for is never
// finer: one that a store rounds down would ring before its moment has come.
const finest = time.Microsecond

// reminders are sent so long before the start.
var reminders = [...]time.Duration{24 * time.Hour, time.Hour, 10 * time.Minute}

// breath is the time for introductions, and that between the last question's end
// and the close.
func (h *Hour) breath() time.Duration { return min(breathing, h.Length/6) }

// warnAt is when the room is told that the hour closes soon.
func (h *Hour) warnAt() time.Time { return h.End().Add(-h.breath()) }

// nextQuestion is when the next planned question comes by itself, if one does.
//
// The rule: introductions come first (five minutes), the last question ends five
// minutes before the close, and the questions share what lies between equally.
// It is worked out anew from what was asked and what waits whenever either
// changes, so a question that was asked early, added or skipped, and an hour that
// was extended or opened late, move all the others to their right minute.
func (h *Hour) nextQuestion() (at time.Time, ok bool) {
	waiting := len(h.Planned())
	if !h.Automatic || h.State != Open || waiting == 0 {
		return time.Time{}, false
	}
	last := h.warnAt()
	asked := h.Asked()
	if len(asked) == 0 {
		begin := h.Start
		if h.Opened.After(begin) {
			begin = h.Opened
		}
		if at = begin.Add(h.breath()); at.After(last) {
			at = begin // too late for introductions
		}
		return at, !at.After(last)
	}
	now := asked[len(asked)-1].Asked
	if !now.Before(last) {
		return time.Time{}, false
	}
	at = now.Add(last.Sub(now) / time.Duration(waiting+1)).Truncate(finest)
	if whole := at.Round(time.Minute); h.Length >= wholeMinutes && whole.After(now) && !whole.After(last) {
		at = whole
	}
	return at, true
}

// nextReminder is when the next reminder is due. It goes by what was dealt with,
// not by the time, so that one which is due this instant is not forgotten.
func (h *Hour) nextReminder() (at time.Time, ok bool) {
	for _, before := range reminders {
		if h.Reminded == 0 || before < h.Reminded {
			return h.Start.Add(-before), true
		}
	}
	return time.Time{}, false
}

// passReminders marks the reminders whose time has passed as dealt with: they
// are not sent.
func (h *Hour) passReminders(now time.Time) {
	h.Reminded = 0
	for _, before := range reminders {
		if !h.Start.Add(-before).After(now) {
			h.Reminded = before
		}
	}
}

// The promises of an hour: kinds of alarms, each about its id.
const (
	reminderAlarm = "hour.reminder"
	openAlarm     = "hour.open"
	questionAlarm = "hour.question"
	warningAlarm  = "hour.warning"
	closeAlarm    = "hour.close"
	sheetAlarm    = "hour.sheet"
	settleAlarm   = "hour.settle"
	forgetAlarm   = "hour.forget"
)

var hourAlarms = [...]string{reminderAlarm, openAlarm, questionAlarm, warningAlarm, closeAlarm, sheetAlarm, settleAlarm, forgetAlarm}

// promises are all that is to happen to the hour from now on by itself. Whoever
// changes an hour sets its alarms from this and cancels all others, so that no
// change can forget one.
func (h *Hour) promises(now time.Time) map[string]time.Time {
	due := map[string]time.Time{}
	switch h.State {
	case Scheduled:
		if h.Missed {
			break
		}
		due[openAlarm] = h.Start
		if at, ok := h.nextReminder(); ok && !h.Rehearsal {
			due[reminderAlarm] = at
		}
	case Open:
		due[closeAlarm] = h.End()
		due[sheetAlarm] = now.Truncate(time.Minute).Add(time.Minute)
		if !h.Warned.Equal(h.End()) {
			due[warningAlarm] = h.warnAt()
		}
		if at, ok := h.nextQuestion(); ok {
			due[questionAlarm] = at
		}
	case Closed:
		if !h.Settled {
			due[settleAlarm] = h.Ended.Add(settling)
		}
		if h.KeepDays > 0 && !h.Forgotten && !h.Rehearsal {
			due[forgetAlarm] = h.Ended.AddDate(0, 0, h.KeepDays)
		}
	}
	return due
}
