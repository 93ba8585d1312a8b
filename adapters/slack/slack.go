// Package slack is the chat adapter for one Slack workspace.
//
// It listens through Socket Mode, which needs no public address, or over HTTP
// ([Chat.Routes]) when no app token is given; it posts through the Web API.
// Start with [New] and [Chat.Run]. README.md walks through the set-up.
//
// The Web API and its types are slack-go's. The socket is our own: slack-go's
// loses what arrives while it reconnects, leaves events that it does not know
// unacknowledged, and needs up to two ping intervals to notice a dead one.
package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

// Options say which workspace, and how it is reached.
type Options struct {
	Name          string        // the platform's name: "defra"
	BotToken      string        // "xoxb-…"
	AppToken      string        // "xapp-…", for Socket Mode; "" means HTTP
	SigningSecret string        // of the app, for HTTP
	APIURL        string        // of the Web API; "": https://slack.com/api/
	PingInterval  time.Duration // a socket that is silent for so long is dead; 0: 30 s
	Home          []string      // the commands whose answers make the App Home; nil: DefaultHome
	Log           *slog.Logger
}

// DefaultHome is what is on, and what concerns the person.
var DefaultHome = []string{"datahour list", "my"}

var platformName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

func (o *Options) check() error {
	switch {
	case !platformName.MatchString(o.Name):
		return fmt.Errorf("a platform is named in small letters and digits, as in defra; not %q", o.Name)
	case !strings.HasPrefix(o.BotToken, "xox"):
		return errors.New("the bot token is missing or is none: it begins with xoxb- and stands under OAuth & Permissions")
	case o.AppToken != "" && !strings.HasPrefix(o.AppToken, "xapp-"):
		return errors.New("the app token is none: it begins with xapp- and stands under Basic Information, App-Level Tokens")
	case o.AppToken == "" && o.SigningSecret == "":
		return errors.New("there is neither an app token (for Socket Mode) nor a signing secret (for HTTP)")
	case o.PingInterval < 0:
		return errors.New("the ping interval is negative")
	}
	return nil
}

// Chat is one workspace.
type Chat struct {
	o        Options
	api      *slackapi.Client
	http     *wire.Client
	platform string
	log      *slog.Logger
	replays  replays
	handled  recent // ids of what was stored, for what comes again
	running  atomic.Pointer[session]
	lag      time.Duration // see historyLag

	mu       sync.Mutex
	self     identity
	people   map[string]bot.Profile // by Slack's id
	directs  map[string]string      // a person's direct channel with the bot
	memories map[string]*memory     // by channel
	failing  map[string]time.Time   // people whom Slack would not tell about, and when
}

// identity is who the bot is in this workspace.
type identity struct{ user, bot, team string }

var _ interface {
	bot.Chat
	bot.Editor
	bot.Deleter
	bot.Finder
	bot.Whisperer
	bot.Directory
	bot.Historian
	bot.Limiter
} = (*Chat)(nil)

// New checks the options and connects nothing yet.
func New(o Options) (*Chat, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("slack platform %q: %w", o.Name, err)
	}
	o.PingInterval = cmp.Or(o.PingInterval, 30*time.Second)
	o.APIURL = strings.TrimRight(cmp.Or(o.APIURL, "https://slack.com/api"), "/") + "/"
	if o.Home == nil {
		o.Home = DefaultHome
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Chat{o: o, platform: o.Name, http: wire.New("", callTimeout), log: o.Log.With("platform", o.Name),
		people: map[string]bot.Profile{}, directs: map[string]string{}, memories: map[string]*memory{}, lag: historyLag, failing: map[string]time.Time{}}
	// No retry option: it would post twice after a broken connection.
	c.api = slackapi.New(o.BotToken, slackapi.OptionHTTPClient(c.http.Client), slackapi.OptionAPIURL(o.APIURL), slackapi.OptionAppLevelToken(o.AppToken))
	return c, nil
}

// Platform is the name that the configuration gives to the workspace.
func (c *Chat) Platform() string { return c.platform }

// Limits are Slack's: about one post a second in a channel, several hundred a
// minute in a workspace, and about 50 edits a minute.
// https://docs.slack.dev/apis/web-api/rate-limits
func (c *Chat) Limits() bot.Limits {
	return bot.Limits{RoomEvery: time.Second, RoomBurst: 4, PlatformEvery: 250 * time.Millisecond, PlatformBurst: 10, EditEvery: 3 * time.Second}
}

// Run listens until ctx is done, or until Slack accepts us no more.
func (c *Chat) Run(ctx context.Context, r bot.Receive, gap func(bot.RoomID)) error {
	if err := c.identify(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	s := newSession(ctx, c, r, gap)
	defer s.end()
	defer stop()
	c.running.Store(s)
	defer c.running.CompareAndSwap(s, nil)
	if c.o.AppToken != "" {
		return c.holdSockets(ctx, s)
	}
	s.missed() // nobody knows what was sent while no address answered
	<-ctx.Done()
	return ctx.Err()
}

// identify learns who the bot is, without which its own posts could not be told
// from those of people.
func (c *Chat) identify(ctx context.Context) error {
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return c.explain("asking Slack who the bot is", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.self = identity{user: answer.UserID, bot: answer.BotID, team: answer.TeamID}
	return nil
}

func (c *Chat) me() identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.self
}

// explain says what was refused, and for the common reasons what to do.
func (c *Chat) explain(doing string, err error) error {
	var status slackapi.StatusCodeError
	switch code := codeOf(err); {
	case deadTokens[code]:
		return fmt.Errorf("%s: Slack does not accept the token (%s). Install the app again and put the new token in the configuration", doing, code)
	case code == "missing_scope":
		return fmt.Errorf("%s: the app lacks a scope. Put the manifest of `datahour manifest slack` in the app's settings and install it again: %w", doing, err)
	case errors.As(err, &status) && status.Code == http.StatusNotFound:
		return fmt.Errorf("%s: the address of the Web API answers that there is no such thing (404); look at it in the configuration", doing)
	}
	return fmt.Errorf("%s: %w", doing, wire.WithoutAddress(err))
}
