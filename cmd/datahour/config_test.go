package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// withoutOurs clears what the machine's own environment says to the program.
func withoutOurs(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if n, _, _ := strings.Cut(v, "="); strings.HasPrefix(n, prefix+"_") {
			t.Setenv(n, "") // so that it comes back afterwards
			os.Unsetenv(n)
		}
	}
}

func TestNothingHasToBeConfigured(t *testing.T) {
	withoutOurs(t)
	// envconfig by itself would take these, without our prefix.
	t.Setenv("REDIS_URL", "redis://elsewhere:6379")
	t.Setenv("ADDR", "0.0.0.0:80")
	c, err := readConfig()
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, defaults()) {
		t.Errorf("without any setting: %+v", c)
	}
	if !c.playgroundInside() {
		t.Error("no playground without any setting")
	}
}

func TestSettings(t *testing.T) {
	cases := map[string]struct {
		name, value string
		want        func(config) bool
	}{
		"an address":               {"ADDR", "0.0.0.0:8080", func(c config) bool { return c.Addr == "0.0.0.0:8080" }},
		"an address of this host":  {"ADDR", "localhost:0", func(c config) bool { return c.Addr == "localhost:0" }},
		"an address of version 6":  {"ADDR", "[::1]:8080", func(c config) bool { return c.Addr == "[::1]:8080" }},
		"a public address":         {"PUBLIC_URL", "https://datahour.example.org", func(c config) bool { return c.PublicURL == "https://datahour.example.org" }},
		"a slash at the end goes":  {"PUBLIC_URL", "https://example.org/hours/", func(c config) bool { return c.PublicURL == "https://example.org/hours" }},
		"a folder":                 {"DATA_DIR", "/var/lib/data hour", func(c config) bool { return c.DataDir == "/var/lib/data hour" }},
		"Redis":                    {"REDIS_URL", "redis://:secret@redis:6379/2", func(c config) bool { return c.Redis.named() == "redis:6379/2" }},
		"Redis behind TLS":         {"REDIS_URL", "rediss://redis.example.org", func(c config) bool { return c.Redis != "" }},
		"Redis behind a socket":    {"REDIS_URL", "unix:///run/redis.sock", func(c config) bool { return c.Redis.named() == "/run/redis.sock" }},
		"keys in Redis":            {"REDIS_NAMESPACE", "north-2", func(c config) bool { return c.RedisKeys == "north-2" }},
		"a name":                   {"COMMUNITY", "  Data people of the North ", func(c config) bool { return c.Community == "Data people of the North" }},
		"a name in another script": {"COMMUNITY", "Pobl ddata Cymru – données", func(c config) bool { return c.Community == "Pobl ddata Cymru – données" }},
		"a hashtag":                {"HASHTAG", "DataHour", func(c config) bool { return c.Hashtag == "DataHour" }},
		"a hashtag with its sign":  {"HASHTAG", "#DataHour2", func(c config) bool { return c.Hashtag == "DataHour2" }},
		"a zone":                   {"TIMEZONE", "America/St_Johns", func(c config) bool { return c.Timezone == "America/St_Johns" }},
		"UTC":                      {"TIMEZONE", "UTC", func(c config) bool { return c.Timezone == "UTC" }},
		"a list with spaces": {"ORGANISERS", " north:ada , south:florence,north:grace ", func(c config) bool {
			return slices.Equal(c.Organiser["north"], []bot.UserID{"north:ada", "north:grace"}) && slices.Equal(c.Organiser["south"], []bot.UserID{"south:florence"})
		}},
		"a prefix":                  {"COMMAND_PREFIX", "dh-", func(c config) bool { return c.Prefix == "dh-" }},
		"a level":                   {"LOG_LEVEL", "debug", func(c config) bool { return c.LogLevel < 0 }},
		"a format":                  {"LOG_FORMAT", "json", func(c config) bool { return c.LogFormat == "json" }},
		"a playground elsewhere":    {"PLAYGROUND_URL", "http://127.0.0.1:8090/", func(c config) bool { return c.playgroundURL() == "http://127.0.0.1:8090" && !c.playgroundInside() }},
		"a pace":                    {"SEND_GRACE", "1m30s", func(c config) bool { return c.Pace.Grace == 90*time.Second }},
		"public: no playground":     {"PUBLIC_URL", "https://datahour.example.org", func(c config) bool { return !c.playing() }},
		"everywhere: no playground": {"ADDR", "0.0.0.0:8080", func(c config) bool { return !c.playing() }},
		"called at loopback":        {"ADDR", "0.0.0.0:8080", func(c config) bool { return c.Addr.dialled() == "127.0.0.1:8080" }},
		"called at loopback (6)":    {"ADDR", "[::]:8080", func(c config) bool { return c.Addr.dialled() == "[::1]:8080" }},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			withoutOurs(t)
			t.Setenv(prefix+"_"+c.name, c.value)
			got, err := readConfig()
			if err != nil {
				t.Fatal(err)
			}
			if !c.want(got) {
				t.Errorf("%s=%s gave %+v", c.name, c.value, got)
			}
		})
	}
}

func TestSettingsRefused(t *testing.T) {
	cases := map[string]struct{ name, value, reason string }{
		"no port":                     {"ADDR", "127.0.0.1", "not host:port"},
		"no host":                     {"ADDR", ":8080", "name the host too"},
		"a host's name":               {"ADDR", "example.org:80", "IP address"},
		"a port too high":             {"ADDR", "127.0.0.1:70000", "0 to 65535"},
		"a port's name":               {"ADDR", "127.0.0.1:http", "0 to 65535"},
		"a bare host":                 {"PUBLIC_URL", "datahour.example.org", "begins with https://"},
		"another protocol":            {"PUBLIC_URL", "ftp://example.org", "begins with https://"},
		"a script":                    {"PUBLIC_URL", "javascript:alert(1)", "begins with https://"},
		"a query":                     {"PUBLIC_URL", "https://example.org/?a=b", "more than a host"},
		"a password":                  {"PUBLIC_URL", "https://a:b@example.org", "more than a host"},
		"a folder that is an address": {"DATA_DIR", "file:///data", "not the path of a folder"},
		"Redis without its protocol":  {"REDIS_URL", "localhost:6379", "begins with redis://"},
		"keys with braces":            {"REDIS_NAMESPACE", "{north}", "small letters"},
		"a name of two lines":         {"COMMUNITY", "Data\nHour", "one line"},
		"a name too long":             {"COMMUNITY", strings.Repeat("x", 81), "80 characters"},
		"a hashtag of two words":      {"HASHTAG", "Data Hour", "without spaces"},
		"a hashtag of digits":         {"HASHTAG", "2026", "letters"},
		"an offset":                   {"TIMEZONE", "+01:00", "time zone"},
		"no zone":                     {"TIMEZONE", "Europe/Camelot", "time zone"},
		"the machine's zone":          {"TIMEZONE", "Local", "time zone"},
		"an organiser of nowhere":     {"ORGANISERS", "ada", "not platform:id"},
		"an organiser with a space":   {"ORGANISERS", "north:ada florence", "not platform:id"},
		"a comma too many":            {"ORGANISERS", "north:ada,,south:florence", "between two commas"},
		"a prefix with a slash":       {"COMMAND_PREFIX", "/dh-", "small letters"},
		"a level that is none":        {"LOG_LEVEL", "loud", "none of debug"},
		"a format that is none":       {"LOG_FORMAT", "xml", "neither text nor json"},
		"a maybe":                     {"LINK_TITLES", "true", "neither yes nor no"},
		"a playground far away":       {"PLAYGROUND_URL", "http://example.org:8090", "one machine"},
		"a bare number":               {"SEND_WINDOW", "8", "not a length of time"},
		"words":                       {"EDIT_EVERY", "two seconds", "not a length of time"},
		"a negative length":           {"ALARM_LEASE", "-5s", "between 10ms and 24h"},
		"no length":                   {"ANSWER_WITHIN", "0s", "between 10ms and 24h"},
		"a grace within the window":   {"SEND_GRACE", "8s", "longer than DATAHOUR_SEND_WINDOW"},
		"empty":                       {"REDIS_URL", "", "is empty"},
		"blank":                       {"COMMUNITY", "  ", "is empty"},
		"misspelt":                    {"TIMEZON", "Europe/London", "Did you mean DATAHOUR_TIMEZONE?"},
		"two letters wrong":           {"COMUNITTY", "North", "Did you mean DATAHOUR_COMMUNITY?"},
		"a file for no secret":        {"ADDR_FILE", "/run/secrets/addr", "not a setting"},
		"a misspelt file":             {"REDIS_URL_FIEL", "/run/secrets/redis", "Did you mean DATAHOUR_REDIS_URL_FILE?"},
		"in small letters":            {"addr", "127.0.0.1:80", "Did you mean DATAHOUR_ADDR?"},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			withoutOurs(t)
			t.Setenv(prefix+"_"+c.name, c.value)
			_, err := readConfig()
			if err == nil {
				t.Fatalf("%s=%q was taken", c.name, c.value)
			}
			told := strings.SplitN(err.Error(), "\n", 2)[1]
			if strings.Count(told, "\n") != 0 {
				t.Errorf("more than one problem:\n%s", told)
			}
			for _, part := range []string{prefix + "_" + c.name, c.reason, "="} {
				if !strings.Contains(told, part) {
					t.Errorf("%q is not in: %s", part, told)
				}
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	withoutOurs(t)
	wrong := map[string]string{"ADDR": "here", "TIMEZONE": "GMT+1", "HASHTAG": "", "SEND_WINDOW": "banana", "LOG_LEVL": "info", "PLAYGROUND_URL": "https://example.org"}
	for name, value := range wrong {
		t.Setenv(prefix+"_"+name, value)
	}
	_, err := readConfig()
	if err == nil {
		t.Fatal("taken")
	}
	for name := range wrong {
		if !strings.Contains(err.Error(), prefix+"_"+name) {
			t.Errorf("%s is not told: %v", name, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("from a file", func(t *testing.T) {
		withoutOurs(t)
		t.Setenv("DATAHOUR_REDIS_URL_FILE", file("good", "redis://:hunter2@redis:6379/0\n"))
		if c, err := readConfig(); err != nil || c.Redis != "redis://:hunter2@redis:6379/0" {
			t.Errorf("%v, %v", c.Redis, err)
		}
	})
	refused := map[string]map[string]string{
		"a bad value":          {"REDIS_URL": "http://:hunter2@redis"},
		"a value no URL":       {"REDIS_URL": "redis://:hunter2@redis:port\x7f"},
		"a bad value in file":  {"REDIS_URL_FILE": file("bad", "http://:hunter2@redis")},
		"an empty file":        {"REDIS_URL_FILE": file("empty", " \n")},
		"a file that is not":   {"REDIS_URL_FILE": filepath.Join(dir, "nowhere")},
		"twice":                {"REDIS_URL": "redis://:hunter2@redis", "REDIS_URL_FILE": file("twice", "redis://:hunter2@redis")},
		"no name for the file": {"REDIS_URL_FILE": ""},
	}
	for what, settings := range refused {
		t.Run(what, func(t *testing.T) {
			withoutOurs(t)
			for name, value := range settings {
				t.Setenv(prefix+"_"+name, value)
			}
			_, err := readConfig()
			if err == nil {
				t.Fatal("taken")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the secret is told: %v", err)
			}
			if !strings.Contains(err.Error(), "DATAHOUR_REDIS_URL") {
				t.Errorf("the name is not told: %v", err)
			}
		})
	}
}

// The documentation lists every setting with what it is by default.
func TestSettingsAreDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.SlackNames, c.MattermostNames = platformNames{"defra"}, platformNames{"charities"}
	c.declare()
	for _, s := range append(c.settings(), c.platformSettings()...) {
		if row := s.documented(); !strings.Contains(string(raw), row) {
			t.Errorf("docs/operations.md lacks this row:\n%s", row)
		}
		// An example that is refused would be a lie.
		withoutOurs(t)
		t.Setenv(s.env(), s.example)
		for kind, own := range map[string][]setting{"SLACK": c.slack[0].settings(), "MATTERMOST": c.mattermost[0].settings()} {
			if s.name != kind && !strings.HasPrefix(s.name, kind+"_") {
				continue
			}
			t.Setenv(prefix+"_"+kind, map[string]string{"SLACK": "defra", "MATTERMOST": "charities"}[kind])
			for _, one := range own { // one platform's settings belong together
				t.Setenv(one.env(), one.example)
			}
		}
		if _, err := readConfig(); err != nil {
			t.Errorf("the example of %s: %v", s.env(), err)
		}
		withoutOurs(t)
	}
}

// documented is the setting's row in docs/operations.md.
func (s setting) documented() string {
	var value string
	switch at := reflect.ValueOf(s.into).Elem(); v := at.Interface().(type) {
	case interface{ String() string }:
		value = v.String()
	case organisers, people, platformNames:
	default:
		value = at.String()
	}
	if value != "" {
		value = "`" + value + "`"
	}
	secret := ""
	if s.secret {
		secret = " Secret: may come from a file named by `" + s.env() + "_FILE`."
	}
	return "| `" + s.env() + "` | " + value + " | `" + s.example + "` | " + s.about + secret + " |"
}
