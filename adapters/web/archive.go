package web

import (
	"net/http"
	"strconv"
	"time"

	"datahour/bot/hours"
)

// onOnePage is how many past hours a page of the archive lists.
const onOnePage = 24

// archivePage is one page of the archive.
type archivePage struct {
	Months       []month
	Number, Of   int // of the page
	All          int // hours in the archive
	Newer, Older string
}

// month is what falls into one, in one list.
type month struct {
	Name  string // "December 2026"
	Items []dated
}

// dated is a line in a list of dates: an hour, or whatever else has a day.
type dated struct {
	Kind       string // "Data hour"
	Title, URL string
	Start, End time.Time
	Zone       *time.Location
	Live       bool
	Facts      string
}

// Day and Month are for the sheet of a calendar beside the line.
func (d dated) Day() string   { return d.Start.In(d.Zone).Format("2") }
func (d dated) Month() string { return d.Start.In(d.Zone).Format("Jan") }

// byMonth groups what is in order of time already.
func byMonth(items []dated) (months []month) {
	for _, d := range items {
		name := d.Start.In(d.Zone).Format("January 2006")
		if n := len(months); n == 0 || months[n-1].Name != name {
			months = append(months, month{Name: name})
		}
		last := &months[len(months)-1]
		last.Items = append(last.Items, d)
	}
	return months
}

// archive lists all transcripts, some on each page.
func (s *Site) archive(w http.ResponseWriter, r *http.Request) {
	number := 1
	if asked := r.URL.Query().Get("page"); asked != "" {
		var err error
		if number, err = strconv.Atoi(asked); err != nil || number < 1 || number > 1e6 {
			s.notFound(w, r)
			return
		}
	}
	past, all, err := hours.PublicArchive(r.Context(), s.o.Bot.View(), (number-1)*onOnePage, onOnePage)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	page := archivePage{Number: number, Of: max(1, (all+onOnePage-1)/onOnePage), All: all}
	if number > page.Of {
		s.notFound(w, r)
		return
	}
	if number > 1 {
		page.Newer = archivePath(number - 1)
	}
	if number < page.Of {
		page.Older = archivePath(number + 1)
	}
	page.Months = byMonth(datedHours(past))
	f, err := s.frame(r.Context(), "Archive", page)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f.About, f.Path = "Transcripts of past data hours, with the words of the people who agreed to be shown.", archivePath(number)
	s.show(w, r, "archive.html", f)
}

func archivePath(page int) string {
	if page == 1 {
		return "/archive"
	}
	return "/archive?page=" + strconv.Itoa(page)
}

func datedHours(pages []hours.Page) (items []dated) {
	for _, p := range pages {
		items = append(items, datedHour(p))
	}
	return items
}

// datedHour is an hour in a list of dates.
func datedHour(p hours.Page) dated {
	d := dated{Kind: "Data hour", Title: p.Title, URL: "/hour/" + p.ID, Start: p.Start, End: p.End, Zone: p.Zone, Live: p.State == hours.Open}
	switch {
	case p.State == hours.Closed && p.Messages == 0:
		d.Facts = "Nothing was said, in " + join(p.Rooms) + "."
	case p.State == hours.Closed:
		d.Facts = count(p.People, "person", "people") + ", " + count(p.Messages, "message", "messages") + ", in " + join(p.Rooms) + "."
	default:
		d.Facts = "In " + join(p.Rooms) + "."
	}
	if who := hosts(p.Hosts); who != "" {
		d.Facts += " Hosted by " + who + "."
	}
	return d
}
