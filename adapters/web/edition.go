package web

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"datahour/bot"
	"datahour/bot/newsletter"
)

// editionRoutes are the pages of the newsletter, and of those who contribute.
func (s *Site) editionRoutes() {
	s.handle("GET /editions", s.editions)
	s.handle("GET /editions.atom", s.editionFeed)
	s.handle("GET /edition/{file}", s.edition)
	s.handle("GET /contributors", s.contributors)
	s.shareRoutes()
}

// editionOutputs are the forms of an edition besides the page, by their ending. HTML
// to paste is shown as the text that it is.
var editionOutputs = map[string]struct {
	kind  string
	write func(newsletter.Page) []byte
}{
	"md":   {"text/markdown; charset=utf-8", newsletter.Markdown},
	"html": {"text/plain; charset=utf-8", newsletter.HTML},
	"txt":  {"text/plain; charset=utf-8", newsletter.Text},
}

// draftName stands for the edition that is coming, for whoever has its key.
const draftName = "draft"

// editionPage is one edition as its page shows it.
type editionPage struct {
	newsletter.Page
	Files string // its address without an ending
	Query string // "?key=…" of a draft
}

// Draft tells that it is not published.
func (p editionPage) Draft() bool { return p.Out.IsZero() }

// edition shows an edition, or gives it in another form.
func (s *Site) edition(w http.ResponseWriter, r *http.Request) {
	name, ending, other := strings.Cut(r.PathValue("file"), ".")
	out, known := editionOutputs[ending]
	if other && !known {
		s.notFound(w, r)
		return
	}
	var p editionPage
	var ok bool
	var err error
	if name == draftName {
		key := r.URL.Query().Get("key")
		p.Page, ok, err = newsletter.PublicDraft(r.Context(), s.o.Bot, key)
		p.Query = "?key=" + key
	} else if number, bad := strconv.Atoi(name); bad == nil && strconv.Itoa(number) == name {
		p.Page, ok, err = newsletter.Public(r.Context(), s.o.Bot, number)
	}
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.notFound(w, r)
		return
	}
	if p.Draft() {
		w.Header().Set("X-Robots-Tag", "noindex")
		w.Header().Set("Referrer-Policy", "no-referrer") // the address is the key
	}
	if other {
		w.Header().Set("X-Robots-Tag", "noindex")
		send(w, r, out.kind, out.write(p.Page))
		return
	}
	p.Files = "/edition/" + name
	f, err := s.frame(r.Context(), "Edition "+strconv.Itoa(p.Number), p)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	f.About = bot.ClipTo(strings.Join(strings.Fields(p.Intro), " "), 200)
	s.show(w, r, "edition.html", f)
}

// editions lists all that were published.
func (s *Site) editions(w http.ResponseWriter, r *http.Request) {
	list, err := newsletter.PublicList(r.Context(), s.o.Bot.View())
	s.page(w, r, "editions.html", "Newsletter", "What members tell each other.", list, err)
}

// contributors lists who agreed to be named, and what they did.
func (s *Site) contributors(w http.ResponseWriter, r *http.Request) {
	list, err := newsletter.PublicContributors(r.Context(), s.o.Bot.View())
	s.page(w, r, "contributors.html", "Contributors", "Who did what for the others, as they agreed to be named.", list, err)
}

// editionsFed is how many editions the feed has, in full.
const editionsFed = 10

// editionFeed tells feed readers of editions. Unlike the feed of data hours it has
// people's words, since they shared them to be read; an edition that is corrected,
// or from which somebody was erased, comes with its new content under the same id.
func (s *Site) editionFeed(w http.ResponseWriter, r *http.Request) {
	pages, err := newsletter.PublicLatest(r.Context(), s.o.Bot, editionsFed)
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
	f := atomFeed{Lang: "en-GB", ID: base + "/editions", Title: c.Name + ": newsletter", Updated: "1970-01-01T00:00:00Z", Author: atomAuthor{c.Name}, Rights: c.Policy.Licence, Icon: base + s.icon,
		Links: []atomLink{{"self", base + "/editions.atom", "application/atom+xml"}, {"alternate", base + "/editions", "text/html"}}}
	for _, p := range pages {
		at := base + p.Path()
		e := atomEntry{ID: at, Title: p.Title(), Links: []atomLink{{"alternate", at, "text/html"}}, Updated: atomTime(p.Changed), Content: &atomContent{"html", string(newsletter.HTML(p))}}
		f.Entries = append(f.Entries, e)
		f.Updated = max(f.Updated, e.Updated)
	}
	out, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	send(w, r, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), append(out, '\n')...))
}

// atomContent is an entry in full.
type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}
