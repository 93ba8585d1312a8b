package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"datahour/adapters/slack"
	"datahour/bot"
)

// examined runs the doctor over what is set, and gives its status and lines.
func examined(t *testing.T, args ...string) (status int, out string) {
	t.Helper()
	var printed, problems printed
	status = run(append([]string{"doctor"}, args...), terminal{&printed, &problems})
	for _, secret := range []string{"xoxb-1-2-abc", "xapp-1-A1-2-abc", "9xuqwrwgstrb3mzrxb83nb357a", "ticket"} {
		if strings.Contains(printed.String()+problems.String(), secret) {
			t.Errorf("a secret was told:\n%s%s", &printed, &problems)
		}
	}
	return status, printed.String()
}

func wants(t *testing.T, out string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !regexp.MustCompile("(?m)^" + line).MatchString(out) {
			t.Errorf("no line like %q in\n%s", line, out)
		}
	}
}

// One platform that is well, one that is away and one whose token is none: each
// is told by itself.
func TestDoctorOfPlatforms(t *testing.T) {
	withTwo(t)
	t.Setenv("DATAHOUR_DATA_DIR", t.TempDir())
	t.Setenv("DATAHOUR_ADDR", "127.0.0.1:1")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-OAuth-Scopes", strings.Join(slack.Scopes(true), ","))
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "team": "Defra Family", "url": "ws://" + r.Host + "/?ticket=ticket"})
	}))
	t.Cleanup(server.Close)
	t.Setenv("DATAHOUR_SLACK_DEFRA_API_URL", server.URL)
	t.Setenv("DATAHOUR_MATTERMOST_CHARITIES_URL", "http://127.0.0.1:1")
	t.Setenv("DATAHOUR_SLACK", "defra,ons")
	t.Setenv("DATAHOUR_SLACK_ONS_BOT_TOKEN", "not-a-token")
	t.Setenv("DATAHOUR_SLACK_ONS_APP_TOKEN", "xapp-1-A1-2-abc")
	status, out := examined(t)
	if status != 1 {
		t.Errorf("status %d", status)
	}
	wants(t, out,
		`ok       defra: bot token +Slack accepts it, for the workspace Defra Family`, `ok       defra: scopes`, `ok       defra: app token`, `ok       defra: socket`,
		`ok       defra: organisers +2 named`, `wrong    ons: settings .*begins with xoxb-`, `warning  ons: organisers .*DATAHOUR_SLACK_ONS_ORGANISERS`,
		`wrong    charities: server +http://127.0.0.1:1 cannot be reached`, `warning  running bot +nothing answers`, `warning  public address .*PUBLIC_URL`)
	status, out = examined(t, "--json")
	var told struct {
		OK     bool
		Checks bot.Checks
	}
	if err := json.Unmarshal([]byte(out), &told); status != 1 || err != nil || told.OK || len(told.Checks) < 10 {
		t.Errorf("status %d, %v: %s", status, err, out)
	}
}

// Over HTTP the callback is tried under the public address.
func TestDoctorOfACallback(t *testing.T) {
	withTwo(t)
	t.Setenv("DATAHOUR_DATA_DIR", t.TempDir())
	t.Setenv("DATAHOUR_ADDR", "127.0.0.1:1")
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": true})
	}))
	t.Cleanup(server.Close)
	t.Setenv("DATAHOUR_PUBLIC_URL", server.URL+"/hours")
	t.Setenv("DATAHOUR_SLACK_DEFRA_API_URL", server.URL+"/api")
	os.Unsetenv("DATAHOUR_SLACK_DEFRA_APP_TOKEN") // withTwo puts it back
	t.Setenv("DATAHOUR_SLACK_DEFRA_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")
	t.Setenv("DATAHOUR_MATTERMOST_CHARITIES_URL", "http://127.0.0.1:1")
	_, out := examined(t)
	wants(t, out, `wrong    defra: callback .*/hours/slack/defra does not lead to the bot \(status 200\)`)
	close(asked)
	var paths []string
	for path := range asked {
		paths = append(paths, path)
	}
	if got := strings.Join(paths, " "); !strings.Contains(got, "/hours/slack/defra/events") {
		t.Errorf("asked for %s", got)
	}
}

// A platform that its adapter does not take stops no other.
func TestAMisconfiguredPlatformStopsNoOther(t *testing.T) {
	withTwo(t)
	t.Setenv("DATAHOUR_SLACK_DEFRA_BOT_TOKEN", "not-a-token")
	c, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	var log printed
	chats, err := c.realChats(newLog(c, terminal{err: &log}), nil)
	if err != nil || len(chats) != 2 || chats[0].Platform() != "defra" {
		t.Fatalf("%v, %v", chats, err)
	}
	if err := chats[0].Run(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "begins with xoxb-") {
		t.Errorf("it ends with %v", err)
	}
	if !strings.Contains(log.String(), "platform=defra") || strings.Contains(log.String(), "not-a-token") {
		t.Errorf("logged %s", &log)
	}
}
