package mattermost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
	"datahour/bot/bottest"
)

// Ids of the scripted server. Real ones are 26 letters and digits too.
const (
	botID   = "botbotbotbotbotbotbotbotbo"
	adaID   = "adaadaadaadaadaadaadaadaad"
	timID   = "timtimtimtimtimtimtimtimti"
	robotID = "robotrobotrobotrobotrobotr"
	teamID  = "teamteamteamteamteamteamte"
	dataID  = "datadatadatadatadatadatada"
	extraID = "extraextraextraextraextrae" // public, the bot is not in it
	hostsID = "hostshostshostshostshostsh" // private, the bot is not in it
	token   = "secret-token-of-the-bot"
)

// server is a small Mattermost: the part of its REST API and web socket that the
// bot uses, with its oddities, which goes wrong when told to.
type server struct {
	t        *testing.T
	http     *httptest.Server
	hook     *httptest.Server // the bot's own address, for callbacks
	callers  *http.Client     // with which the server makes them
	chat     *Chat
	logs     *lockedWriter
	patience time.Duration

	mu         sync.Mutex
	changed    chan struct{} // closed and replaced after every call
	count      int
	clock      int64
	users      map[string]user
	channels   map[string]channel
	members    map[string]bool // channels where the bot is
	posts      []*posted
	pending    map[string]string
	ephemeral  []outgoingPost
	answers    []model.CommandResponse // through answer addresses
	commands   []*model.Command
	dialogs    []model.OpenDialogRequest
	mischief   []bottest.Mischief
	requests   int                     // of posts, edits and deletions
	calls      map[string]int          // by method and pattern
	refusals   map[string]*statusError // by method and pattern
	revoked    bool
	away       bool
	late       time.Duration // what comes late comes so long after it was given up
	mayWhisper bool
	held       chan struct{} // posts wait for it, when not nil
	socket
}

// newServer starts the server and a bot that knows it. change may alter the
// options.
func newServer(t *testing.T, change ...func(*Options)) *server {
	t.Helper()
	s := newServerOn(t, nil, nil)
	s.connect(change...)
	return s
}

// newServerOn starts the server alone: on the machine's own network, or on one in
// memory, with another on which the bot can be reached.
func newServerOn(t *testing.T, here, hooks *bottest.Network) *server {
	t.Helper()
	s := &server{t: t, patience: patience, callers: http.DefaultClient, changed: make(chan struct{}), logs: &lockedWriter{}, users: map[string]user{}, channels: map[string]channel{}, members: map[string]bool{}, pending: map[string]string{},
		calls: map[string]int{}, refusals: map[string]*statusError{}}
	for _, u := range []user{
		{ID: botID, Username: "datahour", IsBot: true},
		{ID: adaID, Username: "ada", FirstName: "Ada", LastName: "Lovelace", Timezone: map[string]string{"useAutomaticTimezone": "true", "automaticTimezone": "America/New_York"}},
		{ID: timID, Username: "tim.b", Nickname: "Tim", Timezone: map[string]string{"useAutomaticTimezone": "false", "manualTimezone": "Not/AZone"}},
		{ID: robotID, Username: "robot", IsBot: true},
	} {
		s.users[u.ID] = u
	}
	s.channels[dataID] = channel{ID: dataID, Team: teamID, Type: public, Name: "data"}
	s.channels[extraID] = channel{ID: extraID, Team: teamID, Type: public, Name: "extra"}
	s.channels[hostsID] = channel{ID: hostsID, Team: teamID, Type: private, Name: "hosts"}
	s.members[dataID] = true
	s.http = startOn(here, s.handler())
	s.hook = startOn(hooks, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		chat := s.chat
		s.mu.Unlock()
		http.StripPrefix("/mm", chat.Routes()).ServeHTTP(w, r)
	}))
	if hooks != nil {
		s.callers = &http.Client{Transport: &http.Transport{DialContext: hooks.Dial, DisableKeepAlives: true}}
	}
	t.Cleanup(func() {
		s.mu.Lock()
		all := s.all
		s.mu.Unlock()
		for _, conn := range all {
			_ = conn.CloseNow()
		}
		s.hook.Close()
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

func startOn(network *bottest.Network, h http.Handler) *httptest.Server {
	srv := httptest.NewUnstartedServer(h)
	if network != nil {
		_ = srv.Listener.Close()
		srv.Listener = network
	}
	srv.Start()
	return srv
}

// connect makes a bot that knows the server, in the place of the one before.
func (s *server) connect(change ...func(*Options)) {
	s.t.Helper()
	o := Options{Name: "charities", URL: s.http.URL, Token: token, Team: "charities", CallbackURL: s.hook.URL + "/mm", Secret: "signing-secret",
		Ping: time.Hour, Log: slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&o)
	}
	chat, err := New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chat = chat
}

type lockedWriter struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// log is what was logged until now, at all levels.
func (s *server) log() string {
	s.logs.mu.Lock()
	defer s.logs.mu.Unlock()
	return s.logs.b.String()
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// register makes the bot register these commands, as the core does at its start.
func (s *server) register(names ...string) {
	s.t.Helper()
	var rows []bot.RowInfo
	for _, name := range names {
		rows = append(rows, bot.RowInfo{Name: name, Usage: name + " [title]", Summary: "Does " + name})
	}
	if err := s.chat.Register(s.t.Context(), rows); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) newID() string {
	s.count++
	return fmt.Sprintf("%026d", s.count)
}

// now never says the same twice, so that what is strictly later can be told.
func (s *server) now() int64 {
	s.clock = max(s.clock+1, time.Now().UnixMilli())
	return s.clock
}

func (s *server) post(id string) *posted {
	i := slices.IndexFunc(s.posts, func(p *posted) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return s.posts[i]
}

// What people do.

func (s *server) Room() bot.RoomID   { return "charities:" + dataID }
func (s *server) Person() bot.UserID { return "charities:" + adaID }

func (s *server) Say(thread bot.MessageID, text string) bot.MessageID {
	return s.says(posted{UserID: adaID, ChannelID: dataID, RootID: thread.Rest(), Message: text})
}

// says makes a message of anybody's, as it is.
func (s *server) says(p posted) bot.MessageID {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.ID, p.CreateAt = s.newID(), s.now()
	p.UpdateAt = p.CreateAt
	s.posts = append(s.posts, &p)
	s.tellPosted(p)
	return bot.MessageID("charities:" + p.ID)
}

func (s *server) tellPosted(p posted) {
	ch := s.channels[p.ChannelID]
	s.tell("posted", map[string]any{"post": asString(p), "channel_type": ch.Type, "channel_name": ch.Name, "sender_name": "@somebody",
		"mentions": asString([]string{botID}), "team_id": ch.Team, "set_online": true}, p.ChannelID)
}

func (s *server) Change(id bot.MessageID, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.post(id.Rest())
	old := *p
	old.ID, old.OriginalID = s.newID(), p.ID
	p.Message, p.EditAt = text, s.now()
	p.UpdateAt = p.EditAt
	old.DeleteAt, old.UpdateAt = p.EditAt, p.EditAt
	s.posts = append(s.posts, &old) // the server keeps what was said before
	s.tell("post_edited", map[string]any{"post": asString(*p)}, p.ChannelID)
}

func (s *server) Remove(id bot.MessageID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.post(id.Rest())
	told := *p // as it stood, without its DeleteAt
	p.DeleteAt = s.now()
	p.UpdateAt = p.DeleteAt
	s.tell("post_deleted", map[string]any{"post": asString(told), "delete_by": p.UserID}, p.ChannelID)
}

func (s *server) react(id bot.MessageID, user, emoji string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.post(id.Rest())
	r := reaction{UserID: user, PostID: p.ID, EmojiName: emoji, CreateAt: s.now()}
	r.UpdateAt, p.UpdateAt = r.CreateAt, r.CreateAt
	p.Metadata.Reactions = append(p.Metadata.Reactions, r)
	s.tell("reaction_added", map[string]any{"reaction": asString(r)}, p.ChannelID)
}

func (s *server) unreact(id bot.MessageID, user, emoji string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.post(id.Rest())
	p.Metadata.Reactions = nil
	p.UpdateAt = s.now()
	s.tell("reaction_removed", map[string]any{"reaction": asString(reaction{UserID: user, PostID: p.ID, EmojiName: emoji, UpdateAt: p.UpdateAt})}, p.ChannelID)
}

func (s *server) Command(line string) { s.commandBy(adaID, line, nil) }

// commandBy types a command, and gives the answer that the person sees. more
// changes what is sent.
func (s *server) commandBy(who, line string, more url.Values) (model.CommandResponse, int) {
	s.t.Helper()
	trigger, text, _ := strings.Cut(line, " ")
	s.mu.Lock()
	form := url.Values{"team_id": {teamID}, "team_domain": {"charities"}, "channel_id": {dataID}, "channel_name": {"data"}, "user_id": {who},
		"user_name": {s.users[who].Username}, "command": {"/" + trigger}, "text": {text}, "trigger_id": {"trigger" + s.newID()}, "root_id": {""},
		"response_url": {"https://outside.example/hooks/commands/hook" + s.newID()}}
	address := ""
	for _, cmd := range s.commands {
		if cmd.Trigger == trigger {
			form.Set("token", cmd.Token)
			address = cmd.URL
		}
	}
	s.mu.Unlock()
	for name, values := range more {
		form[name] = values
	}
	if address == "" {
		s.t.Fatalf("nobody registered /%s", trigger)
	}
	resp, err := s.callers.PostForm(address, form)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer model.CommandResponse
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusOK && json.Unmarshal(body, &answer) != nil {
		s.t.Fatalf("a command was answered with %q", body)
	}
	return answer, resp.StatusCode
}

// press presses on an action of an attachment, as this person.
func (s *server) press(who, postID string, a *model.PostAction, chosen string) (map[string]any, int) {
	s.t.Helper()
	context := map[string]any{}
	for k, v := range a.Integration.Context {
		context[k] = v
	}
	if chosen != "" {
		context["selected_option"] = chosen
	}
	s.mu.Lock()
	ch := dataID
	if p := s.post(postID); p != nil {
		ch = p.ChannelID
	}
	req := model.PostActionIntegrationRequest{UserId: who, ChannelId: ch, ChannelName: s.channels[ch].Name, PostId: postID, TriggerId: "trigger" + s.newID(), Type: a.Type, Context: context}
	s.mu.Unlock()
	return s.callback(a.Integration.URL, req)
}

// submit sends off the form that was opened last.
func (s *server) submit(who string, values map[string]any) (map[string]any, int) {
	s.t.Helper()
	d := s.lastDialog()
	return s.callback(d.URL, model.SubmitDialogRequest{Type: "dialog_submission", CallbackId: d.Dialog.CallbackId, State: d.Dialog.State, UserId: who,
		ChannelId: dataID, TeamId: teamID, Submission: values})
}

func (s *server) lastDialog() model.OpenDialogRequest {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.dialogs) == 0 {
		s.t.Fatal("no form was opened")
	}
	return s.dialogs[len(s.dialogs)-1]
}

func (s *server) callback(address string, body any) (map[string]any, int) {
	s.t.Helper()
	resp, err := s.callers.Post(address, "application/json", strings.NewReader(asString(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := map[string]any{}
	b, _ := io.ReadAll(resp.Body)
	if resp.StatusCode == http.StatusOK && json.Unmarshal(b, &answer) != nil {
		s.t.Fatalf("a callback was answered with %q", b)
	}
	return answer, resp.StatusCode
}

// What stands there.

func (s *server) Posts() []bottest.ServerPost {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []bottest.ServerPost
	for _, p := range s.posts {
		if p.UserID == botID && p.ChannelID == dataID && p.DeleteAt == 0 {
			thread := bot.MessageID("")
			if p.RootID != "" {
				thread = bot.MessageID("charities:" + p.RootID)
			}
			all = append(all, bottest.ServerPost{ID: bot.MessageID("charities:" + p.ID), Thread: thread, Words: p.Message})
		}
	}
	return all
}

func (s *server) Whispers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, p := range s.ephemeral {
		all = append(all, p.Message)
	}
	for _, p := range s.posts {
		if p.UserID == botID && s.channels[p.ChannelID].Type == direct {
			all = append(all, p.Message)
		}
	}
	return all
}

func (s *server) Next(m ...bottest.Mischief) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mischief = append(s.mischief, m...)
}

func (s *server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *server) called(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[what]
}

func (s *server) refuses(what string, status int, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[what] = &statusError{code: status, name: name}
	if status == 0 {
		delete(s.refusals, what)
	}
}

func asString(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
