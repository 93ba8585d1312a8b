package slack

import (
	"cmp"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"datahour/bot/bottest"
)

// The secrets of the fake workspace; none may be seen in a log.
const (
	botToken      = "xoxb-seeded-bot-token"
	appToken      = "xapp-seeded-app-token"
	signingSecret = "seeded-signing-secret"
	socketTicket  = "seeded-socket-ticket"
)

// fakeSlack is a workspace: the Web API over HTTP and Socket Mode over a
// websocket. It keeps what is posted, lets people act, and goes wrong when told to.
// What people do while nobody is connected is lost, as it is with Slack.
type fakeSlack struct {
	t      testing.TB
	server *httptest.Server

	mu        sync.Mutex
	count     int
	messages  []*fakeMessage
	whispers  []fakeWhisper
	responses []map[string]any // to response_urls
	views     []map[string]any // opened or published
	calls     []fakeCall
	channels  []map[string]any
	users     []map[string]any
	sockets   []*websocket.Conn
	silent    *atomic.Bool // of the newest socket
	dials     int
	pings     int
	acks      []map[string]any
	acked     chan struct{} // closed and replaced at every acknowledgement
	mischief  []bottest.Mischief
	twice     bool
	errors    map[string][]string // by method: the errors that its next calls get
	limited   map[string]int      // by method: how many calls are answered with 429
	hold      map[string]chan struct{}
	dead      map[string]bool // tokens that are refused
	notFound  bool
	socketURL string // where sockets are said to be; "": here
	breaks    bool   // NoAnswer breaks the connection, so that nobody has to wait
	mute      bool   // pings are not answered and nothing is sent: a silent death
	again     bool   // events that were not acknowledged come again on the next socket
	unacked   []fakeEvent
	patience  time.Duration // how long await waits
	delay     time.Duration // after which a request that comesLate has its effect
	out       bool          // the bot is not in C0DATA, and hears nothing of it
	swap      bool          // the next event comes after the one that follows it
	swapped   []byte
	pageSize  int
}

type fakeMessage struct {
	Type     string           `json:"type"`
	Channel  string           `json:"-"`
	Subtype  string           `json:"subtype,omitempty"`
	User     string           `json:"user"`
	BotID    string           `json:"bot_id,omitempty"`
	Text     string           `json:"text"`
	TS       string           `json:"ts"`
	ThreadTS string           `json:"thread_ts,omitempty"`
	Blocks   json.RawMessage  `json:"blocks,omitempty"`
	Metadata json.RawMessage  `json:"metadata,omitempty"`
	Edited   map[string]any   `json:"edited,omitempty"`
	Replies  int              `json:"reply_count,omitempty"`
	Latest   string           `json:"latest_reply,omitempty"`
	Reacted  []map[string]any `json:"reactions,omitempty"`
}

type fakeWhisper struct{ channel, user, thread, text string }

// comesLate is a request that has its effect when the client has given it up.
const comesLate bottest.Mischief = "comes late"

// fakeEvent is an event that was sent, under the id of its envelope.
type fakeEvent struct {
	id      string
	payload any
}

type fakeCall struct {
	method string
	values url.Values
}

func newFake(t testing.TB) *fakeSlack { return newFakeOn(t, nil) }

// newFakeOn is a workspace on a network of the test's; nil is the machine's.
func newFakeOn(t testing.TB, network net.Listener) *fakeSlack {
	f := &fakeSlack{t: t, patience: patience, pageSize: 2, acked: make(chan struct{}), errors: map[string][]string{}, limited: map[string]int{}, hold: map[string]chan struct{}{}, dead: map[string]bool{},
		channels: []map[string]any{{"id": "C0DATA", "name": "data", "is_member": true}, {"id": "C0HELP", "name": "help"}, {"id": "G0PRIV", "name": "organisers", "is_private": true, "is_member": true}},
		users: []map[string]any{
			{"id": "U0ADA", "name": "ada", "tz": "Europe/London", "profile": map[string]any{"display_name": "Ada"}},
			{"id": "U0GRACE", "name": "grace", "profile": map[string]any{"real_name": "Grace"}},
			{"id": "U0GUEST", "name": "guest", "is_restricted": true, "profile": map[string]any{"display_name": "Guest"}},
			{"id": "U0ONE", "name": "one", "is_restricted": true, "is_ultra_restricted": true}, {"id": "U0ELSE", "name": "else", "is_stranger": true, "team_id": "T9"},
			{"id": "U0ADMIN", "name": "admin", "is_admin": true, "is_owner": true, "is_primary_owner": true},
			{"id": "U0BOT", "name": "datahour", "is_bot": true}, {"id": "U0GONE", "name": "gone", "deleted": true}, {"id": "USLACKBOT", "name": "slackbot"},
		}}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", f.serveAPI)
	mux.HandleFunc("/socket", f.serveSocket)
	mux.HandleFunc("/respond/{id}", f.serveRespond)
	f.server = httptest.NewUnstartedServer(mux)
	if network != nil {
		_ = f.server.Listener.Close()
		f.server.Listener = network
	}
	f.server.Start()
	t.Cleanup(func() {
		f.Cut()
		f.server.CloseClientConnections()
		f.server.Close()
		if network != nil {
			time.Sleep(2 * time.Minute) // longer than an unused connection is kept; in a bubble of time
		}
	})
	return f
}

func (f *fakeSlack) options() Options {
	return Options{Name: "defra", BotToken: botToken, AppToken: appToken, SigningSecret: signingSecret, APIURL: f.server.URL + "/api/"}
}

func (f *fakeSlack) ts() string {
	f.count++
	return stamp(time.Now().Add(time.Duration(f.count) * time.Microsecond))
}

func (f *fakeSlack) serveAPI(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	body, _ := io.ReadAll(r.Body)
	values, _ := url.ParseQuery(string(body))
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		values = url.Values{"json": {string(body)}}
	}
	token := cmp.Or(values.Get("token"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	f.mu.Lock()
	f.calls = append(f.calls, fakeCall{method, values})
	hold := f.hold[method]
	f.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.notFound {
		http.NotFound(w, r)
		return
	}
	want := botToken
	if method == "apps.connections.open" {
		want = appToken
	}
	if token != want || f.dead[token] {
		f.say(w, map[string]any{"ok": false, "error": "invalid_auth"})
		return
	}
	if f.limited[method] > 0 {
		f.limited[method]--
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if codes := f.errors[method]; len(codes) > 0 {
		f.errors[method] = codes[1:]
		if codes[0] != "" {
			f.say(w, map[string]any{"ok": false, "error": codes[0]})
			return
		}
	}
	way := bottest.Mischief("")
	if (method == "chat.postMessage" || method == "chat.update" || method == "chat.delete") && len(f.mischief) > 0 {
		way, f.mischief = f.mischief[0], f.mischief[1:]
	}
	switch way {
	case bottest.TooMany:
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case bottest.FailsBefore:
		http.Error(w, "<html>no</html>", http.StatusBadGateway)
		return
	}
	if way == comesLate {
		delay := f.delay
		f.mu.Unlock()
		<-r.Context().Done()
		time.Sleep(delay) // in a bubble of time
		f.mu.Lock()
		f.do(method, values)
		return
	}
	answer := f.do(method, values)
	switch way {
	case bottest.FailsAfter:
		http.Error(w, "<html>no</html>", http.StatusInternalServerError)
		return
	case bottest.NoAnswer:
		if f.breaks {
			panic(http.ErrAbortHandler)
		}
		f.mu.Unlock()
		<-r.Context().Done()
		f.mu.Lock()
		return
	}
	if code, failed := answer["error"]; failed && code != "" {
		answer["ok"] = false
	} else {
		answer["ok"] = true
	}
	f.say(w, answer)
}

func (f *fakeSlack) say(w http.ResponseWriter, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fakeSlack) do(method string, v url.Values) map[string]any {
	channel := v.Get("channel")
	if f.out && channel == "C0DATA" && (method == "chat.postMessage" || strings.HasPrefix(method, "conversations.")) {
		if method != "conversations.join" {
			return map[string]any{"error": "not_in_channel"}
		}
		f.invite()
	}
	switch method {
	case "auth.test":
		return map[string]any{"user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T0"}
	case "apps.connections.open":
		return map[string]any{"url": cmp.Or(f.socketURL, strings.Replace(f.server.URL, "http", "ws", 1)+"/socket?ticket="+socketTicket)}
	case "chat.postMessage":
		if !f.isChannel(channel) {
			return map[string]any{"error": "channel_not_found"}
		}
		m := &fakeMessage{Type: "message", Channel: channel, User: "U0BOT", BotID: "B0BOT", Text: v.Get("text"), TS: f.ts(), ThreadTS: v.Get("thread_ts"),
			Blocks: json.RawMessage(cmp.Or(v.Get("blocks"), "[]")), Metadata: json.RawMessage(cmp.Or(v.Get("metadata"), "{}"))}
		f.add(m)
		f.emit(f.messageEvent(m))
		return map[string]any{"channel": channel, "ts": m.TS}
	case "chat.update":
		m := f.message(channel, v.Get("ts"))
		if m == nil {
			return map[string]any{"error": "message_not_found"}
		}
		before := f.messageEvent(m)
		m.Text, m.Blocks, m.Metadata = v.Get("text"), json.RawMessage(cmp.Or(v.Get("blocks"), "[]")), json.RawMessage(cmp.Or(v.Get("metadata"), "{}"))
		m.Edited = map[string]any{"user": m.User, "ts": f.ts()}
		f.emit(f.changeEvent(m, before))
		return map[string]any{"channel": channel, "ts": m.TS, "text": m.Text}
	case "chat.delete":
		m := f.message(channel, v.Get("ts"))
		if m == nil {
			return map[string]any{"error": "message_not_found"}
		}
		f.drop(channel, m.TS)
		f.emit(f.deletionEvent(m))
		return map[string]any{"channel": channel, "ts": v.Get("ts")}
	case "chat.postEphemeral":
		f.whispers = append(f.whispers, fakeWhisper{channel, v.Get("user"), v.Get("thread_ts"), v.Get("text")})
		f.changed()
		return map[string]any{"message_ts": f.ts()}
	case "conversations.history", "conversations.replies":
		return f.page(method, v)
	case "conversations.list":
		return map[string]any{"channels": f.channels}
	case "conversations.open":
		return map[string]any{"channel": map[string]any{"id": "D" + strings.TrimPrefix(v.Get("users"), "U")}}
	case "conversations.join":
		return map[string]any{"channel": map[string]any{"id": channel}}
	case "users.list":
		return map[string]any{"members": f.users}
	case "users.info":
		for _, u := range f.users {
			if u["id"] == v.Get("user") {
				return map[string]any{"user": u}
			}
		}
		return map[string]any{"error": "user_not_found"}
	case "views.open", "views.publish":
		var body map[string]any
		_ = json.Unmarshal([]byte(v.Get("json")), &body)
		f.views = append(f.views, body)
		f.changed()
		return map[string]any{"view": map[string]any{"id": "V1"}}
	}
	f.t.Errorf("the fake has no %s", method)
	return map[string]any{"error": "unknown_method"}
}

func (f *fakeSlack) isChannel(id string) bool {
	return isDirect(id) || slices.ContainsFunc(f.channels, func(c map[string]any) bool { return c["id"] == id })
}

func (f *fakeSlack) message(channel, ts string) *fakeMessage {
	for _, m := range f.messages {
		if m.Channel == channel && m.TS == ts {
			return m
		}
	}
	return nil
}

func (f *fakeSlack) add(m *fakeMessage) {
	f.messages = append(f.messages, m)
	f.changed()
	if first := f.message(m.Channel, m.ThreadTS); first != nil && first != m {
		first.Replies++
		first.Latest = m.TS
		first.ThreadTS = first.TS
	}
}

func (f *fakeSlack) drop(channel, ts string) {
	if m := f.message(channel, ts); m != nil {
		if first := f.message(channel, m.ThreadTS); first != nil && first != m {
			first.Replies--
		}
	}
	f.messages = slices.DeleteFunc(f.messages, func(m *fakeMessage) bool { return m.Channel == channel && m.TS == ts })
}

// page answers like Slack: history newest first and without replies, a thread
// oldest first and with its first message.
func (f *fakeSlack) page(method string, v url.Values) map[string]any {
	var all []*fakeMessage
	first := v.Get("ts")
	for _, m := range f.messages {
		if m.Channel != v.Get("channel") || m.TS < v.Get("oldest") && m.TS != first {
			continue
		}
		reply := m.ThreadTS != "" && m.ThreadTS != m.TS
		if method == "conversations.history" && !reply || method == "conversations.replies" && (m.TS == first || m.ThreadTS == first) {
			copied := *m
			if v.Get("include_all_metadata") != "1" && v.Get("include_all_metadata") != "true" {
				copied.Metadata = nil
			}
			all = append(all, &copied)
		}
	}
	if method == "conversations.replies" && f.message(v.Get("channel"), first) == nil {
		return map[string]any{"error": "thread_not_found"}
	}
	if method == "conversations.history" {
		slices.Reverse(all)
	}
	if cursor := v.Get("cursor"); cursor != "" { // the message with which the page begins, so that none moves between pages
		all = slices.DeleteFunc(all, func(m *fakeMessage) bool {
			return method == "conversations.history" && m.TS > cursor || method == "conversations.replies" && m.TS < cursor
		})
	}
	next := ""
	if len(all) > f.pageSize {
		next = all[f.pageSize].TS
		all = all[:f.pageSize]
	}
	return map[string]any{"messages": all, "has_more": next != "", "response_metadata": map[string]any{"next_cursor": next}}
}
