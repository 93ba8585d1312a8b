package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"datahour/bot"
	"datahour/bot/wire"
)

const checkWithin = 10 * time.Second // for one question of the doctor's

// Name is what the workspace calls itself.
func (c *Chat) Name(ctx context.Context) (string, error) {
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return "", c.explain("asking Slack what the workspace is called", err)
	}
	return answer.Team, nil
}

// Check looks at the tokens, the scopes, the clock and the way to the socket,
// while the bot may be running. It changes nothing and takes no event: Slack hands
// each event to one of an app's sockets, whichever it likes, so that even a
// socket that only waited for its hello would take some from the bot. An address
// that was asked for and not used is forgotten by Slack.
// https://docs.slack.dev/apis/events-api/using-socket-mode
func (c *Chat) Check(ctx context.Context) bot.Checks {
	var checks bot.Checks
	if c.checkToken(ctx, &checks) && c.o.AppToken != "" {
		c.checkSocket(ctx, &checks)
	}
	return checks
}

func (c *Chat) about(what string) string { return c.platform + ": " + what }

const newToken = "Install the app again (OAuth & Permissions, Install to Workspace), and put the new token in the configuration."

// checkToken tells whether there is any sense in going on.
func (c *Chat) checkToken(ctx context.Context, checks *bot.Checks) bool {
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	asked := time.Now()
	who, err := c.whoAmI(ctx)
	answered, code := time.Now(), codeOf(err)
	switch {
	case deadTokens[code]:
		checks.Broken(c.about("bot token"), newToken, "Slack does not accept it (%s)", code)
		return false
	case err != nil:
		checks.Broken(c.about("Web API"), "Look whether this machine may reach "+c.host()+": firewall, proxy, DNS, and API_URL if it is set.", "it does not answer as it should: %v", err)
		return false
	}
	checks.Fine(c.about("bot token"), "Slack accepts it, for the workspace %s", who.Team)
	if theirs, err := http.ParseTime(who.header.Get("Date")); err == nil {
		checks.Clock(c.about("clock"), theirs, asked, answered)
	}
	c.checkScopes(who.header.Get("X-OAuth-Scopes"), checks)
	return true
}

// checkScopes compares what the token holds with what this adapter calls.
func (c *Chat) checkScopes(header string, checks *bot.Checks) {
	const do = "Put the manifest of `datahour manifest slack` in the app's settings (App Manifest) and install the app again."
	held := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	if len(held) == 0 {
		checks.Warn(c.about("scopes"), do, "Slack does not tell which the token holds")
		return
	}
	lacking := func(needed []string) (all []string) {
		for _, s := range needed {
			if !slices.Contains(held, s) {
				all = append(all, s)
			}
		}
		return all
	}
	if needed := lacking(Scopes(false)); len(needed) > 0 {
		checks.Broken(c.about("scopes"), do, "the token lacks %s", strings.Join(needed, ", "))
	} else if private := lacking(Scopes(true)); len(private) > 0 {
		checks.Warn(c.about("scopes"), "If private rooms should take part: "+do, "the token lacks %s, so I neither see nor hear private rooms", strings.Join(private, ", "))
	} else {
		checks.Fine(c.about("scopes"), "all %d that are needed", len(Scopes(true)))
	}
}

// checkSocket asks for the address of a socket, and whether its host answers.
func (c *Chat) checkSocket(ctx context.Context, checks *bot.Checks) {
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	_, address, err := c.api.StartSocketModeContext(ctx)
	code := codeOf(err)
	switch {
	case deadTokens[code], code == "not_allowed_token_type", code == "missing_scope", code == "no_permission":
		checks.Broken(c.about("app token"), "Make a new one (Basic Information, App-Level Tokens, Generate) with the scope connections:write, and put it in the configuration.", "Slack does not accept it (%s)", code)
		return
	case code != "":
		checks.Broken(c.about("socket"), "Switch Socket Mode on in the app's settings, or put the manifest of `datahour manifest slack` there.", "Slack gives no address for one (%s)", code)
		return
	case err != nil:
		checks.Broken(c.about("socket"), "Try again in a minute.", "Slack gives no address for one: %v", wire.WithoutAddress(err))
		return
	}
	checks.Fine(c.about("app token"), "Slack accepts it")
	u, err := url.Parse(address)
	if err != nil {
		checks.Broken(c.about("socket"), "Try again in a minute.", "Slack gave an address that is none")
		return
	}
	// Its host alone, through the same proxy: the rest of the address would open it.
	u = &url.URL{Scheme: strings.Replace(u.Scheme, "ws", "http", 1), Host: u.Host, Path: "/"}
	var status *wire.StatusError
	if err := c.http.Call(ctx, http.MethodHead, u.String(), nil, nil); err != nil && !errors.As(err, &status) {
		checks.Broken(c.about("socket"), "Let this machine reach "+u.Host+" (firewall, proxy, DNS).", "its host does not answer: %v", err)
		return
	}
	checks.Fine(c.about("socket"), "its host %s answers; not opened, since the bot would miss what came through it", u.Hostname())
}

// CheckCallback looks whether what Slack would send over HTTP, signed with the
// app's secret, arrives at a bot that runs with the same secret. address is where
// Routes is mounted, as Slack knows it.
func (c *Chat) CheckCallback(ctx context.Context, address string) bot.Checks {
	const setting = "Let your proxy pass POST requests below that address on to the bot as they are, and look at PUBLIC_URL and the signing secret."
	var checks bot.Checks
	challenge := rand.Text() // what is asked to come back
	body, err := json.Marshal(map[string]string{"type": "url_verification", "challenge": challenge})
	if err != nil {
		panic(err) // strings: cannot happen
	}
	status, answer, err := c.signedPost(ctx, address+"/events", body)
	switch {
	case err != nil:
		checks.Broken(c.about("callback"), "Start the bot, if it does not run. "+setting, "%s cannot be reached from here: %v", address, err)
	case status == http.StatusServiceUnavailable:
		checks.Warn(c.about("callback"), "If this lasts, look at the bot's log.", "%s leads to a bot that does not listen to Slack just now", address)
	case status == http.StatusUnauthorized:
		checks.Broken(c.about("callback"), "Give both the secret of the app's Basic Information.", "%s leads to a bot that has another signing secret", address)
	case status != http.StatusOK || answer != challenge:
		checks.Broken(c.about("callback"), setting, "%s does not lead to the bot (status %d)", address, status)
	default:
		checks.Fine(c.about("callback"), "%s leads to the bot; Slack looks for itself when the manifest is saved", address)
	}
	return checks
}

func (c *Chat) host() string {
	u, err := url.Parse(c.o.APIURL)
	if err != nil { // New has refused it
		return "Slack"
	}
	return u.Host
}

// whoAmI is the answer to auth.test, with what only its header tells.
type whoAmI struct {
	slackapi.SlackResponse
	Team   string
	header http.Header
}

func (c *Chat) whoAmI(ctx context.Context) (who whoAmI, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.APIURL+"auth.test", nil)
	if err != nil {
		return who, errors.New("the address of the Web API is none")
	}
	req.Header.Set("Authorization", "Bearer "+c.o.BotToken)
	resp, err := c.http.Do(req)
	if err != nil {
		return who, wire.WithoutAddress(err)
	}
	defer resp.Body.Close()
	err = json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&who)
	if resp.StatusCode != http.StatusOK || err != nil {
		return who, fmt.Errorf("its answer is none of Slack's (status %d)", resp.StatusCode)
	}
	who.header = resp.Header
	return who, who.Err()
}

// signedPost makes a request as Slack would.
func (c *Chat) signedPost(ctx context.Context, address string, body []byte) (status int, answer string, err error) {
	ctx, stop := context.WithTimeout(ctx, checkWithin)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, "", errors.New("it is no address")
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	sum := hmac.New(sha256.New, []byte(c.o.SigningSecret))
	fmt.Fprintf(sum, "v0:%s:%s", stamp, body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set(signedHeader, "v0="+hex.EncodeToString(sum.Sum(nil)))
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, "", wire.WithoutAddress(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	return resp.StatusCode, string(said), err
}
