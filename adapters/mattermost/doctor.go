package mattermost

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
	"datahour/bot/wire"
)

const checkWithin = 10 * time.Second // for one question of the doctor's

// Name is what the team calls itself.
func (c *Chat) Name(ctx context.Context) (string, error) {
	var team struct {
		Shown string `json:"display_name"`
	}
	if err := c.call(ctx, http.MethodGet, "/teams/name/"+url.PathEscape(c.o.Team), nil, &team); err != nil {
		return "", fmt.Errorf("asking what the team is called: %w", err)
	}
	return team.Shown, nil
}

// Check looks at the server, the token, the team, the rights, the clock, the
// socket, and the callback address from either side, while the bot may be
// running. It changes nothing: commands are listed and not registered, one is
// typed that does nothing, and its socket is one beside the bot's, to which the
// server sends a copy of its own.
func (c *Chat) Check(ctx context.Context) bot.Checks {
	var checks bot.Checks
	if c.checkServer(ctx, &checks) && c.checkToken(ctx, &checks) {
		c.checkRights(ctx, &checks)
		c.checkSocket(ctx, &checks)
		c.checkCallback(ctx, &checks)
	}
	return checks
}

func (c *Chat) about(what string) string { return c.o.Name + ": " + what }

func (c *Chat) checkServer(ctx context.Context, checks *bot.Checks) bool {
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	const do = "Look at the URL setting, and whether this machine may reach the server (firewall, proxy, DNS)."
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/system/ping", nil)
	if err != nil {
		checks.Broken(c.about("server"), do, "%s is no address", c.o.URL)
		return false
	}
	asked := time.Now()
	resp, err := c.http.Do(req)
	answered := time.Now()
	if err != nil {
		checks.Broken(c.about("server"), do, "%s cannot be reached: %v", c.o.URL, wire.WithoutAddress(err))
		return false
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		checks.Broken(c.about("server"), do, "%s does not answer as a Mattermost server does (status %d)", c.o.URL, resp.StatusCode)
		return false
	}
	checks.Fine(c.about("server"), "%s answers", c.o.URL)
	if theirs, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		checks.Clock(c.about("clock"), theirs, asked, answered)
	}
	return true
}

func (c *Chat) checkToken(ctx context.Context, checks *bot.Checks) bool {
	me, err := c.identify(ctx)
	if err != nil {
		checks.Broken(c.about("token and team"), "Put right what it says, or ask an administrator of the server.", "%v", err)
		return false
	}
	checks.Fine(c.about("token and team"), "the server accepts the token, and @%s is in the team %s", me.name, c.o.Team)
	return true
}

// checkRights looks at what is really granted: by listing commands, which needs
// the same right as registering them, and by the roles of the bot's account.
func (c *Chat) checkRights(ctx context.Context, checks *bot.Checks) {
	me := c.who()
	all, err := c.list(ctx, me)
	ours := slices.IndexFunc(all, func(cmd *model.Command) bool { return cmd.CreatorId == me.id })
	switch advice := c.mayNotRegister(err, me); {
	case advice != "":
		checks.Warn(c.about("commands"), advice, "@%s may not register slash commands", me.name)
	case err != nil:
		checks.Warn(c.about("commands"), "Try again in a minute.", "they cannot be listed: %v", err)
	case ours >= 0 && all[ours].URL != c.commandURL():
		checks.Warn(c.about("commands"), "The next start of the bot leads them here.", "they lead to %s, and not to %s", all[ours].URL, c.commandURL())
	case ours >= 0:
		checks.Fine(c.about("commands"), "registered, and may be registered anew")
	default:
		checks.Fine(c.about("commands"), "may be registered when the bot starts")
	}
	held, err := c.permissions(ctx, me)
	if err != nil {
		checks.Warn(c.about("rights"), "Ask an administrator whether the bot's account may join public channels.", "the roles of @%s cannot be read: %v", me.name, err)
		return
	}
	if !held[model.PermissionJoinPublicChannels.Id] {
		checks.Warn(c.about("rights"), "Invite the bot to each room, or grant its role "+model.PermissionJoinPublicChannels.Id+" (System Console, User management, Permissions).", "@%s may not join public channels by itself", me.name)
	} else {
		checks.Fine(c.about("rights"), "@%s may join public channels", me.name)
	}
	if held[model.PermissionCreatePostEphemeral.Id] {
		checks.Fine(c.about("private answers"), "may be shown in rooms at any time")
	} else {
		checks.Fine(c.about("private answers"), "are given to commands and presses; what comes later goes to direct messages, unless an administrator grants %s", model.PermissionCreatePostEphemeral.Id)
	}
}

// permissions are those of the bot's roles on the server, in the team, and in
// channels as far as the team has no scheme of its own.
func (c *Chat) permissions(ctx context.Context, me self) (map[string]bool, error) {
	var account, member struct{ Roles string }
	if err := c.call(ctx, http.MethodGet, "/users/me", nil, &account); err != nil {
		return nil, err
	}
	if err := c.call(ctx, http.MethodGet, "/teams/"+url.PathEscape(me.team)+"/members/"+url.PathEscape(me.id), nil, &member); err != nil {
		return nil, err
	}
	var roles []struct{ Permissions []string }
	names := append(strings.Fields(account.Roles+" "+member.Roles), model.ChannelUserRoleId)
	if err := c.call(ctx, http.MethodPost, "/roles/names", names, &roles); err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, r := range roles {
		for _, p := range r.Permissions {
			held[p] = true
		}
	}
	return held, nil
}

// checkSocket connects and waits for the hello.
func (c *Chat) checkSocket(ctx context.Context, checks *bot.Checks) {
	const do = "Let the proxy in front of the server pass web sockets at /api/v4/websocket, and look at the server's setting Web Server Mode and its WebsocketURL."
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	conn, err := c.dial(ctx, &stream{})
	if err != nil {
		checks.Broken(c.about("socket"), do, "it does not open: %v", err)
		return
	}
	defer conn.CloseNow()
	_, b, err := conn.Read(ctx)
	var hello frame
	if err == nil {
		err = json.Unmarshal(b, &hello)
	}
	if err != nil || hello.Event != "hello" {
		checks.Broken(c.about("socket"), do, "it opens, and the server says no hello on it")
		return
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	checks.Fine(c.about("socket"), "opens, and the server says hello")
}

// doctorPath is where a bot with the same token proves that it is here, to
// whoever asks.
const doctorPath = "/doctor"

// proof is what only a program with the bot's token can say about a question.
func (c *Chat) proof(question string) string {
	sum := hmac.New(sha256.New, []byte(c.o.Token))
	sum.Write([]byte("datahour mattermost doctor\n" + question))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// proves answers from here; it needs nothing to run.
func (c *Chat) proves(w http.ResponseWriter, r *http.Request) {
	question := r.URL.Query().Get("q")
	if len(question) > 100 {
		http.Error(w, "too long a question", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, c.proof(question))
}

// checkCallback asks the callback address from here, and lets the server call it.
func (c *Chat) checkCallback(ctx context.Context, checks *bot.Checks) {
	about := c.about("callback from here")
	const do = "Start the bot, if it does not run. Look at CALLBACK_URL, and let a proxy in front pass what is below it."
	question := rand.Text()
	ctx, stop := context.WithTimeout(ctx, 3*checkWithin) // the server waits for a command's answer, too
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.o.CallbackURL+doctorPath+"?q="+question, nil)
	if err != nil {
		checks.Broken(about, do, "%s is no address", c.o.CallbackURL)
		return
	}
	running := false
	if resp, err := c.http.Do(req); err != nil {
		checks.Warn(about, do, "%s does not answer: %v", c.o.CallbackURL, wire.WithoutAddress(err))
	} else {
		defer resp.Body.Close()
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // half of it proves nothing
		if running = string(b) == c.proof(question); running {
			checks.Fine(about, "%s leads to the bot", c.o.CallbackURL)
		} else {
			checks.Warn(about, do, "%s does not lead to a bot with this token (status %d)", c.o.CallbackURL, resp.StatusCode)
		}
	}
	c.checkCalledBack(ctx, question, running, checks)
}

// checkCalledBack types one of the bot's commands as the bot itself, which the
// running bot answers with a proof and does nothing about. So it goes the very way
// that people's commands go. Only the caller sees such an answer.
func (c *Chat) checkCalledBack(ctx context.Context, question string, running bool, checks *bot.Checks) {
	about := c.about("callback from the server")
	const allow = "Let the server reach that address. If it is a private one: System Console, Environment, Developer, Allow untrusted internal connections to: its name or address."
	trigger, room := c.tryable(ctx)
	if trigger == "" || room == "" {
		checks.Warn(about, "Start the bot, see that it may register commands and is in a room, and look again.", "cannot be tried: no command of mine leads to %s yet, or I am in no room", c.o.CallbackURL)
		return
	}
	var answer model.CommandResponse
	err := c.call(ctx, http.MethodPost, "/commands/execute", map[string]string{"channel_id": room, "command": "/" + trigger + " " + question}, &answer)
	switch {
	case err == nil && answer.Text == c.proof(question):
		checks.Fine(about, "the server reaches the bot at %s", c.o.CallbackURL)
	case !running:
		checks.Warn(about, "Start the bot and look again. "+allow, "the server found no bot at %s", c.o.CallbackURL)
	default:
		checks.Broken(about, allow, "the server does not reach the bot at %s, so commands and buttons end in an error", c.o.CallbackURL)
	}
}

// tryable is a command that leads to us, and a room to type it in.
func (c *Chat) tryable(ctx context.Context) (trigger, room string) {
	me := c.who()
	all, err := c.list(ctx, me)
	i := slices.IndexFunc(all, func(cmd *model.Command) bool { return cmd.URL == c.commandURL() })
	var rooms []channel
	if err != nil || i < 0 || c.call(ctx, http.MethodGet, "/users/me/teams/"+url.PathEscape(me.team)+"/channels", nil, &rooms) != nil {
		return "", ""
	}
	for _, ch := range rooms {
		if ch.Type == public {
			return all[i].Trigger, ch.ID
		}
	}
	return "", ""
}
