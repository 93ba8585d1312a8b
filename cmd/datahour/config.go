package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"datahour/bot"
)

// prefix stands before the name of every environment variable that is ours.
const prefix = "DATAHOUR"

// config is everything that can be set from outside.
type config struct {
	Addr      address
	PublicURL webAddress
	DataDir   folder
	Redis     redisAddress
	RedisKeys namespace

	Community name
	Hashtag   hashtag
	Timezone  zone
	Prefix    commandPrefix
	Organiser organisers

	SlackNames      platformNames
	MattermostNames platformNames
	slack           []*slackPlatform
	mattermost      []*mattermostPlatform

	LinkTitles either

	LogLevel  slog.Level
	LogFormat logFormat

	Playground webAddress
	Pace       bot.Pace
}

// setting is one variable: where it goes, and what to tell about it.
type setting struct {
	name     string // without the prefix
	into     any    // a pointer into config; what it holds at first is the default
	about    string // for docs/operations.md
	example  string
	secret   bool // its value is never shown, and may come from a file named by …_FILE
	required bool
}

// settings lists every variable, in the order of the documentation.
func (c *config) settings() []setting {
	return []setting{
		{name: "ADDR", into: &c.Addr, example: "127.0.0.1:8080", about: "Where to listen. Port 0 takes a free one."},
		{name: "PUBLIC_URL", into: &c.PublicURL, example: "https://datahour.example.org", about: "The address under which people reach the public pages. When it is left out, links lead to ADDR."},
		{name: "DATA_DIR", into: &c.DataDir, example: "/var/lib/datahour", about: "The folder for the SQLite file and for what the playground keeps. It is made when it is not there."},
		{name: "REDIS_URL", into: &c.Redis, secret: true, example: "redis://:password@redis:6379/0", about: "Keep state in this Redis (7.0 or newer) instead of in DATA_DIR."},
		{name: "REDIS_NAMESPACE", into: &c.RedisKeys, example: "north", about: "Part of every key in Redis, so that several communities can share one. Never change it later."},
		{name: "COMMUNITY", into: &c.Community, example: "Data people of the North", about: "Name of the community, until its organisers set one in chat."},
		{name: "HASHTAG", into: &c.Hashtag, example: "DataHour", about: "Its hashtag, in CamelCase, until its organisers set one in chat."},
		{name: "TIMEZONE", into: &c.Timezone, example: "Europe/London", about: "Its time zone, by name, until its organisers set one in chat."},
		{name: "ORGANISERS", into: &c.Organiser, example: "north:ada, south:florence", about: "Organisers from the start, as platform:id, separated by commas. In a playground, Ada and Florence when it is left out."},
		{name: "SLACK", into: &c.SlackNames, example: "defra", about: "Names for the Slack workspaces to connect, separated by commas. Each has settings of its own, below."},
		{name: "MATTERMOST", into: &c.MattermostNames, example: "charities", about: "Names for the Mattermost teams to connect, separated by commas. Each has settings of its own, below."},
		{name: "COMMAND_PREFIX", into: &c.Prefix, example: "dh-", about: "Put before every slash command, where another bot has the same words: /dh-datahour."},
		{name: "LINK_TITLES", into: &c.LinkTitles, example: "no", about: "Read the title of a link that somebody shares without one, from public addresses alone."},
		{name: "LOG_LEVEL", into: &c.LogLevel, example: "info", about: "debug, info, warn or error."},
		{name: "LOG_FORMAT", into: &c.LogFormat, example: "json", about: "text or json. Logs go to standard error."},
		{name: "PLAYGROUND_URL", into: &c.Playground, example: "http://127.0.0.1:8090", about: "A playground in another process (`datahour playground`) to connect to, instead of the one inside."},
		{name: "SEND_WINDOW", into: &c.Pace.Window, example: "8s", about: "A post may be on its way to a platform for so long."},
		{name: "SEND_GRACE", into: &c.Pace.Grace, example: "30s", about: "So long after an unsure post it may be sent again. Longer than SEND_WINDOW and the platform's delay together."},
		{name: "SEND_HOLD_BACK", into: &c.Pace.HoldBack, example: "3s", about: "So long an unsure post holds back what follows in its room."},
		{name: "EDIT_EVERY", into: &c.Pace.EditEvery, example: "2s", about: "The same post is edited at most this often."},
		{name: "GIVE_UP_AFTER", into: &c.Pace.GiveUp, example: "15m", about: "When a post cannot be looked for during so long, organisers are told."},
		{name: "ALARM_LEASE", into: &c.Pace.Lease, example: "15s", about: "So long a process may take to do one thing that was promised."},
		{name: "ACTIVE_LEASE", into: &c.Pace.Active, example: "6s", about: "An active process that was silent for so long is replaced by one that stands by (Redis only)."},
		{name: "ANSWER_WITHIN", into: &c.Pace.Answer, example: "2s", about: "Every command is answered after so long, whatever the store does."},
	}
}

func defaults() config {
	return config{Addr: "127.0.0.1:8080", DataDir: "./data", RedisKeys: "main", Timezone: "Europe/London", LinkTitles: "yes", LogFormat: "text", Pace: bot.DefaultPace}
}

// readConfig reads all settings from the environment. Its error has a line for
// every problem, each with the name, the reason and an example.
func readConfig() (config, error) {
	c := defaults()
	all := c.settings()
	var problems []error
	wrong := map[string]bool{}
	read := func(settings []setting) {
		for _, s := range settings {
			if err := s.read(); err != nil {
				problems = append(problems, err)
				wrong[s.name] = true
			}
		}
	}
	read(all)
	c.declare()
	read(c.platformSettings())
	all = append(all, c.platformSettings()...)
	problems = append(problems, unknownNames(all)...)
	problems = append(problems, c.together(wrong)...)
	if len(problems) > 0 {
		return config{}, fmt.Errorf("the configuration is not right, so nothing was started:\n%w", errors.Join(problems...))
	}
	return c, nil
}

// together checks what no setting shows by itself. Those that are wrong were
// told already.
func (c *config) together(wrong map[string]bool) []error {
	var problems []error
	if !wrong["SEND_GRACE"] && !wrong["SEND_WINDOW"] && c.Pace.Grace <= c.Pace.Window {
		problems = append(problems, fmt.Errorf("  %s_SEND_GRACE is %v, and must be longer than %[1]s_SEND_WINDOW (%v): otherwise a post could be sent twice. Example: %[1]s_SEND_GRACE=%v",
			prefix, c.Pace.Grace, c.Pace.Window, c.Pace.Window+bot.DefaultPace.Grace-bot.DefaultPace.Window))
	}
	if !c.Playground.local() {
		problems = append(problems, fmt.Errorf("  %s_PLAYGROUND_URL=%q: a playground is for one machine, and answers nobody else. Example: %[1]s_PLAYGROUND_URL=http://127.0.0.1:8090", prefix, c.Playground))
	}
	return append(problems, c.platformsTogether(wrong)...)
}

// empty tells that nothing was set and there is no default.
func (s setting) empty() bool { return reflect.ValueOf(s.into).Elem().IsZero() }

// read takes the value from the environment or, for a secret, from its file.
// envconfig is asked for one setting at a time, so that a bad value does not
// hide the others; and by the name of a field made for it, since by a tag it
// would also take a variable of that name without our prefix.
func (s setting) read() error {
	value, set := os.LookupEnv(s.env())
	if s.secret {
		path, fromFile := os.LookupEnv(s.env() + "_FILE")
		switch {
		case set && fromFile:
			return fmt.Errorf("  %s and %[1]s_FILE are both set. Leave one of them out", s.env())
		case fromFile:
			return s.readFile(path)
		}
	}
	switch {
	case !set:
		return nil
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("  %s is empty. Leave it out, or give it a value: %[1]s=%s", s.env(), s.example)
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: s.name, Type: reflect.TypeOf(s.into)}}))
	one.Elem().Field(0).Set(reflect.ValueOf(s.into))
	err := envconfig.Process(prefix, one.Interface())
	if wrong, ok := errors.AsType[*envconfig.ParseError](err); ok {
		err = wrong.Err // its own words repeat the value, which may be a secret
	}
	if err == nil {
		err = s.inRange()
	}
	return s.refused(value, err)
}

func (s setting) readFile(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("  %s_FILE cannot be read: %w", s.env(), err)
	}
	value := strings.TrimSpace(string(raw))
	if value == "" {
		return fmt.Errorf("  %s_FILE names an empty file. Put the value in it: %s", s.env(), s.example)
	}
	return s.refused(value, s.into.(envconfig.Decoder).Decode(value))
}

// inRange checks the durations, which envconfig reads by itself.
func (s setting) inRange() error {
	if d, ok := s.into.(*time.Duration); ok && (*d < 10*time.Millisecond || *d > 24*time.Hour) {
		return errors.New("it must be between 10ms and 24h")
	}
	return nil
}

func (s setting) refused(value string, err error) error {
	if err == nil {
		return nil
	}
	if s.secret {
		value = "…"
	}
	reason := err.Error()
	if _, ok := s.into.(*time.Duration); ok && strings.HasPrefix(reason, "time: ") {
		reason = "it is not a length of time"
	}
	if _, ok := s.into.(*slog.Level); ok {
		reason = "it is none of debug, info, warn and error"
	}
	return fmt.Errorf("  %s=%q: %s. Example: %[1]s=%[4]s", s.env(), value, reason, s.example)
}

func (s setting) env() string { return prefix + "_" + s.name }

// unknownNames finds our prefix before names that mean nothing: a misspelt
// setting would otherwise be ignored without a word.
func unknownNames(all []setting) []error {
	var known []string
	for _, s := range all {
		known = append(known, s.env())
		if s.secret {
			known = append(known, s.env()+"_FILE")
		}
	}
	var problems []error
	for _, variable := range slices.Sorted(slices.Values(os.Environ())) {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(strings.ToUpper(name), prefix+"_") || slices.Contains(known, name) {
			continue
		}
		near := nearest(strings.ToUpper(name), known)
		for _, s := range all {
			if s.env() == near || s.env()+"_FILE" == near {
				example := s.example
				if s.env() != near {
					example = "/run/secrets/" + strings.ToLower(s.name)
				}
				problems = append(problems, fmt.Errorf("  %s is not a setting. Did you mean %s? Example: %[2]s=%s", name, near, example))
			}
		}
	}
	return problems
}

// nearest gives the word that takes the fewest changes of a letter.
func nearest(typed string, words []string) string {
	return slices.MinFunc(words, func(a, b string) int { return changes(typed, a) - changes(typed, b) })
}

// changes counts the letters to add, remove or replace between two names.
func changes(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
