package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datahour/bot"
)

// withTwo configures a workspace and a team.
func withTwo(t *testing.T) {
	t.Helper()
	withoutOurs(t)
	for name, value := range map[string]string{
		"SLACK": "defra", "SLACK_DEFRA_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_DEFRA_APP_TOKEN": "xapp-1-A1-2-abc", "SLACK_DEFRA_ORGANISERS": "U1, U2",
		"MATTERMOST": "charities", "MATTERMOST_CHARITIES_URL": "https://chat.example.org", "MATTERMOST_CHARITIES_TOKEN": "9xuqwrwgstrb3mzrxb83nb357a", "MATTERMOST_CHARITIES_TEAM": "charities",
	} {
		t.Setenv(prefix+"_"+name, value)
	}
}

func TestRealPlatforms(t *testing.T) {
	withTwo(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("xoxb-from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	os.Unsetenv(prefix + "_SLACK_DEFRA_BOT_TOKEN")
	t.Setenv(prefix+"_SLACK_DEFRA_BOT_TOKEN_FILE", token)
	c, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.slack[0].BotToken != "xoxb-from-a-file" {
		t.Errorf("the token from a file is %q", c.slack[0].BotToken)
	}
	if c.playing() {
		t.Error("a playground beside real platforms")
	}
	if got := c.named()["defra"]; len(got) != 2 || got[1] != bot.UserID("defra:U2") {
		t.Errorf("organisers of defra: %v", got)
	}
	chats, err := c.realChats(nil, nil)
	if err != nil || len(chats) != 2 || chats[0].Platform() != "defra" || chats[1].Platform() != "charities" {
		t.Errorf("platforms: %v, %v", chats, err)
	}
}

// Two teams with one bot would both hear its direct messages.
func TestOneBotForTwoTeams(t *testing.T) {
	withTwo(t)
	t.Setenv(prefix+"_MATTERMOST", "charities,south")
	for name, value := range map[string]string{"URL": "https://chat.example.org", "TOKEN": "9xuqwrwgstrb3mzrxb83nb357a", "TEAM": "south"} {
		t.Setenv(prefix+"_MATTERMOST_SOUTH_"+name, value)
	}
	if _, err := readConfig(); err == nil || !strings.Contains(err.Error(), "DATAHOUR_MATTERMOST_SOUTH_TOKEN is that of charities too") || strings.Contains(err.Error(), "9xuq") {
		t.Errorf("it is told %v", err)
	}
}

func TestRealPlatformsRefused(t *testing.T) {
	for about, c := range map[string]struct{ name, value, want string }{
		"a capital":                   {"SLACK", "Defra", "small letters"},
		"a name twice":                {"SLACK", "defra,defra", "twice"},
		"the pages' own name":         {"MATTERMOST", "web", "public pages"},
		"a name on both":              {"MATTERMOST", "defra", "both name"},
		"one without its settings":    {"SLACK", "defra,ons", "DATAHOUR_SLACK_ONS_BOT_TOKEN is missing. Example"},
		"no way to listen":            {"SLACK_DEFRA_APP_TOKEN", "", "DATAHOUR_SLACK_DEFRA_APP_TOKEN"},
		"an unknown platform's":       {"SLACK_ONS_BOT_TOKEN", "xoxb-1", "is not a setting"},
		"a misspelt one":              {"SLACK_DEFRA_BOT_TOKN", "xoxb-1", "Did you mean DATAHOUR_SLACK_DEFRA_BOT_TOKEN"},
		"people with @":               {"SLACK_DEFRA_ORGANISERS", "@ada", "list of ids"},
		"a playground beside them":    {"PLAYGROUND_URL", "http://127.0.0.1:8090", "cannot stand beside"},
		"a token of several words":    {"MATTERMOST_CHARITIES_TOKEN", "two words", "tokens do not have"},
		"a server that is no address": {"MATTERMOST_CHARITIES_URL", "chat.example.org", "https://"},
	} {
		t.Run(about, func(t *testing.T) {
			withTwo(t)
			t.Setenv(prefix+"_"+c.name, c.value)
			_, err := readConfig()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s=%s: %v; want words %q", c.name, c.value, err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "xoxb-1-2-abc\"") || strings.Contains(err.Error(), "two words")) {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
}
