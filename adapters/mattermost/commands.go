package mattermost

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

const (
	registerEvery = time.Minute      // while something keeps the commands from being registered
	listEvery     = 10 * time.Second // at most, to learn the tokens of commands anew
	maxHint       = 120
	maxSummary    = 120 // model.Command's description: 128 bytes
)

// Register makes the team offer the commands, one for the first word of each:
// those that are there already are left or updated, never doubled. What only an
// administrator can put right is no error; Advice and the log say what it is,
// and Run tries again.
func (c *Chat) Register(ctx context.Context, rows []bot.RowInfo) error {
	c.mu.Lock()
	c.rows = slices.Clone(rows)
	c.mu.Unlock()
	me, err := c.identify(ctx)
	if err != nil {
		return err
	}
	there, err := c.list(ctx, me)
	if advice := c.mayNotRegister(err, me); advice != "" {
		c.advise([]string{advice})
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing slash commands: %w", err)
	}
	var advice []string
	wanted := c.commands(rows, me)
	reserved := c.reserved(ctx, me)
	for _, w := range wanted {
		if of, taken := reserved[w.Trigger]; taken {
			if of != "" {
				advice = append(advice, c.taken(w.Trigger))
			}
			continue
		}
		said, err := c.registerOne(ctx, w, there, me)
		if err != nil {
			return fmt.Errorf("registering /%s: %w", w.Trigger, err)
		}
		if said != "" {
			advice = append(advice, said)
		}
	}
	c.removeOld(ctx, there, wanted, me)
	c.advise(advice)
	return nil
}

// list gives the team's slash commands, and keeps the tokens of ours.
func (c *Chat) list(ctx context.Context, me self) ([]*model.Command, error) {
	var all []*model.Command
	if err := c.call(ctx, http.MethodGet, "/commands?custom_only=true&team_id="+url.QueryEscape(me.team), nil, &all); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listed = time.Now()
	for _, cmd := range all {
		if cmd.URL == c.commandURL() {
			c.tokens[cmd.Trigger] = cmd.Token
		}
	}
	return all, nil
}

// reserved are the commands of plugins, by trigger with the plugin's id, and
// those of Mattermost itself, with "". The server lets a team make commands with
// the names of a plugin's, and runs the plugin's. Nobody can take away the
// server's own: people mention the bot for those.
func (c *Chat) reserved(ctx context.Context, me self) map[string]string {
	var all []*model.Command
	if err := c.call(ctx, http.MethodGet, "/commands?team_id="+url.QueryEscape(me.team), nil, &all); err != nil {
		c.o.Log.Debug("the server's own commands could not be asked for", "platform", c.o.Name, "err", err)
	}
	found := map[string]string{}
	for _, cmd := range all {
		if cmd.Id == "" {
			found[cmd.Trigger] = cmd.PluginId
		}
	}
	return found
}

func (c *Chat) taken(trigger string) string {
	return fmt.Sprintf("The command /%s is taken on team %s, by a plugin or another integration. Remove that one, or set DATAHOUR_COMMAND_PREFIX=dh- so that all commands of mine begin with dh-.", trigger, c.o.Team)
}

func (c *Chat) commandURL() string { return c.o.CallbackURL + commandPath }

// registerOne makes or updates one command. Words come back when somebody else
// has its trigger.
func (c *Chat) registerOne(ctx context.Context, w *model.Command, there []*model.Command, me self) (advice string, err error) {
	i := slices.IndexFunc(there, func(t *model.Command) bool { return strings.EqualFold(t.Trigger, w.Trigger) && t.TeamId == w.TeamId })
	method, path := http.MethodPost, "/commands"
	if i >= 0 {
		old := there[i]
		switch {
		case old.CreatorId != me.id && old.URL == w.URL:
			return "", nil // somebody made it for us; it is theirs to change
		case old.CreatorId != me.id:
			return c.taken(w.Trigger), nil
		case same(old, w):
			return "", nil
		}
		w.Id, w.Token, w.CreateAt = old.Id, old.Token, old.CreateAt
		method, path = http.MethodPut, "/commands/"+url.PathEscape(old.Id)
	}
	var made model.Command
	err = c.call(ctx, method, path, w, &made)
	var status *statusError
	if errors.As(err, &status) && strings.Contains(status.name, "duplicate_trigger") {
		return c.taken(w.Trigger), nil
	}
	if advice := c.mayNotRegister(err, me); advice != "" {
		return advice, nil
	}
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[w.Trigger] = cmp.Or(made.Token, w.Token)
	return "", nil
}

func same(old, w *model.Command) bool {
	return old.Trigger == w.Trigger && old.URL == w.URL && old.Method == w.Method && old.AutoComplete && old.AutoCompleteDesc == w.AutoCompleteDesc &&
		old.AutoCompleteHint == w.AutoCompleteHint && old.DisplayName == w.DisplayName && old.Description == w.Description
}

// removeOld takes away commands of ours that the table has no more, after a
// change of prefix for example. One that stays does no harm.
func (c *Chat) removeOld(ctx context.Context, there, wanted []*model.Command, me self) {
	for _, old := range there {
		ours := old.CreatorId == me.id && old.URL == c.commandURL() && old.TeamId == me.team
		if !ours || slices.ContainsFunc(wanted, func(w *model.Command) bool { return strings.EqualFold(w.Trigger, old.Trigger) }) {
			continue
		}
		if err := c.call(ctx, http.MethodDelete, "/commands/"+url.PathEscape(old.Id), nil, nil); err != nil {
			c.o.Log.Warn("an old slash command could not be removed", "platform", c.o.Name, "command", old.Trigger, "err", err)
		}
	}
}

// mayNotRegister gives the words for an administrator when err is one of those
// that only they can put right.
func (c *Chat) mayNotRegister(err error, me self) string {
	switch statusOf(err) {
	case http.StatusForbidden:
		return fmt.Sprintf("I may not register slash commands on team %s. An administrator has to make @%s an admin of that team (team menu, Manage members, @%[2]s, Make team admin), or grant it Manage own slash commands (System Console, User management, Permissions). Until then, mention me and use the same words.", c.o.Team, me.name)
	case http.StatusNotImplemented:
		return "Slash commands are switched off on this server. An administrator has to switch them on: System Console, Integrations, Integration management, Enable custom slash commands. Until then, mention me and use the same words."
	}
	return ""
}

// advise keeps what an administrator has to do, and logs it when it is new.
func (c *Chat) advise(advice []string) {
	c.mu.Lock()
	news := !slices.Equal(c.advice, advice)
	c.advice = advice
	c.mu.Unlock()
	for _, words := range advice {
		if news {
			c.o.Log.Error("an administrator is needed", "platform", c.o.Name, "todo", words)
		}
	}
	if news && len(advice) == 0 {
		c.o.Log.Info("slash commands are registered", "platform", c.o.Name)
	}
}

// keepRegistering tries again while something is in the way.
func (c *Chat) keepRegistering(ctx context.Context) {
	tick := time.NewTicker(c.registerEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		c.mu.Lock()
		rows, needed := c.rows, len(c.advice) > 0
		c.mu.Unlock()
		if !needed {
			continue
		}
		if err := c.Register(ctx, rows); err != nil && ctx.Err() == nil {
			c.o.Log.Warn("slash commands could not be registered; trying again", "platform", c.o.Name, "err", err)
		}
	}
}

// commands are those of the table: one for each first word.
func (c *Chat) commands(rows []bot.RowInfo, me self) []*model.Command {
	var out []*model.Command
	for _, r := range rows {
		trigger, rest, _ := strings.Cut(r.Name, " ")
		i := slices.IndexFunc(out, func(w *model.Command) bool { return w.Trigger == trigger })
		if i < 0 {
			out = append(out, &model.Command{TeamId: me.team, Trigger: trigger, Method: model.CommandMethodPost, URL: c.commandURL(), AutoComplete: true,
				DisplayName: bot.ClipTo("Data Hour: "+trigger, 60), Username: me.name})
			i = len(out) - 1
		}
		w := out[i]
		if rest == "" {
			w.AutoCompleteDesc = r.Summary
			if arguments := strings.TrimSpace(strings.TrimPrefix(r.Usage, r.Name)); w.AutoCompleteHint == "" {
				w.AutoCompleteHint = arguments
			}
			continue
		}
		hint := strings.Trim(w.AutoCompleteHint, "[]")
		if hint != "" {
			hint += " | "
		}
		w.AutoCompleteHint = "[" + hint + rest + "]"
	}
	for _, w := range out {
		if w.AutoCompleteDesc == "" {
			w.AutoCompleteDesc = "Type /" + w.Trigger + " to see what each does"
		}
		w.AutoCompleteHint = clipBytes(w.AutoCompleteHint, maxHint)
		w.AutoCompleteDesc = clipBytes(w.AutoCompleteDesc, maxSummary)
		w.Description = w.AutoCompleteDesc
	}
	return out
}

// clipBytes shortens words to at most n bytes, which is what some of the
// server's limits count.
func clipBytes(s string, n int) string {
	for keep := n; len(s) > n; keep-- {
		s = bot.ClipTo(s, keep)
	}
	return s
}

// vouched tells whether a callback knows the token of the command that it says
// was typed. A token that was made anew is asked for.
func (c *Chat) vouched(ctx context.Context, trigger, token string) bool {
	if c.hasToken(trigger, token) {
		return true
	}
	c.mu.Lock()
	old := time.Since(c.listed) > listEvery
	if old {
		c.listed = time.Now()
	}
	me := c.me
	c.mu.Unlock()
	if !old {
		return false
	}
	if _, err := c.list(ctx, me); err != nil {
		c.o.Log.Debug("tokens of commands could not be asked for", "platform", c.o.Name, "err", err)
	}
	return c.hasToken(trigger, token)
}

func (c *Chat) hasToken(trigger, token string) bool {
	c.mu.Lock()
	want := c.tokens[trigger]
	c.mu.Unlock()
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(token)) == 1
}
