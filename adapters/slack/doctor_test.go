package slack

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// fronted puts a server before the fake workspace that says in its headers what
// Slack's does.
func fronted(t *testing.T, f *fakeSlack, scopes string, ahead time.Duration) string {
	target, err := url.Parse(f.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Set("X-OAuth-Scopes", scopes)
		r.Header.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		return nil
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL + "/api"
}

// finds fails unless what was found about something is so, and says so.
func finds(t *testing.T, checks bot.Checks, about string, verdict bot.Verdict, words string) {
	t.Helper()
	for _, c := range checks {
		if c.About == "defra: "+about {
			if c.Verdict != verdict || !strings.Contains(c.Found+" "+c.Do, words) || (c.Do == "") != (verdict == bot.Fine) {
				t.Errorf("%s: found %+v, want %s with %q", about, c, verdict, words)
			}
			return
		}
	}
	t.Errorf("nothing was found about %s: %+v", about, checks)
}

func TestCheck(t *testing.T) {
	all := strings.Join(Scopes(true), ",")
	without := func(scope string) string { return strings.ReplaceAll(all, scope, "other:scope") }
	for name, c := range map[string]struct {
		scopes  string
		ahead   time.Duration
		spoil   func(*fakeSlack)
		about   string
		verdict bot.Verdict
		words   string
	}{
		"a good token":          {all, 0, nil, "bot token", bot.Fine, "accepts it"},
		"a revoked token":       {all, 0, func(f *fakeSlack) { f.dead[botToken] = true }, "bot token", bot.Broken, "invalid_auth) Install the app again"},
		"nothing there":         {all, 0, func(f *fakeSlack) { f.notFound = true }, "Web API", bot.Broken, "status 404"},
		"all scopes":            {all, 0, nil, "scopes", bot.Fine, "all 11"},
		"a scope lacks":         {without("chat:write"), 0, nil, "scopes", bot.Broken, "lacks chat:write"},
		"no private rooms":      {without("groups:read"), 0, nil, "scopes", bot.Warning, "groups:read, so I neither see"},
		"scopes are not told":   {"", 0, nil, "scopes", bot.Warning, "does not tell"},
		"clocks agree":          {all, 0, nil, "clock", bot.Fine, "agrees"},
		"a clock that is late":  {all, 30 * time.Second, nil, "clock", bot.Warning, "early or late"},
		"a clock an hour early": {all, -time.Hour, nil, "clock", bot.Broken, "apart from theirs"},
		"a good app token":      {all, 0, nil, "app token", bot.Fine, "accepts it"},
		"a revoked app token":   {all, 0, func(f *fakeSlack) { f.dead[appToken] = true }, "app token", bot.Broken, "connections:write"},
		"no Socket Mode":        {all, 0, func(f *fakeSlack) { f.errors["apps.connections.open"] = []string{"forbidden_team"} }, "socket", bot.Broken, "Switch Socket Mode on"},
		"a socket":              {all, 0, nil, "socket", bot.Fine, "127.0.0.1 answers; not opened"},
		"a socket out of reach": {all, 0, func(f *fakeSlack) { f.socketURL = "ws://127.0.0.1:1/secret-ticket" }, "socket", bot.Broken, "127.0.0.1:1 (firewall"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			if c.spoil != nil {
				c.spoil(f)
			}
			o := f.options()
			o.APIURL = fronted(t, f, c.scopes, c.ahead)
			checks := newChat(t, o).Check(t.Context())
			finds(t, checks, c.about, c.verdict, c.words)
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.dials != 0 {
				t.Error("a socket was opened")
			}
			for _, call := range f.calls {
				if call.method != "auth.test" && call.method != "apps.connections.open" {
					t.Errorf("%s was called", call.method)
				}
			}
			for _, c := range checks {
				for _, secret := range []string{botToken, appToken, signingSecret, socketTicket, "secret-ticket"} {
					if strings.Contains(c.Found+c.Do, secret) {
						t.Errorf("a secret was told: %+v", c)
					}
				}
			}
		})
	}
}

func TestCheckOfACallback(t *testing.T) {
	overHTTP := func(o *Options) { o.AppToken = "" }
	r := running(t, overHTTP)
	mux := http.NewServeMux()
	mux.Handle("/slack/defra/", http.StripPrefix("/slack/defra", r.c.Routes()))
	mux.HandleFunc("/elsewhere/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	asleep := newRig(t, overHTTP)
	mux.Handle("/asleep/", http.StripPrefix("/asleep", asleep.c.Routes()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	o := r.options()
	doctor := newChat(t, o)
	finds(t, doctor.CheckCallback(t.Context(), server.URL+"/slack/defra"), "callback", bot.Fine, "leads to the bot")
	finds(t, doctor.CheckCallback(t.Context(), server.URL+"/elsewhere"), "callback", bot.Broken, "does not lead to the bot (status 200)")
	finds(t, doctor.CheckCallback(t.Context(), server.URL+"/nowhere"), "callback", bot.Broken, "status 404")
	finds(t, doctor.CheckCallback(t.Context(), server.URL+"/asleep"), "callback", bot.Warning, "does not listen")
	finds(t, doctor.CheckCallback(t.Context(), "http://127.0.0.1:1"), "callback", bot.Broken, "Start the bot")
	o.SigningSecret = "another-secret"
	finds(t, newChat(t, o).CheckCallback(t.Context(), server.URL+"/slack/defra"), "callback", bot.Broken, "another signing secret")
	r.hear.Lock()
	defer r.hear.Unlock()
	if len(r.heard) != 0 {
		t.Errorf("the bot heard %+v", r.heard)
	}
}

func TestName(t *testing.T) {
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"ok":true,"team":"Environment & Rural Affairs","user_id":"U1"}`))
	})
	if name, err := c.Name(t.Context()); name != "Environment & Rural Affairs" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
}
