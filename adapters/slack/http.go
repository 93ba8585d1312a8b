package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"
)

const (
	maxBody      = 1 << 20          // bytes of a request
	replayKept   = 11 * time.Minute // a signature is good for five minutes on either side of its time
	eventWithin  = 2500 * time.Millisecond
	signedHeader = "X-Slack-Signature"
)

// Routes are the three addresses that Slack calls in HTTP mode: POST /events,
// /commands and /interactivity. Mount them below a path of the platform's own.
// Each request is signed; what is not, is old or was taken before is refused.
// While this process stands by it answers 503.
func (c *Chat) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /events", c.signed(c.httpEvent))
	mux.HandleFunc("POST /commands", c.signed(c.httpCommand))
	mux.HandleFunc("POST /interactivity", c.signed(c.httpInteraction))
	return mux
}

// signed lets through what Slack signed and what was not taken before. A request
// that was not taken may come again.
func (c *Chat) signed(next func(w http.ResponseWriter, s *session, body []byte) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "the request cannot be read", http.StatusBadRequest)
			return
		}
		verifier, err := slackapi.NewSecretsVerifier(r.Header, c.o.SigningSecret)
		if err == nil {
			if _, err = verifier.Write(body); err == nil {
				err = verifier.Ensure()
			}
		}
		if err != nil {
			c.log.Warn("a request was refused: not signed by Slack with this app's secret, or older than five minutes", "path", r.URL.Path)
			http.Error(w, "not signed", http.StatusUnauthorized)
			return
		}
		s := c.running.Load()
		if s == nil {
			http.Error(w, "standing by", http.StatusServiceUnavailable)
			return
		}
		signature := strings.ToLower(r.Header.Get(signedHeader)) // read as hexadecimal, so its letters may be either
		if !c.replays.claim(signature) {
			c.log.Warn("a request was refused: it was taken before", "path", r.URL.Path)
			http.Error(w, "taken before", http.StatusUnauthorized)
			return
		}
		taken := false
		defer func() {
			if !taken {
				c.replays.forget(signature)
			}
		}()
		var panicked error
		func() {
			defer c.contain("answering "+r.URL.Path, &panicked)
			taken = next(w, s, body)
		}()
		if panicked != nil {
			http.Error(w, "it went wrong", http.StatusInternalServerError)
		}
	}
}

func (c *Chat) httpEvent(w http.ResponseWriter, s *session, body []byte) bool {
	var outer callback
	if json.Unmarshal(body, &outer) != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return false
	}
	if outer.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, outer.Challenge)
		return true
	}
	stored := make(chan error, 1)
	c.event(s, outer.Event, 1, func(err error) { stored <- err })
	late := time.NewTimer(eventWithin)
	defer late.Stop()
	select {
	case err := <-stored:
		if err == nil {
			return true // 200, with nothing to say
		}
	case <-late.C: // it may yet be stored; coming again does no harm
	}
	http.Error(w, "not stored; send it again", http.StatusServiceUnavailable)
	return false
}

func (c *Chat) httpCommand(w http.ResponseWriter, s *session, body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return false
	}
	if form.Get("ssl_check") == "1" {
		return true
	}
	c.respond(w, c.slash(s, slashCommand{ChannelID: form.Get("channel_id"), UserID: form.Get("user_id"), UserName: form.Get("user_name"), Command: form.Get("command"),
		Text: form.Get("text"), ResponseURL: form.Get("response_url"), TriggerID: form.Get("trigger_id")}))
	return true
}

func (c *Chat) httpInteraction(w http.ResponseWriter, s *session, body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return false
	}
	taken := true
	c.interact(s, json.RawMessage(form.Get("payload")), func(payload any, err error) {
		if err != nil {
			taken = false
			http.Error(w, "not taken", http.StatusServiceUnavailable)
			return
		}
		c.respond(w, payload)
	})
	return taken
}

// respond acknowledges: with an empty answer, or with JSON.
func (c *Chat) respond(w http.ResponseWriter, payload any) {
	if payload == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	raw, written := payload.(json.RawMessage)
	var err error
	if !written {
		raw, err = json.Marshal(payload)
	}
	if err == nil {
		_, err = w.Write(raw)
	}
	if err != nil {
		c.log.Warn("an acknowledgement could not be written", "err", err)
	}
}

// replays remembers the signatures of requests that were taken.
type replays struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// claim tells whether a signature is new, and remembers it.
func (r *replays) claim(signature string) bool {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	if now.Sub(r.swept) > time.Minute {
		r.swept = now
		for s, until := range r.until {
			if now.After(until) {
				delete(r.until, s)
			}
		}
	}
	if now.Before(r.until[signature]) {
		return false
	}
	r.until[signature] = now.Add(replayKept)
	return true
}

func (r *replays) forget(signature string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, signature)
}
