package mattermost

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"datahour/bot"
)

const (
	perPage    = 200              // the most that the server gives at once
	knownFor   = 15 * time.Minute // how long a person is believed to be called the same
	mostKnown  = 20_000           // people and names that are kept
	mostPeople = 50               // pages of people that are listed at the start
)

// user is what the server tells about an account. As model.User, without all
// that is nobody's business here.
type user struct {
	ID        string            `json:"id"`
	Username  string            `json:"username"`
	FirstName string            `json:"first_name"`
	LastName  string            `json:"last_name"`
	Nickname  string            `json:"nickname"`
	IsBot     bool              `json:"is_bot"`
	Timezone  map[string]string `json:"timezone"`
}

// called is the name as people call them.
func (u user) called() string {
	return cmp.Or(u.Nickname, strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username)
}

// zone is the person's time zone by its IANA name; "" when it is not told, or
// told in a way that means nothing.
func (u user) zone() string {
	name := u.Timezone["manualTimezone"]
	if u.Timezone["useAutomaticTimezone"] == "true" {
		name = u.Timezone["automaticTimezone"]
	}
	if name == "" || name == "Local" {
		return ""
	}
	if _, err := time.LoadLocation(name); err != nil {
		return ""
	}
	return name
}

// people are the accounts that were met.
type people struct {
	mu     sync.Mutex
	byID   map[string]met
	byName map[string]met // a name that nobody has is kept too
}

type met struct {
	user
	at time.Time
}

func (p *people) init() { p.byID, p.byName = map[string]met{}, map[string]met{} }

func (p *people) keep(u user) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byID) > mostKnown || len(p.byName) > mostKnown {
		clear(p.byID)
		clear(p.byName)
	}
	m := met{user: u, at: time.Now()}
	if u.ID != "" {
		p.byID[u.ID] = m
	}
	p.byName[strings.ToLower(u.Username)] = m
}

func (p *people) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byName, strings.ToLower(p.byID[id].Username))
	delete(p.byID, id)
}

func (m met) fresh() bool { return !m.at.IsZero() && time.Since(m.at) < knownFor }

// user gives an account; a zero one when there is none with this id.
func (c *Chat) user(ctx context.Context, id string) (user, error) {
	c.people.mu.Lock()
	m := c.people.byID[id]
	c.people.mu.Unlock()
	if m.fresh() {
		return m.user, nil
	}
	var found []user
	if err := c.call(ctx, http.MethodPost, "/users/ids", []string{id}, &found); err != nil {
		return user{}, fmt.Errorf("asking who somebody is: %w", err)
	}
	if len(found) == 0 {
		return user{}, nil
	}
	c.people.keep(found[0])
	return found[0], nil
}

// called gives the accounts with these names, as far as they exist. Who cannot
// be asked for just now is left out.
func (c *Chat) called(ctx context.Context, names []string) map[string]user {
	found := map[string]user{}
	var ask []string
	c.people.mu.Lock()
	for _, name := range names {
		if m := c.people.byName[name]; m.fresh() {
			if m.ID != "" {
				found[name] = m.user
			}
		} else {
			ask = append(ask, name)
		}
	}
	c.people.mu.Unlock()
	if len(ask) == 0 {
		return found
	}
	var answer []user
	if err := c.call(ctx, http.MethodPost, "/users/usernames", ask, &answer); err != nil {
		c.o.Log.Debug("names could not be looked up", "platform", c.o.Name, "err", err)
		return found
	}
	for _, name := range ask {
		c.people.keep(user{Username: name})
	}
	for _, u := range answer {
		c.people.keep(u)
		found[strings.ToLower(u.Username)] = u
	}
	return found
}

func (c *Chat) profile(u user) bot.Profile {
	return bot.Profile{User: bot.UserID(c.id(u.ID)), Name: u.called(), Zone: u.zone()}
}

// People lists the team's people.
func (c *Chat) People(ctx context.Context) ([]bot.Profile, error) {
	me, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	var out []bot.Profile
	for page := range mostPeople {
		var users []user
		if err := c.call(ctx, http.MethodGet, fmt.Sprintf("/users?in_team=%s&active=true&per_page=%d&page=%d", url.QueryEscape(me.team), perPage, page), nil, &users); err != nil {
			return nil, fmt.Errorf("listing people: %w", err)
		}
		for _, u := range users {
			c.people.keep(u)
			if !u.IsBot {
				out = append(out, c.profile(u))
			}
		}
		if len(users) < perPage {
			break
		}
	}
	return out, nil
}
