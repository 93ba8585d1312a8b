package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/diary"
	"datahour/bot/hours"
)

const (
	comingUp   = 366 * 24 * time.Hour // how far ahead the calendar looks
	stillKnown = 31 * 24 * time.Hour  // how long its file tells what is over or called off
	askAgain   = time.Hour            // how often a calendar that subscribes should
)

// Diarist is a feature whose dates go into people's calendars. Like a public
// query, it tells only of what anyone may know. An entry's UID is the feature's own,
// and its URL a path.
type Diarist interface {
	Diary(ctx context.Context, r bot.Reader, from, to time.Time) ([]diary.Entry, error)
}

// calendarPage is what is coming up.
type calendarPage struct {
	Months    []month
	Address   string       // of the file, to be copied
	Subscribe template.URL // the same, as calendars open it
}

// calendar lists what is coming up in all features, as far as it has a public page.
func (s *Site) calendar(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	agenda, err := s.o.Bot.Agenda(r.Context(), now, now.Add(comingUp))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f, err := s.frame(r.Context(), "Coming up", nil)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	var items []dated
	for _, a := range agenda {
		if a.URL == "" {
			continue
		}
		items = append(items, dated{Kind: strings.ToUpper(a.Kind[:1]) + a.Kind[1:], Title: nobody(a.Title), URL: a.URL, Start: a.Start, End: a.End, Zone: f.Zone, Live: a.Live})
	}
	page := calendarPage{Months: byMonth(items), Address: f.Base + "/calendar.ics"}
	if u, err := url.Parse(page.Address); err == nil {
		u.Scheme = "webcal"
		page.Subscribe = template.URL(u.String()) // from the configuration, not from people
	}
	f.Content, f.About = page, "What is coming up, to read here or in your own calendar."
	s.show(w, r, "calendar.html", f)
}

// nobody writes a title out without the people and rooms that it mentions.
func nobody(title string) string {
	return bot.ReplaceTokens(title, func(t bot.Token) string {
		if t.Kind == "room" {
			return "a room"
		}
		return "somebody"
	})
}

// calendarFile is what calendars subscribe to: what is coming up, and what was
// lately over or called off, so that it goes from where it stands.
func (s *Site) calendarFile(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	var entries []diary.Entry
	for _, d := range s.o.Diaries {
		more, err := d.Diary(r.Context(), s.o.Bot.View(), now.Add(-stillKnown), now.Add(comingUp))
		if err != nil {
			s.failed(w, r, err)
			return
		}
		entries = append(entries, more...)
	}
	slices.SortStableFunc(entries, func(a, b diary.Entry) int { return a.Start.Compare(b.Start) })
	c, err := s.o.Bot.Community(r.Context())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.sendCalendar(w, r, diary.Calendar{Name: c.Name, Refresh: askAgain, Entries: entries}, "")
}

// hourFile is one hour, to be added to a calendar.
func (s *Site) hourFile(w http.ResponseWriter, r *http.Request, id string) {
	var e diary.Entry
	ok := couldBeID(id)
	var err error
	if ok {
		e, ok, err = hours.DiaryEntry(r.Context(), s.o.Bot.View(), id)
	}
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !ok:
		s.notFound(w, r)
	default:
		s.sendCalendar(w, r, diary.Calendar{Entries: []diary.Entry{e}}, "data-hour-"+id+".ics")
	}
}

// sendCalendar makes entries whole and sends them. With a file's name a browser
// saves it, or hands it to a calendar.
func (s *Site) sendCalendar(w http.ResponseWriter, r *http.Request, c diary.Calendar, file string) {
	base := s.o.Bot.PublicURL()
	host := "datahour"
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		e.UID += "@" + host
		e.URL = base + e.URL
		e.Text = strings.TrimSpace(e.Text + "\n\n" + e.URL) // not every calendar shows URL
	}
	out, err := c.Encode()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if file != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	send(w, r, diary.Kind+"; charset=utf-8", out)
}
