package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Against clients that take their time on purpose; the server's own limits are
// for the head of a request.
const (
	bodyWithin  = 10 * time.Second // for what is sent to us
	writeAnswer = time.Minute      // for what we send; a live stream has a limit for each message
)

// guarded are the headers of every answer: a browser is to do no more with it than the pages
// need. They follow the OWASP Secure Headers Project.
var guarded = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY", // for browsers that do not know frame-ancestors
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Origin-Agent-Cluster":         "?1",
	"Permissions-Policy":           "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
}

// onlyHTTPS asks browsers to come by https alone; said where our address is one.
const onlyHTTPS = "max-age=31536000"

// ServeHTTP answers with headers that let a browser do no more than the pages need.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, value := range guarded {
		h.Set(name, value)
	}
	if strings.HasPrefix(s.o.Bot.PublicURL(), "https:") {
		h.Set("Strict-Transport-Security", onlyHTTPS)
	}
	limit := http.NewResponseController(w) // not every writer can; then the server's own limits hold
	limit.SetWriteDeadline(time.Now().Add(writeAnswer))
	if r.ContentLength != 0 { // without a body, a limit for reading would end a stream
		limit.SetReadDeadline(time.Now().Add(bodyWithin))
	}
	s.mux.ServeHTTP(w, r)
}

// previews are what shows a page's title where somebody shares its address. They
// list nothing, and ask robots.txt all the same.
var previews = []string{"Slackbot", "Slackbot-LinkExpanding", "Twitterbot", "facebookexternalhit", "LinkedInBot", "Discordbot", "WhatsApp", "TelegramBot", "Mattermost-Bot"}

// robots keeps search engines away unless the community lets them in.
func (s *Site) robots(w http.ResponseWriter, r *http.Request) {
	c, err := s.o.Bot.Community(r.Context())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	private := "Disallow: /desk\nDisallow: /metrics\n"
	if c.Policy.Indexed {
		fmt.Fprint(w, "User-agent: *\n"+private)
		return
	}
	for _, agent := range previews {
		fmt.Fprintf(w, "User-agent: %s\n", agent)
	}
	fmt.Fprint(w, private+"\nUser-agent: *\nDisallow: /\n")
}
