package when

import (
	"errors"
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	london := mustLoad(t, "Europe/London")
	evening := time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)
	at := func(hour, minute int) time.Time { return time.Date(2026, 12, 2, hour, minute, 0, 0, london) }
	for got, want := range map[string]string{
		Format(evening, london):                                "Wednesday 2 December 2026, 8:00pm GMT",
		FormatShort(evening, london):                           "Wed 2 Dec 2026, 8:00pm GMT",
		FormatDay(evening, london):                             "Wednesday 2 December 2026",
		FormatClock(evening, london):                           "8:00pm GMT",
		FormatClock(evening.AddDate(0, 6, 0), london):          "9:00pm BST",
		FormatClock(evening, mustLoad(t, "Asia/Kolkata")):      "1:30am IST",
		FormatClock(evening, mustLoad(t, "Asia/Dubai")):        "00:00 UTC+4",
		FormatClock(evening, mustLoad(t, "Asia/Kathmandu")):    "1:45am UTC+5:45",
		FormatClock(evening, mustLoad(t, "Pacific/Marquesas")): "10:30am UTC-9:30",
		FormatClock(at(0, 0), london):                          "00:00 GMT",
		FormatClock(at(0, 5), london):                          "12:05am GMT",
		FormatClock(at(12, 0), london):                         "midday GMT",
		FormatClock(at(12, 1), london):                         "12:01pm GMT",

		FormatRange(evening, evening.Add(time.Hour), london):                                                               "Wednesday 2 December 2026, 8:00pm to 9:00pm GMT",
		FormatRange(evening, evening.Add(5*time.Hour), london):                                                             "Wednesday 2 December 2026, 8:00pm GMT to Thursday 3 December 2026, 1:00am GMT",
		FormatRange(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 2, 0, 0, 0, time.UTC), london): "Sunday 25 October 2026, 1:30am BST to 2:00am GMT",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestFromNow(t *testing.T) {
	now, zone := friday(t)
	for _, c := range []struct {
		from time.Duration
		want string
	}{
		{0, "now"}, {59 * time.Second, "now"}, {-59 * time.Second, "now"},
		{time.Minute, "in one minute"}, {10 * time.Minute, "in ten minutes"}, {-15 * time.Minute, "15 minutes ago"},
		{time.Hour, "in one hour"}, {-2*time.Hour - 41*time.Minute, "two hours ago"}, {13 * time.Hour, "in 13 hours"},
		{14 * time.Hour, "in one day"}, {-38 * time.Hour, "two days ago"}, {6 * 24 * time.Hour, "in six days"},
		{-14 * 24 * time.Hour, "two weeks ago"}, {70 * 24 * time.Hour, "in two months"}, {-800 * 24 * time.Hour, "two years ago"},
	} {
		if got := FromNow(now.Add(c.from), now, zone); got != c.want {
			t.Errorf("%s from now is %q, want %q", c.from, got, c.want)
		}
	}
}

func TestLength(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a minute", time.Minute: "one minute", 12 * time.Minute: "twelve minutes", 45 * time.Minute: "45 minutes",
		time.Hour: "one hour", 2 * time.Hour: "two hours", 90 * time.Minute: "1 hour 30 minutes", 61 * time.Minute: "1 hour 1 minute",
		24 * time.Hour: "one day", 26*time.Hour + 5*time.Minute: "1 day 2 hours 5 minutes", -time.Hour: "one hour", 59*time.Minute + 40*time.Second: "one hour",
	} {
		if got := Length(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestParseLength(t *testing.T) {
	for input, minutes := range map[string]int{
		"60": 60, "60 minutes": 60, "90m": 90, "90 mins": 90, "1h": 60, "1h30": 90, "1h30m": 90, "1h 30m": 90, "1 hour 30 minutes": 90,
		"1 hour and 30 minutes": 90, "1 hour, 30 minutes": 90, "1 hour 30": 90, "an hour": 60, "one hour": 60, "half an hour": 30,
		"an hour and a half": 90, "one and a half hours": 90, "1.5 hours": 90, "1.25h": 75, "1½ hours": 90, "½ hour": 30,
		"a quarter of an hour": 15, "three quarters of an hour": 45, "an hour and a quarter": 75, "Two Hours": 120, "forty-five minutes": 45,
		"for an hour": 60, "1\u00a0hour.": 60, "2 days": 2 * 24 * 60, "a week": 7 * 24 * 60, "a fortnight": 14 * 24 * 60, "366 days": 366 * 24 * 60,
	} {
		if got, err := ParseLength(input); err != nil || got != time.Duration(minutes)*time.Minute {
			t.Errorf("%q is %s, %v, want %d minutes", input, got, err, minutes)
		}
	}
	for input, example := range map[string]string{
		"": "", "0": "", "-5": "", "a while": "", "1:30": "1h30", "1.5": "", "30 seconds": "", "3 months": "", "a year": "", "400 days": "",
		"1.33 hours": "", "1h90": "", "minutes": "", "30 minutes 1 hour": "", "8pm": "", "1e9": "", "9999999999": "", "90 minuets": "90 minutes", "an huor": "an hour",
	} {
		got, err := ParseLength(input)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%q is read as %s", input, got)
			continue
		}
		if example != "" && refusal.Examples[0] != example {
			t.Errorf("%q: %v, want example %q", input, err, example)
		}
		for _, works := range refusal.Examples {
			if _, err := ParseLength(works); err != nil {
				t.Errorf("%q: its example %q is refused: %v", input, works, err)
			}
		}
	}
}

func TestZone(t *testing.T) {
	for input, want := range map[string]string{
		"Europe/London": "Europe/London", "europe/london": "Europe/London", " Europe/London ": "Europe/London",
		"America/New York": "America/New_York", "america/argentina/buenos_aires": "America/Argentina/Buenos_Aires",
		"America/Port-au-Prince": "America/Port-au-Prince", "utc": "UTC",
	} {
		if zone, err := Zone(input); err != nil || zone.String() != want {
			t.Errorf("%q is %v, %v, want %s", input, zone, err, want)
		}
	}
	for input, example := range map[string]string{
		"": "Europe/London", "london": "Europe/London", "Europe/Lodnon": "Europe/London", "BST": "Europe/London", "GMT": "Europe/London",
		"Local": "Europe/London", "uk": "Europe/London", "new york": "America/New_York", "CET": "Europe/Paris", "Paris": "Europe/Paris",
		"+01:00": "Europe/London", "UTC+1": "Europe/London", "Etc/GMT+5": "Europe/London", "GB": "Europe/London", "EST5EDT": "Europe/London",
		"Mars/Base": "Europe/London", "../etc/passwd": "Europe/London", "/etc/localtime": "Europe/London", "Europe/": "Europe/London",
	} {
		zone, err := Zone(input)
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Errorf("%q is read as %v", input, zone)
			continue
		}
		if refusal.Examples[0] != example {
			t.Errorf("%q: %v, want example %s", input, err, example)
		}
		for _, works := range refusal.Examples {
			if _, err := Zone(works); err != nil {
				t.Errorf("%q: its example %q is refused: %v", input, works, err)
			}
		}
	}
}
