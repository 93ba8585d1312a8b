package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

func overHTTP(t *testing.T) *rig {
	return running(t, func(o *Options) { o.AppToken = "" })
}

// signedRequest is a request as Slack makes it.
func signedRequest(path, body, secret string, at time.Time) *http.Request {
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return req
}

func (r *rig) serve(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.c.Routes().ServeHTTP(w, req)
	return w
}

// post sends what Slack sends, signed now; count keeps two alike apart.
func (r *rig) post(path, body string) *httptest.ResponseRecorder {
	r.count++
	return r.serve(signedRequest(path, body, signingSecret, time.Now().Add(-time.Duration(r.count)*time.Second)))
}

func messageBody(eventID, ts, text string) string {
	b, _ := json.Marshal(map[string]any{"type": "event_callback", "event_id": eventID,
		"event": map[string]any{"type": "message", "channel": "C0DATA", "user": "U0ADA", "text": text, "ts": ts, "channel_type": "channel"}})
	return string(b)
}

func commandBody(trigger, text string) string {
	return url.Values{"command": {"/datahour"}, "text": {text}, "channel_id": {"C0DATA"}, "user_id": {"U0ADA"}, "user_name": {"ada"}, "trigger_id": {trigger}}.Encode()
}

func interactionBody(i map[string]any) string {
	b, _ := json.Marshal(i)
	return url.Values{"payload": {string(b)}}.Encode()
}

// Trap 7: every route takes what Slack signed within five minutes, once.
func TestSignatures(t *testing.T) {
	r := overHTTP(t)
	press := interactionBody(map[string]any{"type": "block_actions", "trigger_id": "T1", "user": map[string]any{"id": "U0ADA"}, "channel": map[string]any{"id": "C0DATA"},
		"actions": []any{map[string]any{"action_id": "button:0", "block_id": "b", "type": "button", "value": "datahour list"}}})
	for path, body := range map[string]string{"/events": messageBody("Ev1", "1700000000.000100", "hello"), "/commands": commandBody("T2", "list"), "/interactivity": press} {
		now := time.Now()
		spoilt := signedRequest(path, body, signingSecret, now)
		spoilt.Header.Set("X-Slack-Signature", "v0=00")
		unsigned := signedRequest(path, body, signingSecret, now)
		unsigned.Header.Del("X-Slack-Signature")
		changed := signedRequest(path, body, signingSecret, now)
		changed.Body = http.NoBody
		for name, req := range map[string]*http.Request{
			"forged": signedRequest(path, body, "another secret", now), "old": signedRequest(path, body, signingSecret, now.Add(-6*time.Minute)),
			"from the future": signedRequest(path, body, signingSecret, now.Add(6*time.Minute)), "spoilt": spoilt, "unsigned": unsigned, "changed": changed,
		} {
			if w := r.serve(req); w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s: %d", name, path, w.Code)
			}
		}
		if len(r.heard) != 0 {
			t.Fatalf("%s: something was handed in: %+v", path, r.heard)
		}
		if w := r.serve(signedRequest(path, body, signingSecret, now)); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		again := signedRequest(path, body, signingSecret, now)
		upper := signedRequest(path, body, signingSecret, now)
		upper.Header.Set("X-Slack-Signature", "v0="+strings.ToUpper(strings.TrimPrefix(upper.Header.Get("X-Slack-Signature"), "v0=")))
		for name, req := range map[string]*http.Request{"replayed": again, "replayed in capitals": upper} {
			if w := r.serve(req); w.Code != http.StatusUnauthorized {
				t.Errorf("%s %s: %d", name, path, w.Code)
			}
		}
		r.hear.Lock()
		if len(r.heard) != 1 {
			t.Errorf("%s: %d were handed in", path, len(r.heard))
		}
		r.heard = nil
		r.hear.Unlock()
	}
	if w := r.serve(httptest.NewRequest(http.MethodGet, "/events", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestURLVerification(t *testing.T) {
	r := overHTTP(t)
	if w := r.post("/events", `{"type":"url_verification","challenge":"echo me"}`); w.Code != http.StatusOK || w.Body.String() != "echo me" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

// What is not stored is not accepted, so that Slack sends it again; the same deed
// under another event id and signature is one deed.
func TestEventsComeAgain(t *testing.T) {
	r := overHTTP(t)
	r.answers(func(bot.Inbound) (bot.Reply, error) { return bot.Reply{}, errors.New("the store is away") })
	body := messageBody("Ev1", "1700000000.000100", "keep")
	req := time.Now()
	if w := r.serve(signedRequest("/events", body, signingSecret, req)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("not stored: %d", w.Code)
	}
	r.answers(nil)
	// Slack tries at once, which may be the same second and so the same signature.
	if w := r.serve(signedRequest("/events", body, signingSecret, req)); w.Code != http.StatusOK {
		t.Errorf("the second time: %d %s", w.Code, w.Body)
	}
	if w := r.post("/events", messageBody("Ev2", "1700000000.000100", "keep")); w.Code != http.StatusOK {
		t.Errorf("under another id: %d", w.Code)
	}
	if w := r.post("/events", `{"type":"event_callback","event":{"type":"brand_new"}}`); w.Code != http.StatusOK {
		t.Errorf("unknown: %d", w.Code)
	}
	r.hear.Lock()
	defer r.hear.Unlock()
	if len(r.heard) != 1 || r.heard[0].ID != "defra:msg:C0DATA:1700000000.000100" {
		t.Errorf("handed in: %+v", r.heard)
	}
}

func TestHTTPCommand(t *testing.T) {
	r := overHTTP(t)
	r.says(bot.Say("**Saved.**"))
	w := r.post("/commands", commandBody("T1", `new "Flood data" hosts=<@U0GRACE|grace>`))
	var got struct {
		Type   string `json:"response_type"`
		Text   string
		Blocks []map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got.Type != "ephemeral" || got.Text != "*Saved.*" || len(got.Blocks) != 1 {
		t.Errorf("%d %s %v", w.Code, w.Body, err)
	}
	in := r.hearsText(`datahour new "Flood data" hosts=<!user:defra:U0GRACE>`)
	if in.ID != "defra:command:T1" || in.Kind != bot.Command || in.Room != "defra:C0DATA" || in.From != "defra:U0ADA" || len(in.People) != 1 || in.People[0].Name != "ada" {
		t.Errorf("came as %+v", in)
	}
}

// A press that was not taken is refused, and may come again.
func TestHTTPPressNotTaken(t *testing.T) {
	r := overHTTP(t)
	r.answers(func(bot.Inbound) (bot.Reply, error) { return bot.Reply{}, errors.New("standing by") })
	press := interactionBody(map[string]any{"type": "block_actions", "trigger_id": "T1", "user": map[string]any{"id": "U0ADA"}, "channel": map[string]any{"id": "C0DATA"},
		"response_url": r.respondURL(), "actions": []any{map[string]any{"action_id": "button:0", "block_id": "b", "type": "button", "value": "datahour list"}}})
	if w := r.post("/interactivity", press); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
}

// Standing by, it answers 503, so that a balancer goes to the active process.
func TestStandingBy(t *testing.T) {
	r := newRig(t, func(o *Options) { o.AppToken = "" })
	if w := r.post("/events", messageBody("Ev1", "1700000000.000100", "x")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
	if w := r.serve(signedRequest("/events", "{}", "another", time.Now())); w.Code != http.StatusUnauthorized {
		t.Errorf("forged: %d", w.Code)
	}
}
