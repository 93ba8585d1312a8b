// Package mattermost is the chat adapter for one team on a Mattermost server.
//
// What people say comes through a web socket that resumes where it broke off
// (socket.go); what the bot says goes out over REST (posting.go, whisper.go);
// slash commands, buttons and forms come as callbacks that the server makes to
// [Chat.Routes]. Start with [New] and [Chat.Run].
//
// It uses the vendor's model of posts, forms and users, and neither its REST
// client nor its socket: those have no deadlines, put the text of posts into
// errors, and panic or hang when used after a close. It knows the core and the
// server's API, and nothing of features. README.md says how to connect a team.
package mattermost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"datahour/bot"
	"datahour/bot/wire"
)

// Options say which team, and how the server reaches the bot.
type Options struct {
	Name  string // of the platform: "charities"
	URL   string // of the server: "https://chat.example.org"
	Token string // of the bot's account
	Team  string // its name in addresses: "charities"

	// CallbackURL is where the server reaches Routes: "https://hour.example.org/mattermost/charities".
	CallbackURL string
	// Secret signs buttons and forms. It should outlive tokens, since old
	// buttons stand in old posts; "" makes one from Token.
	Secret string

	Log    *slog.Logger
	Zone   *time.Location // of moments in public posts; nil: UTC
	Limits bot.Limits     // zero: DefaultLimits
	Ping   time.Duration  // a socket that does not answer for so long is dead; 0: 15 s
}

// DefaultLimits stay below what a server allows when its rate limiting is on:
// 10 calls a second, 100 at once.
// See docs.mattermost.com/administration-guide/configure/rate-limiting-configuration-settings.html
var DefaultLimits = bot.Limits{RoomEvery: 200 * time.Millisecond, RoomBurst: 10, PlatformEvery: 110 * time.Millisecond, PlatformBurst: 50, EditEvery: time.Second}

// pingEvery is short enough that people do not notice a dead socket much, and
// long enough to be no burden.
const pingEvery = 15 * time.Second

// Chat is one team.
type Chat struct {
	o       Options
	base    string // of the REST API
	http    *wire.Client
	key     []byte // signs buttons and forms
	people  people
	rooms   rooms
	replies replies
	tries   tries

	registerEvery time.Duration // while something keeps the commands from being registered

	mu          sync.Mutex
	me          self
	receive     bot.Receive // while Run runs
	report      func(error) // how the connection is
	rows        []bot.RowInfo
	tokens      map[string]string // of the slash commands, by trigger
	listed      time.Time         // when tokens were asked for last
	advice      []string
	noEphemeral time.Time // until when not to ask for what was not permitted
}

// self is who the bot is there.
type self struct{ id, name, team string }

var _ interface {
	bot.Chat
	bot.Editor
	bot.Deleter
	bot.Finder
	bot.Whisperer
	bot.Directory
	bot.Historian
	bot.Registrar
	bot.Limiter
	bot.Reporter
	bot.Adviser
} = (*Chat)(nil)

var platformName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// New connects nothing yet. Its errors name the setting that is wrong.
func New(o Options) (*Chat, error) {
	if !platformName.MatchString(o.Name) {
		return nil, fmt.Errorf("the name %q of a Mattermost team must be lower-case letters and digits, charities for example", o.Name)
	}
	for _, x := range [...]struct{ what, value string }{{"URL", o.URL}, {"CALLBACK_URL", o.CallbackURL}} {
		u, err := url.Parse(x.value)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
			return nil, fmt.Errorf("%s of %s must be a web address such as https://chat.example.org", x.what, o.Name)
		}
	}
	switch {
	case strings.TrimSpace(o.Token) == "":
		return nil, fmt.Errorf("TOKEN of %s is missing: the access token of the bot's account", o.Name)
	case strings.TrimSpace(o.Team) == "":
		return nil, fmt.Errorf("TEAM of %s is missing: the team's name as it stands in its address, charities in https://chat.example.org/charities", o.Name)
	}
	o.URL, o.CallbackURL = strings.TrimRight(o.URL, "/"), strings.TrimRight(o.CallbackURL, "/")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Limits == (bot.Limits{}) {
		o.Limits = DefaultLimits
	}
	if o.Ping == 0 {
		o.Ping = pingEvery
	}
	c := &Chat{o: o, base: o.URL + "/api/v4", http: wire.New(o.Token, callWithin), tokens: map[string]string{}, registerEvery: registerEvery}
	c.key = signingKey(o)
	c.people.init()
	c.rooms.init()
	return c, nil
}

// Platform is the name of the options.
func (c *Chat) Platform() string { return c.o.Name }

// Limits are those of the options.
func (c *Chat) Limits() bot.Limits { return c.o.Limits }

// Advice says in plain words what an administrator has to do before everything
// works; nothing when everything does.
func (c *Chat) Advice() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.advice...)
}

// errRevoked is an account or token that the server does not accept any more.
var errRevoked = errors.New("the server does not accept the token: make a new one for the bot's account (Integrations, Bot Accounts) and set it")

// identify finds out who the bot is and which team is meant, once.
func (c *Chat) identify(ctx context.Context) (self, error) {
	c.mu.Lock()
	me := c.me
	c.mu.Unlock()
	if me.team != "" {
		return me, nil
	}
	var user struct{ ID, Username string }
	if err := c.call(ctx, http.MethodGet, "/users/me", nil, &user); err != nil {
		return self{}, fmt.Errorf("asking who I am: %w", err)
	}
	var team struct{ ID string }
	if err := c.call(ctx, http.MethodGet, "/teams/name/"+url.PathEscape(c.o.Team), nil, &team); err != nil {
		if status := statusOf(err); status == http.StatusNotFound || status == http.StatusForbidden {
			return self{}, fmt.Errorf("the team %q is not there, or @%s is no member of it: an administrator has to add @%[2]s (team menu, Invite people): %w", c.o.Team, user.Username, err)
		}
		return self{}, fmt.Errorf("asking for the team: %w", err)
	}
	me = self{id: user.ID, name: user.Username, team: team.ID}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.me = me
	return me, nil
}

// who is what identify found out; empty before that.
func (c *Chat) who() self {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.me
}

// id puts the platform before an id of the server; "" stays "".
func (c *Chat) id(rest string) string {
	if rest == "" {
		return ""
	}
	return c.o.Name + ":" + rest
}
