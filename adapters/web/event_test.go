package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/events"
)

// event plays with an event that is announced, at a blended breakfast with two seats.
func event(t *testing.T, more string, test func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		feature := events.New()
		s := &stage{Harness: bottest.Start(t, bottest.Config{Features: []bot.Feature{feature}})}
		var err error
		if s.site, err = web.New(web.Options{Bot: s.Bot, Diaries: []web.Diarist{feature}}); err != nil {
			t.Fatal(err)
		}
		defer s.site.Close()
		s.Command(olga, "north:data", `event new "Jam </script><b>&" "27 Nov 08:30" venue="Urban Sciences Building, Newcastle" link=https://meet.example.org/secret seats=2 `+more)
		said := bottest.Words(s.Press(olga, "north:data", "Post"))
		_, after, ok := strings.Cut(said, "/event guests ")
		if !ok {
			_, after, _ = strings.Cut(said, "first date is `")
		}
		s.id = after[:4]
		test(s)
	})
}

func TestEventPage(t *testing.T) {
	event(t, `access="Step-free." deadline="2 days"`, func(s *stage) {
		s.Command("north:zephyrine", "north:data", "event rsvp "+s.id+" going")
		w := s.get("/event/" + s.id)
		body := w.Body.String()
		for _, want := range []string{"Jam &lt;/script&gt;&lt;b&gt;&amp;", "Friday 27 November 2026, 8:30am to 10:30am GMT", "Urban Sciences Building, Newcastle", "Step-free.",
			"1 person going, 1 of 2 seats left. Nobody online yet.", `href="https://www.openstreetmap.org/search?query=Urban&#43;Sciences&#43;Building%2C&#43;Newcastle"`, `href="/event/` + s.id + `.ics"`, "by Wednesday 25 November 2026, 8:30am GMT"} {
			if !strings.Contains(body, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		for _, not := range []string{"meet.example.org", "ephyrine", "<b>&"} {
			if strings.Contains(body, not) {
				t.Errorf("the page has %q", not)
			}
		}
		_, ld, _ := strings.Cut(body, `<script type="application/ld+json">`)
		ld, _, _ = strings.Cut(ld, "</script>")
		var schema map[string]any
		if err := json.Unmarshal([]byte(ld), &schema); err != nil || schema["name"] != "Jam </script><b>&" || schema["startDate"] != "2026-11-27T08:30:00Z" ||
			schema["eventAttendanceMode"] != "https://schema.org/MixedEventAttendanceMode" {
			t.Errorf("%v: %s", err, ld)
		}
		if body := s.get("/calendar").Body.String(); !strings.Contains(body, "/event/"+s.id) {
			t.Error("the calendar does not list it")
		}
		s.Command(olga, "north:data", "event cancel "+s.id+` sure=yes reason="Closed."`)
		if body := s.get("/event/" + s.id).Body.String(); !strings.Contains(body, "Cancelled") || !strings.Contains(body, "Closed.") || !strings.Contains(body, "EventCancelled") {
			t.Error("the page does not say that it is cancelled")
		}
	})
}

func TestEventFiles(t *testing.T) {
	event(t, "", func(s *stage) {
		w := s.get("/event/" + s.id + ".ics")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(w.Body.String(), "UID:event-"+s.id+"@hour.example\r\n") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		if body := s.get("/calendar.ics").Body.String(); !strings.Contains(body, "UID:event-"+s.id+"@hour.example\r\n") {
			t.Error("the community's calendar lacks it")
		}
		s.Command(tim, "north:data", "event rsvp "+s.id+" online")
		_, after, _ := strings.Cut(bottest.Words(s.Command(tim, "north:data", "event feed")), "https://hour.example")
		address, _, _ := strings.Cut(after, ">")
		if w := s.get(address); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "LOCATION:https://meet.example.org/secret") {
			t.Errorf("his own calendar: %d %s", w.Code, w.Body)
		}
		for _, path := range []string{"/event/nope", "/event/nope.ics", "/event/" + s.id + ".exe", "/series/" + s.id + ".ics", "/diary/short.ics", "/diary/aaaaaaaaaaaaaaaaaaaaaaaaaa.ics", "/event/%00"} {
			if code := s.get(path).Code; code != http.StatusNotFound {
				t.Errorf("%s: %d", path, code)
			}
		}
	})
}

func TestSeriesFile(t *testing.T) {
	event(t, "repeat=fortnightly", func(s *stage) {
		body := s.get("/event/" + s.id).Body.String()
		_, after, _ := strings.Cut(body, `href="/series/`)
		id, _, ok := strings.Cut(after, `"`)
		if !ok || !strings.Contains(body, "Every second Friday, 8:30am, from 27 November 2026") {
			t.Fatalf("the page says nothing of its series: %s", body)
		}
		if file := s.get("/series/" + id).Body.String(); !strings.Contains(file, "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR\r\n") {
			t.Error(file)
		}
		s.Advance(time.Hour)
	})
}
