package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"datahour/bot"
)

// The kinds of values that settings take. Decode is how envconfig hands a value
// in; its errors end the sentence "DATAHOUR_X=value: …" and never repeat the
// value, which may be a secret.

// address is where to listen: a host that is an IP address or localhost, and a port.
type address string

func (a *address) Decode(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("it is not host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return errors.New("the port must be a number from 0 to 65535")
	}
	if host == "" {
		return errors.New("name the host too: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody")
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return errors.New("the host must be an IP address or localhost")
	}
	*a = address(s)
	return nil
}

// local tells whether only this machine can reach the address.
func (a address) local() bool {
	host, _, _ := net.SplitHostPort(string(a))
	return isLocal(host)
}

func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// on is the address with the port that a listener got for it. The host stays as
// it was given: Go tells [::] for 0.0.0.0, which not every machine can call.
func (a address) on(l net.Listener) address {
	host, _, _ := net.SplitHostPort(string(a))
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return address(net.JoinHostPort(host, port))
}

// dialled is the address as this machine itself can call it: one that listens
// everywhere is called at loopback.
func (a address) dialled() string {
	host, port, _ := net.SplitHostPort(string(a))
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return net.JoinHostPort(host, port)
}

// webAddress is http or https with a host and perhaps a path, without a slash at its end.
type webAddress string

func (w *webAddress) Decode(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("it is not an address that begins with https:// or http://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("it has more than a host and a path")
	}
	*w = webAddress(strings.TrimRight(s, "/"))
	return nil
}

// local tells whether it leads to this machine; an address that was left out does.
func (w webAddress) local() bool {
	u, err := url.Parse(string(w))
	return w == "" || err == nil && isLocal(u.Hostname())
}

// redisAddress is a Redis as go-redis reads it.
type redisAddress string

func (r *redisAddress) Decode(s string) error {
	u, err := url.Parse(s)
	network := err == nil && (u.Scheme == "redis" || u.Scheme == "rediss") && u.Host != ""
	if socket := err == nil && u.Scheme == "unix" && u.Path != ""; !network && !socket {
		return errors.New("it is not an address that begins with redis://, rediss:// or unix://")
	}
	*r = redisAddress(s)
	return nil
}

// named is where that Redis is, without the password.
func (r redisAddress) named() string {
	u, err := url.Parse(string(r))
	if err != nil {
		return "Redis"
	}
	return u.Host + u.Path
}

// namespace is a part of Redis's keys.
type namespace string

var namespaces = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (n *namespace) Decode(s string) error {
	if !namespaces.MatchString(s) {
		return errors.New("it is up to 40 small letters, digits and -")
	}
	*n = namespace(s)
	return nil
}

// folder is a path. Whether it can be used shows when it is.
type folder string

func (f *folder) Decode(s string) error {
	if strings.ContainsRune(s, 0) || strings.Contains(s, "://") {
		return errors.New("it is not the path of a folder")
	}
	*f = folder(s)
	return nil
}

type name string

func (n *name) Decode(s string) error {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > 80 || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return errors.New("a name is one line of up to 80 characters")
	}
	*n = name(s)
	return nil
}

type hashtag string

func (h *hashtag) Decode(s string) error {
	s = strings.TrimPrefix(s, "#")
	foreign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' }
	if strings.ContainsFunc(s, foreign) || !strings.ContainsFunc(s, unicode.IsLetter) || utf8.RuneCountInString(s) > 40 {
		return errors.New("a hashtag is up to 40 letters and digits without spaces")
	}
	*h = hashtag(s)
	return nil
}

// zone is the name of a time zone; offsets and "Local" would not survive a
// clock change or a move to another machine.
type zone string

func (z *zone) Decode(s string) error {
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		return errors.New("it is not the name of a time zone")
	}
	*z = zone(s)
	return nil
}

type commandPrefix string

var commandPrefixes = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,9}$`)

func (p *commandPrefix) Decode(s string) error {
	if !commandPrefixes.MatchString(s) {
		return errors.New("it is up to ten small letters, digits, - and _, and begins with a letter")
	}
	*p = commandPrefix(s)
	return nil
}

type logFormat string

func (f *logFormat) Decode(s string) error {
	if s != "text" && s != "json" {
		return errors.New("it is neither text nor json")
	}
	*f = logFormat(s)
	return nil
}

// organisers are people by platform.
type organisers map[string][]bot.UserID

func (o *organisers) Decode(s string) error {
	all := organisers{}
	for part := range strings.SplitSeq(s, ",") {
		who := bot.UserID(strings.TrimSpace(part))
		if who == "" {
			return errors.New("there is nothing between two commas")
		}
		if who.Platform() == "" || who.Rest() == "" || strings.ContainsFunc(string(who), unicode.IsSpace) {
			return fmt.Errorf("%q is not platform:id", string(who))
		}
		all[who.Platform()] = append(all[who.Platform()], who)
	}
	*o = all
	return nil
}

// either is yes or no.
type either string

func (e *either) Decode(s string) error {
	switch s = strings.ToLower(s); s {
	case "yes", "no":
		*e = either(s)
		return nil
	}
	return errors.New("it is neither yes nor no")
}
