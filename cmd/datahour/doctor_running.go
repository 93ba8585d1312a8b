package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"datahour/adapters/web"
	"datahour/bot"
)

const lookWithin = 10 * time.Second

// look reads what is at an address.
func look(ctx context.Context, address string) (status int, body []byte, err error) {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, errors.Unwrap(err) // its own words repeat the address
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, body, err
}

// checkRunning asks the bot that runs here, if one does, how it and its
// connections are. It alone knows whether a socket really brings what it should.
func checkRunning(ctx context.Context, c config, checks *bot.Checks) (running bool) {
	const about = "running bot"
	if _, port, _ := net.SplitHostPort(string(c.Addr)); port == "0" {
		checks.Fine(about, "not asked: ADDR has no port of its own")
		return false
	}
	status, body, err := look(ctx, "http://"+c.Addr.dialled()+"/readyz")
	if err != nil {
		checks.Warn(about, "Start it, and look again: it tells more then.", "nothing answers at %s", c.Addr)
		return false
	}
	var ready web.Readiness
	if err := json.Unmarshal(body, &ready); err != nil || ready.Platforms == nil {
		checks.Broken(about, "Stop that program, or set ADDR to a free address.", "another program answers at %s (status %d)", c.Addr, status)
		return false
	}
	if !ready.Ready {
		checks.Fine(about, "answers at %s, and does not act: %s", c.Addr, ready.Why)
		return true
	}
	checks.Fine(about, "answers at %s, and is the active one", c.Addr)
	for _, name := range slices.Sorted(maps.Keys(ready.Platforms)) {
		checkConnection(name, ready.Platforms[name], checks)
	}
	return true
}

func checkConnection(name string, p web.PlatformStatus, checks *bot.Checks) {
	about := name + ": connection"
	since := ""
	if p.Since != nil {
		since = " since " + p.Since.Format(time.RFC3339)
	}
	switch do := strings.Join(p.Advice, " "); {
	case p.State != "connected":
		checks.Broken(about, do, "the running bot is not connected%s: %s", since, p.State)
	case do != "":
		checks.Warn(about, do, "the running bot is connected%s, and an administrator is needed", since)
	default:
		checks.Fine(about, "the running bot is connected%s", since)
	}
}

// checkPublic looks whether the public address leads to the bot. That it cannot
// be reached from here need not mean that nobody can.
func checkPublic(ctx context.Context, c config, running bool, checks *bot.Checks) {
	const about = "public address"
	if c.publicURL().local() {
		if c.real() {
			checks.Warn(about, "Set PUBLIC_URL to the address that people use.", "links lead to %s, which only this machine can open", c.publicURL())
		} else {
			checks.Fine(about, "%s, for this machine alone", c.publicURL())
		}
		return
	}
	if c.PublicURL == "" {
		checks.Warn(about, "Set PUBLIC_URL to the address that people use.", "links lead to %s", c.publicURL())
		return
	}
	if !strings.HasPrefix(string(c.PublicURL), "https://") {
		checks.Warn(about, "Put a proxy that speaks HTTPS in front.", "%s is not encrypted", c.PublicURL)
	}
	status, body, err := look(ctx, string(c.PublicURL)+"/healthz")
	switch {
	case err != nil && !running:
		checks.Warn(about, "Start the bot and look again.", "%s does not answer: %v", c.PublicURL, err)
	case err != nil:
		checks.Warn(about, "Try it from elsewhere; if it fails there too, look at DNS, the firewall and the proxy.", "%s cannot be reached from here: %v", c.PublicURL, err)
	case status == http.StatusOK && strings.TrimSpace(string(body)) == "ok":
		checks.Fine(about, "%s leads to the bot", c.PublicURL)
	case !running:
		checks.Warn(about, "Start the bot and look again.", "%s answers with status %d", c.PublicURL, status)
	default:
		checks.Broken(about, "Let the proxy in front pass everything below that address on to "+string(c.Addr)+".", "%s does not lead to the bot (status %d)", c.PublicURL, status)
	}
}
