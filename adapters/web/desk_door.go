package web

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/community"
)

// door shows a button to whoever has a link, since what follows links to preview
// them would use up a key that is good once.
func (s *Site) door(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	s.private(w, masked(r), "door.html", "For organisers", key)
}

// enter uses up a key and begins a session.
func (s *Site) enter(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	r = masked(r)
	session := rand.Text()
	hash := community.HashOfPass(session)
	if couldBeKey(key) {
		if _, err := s.o.Bot.Receive(r.Context(), bot.Inbound{Kind: bot.Command, From: nobodyYet, At: s.now(), Text: "community web enter " + key + " " + hash}); err != nil {
			s.notNow(w, r, err)
			return
		}
	}
	_, until, ok, err := community.DeskOf(r.Context(), s.o.Bot, hash)
	switch {
	case err != nil:
		s.failed(w, r, err)
	case !ok:
		s.problem(w, r, http.StatusForbidden, "That link does not open anything", "It was used, or is older than ten minutes. In chat, /community web gives you another.")
	default:
		http.SetCookie(w, s.sessionCookie(session, until.Sub(s.now())))
		http.Redirect(w, r, community.DeskPath, http.StatusSeeOther)
	}
}

// nobodyYet acts for whoever holds a key, until it is known whose it is.
const nobodyYet = bot.UserID(bot.Web + ":desk")

// couldBeKey spares the store what people and robots make up.
func couldBeKey(key string) bool {
	return len(key) == len(rand.Text()) && strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// masked is a request without the key in its address, so that no log has it.
func masked(r *http.Request) *http.Request {
	copied := r.Clone(r.Context())
	copied.URL.Path, copied.URL.RawPath, copied.RequestURI = community.DeskPath+"/key", "", ""
	return copied
}

// sessionCookie keeps a session in a browser. Only our own pages, over https where
// our address is that, get it back; __Host- makes browsers insist.
func (s *Site) sessionCookie(session string, good time.Duration) *http.Cookie {
	c := &http.Cookie{Name: "desk", Value: session, Path: "/", MaxAge: int(good.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if good <= 0 {
		c.MaxAge = -1
	}
	if strings.HasPrefix(s.o.Bot.PublicURL(), "https:") {
		c.Name, c.Secure = "__Host-desk", true
	}
	return c
}

// organiser is whose session a request has, or it has answered that there is none.
func (s *Site) organiser(w http.ResponseWriter, r *http.Request) (who bot.UserID, until time.Time, ok bool) {
	var err error
	if c, none := r.Cookie(s.sessionCookie("", 0).Name); none == nil && couldBeKey(c.Value) {
		who, until, ok, err = community.DeskOf(r.Context(), s.o.Bot, community.HashOfPass(c.Value))
	}
	if err != nil {
		s.failed(w, r, err)
		return who, until, false
	}
	if !ok {
		s.problem(w, r, http.StatusForbidden, "For organisers", "In chat, /community web gives organisers a link to these pages. It is good once, and an hour later you are let out.")
	}
	return who, until, ok
}

func (s *Site) leaveDesk(w http.ResponseWriter, r *http.Request) {
	blank := s.sessionCookie("", 0)
	if c, none := r.Cookie(blank.Name); none == nil && couldBeKey(c.Value) {
		if _, err := s.o.Bot.Receive(r.Context(), bot.Inbound{Kind: bot.Command, From: nobodyYet, At: s.now(), Text: "community web leave " + community.HashOfPass(c.Value)}); err != nil {
			s.notNow(w, r, err)
			return
		}
		http.SetCookie(w, blank)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
