package when

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Other moments and other zones than the tables'. An empty want is a refusal.
func TestParseElsewhere(t *testing.T) {
	for _, c := range []struct{ zone, now, input, want string }{
		// On other days of the week "next" is beyond doubt for other days.
		{"Europe/London", "2026-11-18 10:00", "next Friday 8pm", ""},
		{"Europe/London", "2026-11-18 10:00", "next Tuesday 8pm", "2026-11-24 20:00 +0000"},
		{"Europe/London", "2026-11-22 10:00", "next Monday 8pm", ""},
		{"Europe/London", "2026-11-22 10:00", "next Sunday 8pm", "2026-11-29 20:00 +0000"},
		{"Europe/London", "2026-11-22 10:00", "Monday next week 8pm", ""},
		{"Europe/London", "2026-11-21 10:00", "next Monday 8pm", "2026-11-23 20:00 +0000"},
		{"Europe/London", "2026-11-18 10:00", "Wed 8pm", ""},
		{"Europe/London", "2026-11-18 20:00", "Wed 8pm", "2026-11-25 20:00 +0000"},

		// Across the end of a year, and in leap years.
		{"Europe/London", "2026-12-31 23:00", "1 Jan 9am", "2027-01-01 09:00 +0000"},
		{"Europe/London", "2026-12-31 23:00", "tomorrow 9am", "2027-01-01 09:00 +0000"},
		{"Europe/London", "2027-01-05 10:00", "30 Dec 9am", "2027-12-30 09:00 +0000"},
		{"Europe/London", "2027-03-01 10:00", "29 Feb 9am", "2028-02-29 09:00 +0000"},
		{"Europe/London", "2028-02-01 10:00", "29 Feb 9am", "2028-02-29 09:00 +0000"},
		{"Europe/London", "2028-02-28 10:00", "tomorrow 9am", "2028-02-29 09:00 +0000"},

		// Over a clock change: days keep the time of day, hours go by.
		{"Europe/London", "2027-03-27 12:00", "in 1 day", "2027-03-28 12:00 +0100"},
		{"Europe/London", "2027-03-27 12:00", "in 24 hours", "2027-03-28 13:00 +0100"},
		{"Europe/London", "2027-03-27 01:30", "in 1 day", "2027-03-28 02:30 +0100"},
		{"Europe/London", "2027-03-27 12:00", "tomorrow 01:30", ""},
		{"Europe/London", "2026-10-24 12:00", "tomorrow 01:30", ""},
		{"Europe/London", "2026-10-24 12:00", "tomorrow 01:30 BST", "2026-10-25 01:30 +0100"},
		{"Europe/London", "2026-10-24 12:00", "tomorrow 01:30 GMT", "2026-10-25 01:30 +0000"},
		{"Europe/London", "2026-10-25 00:30", "in 2 hours", "2026-10-25 01:30 +0000"},

		// A reader's own abbreviations, British ones elsewhere, and none of letters.
		{"America/New_York", "2026-11-20 10:00", "Wed 8pm EST", "2026-11-25 20:00 -0500"},
		{"America/New_York", "2026-11-20 10:00", "Wed 8pm EDT", ""},
		{"America/New_York", "2026-11-20 10:00", "Wed 8pm GMT", "2026-11-25 15:00 -0500"},
		{"America/New_York", "2027-06-18 10:00", "2 July 8pm BST", "2027-07-02 15:00 -0400"},
		{"America/New_York", "2026-11-20 10:00", "2 Dec 8pm BST", ""},
		{"Asia/Shanghai", "2026-11-20 10:00", "Wed 8pm CST", "2026-11-25 20:00 +0800"},
		{"America/Sao_Paulo", "2026-11-20 10:00", "Wed 8pm UTC-3", "2026-11-25 20:00 -0300"},
		{"Europe/Dublin", "2026-11-20 10:00", "2 July 8pm IST", "2027-07-02 20:00 +0100"},
		{"UTC", "2026-11-20 10:00", "Wed 8pm", "2026-11-25 20:00 +0000"},

		// "Tomorrow" in another zone only while the dates are the same.
		{"Europe/London", "2026-11-20 10:00", "tomorrow 9am Asia/Tokyo", "2026-11-21 00:00 +0000"},
		{"Europe/London", "2026-11-20 16:00", "tomorrow 9am Asia/Tokyo", ""},
		{"Europe/London", "2026-11-20 16:00", "Mon 9am Asia/Tokyo", ""},
		{"Europe/London", "2026-11-20 16:00", "23 Nov 9am Asia/Tokyo", "2026-11-23 00:00 +0000"},
		{"Europe/London", "2027-07-02 00:30", "tomorrow 9am UTC", ""},
	} {
		zone := mustLoad(t, c.zone)
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(c.input, now, zone)
		text := ""
		if err == nil {
			text = got.Format("2006-01-02 15:04 -0700")
		}
		if text != c.want {
			t.Errorf("%q at %s in %s is %q (%v), want %q", c.input, c.now, c.zone, text, err, c.want)
		}
		var refusal *Error
		if errors.As(err, &refusal) {
			checkExamples(t, c.input, refusal, now, zone)
		}
	}
}

func TestRepeatedHour(t *testing.T) {
	now, zone := friday(t)
	first, err := Parse("31 Oct 2027 1:30am BST", now, zone)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Parse("31 Oct 2027 1:30am GMT", now, zone)
	if err != nil {
		t.Fatal(err)
	}
	if second.Sub(first) != time.Hour {
		t.Errorf("%s and %s are not an hour apart", first, second)
	}
}

// At any moment, in any zone, an input of the tables is in the future and written
// so that it reads back, or refused with examples that work right then.
func TestParseHoldsAnywhere(t *testing.T) {
	var inputs []string
	for _, c := range understood {
		inputs = append(inputs, c.input)
	}
	for _, c := range refused {
		inputs = append(inputs, c.input)
	}
	var names []string
	everyZone(t, func(name string, _ *time.Location) { names = append(names, name) })
	rapid.Check(t, func(r *rapid.T) {
		zone := mustLoad(t, rapid.SampledFrom(names).Draw(r, "zone"))
		now := decadeFrom.Add(time.Duration(rapid.Int64Range(0, int64(decadeTo.Sub(decadeFrom))).Draw(r, "now")))
		for range 20 {
			holds(r, rapid.SampledFrom(inputs).Draw(r, "input"), now, zone)
		}
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// holds checks what Parse promises of any input.
func holds(t failer, input string, now time.Time, zone *time.Location) {
	t.Helper()
	got, err := Parse(input, now, zone)
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Problem == "" || len(refusal.Examples) == 0 {
			t.Fatalf("%q at %s: refused with %v", input, now.In(zone), err)
		}
		for _, example := range refusal.Examples {
			if _, err := Parse(example, now, zone); err != nil {
				t.Fatalf("%q at %s: %v, and %q: %v", input, now.In(zone), refusal, example, err)
			}
		}
		return
	}
	if !got.After(now) || got.Second() != 0 || got.Nanosecond() != 0 || got.Location() != zone {
		t.Fatalf("%q at %s is %s", input, now.In(zone), got)
	}
	for _, text := range []string{Format(got, zone), FormatShort(got, zone)} {
		back, err := Parse(text, now, zone)
		if err != nil || !back.Equal(got) {
			t.Fatalf("%q at %s is written %q, which reads as %s, %v", input, now.In(zone), text, back, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range understood {
		f.Add(c.input, int64(0), uint16(0))
	}
	for _, c := range refused {
		f.Add(c.input, int64(1e9), uint16(77))
	}
	var all []*time.Location
	for _, name := range []string{"Europe/London", "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
		"America/St_Johns", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia", "America/Havana", "Atlantic/Azores"} {
		all = append(all, mustLoad(f, name))
	}
	f.Fuzz(func(t *testing.T, input string, minutes int64, zone uint16) {
		decade := int64(decadeTo.Sub(decadeFrom) / time.Second)
		now := decadeFrom.Add(time.Duration((minutes%decade+decade)%decade) * time.Second)
		holds(t, input, now, all[int(zone)%len(all)])
	})
}

func FuzzParseLength(f *testing.F) {
	for _, input := range []string{"60", "1h30", "an hour and a half", "1:30", "three quarters of an hour", "2 weeks", "90 minuets"} {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input string) {
		got, err := ParseLength(input)
		var refusal *Error
		switch {
		case err == nil:
			if got <= 0 || got > longestLength || got%time.Minute != 0 {
				t.Fatalf("%q is %s", input, got)
			}
			if back, err := ParseLength(Length(got)); err != nil || back != got {
				t.Fatalf("%q is %s, written %q, which reads as %s, %v", input, got, Length(got), back, err)
			}
		case !errors.As(err, &refusal) || len(refusal.Examples) == 0:
			t.Fatalf("%q is refused with %v", input, err)
		default:
			for _, example := range refusal.Examples {
				if _, err := ParseLength(example); err != nil {
					t.Fatalf("%q: %v, and %q: %v", input, refusal, example, err)
				}
			}
		}
	})
}
