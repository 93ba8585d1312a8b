package web

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	visitEvery   = 20 * time.Second // one message from one address this often
	visitBurst   = 4                // and so many at once: a family, an office behind one address
	visitTwice   = time.Minute      // the same words again from one address are a button pressed twice
	visitorsKept = 10_000           // addresses that are remembered
)

// visitors remember, for a short while and in memory alone, how often an address
// has sent something, and what it sent last.
type visitors struct {
	mu   sync.Mutex
	seen map[netip.Prefix]*caller
}

type caller struct {
	rate   *rate.Limiter
	sent   [sha256.Size]byte // what was sent last for the first time,
	at     time.Time         // when,
	secret string            // and the secret that it got
}

// allow tells whether an address may send something now.
func (v *visitors) allow(r *http.Request) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.caller(r).rate.Allow()
}

// secretFor makes the secret of a new visitor, or gives that of the one who
// pressed the button twice. It tells false when the address sends too much.
func (v *visitors) secretFor(r *http.Request, words ...string) (secret string, ok bool) {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.caller(r)
	if c.sent == sum && now.Sub(c.at) < visitTwice {
		return c.secret, true
	}
	if !c.rate.Allow() {
		return "", false
	}
	c.sent, c.at, c.secret = sum, now, strings.ToLower(rand.Text())
	return c.secret, true
}

func (v *visitors) caller(r *http.Request) *caller {
	from := address(r)
	if v.seen == nil || len(v.seen) >= visitorsKept {
		v.seen = map[netip.Prefix]*caller{}
	}
	c := v.seen[from]
	if c == nil {
		c = &caller{rate: rate.NewLimiter(rate.Every(visitEvery), visitBurst)}
		v.seen[from] = c
	}
	return c
}

// address is where a request comes from: one IPv4 address, or the network that an
// IPv6 one is in, of which a household has as many as it likes. A peer in a
// private network is the proxy in front of us, which says for whom it asks in the
// last place of X-Forwarded-For. Somebody in that network who is no proxy can
// make up where they are; that gains them no more than sending faster.
func address(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	from := peer.Addr().Unmap()
	if from.IsPrivate() || from.IsLoopback() || from.IsLinkLocalUnicast() {
		said := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])
		if client, err := netip.ParseAddr(last); err == nil {
			from = client.Unmap()
		}
	}
	bits := 32
	if from.Is6() {
		bits = 64
	}
	network, err := from.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
