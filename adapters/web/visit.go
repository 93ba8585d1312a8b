package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"datahour/bot"
	"datahour/bot/hours"
)

// What visitors may send. Nothing is stored about them but the name that they
// give and their words; no cookie is set, and addresses are forgotten.
const (
	biggestVisit  = 16 << 10         // bytes of a whole form
	visitEvery    = 20 * time.Second // one message from one address this often
	visitBurst    = 4                // and so many at once: a family, an office behind one address
	visitorsKept  = 10_000           // addresses whose rate is remembered
	trap          = "website"        // a field that people do not see, and machines fill in
	visitNameMost = 60               // characters, as the command takes
	visitWordMost = 2000
)

// visitForm is "Ask or answer" as it is shown: empty, or with what was typed and
// what is wrong with it.
type visitForm struct {
	Hour                         string
	Name, Words                  string
	NameWrong, WordsWrong, Wrong string
	NameMost, WordsMost          int
}

func newVisitForm(hour string) visitForm {
	return visitForm{Hour: hour, NameMost: visitNameMost, WordsMost: visitWordMost}
}

// visit takes what a visitor says in an hour: it becomes a command, as everything
// that people do, from a person of the platform "web" who exists for this once.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	page, ok, err := s.pages.get(r.Context(), id)
	switch {
	case err != nil:
		s.failed(w, r, err)
		return
	case !ok:
		s.notFound(w, r)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, biggestVisit)
	if err := r.ParseForm(); err != nil {
		s.problem(w, r, http.StatusRequestEntityTooLarge, "That is too long", "A message can have up to 2,000 characters. Go back, and send a shorter one.")
		return
	}
	form := newVisitForm(id)
	form.Name, form.Words = strings.TrimSpace(r.PostForm.Get("name")), strings.TrimSpace(r.PostForm.Get("words"))
	if r.PostForm.Get(trap) != "" { // a machine: it is told what a person is told, and nothing happens
		s.visited(w, r, page, "Thank you.")
		return
	}
	if !s.visitors.allow(r.RemoteAddr) {
		form.Wrong = "That was quick. Please wait half a minute, and send it again."
		s.again(w, r, page, form, http.StatusTooManyRequests)
		return
	}
	// The same words with the same name are one message, however often the button is pressed.
	sum := sha256.Sum256([]byte(id + "\x00" + form.Name + "\x00" + form.Words))
	reply, err := s.o.Bot.Receive(r.Context(), bot.Inbound{
		ID: "visit:" + hex.EncodeToString(sum[:12]), Kind: bot.Command, From: bot.UserID(bot.Web + ":" + strings.ToLower(rand.Text())), At: s.now(),
		Text: "datahour visit " + id, Form: map[string]string{"name": form.Name, "words": form.Words},
	})
	switch {
	case errors.Is(err, bot.ErrStandby):
		w.Header().Set("Retry-After", "5")
		form.Wrong = "Not sent: we are just handing over to another machine. Please send it again in a few seconds."
		s.again(w, r, page, form, http.StatusServiceUnavailable)
	case err != nil:
		s.failed(w, r, err)
	case len(reply.Errors) > 0:
		form.NameWrong, form.WordsWrong, form.Wrong = reply.Errors["name"], reply.Errors["words"], reply.Errors[""]
		s.again(w, r, page, form, http.StatusUnprocessableEntity)
	case reply.Post == nil:
		s.visited(w, r, page, "Thank you.")
	default:
		s.visited(w, r, page, reply.Post.Text)
	}
}

// visited tells what became of a visitor's message.
func (s *Site) visited(w http.ResponseWriter, r *http.Request, page hours.Page, words string) {
	s.answer(w, r, page, "visited.html", struct {
		Hour  string
		Words template.HTML
	}{page.ID, markdown(words)}, http.StatusOK)
}

// again shows the form with what was typed and what is wrong with it.
func (s *Site) again(w http.ResponseWriter, r *http.Request, page hours.Page, form visitForm, status int) {
	s.answer(w, r, page, "visit.html", form, status)
}

func (s *Site) answer(w http.ResponseWriter, r *http.Request, page hours.Page, name string, content any, status int) {
	f, err := s.frame(r.Context(), page.Title, content)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	var body strings.Builder
	if err := s.templates.ExecuteTemplate(&body, name, f); err != nil {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(body.String()))
}

// visitors remember, for a short while and in memory alone, how often an address
// has sent something.
type visitors struct {
	mu    sync.Mutex
	rates map[string]*rate.Limiter
}

func (v *visitors) allow(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rates == nil || len(v.rates) >= visitorsKept {
		v.rates = map[string]*rate.Limiter{}
	}
	l := v.rates[host]
	if l == nil {
		l = rate.NewLimiter(rate.Every(visitEvery), visitBurst)
		v.rates[host] = l
	}
	return l.Allow()
}
