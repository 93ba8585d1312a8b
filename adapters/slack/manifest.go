package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"datahour/bot"
)

// ManifestOptions say what a command table does not.
type ManifestOptions struct {
	Name        string     // of the app and its bot, at most 35 characters; "": Data Hour
	Description string     // at most 140 characters
	URL         string     // below which Routes is mounted, for HTTP: "https://datahour.example/slack/defra"; "": Socket Mode
	PublicOnly  bool       // no private channels, and so no scopes for them
	Shortcuts   []Shortcut // on messages
}

// Shortcut is offered on every message. Choosing it runs Command with the
// message's words after it.
type Shortcut struct{ Name, Description, Command string }

// Slack's limits for a manifest, in characters.
// https://docs.slack.dev/reference/app-manifest
const (
	maxAppName        = 35
	maxAppDescription = 140
	maxCommands       = 50
	maxCommandName    = 32
	maxCommandSummary = 2000
	maxUsageHint      = 1000
	maxShortcutName   = 24
	maxShortcutWords  = 150
)

// Scopes are the bot token's, each for what this adapter calls.
func Scopes(private bool) []string {
	scopes := []string{
		"channels:history", // conversations.history and .replies, and the events message.channels
		"channels:join",    // conversations.join
		"channels:read",    // conversations.list, and the event member_joined_channel
		"chat:write",       // chat.postMessage, .update, .delete, .postEphemeral
		"commands",         // slash commands and shortcuts
		"im:history",       // conversations.history in direct messages, and the events message.im
		"im:write",         // conversations.open
		"reactions:read",   // the events reaction_added and reaction_removed
		"users:read",       // users.list and .info
	}
	if private {
		scopes = append(scopes, "groups:history", "groups:read")
	}
	slices.Sort(scopes)
	return scopes
}

type manifest struct {
	Display  map[string]string `json:"display_information"`
	Features manifestFeatures  `json:"features"`
	OAuth    struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings manifestSettings `json:"settings"`
}

type manifestFeatures struct {
	Home struct {
		Home     bool `json:"home_tab_enabled"`
		Messages bool `json:"messages_tab_enabled"`
		ReadOnly bool `json:"messages_tab_read_only_enabled"`
	} `json:"app_home"`
	Bot struct {
		Name   string `json:"display_name"`
		Online bool   `json:"always_online"`
	} `json:"bot_user"`
	Shortcuts []manifestShortcut `json:"shortcuts,omitempty"`
	Commands  []manifestCommand  `json:"slash_commands"`
}

type manifestShortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	CallbackID  string `json:"callback_id"`
	Description string `json:"description"`
}

type manifestCommand struct {
	Command     string `json:"command"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	UsageHint   string `json:"usage_hint,omitempty"`
	Escape      bool   `json:"should_escape"` // people and channels come as ids
}

type manifestSettings struct {
	Events struct {
		URL string   `json:"request_url,omitempty"`
		Bot []string `json:"bot_events"`
	} `json:"event_subscriptions"`
	Interactivity struct {
		Enabled bool   `json:"is_enabled"`
		URL     string `json:"request_url,omitempty"`
	} `json:"interactivity"`
	OrgDeploy     bool `json:"org_deploy_enabled"`
	SocketMode    bool `json:"socket_mode_enabled"`
	TokenRotation bool `json:"token_rotation_enabled"`
}

// Manifest is the app's manifest in JSON, for "From a manifest" in Slack's app
// settings: its commands are those of the command table, its scopes and events
// those that this adapter uses.
func Manifest(rows []bot.RowInfo, o ManifestOptions) ([]byte, error) {
	url := strings.TrimRight(o.URL, "/")
	at := func(path string) string {
		if url == "" {
			return ""
		}
		return url + path
	}
	name := cut(cmp.Or(o.Name, "Data Hour"), maxAppName)
	var m manifest
	m.Display = map[string]string{"name": name, "description": cut(cmp.Or(o.Description, "Data hours, events and news across many workspaces"), maxAppDescription)}
	m.Features.Home.Home, m.Features.Home.Messages = true, true
	m.Features.Bot.Name, m.Features.Bot.Online = name, true
	m.Features.Commands = commands(rows, at("/commands"))
	if n := len(m.Features.Commands); n == 0 || n > maxCommands {
		return nil, fmt.Errorf("%d slash commands; an app of Slack's has 1 to %d", n, maxCommands)
	}
	for _, c := range m.Features.Commands {
		if units(c.Command) > maxCommandName {
			return nil, fmt.Errorf("the command %s has more than %d characters", c.Command, maxCommandName)
		}
	}
	for _, s := range o.Shortcuts {
		m.Features.Shortcuts = append(m.Features.Shortcuts, manifestShortcut{Name: cut(s.Name, maxShortcutName), Type: "message", CallbackID: s.Command,
			Description: cut(cmp.Or(s.Description, s.Name), maxShortcutWords)})
	}
	m.OAuth.Scopes.Bot = Scopes(!o.PublicOnly)
	// Not app_mention: what is said to the bot is a message too, and would come twice.
	m.Settings.Events.Bot = []string{"app_home_opened", "member_joined_channel", "message.channels", "message.im", "reaction_added", "reaction_removed"}
	if !o.PublicOnly {
		m.Settings.Events.Bot = append(m.Settings.Events.Bot, "message.groups")
		slices.Sort(m.Settings.Events.Bot)
	}
	m.Settings.Events.URL = at("/events")
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, at("/interactivity")
	m.Settings.SocketMode = url == ""
	return json.MarshalIndent(m, "", "  ")
}

// commands are the slash commands: the first words of the rows' names. What may
// follow is the hint that Slack shows while somebody types.
func commands(rows []bot.RowInfo, url string) []manifestCommand {
	var order []string
	summaries, hints := map[string]string{}, map[string][]string{}
	for _, r := range rows {
		first, rest, _ := strings.Cut(r.Name, " ")
		if _, there := hints[first]; !there {
			order = append(order, first)
			hints[first] = nil
		}
		if rest == "" {
			summaries[first] = r.Summary
			if usage := strings.TrimSpace(strings.TrimPrefix(r.Usage, r.Name)); usage != "" {
				hints[first] = append(hints[first], usage)
			}
		} else if word, _, _ := strings.Cut(rest, " "); !slices.Contains(hints[first], word) {
			hints[first] = append(hints[first], word)
		}
	}
	slices.Sort(order)
	var out []manifestCommand
	for _, name := range order {
		summary := summaries[name]
		if summary == "" {
			summary = summaryOf(rows, name)
		}
		out = append(out, manifestCommand{Command: "/" + name, URL: url, Description: cut(summary, maxCommandSummary),
			UsageHint: cut(strings.Join(hints[name], " | "), maxUsageHint), Escape: true})
	}
	return out
}

// summaryOf is what stands for a command that means nothing by itself.
func summaryOf(rows []bot.RowInfo, name string) string {
	for _, r := range rows {
		if strings.HasPrefix(r.Name, name+" ") {
			return r.Summary + ", and more"
		}
	}
	return name
}
