package when

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func mustLoad(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// friday is when the tables are read: Friday 20 November 2026, twenty to eleven
// in the morning, in London.
func friday(t testing.TB) (time.Time, *time.Location) {
	zone := mustLoad(t, "Europe/London")
	return time.Date(2026, 11, 20, 10, 41, 30, 0, zone), zone
}

// understood lists inputs and what they mean on that Friday, in London.
var understood = []struct{ input, want string }{
	// Weekdays: the next one.
	{"Wed 8pm", "2026-11-25 20:00"},
	{"wed 8PM", "2026-11-25 20:00"},
	{"Wednesday 8pm", "2026-11-25 20:00"},
	{"weds 8pm", "2026-11-25 20:00"},
	{"Weds. 8 p.m.", "2026-11-25 20:00"},
	{"Tues 8pm", "2026-11-24 20:00"},
	{"Thurs, 8pm", "2026-11-26 20:00"},
	{"Thur 8pm", "2026-11-26 20:00"},
	{"on Wednesday at 8pm", "2026-11-25 20:00"},
	{"8pm on Wednesday", "2026-11-25 20:00"},
	{"8pm, Wednesday", "2026-11-25 20:00"},
	{"Wed @ 8pm", "2026-11-25 20:00"},
	{"Wed @8pm", "2026-11-25 20:00"},
	{"this Wednesday 8pm", "2026-11-25 20:00"},
	{"this coming Wednesday 8pm", "2026-11-25 20:00"},
	{"Friday 9am", "2026-11-27 09:00"}, // today's has gone by
	{"Sat 8pm", "2026-11-21 20:00"},
	{"Sun midday", "2026-11-22 12:00"},
	{"next Friday 8pm", "2026-11-27 20:00"},
	{"next Tuesday 8pm", "2026-11-24 20:00"},
	{"Thursday next, 8pm", "2026-11-26 20:00"},
	{"Tuesday week 8pm", "2026-12-01 20:00"},
	{"a week on Tuesday, 8pm", "2026-12-01 20:00"},
	{"8pm a week on Tuesday", "2026-12-01 20:00"},
	{"two weeks on Tuesday 8pm", "2026-12-08 20:00"},
	{"a fortnight on Tuesday 8pm", "2026-12-08 20:00"},
	{"Wednesday next week 8pm", "2026-11-25 20:00"},
	{"next week Wednesday 8pm", "2026-11-25 20:00"},
	{"next week on Wednesday, 8pm", "2026-11-25 20:00"},

	// Days near today.
	{"today 8pm", "2026-11-20 20:00"},
	{"today at noon", "2026-11-20 12:00"},
	{"tomorrow 9am", "2026-11-21 09:00"},
	{"Tomorrow at 9am", "2026-11-21 09:00"},
	{"9am tomorrow", "2026-11-21 09:00"},
	{"tomorrow, Saturday, 8pm", "2026-11-21 20:00"},
	{"the day after tomorrow 9am", "2026-11-22 09:00"},
	{"tonight 8pm", "2026-11-20 20:00"},
	{"tonight 8", "2026-11-20 20:00"},
	{"tonight at 8 o’clock", "2026-11-20 20:00"},
	{"tonight 10:30", "2026-11-20 22:30"},
	{"at eight tonight", "2026-11-20 20:00"},
	{"this evening 7.30", "2026-11-20 19:30"},
	{"this afternoon at 2", "2026-11-20 14:00"},
	{"a week today 8pm", "2026-11-27 20:00"},
	{"today week 8pm", "2026-11-27 20:00"},
	{"a week tomorrow at 9am", "2026-11-28 09:00"},
	{"tomorrow week, 9am", "2026-11-28 09:00"},
	{"two weeks tomorrow at noon", "2026-12-05 12:00"},
	{"2 weeks today 20:00", "2026-12-04 20:00"},

	// Dates with the month's name.
	{"7 Feb 08:30", "2027-02-07 08:30"},
	{"7th Feb 8.30am", "2027-02-07 08:30"},
	{"the 7th of February at 08:30", "2027-02-07 08:30"},
	{"08:30 on the 7th of February", "2027-02-07 08:30"},
	{"Sunday 7 February 08:30", "2027-02-07 08:30"},
	{"Sunday, 7th February 2027, 8:30am", "2027-02-07 08:30"},
	{"Sun 7 Feb 8:30 am", "2027-02-07 08:30"},
	{"7Feb 08:30", "2027-02-07 08:30"},
	{"7-Feb-2027 08:30", "2027-02-07 08:30"},
	{"7-Feb-27 08:30", "2027-02-07 08:30"},
	{"Feb 7 08:30", "2027-02-07 08:30"},
	{"February 7th, 2027 at 8:30am", "2027-02-07 08:30"},
	{"2 Dec 20:00", "2026-12-02 20:00"},
	{"2 Dec, 8pm", "2026-12-02 20:00"},
	{"Weds 2nd Dec 8pm", "2026-12-02 20:00"},
	{"Wed, 2 Dec. 2026 20:00", "2026-12-02 20:00"},
	{"1st Sept 8pm", "2027-09-01 20:00"},
	{"3rd May 9am", "2027-05-03 09:00"},
	{"22nd March 9am", "2027-03-22 09:00"},
	{"20 Nov 8pm", "2026-11-20 20:00"},
	{"19 Oct 8pm", "2027-10-19 20:00"}, // 32 days ago: next year's
	{"29 Feb 2028 8pm", "2028-02-29 20:00"},
	{"31 December 11:59pm", "2026-12-31 23:59"},
	{"1 Jan 00:00", "2027-01-01 00:00"},
	{"Wed 2nd 8pm", "2026-12-02 20:00"},
	{"Monday the 7th at 9am", "2026-12-07 09:00"},
	{"next Friday 27 November 8pm", "2026-11-27 20:00"},

	// Dates in digits: the day first.
	{"7/8 8pm", "2027-08-07 20:00"},
	{"07/08 20:00", "2027-08-07 20:00"},
	{"7/8/27 8pm", "2027-08-07 20:00"},
	{"7/8/2027 8pm", "2027-08-07 20:00"},
	{"Sat 7/8/2027 8pm", "2027-08-07 20:00"},
	{"25/12 noon", "2026-12-25 12:00"},
	{"02-12-2026 20:00", "2026-12-02 20:00"},
	{"2.12.2026 20.00", "2026-12-02 20:00"},
	{"2.12.26 20:00", "2026-12-02 20:00"},
	{"２/１２/２０２６ ２０：００", "2026-12-02 20:00"},

	// ISO 8601.
	{"2026-12-02 20:00", "2026-12-02 20:00"},
	{"2026-12-02T20:00", "2026-12-02 20:00"},
	{"2026-12-02t20:00z", "2026-12-02 20:00"},
	{"2026-12-02T20:00:00Z", "2026-12-02 20:00"},
	{"2026-12-02T20:00:00.000Z", "2026-12-02 20:00"},
	{"2026-12-02T20:00+01:00", "2026-12-02 19:00"},
	{"2026-12-02T20:00:00-05:00", "2026-12-03 01:00"},
	{"20261202T2000Z", "2026-12-02 20:00"},
	{"2026/12/02 20:00", "2026-12-02 20:00"},

	// Times of day.
	{"Wed 20:00", "2026-11-25 20:00"},
	{"Wed 20.00", "2026-11-25 20:00"},
	{"Wed 2000", "2026-11-25 20:00"},
	{"Wed 2000hrs", "2026-11-25 20:00"},
	{"Wed 20:00 hrs", "2026-11-25 20:00"},
	{"Wed 0800", "2026-11-25 08:00"},
	{"Wed 08:00", "2026-11-25 08:00"},
	{"Wed 10:30", "2026-11-25 10:30"},
	{"Wed 12:30", "2026-11-25 12:30"},
	{"Wed 0:30", "2026-11-25 00:30"},
	{"2 Dec 1830", "2026-12-02 18:30"},
	{"2 Dec 2026 2000", "2026-12-02 20:00"},
	{"Wed 8.30pm", "2026-11-25 20:30"},
	{"Wed 8:30 P.M.", "2026-11-25 20:30"},
	{"Wed 08:30 PM", "2026-11-25 20:30"},
	{"Wed 830pm", "2026-11-25 20:30"},
	{"Wed 12pm", "2026-11-25 12:00"},
	{"Wed 12:15am", "2026-11-25 00:15"},
	{"Wed 12 noon", "2026-11-25 12:00"},
	{"noon on Wed", "2026-11-25 12:00"},
	{"Wed midday", "2026-11-25 12:00"},
	{"Wed eight pm", "2026-11-25 20:00"},
	{"Wed eight thirty pm", "2026-11-25 20:30"},
	{"Wed 8 o'clock pm", "2026-11-25 20:00"},
	{"half past 7pm on Wed", "2026-11-25 19:30"},
	{"Wed half seven pm", "2026-11-25 19:30"},
	{"Wed quarter to eight pm", "2026-11-25 19:45"},
	{"Wed a quarter past eight pm", "2026-11-25 20:15"},
	{"Wed ten to 8pm", "2026-11-25 19:50"},
	{"Wed 5 minutes to 8pm", "2026-11-25 19:55"},
	{"Wed twenty-five past nine p.m.", "2026-11-25 21:25"},
	{"Wed quarter to one pm", "2026-11-25 12:45"},
	{"Wed quarter to 1am", "2026-11-25 00:45"},
	{"tomorrow morning at half past nine", "2026-11-21 09:30"},
	{"tomorrow morning at 9", "2026-11-21 09:00"},
	{"9 in the morning tomorrow", "2026-11-21 09:00"},
	{"Wed evening 7.30", "2026-11-25 19:30"},
	{"Wed at 8 in the evening", "2026-11-25 20:00"},
	{"Wed afternoon 12:30", "2026-11-25 12:30"},
	{"Wed at 9 at night", "2026-11-25 21:00"},
	{"Wed evening 20:00", "2026-11-25 20:00"},

	// Zones.
	{"Wed 8pm GMT", "2026-11-25 20:00"},
	{"Wed 8pm (GMT)", "2026-11-25 20:00"},
	{"Wed 8pm UTC", "2026-11-25 20:00"},
	{"2 July 8pm BST", "2027-07-02 20:00"},
	{"2 July 8pm UTC", "2027-07-02 21:00"},
	{"2 July 8pm UTC+1", "2027-07-02 20:00"},
	{"Wed 8pm UTC+3", "2026-11-25 17:00"},
	{"Wed 8pm GMT-3:30", "2026-11-25 23:30"},
	{"Wed 20:00 +01:00", "2026-11-25 19:00"},
	{"Wed 20:00+0530", "2026-11-25 14:30"},
	{"Wed 8pm Europe/Paris", "2026-11-25 19:00"},
	{"Wed 8pm europe/paris", "2026-11-25 19:00"},
	{"Wed 8pm America/New_York", "2026-11-26 01:00"},
	{"Wed 8pm America/Port-au-Prince", "2026-11-26 01:00"},
	{"31 Oct 2027 1:30am BST", "2027-10-31 01:30"},
	{"31 Oct 2027 01:30 Europe/Paris", "2027-10-31 00:30"},
	{"31 Oct 2027 1:30am GMT", "2027-10-31 01:30"}, // the second: see TestRepeatedHour

	// From now.
	{"in 10 minutes", "2026-11-20 10:51"},
	{"in 1 min", "2026-11-20 10:42"},
	{"in 2 hours", "2026-11-20 12:41"},
	{"in two hours", "2026-11-20 12:41"},
	{"in two hours’ time", "2026-11-20 12:41"},
	{"2 hours from now", "2026-11-20 12:41"},
	{"in an hour", "2026-11-20 11:41"},
	{"in half an hour", "2026-11-20 11:11"},
	{"in an hour and a half", "2026-11-20 12:11"},
	{"in 1h30", "2026-11-20 12:11"},
	{"in 1 hour 30 minutes", "2026-11-20 12:11"},
	{"in 1.5 hours", "2026-11-20 12:11"},
	{"in 1½ hours", "2026-11-20 12:11"},
	{"in three quarters of an hour", "2026-11-20 11:26"},
	{"in 3 days", "2026-11-23 10:41"},
	{"in 3 days at 8pm", "2026-11-23 20:00"},
	{"in a week", "2026-11-27 10:41"},
	{"in a fortnight at 8pm", "2026-12-04 20:00"},
	{"in 2 weeks’ time at noon", "2026-12-04 12:00"},

	// As phones, word processors and copying leave it.
	{"  Wed\u00a08pm ", "2026-11-25 20:00"},
	{"Wed\u202f8\u200bpm.", "2026-11-25 20:00"},
	{"`Wed 8pm`", "2026-11-25 20:00"},
	{"“Wed 8pm”", "2026-11-25 20:00"},
	{"Wed 2 Dec – 8pm", "2026-12-02 20:00"},
	{"Wed 2 Dec - 20:00", "2026-12-02 20:00"},
	{"Wed 2 Dec, 8pm!", "2026-12-02 20:00"},
	{"7‑Feb‑2027 08:30", "2027-02-07 08:30"},
	{"Wednesday 2 December 2026, 8:00pm GMT", "2026-12-02 20:00"},
	{"Wed 2 Dec 2026, midday GMT", "2026-12-02 12:00"},
}

func TestParseUnderstands(t *testing.T) {
	now, zone := friday(t)
	for _, c := range understood {
		got, err := Parse(c.input, now, zone)
		if err != nil {
			t.Errorf("%q is refused: %v", c.input, err)
			continue
		}
		if text := got.Format("2006-01-02 15:04"); text != c.want || got.Location() != zone {
			t.Errorf("%q is %s in %s, want %s", c.input, text, got.Location(), c.want)
		}
		for _, text := range []string{Format(got, zone), FormatShort(got, zone)} {
			if back, err := Parse(text, now, zone); err != nil || !back.Equal(got) {
				t.Errorf("%q is written %q, which reads as %s, %v", c.input, text, back, err)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	now, zone := friday(t)
	for _, c := range refused {
		got, err := Parse(c.input, now, zone)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%q is read as %s", c.input, Format(got, zone))
			continue
		}
		if !strings.Contains(refusal.Problem, c.problem) {
			t.Errorf("%q: %s\nwant: %s", c.input, refusal.Problem, c.problem)
		}
		if c.example != "" && refusal.Examples[0] != c.example {
			t.Errorf("%q: %s\nwant example: %s", c.input, refusal, c.example)
		}
		checkExamples(t, c.input, refusal, now, zone)
	}
}

// checkExamples holds what every refusal promises.
func checkExamples(t testing.TB, input string, refusal *Error, now time.Time, zone *time.Location) {
	t.Helper()
	if len(refusal.Examples) == 0 || refusal.Problem == "" {
		t.Errorf("%q is refused without a word or an example: %v", input, refusal)
	}
	for _, example := range refusal.Examples {
		if _, err := Parse(example, now, zone); err != nil {
			t.Errorf("%q: its example %q is refused: %v", input, example, err)
		}
	}
}

func TestTablesAreBigEnough(t *testing.T) {
	if n := len(understood); n < 100 {
		t.Errorf("only %d inputs that are understood", n)
	}
	if n := len(refused); n < 100 {
		t.Errorf("only %d inputs that are refused", n)
	}
	seen := map[string]bool{}
	for _, c := range understood {
		if seen[c.input] {
			t.Errorf("%q is there twice", c.input)
		}
		seen[c.input] = true
	}
	for _, c := range refused {
		if seen[c.input] {
			t.Errorf("%q is there twice", c.input)
		}
		seen[c.input] = true
	}
}

// The sentences of voice.md and their like, whole.
func TestRefusalsInFull(t *testing.T) {
	now, zone := friday(t)
	for input, want := range map[string]string{
		"whenever": "I can't read \"whenever\" as a time. Try `Wed 8pm`, `2 Dec 20:00` or `in 2 hours`.",
		"next Wendsday 8": "I can't read \"next Wendsday 8\" as a time. " +
			"Did you mean `next Wednesday 8pm` or `next Wednesday 08:00`?",
		"Wed 18 November 2026, 8pm": "That is in the past: Wednesday 18 November 2026, 8:00pm GMT was two days ago. " +
			"Did you mean `Wed 25 Nov 8pm`?",
		"Wed 3 December 2026 8pm": "3 December 2026 is a Thursday, not a Wednesday. Did you mean `Thu 3 Dec 8pm` or `Wed 2 Dec 8pm`?",
		"Wed 8":                   "8 could be morning or evening. Try `Wed 8pm` or `Wed 08:00`.",
		"Friday 8pm":              "\"Friday\" can mean 20 November or 27 November. Did you mean `Fri 20 Nov 8pm` or `Fri 27 Nov 8pm`?",
		"28 March 2027 1:30am":    "There is no 1:30am on Sunday 28 March 2027: the clocks go forward then. Did you mean `Sun 28 Mar 2:30am`?",
		"31 Oct 2027 1:30am":      "1:30am comes twice on Sunday 31 October 2027, when the clocks go back. Did you mean `Sun 31 Oct 2027 1:30am BST` or `Sun 31 Oct 2027 1:30am GMT`?",
	} {
		_, err := Parse(input, now, zone)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant: %s", input, err, want)
		}
	}
}

// Whatever a person typed, a refusal repeats none of its markup.
func TestRefusalsRepeatNoMarkup(t *testing.T) {
	now, zone := friday(t)
	for _, input := range []string{"<!channel> *8pm*", "@here `8`_", "[8](http://x.example)", "Wed <b>8</b>", "8pm <@U123>", "Europe/<i>x"} {
		_, err := Parse(input, now, zone)
		var refusal *Error
		if !errors.As(err, &refusal) || strings.ContainsAny(refusal.Problem, "<>@*`[]()_!#&\\|~") {
			t.Errorf("%q: %v", input, err)
		}
		if slices.ContainsFunc(refusal.Examples, func(e string) bool { return strings.ContainsAny(e, "<>@*`[]()!#&\\|~") }) {
			t.Errorf("%q: %v", input, err)
		}
	}
}
