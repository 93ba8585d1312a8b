package web

import (
	"net/http"
	"net/url"
	"strings"

	"datahour/bot"
	"datahour/bot/diary"
	"datahour/bot/events"
	"datahour/bot/when"
)

// eventRoutes are the pages of events and their calendar files.
func (s *Site) eventRoutes() {
	s.handle("GET /event/{file}", s.event)
	s.handle("GET /series/{file}", s.seriesFile)
	s.handle("GET /diary/{file}", s.ownDiary)
	s.guestRoutes()
}

// eventPage is one event as its page shows it.
type eventPage struct {
	events.Page
	Map    string // a search for the venue; a link, so that nobody's visit is told to anybody
	Schema schema
	Form   *guestForm // for people from outside; nil: answers are not taken any more
}

// schema is the event as search engines read it: schema.org/Event.
type schema struct {
	Context   string          `json:"@context"`
	Type      string          `json:"@type"`
	Name      string          `json:"name"`
	About     string          `json:"description,omitempty"`
	Start     string          `json:"startDate"`
	End       string          `json:"endDate"`
	Status    string          `json:"eventStatus"`
	Mode      string          `json:"eventAttendanceMode"`
	Location  []schemaPlace   `json:"location"`
	Organiser schemaOrganiser `json:"organizer"`
	URL       string          `json:"url"`
	Before    string          `json:"previousStartDate,omitempty"`
}

type schemaPlace struct {
	Type    string `json:"@type"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
	URL     string `json:"url,omitempty"`
}

type schemaOrganiser struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// AnsweredBy is until when answers are taken, if not until the start.
func (p eventPage) AnsweredBy() string {
	if p.AnswerBy.IsZero() {
		return ""
	}
	return when.Format(p.AnswerBy, p.Zone)
}

// Cancelled, Over and Coming tell where the event is in its life.
func (p eventPage) Cancelled() bool { return p.State == events.Cancelled }
func (p eventPage) Over() bool      { return p.State == events.Over }
func (p eventPage) Coming() bool    { return p.State == events.Scheduled }

// event shows one event, or gives it as a calendar file.
func (s *Site) event(w http.ResponseWriter, r *http.Request) {
	id, ending, other := strings.Cut(r.PathValue("file"), ".")
	if !couldBeID(id) || other && ending != "ics" {
		s.notFound(w, r)
		return
	}
	if other {
		e, ok, err := events.DiaryEntry(r.Context(), s.o.Bot.View(), id)
		s.sendEntries(w, r, []diary.Entry{e}, ok, err, "event-"+id+".ics")
		return
	}
	page, ok, err := events.Public(r.Context(), s.o.Bot.View(), id)
	if err == nil && !ok {
		s.notFound(w, r)
		return
	}
	f, frameErr := s.frame(r.Context(), page.Title, nil)
	if err == nil {
		err = frameErr
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	p := eventPage{Page: page, Schema: f.schema(page)}
	if page.State == events.Scheduled && s.now().Before(page.AnswersUntil()) {
		p.Form = &guestForm{Event: page.ID, Choice: page.Online && page.Venue != ""}
	}
	if page.Venue != "" {
		p.Map = "https://www.openstreetmap.org/search?query=" + url.QueryEscape(page.Venue)
	}
	f.Content, f.About = p, when.FormatRange(page.Start, page.End, page.Zone)+". "+page.Numbers
	s.show(w, r, "event.html", f)
}

func (f frame) schema(p events.Page) schema {
	const vocabulary = "https://schema.org/"
	out := schema{Context: "https://schema.org", Type: "Event", Name: p.Title, About: p.About, Start: iso(p.Start.In(p.Zone)), End: iso(p.End.In(p.Zone)),
		Status: vocabulary + "EventScheduled", URL: f.Base + "/event/" + p.ID, Organiser: schemaOrganiser{"Organization", f.Community.Name, f.Base}}
	if p.Venue != "" {
		out.Location = append(out.Location, schemaPlace{Type: "Place", Name: p.Venue, Address: p.Venue})
	}
	if p.Online {
		out.Location = append(out.Location, schemaPlace{Type: "VirtualLocation", URL: out.URL})
	}
	switch {
	case p.Online && p.Venue != "":
		out.Mode = vocabulary + "MixedEventAttendanceMode"
	case p.Online:
		out.Mode = vocabulary + "OnlineEventAttendanceMode"
	default:
		out.Mode = vocabulary + "OfflineEventAttendanceMode"
	}
	switch {
	case p.State == events.Cancelled:
		out.Status = vocabulary + "EventCancelled"
	case !p.WasStart.IsZero():
		out.Status, out.Before = vocabulary+"EventRescheduled", iso(p.WasStart.In(p.Zone))
	}
	return out
}

// seriesFile is all dates of a series, to be added to a calendar.
func (s *Site) seriesFile(w http.ResponseWriter, r *http.Request) {
	id, ending, _ := strings.Cut(r.PathValue("file"), ".")
	if ending != "ics" || !couldBeID(id) {
		s.notFound(w, r)
		return
	}
	entries, err := events.DiarySeries(r.Context(), s.o.Bot.View(), id)
	s.sendEntries(w, r, entries, len(entries) > 0, err, "series-"+id+".ics")
}

// ownDiary is the calendar of one person, for whoever knows its address.
func (s *Site) ownDiary(w http.ResponseWriter, r *http.Request) {
	token, ending, _ := strings.Cut(r.PathValue("file"), ".")
	if ending != "ics" || len(token) < 20 || len(token) > 40 {
		s.notFound(w, r)
		return
	}
	entries, ok, err := events.DiaryOf(r.Context(), s.o.Bot.View(), token)
	s.sendEntries(w, r, entries, ok, err, "")
}

func (s *Site) sendEntries(w http.ResponseWriter, r *http.Request, entries []diary.Entry, ok bool, err error, file string) {
	var c bot.Community
	if err == nil {
		c, err = s.o.Bot.Community(r.Context())
	}
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !ok:
		s.notFound(w, r)
	default:
		s.sendCalendar(w, r, diary.Calendar{Name: c.Name, Refresh: askAgain, Entries: entries}, file)
	}
}
