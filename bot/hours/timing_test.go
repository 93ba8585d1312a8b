package hours

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var midday = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func openHour(length time.Duration, questions int) *Hour {
	h := &Hour{ID: "7k2f", State: Open, Start: midday, Opened: midday, Length: length, Automatic: true, Zone: "Europe/London"}
	for i := range questions {
		h.Questions = append(h.Questions, Question{ID: fmt.Sprintf("q%d", i+1), Text: fmt.Sprintf("Question %d?", i+1)})
	}
	return h
}

// runBy asks every question at its minute and tells when that was.
func runBy(t *testing.T, h *Hour) []time.Time {
	t.Helper()
	var all []time.Time
	for range len(h.Questions) + 1 {
		at, ok := h.nextQuestion()
		if !ok {
			return all
		}
		if _, err := h.ask("", at); err != nil {
			t.Fatal(err)
		}
		all = append(all, at)
	}
	t.Fatal("more questions came than there are")
	return nil
}

func TestQuestionsComeAtTheirMinute(t *testing.T) {
	for name, c := range map[string]struct {
		hour *Hour
		want []string
	}{
		"one hour, two questions":     {openHour(time.Hour, 2), []string{"12:05:00", "12:30:00"}},
		"one hour, four questions":    {openHour(time.Hour, 4), []string{"12:05:00", "12:18:00", "12:30:00", "12:43:00"}},
		"half an hour, one question":  {openHour(30*time.Minute, 1), []string{"12:05:00"}},
		"a rehearsal":                 {openHour(2*time.Minute, 2), []string{"12:00:20", "12:01:00"}},
		"a listening hour":            {openHour(time.Hour, 0), nil},
		"questions asked by the host": {func() *Hour { h := openHour(time.Hour, 3); h.Automatic = false; return h }(), nil},
		"opened 50 minutes late":      {func() *Hour { h := openHour(time.Hour, 2); h.Opened = midday.Add(50 * time.Minute); return h }(), []string{"12:55:00"}},
		"opened 54 minutes late":      {func() *Hour { h := openHour(time.Hour, 1); h.Opened = midday.Add(54 * time.Minute); return h }(), []string{"12:54:00"}},
		"one put forward by somebody": {func() *Hour { h := openHour(time.Hour, 2); h.Questions[1].By = "north:ada"; return h }(), []string{"12:05:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, at := range runBy(t, c.hour) {
				got = append(got, at.Format(time.TimeOnly))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("questions at %v, want %v", got, c.want)
			}
		})
	}
}

// Whatever the length, the number, the moments at which a host asks one, skips
// one or extends the hour: questions come in order, none before the introductions
// are over, none after the last has time to be answered, and none is lost.
func TestQuestionsAlwaysFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := openHour(time.Duration(rapid.IntRange(5, 720).Draw(t, "minutes"))*time.Minute, rapid.IntRange(1, 20).Draw(t, "questions"))
		h.Opened = h.Start.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "opened late by seconds")) * time.Second)
		before := h.Opened
		first := true
		for {
			at, ok := h.nextQuestion()
			if !ok {
				break
			}
			if at.Before(before) {
				t.Fatalf("a question at %v, after one at %v", at, before)
			}
			if first && at.Before(h.Opened.Add(h.breath())) {
				t.Fatalf("the first at %v, %v after the opening", at, at.Sub(h.Opened))
			}
			if !at.Equal(at.Truncate(finest)) {
				t.Fatalf("a question at %v, finer than stores keep", at)
			}
			if at.After(h.warnAt()) {
				t.Fatalf("a question at %v, with the close at %v", at, h.End())
			}
			switch rapid.SampledFrom([]string{"wait", "wait", "wait", "early", "skip", "extend"}).Draw(t, "what") {
			case "early":
				at = before.Add(at.Sub(before) / 2).Truncate(finest)
			case "skip":
				if _, err := h.skip(""); err != nil {
					t.Fatal(err)
				}
				continue
			case "extend":
				if h.Length < longest-15*time.Minute {
					h.Length += 15 * time.Minute
				}
				continue
			}
			if _, err := h.ask("", at); err != nil {
				t.Fatal(err)
			}
			before, first = at, false
		}
		if n := len(h.Planned()); n > 0 {
			t.Fatalf("%d questions were never asked, of %d in %v", n, len(h.Questions), h.Length)
		}
	})
}

func TestRemindersWhoseTimeHasPassed(t *testing.T) {
	for name, c := range map[string]struct {
		ahead time.Duration
		want  []time.Duration
	}{
		"a week":          {7 * 24 * time.Hour, []time.Duration{24 * time.Hour, time.Hour, 10 * time.Minute}},
		"exactly a day":   {24 * time.Hour, []time.Duration{time.Hour, 10 * time.Minute}},
		"two hours":       {2 * time.Hour, []time.Duration{time.Hour, 10 * time.Minute}},
		"half an hour":    {30 * time.Minute, []time.Duration{10 * time.Minute}},
		"five minutes":    {5 * time.Minute, nil},
		"it begins now":   {0, nil},
		"it began before": {-time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &Hour{State: Scheduled, Start: midday.Add(c.ahead), Length: time.Hour}
			h.passReminders(midday)
			var got []time.Duration
			for {
				at, ok := h.nextReminder()
				if !ok {
					break
				}
				if !at.After(midday) {
					t.Fatalf("a reminder for %v, which has passed", at)
				}
				got = append(got, h.Start.Sub(at))
				h.passReminders(at)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("reminders %v before, want %v", got, c.want)
			}
		})
	}
}

func TestPromises(t *testing.T) {
	hour := openHour(time.Hour, 1)
	scheduled, missed, cancelled, closed := *hour, *hour, *hour, *hour
	scheduled.State = Scheduled
	missed.State, missed.Missed = Scheduled, true
	cancelled.State = Cancelled
	closed.State, closed.Ended, closed.KeepDays = Closed, midday.Add(time.Hour), 30
	settled := closed
	settled.Settled, settled.Forgotten = true, true
	for name, c := range map[string]struct {
		hour Hour
		want map[string]time.Time
	}{
		"scheduled": {scheduled, map[string]time.Time{openAlarm: midday, reminderAlarm: midday.Add(-24 * time.Hour)}},
		"missed":    {missed, map[string]time.Time{}},
		"cancelled": {cancelled, map[string]time.Time{}},
		"open": {*hour, map[string]time.Time{closeAlarm: midday.Add(time.Hour), warningAlarm: midday.Add(55 * time.Minute),
			questionAlarm: midday.Add(5 * time.Minute), sheetAlarm: midday.Add(time.Minute)}},
		"closed":  {closed, map[string]time.Time{settleAlarm: midday.Add(70 * time.Minute), forgetAlarm: midday.Add(time.Hour).AddDate(0, 0, 30)}},
		"settled": {settled, map[string]time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.hour.promises(midday); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("promises %v, want %v", got, c.want)
			}
		})
	}
}
