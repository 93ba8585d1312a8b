package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"rsc.io/qr/coding"

	"datahour/bot/hours"
)

// slidePage is what a host shows on a wall, so that people in the room can follow.
type slidePage struct {
	hours.Page
	Short string // address as it is read out: without https://
	Code  template.HTML
}

// slide is a page to be shown on a wall: what the hour is, and where.
func (s *Site) slide(w http.ResponseWriter, r *http.Request) {
	page, ok := s.visitedPage(w, r, r.PathValue("id"))
	if !ok {
		return
	}
	address := s.shortAddress(page.ID)
	code, err := qrCode(address)
	content := slidePage{Page: page, Short: strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), Code: template.HTML(code)}
	s.page(w, r, "slide.html", page.Title, about(page), content, err)
}

// code is the QR code alone, for somebody's own slides.
func (s *Site) code(w http.ResponseWriter, r *http.Request) {
	page, ok := s.visitedPage(w, r, r.PathValue("id"))
	if !ok {
		return
	}
	svg, err := qrCode(s.shortAddress(page.ID))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	send(w, r, "image/svg+xml", []byte(svg))
}

// short leads from the address on a slide to the page.
func (s *Site) short(w http.ResponseWriter, r *http.Request) {
	if page, ok := s.visitedPage(w, r, strings.ToLower(r.PathValue("id"))); ok { // as people type it
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, "/hour/"+page.ID, http.StatusFound)
	}
}

func (s *Site) shortAddress(id string) string { return s.o.Bot.PublicURL() + "/h/" + id }

// quietZone is how many modules around a code stay white: ISO 18004 asks for four.
const quietZone = 4

// qrCode draws an address as SVG, black on white in dark mode too: many readers
// take nothing else.
func qrCode(address string) (string, error) {
	text, level, version := coding.String(address), coding.M, coding.Version(coding.MinVersion)
	for version < coding.MaxVersion && text.Bits(version) > version.DataBytes(level)*8 {
		version++
	}
	plan, err := coding.NewPlan(version, level, 0)
	if err != nil {
		return "", fmt.Errorf("making a QR code: %w", err)
	}
	code, err := plan.Encode(text)
	if err != nil {
		return "", fmt.Errorf("making a QR code: %w", err)
	}
	size := code.Size + 2*quietZone
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size, size, size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
