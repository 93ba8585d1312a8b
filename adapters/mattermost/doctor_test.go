package mattermost

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// office is what the doctor asks a server beside what the bot does.
type office struct {
	ahead    time.Duration // of its clock
	member   []string      // permissions of team_user
	reaches  bool          // this machine
	noSocket bool
	server   *server
}

// before stands before the scripted server at target.
func (o *office) before(t *testing.T, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.HandleFunc("GET /api/v4/system/ping", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a ping with a token")
		}
		w.Header().Set("Date", time.Now().Add(o.ahead).UTC().Format(http.TimeFormat))
		reply(w, map[string]string{"status": "OK"})
	})
	mux.HandleFunc("GET /api/v4/teams/{team}/members/{user}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, map[string]string{"roles": "team_user"})
	})
	mux.HandleFunc("POST /api/v4/roles/names", func(w http.ResponseWriter, r *http.Request) {
		var names []string
		if err := json.NewDecoder(r.Body).Decode(&names); err != nil || strings.Join(names, " ") != "team_user channel_user" {
			t.Errorf("asked for the roles %v, %v", names, err)
		}
		reply(w, []map[string]any{{"name": "team_user", "permissions": o.member}})
	})
	mux.HandleFunc("POST /api/v4/commands/execute", o.execute)
	if o.noSocket {
		mux.HandleFunc("/api/v4/websocket", http.NotFound)
	}
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return front.URL
}

// execute calls the bot as the server does when somebody types a command, if it
// can reach it.
func (o *office) execute(w http.ResponseWriter, r *http.Request) {
	var typed struct {
		Channel string `json:"channel_id"`
		Command string
	}
	if err := json.NewDecoder(r.Body).Decode(&typed); err != nil || typed.Channel != dataID {
		fail(w, http.StatusBadRequest, "api.context.invalid_body_param.app_error")
		return
	}
	if !o.reaches {
		fail(w, http.StatusInternalServerError, "api.command.execute_command.failed.app_error")
		return
	}
	answer, status := o.server.commandBy(botID, strings.TrimPrefix(typed.Command, "/"), nil)
	if status != http.StatusOK {
		fail(w, http.StatusInternalServerError, "api.command.execute_command.failed_resp.app_error")
		return
	}
	reply(w, answer)
}

// offers makes the server have a command of the bot's.
func offers(s *server) {
	s.commands = append(s.commands, s.chat.commands([]bot.RowInfo{{Name: "my"}}, self{id: botID, team: teamID})...)
	s.commands[0].CreatorId, s.commands[0].Token = botID, "command-token"
}

func TestCheck(t *testing.T) {
	well := office{member: []string{"join_public_channels", "create_post_ephemeral"}, reaches: true}
	for name, c := range map[string]struct {
		office  func(*office)
		spoil   func(*server)
		about   string
		verdict bot.Verdict
		words   string
	}{
		"a server":             {nil, nil, "server", bot.Fine, "answers"},
		"clocks agree":         {nil, nil, "clock", bot.Fine, "agrees"},
		"a clock that is late": {func(o *office) { o.ahead = time.Hour }, nil, "clock", bot.Broken, "apart from theirs"},
		"a token":              {nil, nil, "token and team", bot.Fine, "@datahour is in the team charities"},
		"a revoked token":      {nil, func(s *server) { s.revoked = true }, "token and team", bot.Broken, "make a new one"},
		"no member": {nil, func(s *server) {
			s.refusals["GET /teams/name/charities"] = &statusError{code: http.StatusForbidden}
		}, "token and team", bot.Broken, "has to add @datahour"},
		"no commands yet": {nil, nil, "commands", bot.Fine, "when the bot starts"},
		"commands":        {nil, offers, "commands", bot.Fine, "registered"},
		"commands that lead elsewhere": {nil, func(s *server) {
			offers(s)
			s.commands[0].URL = "https://old.example/command"
		}, "commands", bot.Warning, "lead to https://old.example/command"},
		"no right to commands": {nil, func(s *server) { s.refusals["GET /commands"] = &statusError{code: http.StatusForbidden} }, "commands", bot.Warning, "Make team admin"},
		"may join":             {nil, nil, "rights", bot.Fine, "may join public channels"},
		"may not join":         {func(o *office) { o.member = []string{"view_team"} }, nil, "rights", bot.Warning, "grant its role join_public_channels"},
		"may whisper":          {nil, nil, "private answers", bot.Fine, "at any time"},
		"may not whisper":      {func(o *office) { o.member = []string{"join_public_channels"} }, nil, "private answers", bot.Fine, "unless an administrator grants create_post_ephemeral"},
		"a socket":             {nil, nil, "socket", bot.Fine, "says hello"},
		"no socket":            {func(o *office) { o.noSocket = true }, nil, "socket", bot.Broken, "status 404"},
		"called from here":     {nil, nil, "callback from here", bot.Fine, "leads to the bot"},
		"called back":          {nil, offers, "callback from the server", bot.Fine, "reaches the bot"},
		"not called back":      {func(o *office) { o.reaches = false }, offers, "callback from the server", bot.Broken, "Allow untrusted internal connections"},
		"nothing to try":       {nil, nil, "callback from the server", bot.Warning, "cannot be tried"},
		"the bot does not run": {nil, func(s *server) { s.hook.Close() }, "callback from here", bot.Warning, "Start the bot"},
		"nor for the server": {func(o *office) { o.reaches = false }, func(s *server) {
			offers(s)
			s.hook.Close()
		}, "callback from the server", bot.Warning, "Start the bot and look again"},
	} {
		t.Run(name, func(t *testing.T) {
			at := well
			if c.office != nil {
				c.office(&at)
			}
			s := newServer(t, func(o *Options) { o.URL = at.before(t, o.URL) })
			at.server = s
			e := &ear{} // the bot beside which the doctor looks
			if !at.noSocket {
				e = listen(t, s, nil)
			}
			if c.spoil != nil {
				s.mu.Lock()
				c.spoil(s)
				s.mu.Unlock()
			}
			o := s.chat.o
			doctor, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			before := len(s.commands)
			checks := doctor.Check(t.Context())
			finds(t, checks, c.about, c.verdict, c.words)
			s.mu.Lock()
			defer s.mu.Unlock()
			e.mu.Lock()
			defer e.mu.Unlock()
			if len(e.heard) > 0 || len(s.commands) != before || len(s.posts) > 0 || s.requests > 0 {
				t.Error("something was changed")
			}
			for _, c := range checks {
				if strings.Contains(c.Found+c.Do, token) {
					t.Errorf("a secret was told: %+v", c)
				}
			}
		})
	}
}

func finds(t *testing.T, checks bot.Checks, about string, verdict bot.Verdict, words string) {
	t.Helper()
	for _, c := range checks {
		if c.About == "charities: "+about {
			if c.Verdict != verdict || !strings.Contains(c.Found+" "+c.Do, words) || (c.Do == "") != (verdict == bot.Fine) {
				t.Errorf("%s: found %+v, want %s with %q", about, c, verdict, words)
			}
			return
		}
	}
	t.Errorf("nothing was found about %s: %+v", about, checks)
}

// The callback address is proved by the token, and by nothing less.
func TestAnotherBotAtTheCallback(t *testing.T) {
	at := office{}
	var o Options
	s := newServer(t, func(made *Options) {
		made.URL = at.before(t, made.URL)
		o = *made
	})
	o.CallbackURL = s.hook.URL + "/mm"
	o.Token = "another-token"
	other, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	var checks bot.Checks
	other.checkCallback(t.Context(), &checks)
	finds(t, checks, "callback from here", bot.Warning, "does not lead to a bot with this token")
	if resp, err := http.Get(s.hook.URL + "/mm" + doctorPath + "?q=" + strings.Repeat("x", 101)); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a long question: %v, %v", resp, err)
	}
}

func TestName(t *testing.T) {
	s := newServer(t)
	if name, err := s.chat.Name(t.Context()); name != "Charities & friends" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
}
