// Package titles reads what a web page calls itself, so that somebody who shares a
// link need not type its title. It is a convenience, and goes where members send
// it: so it connects to public addresses alone, looks at the address that it is
// really connecting to (after redirects, whatever a name resolves to at that
// moment), sends nothing that tells of anybody, and reads little and not for long.
//
// Start with [Reader]. It knows nothing else of ours.
package titles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"
)

const (
	within      = time.Second // for everything: somebody waits for their form
	mostBytes   = 128 << 10   // of a page, unpacked; titles stand near its beginning
	mostHeaders = 32 << 10    // bytes
	mostHops    = 3           // redirects
	atOnce      = 4           // pages; for more there is no title
	longest     = 300         // letters of a title
)

// Reader reads titles. Its zero value does not work: use [New].
type Reader struct {
	client  *http.Client
	busy    chan struct{}
	allowed func(netip.AddrPort) bool // a test's own servers are on loopback
}

// New makes a Reader.
func New() *Reader {
	r := &Reader{busy: make(chan struct{}, atOnce), allowed: public}
	dialer := &net.Dialer{Timeout: within, ControlContext: r.control}
	r.client = &http.Client{
		Timeout:       within,
		CheckRedirect: r.redirected,
		Transport: &http.Transport{ // no proxy: it would connect to where we may not
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: mostHeaders,
			TLSHandshakeTimeout:    within,
			ResponseHeaderTimeout:  within,
		},
	}
	return r
}

// Title is what the page at link calls itself, "" when it does not say. Errors are
// for a log; they hold no address.
func (r *Reader) Title(ctx context.Context, link string) (string, error) {
	select {
	case r.busy <- struct{}{}:
		defer func() { <-r.busy }()
	default:
		return "", errors.New("enough titles are being read")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return "", errNoWeb
	}
	if err := fits(request.URL); err != nil {
		return "", err
	}
	request.Header.Set("User-Agent", "DataHour (titles of shared links)")
	request.Header.Set("Accept", "text/html")
	answer, err := r.client.Do(request)
	if err != nil {
		return "", withoutAddress(err)
	}
	defer answer.Body.Close()
	kind, how, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || kind != "text/html" || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %d, with %q", answer.StatusCode, kind)
	}
	page := io.LimitReader(answer.Body, mostBytes)
	switch charset := strings.ToLower(how["charset"]); charset {
	case "", "utf-8", "us-ascii":
		return title(page), nil
	case "iso-8859-1", "windows-1252":
		return title(charmap.Windows1252.NewDecoder().Reader(page)), nil
	default: // all that there are would be a fiftieth of the program
		return "", fmt.Errorf("it is written in %q", charset)
	}
}

// withoutAddress is why a page cannot be read, without where it is: that is what
// somebody shared.
func withoutAddress(err error) error {
	for _, why := range [...]error{errPrivate, errHops, errNoWeb, context.DeadlineExceeded} {
		if errors.Is(err, why) {
			return why
		}
	}
	return errors.New("the page cannot be read")
}

var (
	errPrivate = errors.New("the address is not public")
	errHops    = errors.New("it leads from one address to the next")
	errNoWeb   = errors.New("that is no web address")
)

// title is the words in the first title of a page.
func title(page io.Reader) string {
	z := html.NewTokenizer(page)
	inside := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			name, _ := z.TagName()
			if inside = string(name) == "title"; string(name) == "body" {
				return ""
			}
		case html.TextToken:
			if !inside {
				continue
			}
			text := string(z.Text())
			if !utf8.ValidString(text) {
				return "" // in letters of which the page says nothing, or not in its header
			}
			words := []rune(strings.Join(strings.Fields(text), " "))
			return string(words[:min(len(words), longest)])
		}
	}
}

// redirected looks at where a page leads, before going there.
func (r *Reader) redirected(next *http.Request, via []*http.Request) error {
	if len(via) > mostHops {
		return errHops
	}
	next.Header.Del("Referer")
	return fits(next.URL)
}

// fits tells whether an address is one of the web, as anybody can use it.
func fits(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errNoWeb
	}
	return nil
}

// control is asked before each connection is made, with the address that a name
// has turned out to have: what it resolved to before, or will the next time, does
// not matter.
func (r *Reader) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("connecting over %s", network)
	}
	if !r.allowed(at) {
		return errPrivate
	}
	return nil
}

// special are the parts of the address space that lead to no public machine, or
// through another protocol to one that may be anywhere: the registries of RFC 6890,
// https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(all ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range all {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// public tells whether an address is that of a web server which anybody can reach.
func public(at netip.AddrPort) bool {
	addr := at.Addr().Unmap()
	if at.Port() != 80 && at.Port() != 443 || addr.Zone() != "" || !addr.IsGlobalUnicast() {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}
