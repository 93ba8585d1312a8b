package web

import (
	"encoding/xml"
	"net/http"
	"time"

	"datahour/bot/hours"
	"datahour/bot/when"
)

// latestFed is how many past hours the feed tells.
const latestFed = 20

// feed tells feed readers of hours that were announced and of transcripts: RFC
// 4287. It holds neither names nor what was said, since what a feed reader has
// read once cannot be taken back; the page has them, as long as people agree.
func (s *Site) feed(w http.ResponseWriter, r *http.Request) {
	lists, err := hours.PublicList(r.Context(), s.o.Bot.View(), latestFed)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	c, err := s.o.Bot.Community(r.Context())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	base := s.o.Bot.PublicURL()
	f := atomFeed{Lang: "en-GB", ID: base + "/", Title: c.Name, Updated: atomTime(time.Unix(0, 0)), Author: atomAuthor{c.Name}, Rights: c.Policy.Licence, Icon: base + s.icon,
		Links: []atomLink{{"self", base + "/feed.atom", "application/atom+xml"}, {"alternate", base + "/", "text/html"}}}
	for _, list := range [][]hours.Page{lists.Upcoming, lists.Live, lists.Closed} {
		for _, p := range list {
			e := atomHour(base, p)
			f.Entries = append(f.Entries, e)
			f.Updated = max(f.Updated, e.Updated)
		}
	}
	out, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	send(w, r, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), append(out, '\n')...))
}

// atomHour is an hour that was announced, or, under another id, its transcript:
// readers show what they know already only once.
func atomHour(base string, p hours.Page) atomEntry {
	at := base + "/hour/" + p.ID
	e := atomEntry{ID: at, Title: p.Title, Links: []atomLink{{"alternate", at, "text/html"}}, Updated: atomTime(p.Changed), Summary: about(p)}
	if p.State != hours.Closed {
		e.Title += ": " + when.Format(p.Start, p.Zone)
		return e
	}
	e.ID += "#transcript"
	e.Title += ": transcript"
	e.Updated = atomTime(p.End)
	return e
}

// atomTime is in UTC, so that texts compare as times do.
func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Rights  string      `xml:"rights,omitempty"`
		Icon    string      `xml:"icon"`
		Entries []atomEntry `xml:"entry"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
		Type string `xml:"type,attr"`
	}
	atomEntry struct {
		ID      string       `xml:"id"`
		Title   string       `xml:"title"`
		Links   []atomLink   `xml:"link"`
		Updated string       `xml:"updated"`
		Summary string       `xml:"summary,omitempty"`
		Content *atomContent `xml:"content,omitempty"` // nil: the page alone has it
	}
)
