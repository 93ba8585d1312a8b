package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"datahour/adapters/mattermost"
	"datahour/adapters/slack"
	"datahour/bot"
)

// Real platforms are named by two settings, and each name has settings of its
// own: DATAHOUR_SLACK=defra makes DATAHOUR_SLACK_DEFRA_BOT_TOKEN one.

// platformNames are the names of platforms of one kind.
type platformNames []string

var platformName = regexp.MustCompile(`^[a-z][a-z0-9]{0,19}$`)

func (p *platformNames) Decode(s string) error {
	var all []string
	for part := range strings.SplitSeq(s, ",") {
		name := strings.TrimSpace(part)
		switch {
		case !platformName.MatchString(name):
			return errors.New("a platform's name is up to 20 small letters and digits, and begins with a letter; several are separated by commas")
		case name == bot.Web:
			return fmt.Errorf("%q is what the public pages are called", name)
		case slices.Contains(all, name):
			return fmt.Errorf("%q is there twice", name)
		}
		all = append(all, name)
	}
	*p = all
	return nil
}

// token is a secret on one line. The platform's adapter knows what it looks like.
type token string

func (t *token) Decode(s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("it has a space or a sign that tokens do not have")
	}
	*t = token(s)
	return nil
}

// people are ids of one platform.
type people []string

func (p *people) Decode(s string) error {
	var all people
	for part := range strings.SplitSeq(s, ",") {
		id := strings.TrimSpace(part)
		if id == "" || strings.ContainsAny(id, ": @") {
			return errors.New("it is not a list of ids, separated by commas")
		}
		all = append(all, id)
	}
	*p = all
	return nil
}

// slackPlatform is one Slack workspace.
type slackPlatform struct {
	name          string
	BotToken      token
	AppToken      token
	SigningSecret token
	APIURL        webAddress
	PingInterval  time.Duration
	Organisers    people
}

// mattermostPlatform is one Mattermost team.
type mattermostPlatform struct {
	name        string
	URL         webAddress
	Token       token
	Team        name
	CallbackURL webAddress
	Organisers  people
}

// declare makes room for the settings of the platforms that are named.
func (c *config) declare() {
	for _, name := range c.SlackNames {
		c.slack = append(c.slack, &slackPlatform{name: name, PingInterval: 30 * time.Second})
	}
	for _, name := range c.MattermostNames {
		c.mattermost = append(c.mattermost, &mattermostPlatform{name: name})
	}
}

// platformSettings are those of the platforms that are named.
func (c *config) platformSettings() []setting {
	var all []setting
	for _, p := range c.slack {
		all = append(all, p.settings()...)
	}
	for _, p := range c.mattermost {
		all = append(all, p.settings()...)
	}
	return all
}

func (p *slackPlatform) settings() []setting {
	own := "SLACK_" + strings.ToUpper(p.name) + "_"
	return []setting{
		{name: own + "BOT_TOKEN", into: &p.BotToken, secret: true, required: true, example: "xoxb-1-2-abc", about: "The app's bot token."},
		{name: own + "APP_TOKEN", into: &p.AppToken, secret: true, example: "xapp-1-A1-2-abc", about: "The app-level token, for Socket Mode, which needs no public address."},
		{name: own + "SIGNING_SECRET", into: &p.SigningSecret, secret: true, example: "8f742231b10e8888abcd99yyyzzz85a5", about: "The app's signing secret, for HTTP instead of Socket Mode."},
		{name: own + "API_URL", into: &p.APIURL, example: "https://slack-gov.com/api", about: "Another address of the Web API: GovSlack, or a test."},
		{name: own + "PING_INTERVAL", into: &p.PingInterval, example: "30s", about: "A socket that is silent for so long is dead."},
		{name: own + "ORGANISERS", into: &p.Organisers, example: "U012AB3CD,U045EF6GH", about: "Member ids of the organisers from the start."},
	}
}

func (p *mattermostPlatform) settings() []setting {
	own := "MATTERMOST_" + strings.ToUpper(p.name) + "_"
	return []setting{
		{name: own + "URL", into: &p.URL, required: true, example: "https://chat.example.org", about: "The server's address."},
		{name: own + "TOKEN", into: &p.Token, secret: true, required: true, example: "9xuqwrwgstrb3mzrxb83nb357a", about: "The bot account's access token."},
		{name: own + "TEAM", into: &p.Team, required: true, example: "charities", about: "The team's name, as in its address."},
		{name: own + "CALLBACK_URL", into: &p.CallbackURL, example: "http://datahour.internal:8080/mattermost/" + p.name, about: "Where the server reaches the bot. When it is left out, under PUBLIC_URL."},
		{name: own + "ORGANISERS", into: &p.Organisers, example: "jfk3s8d7w3yq9p4x1m5n6b2c0z", about: "User ids of the organisers from the start."},
	}
}

// platformsTogether checks what no setting of a platform shows by itself.
func (c *config) platformsTogether(wrong map[string]bool) []error {
	var problems []error
	for _, s := range c.platformSettings() {
		if s.required && !wrong[s.name] && s.empty() {
			problems = append(problems, fmt.Errorf("  %s is missing. Example: %[1]s=%s", s.env(), s.example))
		}
	}
	for _, name := range c.SlackNames {
		if slices.Contains(c.MattermostNames, name) {
			problems = append(problems, fmt.Errorf("  %s_SLACK and %[1]s_MATTERMOST both name %q: a name belongs to one platform. Example: %[1]s_MATTERMOST=%s", prefix, name, name+"mm"))
		}
	}
	for _, p := range c.slack {
		own := prefix + "_SLACK_" + strings.ToUpper(p.name)
		if p.AppToken == "" && p.SigningSecret == "" {
			problems = append(problems, fmt.Errorf("  %s_APP_TOKEN is missing (for Socket Mode), or %[1]s_SIGNING_SECRET (for HTTP). Example: %[1]s_APP_TOKEN=xapp-1-A1-2-abc", own))
		}
	}
	for i, p := range c.mattermost {
		for _, other := range c.mattermost[:i] {
			if p.Token != "" && p.Token == other.Token {
				problems = append(problems, fmt.Errorf("  %s_MATTERMOST_%s_TOKEN is that of %s too: each team needs a bot account of its own, or both would answer its direct messages", prefix, strings.ToUpper(p.name), other.name))
			}
		}
	}
	if c.Playground != "" && c.real() {
		problems = append(problems, fmt.Errorf("  %s_PLAYGROUND_URL: a playground's clock can be moved, so it cannot stand beside a real platform. Leave it out", prefix))
	}
	return problems
}

// real tells whether a real platform is configured.
func (c config) real() bool { return len(c.slack)+len(c.mattermost) > 0 }

// realChats are the real platforms. One that is misconfigured stops no other.
//
// buttons is what signs buttons on Mattermost: old ones stand in old posts, so
// it outlives tokens.
func (c config) realChats(log *slog.Logger, buttons []byte) ([]bot.Chat, error) {
	zone, err := time.LoadLocation(string(c.Timezone))
	if err != nil {
		return nil, err // checked when it was read
	}
	var chats []bot.Chat
	for _, p := range c.slack {
		chat, err := slack.New(slack.Options{Name: p.name, BotToken: string(p.BotToken), AppToken: string(p.AppToken), SigningSecret: string(p.SigningSecret),
			APIURL: string(p.APIURL), PingInterval: p.PingInterval, Log: log})
		chats = append(chats, orMisconfigured(chat, err, p.name, log))
	}
	for _, p := range c.mattermost {
		callback := string(p.CallbackURL)
		if callback == "" {
			callback = string(c.publicURL()) + "/mattermost/" + p.name
		}
		chat, err := mattermost.New(mattermost.Options{Name: p.name, URL: string(p.URL), Token: string(p.Token), Team: string(p.Team), CallbackURL: callback, Secret: string(buttons), Zone: zone, Log: log})
		chats = append(chats, orMisconfigured(chat, err, p.name, log))
	}
	return chats, nil
}

// mountPlatforms serves the callbacks of the real platforms below /slack and
// /mattermost, each under its own name.
func mountPlatforms(mux *http.ServeMux, c config, chats []bot.Chat) {
	for _, chat := range chats {
		routes, ok := chat.(interface{ Routes() http.Handler })
		if !ok {
			continue
		}
		path := "/mattermost/" + chat.Platform()
		if slices.Contains(c.SlackNames, chat.Platform()) {
			path = "/slack/" + chat.Platform()
		}
		mux.Handle(path+"/", http.StripPrefix(path, routes.Routes()))
	}
}

// named are the organisers of the real platforms, beside those in ORGANISERS.
func (c config) named() map[string][]bot.UserID {
	all := map[string][]bot.UserID{}
	for platform, users := range c.Organiser {
		all[platform] = slices.Clone(users)
	}
	add := func(platform string, ids people) {
		for _, id := range ids {
			all[platform] = append(all[platform], bot.UserID(platform+":"+id))
		}
	}
	for _, p := range c.slack {
		add(p.name, p.Organisers)
	}
	for _, p := range c.mattermost {
		add(p.name, p.Organisers)
	}
	return all
}
