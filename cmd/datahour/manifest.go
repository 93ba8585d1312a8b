package main

import (
	"fmt"
	"slices"

	"datahour/adapters/slack"
	"datahour/bot"
)

type manifestCommand struct {
	Platform string `arg:"" enum:"slack" help:"The kind of platform: slack."`
	Name     string `arg:"" optional:"" help:"The workspace's name in DATAHOUR_SLACK. Without it the manifest is for Socket Mode."`
}

// Run prints the app's manifest, made from the table of commands. For a
// workspace that is configured for HTTP it has the addresses that Slack calls.
func (m manifestCommand) Run(t terminal) error {
	c, err := readConfig()
	if err != nil {
		return err
	}
	b, err := bot.New(bot.Config{Features: features(), Prefix: string(c.Prefix)})
	if err != nil {
		return fmt.Errorf("making the table of commands: %w", err)
	}
	o := slack.ManifestOptions{Name: string(c.Community)}
	if m.Name != "" {
		i := slices.Index(c.SlackNames, m.Name)
		if i < 0 {
			return fmt.Errorf("no workspace is called %q: %s_SLACK names %v", m.Name, prefix, c.SlackNames)
		}
		if c.slack[i].AppToken == "" {
			o.URL = string(c.publicURL()) + "/slack/" + m.Name
		}
	}
	manifest, err := slack.Manifest(b.Table().Rows(), o)
	if err != nil {
		return fmt.Errorf("making the manifest: %w", err)
	}
	_, err = fmt.Fprintln(t.out, string(manifest))
	return err
}
