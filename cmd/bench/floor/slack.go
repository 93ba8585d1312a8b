package floor

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	slackapi "github.com/slack-go/slack"
)

// Sign gives the headers with which Slack signs a request; none without a secret.
func Sign(body, secret string) http.Header {
	if secret == "" {
		return nil
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	sum := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(sum, "v0:"+at+":"+body) // a hash takes everything
	return http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(sum.Sum(nil))}}
}

// verify is what slack-go gives for checking a signature, and leaves the body to
// be read again.
func verify(r *http.Request, secret string) error {
	if secret == "" {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	verifier, err := slackapi.NewSecretsVerifier(r.Header, secret)
	if err != nil {
		return err
	}
	if _, err := verifier.Write(body); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return verifier.Ensure()
}

// Workspace is as little of a Slack workspace as a bot needs to be at work in it:
// one room C1, its people, a socket, and posts, of which it keeps nothing.
type Workspace struct {
	URL string // of the Web API, with a slash at its end

	server *httptest.Server
	posted func(words string, at time.Time)
	mu     sync.Mutex
	count  int
	socket *websocket.Conn
}

// NewWorkspace serves a workspace on loopback. posted is told the text of each
// post, and when its request was there.
func NewWorkspace(posted func(words string, at time.Time)) *Workspace {
	w := &Workspace{posted: posted}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.call)
	mux.HandleFunc("/socket", w.listen)
	w.server = httptest.NewServer(mux)
	w.URL = w.server.URL + "/api/"
	return w
}

// Close ends it.
func (w *Workspace) Close() {
	w.mu.Lock()
	if w.socket != nil {
		_ = w.socket.CloseNow()
	}
	w.mu.Unlock()
	w.server.CloseClientConnections()
	w.server.Close()
}

func (w *Workspace) call(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(rw, "not a form", http.StatusBadRequest)
		return
	}
	now := time.Now()
	answer := map[string]any{"ok": true}
	switch r.PathValue("method") {
	case "auth.test":
		answer["user_id"], answer["bot_id"], answer["team_id"], answer["team"] = "U0BOT", "B0BOT", "T1", "Bench"
	case "apps.connections.open":
		answer["url"] = "ws" + strings.TrimPrefix(w.server.URL, "http") + "/socket"
	case "conversations.list":
		answer["channels"] = []any{map[string]any{"id": "C1", "name": "data", "is_member": true}}
	case "conversations.open":
		answer["channel"] = map[string]any{"id": "D1"}
	case "users.list":
		answer["members"] = []any{}
	case "users.info":
		answer["user"] = map[string]any{"id": r.Form.Get("user"), "name": "person"}
	case "conversations.history":
		answer["messages"] = []any{}
	case "chat.postMessage":
		w.mu.Lock()
		answer["channel"], answer["ts"] = r.Form.Get("channel"), w.ts()
		w.mu.Unlock()
		w.posted(r.Form.Get("text"), now)
	}
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(answer) // a bot that went away is the measurement's to report
}

func (w *Workspace) ts() string {
	w.count++
	return fmt.Sprintf("%d.%06d", time.Now().Unix(), w.count)
}

func (w *Workspace) listen(rw http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(rw, r, nil)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.socket = conn
	w.mu.Unlock()
	for {
		if _, _, err := conn.Read(context.Background()); err != nil { // acknowledgements
			return
		}
	}
}

// Connected tells whether a bot listens.
func (w *Workspace) Connected() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.socket != nil
}

// Say lets somebody say words in the room, and tells when they were sent.
func (w *Workspace) Say(ctx context.Context, user, words string) (time.Time, error) {
	w.mu.Lock()
	ts, socket := w.ts(), w.socket
	w.mu.Unlock()
	frame, err := json.Marshal(map[string]any{"type": "events_api", "envelope_id": ts, "payload": map[string]any{"type": "event_callback",
		"event": map[string]any{"type": "message", "channel": "C1", "channel_type": "channel", "user": user, "text": words, "ts": ts, "event_ts": ts}}})
	if err != nil {
		return time.Time{}, err
	}
	now := time.Now()
	return now, socket.Write(ctx, websocket.MessageText, frame)
}

// SlackRelay measures what two workspaces take by themselves: it reads what is
// said in one and posts it in the other, and does nothing else.
func SlackRelay(ctx context.Context, messages int) (Spread, error) {
	arrived := make(chan time.Time, 1)
	from, to := NewWorkspace(nil), NewWorkspace(func(_ string, at time.Time) { arrived <- at })
	defer from.Close()
	defer to.Close()
	conn, _, err := websocket.Dial(ctx, from.server.URL+"/socket", nil)
	if err != nil {
		return Spread{}, fmt.Errorf("opening a socket: %w", err)
	}
	defer conn.CloseNow()
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- relay(ctx, conn, to.URL) }()
	defer func() { stop(); <-ended }()
	for !from.Connected() { // as soon as it has accepted
		time.Sleep(time.Millisecond)
	}
	took := make([]time.Duration, messages)
	for n := range took {
		said, err := from.Say(ctx, "U1", fmt.Sprintf("words %d", n))
		if err != nil {
			return Spread{}, fmt.Errorf("saying something: %w", err)
		}
		select {
		case at := <-arrived:
			took[n] = at.Sub(said)
		case e := <-ended:
			ended <- e
			return Spread{}, fmt.Errorf("relaying: %w", e)
		}
	}
	return SpreadOf(took), nil
}

func relay(ctx context.Context, conn *websocket.Conn, api string) error {
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var e struct {
			Payload struct{ Event struct{ Text string } }
		}
		if err := json.Unmarshal(frame, &e); err != nil {
			return err
		}
		form := url.Values{"channel": {"C1"}, "text": {e.Payload.Event.Text}}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, api+"chat.postMessage", strings.NewReader(form.Encode()))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
	}
}
